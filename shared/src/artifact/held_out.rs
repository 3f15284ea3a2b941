//! What a classifier's probabilities have meant on papers that it did not learn from.

use serde::{Deserialize, Serialize};

/// Most categories that a prediction set may have for one of them still to be named.
const MOST: usize = 10;

/// What a classifier came to on held-out papers: thresholds were chosen on one half of them, every share here
/// was measured on the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Papers that the shares were measured on.
    pub papers: usize,
    /// The set that holds the category of most papers.
    pub set: PredictionSet,
    /// When no category is named.
    pub abstention: Abstention,
    /// Papers by the probability of their first category: ranges that begin where the next lower one ends, the
    /// first at 0.
    pub reliability: Vec<Bin>,
}

/// Split conformal prediction (Vovk et al. 2005, *Algorithmic Learning in a Random World*) with the least sets
/// for their coverage (Sadinle et al. 2019, arXiv:1609.00451): of texts like the held-out papers, a share of
/// `level` have their category in the set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictionSet {
    /// The share that was asked for.
    pub level: f64,
    /// Categories at least so probable are in the set; the most probable one always is.
    pub least: f64,
    /// The share that was found.
    pub coverage: f64,
    /// Mean number of categories in the set.
    pub mean_size: f64,
}

/// No category is named where the first one is less probable than `least`, or where the prediction set has more
/// than ten (selective classification; Geifman and El-Yaniv 2017, arXiv:1705.08500).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Abstention {
    /// The threshold.
    pub least: f64,
    /// Share of papers for which a category is named.
    pub answered: f64,
    /// Share of those for which it is the right one.
    pub accuracy: f64,
}

/// Papers whose first category was about as probable.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The least probability.
    pub from: f64,
    /// How many papers.
    pub papers: u32,
    /// For how many of them the first category was right.
    pub right: u32,
}

impl HeldOut {
    /// Whether every number says what it is for.
    pub(super) fn is_sound(&self) -> bool {
        let shares = [
            self.set.level,
            self.set.least,
            self.set.coverage,
            self.abstention.least,
            self.abstention.answered,
            self.abstention.accuracy,
        ];
        let bins = &self.reliability;
        shares.iter().all(|share| (0.0..=1.0).contains(share))
            && self.set.mean_size.is_finite()
            && bins.first().is_none_or(|bin| bin.from == 0.0)
            && bins.is_sorted_by(|a, b| a.from < b.from)
            && bins
                .iter()
                .all(|bin| bin.from <= 1.0 && bin.right <= bin.papers)
    }

    /// How many of the classes of [`super::Classifier::classify`], from the first, are in the prediction set.
    pub fn set_of(&self, ranked: &[(usize, f64)]) -> usize {
        let inside = ranked.iter().take_while(|(_, p)| *p >= self.set.least);
        inside.count().max(1).min(ranked.len())
    }

    /// Whether the first of these classes may be named as the text's own.
    pub fn names(&self, ranked: &[(usize, f64)]) -> bool {
        let best = ranked.first().map_or(0.0, |(_, p)| *p);
        best >= self.abstention.least && self.set_of(ranked) <= MOST
    }

    /// The papers whose first category was about as probable as `probability`.
    pub fn like(&self, probability: f64) -> Option<&Bin> {
        let before = |bin: &&Bin| bin.from <= probability;
        self.reliability.iter().take_while(before).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_out() -> HeldOut {
        HeldOut {
            papers: 30,
            set: PredictionSet {
                level: 0.9,
                least: 0.2,
                coverage: 0.91,
                mean_size: 2.0,
            },
            abstention: Abstention {
                least: 0.3,
                answered: 0.8,
                accuracy: 0.7,
            },
            reliability: [(0.0, 10, 2), (0.4, 10, 5), (0.8, 10, 9)]
                .map(|(from, papers, right)| Bin {
                    from,
                    papers,
                    right,
                })
                .to_vec(),
        }
    }

    fn ranked(probabilities: &[f64]) -> Vec<(usize, f64)> {
        probabilities.iter().copied().enumerate().collect()
    }

    #[test]
    fn a_set_holds_what_is_probable_enough_and_never_nothing() {
        let held_out = held_out();
        assert_eq!(held_out.set_of(&ranked(&[0.5, 0.2, 0.19])), 2);
        assert_eq!(held_out.set_of(&ranked(&[0.1, 0.05])), 1);
        assert_eq!(held_out.set_of(&[]), 0);
    }

    #[test]
    fn no_category_is_named_that_is_improbable_or_one_of_many() {
        let mut held_out = held_out();
        assert!(held_out.names(&ranked(&[0.3, 0.3])));
        assert!(!held_out.names(&ranked(&[0.29, 0.2])));
        held_out.set.least = 0.01;
        let many = [&[0.3][..], &[0.02; 9]].concat();
        assert!(held_out.names(&ranked(&many)));
        let more = [&[0.3][..], &[0.02; 10]].concat();
        assert!(!held_out.names(&ranked(&more)));
    }

    #[test]
    fn a_probability_finds_the_range_that_it_is_in() {
        let held_out = held_out();
        let from = |p: f64| held_out.like(p).map(|bin| bin.from);
        assert_eq!(
            [0.0, 0.39, 0.4, 1.0].map(from),
            [0.0, 0.0, 0.4, 0.8].map(Some)
        );
    }
}
