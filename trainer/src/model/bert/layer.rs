//! One block of BERT (Devlin et al. 2018, arXiv:1810.04805), forward and backward.

use anyhow::Result;
use candle_core::Tensor;

use super::attention::Attention;
use crate::model::linear::Linear;
use crate::model::ops::{
    AddBias, AddBiasAndRows, AddColumns, Dropout, Gelu, GeluBackward, LayerNorm, LayerNormBackward,
    LayerNormParameters,
};
use crate::model::parameters::Weight;
use crate::model::{PackedBatch, Randomness};

/// A layer norm's parameters: `[width]` each.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) gamma: Weight,
    pub(super) beta: Weight,
    pub(super) epsilon: f32,
}

impl Norm {
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let op = LayerNorm {
            epsilon: self.epsilon,
        };
        Ok(x.apply_op3_no_bwd(&self.gamma.tensor, &self.beta.tensor, &op)?)
    }

    /// The gradient of `x` from that of the result.
    pub(super) fn backward(&self, x: &Tensor, d: &Tensor, gradients: &Tensor) -> Result<Tensor> {
        let epsilon = self.epsilon;
        if self.is_trained() {
            let both = d.apply_op2_no_bwd(x, &LayerNormParameters { epsilon })?;
            self.gamma.add_gradient(gradients, || both.get(0))?;
            self.beta.add_gradient(gradients, || both.get(1))?;
        }
        Ok(d.apply_op3_no_bwd(x, &self.gamma.tensor, &LayerNormBackward { epsilon })?)
    }

    pub(super) fn is_trained(&self) -> bool {
        self.gamma.slot.is_some() || self.beta.slot.is_some()
    }
}

/// One block.
#[derive(Debug)]
pub(super) struct Layer {
    /// Its number, from 0.
    pub(super) number: usize,
    /// Queries, keys and values in one product.
    pub(super) qkv: Linear,
    pub(super) attention: Attention,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) intermediate: Linear,
    pub(super) output: Linear,
    pub(super) output_norm: Norm,
    /// Share of the two results that training drops before the residual.
    pub(super) dropout: f32,
}

/// What a block's backward step needs of its forward step.
#[derive(Debug)]
pub(super) struct SavedLayer {
    x: Tensor,
    qkv: Tensor,
    attended: Tensor,
    /// Before the first norm.
    attention_sum: Tensor,
    hidden: Tensor,
    /// Before GELU.
    inner: Tensor,
    /// Before the second norm.
    output_sum: Tensor,
}

/// Places in a block that draw a mask.
#[derive(Debug, Clone, Copy)]
enum Site {
    Qkv = 1,
    Weights,
    AttentionAdapter,
    AttentionOutput,
    Intermediate,
    OutputAdapter,
    Output,
}

