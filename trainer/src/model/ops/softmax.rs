//! The softmax of attention, in place.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result};
use rayon::prelude::*;

use super::approx::exp;
#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{ROWS, numbers, numbers_mut, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// Rows become `softmax(scale · row)`.
pub(crate) struct Softmax {
    /// What the logits are multiplied by: `1 / √(head width)`.
    pub(crate) scale: f32,
}

/// `row ← softmax(scale · row)`.
pub(super) fn softmax(row: &mut [f32], scale: f32) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in row.iter_mut() {
        *x = exp((*x - largest) * scale);
    }
    let mut lanes = [0.0_f32; 8];
    for (at, x) in row.iter().enumerate() {
        lanes[at % 8] += x;
    }
    let share = 1.0 / lanes.iter().sum::<f32>();
    for x in row.iter_mut() {
        *x *= share;
    }
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let n = width(layout)?;
        let x = numbers_mut(x, layout)?;
        x.par_chunks_mut(ROWS * n).for_each(|rows| {
            for row in rows.chunks_exact_mut(n) {
                softmax(row, self.scale);
            }
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &mut CudaStorage, x_layout: &Layout) -> Result<()> {
        card::softmax(
            &x.device,
            cuda::numbers(x, x_layout)?,
            width(x_layout)?,
            self.scale,
            None,
        )
    }
}

/// The gradient `d` of [`Softmax`]'s result `p` becomes that of its input, in place:
/// `d ← scale · p ∘ (d − Σ d ∘ p)`.
pub(crate) struct SoftmaxBackward {
    /// As in [`Softmax`].
    pub(crate) scale: f32,
}

impl InplaceOp2 for SoftmaxBackward {
    fn name(&self) -> &'static str {
        "softmax-backward"
    }

    fn cpu_fwd(
        &self,
        d: &mut CpuStorage,
        d_layout: &Layout,
        p: &CpuStorage,
        p_layout: &Layout,
    ) -> Result<()> {
        let n = width(d_layout)?;
        let (d, p) = (numbers_mut(d, d_layout)?, numbers(p, p_layout)?);
        d.par_chunks_mut(ROWS * n)
            .zip(p.par_chunks(ROWS * n))
            .for_each(|(ds, ps)| {
                for (d, p) in ds.chunks_exact_mut(n).zip(ps.chunks_exact(n)) {
                    let mut lanes = [0.0_f32; 8];
                    for (at, (d, p)) in d.iter().zip(p).enumerate() {
                        lanes[at % 8] += d * p;
                    }
                    let along: f32 = lanes.iter().sum();
                    for (d, p) in d.iter_mut().zip(p) {
                        *d = self.scale * p * (*d - along);
                    }
                }
            });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        d: &mut CudaStorage,
        d_layout: &Layout,
        p: &CudaStorage,
        p_layout: &Layout,
    ) -> Result<()> {
        card::softmax_backward(
            &d.device,
            cuda::numbers(d, d_layout)?,
            cuda::numbers(p, p_layout)?,
            width(d_layout)?,
            self.scale,
        )
    }
}
