//! Rounding and softmax, which compilers vectorize badly. Floats are compared as whole numbers, which
//! is one instruction: the order is the same, but for signs, and those are said where they matter.

#![expect(unsafe_code, reason = "vector loads and stores go through pointers")]

#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::x86_64::*;

use crate::math::approx::{self, ROUND};
use crate::math::{Activations, span};

#[target_feature(enable = "avx2")]
#[inline]
fn load(eight: &[f32; 8]) -> __m256 {
    // SAFETY: there are eight values.
    unsafe { _mm256_loadu_ps(eight.as_ptr()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_i32(eight: &[i32; 8]) -> __m256i {
    // SAFETY: there are eight values.
    unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn lanes(of: __m256i) -> [u32; 8] {
    let mut to = [0; 8];
    // SAFETY: there is room for eight values.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), of) };
    to
}

/// See [`crate::math::scalar::quantize_rows`].
#[target_feature(enable = "avx2")]
pub(in crate::math) fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
    let k = multiplier.len();
    assert!(k.is_multiple_of(16), "kernels take whole vectors");
    let (zeros, most) = (_mm256_setzero_si256(), _mm256_set1_epi16(127));
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
            let y = _mm256_castps_si256(_mm256_mul_ps(load(x), load(m)));
            low = _mm256_max_epu32(low, y);
            high = _mm256_max_epi32(high, y);
        }
        let low = f32::from_bits(lanes(low).into_iter().fold(0, u32::max)).min(0.0);
        let high = f32::from_bits(lanes(high).into_iter().fold(0, u32::max));
        let (inverse, shift);
        (inverse, to.scales[row], to.zeros[row], shift) = span(low, high);
        let shift = _mm256_set1_epi32(shift);
        let (inverse, round) = (_mm256_set1_ps(inverse), _mm256_set1_ps(ROUND));
        let pairs = x.as_chunks::<2>().0.iter().zip(m.as_chunks::<2>().0);
        for ((x, m), q) in pairs.zip(q.as_chunks_mut::<16>().0) {
            let mut whole = [zeros; 2];
            for (whole, (x, m)) in whole.iter_mut().zip(x.iter().zip(m)) {
                let y = _mm256_mul_ps(_mm256_mul_ps(load(x), load(m)), inverse);
                let y = _mm256_castps_si256(_mm256_add_ps(y, round));
                *whole = _mm256_sub_epi32(y, shift);
            }
            // Packing goes by halves of the vectors: the order has to be made good.
            let words =
                _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(whole[0], whole[1]));
            let words = _mm256_min_epi16(words, most);
            let bytes = _mm_packus_epi16(
                _mm256_castsi256_si128(words),
                _mm256_extracti128_si256::<1>(words),
            );
            // SAFETY: there are sixteen values.
            unsafe { _mm_storeu_si128(q.as_mut_ptr().cast(), bytes) };
        }
    }
}

/// See [`crate::math::scalar::soft_weights`].
#[target_feature(enable = "avx2")]
pub(in crate::math) fn soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32 {
    let (eights, rest) = scores.as_chunks();
    let mut most = _mm256_set1_epi32(i32::MIN);
    for eight in eights {
        most = _mm256_max_epi32(most, load_i32(eight));
    }
    let most = lanes(most).into_iter().map(|lane| lane as i32);
    let largest = most.chain(rest.iter().copied()).max().unwrap_or(0);

    let (weights, padding) = to.split_at_mut(scores.len());
    padding.fill(0);
    let (most, factor) = (_mm256_set1_epi32(largest), _mm256_set1_ps(scale));
    let mut sum = _mm256_setzero_si256();
    let (to, weights) = weights.as_chunks_mut::<8>();
    for (eight, to) in eights.iter().zip(to) {
        let below = _mm256_cvtepi32_ps(_mm256_sub_epi32(load_i32(eight), most));
        let weights = soft_weight(_mm256_mul_ps(below, factor));
        sum = _mm256_add_epi32(sum, weights);
        let words = _mm_packs_epi32(
            _mm256_castsi256_si128(weights),
            _mm256_extracti128_si256::<1>(weights),
        );
        // SAFETY: there are eight values.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), words) };
    }
    let mut total: i32 = lanes(sum).into_iter().map(|lane| lane as i32).sum();
    for (&score, weight) in rest.iter().zip(weights) {
        *weight = approx::soft_weight((score - largest) as f32 * scale);
        total += i32::from(*weight);
    }
    total
}

/// Eight of [`approx::soft_weight`], in 32 bits.
#[target_feature(enable = "avx2")]
#[inline]
fn soft_weight(t: __m256) -> __m256i {
    let round = _mm256_set1_ps(ROUND);
    // Both are at most zero: the unsigned number is the larger, the lower the float.
    let end = _mm256_castps_si256(_mm256_set1_ps(approx::SOFT_END));
    let t = _mm256_castsi256_ps(_mm256_min_epu32(_mm256_castps_si256(t), end));
    let shifted = _mm256_add_ps(t, round);
    let f = _mm256_sub_ps(t, _mm256_sub_ps(shifted, round));
    let mut p = _mm256_set1_ps(approx::SOFT[0]);
    for &coefficient in &approx::SOFT[1..] {
        p = _mm256_add_ps(_mm256_mul_ps(p, f), _mm256_set1_ps(coefficient));
    }
    let power = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
    let y = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
    let y = _mm256_castps_si256(_mm256_add_ps(y, round));
    _mm256_sub_epi32(y, _mm256_castps_si256(round))
}
