//! WebAssembly with simd128: integer products by intrinsics, float parts as [`super::lanes`]
//! compiled with this feature.

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

use super::{Activations, Linear, PANEL, lanes};

/// See [`super::scalar::linear`].
#[target_feature(enable = "simd128")]
pub(super) fn linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    assert!(
        a.values.len() >= n_rows * w.k && out.len() >= n_rows * w.n,
        "the caller sized both"
    );
    for panel in 0..w.n / PANEL {
        let mut row = 0;
        while row + 2 <= n_rows {
            tile::<2>(a, row, w, panel, out);
            row += 2;
        }
        if row < n_rows {
            tile::<1>(a, row, w, panel, out);
        }
    }
}

/// `ROWS` rows by one panel of eight columns: a panel's 32 bytes are 8 columns × 4 of `k`, so each
/// half-widened quarter holds two columns, whose two partial sums are joined at the end.
#[target_feature(enable = "simd128")]
#[inline]
fn tile<const ROWS: usize>(a: &Activations, row: usize, w: &Linear, panel: usize, out: &mut [f32]) {
    let k = w.k;
    let a_rows = &a.values[row * k..(row + ROWS) * k];
    let w_panel = &w.packed[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[i32x4_splat(0); 4]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·8 bytes, and at + 4 ≤ k, so 32 bytes from at·8 lie in it.
        let (low, high) = unsafe {
            let from = w_panel.as_ptr().add(at * PANEL);
            (v128_load(from.cast()), v128_load(from.add(16).cast()))
        };
        let weights = [
            i16x8_extend_low_i8x16(low),
            i16x8_extend_high_i8x16(low),
            i16x8_extend_low_i8x16(high),
            i16x8_extend_high_i8x16(high),
        ];
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k bytes, and at + 4 ≤ k.
            let four = unsafe { v128_load32_splat(a_rows.as_ptr().add(r * k + at).cast()) };
            let four = u16x8_extend_low_u8x16(four);
            for (sum, weights) in sum.iter_mut().zip(weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(four, weights));
            }
        }
        at += 4;
    }
    for (r, sum) in sum.iter().enumerate() {
        let zero = i32x4_splat(a.zeros[row + r]);
        let scale = f32x4_splat(a.scales[row + r]);
        for half in 0..2 {
            let (x, y) = (sum[2 * half], sum[2 * half + 1]);
            let total = i32x4_add(
                i32x4_shuffle::<0, 2, 4, 6>(x, y),
                i32x4_shuffle::<1, 3, 5, 7>(x, y),
            );
            let column = panel * PANEL + 4 * half;
            let sums = &w.sums[column..column + 4];
            let scales = &w.scales[column..column + 4];
            let bias = &w.bias[column..column + 4];
            let to = &mut out[(row + r) * w.n + column..][..4];
            // SAFETY: each slice has the four values that one vector loads or stores.
            unsafe {
                let shift = i32x4_mul(zero, v128_load(sums.as_ptr().cast()));
                let value = f32x4_convert_i32x4(i32x4_sub(total, shift));
                let scale = f32x4_mul(scale, v128_load(scales.as_ptr().cast()));
                let value = f32x4_add(f32x4_mul(value, scale), v128_load(bias.as_ptr().cast()));
                v128_store(to.as_mut_ptr().cast(), value);
            }
        }
    }
}

/// See [`super::scalar::dot_i16_i8`].
#[target_feature(enable = "simd128")]
pub(super) fn dot_i16_i8(query: &[i16], vector: &[i8]) -> i32 {
    let mut sum = i32x4_splat(0);
    let (mut q, mut v) = (query.chunks_exact(16), vector.chunks_exact(16));
    for (q, v) in (&mut q).zip(&mut v) {
        // SAFETY: both chunks have the 16 values that are loaded.
        let (q0, q1, v) = unsafe {
            let q = q.as_ptr();
            (
                v128_load(q.cast()),
                v128_load(q.add(8).cast()),
                v128_load(v.as_ptr().cast()),
            )
        };
        sum = i32x4_add(sum, i32x4_dot_i16x8(q0, i16x8_extend_low_i8x16(v)));
        sum = i32x4_add(sum, i32x4_dot_i16x8(q1, i16x8_extend_high_i8x16(v)));
    }
    let low = i32x4_extract_lane::<0>(sum) + i32x4_extract_lane::<1>(sum);
    let high = i32x4_extract_lane::<2>(sum) + i32x4_extract_lane::<3>(sum);
    low + high + super::scalar::dot_i16_i8(q.remainder(), v.remainder())
}

/// Compiles bodies of [`lanes`] with simd128.
macro_rules! with_simd128 {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        #[target_feature(enable = "simd128")]
        #[expect(clippy::allow_attributes, reason = "only one of these has so many arguments")]
        #[allow(clippy::too_many_arguments)]
        pub(super) fn $name($($arg: $type),*) $(-> $result)? {
            lanes::$name($($arg),*)
        }
    )*};
}

with_simd128! {
    quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations);
    matmul(a: &[f32], lda: usize, b: &[f32], ldb: usize, c: &mut [f32], ldc: usize, m: usize, k: usize, n: usize);
    softmax(row: &mut [f32]);
    gelu(values: &mut [f32]);
    dot(a: &[f32], b: &[f32]) -> f32;
    add_layer_norm(x: &mut [f32], y: &[f32], gamma: &[f32], beta: &[f32], eps: f32);
}
