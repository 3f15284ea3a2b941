//! BERT with mean pooling (all-MiniLM-L6-v2 and its kin), with an explicit backward step.
//!
//! Its forward step is that of candle-transformers' `BertModel`, which judges it in tests; its gradients
//! are judged by the same encoder on candle's differentiable primitives, and by finite differences.

mod assemble;
mod attention;
mod config;
mod layer;
#[cfg(test)]
mod reference;
#[cfg(test)]
pub(crate) mod tests;

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor};

use self::assemble::{fused, linear, sources};
use self::attention::Attention;
use self::layer::{Layer, Norm, SavedLayer};
use super::lora::{self, LoraConfig, Target};
use super::ops::{AddColumns, AddRowsAt, ColumnSum, Dropout, MeanPool, MeanPoolBackward, mix};
use super::parameters::{Parameters, Source, Weight};
use super::weights::StoredWeights;
use super::{Encoder, PackedBatch, Randomness};
use crate::config::Precision;

pub use config::BertConfig;

/// What of an encoder is trained, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tuning {
    /// Low-rank adapters in place of the weights themselves.
    pub lora: Option<LoraConfig>,
    /// Leaves the tables of words, positions and types as they are.
    pub freeze_embeddings: bool,
    /// Leaves so many of the first layers as they are.
    pub frozen_layers: usize,
    /// Share that training drops of embeddings, attention weights and layer results.
    pub dropout: f32,
    /// Seed of an adapter's first weights.
    pub seed: u64,
    /// What matrix products multiply.
    pub precision: Precision,
}

/// The encoder.
#[derive(Debug)]
pub struct Bert {
    config: BertConfig,
    tuning: Tuning,
    parameters: Parameters,
    stored: StoredWeights,
    embeddings: Embeddings,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Embeddings {
    words: Weight,
    positions: Weight,
    /// `[types, width]`; every token is of the first.
    types: Weight,
    norm: Norm,
    dropout: f32,
}

/// What a backward pass needs of its forward pass.
#[derive(Debug)]
pub struct Saved {
    batch: PackedBatch,
    random: Randomness,
    embedding_sum: Tensor,
    layers: Vec<SavedLayer>,
}

/// Number of the embeddings among the places that draw masks; layers count from 0.
const EMBEDDINGS: usize = usize::MAX;

const WORDS: &str = "embeddings.word_embeddings.weight";
const POSITIONS: &str = "embeddings.position_embeddings.weight";
const TYPES: &str = "embeddings.token_type_embeddings.weight";

impl Bert {
    /// Puts an encoder together; `more` are tensors that are trained with it, such as a head's.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape, or the tuning does not fit.
    pub fn new(
        config: BertConfig,
        stored: StoredWeights,
        tuning: Tuning,
        more: Vec<Source>,
        device: &Device,
    ) -> Result<Self> {
        ensure!(
            tuning.frozen_layers <= config.num_hidden_layers,
            "{} layers are to be frozen, but the encoder has {}",
            tuning.frozen_layers,
            config.num_hidden_layers
        );
        let mut sources = sources(&config, &stored, &tuning)?;
        sources.extend(more);
        let parameters = Parameters::new(sources, device)?;
        let epsilon = config.layer_norm_eps as f32;
        let norm = |name: &str| -> Result<Norm> {
            Ok(Norm {
                gamma: parameters.weight(&format!("{name}.weight"))?,
                beta: parameters.weight(&format!("{name}.bias"))?,
                epsilon,
            })
        };
        let embeddings = Embeddings {
            words: parameters.weight(WORDS)?,
            positions: parameters.weight(POSITIONS)?,
            types: parameters.weight(TYPES)?,
            norm: norm("embeddings.LayerNorm")?,
            dropout: tuning.dropout,
        };
        let layers = (0..config.num_hidden_layers)
            .map(|number| {
                let block = format!("encoder.layer.{number}");
                Ok(Layer {
                    number,
                    qkv: fused(&config, &parameters, &tuning, number)?,
                    attention: Attention {
                        n_heads: config.num_attention_heads,
                        head_width: config.hidden_size / config.num_attention_heads,
                        dropout: tuning.dropout,
                        precision: tuning.precision,
                    },
                    attention_output: linear(
                        &parameters,
                        &tuning,
                        number,
                        Target::AttentionOutput,
                    )?,
                    attention_norm: norm(&format!("{block}.attention.output.LayerNorm"))?,
                    intermediate: linear(&parameters, &tuning, number, Target::Intermediate)?,
                    output: linear(&parameters, &tuning, number, Target::Output)?,
                    output_norm: norm(&format!("{block}.output.LayerNorm"))?,
                    dropout: tuning.dropout,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            config,
            tuning,
            parameters,
            stored,
            embeddings,
            layers,
        })
    }

    /// Shape of the encoder.
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// What of it is trained.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    fn embedded(&self, batch: &PackedBatch) -> Result<Tensor> {
        let e = &self.embeddings;
        let x = e.words.tensor.index_select(&batch.id_tensor, 0)?;
        let positions = e.positions.tensor.index_select(&batch.position_tensor, 0)?;
        x.inplace_op2(&positions, &AddColumns { at: 0, scale: 1.0 })?;
        x.inplace_op2(&e.types.tensor.get(0)?, &super::ops::AddBias)?;
        Ok(x)
    }

    fn embedding_mask(&self, random: Option<Randomness>) -> Option<Dropout> {
        let random = random.filter(|_| self.embeddings.dropout > 0.0)?;
        Some(Dropout {
            share: self.embeddings.dropout,
            key: mix(random.key(EMBEDDINGS, 0)),
        })
    }

    fn check(&self, batch: &PackedBatch) -> Result<()> {
        let longest = batch
            .positions
            .iter()
            .max()
            .map_or(0, |&at| at as usize + 1);
        ensure!(
            longest <= self.config.max_position_embeddings,
            "a text of {longest} tokens, but the encoder has {} positions: lower max_tokens",
            self.config.max_position_embeddings
        );
        Ok(())
    }

    /// Whether anything below layer `number` is trained, so that its input's gradient is wanted.
    fn is_trained_below(&self, number: usize) -> bool {
        let e = &self.embeddings;
        let tables = [&e.words, &e.positions, &e.types];
        tables.iter().any(|weight| weight.slot.is_some())
            || e.norm.is_trained()
            || self.layers[..number].iter().any(Layer::is_trained)
    }
}

impl Encoder for Bert {
    type Saved = Saved;

