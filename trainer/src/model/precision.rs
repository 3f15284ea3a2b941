//! What matrix products multiply: `f32`, or `bf16` with sums, results and everything around them in `f32`.

use candle_core::{DType, Result, Tensor};

use crate::config::Precision;

impl Precision {
    /// A factor as products take it. Casting once serves all products that it is in.
    ///
    /// # Errors
    /// Where the device has no memory.
    pub(crate) fn narrow(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::F32 => Ok(x.clone()),
            Self::Bf16 => x.to_dtype(DType::BF16),
        }
    }

    /// The product of two narrowed factors, in `f32`.
    ///
    /// # Errors
    /// Where shapes do not fit, or the device fails.
    pub(crate) fn multiply(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let product = a.matmul(b)?;
        match self {
            Self::F32 => Ok(product),
            Self::Bf16 => product.to_dtype(DType::F32),
        }
    }
}
