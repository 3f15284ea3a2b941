//! Layer norm (Ba et al. 2016, arXiv:1607.06450) with the backward step that candle's fused one lacks.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{ROWS, numbers, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// `γ · (x − mean) / √(variance + ε) + β`, a row at a time: `x` `[rows, n]`, `γ` and `β` `[n]`.
///
/// Differentiable in candle's graph too, where it is applied with `apply_op3`.
#[derive(Debug, Clone, Copy)]
pub struct LayerNorm {
    /// Added to the variance.
    pub epsilon: f32,
}

/// Mean, and one over the standard deviation, of a row; two passes, for `E[x²] − mean²` cancels.
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = sum(row.iter().copied()) / n;
    let variance = sum(row.iter().map(|x| (x - mean) * (x - mean))) / n;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// A sum in eight lanes: one lane would wait for itself, and lose digits.
fn sum(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for (at, value) in values.enumerate() {
        lanes[at % 8] += value;
    }
    lanes.iter().sum()
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
        beta: &CpuStorage,
        beta_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = width(x_layout)?;
        let x = numbers(x, x_layout)?;
        let (gamma, beta) = (numbers(gamma, gamma_layout)?, numbers(beta, beta_layout)?);
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(ROWS * n)
            .zip(x.par_chunks(ROWS * n))
            .for_each(|(ys, xs)| {
                for (y, x) in ys.chunks_exact_mut(n).zip(xs.chunks_exact(n)) {
                    let (mean, scale) = moments(x, self.epsilon);
                    for (((y, x), g), b) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                        *y = (x - mean) * scale * g + b;
                    }
                }
            });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gamma: &Tensor,
        _beta: &Tensor,
        _y: &Tensor,
        d: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let epsilon = self.epsilon;
        let (x, d) = (x.contiguous()?, d.contiguous()?);
        let of_x = d.apply_op3_no_bwd(&x, gamma, &LayerNormBackward { epsilon })?;
        let of_both = d.apply_op2_no_bwd(&x, &LayerNormParameters { epsilon })?;
        Ok((Some(of_x), Some(of_both.get(0)?), Some(of_both.get(1)?)))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        x_layout: &Layout,
        gamma: &CudaStorage,
        gamma_layout: &Layout,
        beta: &CudaStorage,
        beta_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let norm = card::Norm {
            gamma: cuda::numbers(gamma, gamma_layout)?,
            epsilon: self.epsilon,
        };
        let y = card::layer_norm(
            &x.device,
            cuda::numbers(x, x_layout)?,
            norm,
            cuda::numbers(beta, beta_layout)?,
        )?;
        Ok((cuda::storage(y, &x.device), x_layout.shape().clone()))
    }
}

/// The gradient of [`LayerNorm`]'s input from `d`, that of its result: `(d, x, γ)` → `[rows, n]`.
pub(crate) struct LayerNormBackward {
    /// As in [`LayerNorm`].
    pub(crate) epsilon: f32,
}

impl CustomOp3 for LayerNormBackward {
    fn name(&self) -> &'static str {
        "layer-norm-backward"
    }

    fn cpu_fwd(
        &self,
        d: &CpuStorage,
        d_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = width(x_layout)?;
        let (d, x) = (numbers(d, d_layout)?, numbers(x, x_layout)?);
        let gamma = numbers(gamma, gamma_layout)?;
        let mut of_x = vec![0.0; x.len()];
        of_x.par_chunks_mut(ROWS * n)
            .zip(d.par_chunks(ROWS * n).zip(x.par_chunks(ROWS * n)))
            .for_each(|(of_xs, (ds, xs))| {
                let rows = ds.chunks_exact(n).zip(xs.chunks_exact(n));
                for (of_x, (d, x)) in of_xs.chunks_exact_mut(n).zip(rows) {
                    let (mean, scale) = moments(x, self.epsilon);
                    let weighted = || d.iter().zip(gamma).map(|(d, g)| d * g);
                    let average = sum(weighted()) / n as f32;
                    let along =
                        sum(weighted().zip(x).map(|(w, x)| w * (x - mean) * scale)) / n as f32;
                    for ((of_x, w), x) in of_x.iter_mut().zip(weighted()).zip(x) {
                        *of_x = scale * (w - average - (x - mean) * scale * along);
                    }
                }
            });
        Ok((CpuStorage::F32(of_x), x_layout.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        d: &CudaStorage,
        d_layout: &Layout,
        x: &CudaStorage,
        x_layout: &Layout,
        gamma: &CudaStorage,
        gamma_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let norm = card::Norm {
            gamma: cuda::numbers(gamma, gamma_layout)?,
            epsilon: self.epsilon,
        };
        let of_x = card::layer_norm_backward(
            &x.device,
            cuda::numbers(d, d_layout)?,
            cuda::numbers(x, x_layout)?,
            norm,
        )?;
        Ok((cuda::storage(of_x, &x.device), x_layout.shape().clone()))
    }
}

/// The gradients of `γ` and `β`, in that order, from `d` and `x`: `[2, n]`.
pub(crate) struct LayerNormParameters {
    /// As in [`LayerNorm`].
    pub(crate) epsilon: f32,
}

impl CustomOp2 for LayerNormParameters {
    fn name(&self) -> &'static str {
        "layer-norm-parameters"
    }

    fn cpu_fwd(
        &self,
        d: &CpuStorage,
        d_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = width(x_layout)?;
        let (d, x) = (numbers(d, d_layout)?, numbers(x, x_layout)?);
        // Partial sums by block of rows, added in order: the same bits however many threads there are.
        let partial: Vec<Vec<f32>> = d
            .par_chunks(8 * ROWS * n)
            .zip(x.par_chunks(8 * ROWS * n))
            .map(|(ds, xs)| {
                let mut sums = vec![0.0; 2 * n];
                let (of_gamma, of_beta) = sums.split_at_mut(n);
                for (d, x) in ds.chunks_exact(n).zip(xs.chunks_exact(n)) {
                    let (mean, scale) = moments(x, self.epsilon);
                    let columns = of_gamma.iter_mut().zip(of_beta.iter_mut());
                    for ((of_gamma, of_beta), (d, x)) in columns.zip(d.iter().zip(x)) {
                        *of_gamma += d * (x - mean) * scale;
                        *of_beta += d;
                    }
                }
                sums
            })
            .collect();
        let mut sums = vec![0.0; 2 * n];
        for block in &partial {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum += x;
            }
        }
        Ok((CpuStorage::F32(sums), Shape::from((2, n))))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        d: &CudaStorage,
        d_layout: &Layout,
        x: &CudaStorage,
        x_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let n = width(x_layout)?;
        let sums = card::layer_norm_parameters(
            &x.device,
            cuda::numbers(d, d_layout)?,
            cuda::numbers(x, x_layout)?,
            n,
            self.epsilon,
        )?;
        Ok((cuda::storage(sums, &x.device), Shape::from((2, n))))
    }
}
