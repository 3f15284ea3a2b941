//! Dropout (Srivastava et al. 2014) whose mask is a function of a key and a place: the backward step
//! and a repeated forward step draw the same one, and nothing is stored.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result};
use rayon::prelude::*;

#[cfg(feature = "cuda")]
use super::card::{self, cuda};
use super::numbers_mut;
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// Numbers that one thread takes at a time.
const CHUNK: usize = 1 << 14;

/// Zeroes a share of a tensor and scales the rest, in place; on a gradient it is its own backward step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropout {
    /// Share that becomes zero, 0 to 1.
    pub(crate) share: f32,
    /// Names the mask: seed, step, layer and place in the layer, mixed.
    pub(crate) key: u64,
}

impl Dropout {
    /// A draw of 32 bits below this drops.
    pub(super) fn limit(self) -> u64 {
        (f64::from(self.share) * 2.0_f64.powi(32)) as u64
    }

    /// What is kept is multiplied by this.
    pub(super) fn scale(self) -> f32 {
        1.0 / (1.0 - self.share)
    }
}

/// `SplitMix64`'s finalizer (Steele, Lea and Flood 2014): every bit of the result depends on every
/// bit of `x`.
pub(crate) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl InplaceOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let (limit, scale) = (self.limit(), self.scale());
        let x = numbers_mut(x, layout)?;
        x.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, xs)| {
            for (at, x) in xs.iter_mut().enumerate() {
                let place = (chunk * CHUNK + at) as u64;
                let drawn = mix(self.key ^ mix(place)) >> 32;
                *x *= if drawn < limit { 0.0 } else { scale };
            }
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &mut CudaStorage, x_layout: &Layout) -> Result<()> {
        card::dropout(&x.device, cuda::numbers(x, x_layout)?, *self)
    }
}
