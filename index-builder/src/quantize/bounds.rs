//! How far activations are expected to reach, from weights alone: for the pass that observes them.

use shared::artifact::NormParts;

use super::base::Dense;

/// Standard deviations that an activation is expected to reach.
const REACH: f64 = 3.0;

/// What an activation's channels are expected to look like, from the weights that make them.
pub(super) struct Bounds {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Bounds {
    /// After layer normalization a channel has mean `beta` and deviation `gamma`, about.
    pub(super) fn of_norm(norm: &NormParts) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        Self {
            mean: wide(&norm.beta),
            deviation: wide(&norm.gamma),
        }
    }

    /// After a linear layer, channels taken as independent.
    pub(super) fn through(&self, dense: &Dense) -> Self {
        let rows = || dense.weights.chunks_exact(dense.k);
        let dot = |row: &[f32]| {
            row.iter()
                .zip(&self.mean)
                .map(|(&w, m)| f64::from(w) * m)
                .sum::<f64>()
        };
        let spread = |row: &[f32]| {
            row.iter()
                .zip(&self.deviation)
                .map(|(&w, d)| (f64::from(w) * d).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        Self {
            mean: rows()
                .zip(&dense.bias)
                .map(|(row, &bias)| dot(row) + f64::from(bias))
                .collect(),
            deviation: rows().map(spread).collect(),
        }
    }

    /// After GELU what is far below zero is gone; 0.17 is its deepest value.
    pub(super) fn after_gelu(self) -> Self {
        let reach = self
            .mean
            .iter()
            .zip(&self.deviation)
            .map(|(m, d)| (m + REACH * d).max(0.17))
            .collect::<Vec<_>>();
        Self {
            deviation: vec![0.0; reach.len()],
            mean: reach,
        }
    }

    /// How far each channel is expected to reach from zero.
    pub(super) fn reach(&self) -> Vec<f64> {
        let pairs = self.mean.iter().zip(&self.deviation);
        pairs
            .map(|(mean, deviation)| (mean.abs() + REACH * deviation.abs()).max(1e-6))
            .collect()
    }
}
