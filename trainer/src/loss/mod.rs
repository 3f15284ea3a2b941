//! What training minimizes: functions of embeddings, in candle's own differentiable operations.
//!
//! Only embeddings enter, as leaves of the graph; the encoder's backward step takes on from their
//! gradients (the cut of `GradCache`, Gao et al. 2021, arXiv:2101.06983). Start at [`Objective::of`].

mod anchor;
mod contrast;
mod distillation;
mod objective;
mod ranking;
#[cfg(test)]
mod tests;

use anyhow::Result;
use candle_core::{D, Tensor};

pub use anchor::anchor;
pub use contrast::{classification, contrastive, supervised_contrastive};
pub use distillation::distillation;
pub(crate) use objective::leaf;
pub use objective::{Inputs, Objective, Value};
pub use ranking::{Directions, Partners, multiple_negatives_ranking};

/// Rows of length one.
///
/// # Errors
/// Where candle fails.
pub fn normalize(x: &Tensor) -> Result<Tensor> {
    let length = (x.sqr()?.sum_keepdim(D::Minus1)? + 1e-24)?.sqrt()?;
    Ok(x.broadcast_div(&length)?)
}

/// Logarithms of the softmax of rows; shifted by the largest number of each, which passes no gradient.
fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let shifted = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    let total = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    Ok(shifted.broadcast_sub(&total)?)
}

/// Mean negative logarithm of the softmax of row `i` at column `targets[i]`.
fn cross_entropy(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let targets = Tensor::from_slice(targets, (targets.len(), 1), logits.device())?;
    let own = log_softmax(logits)?.gather(&targets, 1)?;
    Ok(own.mean_all()?.neg()?)
}
