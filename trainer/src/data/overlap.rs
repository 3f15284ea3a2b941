//! How much of a query's words a document has: what a teacher knows that an encoder does not.

use std::collections::HashMap;

use super::corpus::Corpus;

const K1: f32 = 0.9;
const B: f32 = 0.4;

/// Weights of word pieces among the papers of a run.
#[derive(Debug)]
pub(super) struct Overlap {
    /// By token id: inverse document frequency, never negative, as in `evaluate::Bm25`; 0 for the special
    /// tokens that every text has.
    rarity: Vec<f32>,
    /// Mean length of a paper, in tokens.
    mean: f32,
}

impl Overlap {
    /// Counts the word pieces of a corpus' training papers.
    pub(super) fn of(corpus: &Corpus) -> Self {
        let mut having = vec![0_u32; 1 << 16];
        let (mut total, mut distinct) = (0, Vec::new());
        for entry in &corpus.train {
            distinct.clear();
            distinct.extend_from_slice(corpus.title(entry));
            distinct.extend_from_slice(corpus.abstract_of(entry));
            total += distinct.len();
            distinct.sort_unstable();
            distinct.dedup();
            for &id in &distinct {
                having[usize::from(id)] += 1;
            }
        }
        let n = corpus.train.len() as f32;
        let rarity = |&having: &u32| {
            let having = having as f32;
            ((n - having + 0.5) / (having + 0.5)).ln_1p()
        };
        let mut rarity: Vec<f32> = having.iter().map(rarity).collect();
        rarity[usize::from(corpus.opening)] = 0.0;
        rarity[usize::from(corpus.closing)] = 0.0;
        Self {
            rarity,
            mean: (total as f32 / n.max(1.0)).max(1.0),
        }
    }

    /// BM25 of word pieces (Robertson and Zaragoza 2009) as a share of what a document could score at most:
    /// `[queries, documents]`, row by row, 0 to 1.
    pub(super) fn shares(&self, queries: &[Vec<u32>], documents: &[&[u32]]) -> Vec<f32> {
        let counted: Vec<(HashMap<u32, f32>, f32)> = documents
            .iter()
            .map(|document| {
                let mut counts = HashMap::new();
                for &id in *document {
                    *counts.entry(id).or_insert(0.0) += 1.0;
                }
                let length = document.len() as f32;
                (counts, K1 * (1.0 - B + B * length / self.mean))
            })
            .collect();
        let rarity = |id: u32| self.rarity.get(id as usize).copied().unwrap_or(0.0);
        let share = |query: &[u32], counts: &HashMap<u32, f32>, norm: f32| {
            let (mut score, mut most) = (0.0, 0.0);
            for &id in query {
                let weight = rarity(id) * (K1 + 1.0);
                most += weight;
                if let Some(count) = counts.get(&id) {
                    score += weight * count / (count + norm);
                }
            }
            if most > 0.0 { score / most } else { 0.0 }
        };
        let rows = queries.iter().flat_map(|query| {
            let row = counted
                .iter()
                .map(move |(counts, norm)| share(query, counts, *norm));
            row.collect::<Vec<f32>>()
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus::Entry;

    /// Three papers of the tokens 3 to 9, in frames of 1 and 2.
    fn corpus() -> Corpus {
        let texts: [&[u16]; 3] = [&[3, 4, 5, 5], &[3, 6], &[3, 7, 8]];
        let mut corpus = Corpus {
            opening: 1,
            closing: 2,
            ..Corpus::default()
        };
        for text in texts {
            corpus.train.push(Entry {
                at: corpus.tokens.len(),
                n_title: 1,
                n_abstract: text.len() as u16 - 1,
                n_cut: 0,
                label: 0,
                year: 0,
                id: 0,
            });
            corpus.tokens.extend_from_slice(text);
        }
        corpus
    }

    #[test]
    fn shares_are_those_of_the_formula() {
        let overlap = Overlap::of(&corpus());
        let (common, rare) = ((1.0_f32 + 0.5 / 3.5).ln(), (1.0_f32 + 2.5 / 1.5).ln());
        // Six tokens with their frame; papers have three on average.
        let document: &[u32] = &[1, 3, 5, 5, 9, 2];
        let norm = 0.9 * (0.6 + 0.4 * 6.0 / 3.0);
        let queries = [vec![1, 3, 5, 2], vec![1, 3, 6, 2], vec![1, 2]];
        let found = overlap.shares(&queries, &[document, &[1, 2]]);
        let both = (common / (1.0 + norm) + rare * 2.0 / (2.0 + norm)) / (common + rare);
        let one = common / (1.0 + norm) / (common + rare);
        let wanted = [both, 0.0, one, 0.0, 0.0, 0.0];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-6, "{found} for {wanted}");
        }
        assert_eq!(found.len(), wanted.len());
    }
}
