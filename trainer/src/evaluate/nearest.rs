//! Exact neighbors by brute force: what approximate search, and every category figure, is judged by.

use std::cmp::Ordering;

use rayon::prelude::*;
use shared::math::dot;

/// Queries that share one pass over the documents, so that a document is fetched from memory once.
const BLOCK: usize = 16;

/// The `k` most similar documents of each query: `[queries]`, best first, of equals the earlier.
///
/// All vectors are `[dim]`. Takes `queries · documents · dim` multiply-adds, over all cores; the result
/// does not depend on how many there are.
pub fn nearest(queries: &[&[f32]], documents: &[&[f32]], k: usize) -> Vec<Vec<usize>> {
    queries
        .par_chunks(BLOCK)
        .flat_map_iter(|block| {
            let mut best: Vec<Best> = block.iter().map(|_| Best::new(k)).collect();
            for (at, document) in documents.iter().enumerate() {
                for (query, best) in block.iter().zip(&mut best) {
                    best.offer(dot(query, document), at);
                }
            }
            best.into_iter().map(Best::into_places)
        })
        .collect()
}

/// The `k` best of what is offered, in ascending order of place.
#[derive(Debug)]
pub struct Best {
    k: usize,
    /// Some more than `k`, so that they are sorted out only now and then.
    found: Vec<(f32, usize)>,
    /// What a score must exceed to be among the best.
    floor: f32,
}

impl Best {
    /// Nothing yet; room for `k`.
    pub fn new(k: usize) -> Self {
        Self {
            k,
            found: Vec::with_capacity(4 * k),
            floor: f32::NEG_INFINITY,
        }
    }

    /// Keeps a place where its score is among the best. Places come in ascending order, so that of
    /// equal scores the earlier stays.
    pub fn offer(&mut self, score: f32, place: usize) {
        if score <= self.floor {
            return;
        }
        self.found.push((score, place));
        if self.found.len() >= 4 * self.k {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        if self.k == 0 {
            self.found.clear();
            return;
        }
        if self.found.len() >= self.k {
            self.found.select_nth_unstable_by(self.k - 1, better);
            self.found.truncate(self.k);
            self.floor = self.found[self.k - 1].0;
        }
    }

    /// The places, best first.
    pub fn into_places(mut self) -> Vec<usize> {
        self.shorten();
        self.found.sort_by(better);
        self.found.into_iter().map(|(_, place)| place).collect()
    }
}

fn better(a: &(f32, usize), b: &(f32, usize)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_find_what_a_full_sort_finds() {
        let vector = |seed: usize| -> Vec<f32> {
            (0..16)
                .map(|i| ((seed * 31 + i * 17) % 23) as f32 - 11.0)
                .collect()
        };
        let documents: Vec<Vec<f32>> = (0..200).map(vector).collect();
        let queries: Vec<Vec<f32>> = (500..537).map(vector).collect();
        let documents: Vec<&[f32]> = documents.iter().map(Vec::as_slice).collect();
        let queries: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();
        for k in [0, 1, 7, 300] {
            let found = nearest(&queries, &documents, k);
            for (query, found) in queries.iter().zip(found) {
                let mut all: Vec<(f32, usize)> = (documents.iter().enumerate())
                    .map(|(at, document)| (dot(query, document), at))
                    .collect();
                all.sort_by(better);
                let wanted: Vec<usize> = all.iter().take(k).map(|(_, at)| *at).collect();
                assert_eq!(found, wanted, "k = {k}");
            }
        }
    }
}
