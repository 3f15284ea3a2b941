//! Low-rank adapters (Hu et al. 2021, arXiv:2106.09685): `W + (α/r) · B·A` in place of `W`, of which
//! only `A` and `B` are trained.

use anyhow::Result;
use candle_core::Tensor;
use ingest::model_files::add_product;
use serde::{Deserialize, Serialize};

use super::bert::BertConfig;
use super::ops::{AddColumns, Dropout, mix};
use super::parameters::{Parameters, Source, Weight};

/// Whether a tensor is part of an adapter.
pub(crate) fn is_adapter(name: &str) -> bool {
    name.starts_with(PEFT)
}

/// What PEFT puts before a module's name.
const PEFT: &str = "base_model.model.";

/// An adapter of some columns of a matrix product's result.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// `A`: `[rank, in]`.
    pub(crate) a: Weight,
    /// `B`: `[columns, rank]`; zero at the start, so that the model begins as it was.
    pub(crate) b: Weight,
    /// First column that it adds to.
    pub(crate) at: usize,
    /// `α / r`.
    pub(crate) scale: f32,
    /// Share of its inputs that training drops.
    pub(crate) dropout: f32,
}

impl Adapter {
    /// `y[:, at..] += scale · (x·Aᵀ)·Bᵀ`.
    pub(crate) fn forward(&self, x: &Tensor, y: &Tensor, key: Option<u64>) -> Result<()> {
        let inner = self.dropped(x, key)?.matmul(&self.a.tensor.t()?)?;
        let part = inner.matmul(&self.b.tensor.t()?)?;
        let add = AddColumns {
            at: self.at,
            scale: self.scale,
        };
        Ok(y.inplace_op2(&part, &add)?)
    }

    /// Adds to the gradients of `A` and `B`; gives its part of the gradient of `x`.
    pub(crate) fn backward(
        &self,
        x: &Tensor,
        d: &Tensor,
        gradients: &Tensor,
        key: Option<u64>,
        wanted: bool,
    ) -> Result<Option<Tensor>> {
        let n_columns = self.b.tensor.dim(0)?;
        let d = (d.narrow(1, self.at, n_columns)?.contiguous()? * f64::from(self.scale))?;
        let x = self.dropped(x, key)?;
        let of_inner = d.matmul(&self.b.tensor)?;
        self.a
            .add_gradient(gradients, || of_inner.t()?.matmul(&x))?;
        self.b
            .add_gradient(gradients, || d.t()?.matmul(&x.matmul(&self.a.tensor.t()?)?))?;
        if !wanted {
            return Ok(None);
        }
        let of_x = of_inner.matmul(&self.a.tensor)?;
        if let Some(dropout) = self.dropout(key) {
            of_x.inplace_op1(&dropout)?;
        }
        Ok(Some(of_x))
    }

    /// `x` as the adapter sees it.
    fn dropped(&self, x: &Tensor, key: Option<u64>) -> Result<Tensor> {
        let Some(dropout) = self.dropout(key) else {
            return Ok(x.clone());
        };
        let x = x.copy()?;
        x.inplace_op1(&dropout)?;
        Ok(x)
    }

    fn dropout(&self, key: Option<u64>) -> Option<Dropout> {
        let key = key.filter(|_| self.dropout > 0.0)?;
        Some(Dropout {
            share: self.dropout,
            // The adapters of one product each draw their own mask.
            key: key ^ (self.at as u64 + 1) << 32,
        })
    }
}

/// Which products get adapters, and of what size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoraConfig {
    /// `r`: rows of `A`.
    pub rank: usize,
    /// `α`: the product of the two is scaled by `α / r`.
    pub alpha: f64,
    /// Share of an adapter's inputs that training drops.
    pub dropout: f64,
    /// Products with an adapter.
    pub targets: Vec<Target>,
}

impl Default for LoraConfig {
    fn default() -> Self {
        Self {
            rank: 8,
            alpha: 16.0,
            dropout: 0.0,
            targets: vec![Target::Query, Target::Value],
        }
    }
}

