//! Rounding, softmax, GELU and layer normalization.
//!
//! Least and largest values are found by comparing floats as whole numbers, which is one instruction
//! everywhere: the order is the same, but for signs, and those are said where they matter.

#![expect(unsafe_code, reason = "vector stores go through pointers")]

#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::wasm32::*;

use super::{load, load_i32};
use crate::math::approx::{self, ROUND, SMALLEST};
use crate::math::{Activations, span};

/// The same in every lane, as a value that compilers do not see through: engines make a constant
/// anew, in three instructions, wherever it is used in a loop.
#[target_feature(enable = "simd128")]
#[inline]
pub(in crate::math) fn held(value: f32) -> v128 {
    std::hint::black_box(f32x4_splat(value))
}

/// See [`crate::math::scalar::quantize_rows`]; where there is room for them, the values in 16 bits
/// too, which every tile of `linear` would widen anew.
#[target_feature(enable = "simd128")]
pub(in crate::math) fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
    let k = multiplier.len();
    assert!(k.is_multiple_of(16), "kernels take whole vectors");
    let (round, zeros) = (held(ROUND), held(0.0));
    let most = std::hint::black_box(i16x8_splat(127));
    for (row, (x, q)) in x
        .chunks_exact(k)
        .zip(to.values.chunks_exact_mut(k))
        .enumerate()
    {
        // Of unsigned numbers the largest is the least float, if one is negative; of signed ones
        // it is the largest float, if one is positive.
        let (mut low, mut high) = (zeros, zeros);
        let (x, m) = (x.as_chunks().0, multiplier.as_chunks().0);
        for (x, m) in x.iter().zip(m) {
            let y = f32x4_mul(load(x), load(m));
            low = u32x4_max(low, y);
            high = i32x4_max(high, y);
        }
        let low = f32::from_bits(lanes(low).into_iter().fold(0, u32::max)).min(0.0);
        let high = f32::from_bits(largest(high) as u32);
        let (inverse, shift);
        (inverse, to.scales[row], to.zeros[row], shift) = span(low, high);
        let shift = i32x4_splat(shift);
        let inverse = f32x4_splat(inverse);
        let mut wide = (to.wide.get_mut(row * k..(row + 1) * k))
            .unwrap_or_default()
            .chunks_exact_mut(16);
        for ((x, m), q) in x
            .chunks_exact(4)
            .zip(m.chunks_exact(4))
            .zip(q.chunks_exact_mut(16))
        {
            let mut q4 = [zeros; 4];
            for (q4, (x, m)) in q4.iter_mut().zip(x.iter().zip(m)) {
                let y = f32x4_mul(f32x4_mul(load(x), load(m)), inverse);
                *q4 = i32x4_sub(f32x4_add(y, round), shift);
            }
            let low = i16x8_narrow_i32x4(q4[0], q4[1]);
            let high = i16x8_narrow_i32x4(q4[2], q4[3]);
            let low = i16x8_max(i16x8_min(low, most), zeros);
            let high = i16x8_max(i16x8_min(high, most), zeros);
            let bytes = i8x16_narrow_i16x8(low, high);
            // SAFETY: both chunks have the sixteen values that are stored.
            unsafe {
                v128_store(q.as_mut_ptr().cast(), bytes);
                if let Some(wide) = wide.next() {
                    let to: *mut v128 = wide.as_mut_ptr().cast();
                    v128_store(to, low);
                    v128_store(to.add(1), high);
                }
            }
        }
    }
}

#[target_feature(enable = "simd128")]
#[inline]
fn lanes(of: v128) -> [u32; 4] {
    [
        u32x4_extract_lane::<0>(of),
        u32x4_extract_lane::<1>(of),
        u32x4_extract_lane::<2>(of),
        u32x4_extract_lane::<3>(of),
    ]
}

/// The largest of four signed numbers.
#[target_feature(enable = "simd128")]
#[inline]
fn largest(of: v128) -> i32 {
    let of = lanes(of).map(|lane| lane as i32);
    of[0].max(of[1]).max(of[2].max(of[3]))
}

