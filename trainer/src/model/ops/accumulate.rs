//! Sums into what is there: gradients into their arena, parts of a row into the row.

use std::sync::Arc;

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, bail};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::{ROWS, numbers, numbers_mut, width};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// `arena[at..] += x`, for `x` of any shape.
pub(crate) struct AddAt {
    /// Where it begins.
    pub(crate) at: usize,
}

impl InplaceOp2 for AddAt {
    fn name(&self) -> &'static str {
        "add-at"
    }

    fn cpu_fwd(
        &self,
        arena: &mut CpuStorage,
        arena_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
    ) -> Result<()> {
        let x = numbers(x, x_layout)?;
        let arena = numbers_mut(arena, arena_layout)?;
        let Some(place) = arena.get_mut(self.at..self.at + x.len()) else {
            bail!(
                "{} numbers do not fit at {} of {}",
                x.len(),
                self.at,
                arena_layout.shape().elem_count()
            )
        };
        place
            .par_chunks_mut(1 << 14)
            .zip(x.par_chunks(1 << 14))
            .for_each(|(place, x)| {
                for (place, x) in place.iter_mut().zip(x) {
                    *place += x;
                }
            });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        arena: &mut CudaStorage,
        arena_layout: &Layout,
        x: &CudaStorage,
        x_layout: &Layout,
    ) -> Result<()> {
        card::add_at(
            &arena.device,
            cuda::numbers(arena, arena_layout)?,
            self.at,
            cuda::numbers(x, x_layout)?,
        )
    }
}

/// `arena[at + rows[i] · n ..] += x[i]`, for `x` `[tokens, n]`: the gradient of a table whose rows
/// were looked up. One thread, in order: the same bits each time.
pub(crate) struct AddRowsAt {
    /// Where the table begins.
    pub(crate) at: usize,
    /// Row of the table by row of `x`.
    pub(crate) rows: Arc<[u32]>,
}

impl InplaceOp2 for AddRowsAt {
    fn name(&self) -> &'static str {
        "add-rows-at"
    }

    fn cpu_fwd(
        &self,
        arena: &mut CpuStorage,
        arena_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
    ) -> Result<()> {
        let n = width(x_layout)?;
        let x = numbers(x, x_layout)?;
        let arena = numbers_mut(arena, arena_layout)?;
        for (x, &row) in x.chunks_exact(n).zip(self.rows.iter()) {
            let from = self.at + row as usize * n;
            for (place, x) in arena[from..from + n].iter_mut().zip(x) {
                *place += x;
            }
        }
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        arena: &mut CudaStorage,
        arena_layout: &Layout,
        x: &CudaStorage,
        x_layout: &Layout,
    ) -> Result<()> {
        let x = (cuda::numbers(x, x_layout)?, width(x_layout)?);
        card::add_rows_at(
            &arena.device,
            cuda::numbers(arena, arena_layout)?,
            self.at,
            x,
            &self.rows,
        )
    }
}

/// `x[:, at..at + m] += scale · y`: `x` `[rows, n]`, `y` `[rows, m]`.
pub(crate) struct AddColumns {
    /// First column.
    pub(crate) at: usize,
    /// What `y` is multiplied by.
    pub(crate) scale: f32,
}

impl InplaceOp2 for AddColumns {
    fn name(&self) -> &'static str {
        "add-columns"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<()> {
        let (n, m) = (width(x_layout)?, width(y_layout)?);
        let (x, y) = (numbers_mut(x, x_layout)?, numbers(y, y_layout)?);
        if self.at + m > n {
            bail!("{m} columns from {} on do not fit in {n}", self.at)
        }
        x.par_chunks_mut(ROWS * n)
            .zip(y.par_chunks(ROWS * m))
            .for_each(|(xs, ys)| {
                for (x, y) in xs.chunks_exact_mut(n).zip(ys.chunks_exact(m)) {
                    for (x, y) in x[self.at..self.at + m].iter_mut().zip(y) {
                        *x += self.scale * y;
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
        y: &CudaStorage,
        y_layout: &Layout,
    ) -> Result<()> {
        let y = (cuda::numbers(y, y_layout)?, width(y_layout)?);
        let device = &x.device;
        let x = (cuda::numbers(x, x_layout)?, width(x_layout)?);
        card::add_columns(device, x, y, self.at, self.scale)
    }
}
