//! The base encoder's files: configuration, and tensors by their Hugging Face names.

use anyhow::{Context as _, Result, ensure};
use safetensors::SafeTensors;
use serde::Deserialize;
use shared::artifact::NormParts;

/// What `config.json` says of a BERT encoder.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub(super) hidden_act: String,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) layer_norm_eps: f32,
    pub(super) max_position_embeddings: usize,
    pub(super) model_type: String,
    pub(super) num_attention_heads: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) vocab_size: usize,
}

/// The base model's tensors, by their Hugging Face names.
pub(super) struct Tensors<'a>(pub(super) SafeTensors<'a>);

impl Tensors<'_> {
    pub(super) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = (self.0.tensor(name))
            .or_else(|_| self.0.tensor(&format!("bert.{name}")))
            .with_context(|| format!("model.safetensors has no tensor {name}"))?;
        ensure!(
            tensor.dtype() == safetensors::Dtype::F32 && tensor.shape() == shape,
            "tensor {name} is {:?} {:?}, where F32 {shape:?} belongs",
            tensor.dtype(),
            tensor.shape(),
        );
        let values: Vec<f32> = tensor
            .data()
            .chunks_exact(4)
            .map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]))
            .collect();
        ensure!(
            values.iter().all(|value| value.is_finite()),
            "tensor {name} holds a NaN or an infinity"
        );
        Ok(values)
    }

    pub(super) fn norm(&self, name: &str, dim: usize) -> Result<NormParts> {
        let gamma = self.read(&format!("{name}.weight"), &[dim])?;
        Ok(NormParts {
            gamma,
            beta: self.read(&format!("{name}.bias"), &[dim])?,
        })
    }

    pub(super) fn dense(&self, name: &str, n: usize, k: usize) -> Result<Dense> {
        let weights = self.read(&format!("{name}.weight"), &[n, k])?;
        Ok(Dense {
            weights,
            bias: self.read(&format!("{name}.bias"), &[n])?,
            k,
        })
    }
}

/// A linear layer in f32.
pub(super) struct Dense {
    /// `[n, k]`, row-major.
    pub(super) weights: Vec<f32>,
    /// `[n]`.
    pub(super) bias: Vec<f32>,
    pub(super) k: usize,
}

impl Dense {
    /// The last `n` outputs alone.
    pub(super) fn last(&self, n: usize) -> Self {
        let from = self.bias.len() - n;
        Self {
            weights: self.weights[from * self.k..].to_vec(),
            bias: self.bias[from..].to_vec(),
            k: self.k,
        }
    }
}
