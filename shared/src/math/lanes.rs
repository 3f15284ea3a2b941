//! The float operations in eight explicit lanes: bodies that the vector kernels compile with
//! their own target features. No operation is reordered or fused, so they give the judge's bits.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the target features of the kernel it is inlined into"
)]

#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
use super::Activations;
use super::PANEL;
#[cfg(not(target_arch = "wasm32"))]
use super::{
    GROUP_LIMIT,
    approx::{self, ROUND, SMALLEST},
};

const LANES: usize = 8;

#[inline(always)]
fn join(lane: [f32; LANES]) -> f32 {
    ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
}

/// The judge's `sum8` over `f(x)`.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
fn sum8(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lane = [0.0_f32; LANES];
    let mut chunks = values.chunks_exact(LANES);
    for chunk in &mut chunks {
        for i in 0..LANES {
            lane[i] += f(chunk[i]);
        }
    }
    for (lane, &value) in lane.iter_mut().zip(chunks.remainder()) {
        *lane += f(value);
    }
    join(lane)
}

// By hand in `simd128` and `avx2`.
#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
#[inline(always)]
pub(super) fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
    let k = multiplier.len();
    for (row, (x, q)) in x
        .chunks_exact(k)
        .zip(to.values.chunks_exact_mut(k))
        .enumerate()
    {
        let (mut low, mut high) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for (x, m) in x.chunks_exact(LANES).zip(multiplier.chunks_exact(LANES)) {
            for i in 0..LANES {
                let y = x[i] * m[i];
                low[i] = if y < low[i] { y } else { low[i] };
                high[i] = if y > high[i] { y } else { high[i] };
            }
        }
        let low = low.into_iter().fold(0.0, f32::min);
        let high = high.into_iter().fold(0.0, f32::max);
        let range = high - low;
        let inverse = if range > 0.0 { 127.0 / range } else { 0.0 };
        let zero = -low * inverse + ROUND - ROUND;
        for ((x, m), q) in x
            .chunks_exact(LANES)
            .zip(multiplier.chunks_exact(LANES))
            .zip(q.chunks_exact_mut(LANES))
        {
            for i in 0..LANES {
                let y = x[i] * m[i] * inverse + ROUND - ROUND + zero;
                let y = if y < 0.0 { 0.0 } else { y };
                let y = if y > 127.0 { 127.0 } else { y };
                // Adding 2²³ leaves the integer in the low bits: a conversion that every target vectorizes.
                q[i] = (y + 8_388_608.0).to_bits() as u8;
            }
        }
        to.scales[row] = range / 127.0;
        to.zeros[row] = zero as i32;
    }
}

// By hand in `simd128`.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn row_sums(packed: &[i8], k: usize, to: &mut [i32]) -> bool {
    // The panel's bytes: 16 columns of 4 inputs; its 32 pairs are what 16-bit sums are made of.
    const PAIRS: usize = 2 * PANEL;
    let mut worst = [0_i16; PAIRS];
    for (panel, to) in packed
        .chunks_exact(PANEL * k)
        .zip(to.chunks_exact_mut(PANEL))
    {
        let mut sums = [0_i32; PAIRS];
        for eight in panel.as_chunks::<{ 4 * PAIRS }>().0 {
            let (first, second) = eight.split_at(2 * PAIRS);
            for i in 0..PAIRS {
                let four = [
                    first[2 * i],
                    first[2 * i + 1],
                    second[2 * i],
                    second[2 * i + 1],
                ];
                let four = four.map(i16::from);
                let up = four[0].max(0) + four[1].max(0) + four[2].max(0) + four[3].max(0);
                let all = four[0] + four[1] + four[2] + four[3];
                sums[i] += i32::from(all);
                worst[i] = worst[i].max(up.max(up - all));
            }
        }
        for (to, pair) in to.iter_mut().zip(sums.as_chunks::<2>().0) {
            *to = pair[0] + pair[1];
        }
    }
    worst
        .into_iter()
        .all(|worst| i32::from(worst) <= GROUP_LIMIT)
}

