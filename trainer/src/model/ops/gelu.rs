//! GELU with the error function, as BERT has it (Hendrycks and Gimpel 2016, arXiv:1606.08415).

use candle_core::{CpuStorage, CustomOp1, InplaceOp2, Layout, Result, Shape};
use rayon::prelude::*;

use super::approx::normal;
#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{numbers, numbers_mut};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// Numbers that one thread takes at a time.
const CHUNK: usize = 1 << 14;

/// `x · Φ(x)`.
pub(crate) struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu-erf"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(x, layout)?;
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(CHUNK)
            .zip(x.par_chunks(CHUNK))
            .for_each(|(y, x)| {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = x * normal(x).1;
                }
            });
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &CudaStorage, x_layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let y = card::gelu(&x.device, cuda::numbers(x, x_layout)?)?;
        Ok((cuda::storage(y, &x.device), x_layout.shape().clone()))
    }
}

/// `d *= Φ(x) + x · φ(x)`: the gradient of [`Gelu`]'s result becomes that of its input `x`.
pub(crate) struct GeluBackward;

impl InplaceOp2 for GeluBackward {
    fn name(&self) -> &'static str {
        "gelu-erf-backward"
    }

    fn cpu_fwd(
        &self,
        d: &mut CpuStorage,
        d_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
    ) -> Result<()> {
        let (d, x) = (numbers_mut(d, d_layout)?, numbers(x, x_layout)?);
        d.par_chunks_mut(CHUNK)
            .zip(x.par_chunks(CHUNK))
            .for_each(|(d, x)| {
                for (d, &x) in d.iter_mut().zip(x) {
                    let (density, cumulative) = normal(x);
                    *d *= cumulative + x * density;
                }
            });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        d: &mut CudaStorage,
        d_layout: &Layout,
        x: &CudaStorage,
        x_layout: &Layout,
    ) -> Result<()> {
        card::gelu_backward(
            &d.device,
            cuda::numbers(d, d_layout)?,
            cuda::numbers(x, x_layout)?,
        )
    }
}