/// See [`crate::math::scalar::to_i16`].
#[target_feature(enable = "simd128")]
pub(in crate::math) fn to_i16(
    x: &[f32],
    stride: usize,
    width: usize,
    limit: i32,
    to: &mut [i16],
) -> f32 {
    assert!(width.is_multiple_of(8), "kernels take whole vectors");
    let round = held(ROUND);
    let mut most = i32x4_splat(0);
    for (row, _) in x.chunks(stride).zip(0..to.len() / width) {
        for four in row[..width].as_chunks().0 {
            most = i32x4_max(most, f32x4_abs(load(four)));
        }
    }
    let largest = f32::from_bits(largest(most) as u32);
    let inverse = if largest > SMALLEST {
        limit as f32 / largest
    } else {
        0.0
    };
    let factor = f32x4_splat(inverse);
    for (row, to) in x.chunks(stride).zip(to.chunks_exact_mut(width)) {
        let fours = row[..width].as_chunks().0.chunks_exact(2);
        for (to, fours) in to.chunks_exact_mut(8).zip(fours) {
            let low = whole(f32x4_mul(load(&fours[0]), factor), round);
            let high = whole(f32x4_mul(load(&fours[1]), factor), round);
            // SAFETY: the chunk has the eight values that are stored.
            unsafe { v128_store(to.as_mut_ptr().cast(), i16x8_narrow_i32x4(low, high)) };
        }
    }
    largest / limit as f32
}

/// The nearest whole numbers: they stand in the low bits of a sum with `round`, 1.5 · 2²³.
#[target_feature(enable = "simd128")]
#[inline]
fn whole(values: v128, round: v128) -> v128 {
    i32x4_sub(f32x4_add(values, round), round)
}

/// See [`crate::math::scalar::soft_weights`].
#[target_feature(enable = "simd128")]
pub(in crate::math) fn soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32 {
    let (eights, rest) = scores.as_chunks();
    let mut most = i32x4_splat(i32::MIN);
    for eight in eights {
        let [low, high] = load_i32(eight);
        most = i32x4_max(most, i32x4_max(low, high));
    }
    let largest = rest
        .iter()
        .fold(largest(most), |most, &score| most.max(score));

    let (weights, padding) = to.split_at_mut(scores.len());
    padding.fill(0);
    let powers = Powers::held(largest, scale);
    let mut sum = i32x4_splat(0);
    let (to, weights) = weights.as_chunks_mut::<8>();
    for (eight, to) in eights.iter().zip(to) {
        let [low, high] = load_i32(eight);
        let (low, high) = (powers.of(low), powers.of(high));
        sum = i32x4_add(sum, i32x4_add(low, high));
        // SAFETY: the chunk has the eight weights that are stored.
        unsafe { v128_store(to.as_mut_ptr().cast(), i16x8_narrow_i32x4(low, high)) };
    }
    let mut total: i32 = lanes(sum).into_iter().map(|lane| lane as i32).sum();
    for (&score, weight) in rest.iter().zip(weights) {
        *weight = approx::soft_weight((score - largest) as f32 * scale);
        total += i32::from(*weight);
    }
    total
}

/// What softmax weights are made with.
struct Powers {
    most: v128,
    factor: v128,
    end: v128,
    round: v128,
    coefficients: [v128; approx::SOFT.len()],
}

impl Powers {
    #[target_feature(enable = "simd128")]
    #[inline]
    fn held(largest: i32, scale: f32) -> Self {
        let [a, b, c, d, e] = approx::SOFT;
        Self {
            most: i32x4_splat(largest),
            factor: f32x4_splat(scale),
            end: held(approx::SOFT_END),
            round: held(ROUND),
            coefficients: [held(a), held(b), held(c), held(d), held(e)],
        }
    }

