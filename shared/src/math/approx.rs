//! Polynomials for `exp` and GELU: multiplications and additions only, so that every target
//! computes the same bits, and vectorizable, since the encoder needs millions of each a text.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the target features of the kernel it is inlined into"
)]

/// Adding and subtracting this rounds to the nearest integer, ties to even, for |x| < 2²².
pub(crate) const ROUND: f32 = 12_582_912.0;

/// `e^x` for `x ≤ 0`, relative error under 2e-7; below −87 it stays at `e^-87`.
///
/// Cody and Waite's range reduction with the minimax polynomial of Cephes' `expf`.
#[inline(always)]
#[expect(
    clippy::excessive_precision,
    reason = "the constants stand as published"
)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_375;
    let r = r + n * 2.121_944_4e-4;
    let mut p = 1.987_569_15e-4_f32;
    p = p * r + 1.398_199_950_7e-3;
    p = p * r + 8.333_451_907_3e-3;
    p = p * r + 4.166_579_589_4e-2;
    p = p * r + 1.666_666_545_9e-1;
    p = p * r + 5.000_000_120_1e-1;
    let y = p * (r * r) + r + 1.0;
    // The low bits of `shifted` hold n; moved into the exponent field they are 2^n.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    y * power
}

/// Below this a largest value counts as zero: the inverse of its step would leave the range of `f32`.
pub(crate) const SMALLEST: f32 = 1e-30;

/// Steps that make one in [`soft_weight`].
pub(crate) const SOFT_ONE: i32 = 8191;

/// `8191 · 2^t` for `t ≤ 0`, rounded to a whole number; zero from −14 on.
///
/// The fractional part by a polynomial of degree 4 with relative error under 3e-6, a minimax fit
/// that is exact at zero: a twentieth of a step.
#[inline(always)]
pub(crate) fn soft_weight(t: f32) -> i16 {
    let t = if t < -14.0 { -14.0 } else { t };
    let shifted = t + ROUND;
    let f = t - (shifted - ROUND);
    let mut p = 78.493_15_f32;
    p = p * f + 457.929_53;
    p = p * f + 1_967.813_8;
    p = p * f + 5_677.380_4;
    p = p * f + SOFT_ONE as f32;
    // The low bits of `shifted` hold the whole part; moved into the exponent field they multiply.
    let y = f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23));
    // Adding 1.5 · 2²³ rounds, and leaves the number in the low bits.
    (y + ROUND).to_bits() as i16
}

/// GELU with the error function, `x/2 · (1 + erf(x/√2))`, absolute error under 1e-6 · max(1, |x|).
///
/// `erf` by Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7).
#[inline(always)]
#[expect(
    clippy::excessive_precision,
    reason = "the constants stand as published"
)]
pub(crate) fn gelu(x: f32) -> f32 {
    let z = x * std::f32::consts::FRAC_1_SQRT_2;
    let z = if z < 0.0 { -z } else { z };
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut p = 1.061_405_429_f32;
    p = p * t - 1.453_152_027;
    p = p * t + 1.421_413_741;
    p = p * t - 0.284_496_736;
    p = p * t + 0.254_829_592;
    // `tail` is 1 − erf(|z|): on the negative side 1 + erf(z) is the tail itself, uncancelled.
    let tail = p * t * exp(-(z * z));
    let factor = if x < 0.0 { tail } else { 2.0 - tail };
    0.5 * x * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_libm() {
        for step in 0..=87_000 {
            let x = -(step as f32) / 1000.0;
            let (ours, wanted) = (f64::from(exp(x)), libm::exp(f64::from(x)));
            assert!(
                (ours / wanted - 1.0).abs() < 2e-7,
                "exp({x}) is {wanted}, not {ours}"
            );
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 2e-38, "far below the range it stays tiny");
    }

    #[test]
    fn soft_weights_are_the_nearest_steps() {
        assert_eq!(soft_weight(0.0), 8191);
        for step in 0..=140_000 {
            let t = -(step as f32) / 10_000.0;
            let wanted = 8191.0 * libm::exp2(f64::from(t));
            let ours = f64::from(soft_weight(t));
            assert!(
                (ours - wanted).abs() < 0.53,
                "2^{t} is {wanted} steps, not {ours}"
            );
        }
        assert_eq!((soft_weight(-14.0), soft_weight(-1e30)), (0, 0));
    }

    #[test]
    fn gelu_agrees_with_the_error_function() {
        for step in -60_000..=60_000 {
            let x = step as f32 / 5000.0;
            let wide = f64::from(x);
            let wanted = 0.5 * wide * (1.0 + libm::erf(wide * std::f64::consts::FRAC_1_SQRT_2));
            let slack = 1e-6 * wide.abs().max(1.0);
            assert!(
                (f64::from(gelu(x)) - wanted).abs() < slack,
                "gelu({x}) is {wanted}, not {}",
                gelu(x)
            );
        }
    }
}
