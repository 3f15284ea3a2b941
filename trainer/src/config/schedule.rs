//! How the loss is minimized, for how long, where, and what is kept on the way.

use serde::{Deserialize, Serialize};

use crate::device::Compute;

/// `AdamW` (Loshchilov and Hutter 2017, arXiv:1711.05101), its schedule and the length of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizeConfig {
    /// Highest learning rate, reached after the warm-up.
    pub learning_rate: f64,
    /// Decay of matrices towards zero; biases and norms do not decay.
    pub weight_decay: f64,
    /// Memory of the mean of gradients.
    pub beta1: f64,
    /// Memory of the mean of their squares.
    pub beta2: f64,
    /// What keeps the division finite.
    pub epsilon: f64,
    /// Longest gradient over all weights together; longer ones are scaled down to it.
    pub clip_norm: f64,
    /// Batches whose gradients are added up for one step.
    pub accumulate: usize,
    /// How the learning rate falls after the warm-up.
    pub schedule: Schedule,
    /// How long it rises first.
    pub warmup: Warmup,
    /// What is left of the highest learning rate at the end, as a share of it.
    pub final_learning_rate_share: f64,
    /// Ends the run after so many steps.
    pub steps: Option<usize>,
    /// Ends the run after so many passes over the papers; a run with no other end has one.
    pub epochs: Option<f64>,
    /// Ends the run after so many minutes; the schedule then follows the clock, and a repeated run is not equal to
    /// the bit.
    pub minutes: Option<f64>,
}

impl Default for OptimizeConfig {
    fn default() -> Self {
        Self {
            learning_rate: 2e-5,
            weight_decay: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            clip_norm: 1.0,
            accumulate: 1,
            schedule: Schedule::Cosine,
            warmup: Warmup::Share(0.1),
            final_learning_rate_share: 0.0,
            steps: None,
            epochs: None,
            minutes: None,
        }
    }
}

impl OptimizeConfig {
    /// Passes over the papers that end the run: what the config says, and one where it names no end at all.
    pub fn epoch_limit(&self) -> Option<f64> {
        let endless = self.steps.is_none() && self.minutes.is_none();
        self.epochs.or(endless.then_some(1.0))
    }
}

/// How the learning rate falls after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Half a cosine.
    Cosine,
    /// A straight line.
    Linear,
    /// Not at all.
    Constant,
}

/// How long the learning rate rises: `0.1` is a tenth of the run, `100` a hundred steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number of steps such as 100, or a share of the run such as 0.1"
)]
pub enum Warmup {
    /// A number of steps: written without a point.
    Steps(usize),
    /// A share of the run, from 0 to 1: written with a point.
    Share(f64),
}

/// How often quality is measured, and what comes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateConfig {
    /// Steps between two evaluations; 0: only before the first step and at the end.
    pub every: usize,
    /// Held-out papers of each category that take part.
    pub papers_per_category: usize,
    /// The metric that decides which checkpoint is best and when to stop.
    pub metric: String,
    /// Ends the run after so many evaluations without a better metric; absent: never.
    pub patience: Option<usize>,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self {
            every: 200,
            papers_per_category: 4,
            metric: "valid/precision@10".to_owned(),
            patience: None,
        }
    }
}

/// How often a run can be gone on with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckpointConfig {
    /// Steps between two checkpoints; 0: only at the end and on Ctrl-C.
    pub every: usize,
    /// Checkpoints that stay, the newest; the best one stays besides.
    pub keep: usize,
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        Self {
            every: 200,
            keep: 2,
        }
    }
}

/// Where it is computed, and how exactly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComputeConfig {
    /// The processor or a card.
    pub device: Compute,
    /// Numbers of the matrix products; weights, moments, norms and losses are f32 in any case.
    pub precision: Precision,
}

/// Numbers of the matrix products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Its upper half: 8 bits of exponent, 8 of significand. For cards.
    Bf16,
}
