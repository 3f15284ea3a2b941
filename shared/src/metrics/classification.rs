//! How good stated probabilities are: whether the truth is among the first, and whether they hold.

/// Bins of [`reliability`] and of [`calibration_error`].
pub const N_BINS: usize = 15;

/// What figures ask of a prediction. Whoever holds all probabilities has a [`Judged`]; whoever judges many
/// texts may keep the first few only.
pub trait Predicted {
    /// How many classes there are.
    fn n_classes(&self) -> usize;

    /// The true class.
    fn label(&self) -> usize;

    /// The most probable class, the earliest of equals, with its probability.
    fn top(&self) -> (usize, f64);

    /// Classes that are more probable than the true one, or as probable and earlier.
    fn rank(&self) -> usize;
}

/// A prediction: probabilities by class, and the class that it is.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// `[classes]`, summing to one.
    pub probabilities: &'a [f64],
    /// The true class.
    pub label: usize,
}

impl Predicted for Judged<'_> {
    fn n_classes(&self) -> usize {
        self.probabilities.len()
    }

    fn label(&self) -> usize {
        self.label
    }

    fn rank(&self) -> usize {
        let truth = self.probabilities[self.label];
        let before = |(class, p): (usize, &f64)| *p > truth || (*p == truth && class < self.label);
        self.probabilities
            .iter()
            .enumerate()
            .filter(|&pair| before(pair))
            .count()
    }

    fn top(&self) -> (usize, f64) {
        let mut top = (0, f64::NEG_INFINITY);
        for (class, &p) in self.probabilities.iter().enumerate() {
            if p > top.1 {
                top = (class, p);
            }
        }
        top
    }
}

/// Share of predictions whose true class is among the `k` most probable.
pub fn top_k_accuracy(judged: &[impl Predicted], k: usize) -> f64 {
    judged.iter().filter(|one| one.rank() < k).count() as f64 / judged.len().max(1) as f64
}

/// Mean of the classes' F1, over classes that are the truth at least once.
pub fn macro_f1(judged: &[impl Predicted]) -> f64 {
    let n = judged.first().map_or(0, Predicted::n_classes);
    let (mut hit, mut predicted, mut actual) = (vec![0_u32; n], vec![0_u32; n], vec![0_u32; n]);
    for one in judged {
        let (top, _) = one.top();
        predicted[top] += 1;
        actual[one.label()] += 1;
        hit[top] += u32::from(top == one.label());
    }
    let present: Vec<usize> = (0..n).filter(|&class| actual[class] > 0).collect();
    let f1 = |class: &usize| {
        2.0 * f64::from(hit[*class]) / f64::from(predicted[*class] + actual[*class])
    };
    present.iter().map(f1).sum::<f64>() / present.len().max(1) as f64
}

/// The predictions whose top probability lies in one of [`N_BINS`] equally wide parts of 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Bin {
    /// Predictions.
    pub n: usize,
    /// Mean of the probability that they state; 0 where there are none.
    pub stated: f64,
    /// Share of them that are right; 0 where there are none.
    pub accuracy: f64,
}

/// What a reliability diagram shows: of each bin of stated probability, how often it is right.
///
/// Bin `b` holds the predictions with `b ≤ 15 p < b + 1` for the top label's probability `p`, the last
/// one also `p = 1`. A calibrated classifier has `stated` equal to `accuracy` in each.
///
/// # Sources
/// Niculescu-Mizil and Caruana 2005, *Predicting good probabilities with supervised learning*.
pub fn reliability(judged: &[impl Predicted]) -> [Bin; N_BINS] {
    let mut bins = [Bin::default(); N_BINS];
    for one in judged {
        let (top, p) = one.top();
        let bin = &mut bins[((p * N_BINS as f64) as usize).min(N_BINS - 1)];
        bin.n += 1;
        bin.stated += p;
        bin.accuracy += f64::from(u8::from(top == one.label()));
    }
    for bin in bins.iter_mut().filter(|bin| bin.n > 0) {
        bin.stated /= bin.n as f64;
        bin.accuracy /= bin.n as f64;
    }
    bins
}

/// Expected calibration error of the top label, [`N_BINS`] equal-width bins (Guo et al. 2017,
/// arXiv:1706.04599): how far stated probability and accuracy are apart on average.
pub fn calibration_error(judged: &[impl Predicted]) -> f64 {
    reliability(judged)
        .iter()
        .map(|bin| bin.n as f64 * (bin.stated - bin.accuracy).abs())
        .sum::<f64>()
        / judged.len().max(1) as f64
}