    fn width(&self) -> usize {
        self.config.hidden_size
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn embed(&self, batch: &PackedBatch) -> Result<Tensor> {
        self.check(batch)?;
        let mut x = self.embeddings.norm.forward(&self.embedded(batch)?)?;
        for layer in &self.layers {
            x = layer.forward(&x, batch, None)?.0;
        }
        Ok(x.apply_op1_no_bwd(&MeanPool {
            borders: batch.borders.clone(),
        })?)
    }

    fn forward(&self, batch: &PackedBatch, random: Randomness) -> Result<(Tensor, Saved)> {
        self.check(batch)?;
        let embedding_sum = self.embedded(batch)?;
        let mut x = self.embeddings.norm.forward(&embedding_sum)?;
        if let Some(dropout) = self.embedding_mask(Some(random)) {
            x.inplace_op1(&dropout)?;
        }
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (y, saved) = layer.forward(&x, batch, Some(random))?;
            layers.push(saved);
            x = y;
        }
        let pooled = x.apply_op1_no_bwd(&MeanPool {
            borders: batch.borders.clone(),
        })?;
        let saved = Saved {
            batch: batch.clone(),
            random,
            embedding_sum,
            layers,
        };
        Ok((pooled, saved))
    }

    fn backward(&self, mut saved: Saved, d: &Tensor) -> Result<()> {
        let gradients = self.parameters.gradients();
        let (batch, random) = (&saved.batch, Some(saved.random));
        let mut d = d.contiguous()?.apply_op1_no_bwd(&MeanPoolBackward {
            borders: batch.borders.clone(),
        })?;
        for layer in self.layers.iter().rev() {
            let kept = saved.layers.pop().context("a layer was saved twice")?;
            let wanted = self.is_trained_below(layer.number);
            match layer.backward(&kept, &d, batch, gradients, random, wanted)? {
                Some(of_input) => d = of_input,
                None => return Ok(()),
            }
        }
        if let Some(dropout) = self.embedding_mask(random) {
            d.inplace_op1(&dropout)?;
        }
        let e = &self.embeddings;
        let d = e.norm.backward(&saved.embedding_sum, &d, gradients)?;
        for (table, rows) in [(&e.words, &batch.ids), (&e.positions, &batch.positions)] {
            if let Some(at) = table.slot {
                let rows = rows.clone();
                gradients.inplace_op2(&d, &AddRowsAt { at, rows })?;
            }
        }
        // All tokens are of the first type; the gradients of the others stay zero.
        e.types
            .add_gradient(gradients, || d.apply_op1_no_bwd(&ColumnSum))
    }

    fn merged(&self) -> Result<StoredWeights> {
        let mut stored = self.stored.clone();
        for (name, shape) in config::tensors(&self.config) {
            let mut values = self.parameters.values(&name)?;
            if let Some(lora) = &self.tuning.lora {
                lora.merge(&self.parameters, &name, &shape, &mut values)?;
            }
            stored.set(&name, &shape, &values)?;
        }
        Ok(stored)
    }

    fn adapter(&self) -> Result<Option<(StoredWeights, &LoraConfig)>> {
        let Some(lora) = &self.tuning.lora else {
            return Ok(None);
        };
        let mut stored = StoredWeights::default();
        for (name, shape) in self.parameters.trained() {
            if lora::is_adapter(name) {
                stored.set(name, shape, &self.parameters.values(name)?)?;
            }
        }
        Ok(Some((stored, lora)))
    }
}
