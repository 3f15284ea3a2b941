//! A matrix product with a trainable or frozen matrix, and low-rank adapters beside it.

use anyhow::Result;
use candle_core::Tensor;

use super::lora::Adapter;
use super::ops::{AddColumns, ColumnSum};
use super::parameters::Weight;
use crate::config::Precision;

/// `x · Wᵀ`, with adapters; the bias is added by who knows what follows.
#[derive(Debug)]
pub(crate) struct Linear {
    /// `[out, in]`.
    pub(crate) weight: Weight,
    /// `[out]`.
    pub(crate) bias: Weight,
    /// Each adds to some of the columns.
    pub(crate) adapters: Vec<Adapter>,
    /// What the product multiplies; adapters, which are small, do in `f32`.
    pub(crate) precision: Precision,
}

impl Linear {
    /// `[rows, in]` → `[rows, out]`, without the bias.
    pub(crate) fn forward(&self, x: &Tensor, key: Option<u64>) -> Result<Tensor> {
        let (precision, weight) = (self.precision, &self.weight.tensor);
        let y = precision.multiply(&precision.narrow(x)?, &precision.narrow(weight)?.t()?)?;
        for adapter in &self.adapters {
            adapter.forward(x, &y, key)?;
        }
        Ok(y)
    }

    /// From `d`, the gradient of the result with its bias: adds to the gradients of the weights, and
    /// gives that of `x` where it is wanted.
    pub(crate) fn backward(
        &self,
        x: &Tensor,
        d: &Tensor,
        gradients: &Tensor,
        key: Option<u64>,
        wanted: bool,
    ) -> Result<Option<Tensor>> {
        let (precision, weight) = (self.precision, &self.weight);
        let narrowed = precision.narrow(d)?;
        weight.add_gradient(gradients, || {
            precision.multiply(&narrowed.t()?, &precision.narrow(x)?)
        })?;
        self.bias
            .add_gradient(gradients, || d.apply_op1_no_bwd(&ColumnSum))?;
        let of_x = wanted
            .then(|| precision.multiply(&narrowed, &precision.narrow(&weight.tensor)?))
            .transpose()?;
        for adapter in &self.adapters {
            let part = adapter.backward(x, d, gradients, key, wanted)?;
            if let (Some(of_x), Some(part)) = (&of_x, part) {
                of_x.inplace_op2(&part, &AddColumns { at: 0, scale: 1.0 })?;
            }
        }
        Ok(of_x)
    }

    /// Whether anything of it is trained.
    pub(crate) fn is_trained(&self) -> bool {
        self.weight.slot.is_some() || self.bias.slot.is_some() || !self.adapters.is_empty()
    }
}
