//! Factors that make a linear layer's input easy to round: `W·x = (W·f) · (x/f)`, channel by channel
//! (SmoothQuant, Xiao et al. 2022, arXiv:2211.10438).
//!
//! SmoothQuant takes one power of the channel's reach over its weights' reach. Here that is only the
//! start: the factors go down the gradient of the error that rounding is expected to make.

use super::calibration::Seen;

/// Share of the difficulty that moves from activations to weights, at the start.
const SHARE: f64 = 0.65;
const STEPS: usize = 120;
/// What the error of the weights counts beside that of the activations. It would be four for plain
/// rounding, whose steps are `2·largest/254` where those of activations are `range/127`; rounding
/// that compensates (see [`super::rounding`]) leaves less.
const WEIGHT: f64 = 0.2;

/// SmoothQuant's factors, `[k]`, for weights `[n, k]` and inputs that reach so far.
pub(super) fn by_reach(weights: &[f32], reach: &[f64]) -> Vec<f64> {
    let mut largest = vec![1e-6_f64; reach.len()];
    for row in weights.chunks_exact(reach.len()) {
        for (largest, &w) in largest.iter_mut().zip(row) {
            *largest = largest.max(f64::from(w).abs());
        }
    }
    let pairs = reach.iter().zip(&largest);
    pairs
        .map(|(reach, largest)| {
            libm::pow(reach.max(1e-6), SHARE) / libm::pow(*largest, 1.0 - SHARE)
        })
        .collect()
}

/// The factors, `[k]`, that leave the least expected error on what was seen.
///
/// A step of token *t* is proportional to the range of `x_t/f`, and its error reaches the output
/// through `W·f`; a step of output *n* is proportional to the largest of `W_n·f` and meets `x/f`.
/// With `m = 1/f` the two errors are `mean range² · Σ|W_k|²/m_k²` and `Σ largest² · Σ mean x_k²·m_k²`.
pub(super) fn by_descent(weights: &[f32], seen: &Seen) -> Vec<f64> {
    let k = seen.reach.len();
    let start = by_reach(weights, &seen.reach);
    let mut column = vec![0.0_f64; k];
    for row in weights.chunks_exact(k) {
        for (sum, &w) in column.iter_mut().zip(row) {
            *sum += f64::from(w).powi(2);
        }
    }
    let mut square = vec![0.0_f64; k];
    for row in seen.rows.chunks_exact(k) {
        for (sum, &x) in square.iter_mut().zip(row) {
            *sum += f64::from(x).powi(2);
        }
    }
    let n_tokens = (seen.rows.len() / k) as f64;
    for sum in &mut square {
        *sum /= n_tokens;
    }

    let mut logs: Vec<f64> = start.iter().map(|factor| -libm::log(*factor)).collect();
    let mut best = (f64::INFINITY, start);
    for step in 0..STEPS {
        let m: Vec<f64> = logs.iter().map(|log| libm::exp(*log)).collect();
        let narrow: Vec<f32> = m.iter().map(|&m| m as f32).collect();
        let inverse: Vec<f32> = m.iter().map(|&m| (1.0 / m) as f32).collect();
        let mut slope = vec![0.0_f64; k];
        let mut ranges = 0.0;
        for row in seen.rows.chunks_exact(k) {
            let [low, high] = extremes(row, &narrow);
            let range = f64::from(high.1) - f64::from(low.1);
            ranges += range * range / n_tokens;
            slope[high.0] += 2.0 * range * f64::from(high.1) / n_tokens;
            slope[low.0] -= 2.0 * range * f64::from(low.1) / n_tokens;
        }
        let through: f64 = column.iter().zip(&m).map(|(c, m)| c / (m * m)).sum();
        let mut heavy = vec![0.0_f64; k];
        let mut largests = 0.0;
        for row in weights.chunks_exact(k) {
            let [low, high] = extremes(row, &inverse);
            let (at, largest) = if high.1 >= -low.1 { high } else { low };
            let squared = f64::from(largest).powi(2);
            largests += squared;
            heavy[at] -= 2.0 * squared;
        }
        let met: f64 = square.iter().zip(&m).map(|(x, m)| x * m * m).sum();
        let error = ranges * through + WEIGHT * largests * met;
        if error < best.0 {
            best = (error, m.iter().map(|m| 1.0 / m).collect());
        }
        let rate = 0.15 * (1.0 - step as f64 / STEPS as f64) + 0.005;
        for at in 0..k {
            let m2 = m[at] * m[at];
            let activations = slope[at] * through - ranges * 2.0 * column[at] / m2;
            let weights = heavy[at] * met + largests * 2.0 * square[at] * m2;
            let gradient = (activations + WEIGHT * weights) / error;
            logs[at] -= rate * (gradient * (k as f64).sqrt()).clamp(-1.0, 1.0);
        }
    }
    best.1
}

/// Least and largest of `x · m` with their places, zero among the values.
fn extremes(x: &[f32], m: &[f32]) -> [(usize, f32); 2] {
    let (mut low, mut high) = ((0, 0.0_f32), (0, 0.0_f32));
    for (at, (x, m)) in x.iter().zip(m).enumerate() {
        let y = x * m;
        if y < low.1 {
            low = (at, y);
        }
        if y > high.1 {
            high = (at, y);
        }
    }
    [low, high]
}
