//! WebAssembly with relaxed SIMD: its dot product of bytes, which one operand in 0..=127 makes exact.
//!
//! Two kernels, since no module can ask what the processor has: engines make one instruction of the
//! fused product where there is one (AVX-VNNI, Arm's `sdot`), and five where there is none; then the
//! same in separate steps is three. Whoever starts the encoder measures and chooses.

#![expect(unsafe_code, reason = "vector loads and stores go through pointers")]

// Clippy lets tests import everything, so the expectation would be unfulfilled there.
#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::wasm32::*;

use super::kernel::Operations;
use super::simd128::{self, dequantize};
use super::{Activations, Linear, PANEL, runs};

macro_rules! operations {
    ($name:literal, $linear:ident) => {
        Operations {
            name: $name,
            is_wide: false,
            quantize_rows: simd128::quantize_rows,
            linear: $linear,
            row_sums: simd128::row_sums,
            to_i16: simd128::to_i16,
            pack_keys: simd128::pack_keys,
            pack_values: simd128::pack_values,
            scale: simd128::scale,
            product_i16: simd128::product_i16,
            soft_weights: simd128::soft_weights,
            gelu: simd128::gelu,
            add_layer_norm: simd128::add_layer_norm,
            dot: simd128::dot,
            dot_i16_i8: simd128::dot_i16_i8,
            unlike_bits: simd128::unlike_bits,
        }
    };
}

pub(super) static FUSED: Operations = operations!("relaxed SIMD", linear_fused);
pub(super) static STEPS: Operations = operations!("relaxed SIMD in steps", linear_steps);

macro_rules! linear {
    ($(#[$doc:meta])* $linear:ident, $tile:ident, $most:literal, |$weights:ident, $rows:ident, $sum:ident, $ones:ident| $dot:expr) => {
        /// See [`super::scalar::linear`].
        #[target_feature(enable = "simd128,relaxed-simd")]
        fn $linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
            assert!(w.fits(a, n_rows, out), "the caller sized all");
            // Engines make a constant that they see anew in every turn.
            let ones = std::hint::black_box(i16x8_splat(1));
            for half in 0..w.n / 8 {
                for (row, rows) in runs(n_rows, $most) {
                    match rows {
                        4 => $tile::<4>(a, row, w, half, out, ones),
                        3 => $tile::<3>(a, row, w, half, out, ones),
                        2 => $tile::<2>(a, row, w, half, out, ones),
                        _ => $tile::<1>(a, row, w, half, out, ones),
                    }
                }
            }
        }

        /// `ROWS` rows by half a panel, eight columns; two steps of four inputs at a time.
        $(#[$doc])*
        #[target_feature(enable = "simd128,relaxed-simd")]
        #[inline]
        fn $tile<const ROWS: usize>(a: &Activations, row: usize, w: &Linear, half: usize, out: &mut [f32], $ones: v128) {
            let k = w.k;
            let a_rows = &a.values[row * k..(row + ROWS) * k];
            let panel = half / 2;
            let w_panel = &w.packed[panel * PANEL * k..(panel + 1) * PANEL * k];
            let mut sum = [[i32x4_splat(0); 2]; ROWS];
            // SAFETY: a step of the panel has two halves of 32 bytes; row r begins r·k in.
            let (mut from, mut a_from) = unsafe {
                let rows: [_; ROWS] = std::array::from_fn(|r| a_rows.as_ptr().add(r * k));
                (w_panel.as_ptr().add(half % 2 * 32), rows)
            };
            for _ in 0..k / 8 {
                // SAFETY: the panel has k·16 bytes, of which a turn takes 128: a half of each step.
                let $weights = unsafe {
                    let next = from.add(4 * PANEL);
                    [
                        [v128_load(from.cast()), v128_load(next.cast())],
                        [v128_load(from.add(16).cast()), v128_load(next.add(16).cast())],
                    ]
                };
                // Of the second half the last turn leaves the panel.
                from = from.wrapping_add(8 * PANEL);
                for (a_from, sum) in a_from.iter_mut().zip(&mut sum) {
                    // SAFETY: each row has k bytes, of which a turn takes eight.
                    let $rows = unsafe {
                        let rows = [
                            v128_load32_splat(a_from.cast()),
                            v128_load32_splat(a_from.add(4).cast()),
                        ];
                        *a_from = a_from.add(8);
                        rows
                    };
                    for ($sum, $weights) in sum.iter_mut().zip($weights) {
                        *$sum = $dot;
                    }
                }
            }
            dequantize(sum, a, row, w, half * 8, out);
        }
    };
}

linear! {
    linear_fused, tile_fused, 4,
    |weights, rows, sum, _ones| {
        let first = i32x4_relaxed_dot_i8x16_i7x16_add(weights[0], rows[0], *sum);
        i32x4_relaxed_dot_i8x16_i7x16_add(weights[1], rows[1], first)
    }
}

linear! {
    /// What two steps give fits 16 bits by [`super::GROUP_LIMIT`]. Three rows: with four the sixteen
    /// registers of x86-64 do not suffice.
    linear_steps, tile_steps, 3,
    |weights, rows, sum, ones| {
        let pairs = i16x8_add(
            i16x8_relaxed_dot_i8x16_i7x16(weights[0], rows[0]),
            i16x8_relaxed_dot_i8x16_i7x16(weights[1], rows[1]),
        );
        i32x4_add(*sum, i32x4_dot_i16x8(pairs, ones))
    }
}
