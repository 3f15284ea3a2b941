//! BM25 (Robertson and Zaragoza 2009, *The Probabilistic Relevance Framework*): what plain words find.
//!
//! Lower-case words without stemming or stop words; `k1` 0.9 and `b` 0.4 as in Anserini, and its inverse
//! document frequency, which is never negative: `ln(1 + (N − n + ½) / (n + ½))`.

use std::collections::{HashMap, HashSet};

use super::nearest::Best;
use super::words::words;

const K1: f32 = 0.9;
const B: f32 = 0.4;

/// An inverted index over texts.
#[derive(Debug)]
pub struct Bm25 {
    /// Of each word the documents that have it, ascending, with its weight in them: inverse document
    /// frequency and saturated, length-normalized count multiplied.
    postings: HashMap<String, Vec<(u32, f32)>>,
    n_documents: usize,
}

impl Bm25 {
    /// Counts the words of `documents`.
    pub fn new(documents: &[String]) -> Self {
        let mut counts: HashMap<String, Vec<(u32, f32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(documents.len());
        for (at, document) in documents.iter().enumerate() {
            let mut length = 0.0_f32;
            for word in words(document) {
                length += 1.0;
                let list = counts.entry(word).or_default();
                match list.last_mut() {
                    Some((last, n)) if *last == at as u32 => *n += 1.0,
                    _ => list.push((at as u32, 1.0)),
                }
            }
            lengths.push(length);
        }
        let n = documents.len() as f32;
        let mean = (lengths.iter().sum::<f32>() / n.max(1.0)).max(1.0);
        for list in counts.values_mut() {
            let having = list.len() as f32;
            let rarity = ((n - having + 0.5) / (having + 0.5)).ln_1p();
            for (at, count) in list.iter_mut() {
                let norm = K1 * (1.0 - B + B * lengths[*at as usize] / mean);
                *count = rarity * *count * (K1 + 1.0) / (*count + norm);
            }
        }
        Self {
            postings: counts,
            n_documents: documents.len(),
        }
    }

    /// Places of the `k` best documents that have a word of `query`, best first, of equals the earlier.
    pub fn search(&self, query: &str, k: usize) -> Vec<usize> {
        let mut scores = vec![0.0_f32; self.n_documents];
        // A word that is asked for twice counts twice, in the order of the question: sums are reproducible.
        let mut seen = HashSet::new();
        for word in words(query) {
            for &(at, weight) in self.postings.get(&word).into_iter().flatten() {
                scores[at as usize] += weight;
                seen.insert(at);
            }
        }
        let mut seen: Vec<u32> = seen.into_iter().collect();
        seen.sort_unstable();
        let mut best = Best::new(k);
        for at in seen {
            best.offer(scores[at as usize], at as usize);
        }
        best.into_places()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_formula() {
        let documents = ["ice slides on ice", "bees dance", "ice melts"].map(str::to_owned);
        let index = Bm25::new(&documents);
        // N = 3, n = 2, mean length 8/3.
        let rarity = (1.0_f32 + 1.5 / 2.5).ln();
        let weight =
            |n: f32, length: f32| rarity * n * 1.9 / (n + 0.9 * (0.6 + 0.4 * length * 3.0 / 8.0));
        let found = &index.postings["ice"];
        assert_eq!(found.len(), 2);
        assert!((found[0].1 - weight(2.0, 4.0)).abs() < 1e-6, "{found:?}");
        assert!((found[1].1 - weight(1.0, 2.0)).abs() < 1e-6, "{found:?}");
        assert_eq!(index.search("Ice!", 10), [0, 2]);
        assert_eq!(index.search("Ice melts", 1), [2]);
        assert_eq!(index.search("unheard of", 10), [0_usize; 0]);
    }
}
