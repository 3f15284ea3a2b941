//! Weights to int8, with errors that cancel on real inputs.
//!
//! Rounding each weight to the nearest step is best only for inputs without structure. Here the
//! error of the weights that are rounded already moves the target of the next one (GPTQ, Frantar et
//! al. 2022, arXiv:2210.17323, in the form that `QuIP` shows it to have: Chee et al. 2023, §3,
//! arXiv:2307.13304), so that what is left is least for inputs with the covariance that was seen.

use rayon::prelude::*;
use shared::artifact::{ByteRows, LinearParts};
use shared::math::{GROUP_LIMIT, dot};

use super::base::Dense;
use super::calibration::Seen;

/// Scales that are tried for each row: the one that reaches its largest weight, and smaller ones
/// that clip it.
const SCALES: usize = 8;
/// By so much of the largest each is smaller than the one before.
const SCALE_STEP: f32 = 0.03;
/// Share of the mean variance that is added to every channel's: what other texts may hold.
const DAMPING: f64 = 0.01;

/// Quantizes a layer with its input channels divided by `factors`, each weight to its nearest step.
pub(super) fn nearest(dense: &Dense, factors: &[f64]) -> LinearParts {
    let smoothed = smooth(dense, factors);
    let mut rows = byte_rows(&smoothed, dense.k);
    for row in rows.values.chunks_exact_mut(dense.k) {
        let mut groups = Groups::of(dense.k);
        for (at, step) in row.iter_mut().enumerate() {
            *step = groups.take(at, *step);
        }
    }
    LinearParts {
        rows,
        bias: dense.bias.clone(),
        multiplier: inverse(factors),
    }
}

/// As [`nearest`], with errors that cancel on inputs like those seen. What they leave on average
/// goes into the bias.
pub(super) fn compensated(dense: &Dense, factors: &[f64], seen: &Seen) -> LinearParts {
    let k = dense.k;
    let multiplier = inverse(factors);
    let inputs = Inputs::of(seen, &multiplier);
    let feedback = Feedback::of(&inputs.covariance, k);
    let smoothed = smooth(dense, factors);
    let rounded: Vec<(f32, Vec<i8>)> = (smoothed.par_chunks_exact(k))
        .map(|row| feedback.round(row))
        .collect();
    let errors = rounded.iter().zip(smoothed.chunks_exact(k));
    let bias = errors
        .zip(&dense.bias)
        .map(|(((scale, steps), row), bias)| {
            let terms = row.iter().zip(steps).zip(&inputs.mean);
            let left: f64 = terms
                .map(|((w, &step), mean)| f64::from(w - scale * f32::from(step)) * mean)
                .sum();
            (f64::from(*bias) + left) as f32
        })
        .collect();
    let mut rows = ByteRows::default();
    for (scale, steps) in rounded {
        rows.scales.push(scale);
        rows.values.extend(steps);
    }
    LinearParts {
        rows,
        bias,
        multiplier,
    }
}

fn inverse(factors: &[f64]) -> Vec<f32> {
    factors.iter().map(|factor| (1.0 / factor) as f32).collect()
}

/// `[n, k]`: the weights times their channels' factors.
fn smooth(dense: &Dense, factors: &[f64]) -> Vec<f32> {
    let rows = dense.weights.chunks_exact(dense.k);
    rows.flat_map(|row| {
        let pairs = row.iter().zip(factors);
        pairs.map(|(&w, factor)| (f64::from(w) * factor) as f32)
    })
    .collect()
}

/// What a layer's inputs look like after smoothing.
struct Inputs {
    /// `[k]`.
    mean: Vec<f64>,
    /// `[k, k]`: with the noise that 7 bits add.
    covariance: Vec<f64>,
}

impl Inputs {
    fn of(seen: &Seen, multiplier: &[f32]) -> Self {
        let k = multiplier.len();
        let n = (seen.rows.len() / k) as f64;
        let mut noise = 0.0;
        for row in seen.rows.chunks_exact(k) {
            let (mut low, mut high) = (0.0_f32, 0.0_f32);
            for (x, m) in row.iter().zip(multiplier) {
                (low, high) = (low.min(x * m), high.max(x * m));
            }
            // A rounded value is off by up to half a step, evenly: step²/12.
            noise += (f64::from(high - low) / 127.0).powi(2) / 12.0 / n;
        }
        let wide = |at: usize| f64::from(multiplier[at]);
        let mut covariance = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..=i {
                let value = seen.covariance[i * k + j] * wide(i) * wide(j);
                covariance[i * k + j] = value;
                covariance[j * k + i] = value;
            }
        }
        let variance = (0..k).map(|i| covariance[i * k + i]).sum::<f64>() / k as f64;
        for i in 0..k {
            covariance[i * k + i] += noise + DAMPING * variance + 1e-12;
        }
        let mean = (0..k).map(|at| seen.mean[at] * wide(at)).collect();
        Self { mean, covariance }
    }
}

