//! The float operations in eight explicit lanes: bodies that the vector kernels compile with
//! their own target features. No operation is reordered or fused, so they give the judge's bits.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the target features of the kernel it is inlined into"
)]

use super::Activations;
use super::approx::{self, ROUND};

const LANES: usize = 8;

#[inline(always)]
fn join(lane: [f32; LANES]) -> f32 {
    ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
}

/// The judge's `sum8` over `f(x)`.
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

/// One tile of `c`, `ROWS` × 16.
#[inline(always)]
fn tile<const ROWS: usize>(
    a: &[f32],
    lda: usize,
    b: &[f32],
    ldb: usize,
    c: &mut [f32],
    ldc: usize,
    k: usize,
) {
    let mut sum = [[0.0_f32; 16]; ROWS];
    for at in 0..k {
        let b: &[f32; 16] = b[at * ldb..][..16].try_into().expect("16 columns");
        for (row, sum) in sum.iter_mut().enumerate() {
            let a = a[row * lda + at];
            for i in 0..16 {
                sum[i] += a * b[i];
            }
        }
    }
    for (row, sum) in sum.iter().enumerate() {
        c[row * ldc..][..16].copy_from_slice(sum);
    }
}

#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "the shape of a matrix product, as in BLAS"
)]
pub(super) fn matmul(
    a: &[f32],
    lda: usize,
    b: &[f32],
    ldb: usize,
    c: &mut [f32],
    ldc: usize,
    m: usize,
    k: usize,
    n: usize,
) {
    for j in (0..n).step_by(16) {
        let mut i = 0;
        while i + 4 <= m {
            tile::<4>(
                &a[i * lda..],
                lda,
                &b[j..],
                ldb,
                &mut c[i * ldc + j..],
                ldc,
                k,
            );
            i += 4;
        }
        while i < m {
            tile::<1>(
                &a[i * lda..],
                lda,
                &b[j..],
                ldb,
                &mut c[i * ldc + j..],
                ldc,
                k,
            );
            i += 1;
        }
    }
}

#[inline(always)]
pub(super) fn softmax(row: &mut [f32]) {
    let mut largest = [f32::NEG_INFINITY; LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for i in 0..LANES {
            largest[i] = if chunk[i] > largest[i] {
                chunk[i]
            } else {
                largest[i]
            };
        }
    }
    let tail = chunks
        .remainder()
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    let largest = largest.into_iter().fold(tail, f32::max);
    let mut chunks = row.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for value in chunk {
            *value = approx::exp(*value - largest);
        }
    }
    for value in chunks.into_remainder() {
        *value = approx::exp(*value - largest);
    }
    let inverse = 1.0 / sum8(row, |value| value);
    for value in row {
        *value *= inverse;
    }
}

#[inline(always)]
pub(super) fn gelu(values: &mut [f32]) {
    for value in values {
        *value = approx::gelu(*value);
    }
}

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
