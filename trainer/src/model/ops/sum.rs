//! Sums over rows: the gradient of a bias.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{ROWS, numbers, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// `[rows, n]` → `[n]`.
pub(crate) struct ColumnSum;

impl CustomOp1 for ColumnSum {
    fn name(&self) -> &'static str {
        "column-sum"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = width(layout)?;
        let add = |mut sums: Vec<f32>, row: &[f32]| {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
            sums
        };
        // By block, and the blocks in order: the same bits however many threads there are.
        let blocks: Vec<Vec<f32>> = numbers(x, layout)?
            .par_chunks(8 * ROWS * n)
            .map(|rows| rows.chunks_exact(n).fold(vec![0.0; n], add))
            .collect();
        let sums = blocks.iter().map(Vec::as_slice).fold(vec![0.0; n], add);
        Ok((CpuStorage::F32(sums), Shape::from(n)))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &CudaStorage, x_layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let n = width(x_layout)?;
        let sums = card::column_sum(&x.device, cuda::numbers(x, x_layout)?, n)?;
        Ok((cuda::storage(sums, &x.device), Shape::from(n)))
    }
}
