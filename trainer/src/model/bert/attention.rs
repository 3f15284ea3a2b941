//! Self-attention (Vaswani et al. 2017, §3.2, arXiv:1706.03762) of packed texts: each text attends to
//! itself alone.
//!
//! The processor takes them one by one, so that nothing is masked. A card takes texts of nearly one length
//! together, padded, with weights of zero behind a text's end. Both are one calculation on tensors of
//! different rank: `[heads, tokens, head width]`, or `[texts, heads, tokens, head width]`.

use anyhow::Result;
use candle_core::Tensor;
use rayon::prelude::*;

use crate::config::Precision;
use crate::model::PackedBatch;
use crate::model::buckets::{Bucket, Buckets};
use crate::model::ops::{Dropout, MaskedDropout, MaskedSoftmax, Softmax, SoftmaxBackward, mix};

/// The shape of an attention, and what it drops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub(super) n_heads: usize,
    pub(super) head_width: usize,
    /// Share of the weights that training drops.
    pub(super) dropout: f32,
    /// What products multiply.
    pub(super) precision: Precision,
}

/// Queries, keys and values, narrowed.
struct Parts {
    q: Tensor,
    k: Tensor,
    v: Tensor,
}

/// Whose weights they are.
enum Texts<'a> {
    /// One text of the batch, by its number.
    Alone(usize),
    /// Several, padded.
    Padded(&'a Bucket),
}

