//! The loss that learns an order of candidates from a teacher.

use anyhow::Result;
use candle_core::{D, Tensor};

use super::log_softmax;

/// How a teacher's shares among candidates and an encoder's part: the Kullback-Leibler divergence of
/// softmax(`scale` · cosine) from softmax(`teacher`), mean over queries (Hinton et al. 2015, §2,
/// arXiv:1503.02531; on candidates of the same batch Lin et al. 2021, arXiv:2010.11386).
///
/// `queries` is `[pairs, width]` and `candidates` `[n, width]`, both of length one; `teacher` is `[pairs, n]`,
/// of logits, and is passed no gradient.
///
/// # Errors
/// Where shapes disagree.
pub fn distillation(
    queries: &Tensor,
    candidates: &Tensor,
    teacher: &Tensor,
    scale: f64,
) -> Result<Tensor> {
    let learned = log_softmax(&(queries.matmul(&candidates.t()?)? * scale)?)?;
    let taught = log_softmax(&teacher.detach())?.detach();
    let apart = (&taught - learned)?;
    Ok((taught.exp()? * apart)?.sum(D::Minus1)?.mean_all()?)
}
