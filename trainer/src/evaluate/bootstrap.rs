//! How sure a difference is: paired bootstrap over queries.

use rayon::prelude::*;
use serde::Serialize;

/// Resamples a difference is drawn from.
const RESAMPLES: u64 = 2000;

/// What one row has over another on the same queries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Queries that both answered.
    pub n: usize,
    /// Mean of the first minus mean of the second.
    pub mean: f64,
    /// Lower end of the 95 % confidence interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Difference {
    /// Compares two figures query by query (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*,
    /// §13.3: percentiles of resampled means). The same seed gives the same interval.
    ///
    /// # Panics
    /// Where the two are not equally long: then they are not of the same queries.
    pub fn of(first: &[f64], second: &[f64], seed: u64) -> Self {
        assert_eq!(first.len(), second.len(), "both are of the same queries");
        let each: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        let n = each.len();
        let mean = each.iter().sum::<f64>() / n.max(1) as f64;
        let mut means: Vec<f64> = (0..RESAMPLES)
            .into_par_iter()
            .map(|resample| {
                let mut draw = Draw::new(seed.wrapping_mul(RESAMPLES).wrapping_add(resample));
                (0..n).map(|_| each[draw.below(n)]).sum::<f64>() / n.max(1) as f64
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let at = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
        Self {
            n,
            mean,
            low: at(0.025),
            high: at(0.975),
        }
    }
}

/// Seeded random numbers: `SplitMix64` (Steele, Lea and Flood 2014), equal on every machine.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    /// Starts at a seed; neighboring seeds give unrelated numbers.
    pub(super) fn new(seed: u64) -> Self {
        let mut draw = Self(seed);
        Self(draw.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// A number from 0 to 1, 1 excluded.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_normal_approximation() {
        let mut draw = Draw::new(5);
        let first: Vec<f64> = (0..900).map(|_| draw.unit()).collect();
        let second: Vec<f64> = (0..900).map(|_| draw.unit() - 0.05).collect();
        let found = Difference::of(&first, &second, 1);
        // The difference of two uniform numbers has variance 1/6.
        let half = 1.96 * (1.0 / 6.0 / 900.0_f64).sqrt();
        assert!((found.mean - 0.05).abs() < 2.0 * half, "{found:?}");
        let off = (found.high - found.low - 2.0 * half).abs();
        assert!(off < 0.2 * half, "{found:?}, not ± {half}");
        assert!(found.low < found.mean && found.mean < found.high);
        assert_eq!(
            found,
            Difference::of(&first, &second, 1),
            "one seed, one interval"
        );
    }

    #[test]
    fn equals_do_not_differ() {
        let same = Difference::of(&[0.5, 1.0], &[0.5, 1.0], 3);
        assert_eq!((same.mean, same.low, same.high), (0.0, 0.0, 0.0));
        assert_eq!(Difference::of(&[], &[], 3).mean, 0.0);
    }
}
