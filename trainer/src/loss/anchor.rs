//! The loss that remembers the encoder that a run began with.

use anyhow::Result;
use candle_core::Tensor;

/// How far texts have gone from where the base encoder sees them: mean of 1 − cosine; it passes its gradient
/// to `x` alone.
///
/// Learning without forgetting (Li and Hoiem 2016, arXiv:1606.09282), on embeddings in place of their class
/// probabilities. Both are `[texts, width]`, of length one, so that half the square of their difference is the
/// same, and unlike 1 − cosine is exact where they agree.
///
/// # Errors
/// Where shapes disagree.
pub fn anchor(x: &Tensor, anchors: &Tensor) -> Result<Tensor> {
    let apart = (x - anchors.detach())?.sqr()?.sum(1)?;
    Ok((apart.mean_all()? * 0.5)?)
}
