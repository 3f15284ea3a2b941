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

use super::approx::{self, ROUND, SMALLEST};
use super::kernel::Operations;
use super::{Activations, Linear, PANEL, Product16, lanes, runs};

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
};

lanes::with_feature!("simd128");

/// See [`super::scalar::quantize_rows`]; where there is room for them, the values in 16 bits too,
/// which every tile of `linear` would widen anew.
#[target_feature(enable = "simd128")]
pub(super) fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
    let k = multiplier.len();
    assert!(k.is_multiple_of(16), "kernels take whole vectors");
    for (row, (x, q)) in x
        .chunks_exact(k)
        .zip(to.values.chunks_exact_mut(k))
        .enumerate()
    {
        let (mut low, mut high) = (f32x4_splat(0.0), f32x4_splat(0.0));
        for (x, m) in x.as_chunks().0.iter().zip(multiplier.as_chunks().0) {
            let y = f32x4_mul(load(x), load(m));
            low = f32x4_pmin(low, y);
            high = f32x4_pmax(high, y);
        }
        let (low, high) = (least(low), -least(f32x4_neg(high)));
        let range = high - low;
        let inverse = if range > 0.0 { 127.0 / range } else { 0.0 };
        let zero = -low * inverse + ROUND - ROUND;
        to.scales[row] = range / 127.0;
        to.zeros[row] = zero as i32;
        // A sum with 1.5 · 2²³ has the rounded number in its low bits: the constant has to go, and
        // the zero to come.
        let shift = i32x4_splat(ROUND.to_bits() as i32 - to.zeros[row]);
        let inverse = f32x4_splat(inverse);
        let mut wide = (to.wide.get_mut(row * k..(row + 1) * k))
            .unwrap_or_default()
            .chunks_exact_mut(16);
        let (x, m) = (x.as_chunks().0, multiplier.as_chunks().0);
        for ((x, m), q) in x
            .chunks_exact(4)
            .zip(m.chunks_exact(4))
            .zip(q.chunks_exact_mut(16))
        {
            let most = i16x8_splat(127);
            let mut q4 = [most; 4];
            for (q4, (x, m)) in q4.iter_mut().zip(x.iter().zip(m)) {
                let y = f32x4_mul(f32x4_mul(load(x), load(m)), inverse);
                *q4 = i32x4_sub(f32x4_add(y, f32x4_splat(ROUND)), shift);
            }
            let low = i16x8_narrow_i32x4(q4[0], q4[1]);
            let high = i16x8_narrow_i32x4(q4[2], q4[3]);
            let bytes = u8x16_narrow_i16x8(i16x8_min(low, most), i16x8_min(high, most));
            // SAFETY: both chunks have the sixteen values that are stored.
            unsafe {
                v128_store(q.as_mut_ptr().cast(), bytes);
                if let Some(wide) = wide.next() {
                    let to: *mut v128 = wide.as_mut_ptr().cast();
                    v128_store(to, u16x8_extend_low_u8x16(bytes));
                    v128_store(to.add(1), u16x8_extend_high_u8x16(bytes));
                }
            }
        }
    }
}

/// The least of four.
#[target_feature(enable = "simd128")]
#[inline]
fn least(of: v128) -> f32 {
    let low = f32x4_extract_lane::<0>(of).min(f32x4_extract_lane::<1>(of));
    low.min(f32x4_extract_lane::<2>(of).min(f32x4_extract_lane::<3>(of)))
}

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

#[target_feature(enable = "simd128")]
#[inline]
fn lanes_i32(of: v128) -> [i32; 4] {
    [
        i32x4_extract_lane::<0>(of),
        i32x4_extract_lane::<1>(of),
        i32x4_extract_lane::<2>(of),
        i32x4_extract_lane::<3>(of),
    ]
}

/// The nearest whole numbers: they stand in the low bits of a sum with 1.5 · 2²³.
#[target_feature(enable = "simd128")]
#[inline]
fn whole(four: &[f32; 4], factor: v128) -> v128 {
    let round = f32x4_splat(ROUND);
    i32x4_sub(f32x4_add(f32x4_mul(load(four), factor), round), round)
}

/// See [`super::scalar::to_i16`].
#[target_feature(enable = "simd128")]
pub(super) fn to_i16(x: &[f32], stride: usize, width: usize, limit: i32, to: &mut [i16]) -> f32 {
    assert!(width.is_multiple_of(8), "kernels take whole vectors");
    let mut largest = f32x4_splat(0.0);
    for (row, _) in x.chunks(stride).zip(0..to.len() / width) {
        for four in row[..width].as_chunks().0 {
            largest = f32x4_pmax(largest, f32x4_abs(load(four)));
        }
    }
    let largest = -least(f32x4_neg(largest));
    let inverse = if largest > SMALLEST {
        limit as f32 / largest
    } else {
        0.0
    };
    let factor = f32x4_splat(inverse);
    for (row, to) in x.chunks(stride).zip(to.chunks_exact_mut(width)) {
        let fours = row[..width].as_chunks().0.chunks_exact(2);
        for (to, fours) in to.chunks_exact_mut(8).zip(fours) {
            let eight = i16x8_narrow_i32x4(whole(&fours[0], factor), whole(&fours[1], factor));
            // SAFETY: the chunk has the eight values that are stored.
            unsafe { v128_store(to.as_mut_ptr().cast(), eight) };
        }
    }
    largest / limit as f32
}