/// A matrix product of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Queries of attention.
    Query,
    /// Keys of attention.
    Key,
    /// Values of attention.
    Value,
    /// What follows attention.
    AttentionOutput,
    /// First product of the feed-forward part.
    Intermediate,
    /// Second product of the feed-forward part.
    Output,
}

impl Target {
    /// Its module in block `layer`, as Hugging Face names it.
    pub(crate) fn module(self, layer: usize) -> String {
        format!("encoder.layer.{layer}.{}", self.suffix())
    }

    /// Its module within a block.
    fn suffix(self) -> String {
        let module = match self {
            Self::Query => "attention.self.query",
            Self::Key => "attention.self.key",
            Self::Value => "attention.self.value",
            Self::AttentionOutput => "attention.output.dense",
            Self::Intermediate => "intermediate.dense",
            Self::Output => "output.dense",
        };
        module.to_owned()
    }

    /// `(out, in)` of its matrix.
    pub(crate) fn shape(self, config: &BertConfig) -> (usize, usize) {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        match self {
            Self::Intermediate => (inner, width),
            Self::Output => (width, inner),
            _ => (width, width),
        }
    }

    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Query,
        Self::Key,
        Self::Value,
        Self::AttentionOutput,
        Self::Intermediate,
        Self::Output,
    ];
}

impl LoraConfig {
    /// What an adapter's product is multiplied by: `α / r`.
    pub fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    /// `adapter_config.json`.
    pub(crate) fn description(&self) -> serde_json::Value {
        let modules: Vec<String> = self.targets.iter().map(|target| target.suffix()).collect();
        serde_json::json!({
            "peft_type": "LORA",
            "task_type": "FEATURE_EXTRACTION",
            "base_model_name_or_path": "sentence-transformers/all-MiniLM-L6-v2",
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "target_modules": modules,
            "bias": "none",
            "inference_mode": true,
        })
    }

    /// The name of an adapter's matrix, as PEFT writes it.
    pub(crate) fn name(layer: usize, target: Target, matrix: char) -> String {
        format!("{PEFT}{}.lora_{matrix}.weight", target.module(layer))
    }

    /// The two matrices of an adapter as training begins: `A` uniform within `±1/√in` (what
    /// PEFT's Kaiming draw with `a = √5` comes to), `B` zero.
    pub(crate) fn sources(
        &self,
        layer: usize,
        target: Target,
        (out, inner): (usize, usize),
        seed: u64,
    ) -> [Source; 2] {
        let bound = 1.0 / (inner as f32).sqrt();
        let key = mix(mix(mix(seed) ^ layer as u64) ^ target as u64);
        let draw = |at: usize| {
            let unit = (mix(key ^ mix(at as u64)) >> 40) as f32 / (1_u64 << 24) as f32;
            bound * (2.0 * unit - 1.0)
        };
        [
            Source {
                name: Self::name(layer, target, 'A'),
                shape: vec![self.rank, inner],
                values: (0..self.rank * inner).map(draw).collect(),
                trainable: true,
            },
            Source {
                name: Self::name(layer, target, 'B'),
                shape: vec![out, self.rank],
                values: vec![0.0; out * self.rank],
                trainable: true,
            },
        ]
    }

    /// Adds `(α/r) · B·A` to the weight `name`, `[out, in]`, where it has an adapter.
    ///
    /// # Errors
    /// Where the device fails.
    pub(crate) fn merge(
        &self,
        parameters: &Parameters,
        name: &str,
        shape: &[usize],
        values: &mut [f32],
    ) -> Result<()> {
        let module = name.strip_suffix(".weight").unwrap_or(name);
        let [a, b] = ['A', 'B'].map(|matrix| format!("{PEFT}{module}.lora_{matrix}.weight"));
        if !parameters.has(&a) || !name.ends_with(".weight") {
            return Ok(());
        }
        let (a, b) = (parameters.values(&a)?, parameters.values(&b)?);
        add_product(&a, &b, self.scale(), shape[1], values);
        Ok(())
    }
}
