//! Self-attention (Vaswani et al. 2017, §3.2, arXiv:1706.03762) of packed texts: each text attends to
//! itself alone, so nothing is masked.

use anyhow::Result;
use candle_core::Tensor;
use rayon::prelude::*;

use crate::model::PackedBatch;
use crate::model::ops::{Dropout, Softmax, SoftmaxBackward, mix};

/// The shape of an attention, and what it drops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub(super) n_heads: usize,
    pub(super) head_width: usize,
    /// Share of the weights that training drops.
    pub(super) dropout: f32,
}

/// Queries, keys and values of one text, each `[heads, tokens, head width]`, not contiguous.
struct Parts {
    q: Tensor,
    k: Tensor,
    v: Tensor,
}

impl Attention {
    /// `[tokens, 3 · width]`, queries, keys and values side by side → `[tokens, width]`.
    pub(super) fn forward(
        &self,
        qkv: &Tensor,
        batch: &PackedBatch,
        key: Option<u64>,
    ) -> Result<Tensor> {
        let texts: Vec<Tensor> = (0..batch.n_texts())
            .into_par_iter()
            .map(|text| {
                let parts = self.parts(qkv, batch, text)?;
                let weights = self.weights(&parts)?;
                if let Some(dropout) = self.dropout(key, text) {
                    weights.inplace_op1(&dropout)?;
                }
                let heads = weights.matmul(&parts.v)?;
                Ok(heads.transpose(0, 1)?.contiguous()?.flatten_from(1)?)
            })
            .collect::<Result<_>>()?;
        Ok(Tensor::cat(&texts, 0)?)
    }

    /// The gradient of `qkv` from `d`, that of the result `[tokens, width]`.
    pub(super) fn backward(
        &self,
        qkv: &Tensor,
        d: &Tensor,
        batch: &PackedBatch,
        key: Option<u64>,
    ) -> Result<Tensor> {
        let texts: Vec<Tensor> = (0..batch.n_texts())
            .into_par_iter()
            .map(|text| {
                let Parts { q, k, v } = &self.parts(qkv, batch, text)?;
                let weights = self.weights(&Parts {
                    q: q.clone(),
                    k: k.clone(),
                    v: v.clone(),
                })?;
                let (from, len) = span(batch, text);
                let d = d
                    .narrow(0, from, len)?
                    .reshape((len, self.n_heads, self.head_width))?
                    .transpose(0, 1)?;
                let of_weights = d.matmul(&v.t()?)?;
                let mut dropped = weights.clone();
                if let Some(dropout) = self.dropout(key, text) {
                    dropped = weights.copy()?;
                    dropped.inplace_op1(&dropout)?;
                    of_weights.inplace_op1(&dropout)?;
                }
                let of_v = dropped.t()?.matmul(&d)?;
                let scale = self.scale();
                of_weights.inplace_op2(&weights, &SoftmaxBackward { scale })?;
                let of_q = of_weights.matmul(k)?;
                let of_k = of_weights.t()?.matmul(q)?;
                // [3, heads, tokens, head width] → [tokens, 3, heads, head width].
                let all = Tensor::stack(&[of_q, of_k, of_v], 0)?;
                Ok(all.permute((2, 0, 1, 3))?.contiguous()?.flatten_from(1)?)
            })
            .collect::<Result<_>>()?;
        Ok(Tensor::cat(&texts, 0)?)
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_width as f32).sqrt()
    }

    fn dropout(&self, key: Option<u64>, text: usize) -> Option<Dropout> {
        let key = key.filter(|_| self.dropout > 0.0)?;
        Some(Dropout {
            share: self.dropout,
            key: mix(key ^ text as u64),
        })
    }

    fn parts(&self, qkv: &Tensor, batch: &PackedBatch, text: usize) -> Result<Parts> {
        let (from, len) = span(batch, text);
        let rows = qkv
            .narrow(0, from, len)?
            .reshape((len, 3, self.n_heads, self.head_width))?;
        let part = |at| rows.narrow(1, at, 1)?.squeeze(1)?.transpose(0, 1);
        Ok(Parts {
            q: part(0)?,
            k: part(1)?,
            v: part(2)?,
        })
    }

    /// `[heads, tokens, tokens]`, rows summing to one.
    fn weights(&self, parts: &Parts) -> Result<Tensor> {
        let weights = parts.q.matmul(&parts.k.t()?)?;
        weights.inplace_op1(&Softmax {
            scale: self.scale(),
        })?;
        Ok(weights)
    }
}

/// Where a text's tokens begin, and how many they are.
fn span(batch: &PackedBatch, text: usize) -> (usize, usize) {
    let (from, to) = (batch.borders[text], batch.borders[text + 1]);
    (from as usize, (to - from) as usize)
}
