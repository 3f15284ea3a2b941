//! The fit itself: penalized maximum likelihood by L-BFGS over all papers at once.

use anyhow::Result;
use candle_core::{D, DType, Device, Tensor};

use super::data::Labelled;
use super::lbfgs;

/// A linear head.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// `[classes, dim]`, row-major.
    pub weights: Vec<f32>,
    /// `[classes]`.
    pub bias: Vec<f32>,
}

impl Head {
    /// Logits of one paper.
    pub(super) fn logits(&self, vector: &[f32]) -> Vec<f64> {
        let dot = |row: &[f32]| {
            row.iter()
                .zip(vector)
                .map(|(&w, &x)| f64::from(w) * f64::from(x))
                .sum::<f64>()
        };
        self.weights
            .chunks_exact(vector.len())
            .zip(&self.bias)
            .map(|(row, &bias)| dot(row) + f64::from(bias))
            .collect()
    }

    /// Probabilities of one paper.
    pub fn probabilities(&self, vector: &[f32], temperature: f64) -> Vec<f64> {
        softmax(&self.logits(vector), temperature)
    }
}

/// Softmax of logits over a temperature.
pub(crate) fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits
        .iter()
        .map(|logit| ((logit - largest) / temperature).exp())
        .collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| power / total).collect()
}

/// The training papers as matrices.
///
/// Inputs are standardized, so that the penalty weighs every direction by what it varies and L-BFGS
/// sees a round valley; heads are folded back to inputs as they come.
pub(super) struct Problem {
    /// `[papers, dim]`, standardized.
    x: Tensor,
    /// `[dim]`.
    mean: Vec<f64>,
    /// `[dim]`: one over the standard deviation, or 0 where nothing varies.
    scale: Vec<f64>,
    /// `[papers, classes]`: one where the paper is of the class.
    y: Tensor,
    n_classes: usize,
    dim: usize,
}

