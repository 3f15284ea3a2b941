//! The steps of the encoder that are no matrix product, forward and backward, each one pass over
//! memory on all cores.
//!
//! They are custom operations of candle on contiguous `f32` tensors; each backward step is an
//! operation of its own, called by the encoder, and no graph is kept. `tests` holds every one of them
//! against candle's differentiable primitives, and `card` runs them on NVIDIA cards.

mod accumulate;
mod approx;
mod bias;
#[cfg(any(test, feature = "cuda"))]
pub(crate) mod card;
mod dropout;
mod gelu;
mod layer_norm;
mod masked;
mod pool;
mod softmax;
mod sum;
#[cfg(test)]
mod tests;

use candle_core::{CpuStorage, Layout, Result, bail};

pub(crate) use accumulate::{AddAt, AddColumns, AddRowsAt};
pub(crate) use bias::{AddBias, AddBiasAndRows};
pub(crate) use dropout::{Dropout, mix};
pub(crate) use gelu::{Gelu, GeluBackward};
pub use layer_norm::LayerNorm;
pub(crate) use layer_norm::{LayerNormBackward, LayerNormParameters};
pub(crate) use masked::{MaskedDropout, MaskedSoftmax};
pub(crate) use pool::{MeanPool, MeanPoolBackward};
pub(crate) use softmax::{Softmax, SoftmaxBackward};
pub(crate) use sum::ColumnSum;

/// Rows that one thread takes at a time.
const ROWS: usize = 32;

/// The numbers of a contiguous tensor.
fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let all = storage.as_slice::<f32>()?;
    let Some((from, to)) = layout.contiguous_offsets() else {
        bail!(
            "this operation wants contiguous tensors, not strides {:?}",
            layout.stride()
        )
    };
    Ok(&all[from..to])
}

/// As [`numbers`], to be written.
fn numbers_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let CpuStorage::F32(all) = storage else {
        bail!("this operation computes in f32")
    };
    let Some((from, to)) = layout.contiguous_offsets() else {
        bail!(
            "this operation wants contiguous tensors, not strides {:?}",
            layout.stride()
        )
    };
    Ok(&mut all[from..to])
}

/// The length of a row: the last dimension.
fn width(layout: &Layout) -> Result<usize> {
    match layout.dims().last() {
        Some(&width) if width > 0 => Ok(width),
        _ => bail!(
            "this operation wants rows, not the shape {:?}",
            layout.shape()
        ),
    }
}