/// See [`super::scalar::soft_weights`].
#[target_feature(enable = "simd128")]
pub(super) fn soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32 {
    let (eights, rest) = scores.as_chunks();
    let mut most = i32x4_splat(i32::MIN);
    for eight in eights {
        let [low, high] = load_i32(eight);
        most = i32x4_max(most, i32x4_max(low, high));
    }
    let lanes = lanes_i32(most);
    let largest = lanes.iter().chain(rest).copied().max().unwrap_or(0);

    let (weights, padding) = to.split_at_mut(scores.len());
    padding.fill(0);
    let (most, factor) = (i32x4_splat(largest), f32x4_splat(scale));
    let mut sum = i32x4_splat(0);
    let (to, weights) = weights.as_chunks_mut::<8>();
    for (eight, to) in eights.iter().zip(to) {
        let [low, high] = load_i32(eight);
        let low = f32x4_convert_i32x4(i32x4_sub(low, most));
        let high = f32x4_convert_i32x4(i32x4_sub(high, most));
        let low = soft_weight(f32x4_mul(low, factor));
        let high = soft_weight(f32x4_mul(high, factor));
        sum = i32x4_add(sum, i32x4_add(low, high));
        // SAFETY: the chunk has the eight weights that are stored.
        unsafe { v128_store(to.as_mut_ptr().cast(), i16x8_narrow_i32x4(low, high)) };
    }
    let mut total: i32 = lanes_i32(sum).into_iter().sum();
    for (&score, weight) in rest.iter().zip(weights) {
        *weight = approx::soft_weight((score - largest) as f32 * scale);
        total += i32::from(*weight);
    }
    total
}

/// Four of [`approx::soft_weight`], in 32 bits.
#[target_feature(enable = "simd128")]
#[inline]
fn soft_weight(t: v128) -> v128 {
    let round = f32x4_splat(ROUND);
    let t = f32x4_pmax(t, f32x4_splat(approx::SOFT_END));
    let shifted = f32x4_add(t, round);
    let f = f32x4_sub(t, f32x4_sub(shifted, round));
    let mut p = f32x4_splat(approx::SOFT[0]);
    for &coefficient in &approx::SOFT[1..] {
        p = f32x4_add(f32x4_mul(p, f), f32x4_splat(coefficient));
    }
    let y = i32x4_add(p, i32x4_shl(shifted, 23));
    i32x4_sub(f32x4_add(y, round), round)
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
        let bytes =
            unsafe { v128_load(w_panel.as_ptr().add(at * PANEL + quarter % 4 * 16).cast()) };
        let weights = [
            i16x8_extend_low_i8x16(bytes),
            i16x8_extend_high_i8x16(bytes),
        ];
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k values, and at + 4 ≤ k.
            let four = unsafe { v128_load64_splat(a_rows.as_ptr().add(r * k + at).cast()) };
            for (sum, weights) in sum.iter_mut().zip(weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(four, weights));
            }
        }
        at += 4;
    }
    for (r, &[x, y]) in sum.iter().enumerate() {
        let total = i32x4_add(
            i32x4_shuffle::<0, 2, 4, 6>(x, y),
            i32x4_shuffle::<1, 3, 5, 7>(x, y),
        );
        dequantize(total, a, row + r, w, column, out);
    }
}

/// Writes four columns of a row as the layer's output.
#[target_feature(enable = "simd128")]
#[inline]
pub(super) fn dequantize(
    sum: v128,
    a: &Activations,
    row: usize,
    w: &Linear,
    column: usize,
    out: &mut [f32],
) {
    let zero = i32x4_splat(a.zeros[row]);
    let scale = f32x4_splat(a.scales[row]);
    let sums = &w.sums[column..column + 4];
    let scales = &w.scales[column..column + 4];
    let bias = &w.bias[column..column + 4];
    let to = &mut out[row * w.n + column..][..4];
    // SAFETY: each slice has the four values that one vector loads or stores.
    unsafe {
        let shift = i32x4_mul(zero, v128_load(sums.as_ptr().cast()));
        let value = f32x4_convert_i32x4(i32x4_sub(sum, shift));
        let scale = f32x4_mul(scale, v128_load(scales.as_ptr().cast()));
        let value = f32x4_add(f32x4_mul(value, scale), v128_load(bias.as_ptr().cast()));
        v128_store(to.as_mut_ptr().cast(), value);
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
