//! Which categories a paper is likely to be listed in beside its primary one.

use serde::{Deserialize, Serialize};

use super::super::{Artifact, ArtifactError, Tag, Writer, halves};

/// Cross-lists suggested at most.
const MOST: usize = 4;
/// A rate of one.
const ONE: f64 = 65_535.0;
/// Added to a rate and to a probability before their logarithms are taken.
const FLOORS: [f64; 2] = [1e-4, 1e-6];

/// What `META` says of cross-lists: how probabilities come about, and what they came to on held-out papers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CrossMeta {
    /// `[a, b, c]` of [`log_odds`].
    pub weights: [f64; 3],
    /// Categories at least so probable are suggested.
    pub least: f64,
    /// Papers that the shares were measured on.
    pub papers: usize,
    /// Suggested categories a paper.
    pub mean: f64,
    /// Share of the suggested ones that their paper is listed in.
    pub precision: f64,
    /// Share of the categories that a paper is listed in, the most probable one aside, that are suggested.
    pub recall: f64,
}

/// How often papers of each primary category are listed in each other one, and what that says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossLists {
    pub(super) meta: CrossMeta,
    /// `[classes]`: how many others a class is listed with.
    counts: Vec<u8>,
    /// `[rates]`: which, ascending within a class.
    classes: Vec<u8>,
    /// `[rates]`: share of the class' papers, in 65,535ths.
    rates: Vec<u16>,
}

impl CrossLists {
    /// Of more classes a byte could not say which.
    pub const MOST_CLASSES: usize = 255;

    /// Puts them together; `rows[classes]` has for each class others, ascending, with the share of its papers in
    /// 65,535ths.
    ///
    /// # Errors
    /// [`ArtifactError`], where the parts do not fit each other.
    pub fn new(meta: CrossMeta, rows: &[Vec<(u8, u16)>]) -> Result<Self, ArtifactError> {
        let all = || rows.iter().flatten();
        let of = Self {
            meta,
            counts: rows.iter().map(|row| row.len() as u8).collect(),
            classes: all().map(|(class, _)| *class).collect(),
            rates: all().map(|(_, rate)| *rate).collect(),
        };
        of.checked(rows.len())
    }

    pub(super) fn parse(
        artifact: &Artifact,
        meta: CrossMeta,
        n_classes: usize,
    ) -> Result<Self, ArtifactError> {
        let of = Self {
            meta,
            counts: artifact.section(b"XCNT")?.to_vec(),
            classes: artifact.section(b"XCLS")?.to_vec(),
            rates: halves(artifact, b"XRAT")?,
        };
        of.checked(n_classes)
    }

    fn checked(self, n_classes: usize) -> Result<Self, ArtifactError> {
        let malformed = |tag: &[u8; 4], rule| {
            Err(ArtifactError::Malformed {
                part: Tag(*tag),
                rule,
            })
        };
        let CrossMeta {
            weights,
            least,
            mean,
            precision,
            recall,
            ..
        } = self.meta;
        let shares = [least, precision, recall];
        if !(shares.iter().all(|share| (0.0..=1.0).contains(share))
            && weights.iter().chain([&mean]).all(|x| x.is_finite()))
        {
            return malformed(b"META", "shares of cross-lists are 0 to 1");
        }
        if self.counts.len() != n_classes {
            return malformed(b"XCNT", "one count a class");
        }
        let total: usize = self.counts.iter().map(|&count| usize::from(count)).sum();
        if self.classes.len() != total {
            return malformed(b"XCLS", "as many classes as the counts say");
        }
        let ascend = |row: &[u8]| {
            row.windows(2).all(|pair| pair[0] < pair[1])
                && row.last().is_none_or(|&last| usize::from(last) < n_classes)
        };
        let mut rest = &self.classes[..];
        for &count in &self.counts {
            let row;
            (row, rest) = rest.split_at(usize::from(count));
            if !ascend(row) {
                return malformed(
                    b"XCLS",
                    "classes that a class is listed with ascend, each one that there is",
                );
            }
        }
        if self.rates.len() != total {
            return malformed(b"XRAT", "as many rates as the counts say");
        }
        Ok(self)
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        let rates = self.rates.iter().flat_map(|rate| rate.to_le_bytes());
        writer
            .section(b"XCNT", self.counts.clone())
            .section(b"XCLS", self.classes.clone())
            .section(b"XRAT", rates.collect())
    }

