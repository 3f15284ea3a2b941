//! WebAssembly with simd128. All that takes time is written out in intrinsics: compilers vectorize
//! no loop of a module that they optimize for size.

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

mod floats;
mod weights;

use super::kernel::Operations;
use super::{Activations, Linear, PANEL, Product16, lanes, runs};
pub(super) use floats::{add_layer_norm, gelu, quantize_rows, soft_weights, to_i16};
pub(super) use weights::row_sums;

pub(super) static OPERATIONS: Operations = Operations {
    name: "simd128",
    is_wide: true,
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

lanes::with_feature!("simd128");

#[target_feature(enable = "simd128")]
#[inline]
fn load(four: &[f32; 4]) -> v128 {
    // SAFETY: there are four values.
    unsafe { v128_load(four.as_ptr().cast()) }
}

#[target_feature(enable = "simd128")]
#[inline]
fn load_i32(eight: &[i32; 8]) -> [v128; 2] {
    let from: *const v128 = eight.as_ptr().cast();
    // SAFETY: there are eight values.
    unsafe { [v128_load(from), v128_load(from.add(1))] }
}

/// See [`super::scalar::linear`].
#[target_feature(enable = "simd128")]
fn linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    assert!(
        w.fits(a, n_rows, out) && a.wide.len() >= n_rows * w.k,
        "the caller sized all"
    );
    for quarter in 0..w.n / 4 {
        for (row, rows) in runs(n_rows, 4) {
            match rows {
                4 => tile::<4>(a, row, w, quarter, out),
                3 => tile::<3>(a, row, w, quarter, out),
                2 => tile::<2>(a, row, w, quarter, out),
                _ => tile::<1>(a, row, w, quarter, out),
            }
        }
    }
}

/// `ROWS` rows by a quarter of a panel, four columns: its 16 bytes are 4 columns × 4 of `k`, so each
/// widened half holds two columns, whose two partial sums are joined at the end.
#[target_feature(enable = "simd128")]
#[inline]
fn tile<const ROWS: usize>(
    a: &Activations,
    row: usize,
    w: &Linear,
    quarter: usize,
    out: &mut [f32],
) {
    let k = w.k;
    let a_rows = &a.wide[row * k..(row + ROWS) * k];
    let (panel, column) = (quarter / 4, quarter * 4);
    let w_panel = &w.packed[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[i32x4_splat(0); 2]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 bytes, and at + 4 ≤ k, so a quarter of the 64 bytes from
        // at·16 lies in it.
        let weights = unsafe {
            let from = w_panel.as_ptr().add(at * PANEL + quarter % 4 * 16);
            [
                i16x8_load_extend_i8x8(from),
                i16x8_load_extend_i8x8(from.add(8)),
            ]
        };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k values, and at + 4 ≤ k.
            let four = unsafe { v128_load64_splat(a_rows.as_ptr().add(r * k + at).cast()) };
            for (sum, weights) in sum.iter_mut().zip(weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(four, weights));
            }
        }
        at += 4;
    }
    let mut totals = [[i32x4_splat(0)]; ROWS];
    for ([total], [x, y]) in totals.iter_mut().zip(sum) {
        *total = i32x4_add(
            i32x4_shuffle::<0, 2, 4, 6>(x, y),
            i32x4_shuffle::<1, 3, 5, 7>(x, y),
        );
    }
    dequantize(totals, a, row, w, column, out);
}

/// Writes a tile, `ROWS` rows by `4 · FOURS` columns, as the layer's output.
#[target_feature(enable = "simd128")]
#[inline]
pub(super) fn dequantize<const ROWS: usize, const FOURS: usize>(
    tile: [[v128; FOURS]; ROWS],
    a: &Activations,
    row: usize,
    w: &Linear,
    column: usize,
    out: &mut [f32],
) {
    let (zeros, steps) = (&a.zeros[row..][..ROWS], &a.scales[row..][..ROWS]);
    let columns = column..column + 4 * FOURS;
    let sums = &w.sums[columns.clone()].as_chunks::<4>().0;
    let scales = &w.scales[columns.clone()].as_chunks().0;
    let bias = &w.bias[columns].as_chunks().0;
    let out = &mut out[row * w.n + column..(row + ROWS - 1) * w.n + column + 4 * FOURS];
    for four in 0..FOURS {
        let (scale, bias) = (load(&scales[four]), load(&bias[four]));
        // SAFETY: there are four values.
        let sums = unsafe { v128_load(sums[four].as_ptr().cast()) };
        for row in 0..ROWS {
            let shift = i32x4_mul(i32x4_splat(zeros[row]), sums);
            let value = f32x4_convert_i32x4(i32x4_sub(tile[row][four], shift));
            let value = f32x4_mul(value, f32x4_mul(f32x4_splat(steps[row]), scale));
            // SAFETY: the last row's last four values are the last of `out`.
            unsafe {
                let to = out.as_mut_ptr().add(row * w.n + 4 * four);
                v128_store(to.cast(), f32x4_add(value, bias));
            }
        }
    }
}

/// See [`super::scalar::product_i16`].
#[target_feature(enable = "simd128")]
pub(super) fn product_i16(product: &Product16, c: &mut [i32]) {
    assert!(product.fits(c), "the caller sized all");
    for half in 0..product.n / 8 {
        for (row, rows) in runs(product.m, 4) {
            match rows {
                4 => tile_i16::<4>(product, row, half, c),
                3 => tile_i16::<3>(product, row, half, c),
                2 => tile_i16::<2>(product, row, half, c),
                _ => tile_i16::<1>(product, row, half, c),
            }
        }
    }
}

/// `ROWS` rows by half a panel, eight columns.
#[target_feature(enable = "simd128")]
#[inline]
fn tile_i16<const ROWS: usize>(product: &Product16, row: usize, half: usize, c: &mut [i32]) {
    let &Product16 {
        a, lda, b, k, n, ..
    } = product;
    let a_rows = &a[row * lda..(row + ROWS - 1) * lda + k];
    let panel = half / 2;
    let b_panel = &b[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[i32x4_splat(0); 2]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 values, and at + 2 ≤ k, so half of the 32 values from at·16
        // lies in it.
        let columns = unsafe {
            let from = b_panel.as_ptr().add(at * PANEL + half % 2 * 16);
            [v128_load(from.cast()), v128_load(from.add(8).cast())]
        };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k values from r·lda, and at + 2 ≤ k.
            let two = unsafe { v128_load32_splat(a_rows.as_ptr().add(r * lda + at).cast()) };
            for (sum, columns) in sum.iter_mut().zip(columns) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(two, columns));
            }
        }
        at += 2;
    }
    for (r, sum) in sum.iter().enumerate() {
        let to = &mut c[(row + r) * n + half * 8..][..8];
        // SAFETY: `to` has the eight values that the two vectors store.
        unsafe {
            v128_store(to.as_mut_ptr().cast(), sum[0]);
            v128_store(to.as_mut_ptr().add(4).cast(), sum[1]);
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

/// See [`super::scalar::unlike_bits`].
#[target_feature(enable = "simd128")]
pub(super) fn unlike_bits(query: &[u64], codes: &[u64], to: &mut [u16]) {
    super::bits::unlike_bits(query, codes, to);
}
