//! Seeded samples, stratified by primary category, that nest.
//!
//! Inside a category the papers with the smallest keys are drawn, so a larger sample holds a
//! smaller one. Across categories places are dealt by the divisor method of Webster and
//! Sainte-Laguë: as proportional as largest remainders, but with one place more to deal no
//! category ever loses one (Balinski and Young, *Fair Representation*, 1982), so samples nest
//! as a whole.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use anyhow::{Result, ensure};
use shared::{Paper, Sha256};

use super::{Stratum, is_evaluation, stratum};

/// The order in which papers are drawn: SHA-256 of the seed (eight bytes, little-endian) and the id.
pub fn sample_key(seed: u64, id: &str) -> Sha256 {
    Sha256::of(&[&seed.to_le_bytes(), id.as_bytes()].concat())
}

/// The two halves of the validation papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// What is fitted after training is fitted on this one: `valid-cal`.
    Calibration,
    /// Every figure is measured on this one: `valid-report`.
    Report,
}

/// The half that a paper belongs to, for good: the first byte of its id's SHA-256, even or odd.
pub fn half(id: &str) -> Half {
    let Sha256(digest) = Sha256::of(id.as_bytes());
    if digest[0].is_multiple_of(2) {
        Half::Calibration
    } else {
        Half::Report
    }
}

/// All papers that a sample may hold, 16 bytes each.
#[derive(Default)]
pub(super) struct Frame {
    evaluation: Vec<u32>,
    n_evaluation_by_stratum: BTreeMap<String, usize>,
    /// Of every other paper the start of its key, and its place in the input.
    others: BTreeMap<String, Vec<([u8; 12], u32)>>,
}

impl Frame {
    pub(super) fn add(&mut self, at: u32, paper: &Paper, seed: u64) {
        let stratum = stratum(paper);
        if is_evaluation(paper) {
            self.evaluation.push(at);
            *self.n_evaluation_by_stratum.entry(stratum).or_default() += 1;
        } else {
            let Sha256(key) = sample_key(seed, &paper.id);
            let key = *key.first_chunk().expect("a digest has 32 bytes");
            self.others.entry(stratum).or_default().push((key, at));
        }
    }

    pub(super) fn n_evaluation(&self) -> usize {
        self.evaluation.len()
    }

    pub(super) fn n_papers(&self) -> usize {
        self.evaluation.len() + self.others.values().map(Vec::len).sum::<usize>()
    }

    pub(super) fn n_by_stratum(&self) -> BTreeMap<String, Stratum> {
        let mut strata = BTreeMap::<_, Stratum>::new();
        let others = self
            .others
            .iter()
            .map(|(stratum, papers)| (stratum, papers.len()));
        let evaluation = self
            .n_evaluation_by_stratum
            .iter()
            .map(|(stratum, n)| (stratum, *n));
        for (stratum, n) in others.chain(evaluation) {
            strata.entry(stratum.clone()).or_default().n_passed += n;
        }
        strata
    }

    /// The places in the input of `n` papers, ascending; of all where there are fewer.
    pub(super) fn draw(self, n: usize) -> Result<Vec<u32>> {
        let n_evaluation = self.evaluation.len();
        ensure!(
            n >= n_evaluation,
            "--sample {n} cannot hold the {n_evaluation} evaluation papers (those with a split other \
             than train), which every sample keeps: ask for at least {n_evaluation}"
        );
        let sizes: Vec<_> = self.others.values().map(Vec::len).collect();
        let mut drawn = self.evaluation;
        for (mut papers, n) in self
            .others
            .into_values()
            .zip(deal(&sizes, n - n_evaluation))
        {
            papers.sort_unstable();
            drawn.extend(papers[..n].iter().map(|(_, at)| at));
        }
        drawn.sort_unstable();
        Ok(drawn)
    }
}

/// Deals `n` places to strata of these sizes, in proportion; no stratum gets more than it has.
fn deal(sizes: &[usize], n: usize) -> Vec<usize> {
    let mut dealt = vec![0; sizes.len()];
    if n >= sizes.iter().sum() {
        return sizes.to_vec();
    }
    // The place that a stratum has a claim to next comes at (dealt + ½) / size of the whole deal.
    let claim = |at: usize, dealt: usize| {
        let size = sizes[at] as u128;
        Reverse((((2 * dealt + 1) as u128) << 64) / (2 * size))
    };
    let mut claims: BinaryHeap<_> = (0..sizes.len())
        .filter(|at| sizes[*at] > 0)
        .map(|at| (claim(at, 0), Reverse(at)))
        .collect();
    for _ in 0..n {
        let (_, Reverse(at)) = claims.pop().expect("there are more papers than places");
        dealt[at] += 1;
        if dealt[at] < sizes[at] {
            claims.push((claim(at, dealt[at]), Reverse(at)));
        }
    }
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_dealt_in_proportion_and_none_is_ever_taken_back() {
        // With 11 places in the place of 10 largest remainders turn 4, 4, 2 into 5, 5, 1.
        let paradox = vec![6, 6, 2];
        for sizes in [
            paradox,
            vec![600, 600, 200, 7, 1, 0, 3300],
            vec![1; 9],
            vec![],
        ] {
            let total: usize = sizes.iter().sum();
            let mut before = deal(&sizes, 0);
            for n in 0..=total + 1 {
                let dealt = deal(&sizes, n);
                let n = n.min(total);
                assert_eq!(dealt.iter().sum::<usize>(), n, "{sizes:?}: not {n} places");
                for at in 0..sizes.len() {
                    let quota = sizes[at] as f64 * n as f64 / total as f64;
                    let off = (dealt[at] as f64 - quota).abs();
                    assert!(
                        off < 2.0,
                        "{sizes:?}, {n} places: {} for {quota}",
                        dealt[at]
                    );
                    assert!(
                        dealt[at] >= before[at],
                        "{sizes:?}, {n} places: {at} lost one"
                    );
                }
                before = dealt;
            }
        }
    }

    #[test]
    fn halves_and_keys_are_those_of_the_definition_and_never_change() {
        // sha256sum of "x" starts with 2d, of "a" with ca.
        let halves = [("x", Half::Report), ("a", Half::Calibration)];
        for (id, wanted) in halves {
            assert_eq!(half(id), wanted, "{id}");
        }
        assert_eq!(sample_key(1, "a"), Sha256::of(b"\x01\0\0\0\0\0\0\0a"));
        assert_ne!(sample_key(1, "a"), sample_key(2, "a"));
    }
}