    /// What they are and have come to.
    pub fn meta(&self) -> &CrossMeta {
        &self.meta
    }

    /// `[classes]`: the share of papers listed in a class that is to be expected where the primary one has these
    /// `probabilities[classes]`; sums run in one fixed order, so that every build gives the same bits.
    pub fn expected(&self, probabilities: &[f64]) -> Vec<f64> {
        let mut expected = vec![0.0; probabilities.len()];
        let mut at = 0;
        for (&count, &probability) in self.counts.iter().zip(probabilities) {
            let row = at..at + usize::from(count);
            at = row.end;
            for (&class, &rate) in self.classes[row.clone()].iter().zip(&self.rates[row]) {
                expected[usize::from(class)] += probability * (f64::from(rate) / ONE);
            }
        }
        expected
    }

    /// The classes that a text whose classes are `ranked`, most probable first, is likely to be listed in beside the
    /// first: at most four, most probable first, ties by class order.
    pub(super) fn beside(&self, ranked: &[(usize, f64)]) -> Vec<(usize, f64)> {
        let mut probabilities = vec![0.0; ranked.len()];
        for &(class, probability) in ranked {
            probabilities[class] = probability;
        }
        let expected = self.expected(&probabilities);
        let others = ranked.iter().skip(1).map(|&(class, probability)| {
            let log_odds = log_odds(self.meta.weights, expected[class], probability);
            (class, 1.0 / (1.0 + libm::exp(-log_odds)))
        });
        let mut likely: Vec<(usize, f64)> = others.filter(|(_, p)| *p >= self.meta.least).collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        likely.truncate(MOST);
        likely
    }
}

/// The log-odds that a text is listed in a class: `a ln(expected + 10⁻⁴) + b ln(probability + 10⁻⁶) + c`, of the share
/// of papers that is to be expected there by the primary class, and of the class' own probability as the primary one.
pub fn log_odds([a, b, c]: [f64; 3], expected: f64, probability: f64) -> f64 {
    let [of_expected, of_probability] = FLOORS;
    a * libm::log(expected + of_expected) + b * libm::log(probability + of_probability) + c
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: CrossMeta = CrossMeta {
        weights: [1.0, 0.0, 0.0],
        least: 0.2,
        papers: 4,
        mean: 1.0,
        precision: 0.5,
        recall: 0.25,
    };

    fn lists() -> CrossLists {
        // Half of the papers of 0 are listed in 1, all of them in 2; of 1, one in four in 0.
        let rows = [
            vec![(1, 32_768), (2, u16::MAX)],
            vec![(0, 16_384)],
            vec![],
            vec![],
        ];
        CrossLists::new(META, &rows).expect("the parts fit")
    }

    #[test]
    fn what_is_expected_is_the_mean_over_primary_classes() {
        let expected = lists().expected(&[0.5, 0.5, 0.0, 0.0]);
        let wanted = [0.125, 0.25, 0.5, 0.0];
        let near = (expected.iter().zip(wanted)).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(near, "{expected:?}");
    }

    #[test]
    fn the_likely_ones_are_suggested_and_never_the_first() {
        // Odds as expected: of 2 as 0.8 to 1, of 1 as 0.4 to 1, of 0 as little.
        let ranked = [(0, 0.8), (1, 0.2), (2, 0.0), (3, 0.0)];
        let found = lists().beside(&ranked);
        let classes: Vec<usize> = found.iter().map(|(class, _)| *class).collect();
        assert_eq!(classes, [2, 1]);
        assert!((found[0].1 - 0.8 / 1.8).abs() < 1e-3, "{found:?}");
        assert!(
            lists()
                .beside(&[(3, 1.0), (0, 0.0), (1, 0.0), (2, 0.0)])
                .is_empty()
        );
    }

    #[test]
    fn no_more_than_four_are_suggested() {
        let all: Vec<(u8, u16)> = (1..9).map(|class| (class, u16::MAX)).collect();
        let rows = [&[all][..], &vec![vec![]; 8]].concat();
        let lists = CrossLists::new(META, &rows).expect("the parts fit");
        let mut ranked = vec![(0, 1.0)];
        ranked.extend((1..9).rev().map(|class| (class, 0.0)));
        let found = lists.beside(&ranked);
        let classes: Vec<usize> = found.iter().map(|(class, _)| *class).collect();
        assert_eq!(classes, [1, 2, 3, 4], "of equal ones the first");
    }
}
