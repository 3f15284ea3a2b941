//! `AArch64`: with NEON, which every such machine has, and with its dot product of bytes, which most
//! have (Armv8.2 `sdot`). Float parts are [`super::lanes`], compiled with NEON as everything is.

#![expect(unsafe_code, reason = "vector loads and stores go through pointers")]

// Clippy lets tests import everything, so the expectation would be unfulfilled there.
#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::aarch64::*;
use std::arch::asm;

use super::kernel::Operations;
use super::{Activations, Linear, PANEL, Product16, lanes, runs};

macro_rules! operations {
    ($name:literal, $linear:ident) => {
        Operations {
            name: $name,
            is_wide: false,
            quantize_rows,
            linear: $linear,
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
        }
    };
}

pub(super) static PLAIN: Operations = operations!("NEON", linear_plain);
pub(super) static DOT: Operations = operations!("NEON with sdot", linear_dot);

lanes::with_feature!("neon");
lanes::rest_with_feature!("neon");

#[target_feature(enable = "neon")]
fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
    lanes::quantize_rows(x, multiplier, to);
}

#[target_feature(enable = "neon")]
fn soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32 {
    lanes::soft_weights(scores, scale, to)
}

macro_rules! linear {
    ($feature:literal, $linear:ident, $tile:ident, $step:ident) => {
        /// See [`super::scalar::linear`].
        #[target_feature(enable = $feature)]
        fn $linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
            assert!(w.fits(a, n_rows, out), "the caller sized all");
            for panel in 0..w.n / PANEL {
                for (row, rows) in runs(n_rows, 4) {
                    match rows {
                        4 => $tile::<4>(a, row, w, panel, out),
                        3 => $tile::<3>(a, row, w, panel, out),
                        2 => $tile::<2>(a, row, w, panel, out),
                        _ => $tile::<1>(a, row, w, panel, out),
                    }
                }
            }
        }

        /// `ROWS` rows by one panel, in four vectors of four columns; sixteen inputs at a time.
        #[target_feature(enable = $feature)]
        #[inline]
        fn $tile<const ROWS: usize>(
            a: &Activations,
            row: usize,
            w: &Linear,
            panel: usize,
            out: &mut [f32],
        ) {
            let k = w.k;
            let a_rows = &a.values[row * k..(row + ROWS) * k];
            let w_panel = &w.packed[panel * PANEL * k..(panel + 1) * PANEL * k];
            let mut sum = [[vdupq_n_s32(0); 4]; ROWS];
            let mut at = 0;
            while at < k {
                let mut sixteen = [vdupq_n_s8(0); ROWS];
                for (r, sixteen) in sixteen.iter_mut().enumerate() {
                    // SAFETY: row r has k bytes, k is a multiple of 16, and at + 16 ≤ k.
                    *sixteen = unsafe { vld1q_s8(a_rows.as_ptr().add(r * k + at).cast()) };
                }
                // SAFETY: the panel has k·16 bytes, and each step reads 64 of the 256 from at·16.
                unsafe {
                    let from = w_panel.as_ptr().add(at * PANEL);
                    $step::<ROWS, 0>(&mut sum, &sixteen, from);
                    $step::<ROWS, 1>(&mut sum, &sixteen, from.add(64));
                    $step::<ROWS, 2>(&mut sum, &sixteen, from.add(128));
                    $step::<ROWS, 3>(&mut sum, &sixteen, from.add(192));
                }
                at += 16;
            }
            for (r, sum) in sum.iter().enumerate() {
                dequantize(*sum, a, row + r, w, panel, out);
            }
        }
    };
}

linear!("neon", linear_plain, tile_plain, step_plain);
linear!("neon,dotprod", linear_dot, tile_dot, step_dot);

/// Four inputs of `ROWS` rows by sixteen columns: products in 16 bits, which hold sums of two.
///
/// # Safety
/// 64 bytes from `weights` can be read.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn step_plain<const ROWS: usize, const STEP: i32>(
    sum: &mut [[int32x4_t; 4]; ROWS],
    rows: &[int8x16_t; ROWS],
    weights: *const i8,
) {
    for column in 0..4 {
        // SAFETY: the caller's promise.
        let weights = unsafe { vld1q_s8(weights.add(16 * column)) };
        for (sum, &row) in sum.iter_mut().zip(rows) {
            let four = vreinterpretq_s8_s32(vdupq_laneq_s32::<STEP>(vreinterpretq_s32_s8(row)));
            let low = vmull_s8(vget_low_s8(weights), vget_low_s8(four));
            let high = vmull_high_s8(weights, four);
            sum[column] = vpadalq_s16(sum[column], vpaddq_s16(low, high));
        }
    }
}