// By hand in `simd128`.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn to_i16(x: &[f32], stride: usize, width: usize, limit: i32, to: &mut [i16]) -> f32 {
    let mut largest = [0.0_f32; LANES];
    for (row, _) in x.chunks(stride).zip(0..to.len() / width) {
        for chunk in row[..width].chunks_exact(LANES) {
            for i in 0..LANES {
                let y = if chunk[i] < 0.0 { -chunk[i] } else { chunk[i] };
                largest[i] = if y > largest[i] { y } else { largest[i] };
            }
        }
    }
    let largest = largest.into_iter().fold(0.0, f32::max);
    let inverse = if largest > SMALLEST {
        limit as f32 / largest
    } else {
        0.0
    };
    for (row, to) in x.chunks(stride).zip(to.chunks_exact_mut(width)) {
        for (to, x) in to.chunks_exact_mut(LANES).zip(row.chunks_exact(LANES)) {
            for i in 0..LANES {
                // The rounded number stands in the low bits.
                to[i] = (x[i] * inverse + ROUND).to_bits() as i16;
            }
        }
    }
    largest / limit as f32
}

// By hand in `simd128` and `avx2`.
#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
#[inline(always)]
pub(super) fn soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32 {
    let mut largest = [i32::MIN; LANES];
    let mut chunks = scores.chunks_exact(LANES);
    for chunk in &mut chunks {
        for i in 0..LANES {
            largest[i] = if chunk[i] > largest[i] {
                chunk[i]
            } else {
                largest[i]
            };
        }
    }
    let both = largest.iter().chain(chunks.remainder());
    let largest = both.copied().max().unwrap_or(0);
    let (weights, rest) = to.split_at_mut(scores.len());
    rest.fill(0);
    let mut sum = [0_i32; LANES];
    let (mut scores, mut weights) = (scores.chunks_exact(LANES), weights.chunks_exact_mut(LANES));
    for (scores, weights) in (&mut scores).zip(&mut weights) {
        for i in 0..LANES {
            weights[i] = approx::soft_weight((scores[i] - largest) as f32 * scale);
            sum[i] += i32::from(weights[i]);
        }
    }
    for ((sum, &score), weight) in (sum.iter_mut())
        .zip(scores.remainder())
        .zip(weights.into_remainder())
    {
        *weight = approx::soft_weight((score - largest) as f32 * scale);
        *sum += i32::from(*weight);
    }
    sum.into_iter().sum()
}

// By hand in `simd128`.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn gelu(values: &mut [f32]) {
    for value in values {
        *value = approx::gelu(*value);
    }
}

// By hand in `simd128`.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn add_layer_norm(x: &mut [f32], y: &[f32], gamma: &[f32], beta: &[f32], eps: f32) {
    let dim = gamma.len();
    for (x, y) in x.chunks_exact_mut(dim).zip(y.chunks_exact(dim)) {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
        let mean = sum8(x, |x| x) / dim as f32;
        let variance = sum8(x, |x| (x - mean) * (x - mean)) / dim as f32;
        let inverse = 1.0 / (variance + eps).sqrt();
        for ((x, g), b) in x.iter_mut().zip(gamma).zip(beta) {
            *x = (*x - mean) * inverse * g + b;
        }
    }
}

#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lane = [0.0_f32; LANES];
    let (mut a, mut b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (a, b) in (&mut a).zip(&mut b) {
        for i in 0..LANES {
            lane[i] += a[i] * b[i];
        }
    }
    for ((lane, a), b) in lane.iter_mut().zip(a.remainder()).zip(b.remainder()) {
        *lane += a * b;
    }
    join(lane)
}