impl Problem {
    pub(super) fn new(
        papers: &[Labelled],
        n_classes: usize,
        dim: usize,
        device: &Device,
    ) -> Result<Self> {
        let n = papers.len().max(1) as f64;
        let column_sums = |value: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; dim];
            for paper in papers {
                for (at, (sum, &x)) in sums.iter_mut().zip(&paper.vector).enumerate() {
                    *sum += value(at, f64::from(x));
                }
            }
            sums
        };
        let mean: Vec<f64> = column_sums(&|_, x| x).iter().map(|sum| sum / n).collect();
        let scale: Vec<f64> = column_sums(&|at, x| (x - mean[at]) * (x - mean[at]))
            .iter()
            .map(|squares| (squares / n).sqrt())
            .map(|deviation| {
                if deviation > 1e-9 {
                    1.0 / deviation
                } else {
                    0.0
                }
            })
            .collect();
        let x: Vec<f32> = papers
            .iter()
            .flat_map(|paper| paper.vector.iter().zip(mean.iter().zip(&scale)))
            .map(|(&x, (mean, scale))| ((f64::from(x) - mean) * scale) as f32)
            .collect();
        let mut y = vec![0.0_f32; papers.len() * n_classes];
        for (row, paper) in papers.iter().enumerate() {
            y[row * n_classes + paper.label] = 1.0;
        }
        Ok(Self {
            x: Tensor::from_vec(x, (papers.len(), dim), device)?,
            y: Tensor::from_vec(y, (papers.len(), n_classes), device)?,
            mean,
            scale,
            n_classes,
            dim,
        })
    }

    /// Minimizes mean log-loss + `penalty`/2 · |weights|² from zero, weights of standardized inputs;
    /// the bias is not penalized.
    /// `goes_on` sees the head after each iteration and may end the work there.
    pub(super) fn fit(&self, penalty: f64, mut goes_on: impl FnMut(&Head) -> bool) -> Result<Head> {
        let n_weights = self.n_classes * self.dim;
        let head = |at: &[f64]| self.folded_back(&at[..n_weights], &at[n_weights..]);
        let found = lbfgs::minimize(
            vec![0.0; n_weights + self.n_classes],
            |at| self.loss_and_gradient(at, penalty),
            |at| goes_on(&head(at)),
        )?;
        Ok(head(&found))
    }

    /// The head for inputs as they come: `w · (x − mean) · scale + b`, multiplied out.
    fn folded_back(&self, weights: &[f64], bias: &[f64]) -> Head {
        let rows = || weights.chunks_exact(self.dim);
        let scaled =
            |row: &[f64]| -> Vec<f64> { row.iter().zip(&self.scale).map(|(w, s)| w * s).collect() };
        let shift = |row: &[f64]| -> f64 {
            scaled(row)
                .iter()
                .zip(&self.mean)
                .map(|(w, mean)| w * mean)
                .sum()
        };
        Head {
            weights: rows().flat_map(scaled).map(|w| w as f32).collect(),
            bias: rows()
                .zip(bias)
                .map(|(row, bias)| (bias - shift(row)) as f32)
                .collect(),
        }
    }

    fn loss_and_gradient(&self, at: &[f64], penalty: f64) -> Result<(f64, Vec<f64>)> {
        let n_weights = self.n_classes * self.dim;
        let narrow = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<_>>();
        let device = self.x.device();
        let weights =
            Tensor::from_vec(narrow(&at[..n_weights]), (self.n_classes, self.dim), device)?;
        let bias = Tensor::from_vec(narrow(&at[n_weights..]), (1, self.n_classes), device)?;
        let logits = self.x.matmul(&weights.t()?)?.broadcast_add(&bias)?;
        let shifted = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?)?;
        let powers = shifted.exp()?;
        let totals = powers.sum_keepdim(D::Minus1)?;
        let n = self.x.dim(0)? as f64;
        // Summed in f64: the line search compares losses that differ in the seventh digit.
        let sum = |rows: Tensor| rows.to_dtype(DType::F64)?.sum_all()?.to_scalar::<f64>();
        let own = (&shifted * &self.y)?.sum(D::Minus1)?;
        let log_likelihood = sum(own)? - sum(totals.log()?)?;
        let error = (powers.broadcast_div(&totals)? - &self.y)?;
        let weight_gradient = error
            .t()?
            .matmul(&self.x)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let bias_gradient = error.sum(0)?.to_vec1::<f32>()?;
        let squares: f64 = at[..n_weights].iter().map(|w| w * w).sum();
        let mut gradient: Vec<f64> = weight_gradient
            .iter()
            .chain(&bias_gradient)
            .map(|&g| f64::from(g) / n)
            .collect();
        for (gradient, weight) in gradient.iter_mut().zip(&at[..n_weights]) {
            *gradient += penalty * weight;
        }
        Ok((-log_likelihood / n + 0.5 * penalty * squares, gradient))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three clusters in the plane, a little blurred.
    fn clusters() -> Vec<Labelled> {
        let centers = [[1.0_f32, 0.0], [-0.5, 0.8], [-0.5, -0.8]];
        (0..60)
            .map(|i| {
                let (label, blur) = (i % 3, 0.3 * ((i * 7 % 11) as f32 / 11.0 - 0.5));
                Labelled {
                    vector: vec![centers[label][0] + blur, centers[label][1] - blur],
                    label,
                }
            })
            .collect()
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let problem = Problem::new(&clusters(), 3, 2, &Device::Cpu).expect("shapes fit");
        let at: Vec<f64> = (0..9).map(|i| 0.3 * f64::from(i) - 1.0).collect();
        let (_, gradient) = problem.loss_and_gradient(&at, 0.1).expect("finite");
        for i in 0..9 {
            let (mut up, mut down) = (at.clone(), at.clone());
            up[i] += 1e-2;
            down[i] -= 1e-2;
            let rise = problem.loss_and_gradient(&up, 0.1).expect("finite").0
                - problem.loss_and_gradient(&down, 0.1).expect("finite").0;
            assert!(
                (rise / 2e-2 - gradient[i]).abs() < 1e-3,
                "entry {i}: slope {}, gradient {}",
                rise / 2e-2,
                gradient[i]
            );
        }
    }

    #[cfg(feature = "cuda")]
    #[test]
    fn a_card_gives_the_gradient_of_the_processor() {
        let card = Device::new_cuda(0).expect("a card is there");
        let at: Vec<f64> = (0..9).map(|i| 0.3 * f64::from(i) - 1.0).collect();
        let gradient = |device: &Device| {
            let problem = Problem::new(&clusters(), 3, 2, device).expect("shapes fit");
            problem.loss_and_gradient(&at, 0.1).expect("finite")
        };
        let ((one, slow), (other, fast)) = (gradient(&Device::Cpu), gradient(&card));
        assert!((one - other).abs() < 1e-5, "losses {one} and {other}");
        for (slow, fast) in slow.iter().zip(&fast) {
            assert!((slow - fast).abs() < 1e-5, "slopes {slow} and {fast}");
        }
    }

    #[test]
    fn separable_papers_are_separated() {
        let papers = clusters();
        let head = Problem::new(&papers, 3, 2, &Device::Cpu)
            .and_then(|p| p.fit(1e-4, |_| true))
            .expect("fits");
        for paper in &papers {
            let p = head.probabilities(&paper.vector, 1.0);
            assert!(
                p[paper.label] > 0.8,
                "class {} got only {:?}",
                paper.label,
                p
            );
        }
    }

    #[test]
    fn a_head_folded_back_says_of_raw_papers_what_it_said_of_standardized_ones() {
        let mut papers = clusters();
        for paper in &mut papers {
            // Far from zero, stretched, and with an entry that never varies.
            paper.vector = vec![paper.vector[0] + 3.0, 7.0 * paper.vector[1] - 2.0, 0.25];
        }
        let problem = Problem::new(&papers, 3, 3, &Device::Cpu).expect("shapes fit");
        let at: Vec<f64> = (0..12).map(|i| 0.4 * f64::from(i * 5 % 12) - 2.0).collect();
        let (standardized, _) = problem.loss_and_gradient(&at, 0.0).expect("finite");
        let head = problem.folded_back(&at[..9], &at[9..]);
        let raw: f64 = papers
            .iter()
            .map(|paper| -head.probabilities(&paper.vector, 1.0)[paper.label].ln())
            .sum::<f64>()
            / papers.len() as f64;
        assert!(
            (raw - standardized).abs() < 1e-4,
            "log-loss {raw} of raw papers, {standardized} of standardized ones"
        );
    }
}
