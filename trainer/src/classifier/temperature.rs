//! Temperature scaling (Guo et al. 2017, arXiv:1706.04599): one number that makes stated
//! probabilities true on average.

use rayon::prelude::*;

use super::data::Labelled;
use super::fit::{Head, softmax};

/// The temperature of least log-loss on `papers`, between 0.05 and 20; 1 where there are none.
pub(super) fn fit(head: &Head, papers: &[Labelled]) -> f64 {
    let logits: Vec<Vec<f64>> = (papers.par_iter())
        .map(|paper| head.logits(&paper.vector))
        .collect();
    let labels: Vec<usize> = papers.iter().map(|paper| paper.label).collect();
    of_logits(&logits, &labels)
}

/// The temperature of least log-loss for rows of logits whose true classes are `labels`, between 0.05
/// and 20; 1 where there are none.
pub(crate) fn of_logits(logits: &[Vec<f64>], labels: &[usize]) -> f64 {
    if logits.is_empty() {
        return 1.0;
    }
    let loss = |log_temperature: f64| -> f64 {
        let temperature = log_temperature.exp();
        let losses: Vec<f64> = (logits.par_iter().zip(labels))
            .map(|(row, &label)| -softmax(row, temperature)[label].max(1e-300).ln())
            .collect();
        // In order: the sum must not depend on the number of threads.
        losses.iter().sum()
    };
    // Log-loss has one valley along the temperature, so thirds close in on it.
    let (mut low, mut high) = (0.05_f64.ln(), 20.0_f64.ln());
    while high - low > 1e-4 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if loss(a) < loss(b) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_too_sure_is_cooled_down() {
        // Right three times in four, but stating e^8 : 1.
        let head = Head {
            weights: vec![8.0, 0.0],
            bias: vec![0.0, 0.0],
        };
        let papers: Vec<Labelled> = (0..40)
            .map(|i| Labelled {
                vector: vec![1.0],
                label: usize::from(i % 4 == 0),
            })
            .collect();
        let temperature = fit(&head, &papers);
        let stated = head.probabilities(&[1.0], temperature)[0];
        assert!(
            (stated - 0.75).abs() < 1e-3,
            "states {stated} at temperature {temperature}, is right in 0.75"
        );
    }
}
