//! Papers as sparse rows of tf-idf.

use rayon::prelude::*;
use shared::artifact::{idf, tf_idf};

/// The pieces of a paper, and its class.
#[derive(Debug, Clone)]
pub(in crate::classifier) struct Text {
    /// Numbers of pieces, in any order, as often as they occur.
    pub(in crate::classifier) pieces: Vec<u32>,
    /// Number of the class.
    pub(in crate::classifier) label: usize,
}

/// Many papers: a compressed sparse row matrix with labels.
pub(in crate::classifier) struct Texts {
    /// `[pieces]`, in sixteenths.
    idf: Vec<u8>,
    /// `[papers + 1]`.
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
    labels: Vec<usize>,
}

impl Texts {
    /// Weighs the words of `papers` by how many of them have each; pieces are numbered below `n_pieces`.
    pub(in crate::classifier) fn new(papers: &[Text], n_pieces: usize) -> Self {
        let mut n_with = vec![0_usize; n_pieces];
        for paper in papers {
            let mut pieces = paper.pieces.clone();
            pieces.sort_unstable();
            pieces.dedup();
            for piece in pieces {
                n_with[piece as usize] += 1;
            }
        }
        let idf: Vec<u8> = n_with.iter().map(|&n| idf(papers.len(), n)).collect();
        let rows: Vec<Vec<(u32, f32)>> = (papers.par_iter())
            .map(|paper| {
                let row = tf_idf(&paper.pieces, &idf).into_iter();
                row.map(|(piece, value)| (piece, value as f32)).collect()
            })
            .collect();
        let mut starts = vec![0];
        let mut entries = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for row in rows {
            entries.extend(row);
            starts.push(entries.len());
        }
        Self {
            idf,
            starts,
            entries,
            labels: papers.iter().map(|paper| paper.label).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn idf(&self) -> &[u8] {
        &self.idf
    }

    /// Pieces of a paper with their values, ascending.
    pub(super) fn row(&self, at: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[at]..self.starts[at + 1]]
    }

    pub(super) fn label(&self, at: usize) -> usize {
        self.labels[at]
    }

    /// `[pieces]`: the sum of the squares of a piece's values.
    pub(super) fn squares(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.idf.len()];
        for &(piece, value) in &self.entries {
            squares[piece as usize] += f64::from(value) * f64::from(value);
        }
        squares
    }
}
