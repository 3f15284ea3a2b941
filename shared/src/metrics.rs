//! How good a classification or a search is: the figures of every report, computed one way.

/// A prediction: probabilities by class, and the class that it is.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// `[classes]`, summing to one.
    pub probabilities: &'a [f64],
    /// The true class.
    pub label: usize,
}

impl Judged<'_> {
    /// Classes that are more probable than the true one, or as probable and earlier.
    fn rank(&self) -> usize {
        let truth = self.probabilities[self.label];
        let before = |(class, p): (usize, &f64)| *p > truth || (*p == truth && class < self.label);
        self.probabilities
            .iter()
            .enumerate()
            .filter(|&pair| before(pair))
            .count()
    }

    /// The most probable class, the earliest of equals, with its probability.
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
pub fn top_k_accuracy(judged: &[Judged], k: usize) -> f64 {
    judged.iter().filter(|one| one.rank() < k).count() as f64 / judged.len().max(1) as f64
}

/// Mean of the classes' F1, over classes that are the truth at least once.
pub fn macro_f1(judged: &[Judged]) -> f64 {
    let n = judged.first().map_or(0, |one| one.probabilities.len());
    let (mut hit, mut predicted, mut actual) = (vec![0_u32; n], vec![0_u32; n], vec![0_u32; n]);
    for one in judged {
        let (top, _) = one.top();
        predicted[top] += 1;
        actual[one.label] += 1;
        hit[top] += u32::from(top == one.label);
    }
    let present: Vec<usize> = (0..n).filter(|&class| actual[class] > 0).collect();
    let f1 = |class: &usize| {
        2.0 * f64::from(hit[*class]) / f64::from(predicted[*class] + actual[*class])
    };
    present.iter().map(f1).sum::<f64>() / present.len().max(1) as f64
}

/// Expected calibration error of the top label, 15 equal-width bins (Guo et al. 2017,
/// arXiv:1706.04599): how far stated probability and accuracy are apart on average.
pub fn calibration_error(judged: &[Judged]) -> f64 {
    const BINS: usize = 15;
    let mut bins = [(0.0_f64, 0.0_f64); BINS];
    for one in judged {
        let (top, p) = one.top();
        let bin = ((p * BINS as f64) as usize).min(BINS - 1);
        bins[bin].0 += p;
        bins[bin].1 += f64::from(u8::from(top == one.label));
    }
    bins.iter()
        .map(|(stated, right)| (stated - right).abs())
        .sum::<f64>()
        / judged.len().max(1) as f64
}

/// Mean negative logarithm of the probability given to the truth.
pub fn log_loss(judged: &[Judged]) -> f64 {
    let loss = |one: &Judged| -libm::log(one.probabilities[one.label].max(1e-300));
    judged.iter().map(loss).sum::<f64>() / judged.len().max(1) as f64
}

/// Normalized discounted cumulative gain of the first `k` results, 0 to 1, with linear gain
/// (Järvelin and Kekäläinen 2002).
///
/// `ranked` holds the gain of each result, best rank first, 0 where it is not relevant; `judged`
/// holds the gain of every document that was judged for the question, in any order. It is 0 where
/// nothing is relevant.
pub fn ndcg(ranked: &[f64], judged: &[f64], k: usize) -> f64 {
    let sum = |gains: &[f64]| -> f64 {
        let discounted = |(rank, gain): (usize, &f64)| gain / libm::log2(rank as f64 + 2.0);
        gains.iter().take(k).enumerate().map(discounted).sum()
    };
    let mut ideal = judged.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = sum(&ideal);
    if best > 0.0 { sum(ranked) / best } else { 0.0 }
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
    fn equal_probabilities_rank_by_class_order() {
        let even = Judged {
            probabilities: &[0.5, 0.5],
            label: 1,
        };
        assert_eq!((even.rank(), even.top().0), (1, 0));
    }

    #[test]
    fn ndcg_agrees_with_hand_and_with_scikit_learn() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        // Gains 0, 2, 1 in that order: (2/log2(3) + 1/2) over (2 + 1/log2(3)).
        let third = 1.0 / 3.0_f64.log2();
        let wanted = (2.0 * third + 0.5) / (2.0 + third);
        close(ndcg(&[0.0, 2.0, 1.0], &[1.0, 2.0], 10), wanted);
        // `sklearn.metrics.ndcg_score([[3, 0, 2, 0, 1, 4]], [[.9, .8, .7, .6, .5, .4]], k=5)`.
        close(
            ndcg(&[3.0, 0.0, 2.0, 0.0, 1.0, 4.0], &[3.0, 2.0, 1.0, 4.0], 5),
            0.5990132152976562,
        );
        close(ndcg(&[1.0, 1.0], &[1.0; 12], 2), 1.0);
        close(ndcg(&[0.0; 10], &[1.0], 10), 0.0);
        close(ndcg(&[0.0; 10], &[], 10), 0.0);
    }
}
