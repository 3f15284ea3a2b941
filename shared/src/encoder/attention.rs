//! Scaled dot-product attention (Vaswani et al. 2017, §3.2, arXiv:1706.03762) in 16 bits.
//!
//! Queries, keys, softmax weights and values are rounded to as many whole steps as 32-bit sums of
//! their products have room for: 12 bits and a sign for a head of 32, far finer than the 7 bits of
//! the linear layers around, and exact sums are the same in every kernel.

use crate::math::{Kernel, PANEL, Product16, SOFT_ONE};

/// Rows of scores at a time: few enough to stay in the nearest cache.
const ROWS: usize = 16;

/// One head's numbers for one text.
#[derive(Debug)]
pub(super) struct Attention {
    /// `[tokens, head_dim]`: queries, and keys and values before they are packed.
    rows: Vec<i16>,
    /// As [`Kernel::pack_keys`] lays them out.
    keys: Vec<i16>,
    /// As [`Kernel::pack_values`] lays them out.
    values: Vec<i16>,
    /// `[ROWS, tokens]`, rounded up to whole panels.
    scores: Vec<i32>,
    /// `[ROWS, tokens]`, rounded up to an even number.
    weights: Vec<i16>,
    /// `[ROWS, head_dim]`: weighted sums of values.
    sums: Vec<i32>,
    /// Sum of each row's weights.
    totals: [i32; ROWS],
    head_dim: usize,
}

impl Attention {
    /// Room for texts of at most `tokens`.
    pub(super) fn with_room(tokens: usize, head_dim: usize) -> Self {
        let padded = tokens.next_multiple_of(PANEL);
        Self {
            rows: vec![0; tokens * head_dim],
            keys: vec![0; padded * head_dim],
            values: vec![0; padded * head_dim],
            scores: vec![0; ROWS * padded],
            weights: vec![0; ROWS * padded],
            sums: vec![0; ROWS * head_dim],
            totals: [0; ROWS],
            head_dim,
        }
    }

    /// Attention of every head over one text: `qkv` is `[n, 3 · dim]`, its queries scaled already;
    /// the result `to` is `[n, dim]`.
    pub(super) fn attend(&mut self, kernel: Kernel, qkv: &[f32], dim: usize, to: &mut [f32]) {
        let n = to.len() / dim;
        for column in (0..dim).step_by(self.head_dim) {
            self.attend_one(kernel, n, &qkv[column..], dim, &mut to[column..]);
        }
    }

    /// One head: `qkv` and `to` begin at its first column.
    fn attend_one(&mut self, kernel: Kernel, n: usize, qkv: &[f32], dim: usize, to: &mut [f32]) {
        let (width, stride) = (self.head_dim, 3 * dim);
        let (padded, even) = (n.next_multiple_of(PANEL), n.next_multiple_of(2));
        let rows = &mut self.rows[..n * width];
        // Two's logarithm of e turns the softmax's exponentials into powers of two.
        let mut step = std::f32::consts::LOG2_E;
        let limit = limit_of_scores(width);
        step *= kernel.to_i16(&qkv[dim..], stride, width, limit, rows);
        kernel.pack_keys(rows, width, &mut self.keys);
        let value_step = kernel.to_i16(&qkv[2 * dim..], stride, width, limit_of_values(n), rows);
        kernel.pack_values(rows, width, &mut self.values);
        step *= kernel.to_i16(qkv, stride, width, limit, rows);

        for start in (0..n).step_by(ROWS) {
            let m = ROWS.min(n - start);
            let scores = Product16 {
                a: &rows[start * width..],
                lda: width,
                b: &self.keys,
                m,
                k: width,
                n: padded,
            };
            kernel.product_i16(&scores, &mut self.scores);
            let each = (self.scores.chunks_exact(padded)).zip(self.weights.chunks_exact_mut(even));
            for ((scores, weights), total) in each.zip(&mut self.totals).take(m) {
                *total = kernel.soft_weights(&scores[..n], step, weights);
            }
            let weighted = Product16 {
                a: &self.weights,
                lda: even,
                b: &self.values,
                m,
                k: even,
                n: width,
            };
            kernel.product_i16(&weighted, &mut self.sums);
            let to = to[start * dim..].chunks_mut(dim);
            for ((to, sums), &total) in to
                .zip(self.sums.chunks_exact(width))
                .zip(&self.totals)
                .take(m)
            {
                kernel.scale(sums, value_step / total as f32, &mut to[..width]);
            }
        }
    }
}

/// Steps that queries and keys may take, so that every score is less than 2³⁰ from zero and two
/// of them have a difference.
fn limit_of_scores(head_dim: usize) -> i32 {
    (((1 << 30) - 1) / head_dim as i32).isqrt().min(8191)
}

/// Steps that values may take, so that their sum over `n` tokens with full weights fits 32 bits.
fn limit_of_values(n: usize) -> i32 {
    (i32::MAX / (SOFT_ONE * n as i32)).clamp(1, 8191)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sum_leaves_its_range() {
        for head_dim in [16, 32, 64, 128, 1024] {
            let limit = i64::from(limit_of_scores(head_dim));
            assert!(limit >= 127 && head_dim as i64 * limit * limit < 1 << 30);
        }
        for n in [1, 2, 31, 256, 512, 2048] {
            let limit = i64::from(limit_of_values(n));
            assert!(limit >= 127 && n as i64 * limit * i64::from(SOFT_ONE) <= i64::from(i32::MAX));
        }
        assert_eq!((limit_of_scores(32), limit_of_values(256)), (5792, 1024));
    }

    /// Numbers like a layer's queries, keys and values.
    fn numbers(n: usize) -> Vec<f32> {
        let wave = |i: usize| libm::sinf(i as f32 * 12.9898) * 2.0;
        (0..n).map(|i| wave(i) + 0.3 * wave(i / 3)).collect()
    }

    #[test]
    fn every_head_attends_as_the_formula_says() {
        let (dim, width) = (64, 32);
        for n in [1, 2, 15, 16, 17, 40] {
            let qkv = numbers(n * 3 * dim);
            let mut ours = vec![0.0; n * dim];
            Attention::with_room(48, width).attend(Kernel::best(), &qkv, dim, &mut ours);
            let at = |token: usize, part: usize, i: usize| {
                f64::from(qkv[token * 3 * dim + part * dim + i])
            };
            for head in 0..dim / width {
                let of_head = head * width..(head + 1) * width;
                for token in 0..n {
                    let score = |other| -> f64 {
                        (of_head.clone())
                            .map(|i| at(token, 0, i) * at(other, 1, i))
                            .sum()
                    };
                    let scores: Vec<f64> = (0..n).map(score).collect();
                    let largest = scores.iter().copied().fold(f64::MIN, f64::max);
                    let weights: Vec<f64> = scores.iter().map(|s| (s - largest).exp()).collect();
                    let total: f64 = weights.iter().sum();
                    for i in of_head.clone() {
                        let wanted: f64 =
                            (0..n).map(|o| weights[o] * at(o, 2, i)).sum::<f64>() / total;
                        let ours = f64::from(ours[token * dim + i]);
                        assert!(
                            (ours - wanted).abs() < 0.01,
                            "{n} tokens, {token}, {i}: {ours}, not {wanted}"
                        );
                    }
                }
            }
        }
    }
}
