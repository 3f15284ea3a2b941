//! Scores, and the best of them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::{Bm25, WordHit};
use crate::PaperId;
use crate::artifact::{WordTable, length_of};
use crate::words::{Field, N_FIELDS};

/// BM25 over the fields of one corpus.
pub(super) struct Scorer<'a> {
    table: &'a WordTable,
    k1: f64,
    /// What one occurrence is worth, by field and code of the field's length.
    worths: Vec<[f64; 256]>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(bm25: &Bm25, table: &'a WordTable) -> Self {
        let worths = Field::ALL.map(|field| {
            let (b, weight) = (bm25.b[field as usize], bm25.weights[field as usize]);
            let (b, weight) = (f64::from(b), f64::from(weight));
            // Where no paper has the field, nothing is ever worth anything.
            let mean = table.mean_length(field).max(f64::MIN_POSITIVE);
            std::array::from_fn(|code| {
                let length = f64::from(length_of(code as u8));
                weight / (1.0 - b + b * (length / mean).min(f64::from(u32::MAX)))
            })
        });
        Self {
            table,
            k1: f64::from(bm25.k1),
            worths: worths.into(),
        }
    }

    /// The score of a term of this inverse document frequency.
    pub(super) fn score(&self, paper: PaperId, counts: [u32; N_FIELDS], idf: f64) -> f64 {
        let mut count = 0.0;
        for field in Field::ALL {
            if counts[field as usize] > 0 {
                let code = self.table.length_code(paper, field);
                let worth = self.worths[field as usize][usize::from(code)];
                count += worth * f64::from(counts[field as usize]);
            }
        }
        idf * count / (self.k1 + count)
    }
}

/// Inverse document frequency of a term that `n` of `n_papers` have.
pub(super) fn rarity(n_papers: u32, n: u64) -> f64 {
    let all = f64::from(n_papers);
    let n = (n as f64).min(all);
    libm::log1p((all - n + 0.5) / (n + 0.5))
}

/// A hit, ordered by score, then by smaller number.
#[derive(Debug)]
struct Candidate(WordHit);

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.0.score.total_cmp(&other.0.score);
        by_score.then(other.0.paper.cmp(&self.0.paper))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// The `k` best hits so far.
#[derive(Debug)]
pub(super) struct Best {
    k: usize,
    heap: BinaryHeap<Reverse<Candidate>>,
}

impl Best {
    pub(super) fn new(k: usize) -> Self {
        Self {
            k,
            heap: BinaryHeap::new(),
        }
    }

    pub(super) fn offer(&mut self, hit: WordHit) {
        let candidate = Candidate(hit);
        if self.heap.len() < self.k {
            self.heap.push(Reverse(candidate));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && worst.0 < candidate
        {
            *worst = Reverse(candidate);
        }
    }

    /// Best first.
    pub(super) fn into_hits(self) -> Vec<WordHit> {
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|Reverse(Candidate(hit))| hit)
            .collect()
    }
}