impl Layer {
    /// `[tokens, width]` → `[tokens, width]`; without randomness nothing is dropped.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        batch: &PackedBatch,
        random: Option<Randomness>,
    ) -> Result<(Tensor, SavedLayer)> {
        let key = |site: Site| random.map(|random| random.key(self.number, site as u64));
        let qkv = self.qkv.forward(x, key(Site::Qkv))?;
        qkv.inplace_op2(&self.qkv.bias.tensor, &AddBias)?;
        let attended = self.attention.forward(&qkv, batch, key(Site::Weights))?;
        let attention_sum = self
            .attention_output
            .forward(&attended, key(Site::AttentionAdapter))?;
        let bias = &self.attention_output.bias;
        self.add(&attention_sum, bias, x, key(Site::AttentionOutput))?;
        let hidden = self.attention_norm.forward(&attention_sum)?;

        let inner = self
            .intermediate
            .forward(&hidden, key(Site::Intermediate))?;
        inner.inplace_op2(&self.intermediate.bias.tensor, &AddBias)?;
        let output_sum = {
            let activated = inner.apply_op1_no_bwd(&Gelu)?;
            self.output.forward(&activated, key(Site::OutputAdapter))?
        };
        self.add(&output_sum, &self.output.bias, &hidden, key(Site::Output))?;
        let y = self.output_norm.forward(&output_sum)?;
        let saved = SavedLayer {
            x: x.clone(),
            qkv,
            attended,
            attention_sum,
            hidden,
            inner,
            output_sum,
        };
        Ok((y, saved))
    }

    /// From `d`, the gradient of the result: adds to the gradients of the weights, and gives that of
    /// the input where it is wanted.
    pub(super) fn backward(
        &self,
        saved: &SavedLayer,
        d: &Tensor,
        batch: &PackedBatch,
        gradients: &Tensor,
        random: Option<Randomness>,
        wanted: bool,
    ) -> Result<Option<Tensor>> {
        let key = |site: Site| random.map(|random| random.key(self.number, site as u64));
        let of_sum = self.output_norm.backward(&saved.output_sum, d, gradients)?;
        let of_output = self.dropped(&of_sum, key(Site::Output))?;
        let activated = saved.inner.apply_op1_no_bwd(&Gelu)?;
        let of_inner = required(self.output.backward(
            &activated,
            &of_output,
            gradients,
            key(Site::OutputAdapter),
            true,
        )?);
        drop((activated, of_output));
        of_inner.inplace_op2(&saved.inner, &GeluBackward)?;
        let of_hidden = required(self.intermediate.backward(
            &saved.hidden,
            &of_inner,
            gradients,
            key(Site::Intermediate),
            true,
        )?);
        drop(of_inner);
        of_hidden.inplace_op2(&of_sum, &AddColumns { at: 0, scale: 1.0 })?;

        let of_sum = self
            .attention_norm
            .backward(&saved.attention_sum, &of_hidden, gradients)?;
        if !wanted && !self.attention_is_trained() {
            return Ok(None);
        }
        let of_output = self.dropped(&of_sum, key(Site::AttentionOutput))?;
        let of_attended = required(self.attention_output.backward(
            &saved.attended,
            &of_output,
            gradients,
            key(Site::AttentionAdapter),
            true,
        )?);
        let of_qkv =
            self.attention
                .backward(&saved.qkv, &of_attended, batch, key(Site::Weights))?;
        let of_x = self
            .qkv
            .backward(&saved.x, &of_qkv, gradients, key(Site::Qkv), wanted)?;
        if let Some(of_x) = &of_x {
            of_x.inplace_op2(&of_sum, &AddColumns { at: 0, scale: 1.0 })?;
        }
        Ok(of_x)
    }

    /// Whether anything of it is trained.
    pub(super) fn is_trained(&self) -> bool {
        self.attention_is_trained()
            || self.attention_norm.is_trained()
            || self.intermediate.is_trained()
            || self.output.is_trained()
            || self.output_norm.is_trained()
    }

    fn attention_is_trained(&self) -> bool {
        self.qkv.is_trained() || self.attention_output.is_trained()
    }

    /// `x ← dropout(x + bias) + residual`.
    fn add(&self, x: &Tensor, bias: &Weight, residual: &Tensor, key: Option<u64>) -> Result<()> {
        let Some(dropout) = self.mask(key) else {
            return Ok(x.inplace_op3(&bias.tensor, residual, &AddBiasAndRows)?);
        };
        x.inplace_op2(&bias.tensor, &AddBias)?;
        x.inplace_op1(&dropout)?;
        Ok(x.inplace_op2(residual, &AddColumns { at: 0, scale: 1.0 })?)
    }

    /// A gradient behind the mask that `key` draws.
    fn dropped(&self, d: &Tensor, key: Option<u64>) -> Result<Tensor> {
        let Some(dropout) = self.mask(key) else {
            return Ok(d.clone());
        };
        let d = d.copy()?;
        d.inplace_op1(&dropout)?;
        Ok(d)
    }

    fn mask(&self, key: Option<u64>) -> Option<Dropout> {
        let key = key.filter(|_| self.dropout > 0.0)?;
        Some(Dropout {
            share: self.dropout,
            key,
        })
    }
}

fn required(gradient: Option<Tensor>) -> Tensor {
    gradient.expect("a gradient that is wanted is given")
}
