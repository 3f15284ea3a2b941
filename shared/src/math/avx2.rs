//! x86-64 with AVX2: integer products by intrinsics, float parts as [`super::lanes`] compiled
//! with this feature.

#![expect(unsafe_code, reason = "vector loads and stores go through pointers")]

// Clippy lets tests import everything, so the expectation would be unfulfilled there.
#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::x86_64::*;

use super::{Activations, Linear, PANEL, lanes};

/// See [`super::scalar::linear`].
#[target_feature(enable = "avx2")]
pub(super) fn linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    assert!(
        a.values.len() >= n_rows * w.k && out.len() >= n_rows * w.n,
        "the caller sized both"
    );
    let n_panels = w.n / PANEL;
    let mut panel = 0;
    while panel < n_panels {
        let wide = panel + 2 <= n_panels;
        let mut row = 0;
        while row < n_rows {
            let rows = (n_rows - row).min(4);
            match (rows, wide) {
                (4, true) => tile::<4, 2>(a, row, w, panel, out),
                (3, true) => tile::<3, 2>(a, row, w, panel, out),
                (2, true) => tile::<2, 2>(a, row, w, panel, out),
                (1, true) => tile::<1, 2>(a, row, w, panel, out),
                (4, false) => tile::<4, 1>(a, row, w, panel, out),
                (3, false) => tile::<3, 1>(a, row, w, panel, out),
                (2, false) => tile::<2, 1>(a, row, w, panel, out),
                _ => tile::<1, 1>(a, row, w, panel, out),
            }
            row += rows;
        }
        panel += if wide { 2 } else { 1 };
    }
}

/// `ROWS` rows by `PANELS` panels of eight columns.
///
/// `maddubs` adds two products of 0..=127 by −127..=127 into 16 bits: at most 32,258, so exact.
#[target_feature(enable = "avx2")]
#[inline]
fn tile<const ROWS: usize, const PANELS: usize>(
    a: &Activations,
    row: usize,
    w: &Linear,
    panel: usize,
    out: &mut [f32],
) {
    let k = w.k;
    let a_rows = &a.values[row * k..(row + ROWS) * k];
    let w_panels = &w.packed[panel * PANEL * k..(panel + PANELS) * PANEL * k];
    let ones = _mm256_set1_epi16(1);
    let mut sum = [[_mm256_setzero_si256(); PANELS]; ROWS];
    let mut at = 0;
    while at < k {
        let mut weights = [_mm256_setzero_si256(); PANELS];
        for (p, weights) in weights.iter_mut().enumerate() {
            // SAFETY: panel p has k·8 bytes, and at + 4 ≤ k, so 32 bytes from (p·k + at)·8 lie in `w_panels`.
            *weights =
                unsafe { _mm256_loadu_si256(w_panels.as_ptr().add((p * k + at) * PANEL).cast()) };
        }
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k bytes, and at + 4 ≤ k.
            let four = unsafe {
                a_rows
                    .as_ptr()
                    .add(r * k + at)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let four = _mm256_set1_epi32(four);
            for (sum, weights) in sum.iter_mut().zip(weights) {
                let pairs = _mm256_maddubs_epi16(four, weights);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
        at += 4;
    }
    for (r, sum) in sum.iter().enumerate() {
        let zero = _mm256_set1_epi32(a.zeros[row + r]);
        let scale = _mm256_set1_ps(a.scales[row + r]);
        for (p, &sum) in sum.iter().enumerate() {
            let column = (panel + p) * PANEL;
            let sums = &w.sums[column..column + PANEL];
            let scales = &w.scales[column..column + PANEL];
            let bias = &w.bias[column..column + PANEL];
            let to = &mut out[(row + r) * w.n + column..][..PANEL];
            // SAFETY: each slice has the eight values that one vector loads or stores.
            unsafe {
                let shift = _mm256_mullo_epi32(zero, _mm256_loadu_si256(sums.as_ptr().cast()));
                let value = _mm256_cvtepi32_ps(_mm256_sub_epi32(sum, shift));
                let scale = _mm256_mul_ps(scale, _mm256_loadu_ps(scales.as_ptr()));
                let value =
                    _mm256_add_ps(_mm256_mul_ps(value, scale), _mm256_loadu_ps(bias.as_ptr()));
                _mm256_storeu_ps(to.as_mut_ptr(), value);
            }
        }
    }
}

/// See [`super::scalar::dot_i16_i8`].
#[target_feature(enable = "avx2")]
pub(super) fn dot_i16_i8(query: &[i16], vector: &[i8]) -> i32 {
    let mut sum = _mm256_setzero_si256();
    let (mut q, mut v) = (query.chunks_exact(16), vector.chunks_exact(16));
    for (q, v) in (&mut q).zip(&mut v) {
        // SAFETY: both chunks have the 16 values that are loaded.
        unsafe {
            let q = _mm256_loadu_si256(q.as_ptr().cast());
            let v = _mm256_cvtepi8_epi16(_mm_loadu_si128(v.as_ptr().cast()));
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(q, v));
        }
    }
    let half = _mm_add_epi32(
        _mm256_castsi256_si128(sum),
        _mm256_extracti128_si256::<1>(sum),
    );
    let half = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
    let half = _mm_add_epi32(half, _mm_shuffle_epi32::<0b10_11_00_01>(half));
    _mm_cvtsi128_si32(half) + super::scalar::dot_i16_i8(q.remainder(), v.remainder())
}

/// Compiles bodies of [`lanes`] with AVX2.
macro_rules! with_avx2 {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        #[target_feature(enable = "avx2")]
        #[expect(clippy::allow_attributes, reason = "only one of these has so many arguments")]
        #[allow(clippy::too_many_arguments)]
        pub(super) fn $name($($arg: $type),*) $(-> $result)? {
            lanes::$name($($arg),*)
        }
    )*};
}

with_avx2! {
    quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations);
    matmul(a: &[f32], lda: usize, b: &[f32], ldb: usize, c: &mut [f32], ldc: usize, m: usize, k: usize, n: usize);
    softmax(row: &mut [f32]);
    gelu(values: &mut [f32]);
    dot(a: &[f32], b: &[f32]) -> f32;
    add_layer_norm(x: &mut [f32], y: &[f32], gamma: &[f32], beta: &[f32], eps: f32);
}
