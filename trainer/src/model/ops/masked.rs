//! The softmax of padded texts, and dropout behind it: `[texts, heads, n, n]`, of which each text fills a
//! corner and the rest weighs nothing.

use candle_core::{CpuStorage, InplaceOp2, InplaceOp3, Layout, Result, bail};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::dropout::{Dropout, mix};
use super::softmax::softmax;
use super::{numbers_mut, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// Rows become `softmax(scale · row)` up to the length of their text, and zero behind it; rows behind it
/// become zero. Beside them the lengths: `[texts]`, `u32`.
pub(crate) struct MaskedSoftmax {
    /// As in `Softmax`.
    pub(crate) scale: f32,
    /// Heads of a text.
    pub(crate) n_heads: usize,
}

/// Dropout of what [`MaskedSoftmax`] gives, by the mask that a text alone, unpadded, draws. Beside it lengths
/// and numbers of the texts, each `[texts]`, `u32`; [`Dropout::key`] is mixed with a text's number.
pub(crate) struct MaskedDropout {
    /// Share, and key of the batch.
    pub(crate) dropout: Dropout,
    /// Heads of a text.
    pub(crate) n_heads: usize,
}

/// The numbers of a contiguous tensor of `u32`.
fn words<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [u32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<u32>()?[from..to]),
        None => bail!("lengths are not contiguous"),
    }
}

fn check(x: &[f32], n_texts: usize, n_heads: usize, n: usize) -> Result<()> {
    if x.len() != n_texts * n_heads * n * n {
        bail!(
            "{} weights of {n_texts} texts with {n_heads} heads of {n} × {n}",
            x.len()
        )
    }
    Ok(())
}

impl InplaceOp2 for MaskedSoftmax {
    fn name(&self) -> &'static str {
        "masked-softmax"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        lengths: &CpuStorage,
        lengths_layout: &Layout,
    ) -> Result<()> {
        let n = width(x_layout)?;
        let x = numbers_mut(x, x_layout)?;
        let lengths = words(lengths, lengths_layout)?;
        check(x, lengths.len(), self.n_heads, n)?;
        x.par_chunks_mut(n * n).enumerate().for_each(|(head, x)| {
            let length = lengths[head / self.n_heads] as usize;
            for (query, row) in x.chunks_exact_mut(n).enumerate() {
                let kept = if query < length { length } else { 0 };
                let (row, padding) = row.split_at_mut(kept);
                padding.fill(0.0);
                softmax(row, self.scale);
            }
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        x: &mut CudaStorage,
        x_layout: &Layout,
        lengths: &CudaStorage,
        lengths_layout: &Layout,
    ) -> Result<()> {
        let masked = card::Masked {
            lengths: cuda::place::<u32>(lengths, lengths_layout)?,
            n_heads: self.n_heads,
        };
        let n = width(x_layout)?;
        card::softmax(
            &x.device,
            cuda::numbers(x, x_layout)?,
            n,
            self.scale,
            Some(masked),
        )
    }
}

impl InplaceOp3 for MaskedDropout {
    fn name(&self) -> &'static str {
        "masked-dropout"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        lengths: &CpuStorage,
        lengths_layout: &Layout,
        texts: &CpuStorage,
        texts_layout: &Layout,
    ) -> Result<()> {
        let n = width(x_layout)?;
        let x = numbers_mut(x, x_layout)?;
        let (lengths, texts) = (words(lengths, lengths_layout)?, words(texts, texts_layout)?);
        check(x, lengths.len(), self.n_heads, n)?;
        let (limit, scale) = (self.dropout.limit(), self.dropout.scale());
        x.par_chunks_mut(n * n).enumerate().for_each(|(head, x)| {
            let (text, head) = (head / self.n_heads, head % self.n_heads);
            let length = lengths[text] as usize;
            let key = mix(self.dropout.key ^ u64::from(texts[text]));
            for (query, row) in x.chunks_exact_mut(n).enumerate().take(length) {
                let first = ((head * length + query) * length) as u64;
                for (place, x) in (first..).zip(&mut row[..length]) {
                    let drawn = mix(key ^ mix(place)) >> 32;
                    *x *= if drawn < limit { 0.0 } else { scale };
                }
            }
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        x: &mut CudaStorage,
        x_layout: &Layout,
        lengths: &CudaStorage,
        lengths_layout: &Layout,
        texts: &CudaStorage,
        texts_layout: &Layout,
    ) -> Result<()> {
        let masked = card::Masked {
            lengths: cuda::place::<u32>(lengths, lengths_layout)?,
            n_heads: self.n_heads,
        };
        let texts = cuda::place::<u32>(texts, texts_layout)?;
        let n = width(x_layout)?;
        let at = cuda::numbers(x, x_layout)?;
        card::dropout_weights(&x.device, at, n, masked, texts, self.dropout)
    }
}
