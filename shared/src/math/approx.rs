//! Polynomials for softmax and GELU: multiplications and additions only, so that every target
//! computes the same bits, and vectorizable, since the encoder needs millions of each a text.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the target features of the kernel it is inlined into"
)]

/// Adding and subtracting this rounds to the nearest integer, ties to even, for |x| < 2²².
pub(crate) const ROUND: f32 = 12_582_912.0;

/// Below this a largest value counts as zero: the inverse of its step would leave the range of `f32`.
pub(crate) const SMALLEST: f32 = 1e-30;

/// Steps that make one in [`soft_weight`].
pub(crate) const SOFT_ONE: i32 = 8191;

/// Where [`soft_weight`] is zero.
pub(crate) const SOFT_END: f32 = -14.0;

/// `8191 · 2^f` for |f| ≤ ½, highest power first: a minimax fit with relative error under 3e-6, a
/// fortieth of a step, and exact at zero.
pub(crate) const SOFT: [f32; 5] = [78.493_15, 457.929_53, 1_967.813_8, 5_677.380_4, 8191.0];

/// `8191 · 2^t` for `t ≤ 0`, rounded to a whole number; zero from −14 on.
#[inline(always)]
pub(crate) fn soft_weight(t: f32) -> i16 {
    let t = if t < SOFT_END { SOFT_END } else { t };
    let shifted = t + ROUND;
    let f = t - (shifted - ROUND);
    let mut p = SOFT[0];
    for coefficient in &SOFT[1..] {
        p = p * f + coefficient;
    }
    // The low bits of `shifted` hold the whole part; moved into the exponent field they multiply.
    let y = f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23));
    // Adding 1.5 · 2²³ rounds, and leaves the number in the low bits.
    (y + ROUND).to_bits() as i16
}

/// Where [`gelu`] becomes a line, on both sides.
pub(crate) const GELU_END: f32 = 4.2;

/// `x/2 · erf(x/√2)` over `x²`, in powers of `x²`, highest first: a minimax fit up to [`GELU_END`].
pub(crate) const GELU: [f32; 9] = [
    4.923_835_6e-11,
    -4.795_675e-9,
    2.072_480_4e-7,
    -5.289_571_6e-6,
    8.983_601_6e-5,
    -1.086_459_4e-3,
    9.740_941e-3,
    -6.622_208e-2,
    3.988_346e-1,
];

/// GELU with the error function, `x/2 · (1 + erf(x/√2))`, absolute error under 8e-5: a hundredth
/// of the step that it is rounded to next.
///
/// `x/2 · erf(x/√2)` is even, so it is a polynomial in `x²`; from the end of the fit on it is `|x|/2`
/// up to 6e-5. No division and no exponential: it is computed 1,536 times a token and layer.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let size = x.abs();
    let z = if size < GELU_END { size } else { GELU_END };
    let u = z * z;
    let mut p = GELU[0];
    for coefficient in &GELU[1..] {
        p = p * u + coefficient;
    }
    0.5 * (x + (size - z)) + p * u
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(
                (f64::from(gelu(x)) - wanted).abs() < 8e-5,
                "gelu({x}) is {wanted}, not {}",
                gelu(x)
            );
        }
    }
}
