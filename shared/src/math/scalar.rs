//! The judge: every operation as plainly as it can be written.
//!
//! These functions *define* the result. A faster kernel must give the same bits: integer sums are
//! exact in any order, and float sums follow the order written here (see [`sum8`]).

use super::approx;
use super::{Activations, Linear};

/// Sum in eight interleaved lanes, joined as a tree: the one order of every float reduction.
pub(crate) fn sum8(values: impl Iterator<Item = f32>) -> f32 {
    let mut lane = [0.0_f32; 8];
    for (i, value) in values.enumerate() {
        lane[i % 8] += value;
    }
    ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
}

/// Quantizes each row of `x · multiplier` to 7 bits, asymmetrically: see [`Activations`].
pub(crate) fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
    let k = multiplier.len();
    for (row, (x, q)) in x
        .chunks_exact(k)
        .zip(to.values.chunks_exact_mut(k))
        .enumerate()
    {
        let (mut low, mut high) = (0.0_f32, 0.0_f32);
        for (x, m) in x.iter().zip(multiplier) {
            low = low.min(x * m);
            high = high.max(x * m);
        }
        let range = high - low;
        let inverse = if range > 0.0 { 127.0 / range } else { 0.0 };
        let zero = (-low * inverse).round_ties_even();
        for ((x, m), q) in x.iter().zip(multiplier).zip(q) {
            *q = ((x * m * inverse).round_ties_even() + zero).clamp(0.0, 127.0) as u8;
        }
        to.scales[row] = range / 127.0;
        to.zeros[row] = zero as i32;
    }
}

/// `out[m, n] = a[m, k] · w[n, k]ᵀ + bias`, dequantized.
pub(crate) fn linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    for row in 0..n_rows {
        let a_row = &a.values[row * w.k..][..w.k];
        for column in 0..w.n {
            let mut sum = 0_i32;
            for (at, &a) in a_row.iter().enumerate() {
                sum += i32::from(a) * i32::from(w.weight(column, at));
            }
            sum -= a.zeros[row] * w.sums[column];
            out[row * w.n + column] =
                sum as f32 * (a.scales[row] * w.scales[column]) + w.bias[column];
        }
    }
}

/// `c[m, n] = a[m, k] · b[k, n]` in f32, each sum running over `k` in order.
/// Rows of `a`, `b` and `c` start `lda`, `ldb` and `ldc` apart; `n` is a multiple of 16.
#[expect(
    clippy::too_many_arguments,
    reason = "the shape of a matrix product, as in BLAS"
)]
pub(crate) fn matmul(
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
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0.0;
            for at in 0..k {
                sum += a[i * lda + at] * b[at * ldb + j];
            }
            c[i * ldc + j] = sum;
        }
    }
}

/// Softmax over a row, in place.
pub(crate) fn softmax(row: &mut [f32]) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in &mut *row {
        *value = approx::exp(*value - largest);
    }
    let inverse = 1.0 / sum8(row.iter().copied());
    for value in row {
        *value *= inverse;
    }
}

/// GELU of every value, in place.
pub(crate) fn gelu(values: &mut [f32]) {
    for value in values {
        *value = approx::gelu(*value);
    }
}

/// `x ← layer_norm(x + y)` for each row (Ba et al. 2016, arXiv:1607.06450); rows are as wide as `gamma`.
pub(crate) fn add_layer_norm(x: &mut [f32], y: &[f32], gamma: &[f32], beta: &[f32], eps: f32) {
    let dim = gamma.len();
    for (x, y) in x.chunks_exact_mut(dim).zip(y.chunks_exact(dim)) {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
        let mean = sum8(x.iter().copied()) / dim as f32;
        let variance = sum8(x.iter().map(|x| (x - mean) * (x - mean))) / dim as f32;
        let inverse = 1.0 / (variance + eps).sqrt();
        for ((x, g), b) in x.iter_mut().zip(gamma).zip(beta) {
            *x = (*x - mean) * inverse * g + b;
        }
    }
}

/// Exact dot product of a 16-bit query and an 8-bit vector of equal length, at most 512 wide.
pub(crate) fn dot_i16_i8(query: &[i16], vector: &[i8]) -> i32 {
    query
        .iter()
        .zip(vector)
        .map(|(&q, &v)| i32::from(q) * i32::from(v))
        .sum()
}

/// Dot product in f32.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum8(a.iter().zip(b).map(|(a, b)| a * b))
}
