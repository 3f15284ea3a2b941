//! What was measured of one engine at one length.

use serde::{Deserialize, Serialize};
use speed::quantile::quantile;

/// Runs of one engine over one text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Samples {
    /// Milliseconds, one a run.
    pub(crate) ms: Vec<f64>,
    /// The text's embedding, length one, which shows that all run the same model.
    pub(crate) vector: Vec<f32>,
    /// Milliseconds of each part of ours, in the order of [`shared::encoder::Part::ALL`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<f64>,
}

impl Samples {
    /// The value that this share of the runs is below.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        quantile(&self.ms, share)
    }

    /// Half of the runs are faster.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// One engine over texts of every length, in the order of [`crate::texts::LENGTHS`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Engine {
    /// What it is, for people.
    pub(crate) name: String,
    /// Whether it is ours.
    pub(crate) ours: bool,
    /// Whether it is the peer that ours are compared with: of several the fastest counts.
    pub(crate) rival: bool,
    /// One a length.
    pub(crate) lengths: Vec<Samples>,
}

impl Engine {
    /// An engine that has not run yet.
    pub(crate) fn new(name: impl Into<String>, n_lengths: usize) -> Self {
        Self {
            name: name.into(),
            ours: false,
            rival: false,
            lengths: vec![Samples::default(); n_lengths],
        }
    }
}

/// The cosine of two unit vectors.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}
