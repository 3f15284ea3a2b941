//! Multiple negatives ranking: each text finds its partner among the batch.

use anyhow::Result;
use candle_core::Tensor;

use super::cross_entropy;

/// Which side looks for which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directions {
    /// Queries look for documents.
    Forward,
    /// Both look for each other; half of the loss each.
    Symmetric,
}

/// Embeddings of length one that belong together row by row.
#[derive(Debug, Clone, Copy)]
pub struct Partners<'a> {
    /// `[pairs, width]`.
    pub queries: &'a Tensor,
    /// `[pairs, width]`: row `i` is what query `i` looks for, the others are its negatives.
    pub documents: &'a Tensor,
    /// `[n, width]`: negatives of every query, such as mined ones.
    pub negatives: Option<&'a Tensor>,
    /// `[pairs, pairs + n]`, 0 or a large negative number, added to the logits: what is no negative of a query.
    pub mask: Option<&'a Tensor>,
}

/// `−log softmax(scale · cosine)` at the partner, mean over the batch (Henderson et al. 2017, §4.4,
/// arXiv:1705.00652; `MultipleNegativesRankingLoss` of sentence-transformers).
///
/// # Errors
/// Where shapes disagree.
pub fn multiple_negatives_ranking(
    partners: Partners<'_>,
    scale: f64,
    directions: Directions,
) -> Result<Tensor> {
    let Partners {
        queries,
        documents,
        negatives,
        mask,
    } = partners;
    let masked = |candidates: &Tensor, from: usize| -> Result<Tensor> {
        let logits = (queries.matmul(&candidates.t()?)? * scale)?;
        Ok(match mask {
            Some(mask) => (logits + mask.narrow(1, from, candidates.dim(0)?)?)?,
            None => logits,
        })
    };
    let logits = masked(documents, 0)?;
    let own: Vec<u32> = (0..queries.dim(0)? as u32).collect();
    let forward = match negatives {
        Some(negatives) => {
            let more = masked(negatives, documents.dim(0)?)?;
            cross_entropy(&Tensor::cat(&[&logits, &more], 1)?, &own)?
        }
        None => cross_entropy(&logits, &own)?,
    };
    match directions {
        Directions::Forward => Ok(forward),
        Directions::Symmetric => {
            let backward = cross_entropy(&logits.t()?.contiguous()?, &own)?;
            Ok(((forward + backward)? * 0.5)?)
        }
    }
}
