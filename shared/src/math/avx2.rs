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

mod floats;

use super::kernel::Operations;
use super::{Activations, Linear, PANEL, Product16, lanes, runs};
pub(super) use floats::{quantize_rows, soft_weights};

pub(super) static OPERATIONS: Operations = Operations {
    name: "AVX2",
    is_wide: false,
    quantize_rows,
    linear,
    row_sums,
    to_i16,
    pack_keys,
    pack_values,
    scale,
    product_i16,
    soft_weights,
    gelu,
    add_layer_norm,
    dot,
    dot_i16_i8,
    unlike_bits,
};

lanes::with_feature!("avx2");
lanes::rest_with_feature!("avx2");

/// See [`super::scalar::linear`].
#[target_feature(enable = "avx2")]
pub(super) fn linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    assert!(w.fits(a, n_rows, out), "the caller sized all");
    for panel in 0..w.n / PANEL {
        for (row, rows) in runs(n_rows, 4) {
            match rows {
                4 => tile::<4>(a, row, w, panel, out),
                3 => tile::<3>(a, row, w, panel, out),
                2 => tile::<2>(a, row, w, panel, out),
                _ => tile::<1>(a, row, w, panel, out),
            }
        }
    }
}

/// `ROWS` rows by one panel, in two vectors of eight columns; two steps of four inputs at a time.
///
/// `maddubs` adds two products of 0..=127 by −127..=127 into 16 bits, and two of its results still
/// fit them by [`super::GROUP_LIMIT`]: so widening, which shares its unit with the products, is
/// done half as often.
#[target_feature(enable = "avx2")]
#[inline]
fn tile<const ROWS: usize>(a: &Activations, row: usize, w: &Linear, panel: usize, out: &mut [f32]) {
    let k = w.k;
    let a_rows = &a.values[row * k..(row + ROWS) * k];
    let w_panel = &w.packed[panel * PANEL * k..(panel + 1) * PANEL * k];
    let ones = _mm256_set1_epi16(1);
    let mut sum = [[_mm256_setzero_si256(); 2]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 bytes, and at + 8 ≤ k, so 128 bytes from at·16 lie in it.
        let weights = unsafe {
            let from: *const __m256i = w_panel.as_ptr().add(at * PANEL).cast();
            // Spelled out: closures are no part of a function with features of its own.
            [
                [_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(2))],
                [
                    _mm256_loadu_si256(from.add(1)),
                    _mm256_loadu_si256(from.add(3)),
                ],
            ]
        };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k bytes, and at + 8 ≤ k.
            let [first, second] = unsafe {
                let from: *const i32 = a_rows.as_ptr().add(r * k + at).cast();
                [from.read_unaligned(), from.add(1).read_unaligned()]
            };
            let (first, second) = (_mm256_set1_epi32(first), _mm256_set1_epi32(second));
            for (sum, weights) in sum.iter_mut().zip(weights) {
                let pairs = _mm256_add_epi16(
                    _mm256_maddubs_epi16(first, weights[0]),
                    _mm256_maddubs_epi16(second, weights[1]),
                );
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
        at += 8;
    }
    for (r, sum) in sum.iter().enumerate() {
        dequantize(*sum, a, row + r, w, panel, out);
    }
}

/// Writes a tile's row as the layer's output.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn dequantize(
    sum: [__m256i; 2],
    a: &Activations,
    row: usize,
    w: &Linear,
    panel: usize,
    out: &mut [f32],
) {
    let zero = _mm256_set1_epi32(a.zeros[row]);
    let scale = _mm256_set1_ps(a.scales[row]);
    for (half, sum) in sum.into_iter().enumerate() {
        let column = panel * PANEL + 8 * half;
        let sums = &w.sums[column..column + 8];
        let scales = &w.scales[column..column + 8];
        let bias = &w.bias[column..column + 8];
        let to = &mut out[row * w.n + column..][..8];
        // SAFETY: each slice has the eight values that one vector loads or stores.
        unsafe {
            let shift = _mm256_mullo_epi32(zero, _mm256_loadu_si256(sums.as_ptr().cast()));
            let value = _mm256_cvtepi32_ps(_mm256_sub_epi32(sum, shift));
            let scale = _mm256_mul_ps(scale, _mm256_loadu_ps(scales.as_ptr()));
            let value = _mm256_add_ps(_mm256_mul_ps(value, scale), _mm256_loadu_ps(bias.as_ptr()));
            _mm256_storeu_ps(to.as_mut_ptr(), value);
        }
    }
}

/// See [`super::scalar::product_i16`].
#[target_feature(enable = "avx2")]
pub(super) fn product_i16(product: &Product16, c: &mut [i32]) {
    assert!(product.fits(c), "the caller sized all");
    for panel in 0..product.n / PANEL {
        for (row, rows) in runs(product.m, 4) {
            match rows {
                4 => tile_i16::<4>(product, row, panel, c),
                3 => tile_i16::<3>(product, row, panel, c),
                2 => tile_i16::<2>(product, row, panel, c),
                _ => tile_i16::<1>(product, row, panel, c),
            }
        }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn tile_i16<const ROWS: usize>(product: &Product16, row: usize, panel: usize, c: &mut [i32]) {
    let &Product16 {
        a, lda, b, k, n, ..
    } = product;
    let a_rows = &a[row * lda..(row + ROWS - 1) * lda + k];
    let b_panel = &b[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[_mm256_setzero_si256(); 2]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 values, and at + 2 ≤ k, so 32 values from at·16 lie in it.
        let columns = unsafe {
            let from = b_panel.as_ptr().add(at * PANEL);
            [
                _mm256_loadu_si256(from.cast()),
                _mm256_loadu_si256(from.add(16).cast()),
            ]
        };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k values from r·lda, and at + 2 ≤ k.
            let two = unsafe {
                a_rows
                    .as_ptr()
                    .add(r * lda + at)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let two = _mm256_set1_epi32(two);
            for (sum, columns) in sum.iter_mut().zip(columns) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(two, columns));
            }
        }
        at += 2;
    }
    for (r, sum) in sum.iter().enumerate() {
        let to = &mut c[(row + r) * n + panel * PANEL..][..PANEL];
        // SAFETY: `to` has the sixteen values that the two vectors store.
        unsafe {
            _mm256_storeu_si256(to.as_mut_ptr().cast(), sum[0]);
            _mm256_storeu_si256(to.as_mut_ptr().add(8).cast(), sum[1]);
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

/// See [`super::scalar::unlike_bits`].
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn unlike_bits(query: &[u64], codes: &[u64], to: &mut [u16]) {
    super::bits::unlike_bits(query, codes, to);
}
