//! What follows a matrix product: its bias, and the residual.

use candle_core::{CpuStorage, InplaceOp2, InplaceOp3, Layout, Result};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{ROWS, numbers, numbers_mut, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// `x += bias`, a row at a time: `x` `[rows, n]`, `bias` `[n]`.
pub(crate) struct AddBias;

impl InplaceOp2 for AddBias {
    fn name(&self) -> &'static str {
        "add-bias"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let n = width(x_layout)?;
        let (x, bias) = (numbers_mut(x, x_layout)?, numbers(bias, bias_layout)?);
        x.par_chunks_mut(ROWS * n).for_each(|rows| {
            for row in rows.chunks_exact_mut(n) {
                for (x, b) in row.iter_mut().zip(bias) {
                    *x += b;
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
        bias: &CudaStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        card::add_bias(
            &x.device,
            cuda::numbers(x, x_layout)?,
            cuda::numbers(bias, bias_layout)?,
        )
    }
}

/// `x += bias + residual`: `x` and `residual` `[rows, n]`, `bias` `[n]`.
pub(crate) struct AddBiasAndRows;

impl InplaceOp3 for AddBiasAndRows {
    fn name(&self) -> &'static str {
        "add-bias-and-rows"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<()> {
        let n = width(x_layout)?;
        let (x, bias) = (numbers_mut(x, x_layout)?, numbers(bias, bias_layout)?);
        let residual = numbers(residual, residual_layout)?;
        x.par_chunks_mut(ROWS * n)
            .zip(residual.par_chunks(ROWS * n))
            .for_each(|(rows, residuals)| {
                for (row, residual) in rows.chunks_exact_mut(n).zip(residuals.chunks_exact(n)) {
                    for ((x, b), r) in row.iter_mut().zip(bias).zip(residual) {
                        *x += b + r;
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
        bias: &CudaStorage,
        bias_layout: &Layout,
        residual: &CudaStorage,
        residual_layout: &Layout,
    ) -> Result<()> {
        card::add_bias_and_rows(
            &x.device,
            cuda::numbers(x, x_layout)?,
            cuda::numbers(bias, bias_layout)?,
            cuda::numbers(residual, residual_layout)?,
        )
    }
}