#[inline(always)]
pub(super) fn scale(sums: &[i32], factor: f32, to: &mut [f32]) {
    for (to, &sum) in to.iter_mut().zip(sums) {
        *to = sum as f32 * factor;
    }
}

/// Lays out `rows[n, width]` as the right side of `queries · rowsᵀ`:
/// `[n / 16, rounded up][width / 2][16 rows][2 of width]`.
#[inline(always)]
pub(super) fn pack_keys(rows: &[i16], width: usize, to: &mut [i16]) {
    let to = to.as_chunks_mut::<2>().0;
    for (at, row) in rows.chunks_exact(width).enumerate() {
        let panel = &mut to[at / PANEL * PANEL * width / 2..][..PANEL * width / 2];
        let places = panel.iter_mut().skip(at % PANEL).step_by(PANEL);
        for (place, &pair) in places.zip(row.as_chunks::<2>().0) {
            *place = pair;
        }
    }
}

/// Lays out `rows[n, width]` as the right side of `weights · rows`:
/// `[width / 16][n / 2, rounded up][16 of width][2 rows]`.
#[inline(always)]
pub(super) fn pack_values(rows: &[i16], width: usize, to: &mut [i16]) {
    let n_pairs = (rows.len() / width).div_ceil(2);
    for (pair, rows) in rows.chunks(2 * width).enumerate() {
        let (first, second) = rows.split_at(width);
        for at in 0..width / PANEL {
            let to = &mut to[(at * n_pairs + pair) * 2 * PANEL..][..2 * PANEL];
            let first = &first[at * PANEL..][..PANEL];
            if second.is_empty() {
                for (to, &x) in to.as_chunks_mut::<2>().0.iter_mut().zip(first) {
                    *to = [x, 0];
                }
            } else {
                let second = &second[at * PANEL..][..PANEL];
                for ((to, &x), &y) in to.as_chunks_mut::<2>().0.iter_mut().zip(first).zip(second) {
                    *to = [x, y];
                }
            }
        }
    }
}

/// Compiles every body of this module with the named target feature.
macro_rules! with_feature {
    ($feature:literal) => {
        #[target_feature(enable = $feature)]
        pub(super) fn pack_keys(rows: &[i16], width: usize, to: &mut [i16]) {
            lanes::pack_keys(rows, width, to);
        }
        #[target_feature(enable = $feature)]
        pub(super) fn pack_values(rows: &[i16], width: usize, to: &mut [i16]) {
            lanes::pack_values(rows, width, to);
        }
        #[target_feature(enable = $feature)]
        pub(super) fn scale(sums: &[i32], factor: f32, to: &mut [f32]) {
            lanes::scale(sums, factor, to);
        }
        #[target_feature(enable = $feature)]
        pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
            lanes::dot(a, b)
        }
    };
}
pub(super) use with_feature;

/// The same for the bodies that `simd128` has by hand.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! rest_with_feature {
    ($feature:literal) => {
        #[target_feature(enable = $feature)]
        pub(super) fn row_sums(packed: &[i8], k: usize, to: &mut [i32]) -> bool {
            lanes::row_sums(packed, k, to)
        }
        #[target_feature(enable = $feature)]
        pub(super) fn to_i16(
            x: &[f32],
            stride: usize,
            width: usize,
            limit: i32,
            to: &mut [i16],
        ) -> f32 {
            lanes::to_i16(x, stride, width, limit, to)
        }
        #[target_feature(enable = $feature)]
        pub(super) fn gelu(values: &mut [f32]) {
            lanes::gelu(values);
        }
        #[target_feature(enable = $feature)]
        pub(super) fn add_layer_norm(
            x: &mut [f32],
            y: &[f32],
            gamma: &[f32],
            beta: &[f32],
            eps: f32,
        ) {
            lanes::add_layer_norm(x, y, gamma, beta, eps);
        }
    };
}
#[cfg(not(target_arch = "wasm32"))]
pub(super) use rest_with_feature;