/// How the error of one weight moves the targets of those that are rounded after it.
struct Feedback {
    /// Channels in the order of rounding: the strongest first, while others can make up for it.
    order: Vec<usize>,
    /// `[k, k]`: what the errors of earlier channels add to a channel's target.
    share: Vec<f32>,
    /// `[k]`: what a channel's error costs that later ones cannot make up for.
    cost: Vec<f64>,
}

impl Feedback {
    /// Of a covariance `[k, k]`: the factors `U·D·Uᵀ` of it in rounding order, `U` unit upper triangular.
    fn of(covariance: &[f64], k: usize) -> Self {
        let mut order: Vec<usize> = (0..k).collect();
        let strength = |i: usize| covariance[i * k + i];
        order.sort_by(|&i, &j| strength(j).total_cmp(&strength(i)).then(i.cmp(&j)));
        // From the last to the first it is Cholesky's lower triangle, row by row.
        let back = |at: usize| order[k - 1 - at];
        let mut lower = vec![0.0_f64; k * k];
        for i in 0..k {
            let (done, rest) = lower.split_at_mut(i * k);
            for j in 0..=i {
                let row = if j == i {
                    &rest[..j]
                } else {
                    &done[j * k..][..j]
                };
                let left = covariance[back(i) * k + back(j)] - dot64(&rest[..j], row);
                rest[j] = if j == i {
                    left.max(1e-12).sqrt()
                } else {
                    left / done[j * k + j]
                };
            }
        }
        let mut share = vec![0.0_f32; k * k];
        let mut cost = vec![0.0; k];
        for at in 0..k {
            let column = k - 1 - at;
            let diagonal = lower[column * k + column];
            cost[at] = diagonal * diagonal;
            for earlier in 0..at {
                share[at * k + earlier] = (lower[(k - 1 - earlier) * k + column] / diagonal) as f32;
            }
        }
        Self { order, share, cost }
    }

    /// A row's scale and its steps: those of the scale that costs least.
    fn round(&self, row: &[f32]) -> (f32, Vec<i8>) {
        let k = row.len();
        let wanted: Vec<f32> = self.order.iter().map(|&at| row[at]).collect();
        let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let mut errors = vec![0.0_f32; k];
        let mut steps = vec![0_i8; k];
        let mut groups = Groups::of(k);
        let mut best = (f64::INFINITY, 0.0, steps.clone());
        for candidate in 0..SCALES {
            let scale = largest * (1.0 - SCALE_STEP * candidate as f32) / 127.0;
            let mut cost = 0.0;
            groups.clear();
            for at in 0..k {
                let target = wanted[at] + dot(&errors[..at], &self.share[at * k..][..at]);
                let step = groups.take(self.order[at], round(target, scale));
                let rounded = scale * f32::from(step);
                cost += self.cost[at] * f64::from(target - rounded).powi(2);
                errors[at] = wanted[at] - rounded;
                steps[self.order[at]] = step;
            }
            if cost < best.0 {
                best = (cost, scale, steps.clone());
            }
        }
        (best.1, best.2)
    }
}

/// What is left of [`GROUP_LIMIT`] in each group of a row: of weights that go up, and down.
struct Groups(Vec<[i32; 2]>);

impl Groups {
    fn of(k: usize) -> Self {
        Self(vec![[GROUP_LIMIT; 2]; k / 4])
    }

    fn clear(&mut self) {
        self.0.fill([GROUP_LIMIT; 2]);
    }

    /// As much of `step` as its group has room for, which is then taken.
    fn take(&mut self, at: usize, step: i8) -> i8 {
        let left = &mut self.0[at / 8 * 2 + at % 4 / 2][usize::from(step < 0)];
        let size = i32::from(step).abs().min(*left);
        *left -= size;
        (size * i32::from(step.signum())) as i8
    }
}

/// Dot product in f64, in four lanes.
fn dot64(a: &[f64], b: &[f64]) -> f64 {
    let mut lane = [0.0_f64; 4];
    let (mut a, mut b) = (a.chunks_exact(4), b.chunks_exact(4));
    for (a, b) in (&mut a).zip(&mut b) {
        for i in 0..4 {
            lane[i] += a[i] * b[i];
        }
    }
    let rest = a.remainder().iter().zip(b.remainder());
    (lane[0] + lane[2]) + (lane[1] + lane[3]) + rest.map(|(a, b)| a * b).sum::<f64>()
}

/// Rounds each row of `k` values to int8 with the scale, among some that clip the row's largest
/// values, that leaves the least squared error.
pub(super) fn byte_rows(values: &[f32], k: usize) -> ByteRows {
    let mut rows = ByteRows::default();
    for row in values.chunks_exact(k) {
        let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let candidates = (0..16).map(|step| largest * (1.0 - 0.02 * step as f32) / 127.0);
        let error = |scale: f32| -> f64 {
            row.iter()
                .map(|&x| f64::from(x - scale * f32::from(round(x, scale))).powi(2))
                .sum()
        };
        let scale = candidates
            .min_by(|a, b| error(*a).total_cmp(&error(*b)))
            .expect("sixteen candidates");
        rows.scales.push(scale);
        rows.values.extend(row.iter().map(|&x| round(x, scale)));
    }
    rows
}