/// Four inputs of `ROWS` rows by sixteen columns.
///
/// # Safety
/// 64 bytes from `weights` can be read.
#[target_feature(enable = "neon,dotprod")]
#[inline]
unsafe fn step_dot<const ROWS: usize, const STEP: i32>(
    sum: &mut [[int32x4_t; 4]; ROWS],
    rows: &[int8x16_t; ROWS],
    weights: *const i8,
) {
    for column in 0..4 {
        // SAFETY: the caller's promise.
        let weights = unsafe { vld1q_s8(weights.add(16 * column)) };
        for (sum, &row) in sum.iter_mut().zip(rows) {
            // SAFETY: registers in, registers out; the intrinsic for it is not stable yet.
            unsafe {
                asm!(
                    "sdot {sum:v}.4s, {weights:v}.16b, {row:v}.4b[{step}]",
                    sum = inout(vreg) sum[column],
                    weights = in(vreg) weights,
                    row = in(vreg) row,
                    step = const STEP,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
        }
    }
}

/// Writes a tile's row as the layer's output.
#[target_feature(enable = "neon")]
#[inline]
fn dequantize(
    sum: [int32x4_t; 4],
    a: &Activations,
    row: usize,
    w: &Linear,
    panel: usize,
    out: &mut [f32],
) {
    let zero = vdupq_n_s32(a.zeros[row]);
    let scale = vdupq_n_f32(a.scales[row]);
    for (quarter, sum) in sum.into_iter().enumerate() {
        let column = panel * PANEL + 4 * quarter;
        let sums = &w.sums[column..column + 4];
        let scales = &w.scales[column..column + 4];
        let bias = &w.bias[column..column + 4];
        let to = &mut out[row * w.n + column..][..4];
        // SAFETY: each slice has the four values that one vector loads or stores.
        unsafe {
            let shift = vmulq_s32(zero, vld1q_s32(sums.as_ptr()));
            let value = vcvtq_f32_s32(vsubq_s32(sum, shift));
            let scale = vmulq_f32(scale, vld1q_f32(scales.as_ptr()));
            let value = vaddq_f32(vmulq_f32(value, scale), vld1q_f32(bias.as_ptr()));
            vst1q_f32(to.as_mut_ptr(), value);
        }
    }
}

/// See [`super::scalar::product_i16`].
#[target_feature(enable = "neon")]
fn product_i16(product: &Product16, c: &mut [i32]) {
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

/// `ROWS` rows by one panel.
#[target_feature(enable = "neon")]
#[inline]
fn tile_i16<const ROWS: usize>(product: &Product16, row: usize, panel: usize, c: &mut [i32]) {
    let &Product16 {
        a, lda, b, k, n, ..
    } = product;
    let a_rows = &a[row * lda..(row + ROWS - 1) * lda + k];
    let b_panel = &b[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[vdupq_n_s32(0); 4]; ROWS];
    let mut at = 0;
    while at < k {
        for half in 0..2 {
            // SAFETY: the panel has k·16 values, and at + 2 ≤ k, so each half of the 32 values from
            // at·16 lies in it.
            let both = unsafe { vld2q_s16(b_panel.as_ptr().add(at * PANEL + 16 * half)) };
            for (r, sum) in sum.iter_mut().enumerate() {
                let [low, high] = [2 * half, 2 * half + 1];
                for (step, columns) in [both.0, both.1].into_iter().enumerate() {
                    let x = a_rows[r * lda + at + step];
                    sum[low] = vmlal_n_s16(sum[low], vget_low_s16(columns), x);
                    sum[high] = vmlal_high_n_s16(sum[high], columns, x);
                }
            }
        }
        at += 2;
    }
    for (r, sum) in sum.iter().enumerate() {
        let to = &mut c[(row + r) * n + panel * PANEL..][..PANEL];
        for (quarter, &sum) in sum.iter().enumerate() {
            // SAFETY: `to` has the sixteen values that four vectors store.
            unsafe { vst1q_s32(to.as_mut_ptr().add(4 * quarter), sum) };
        }
    }
}

/// See [`super::scalar::dot_i16_i8`].
#[target_feature(enable = "neon")]
fn dot_i16_i8(query: &[i16], vector: &[i8]) -> i32 {
    let mut sum = vdupq_n_s32(0);
    let (q, v) = (query.as_chunks::<8>(), vector.as_chunks::<8>());
    for (q, v) in q.0.iter().zip(v.0) {
        // SAFETY: both chunks have the eight values that are loaded.
        let (q, v) = unsafe { (vld1q_s16(q.as_ptr()), vmovl_s8(vld1_s8(v.as_ptr()))) };
        sum = vmlal_s16(sum, vget_low_s16(q), vget_low_s16(v));
        sum = vmlal_high_s16(sum, q, v);
    }
    vaddvq_s32(sum) + super::scalar::dot_i16_i8(q.1, v.1)
}

/// See [`super::scalar::unlike_bits`].
#[target_feature(enable = "neon")]
fn unlike_bits(query: &[u64], codes: &[u64], to: &mut [u16]) {
    super::bits::unlike_bits(query, codes, to);
}
