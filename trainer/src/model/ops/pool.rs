//! Mean pooling of packed texts (Reimers and Gurevych 2019, §3, arXiv:1908.10084).

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use rayon::prelude::*;

use super::{numbers, width};

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
}
