//! Polynomials in place of `exp` and `erf`: without branches, so that loops over them vectorize.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// Adding and subtracting this rounds to the nearest integer, for |x| < 2²².
const ROUND: f32 = 12_582_912.0;

/// `eˣ`, relative error under 2e-7; below −87 it stays at `e⁻⁸⁷`, above 88 at `e⁸⁸`.
///
/// `x = n·ln 2 + r`, with `ln 2` in two parts and a polynomial for `eʳ` (Cephes, `expf`).
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "a loop around a call does not vectorize"
)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let mut p = 1.987_569_2e-4;
    for c in [
        1.398_2e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_6e-1,
        0.5,
    ] {
        p = p * r + c;
    }
    let y = p * r * r + r + 1.0;
    f32::from_bits(y.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// The normal distribution at `x`: its density and its cumulative probability, absolute error
/// under 3e-7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "a loop around a call does not vectorize"
)]
pub(super) fn normal(x: f32) -> (f32, f32) {
    let bell = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.327_591_1 * FRAC_1_SQRT_2 * x.abs());
    let mut p = 1.061_405_4;
    for c in [-1.453_152, 1.421_413_7, -0.284_496_72, 0.254_829_6] {
        p = p * t + c;
    }
    let tail = 0.5 * p * t * bell;
    let cumulative = if x < 0.0 { tail } else { 1.0 - tail };
    (bell * 0.398_942_3, cumulative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_and_normal_probabilities_agree_with_libm() {
        for step in -80_000..=80_000_i32 {
            let x = step as f32 / 1000.0;
            let wanted = f64::from(x).exp();
            let off = (f64::from(exp(x)) - wanted).abs() / wanted;
            assert!(off < 3e-7, "exp({x}) is {wanted}, not {}", exp(x));
        }
        for step in -9000..=9000_i32 {
            let x = f64::from(step) / 1000.0;
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let (d, c) = normal(x as f32);
            assert!((f64::from(d) - density).abs() < 4e-7, "density at {x}: {d}");
            // The integral of the density, by Simpson's rule from −10 on.
            if step % 500 == 0 {
                let f = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
                let n = 4000;
                let h = (x + 10.0) / f64::from(n);
                let sum: f64 = (0..n)
                    .map(|i| {
                        let a = -10.0 + h * f64::from(i);
                        (f(a) + 4.0 * f(a + h / 2.0) + f(a + h)) * h / 6.0
                    })
                    .sum();
                assert!(
                    (f64::from(c) - sum).abs() < 4e-7,
                    "probability at {x}: {c}, not {sum}"
                );
            }
        }
    }
}
