//! Multinomial logistic regression on sparse rows, by L-BFGS over all cores.

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::vectorizer::Sparse;
use crate::classifier::{lbfgs, softmax, temperature};

/// Iterations between two looks at the papers that say when to stop.
const LOOK_EVERY: usize = 5;
/// Looks without a smaller log-loss, after which a fit ends.
const PATIENCE: usize = 2;

/// What says when to stop: rows that had no part in the fit.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// The rows.
    pub x: &'a Sparse,
    /// `[rows]`: their classes.
    pub labels: &'a [usize],
}

/// A fitted regression.
#[derive(Debug, Clone)]
pub struct Logistic {
    n_classes: usize,
    /// `[features, classes]`: a feature's weights lie together, since a row has few features.
    weights: Vec<f32>,
    /// `[classes]`.
    bias: Vec<f32>,
}

impl Logistic {
    /// Minimizes `c` times the sum of log-losses plus half the squared weights, as scikit-learn's
    /// `LogisticRegression(C=c)` does; the bias is not penalized.
    ///
    /// With `stop`, the iterate of least log-loss on its rows at their best temperature is taken: early
    /// stopping, as for the head on embeddings. Without, the minimum. Keeps about 25 copies of the weights
    /// in `f64`: 1.5 GB for 50,000 features and 149 classes.
    ///
    /// # Errors
    /// Where the loss is not a number.
    pub fn fit(
        x: &Sparse,
        labels: &[usize],
        n_classes: usize,
        c: f64,
        stop: Option<Stop>,
    ) -> Result<Self> {
        let n_features = x.columns.iter().max().map_or(0, |&last| last as usize + 1);
        let problem = Problem {
            x,
            by_feature: x.transposed(n_features),
            labels,
            n_classes,
            penalty: 1.0 / (c * labels.len().max(1) as f64),
        };
        let bar = ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("logistic regression: {pos} iterations, {elapsed}")
                .expect("a valid template"),
        );
        let n_parameters = (n_features + 1) * n_classes;
        let (mut iterations, mut best, mut worse) = (0, None::<(f64, Self)>, 0);
        let last = lbfgs::minimize(
            vec![0.0; n_parameters],
            |at| Ok(problem.loss_and_gradient(at)),
            |at| {
                bar.inc(1);
                iterations += 1;
                let Some(stop) = stop.filter(|stop| !stop.labels.is_empty()) else {
                    return true;
                };
                if iterations % LOOK_EVERY != 0 {
                    return true;
                }
                let model = Self::of(at, n_classes);
                let loss = model.log_loss(stop);
                tracing::debug!("TF-IDF: log-loss {loss:.4} after {iterations} iterations");
                if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                    (best, worse) = (Some((loss, model)), 0);
                } else {
                    worse += 1;
                }
                worse < PATIENCE
            },
        )?;
        bar.finish_and_clear();
        tracing::info!("TF-IDF: {iterations} iterations");
        Ok(best.map_or_else(|| Self::of(&last, n_classes), |(_, model)| model))
    }

    /// Splits parameters, weights first.
    fn of(at: &[f64], n_classes: usize) -> Self {
        let narrow = |values: &[f64]| values.par_iter().map(|&x| x as f32).collect();
        let (weights, bias) = at.split_at(at.len() - n_classes);
        Self {
            n_classes,
            weights: narrow(weights),
            bias: narrow(bias),
        }
    }

    /// Logits of rows: `[rows, classes]`.
    pub fn logits(&self, x: &Sparse) -> Vec<Vec<f64>> {
        (0..x.n_rows())
            .into_par_iter()
            .map(|at| self.row(x, at).into_iter().map(f64::from).collect())
            .collect()
    }

    fn row(&self, x: &Sparse, at: usize) -> Vec<f32> {
        let mut logits = self.bias.clone();
        for (column, value) in x.row(at) {
            // A feature that the fit never saw has no weight.
            if let Some(weights) = self.weights.chunks_exact(self.n_classes).nth(column) {
                for (logit, weight) in logits.iter_mut().zip(weights) {
                    *logit += value * weight;
                }
            }
        }
        logits
    }

    /// Mean log-loss at the temperature that is best for it.
    fn log_loss(&self, stop: Stop) -> f64 {
        let logits = self.logits(stop.x);
        let temperature = temperature::of_logits(&logits, stop.labels);
        let losses: Vec<f64> = (logits.par_iter().zip(stop.labels))
            .map(|(row, &label)| -softmax(row, temperature)[label].max(1e-300).ln())
            .collect();
        losses.iter().sum::<f64>() / losses.len() as f64
    }
}

/// What is minimized: mean log-loss + `penalty`/2 · |weights|².
struct Problem<'a> {
    x: &'a Sparse,
    by_feature: Sparse,
    labels: &'a [usize],
    n_classes: usize,
    penalty: f64,
}

impl Problem<'_> {
    fn loss_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let n_classes = self.n_classes;
        let n = self.labels.len().max(1) as f64;
        let model = Logistic::of(at, n_classes);
        let n_weights = at.len() - n_classes;
        // `[papers, classes]`: stated minus true probability.
        let mut errors = vec![0.0_f32; self.labels.len() * n_classes];
        let losses: Vec<f64> = (errors.par_chunks_exact_mut(n_classes))
            .zip(self.labels)
            .enumerate()
            .map(|(paper, (error, &label))| {
                let mut logits = model.row(self.x, paper);
                let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let own = f64::from(logits[label] - largest);
                for x in &mut logits {
                    *x = (*x - largest).exp();
                }
                let total: f64 = logits.iter().map(|&x| f64::from(x)).sum();
                let inverse = (1.0 / total) as f32;
                for (error, power) in error.iter_mut().zip(&logits) {
                    *error = power * inverse;
                }
                error[label] -= 1.0;
                total.ln() - own
            })
            .collect();
        let mut gradient = vec![0.0; at.len()];
        let (of_weights, of_bias) = gradient.split_at_mut(n_weights);
        of_weights
            .par_chunks_exact_mut(n_classes)
            .zip(at[..n_weights].par_chunks_exact(n_classes))
            .enumerate()
            .for_each(|(feature, (gradient, weights))| {
                let mut sums = vec![0.0_f32; n_classes];
                for (paper, value) in self.by_feature.row(feature) {
                    let error = &errors[paper * n_classes..][..n_classes];
                    for (sum, error) in sums.iter_mut().zip(error) {
                        *sum += value * error;
                    }
                }
                for ((gradient, sum), weight) in gradient.iter_mut().zip(&sums).zip(weights) {
                    *gradient = f64::from(*sum) / n + self.penalty * weight;
                }
            });
        for error in errors.chunks_exact(n_classes) {
            for (sum, error) in of_bias.iter_mut().zip(error) {
                *sum += f64::from(*error) / n;
            }
        }
        let squares: f64 = at[..n_weights].iter().map(|w| w * w).sum();
        let loss = losses.iter().sum::<f64>() / n + 0.5 * self.penalty * squares;
        (loss, gradient)
    }
}
