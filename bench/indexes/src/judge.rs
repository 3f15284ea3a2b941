//! How good what an index found is: vectors against exact search, words against the paper that was meant.

use std::collections::HashSet;

use rayon::prelude::*;
use shared::math::dot;
use shared::metrics;

use crate::material::Vectors;

/// Papers that are asked for.
pub(crate) const K: usize = 10;
/// What sums of products in another order may differ by.
const ROUNDING: f32 = 1e-6;

/// Exact search over the stored vectors.
#[derive(Debug)]
pub(crate) struct Exact<'a> {
    vectors: &'a Vectors,
    /// Of each query the similarity of its nearest vector number [`K`].
    last: Vec<f32>,
}

impl<'a> Exact<'a> {
    /// Compares every query with every vector.
    pub(crate) fn new(vectors: &'a Vectors) -> Self {
        let queries: Vec<&[f32]> = vectors.queries.chunks_exact(vectors.dim).collect();
        let last = queries.par_iter().map(|query| {
            let rows = vectors.stored.chunks_exact(vectors.dim);
            let mut similarities: Vec<f32> = rows.map(|row| dot(query, row)).collect();
            let at = K.min(similarities.len()) - 1;
            *similarities
                .select_nth_unstable_by(at, |a, b| b.total_cmp(a))
                .1
        });
        Self {
            vectors,
            last: last.collect(),
        }
    }

    /// Mean over all queries of the share of the ten nearest that was found.
    ///
    /// Who is as near as the tenth is as good as the tenth: equal vectors stand in any order.
    pub(crate) fn recall(&self, found: &[Vec<u32>]) -> f64 {
        let Vectors {
            dim,
            stored,
            queries,
            ..
        } = self.vectors;
        let n_rows = stored.len() / dim;
        let of = |((query, rows), last): ((&[f32], &Vec<u32>), &f32)| {
            let mut seen = HashSet::new();
            let right: Vec<bool> = (rows.iter())
                .map(|&row| {
                    let row = row as usize;
                    let vector = stored.get(row * dim..(row + 1) * dim);
                    let is_near =
                        vector.is_some_and(|vector| dot(query, vector) >= last - ROUNDING);
                    is_near && seen.insert(row)
                })
                .collect();
            metrics::recall(&right, K.min(n_rows), K)
        };
        let pairs = queries.chunks_exact(*dim).zip(found).zip(&self.last);
        pairs.map(of).sum::<f64>() / self.last.len() as f64
    }
}

/// How early the papers stand that were meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranks {
    /// Share that stands among the first ten.
    pub(crate) found: f64,
    /// Mean of one over the rank, 0 behind the tenth.
    pub(crate) mrr: f64,
}

impl Ranks {
    /// Of each question the paper that was meant, and those found, best first.
    pub(crate) fn of(meant: &[u32], found: &[Vec<u32>]) -> Self {
        let right = |(meant, found): (&u32, &Vec<u32>)| -> Vec<bool> {
            found.iter().map(|paper| paper == meant).collect()
        };
        let right: Vec<Vec<bool>> = meant.iter().zip(found).map(right).collect();
        let mean = |of: &dyn Fn(&[bool]) -> f64| {
            right.iter().map(|right| of(right)).sum::<f64>() / meant.len().max(1) as f64
        };
        Self {
            found: mean(&|right| metrics::recall(right, 1, K)),
            mrr: mean(&|right| metrics::reciprocal_rank(right, K)),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::PaperId;

    use super::*;

    #[test]
    fn equals_of_the_tenth_are_right_and_nothing_counts_twice() {
        // Rows 0..9 are nearest; 9, 10 and 11 are equal, so that each may be the tenth; 12 is far.
        let nearness = |row: usize| if row < 9 { 1.0 } else { 0.5 };
        let mut stored: Vec<f32> = (0..12).flat_map(|row| [nearness(row), 0.0]).collect();
        stored.extend([0.0, 1.0]);
        let vectors = Vectors {
            dim: 2,
            papers: (0..13).map(PaperId).collect(),
            stored,
            queries: vec![1.0, 0.0],
        };
        let exact = Exact::new(&vectors);
        let recall = |rows: &[u32]| exact.recall(&[rows.to_vec()]);
        assert_eq!(recall(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 1.0);
        assert_eq!(recall(&[11, 0, 1, 2, 3, 4, 5, 6, 7, 8]), 1.0);
        assert_eq!(recall(&[0, 0, 0, 0, 0, 12]), 0.1);
        assert_eq!(recall(&[999]), 0.0, "a row that does not exist");
        assert_eq!(recall(&[]), 0.0);
    }

    #[test]
    fn few_rows_are_found_whole() {
        let vectors = Vectors {
            dim: 1,
            papers: vec![PaperId(0)],
            stored: vec![1.0],
            queries: vec![1.0],
        };
        assert_eq!(Exact::new(&vectors).recall(&[vec![0]]), 1.0);
    }

    #[test]
    fn ranks_are_of_the_paper_that_was_meant() {
        let ranks = Ranks::of(&[7, 7, 7], &[vec![7], vec![1, 7], vec![]]);
        assert_eq!((ranks.found, ranks.mrr), (2.0 / 3.0, 0.5));
    }
}