impl Attention {
    /// `[tokens, 3 · width]`, queries, keys and values side by side → `[tokens, width]`.
    pub(super) fn forward(
        &self,
        qkv: &Tensor,
        batch: &PackedBatch,
        key: Option<u64>,
    ) -> Result<Tensor> {
        if !qkv.device().is_cpu() {
            return self.forward_in_buckets(qkv, batch.buckets()?, key);
        }
        let texts: Vec<Tensor> = (0..batch.n_texts())
            .into_par_iter()
            .map(|text| {
                let parts = self.parts(qkv, batch, text)?;
                let heads = self.attended(&parts, &Texts::Alone(text), key)?;
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
        if !qkv.device().is_cpu() {
            return self.backward_in_buckets(qkv, d, batch.buckets()?, key);
        }
        let texts: Vec<Tensor> = (0..batch.n_texts())
            .into_par_iter()
            .map(|text| {
                let parts = self.parts(qkv, batch, text)?;
                let (from, len) = span(batch, text);
                let d = d
                    .narrow(0, from, len)?
                    .reshape((len, self.n_heads, self.head_width))?
                    .transpose(0, 1)?;
                let all = self.gradients(&parts, &d, &Texts::Alone(text), key)?;
                // [3, heads, tokens, head width] → [tokens, 3, heads, head width].
                let all = Tensor::stack(&all, 0)?.permute((2, 0, 1, 3))?;
                Ok(all.contiguous()?.flatten_from(1)?)
            })
            .collect::<Result<_>>()?;
        Ok(Tensor::cat(&texts, 0)?)
    }

    /// [`Self::forward`], with padding.
    pub(super) fn forward_in_buckets(
        &self,
        qkv: &Tensor,
        buckets: &Buckets,
        key: Option<u64>,
    ) -> Result<Tensor> {
        let mut rows = Vec::with_capacity(buckets.all.len());
        for bucket in &buckets.all {
            let parts = self.padded_parts(qkv, bucket)?;
            let heads = self.attended(&parts, &Texts::Padded(bucket), key)?;
            // [texts, heads, tokens, head width] → [texts · tokens, width].
            rows.push(
                heads
                    .transpose(1, 2)?
                    .contiguous()?
                    .flatten(0, 1)?
                    .flatten_from(1)?,
            );
        }
        Ok(Tensor::cat(&rows, 0)?.index_select(&buckets.back, 0)?)
    }

    /// [`Self::backward`], with padding.
    pub(super) fn backward_in_buckets(
        &self,
        qkv: &Tensor,
        d: &Tensor,
        buckets: &Buckets,
        key: Option<u64>,
    ) -> Result<Tensor> {
        let mut rows = Vec::with_capacity(buckets.all.len());
        for bucket in &buckets.all {
            let parts = self.padded_parts(qkv, bucket)?;
            let shape = (bucket.n_texts, bucket.padded, self.n_heads, self.head_width);
            let d = d.index_select(&bucket.rows, 0)?.reshape(shape)?;
            let d = d.transpose(1, 2)?.contiguous()?;
            let all = self.gradients(&parts, &d, &Texts::Padded(bucket), key)?;
            // [3, texts, heads, tokens, head width] → [texts · tokens, 3 · width].
            let all = Tensor::stack(&all, 0)?.permute((1, 3, 0, 2, 4))?;
            rows.push(all.contiguous()?.flatten(0, 1)?.flatten_from(1)?);
        }
        Ok(Tensor::cat(&rows, 0)?.index_select(&buckets.back, 0)?)
    }

    /// The result of each head.
    fn attended(&self, parts: &Parts, texts: &Texts, key: Option<u64>) -> Result<Tensor> {
        let weights = self.weights(parts, texts)?;
        self.drop(&weights, texts, key)?;
        let weights = self.precision.narrow(&weights)?;
        Ok(self.precision.multiply(&weights, &parts.v)?)
    }

    /// The gradients of queries, keys and values from `d`, that of the result of each head.
    fn gradients(
        &self,
        parts: &Parts,
        d: &Tensor,
        texts: &Texts,
        key: Option<u64>,
    ) -> Result<[Tensor; 3]> {
        let precision = self.precision;
        let weights = self.weights(parts, texts)?;
        let d = precision.narrow(d)?;
        let of_weights = precision.multiply(&d, &parts.v.t()?)?;
        let mut dropped = weights.clone();
        if self.is_dropping(key) {
            dropped = weights.copy()?;
            self.drop(&dropped, texts, key)?;
            self.drop(&of_weights, texts, key)?;
        }
        let of_v = precision.multiply(&precision.narrow(&dropped)?.t()?, &d)?;
        drop(dropped);
        let scale = self.scale();
        of_weights.inplace_op2(&weights, &SoftmaxBackward { scale })?;
        drop(weights);
        let of_weights = precision.narrow(&of_weights)?;
        let of_q = precision.multiply(&of_weights, &parts.k)?;
        let of_k = precision.multiply(&of_weights.t()?, &parts.q)?;
        Ok([of_q, of_k, of_v])
    }

    /// `[.., heads, tokens, tokens]`, rows summing to one.
    fn weights(&self, parts: &Parts, texts: &Texts) -> Result<Tensor> {
        let weights = self.precision.multiply(&parts.q, &parts.k.t()?)?;
        let (scale, n_heads) = (self.scale(), self.n_heads);
        match texts {
            Texts::Alone(_) => weights.inplace_op1(&Softmax { scale })?,
            Texts::Padded(bucket) => {
                weights.inplace_op2(&bucket.lengths, &MaskedSoftmax { scale, n_heads })?;
            }
        }
        Ok(weights)
    }

    fn is_dropping(&self, key: Option<u64>) -> bool {
        key.is_some() && self.dropout > 0.0
    }

    /// Drops weights, or their gradients, where training does; a text has the same mask alone and padded.
    fn drop(&self, weights: &Tensor, texts: &Texts, key: Option<u64>) -> Result<()> {
        let Some(key) = key.filter(|_| self.dropout > 0.0) else {
            return Ok(());
        };
        let (share, n_heads) = (self.dropout, self.n_heads);
        match texts {
            Texts::Alone(text) => weights.inplace_op1(&Dropout {
                share,
                key: mix(key ^ *text as u64),
            })?,
            Texts::Padded(bucket) => {
                let dropout = Dropout { share, key };
                let op = MaskedDropout { dropout, n_heads };
                weights.inplace_op3(&bucket.lengths, &bucket.texts, &op)?;
            }
        }
        Ok(())
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_width as f32).sqrt()
    }

    /// Of one text, each `[heads, tokens, head width]`, not contiguous.
    fn parts(&self, qkv: &Tensor, batch: &PackedBatch, text: usize) -> Result<Parts> {
        let (from, len) = span(batch, text);
        let rows = qkv
            .narrow(0, from, len)?
            .reshape((len, 3, self.n_heads, self.head_width))?;
        let part = |at| {
            let part = rows.narrow(1, at, 1)?.squeeze(1)?.transpose(0, 1)?;
            self.precision.narrow(&part)
        };
        Ok(Parts {
            q: part(0)?,
            k: part(1)?,
            v: part(2)?,
        })
    }

    /// Of a bucket, each `[texts, heads, tokens, head width]`, contiguous; zeros behind a text's end.
    fn padded_parts(&self, qkv: &Tensor, bucket: &Bucket) -> Result<Parts> {
        let (n_texts, padded) = (bucket.n_texts, bucket.padded);
        let rows = self.precision.narrow(&qkv.index_select(&bucket.rows, 0)?)?;
        let rows = rows.reshape((n_texts, padded, 3, self.n_heads, self.head_width))?;
        let part = |at| {
            rows.narrow(2, at, 1)?
                .squeeze(2)?
                .transpose(1, 2)?
                .contiguous()
        };
        Ok(Parts {
            q: part(0)?,
            k: part(1)?,
            v: part(2)?,
        })
    }
}

/// Where a text's tokens begin, and how many they are.
fn span(batch: &PackedBatch, text: usize) -> (usize, usize) {
    let (from, to) = (batch.borders[text], batch.borders[text + 1]);
    (from as usize, (to - from) as usize)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn draws(shape: (usize, usize), seed: u64) -> Tensor {
        let n = (shape.0 * shape.1) as u64;
        let draw = |at| (mix(seed ^ mix(at)) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0;
        Tensor::from_iter((0..n).map(draw), &Device::Cpu)
            .and_then(|x| x.reshape(shape))
            .expect("the shape fits")
    }

    /// One of texts alone and padded is as the other: lengths that fill a bucket, that do not, and one.
    #[test]
    fn texts_in_buckets_are_as_texts_alone() -> Result<()> {
        let ids = [7_u32; 70];
        let texts = [16, 5, 70, 1, 33, 16, 65].map(|n| &ids[..n]);
        let batch = PackedBatch::new(texts, &Device::Cpu)?;
        assert!(batch.buckets()?.all.len() > 2);
        for dropout in [0.0, 0.3] {
            let attention = Attention {
                n_heads: 3,
                head_width: 4,
                dropout,
                precision: Precision::F32,
            };
            let qkv = (draws((batch.n_tokens(), 36), 1) * 2.0)?;
            let d = draws((batch.n_tokens(), 12), 2);
            let key = Some(99);
            let (alone, padded) = (
                attention.forward(&qkv, &batch, key)?,
                attention.forward_in_buckets(&qkv, batch.buckets()?, key)?,
            );
            let off = (alone - padded)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(off < 1e-5, "dropout {dropout}: results are off by {off}");
            let (alone, padded) = (
                attention.backward(&qkv, &d, &batch, key)?,
                attention.backward_in_buckets(&qkv, &d, batch.buckets()?, key)?,
            );
            let off = (alone - padded)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(off < 1e-5, "dropout {dropout}: gradients are off by {off}");
        }
        Ok(())
    }
}
