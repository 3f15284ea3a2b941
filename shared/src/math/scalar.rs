//! The judge: every operation as plainly as it can be written.
//!
//! These functions *define* the result. A faster kernel must give the same bits: integer sums are
//! exact in any order, and float sums follow the order written here (see [`sum8`]).

use super::kernel::Operations;
use super::pack::{GROUP_LIMIT, packed_at};
use super::{Activations, Linear, PANEL, Product16, approx};

pub(super) static OPERATIONS: Operations = Operations {
    name: "scalar",
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

/// Sum in eight interleaved lanes, joined as a tree: the one order of every float reduction.
fn sum8(values: impl Iterator<Item = f32>) -> f32 {
    let mut lane = [0.0_f32; 8];
    for (i, value) in values.enumerate() {
        lane[i % 8] += value;
    }
    ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
}

/// Quantizes each row of `x · multiplier` to 7 bits, asymmetrically: see [`Activations`].
pub(super) fn quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations) {
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
pub(super) fn linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    for row in 0..n_rows {
        let a_row = &a.values[row * w.k..][..w.k];
        for column in 0..w.n {
            let mut sum = 0_i32;
            for (at, &a) in a_row.iter().enumerate() {
                sum += i32::from(a) * i32::from(w.packed[packed_at(w.k, column, at)]);
            }
            sum -= a.zeros[row] * w.sums[column];
            out[row * w.n + column] =
                sum as f32 * (a.scales[row] * w.scales[column]) + w.bias[column];
        }
    }
}

/// Sums the weights of each of a packed matrix' `n` rows into `to`; whether every group keeps to
/// [`GROUP_LIMIT`].
pub(super) fn row_sums(packed: &[i8], k: usize, to: &mut [i32]) -> bool {
    let mut fits = true;
    for (column, sum) in to.iter_mut().enumerate() {
        *sum = 0;
        for start in (0..k).step_by(8) {
            for lane in [[0, 1, 4, 5], [2, 3, 6, 7]] {
                let weights = lane.map(|at| i32::from(packed[packed_at(k, column, start + at)]));
                *sum += weights.iter().sum::<i32>();
                let up: i32 = weights.iter().map(|&w| w.max(0)).sum();
                let down: i32 = weights.iter().map(|&w| (-w).max(0)).sum();
                fits &= up.max(down) <= GROUP_LIMIT;
            }
        }
    }
    fits
}

/// Rounds rows of `width` floats, `stride` apart, to whole steps of at most `limit` (under 2¹⁵), as
/// many as `to` has room for; the size of a step, one for all of them.
pub(super) fn to_i16(x: &[f32], stride: usize, width: usize, limit: i32, to: &mut [i16]) -> f32 {
    let rows = || x.chunks(stride).zip(0..to.len() / width);
    let values = rows().flat_map(|(row, _)| &row[..width]);
    let largest = values.fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let inverse = if largest > approx::SMALLEST {
        limit as f32 / largest
    } else {
        0.0
    };
    for (row, to) in x.chunks(stride).zip(to.chunks_exact_mut(width)) {
        for (to, x) in to.iter_mut().zip(row) {
            *to = (x * inverse).round_ties_even() as i16;
        }
    }
    largest / limit as f32
}

/// Lays out `rows[n, width]` as the right side of `queries · rowsᵀ`:
/// `[n / 16, rounded up][width / 2][16 rows][2 of width]`. Rows beyond the last stay as they are.
pub(super) fn pack_keys(rows: &[i16], width: usize, to: &mut [i16]) {
    for (at, &x) in rows.iter().enumerate() {
        let (row, i) = (at / width, at % width);
        to[(row / PANEL * width + i / 2 * 2) * PANEL + row % PANEL * 2 + i % 2] = x;
    }
}

/// Lays out `rows[n, width]` as the right side of `weights · rows`:
/// `[width / 16][n / 2, rounded up][16 of width][2 rows]`; a row that is missing is zero.
pub(super) fn pack_values(rows: &[i16], width: usize, to: &mut [i16]) {
    let n = rows.len() / width;
    let even = n.next_multiple_of(2);
    for row in 0..even {
        for i in 0..width {
            let x = if row < n { rows[row * width + i] } else { 0 };
            to[(i / PANEL * even + row / 2 * 2) * PANEL + i % PANEL * 2 + row % 2] = x;
        }
    }
}

/// Sums as floats, times `factor`.
pub(super) fn scale(sums: &[i32], factor: f32, to: &mut [f32]) {
    for (to, &sum) in to.iter_mut().zip(sums) {
        *to = sum as f32 * factor;
    }
}

/// See [`Product16`].
pub(super) fn product_i16(product: &Product16, c: &mut [i32]) {
    let &Product16 { a, lda, b, m, k, n } = product;
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0_i32;
            for at in 0..k {
                let b = b[(j / PANEL * k + at / 2 * 2) * PANEL + j % PANEL * 2 + at % 2];
                sum = sum.wrapping_add(i32::from(a[i * lda + at]) * i32::from(b));
            }
            c[i * n + j] = sum;
        }
    }
}

/// Softmax in whole steps: `2^((score − largest) · scale)` as steps of which 8,191 are one, and
/// their sum, by which whoever uses them divides. What `to` has beyond the scores becomes zero.
///
/// Scores are less than 2³⁰ from zero.
pub(super) fn soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32 {
    let largest = scores.iter().copied().max().unwrap_or(0);
    let (weights, rest) = to.split_at_mut(scores.len());
    let mut sum = 0;
    for (&score, weight) in scores.iter().zip(weights) {
        *weight = approx::soft_weight((score - largest) as f32 * scale);
        sum += i32::from(*weight);
    }
    rest.fill(0);
    sum
}

/// GELU of every value, in place.
pub(super) fn gelu(values: &mut [f32]) {
    for value in values {
        *value = approx::gelu(*value);
    }
}

/// `x ← layer_norm(x + y)` for each row (Ba et al. 2016, arXiv:1607.06450); rows are as wide as `gamma`.
pub(super) fn add_layer_norm(x: &mut [f32], y: &[f32], gamma: &[f32], beta: &[f32], eps: f32) {
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
pub(super) fn dot_i16_i8(query: &[i16], vector: &[i8]) -> i32 {
    query
        .iter()
        .zip(vector)
        .map(|(&q, &v)| i32::from(q) * i32::from(v))
        .sum()
}

/// In how many bits `query` differs from each code: `codes` is `[to.len(), query.len()]`, codes have fewer
/// than 65,536 bits.
pub(super) fn unlike_bits(query: &[u64], codes: &[u64], to: &mut [u16]) {
    for (code, to) in codes.chunks_exact(query.len()).zip(to) {
        let unlike = query.iter().zip(code).map(|(q, c)| (q ^ c).count_ones());
        *to = unlike.sum::<u32>() as u16;
    }
}

/// Dot product in f32.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum8(a.iter().zip(b).map(|(a, b)| a * b))
}