/// Rounds to the nearest step, ties to even: adding 1.5 · 2²³ leaves no room for a fraction.
fn round(x: f32, scale: f32) -> i8 {
    const NO_FRACTION: f32 = 12_582_912.0;
    if scale > 0.0 {
        ((x / scale).clamp(-127.0, 127.0) + NO_FRACTION - NO_FRACTION) as i8
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: usize = 32;
    const N: usize = 8;
    const TOKENS: usize = 400;

    /// Numbers between −1 and 1 that follow no pattern.
    fn noise(n: usize, mut state: u64) -> Vec<f32> {
        (0..n)
            .map(|_| {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
            })
            .collect()
    }

    /// Inputs of four directions, a little noise, and an offset: neighbors go together.
    fn seen() -> Seen {
        let (latent, small) = (noise(TOKENS * 4, 1), noise(TOKENS * K, 2));
        let mixing = noise(4 * K, 3);
        let rows: Vec<f32> = (0..TOKENS * K)
            .map(|at| {
                let (token, channel) = (at / K, at % K);
                let mixed: f32 = (0..4)
                    .map(|i| latent[token * 4 + i] * mixing[i * K + channel])
                    .sum();
                mixed + 0.05 * small[at] + 0.3
            })
            .collect();
        Seen::of(rows, K)
    }

    fn dense() -> Dense {
        Dense {
            weights: noise(N * K, 4),
            bias: noise(N, 5),
            k: K,
        }
    }

    /// Squared error of the outputs over what was seen, activations exact; and their mean error.
    fn error(parts: &LinearParts, dense: &Dense, seen: &Seen) -> (f64, f64) {
        let (mut squared, mut sum) = (0.0, 0.0);
        for x in seen.rows.chunks_exact(K) {
            for n in 0..N {
                let exact: f64 = (0..K)
                    .map(|i| f64::from(dense.weights[n * K + i]) * f64::from(x[i]))
                    .sum::<f64>()
                    + f64::from(dense.bias[n]);
                let ours: f64 = (0..K)
                    .map(|i| {
                        let w = parts.rows.scales[n] * f32::from(parts.rows.values[n * K + i]);
                        f64::from(w) * f64::from(x[i] * parts.multiplier[i])
                    })
                    .sum::<f64>()
                    + f64::from(parts.bias[n]);
                squared += (ours - exact).powi(2);
                sum += ours - exact;
            }
        }
        (squared, (sum / (N * TOKENS) as f64).abs())
    }

    #[test]
    fn compensated_errors_cancel_on_what_was_seen() {
        let (dense, seen) = (dense(), seen());
        let factors = super::super::smoothing::by_reach(&dense.weights, &seen.reach);
        let (plain, _) = error(&nearest(&dense, &factors), &dense, &seen);
        let parts = compensated(&dense, &factors, &seen);
        let (squared, mean) = error(&parts, &dense, &seen);
        assert!(
            squared < plain / 4.0,
            "nearest leaves {plain}, compensated {squared}"
        );
        assert!(mean < 1e-5, "the bias leaves {mean} on average");
        assert_eq!(
            parts,
            compensated(&dense, &factors, &seen),
            "twice the same"
        );
    }

    #[test]
    fn no_group_exceeds_what_kernels_add_in_16_bits() {
        let mut dense = dense();
        // Of each row the first eight are as large as can be.
        for row in dense.weights.chunks_exact_mut(K) {
            row[..8].copy_from_slice(&[9.0, 9.0, -9.0, 9.0, 9.0, 9.0, -9.0, -9.0]);
        }
        let factors = vec![1.0; K];
        for parts in [
            nearest(&dense, &factors),
            compensated(&dense, &factors, &seen()),
        ] {
            for row in parts.rows.values.chunks_exact(K) {
                for eight in row.chunks_exact(8) {
                    for lane in [[0, 1, 4, 5], [2, 3, 6, 7]] {
                        let weights = lane.map(|at| i32::from(eight[at]));
                        let up: i32 = weights.iter().map(|w| w.max(&0)).sum();
                        let down: i32 = weights.iter().map(|w| (-w).max(0)).sum();
                        assert!(up.max(down) <= GROUP_LIMIT, "{weights:?}");
                    }
                }
                let first: i32 = [0, 1, 4, 5].iter().map(|&at| i32::from(row[at])).sum();
                assert_eq!(first, GROUP_LIMIT, "what fits is kept");
            }
        }
    }

    #[test]
    fn a_row_of_zeros_and_a_channel_that_is_always_zero_round_to_zero() {
        let mut dense = dense();
        dense.weights[..K].fill(0.0);
        let mut rows = seen().rows;
        for row in rows.chunks_exact_mut(K) {
            row[3] = 0.0;
        }
        let seen = Seen::of(rows, K);
        let factors = super::super::smoothing::by_descent(&dense.weights, &seen);
        let parts = compensated(&dense, &factors, &seen);
        assert!(parts.rows.values[..K].iter().all(|step| *step == 0));
        let finite = |values: &[f32]| values.iter().all(|x| x.is_finite());
        assert!(finite(&parts.multiplier) && finite(&parts.bias) && finite(&parts.rows.scales));
    }
}
