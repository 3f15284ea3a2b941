//! Stored vectors in int8, queries in int16: one symmetric scale a vector.

/// A vector as the index stores it: `x ≈ scale · steps`.
#[derive(Debug, Clone, PartialEq)]
pub struct Int8Vector {
    /// −127..=127 each.
    pub steps: Vec<i8>,
    /// Size of one step.
    pub scale: f32,
}

/// The vector holds a NaN or an infinity: it points nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {at} of the vector is not a finite number")]
pub struct NotFinite {
    /// The first such entry.
    pub at: usize,
}

impl Int8Vector {
    /// Rounds `vector` to the nearest steps; no entry moves by more than half a step.
    ///
    /// # Errors
    /// [`NotFinite`].
    pub fn quantize(vector: &[f32]) -> Result<Self, NotFinite> {
        let largest = largest(vector)?;
        let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        let steps = vector
            .iter()
            .map(|x| (x * inverse).round_ties_even() as i8)
            .collect();
        Ok(Self {
            steps,
            scale: largest / 127.0,
        })
    }

    /// The vector that the steps stand for.
    pub fn dequantize(&self) -> Vec<f32> {
        self.steps
            .iter()
            .map(|&step| f32::from(step) * self.scale)
            .collect()
    }
}

/// A query in 16 bits: so fine that similarity to a stored vector is exact for every purpose, and
/// its sums of products still fit 32 bits up to 512 dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(crate) steps: Vec<i16>,
    pub(crate) scale: f32,
}

impl Query {
    /// Rounds a query.
    ///
    /// # Errors
    /// [`NotFinite`].
    pub fn new(vector: &[f32]) -> Result<Self, NotFinite> {
        let largest = largest(vector)?;
        let inverse = if largest > 0.0 {
            32_767.0 / largest
        } else {
            0.0
        };
        let steps = vector
            .iter()
            .map(|x| (x * inverse).round_ties_even() as i16)
            .collect();
        Ok(Self {
            steps,
            scale: largest / 32_767.0,
        })
    }
}

/// Entries below this are zero: the inverse of their step would leave the range of `f32`.
const SMALLEST: f32 = 1e-30;

/// The largest magnitude, or zero where all are [`SMALLEST`] or less.
fn largest(vector: &[f32]) -> Result<f32, NotFinite> {
    if let Some(at) = vector.iter().position(|x| !x.is_finite()) {
        return Err(NotFinite { at });
    }
    let largest = vector
        .iter()
        .fold(0.0_f32, |largest, x| x.abs().max(largest));
    Ok(if largest > SMALLEST { largest } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_entry_moves_by_more_than_half_a_step(vector in prop::collection::vec(-8.0_f32..8.0, 1..400)) {
            let rounded = Int8Vector::quantize(&vector).expect("finite");
            for (x, y) in vector.iter().zip(rounded.dequantize()) {
                prop_assert!((x - y).abs() <= rounded.scale * 0.5001, "{x} became {y}, step {}", rounded.scale);
            }
        }
    }

    #[test]
    fn the_smallest_vectors_are_zero_and_the_next_ones_are_not() {
        for tiny in [f32::from_bits(1), 1e-38, -1e-31] {
            let vector = Int8Vector::quantize(&[tiny, 0.0]).expect("finite");
            assert_eq!((vector.steps, vector.scale), (vec![0, 0], 0.0), "{tiny:e}");
            assert_eq!(Query::new(&[tiny]).expect("finite").steps, [0], "{tiny:e}");
        }
        let small = [2e-30, -2e-30];
        assert_eq!(
            Int8Vector::quantize(&small).map(|v| v.steps),
            Ok(vec![127, -127])
        );
        assert_eq!(
            Query::new(&small).map(|q| q.steps),
            Ok(vec![32_767, -32_767])
        );
    }

    #[test]
    fn what_points_nowhere_is_refused() {
        assert_eq!(
            Int8Vector::quantize(&[0.0, f32::NAN]),
            Err(NotFinite { at: 1 })
        );
        assert_eq!(Query::new(&[f32::INFINITY]), Err(NotFinite { at: 0 }));
        assert_eq!(Int8Vector::quantize(&[0.0; 3]).map(|v| v.scale), Ok(0.0));
    }
}