    /// Four of [`approx::soft_weight`], in 32 bits.
    #[target_feature(enable = "simd128")]
    #[inline]
    fn of(&self, scores: v128) -> v128 {
        let t = f32x4_mul(
            f32x4_convert_i32x4(i32x4_sub(scores, self.most)),
            self.factor,
        );
        // Both are at most zero: the unsigned number is the larger, the lower the float.
        let t = u32x4_min(t, self.end);
        let shifted = f32x4_add(t, self.round);
        let f = f32x4_sub(t, f32x4_sub(shifted, self.round));
        let mut p = self.coefficients[0];
        for &coefficient in &self.coefficients[1..] {
            p = f32x4_add(f32x4_mul(p, f), coefficient);
        }
        whole(i32x4_add(p, i32x4_shl(shifted, 23)), self.round)
    }
}

/// See [`crate::math::scalar::gelu`].
#[target_feature(enable = "simd128")]
pub(in crate::math) fn gelu(values: &mut [f32]) {
    let (end, half) = (held(approx::GELU_END), held(0.5));
    let mut coefficients = [half; approx::GELU.len()];
    for (to, &coefficient) in coefficients.iter_mut().zip(&approx::GELU) {
        *to = held(coefficient);
    }
    let (fours, rest) = values.as_chunks_mut();
    for four in fours {
        let x = load(four);
        let size = f32x4_abs(x);
        let z = i32x4_min(size, end);
        let u = f32x4_mul(z, z);
        let mut p = coefficients[0];
        for &coefficient in &coefficients[1..] {
            p = f32x4_add(f32x4_mul(p, u), coefficient);
        }
        let line = f32x4_mul(half, f32x4_add(x, f32x4_sub(size, z)));
        // SAFETY: there are four values.
        unsafe { v128_store(four.as_mut_ptr().cast(), f32x4_add(line, f32x4_mul(p, u))) };
    }
    for value in rest {
        *value = approx::gelu(*value);
    }
}

/// See [`crate::math::scalar::add_layer_norm`].
#[target_feature(enable = "simd128")]
pub(in crate::math) fn add_layer_norm(
    x: &mut [f32],
    y: &[f32],
    gamma: &[f32],
    beta: &[f32],
    eps: f32,
) {
    let dim = gamma.len();
    assert!(
        dim.is_multiple_of(8) && beta.len() == dim,
        "kernels take whole vectors"
    );
    let (gamma, beta) = (gamma.as_chunks().0, beta.as_chunks().0);
    for (x, y) in x.chunks_exact_mut(dim).zip(y.chunks_exact(dim)) {
        // Fours by twos, for the eight lanes of the judge's sums.
        let x = x.as_chunks_mut::<4>().0;
        let (pairs, y) = (x.as_chunks_mut::<2>().0, y.as_chunks::<4>().0);
        let mut sum = [f32x4_splat(0.0); 2];
        for (x, y) in pairs.iter_mut().zip(y.as_chunks::<2>().0) {
            for ((x, y), sum) in x.iter_mut().zip(y).zip(&mut sum) {
                let both = f32x4_add(load(x), load(y));
                store(both, x);
                *sum = f32x4_add(*sum, both);
            }
        }
        let mean = f32x4_splat(join(sum) / dim as f32);
        let mut sum = [f32x4_splat(0.0); 2];
        for x in &*pairs {
            for (x, sum) in x.iter().zip(&mut sum) {
                let from_mean = f32x4_sub(load(x), mean);
                *sum = f32x4_add(*sum, f32x4_mul(from_mean, from_mean));
            }
        }
        let variance = join(sum) / dim as f32;
        let inverse = f32x4_splat(1.0 / (variance + eps).sqrt());
        for ((x, gamma), beta) in x.iter_mut().zip(gamma).zip(beta) {
            let even = f32x4_mul(f32x4_sub(load(x), mean), inverse);
            store(f32x4_add(f32x4_mul(even, load(gamma)), load(beta)), x);
        }
    }
}

#[target_feature(enable = "simd128")]
#[inline]
fn store(values: v128, to: &mut [f32; 4]) {
    // SAFETY: there are four values.
    unsafe { v128_store(to.as_mut_ptr().cast(), values) };
}

/// As the judge joins its eight lanes.
#[target_feature(enable = "simd128")]
#[inline]
fn join(sum: [v128; 2]) -> f32 {
    let [a, b, c, d] = lanes(f32x4_add(sum[0], sum[1])).map(f32::from_bits);
    (a + c) + (b + d)
}