/// Mean negative logarithm of the probability given to the truth.
pub fn log_loss(judged: &[Judged]) -> f64 {
    let loss = |one: &Judged| -libm::log(one.probabilities[one.label].max(1e-300));
    judged.iter().map(loss).sum::<f64>() / judged.len().max(1) as f64
}

/// How often each class was taken for each other one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    n_classes: usize,
    /// `[n_classes, n_classes]`: true class by row, most probable one by column.
    counts: Vec<u32>,
}

/// A class that was taken for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ConfusedPair {
    /// The true class.
    pub label: usize,
    /// What it was taken for.
    pub predicted: usize,
    /// How often.
    pub n: u32,
    /// Predictions whose truth is `label`.
    pub of: u32,
}

impl Confusion {
    /// Counts predictions by their most probable class.
    pub fn of(judged: &[impl Predicted]) -> Self {
        let n_classes = judged.first().map_or(0, Predicted::n_classes);
        let mut counts = vec![0; n_classes * n_classes];
        for one in judged {
            counts[one.label() * n_classes + one.top().0] += 1;
        }
        Self { n_classes, counts }
    }

    /// Papers of class `label` that were taken for `predicted`.
    pub fn count(&self, label: usize, predicted: usize) -> u32 {
        self.counts[label * self.n_classes + predicted]
    }

    /// The `n` pairs of different classes that were confused most often; of equals the earlier first.
    pub fn most_confused(&self, n: usize) -> Vec<ConfusedPair> {
        let mut pairs: Vec<ConfusedPair> = (0..self.counts.len())
            .map(|at| (at / self.n_classes, at % self.n_classes))
            .filter(|&(label, predicted)| label != predicted && self.count(label, predicted) > 0)
            .map(|(label, predicted)| ConfusedPair {
                label,
                predicted,
                n: self.count(label, predicted),
                of: (0..self.n_classes).map(|to| self.count(label, to)).sum(),
            })
            .collect();
        // Stable, so equals stay in the order of their classes.
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.n));
        pairs.truncate(n);
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Three papers, three classes; the figures are worked out by hand.
    const ROWS: [([f64; 3], usize); 3] = [
        ([0.5, 0.3, 0.2], 0),
        ([0.5, 0.3, 0.2], 1),
        ([0.1, 0.1, 0.8], 2),
    ];

    fn judged() -> Vec<Judged<'static>> {
        ROWS.iter()
            .map(|(probabilities, label)| Judged {
                probabilities,
                label: *label,
            })
            .collect()
    }

    #[test]
    fn figures_agree_with_those_worked_out_by_hand() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(top_k_accuracy(&judged(), 1), 2.0 / 3.0);
        close(top_k_accuracy(&judged(), 2), 1.0);
        // Class 0: predicted twice, true once, hit once; class 1: never predicted; class 2: perfect.
        close(macro_f1(&judged()), (2.0 / 3.0 + 0.0 + 1.0) / 3.0);
        // Bin of 0.5 holds two, one right; bin of 0.8 holds one, right.
        close(calibration_error(&judged()), (0.0 + 0.2) / 3.0);
        close(
            log_loss(&judged()),
            -(0.5_f64.ln() + 0.3_f64.ln() + 0.8_f64.ln()) / 3.0,
        );
    }

    #[test]
    fn bins_hold_what_was_stated_and_what_was_right() {
        let bins = reliability(&judged());
        let full: Vec<(usize, Bin)> = (0..).zip(bins).filter(|(_, bin)| bin.n > 0).collect();
        let bin = |n, stated, accuracy| Bin {
            n,
            stated,
            accuracy,
        };
        assert_eq!(full, [(7, bin(2, 0.5, 0.5)), (12, bin(1, 0.8, 1.0))]);
        let sure = Judged {
            probabilities: &[0.0, 1.0],
            label: 1,
        };
        assert_eq!(
            reliability(&[sure])[N_BINS - 1].n,
            1,
            "1 is in the last bin"
        );
        let none: [Judged; 0] = [];
        assert_eq!(calibration_error(&none), 0.0);
    }

    #[test]
    fn confusion_names_who_was_taken_for_whom() {
        let confusion = Confusion::of(&judged());
        assert_eq!((confusion.count(0, 0), confusion.count(1, 0)), (1, 1));
        let pair = ConfusedPair {
            label: 1,
            predicted: 0,
            n: 1,
            of: 1,
        };
        assert_eq!(confusion.most_confused(9), [pair]);
        let none: [Judged; 0] = [];
        assert_eq!(Confusion::of(&none).most_confused(9), []);
    }

    #[test]
    fn equal_probabilities_rank_by_class_order() {
        let even = Judged {
            probabilities: &[0.5, 0.5],
            label: 1,
        };
        assert_eq!((even.rank(), even.top().0), (1, 0));
    }
}
