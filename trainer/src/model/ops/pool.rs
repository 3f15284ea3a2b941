//! Mean pooling of packed texts (Reimers and Gurevych 2019, §3, arXiv:1908.10084).

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{numbers, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// `[tokens, n]` → `[texts, n]`: the mean of each text's rows.
pub(crate) struct MeanPool {
    /// Where texts begin, and the number of tokens: `[texts + 1]`.
    pub(crate) borders: Arc<[u32]>,
}

fn span(borders: &[u32], text: usize) -> std::ops::Range<usize> {
    borders[text] as usize..borders[text + 1] as usize
}

impl CustomOp1 for MeanPool {
    fn name(&self) -> &'static str {
        "mean-pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = width(layout)?;
        let x = numbers(x, layout)?;
        let n_texts = self.borders.len() - 1;
        let mut means = vec![0.0; n_texts * n];
        means
            .par_chunks_mut(n)
            .enumerate()
            .for_each(|(text, mean)| {
                let tokens = span(&self.borders, text);
                let share = 1.0 / tokens.len() as f32;
                for row in x[tokens.start * n..tokens.end * n].chunks_exact(n) {
                    for (mean, x) in mean.iter_mut().zip(row) {
                        *mean += x;
                    }
                }
                for mean in mean.iter_mut() {
                    *mean *= share;
                }
            });
        Ok((CpuStorage::F32(means), Shape::from((n_texts, n))))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &CudaStorage, x_layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let n = width(x_layout)?;
        let means = card::mean_pool(&x.device, cuda::numbers(x, x_layout)?, n, &self.borders)?;
        Ok((
            cuda::storage(means, &x.device),
            Shape::from((self.borders.len() - 1, n)),
        ))
    }
}

/// The gradient of [`MeanPool`]'s input from that of its result: `[texts, n]` → `[tokens, n]`.
pub(crate) struct MeanPoolBackward {
    /// As in [`MeanPool`].
    pub(crate) borders: Arc<[u32]>,
}

impl CustomOp1 for MeanPoolBackward {
    fn name(&self) -> &'static str {
        "mean-pool-backward"
    }

    fn cpu_fwd(&self, d: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = width(layout)?;
        let d = numbers(d, layout)?;
        let n_tokens = self.borders.last().map_or(0, |&end| end as usize);
        let mut rows = vec![0.0; n_tokens * n];
        for (text, d) in d.chunks_exact(n).enumerate() {
            let tokens = span(&self.borders, text);
            let share = 1.0 / tokens.len() as f32;
            for row in rows[tokens.start * n..tokens.end * n].chunks_exact_mut(n) {
                for (row, d) in row.iter_mut().zip(d) {
                    *row = d * share;
                }
            }
        }
        Ok((CpuStorage::F32(rows), Shape::from((n_tokens, n))))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, d: &CudaStorage, d_layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let n = width(d_layout)?;
        let n_tokens = self.borders.last().map_or(0, |&end| end as usize);
        let rows =
            card::mean_pool_backward(&d.device, cuda::numbers(d, d_layout)?, n, &self.borders)?;
        Ok((cuda::storage(rows, &d.device), Shape::from((n_tokens, n))))
    }
}
