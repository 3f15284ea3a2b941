//! What is done once to a model's weights.

#![expect(unsafe_code, reason = "vector loads and stores go through pointers")]

#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::wasm32::*;

use crate::math::{GROUP_LIMIT, PANEL};

/// See [`crate::math::scalar::row_sums`].
#[target_feature(enable = "simd128")]
pub(in crate::math) fn row_sums(packed: &[i8], k: usize, to: &mut [i32]) -> bool {
    let zeros = i32x4_splat(0);
    let mut worst = zeros;
    for (panel, to) in (packed.chunks_exact(PANEL * k)).zip(to.as_chunks_mut::<PANEL>().0) {
        let mut sums = [zeros; 4];
        // Two steps of four inputs for 16 columns; a vector has four columns.
        for eight in panel.as_chunks::<{ 8 * PANEL }>().0 {
            for (column, sum) in sums.iter_mut().enumerate() {
                // SAFETY: four vectors for the first step, and four for the second.
                let (first, second) = unsafe {
                    let from: *const v128 = eight.as_ptr().cast();
                    (v128_load(from.add(column)), v128_load(from.add(4 + column)))
                };
                let all = i16x8_add(
                    i16x8_extadd_pairwise_i8x16(first),
                    i16x8_extadd_pairwise_i8x16(second),
                );
                let up = i16x8_add(
                    i16x8_extadd_pairwise_i8x16(i8x16_max(first, zeros)),
                    i16x8_extadd_pairwise_i8x16(i8x16_max(second, zeros)),
                );
                worst = i16x8_max(worst, i16x8_max(up, i16x8_sub(up, all)));
                *sum = i32x4_add(*sum, i32x4_extadd_pairwise_i16x8(all));
            }
        }
        for (four, &sum) in to.as_chunks_mut::<4>().0.iter_mut().zip(&sums) {
            // SAFETY: there are four sums.
            unsafe { v128_store(four.as_mut_ptr().cast(), sum) };
        }
    }
    i16x8_all_true(i16x8_le(worst, i16x8_splat(GROUP_LIMIT as i16)))
}
