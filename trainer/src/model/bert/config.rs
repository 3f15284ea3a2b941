//! `config.json` of a BERT encoder, and the tensors that follow from it.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::model::lora::Target;

/// The fields of `config.json` that shape the encoder; the others are not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BertConfig {
    /// Architecture: `bert`.
    #[serde(default = "bert")]
    pub model_type: String,
    /// Rows of the word table.
    pub vocab_size: usize,
    /// Length of an embedding.
    pub hidden_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Heads of attention a block.
    pub num_attention_heads: usize,
    /// Width between the two products of the feed-forward part.
    pub intermediate_size: usize,
    /// Activation: `gelu`.
    #[serde(default = "gelu")]
    pub hidden_act: String,
    /// Tokens that a text may have.
    pub max_position_embeddings: usize,
    /// Types of text.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// Added to a variance.
    #[serde(default = "tiny")]
    pub layer_norm_eps: f64,
}

fn bert() -> String {
    "bert".to_owned()
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn two() -> usize {
    2
}

fn tiny() -> f64 {
    1e-12
}

impl BertConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// Where it is none of a BERT encoder.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let config: Self = serde_json::from_slice(json).context("no configuration of BERT")?;
        ensure!(
            config.model_type == "bert",
            "an encoder of type {:?}: only \"bert\" can be trained so far",
            config.model_type
        );
        ensure!(
            config.hidden_act == "gelu",
            "the activation {:?}: only \"gelu\" is known",
            config.hidden_act
        );
        ensure!(
            config.num_attention_heads > 0
                && config
                    .hidden_size
                    .is_multiple_of(config.num_attention_heads),
            "{} heads do not divide a width of {}",
            config.num_attention_heads,
            config.hidden_size
        );
        Ok(config)
    }
}

/// Names and shapes of the encoder's tensors; queries, keys and values of a block stand together.
pub(crate) fn tensors(config: &BertConfig) -> Vec<(String, Vec<usize>)> {
    let width = config.hidden_size;
    let mut tensors = vec![
        (super::WORDS.to_owned(), vec![config.vocab_size, width]),
        (
            super::POSITIONS.to_owned(),
            vec![config.max_position_embeddings, width],
        ),
        (super::TYPES.to_owned(), vec![config.type_vocab_size, width]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![width]),
        ("embeddings.LayerNorm.bias".to_owned(), vec![width]),
    ];
    for layer in 0..config.num_hidden_layers {
        let qkv = [Target::Query, Target::Key, Target::Value];
        for target in qkv {
            let (out, inner) = target.shape(config);
            tensors.push((format!("{}.weight", target.module(layer)), vec![out, inner]));
        }
        for target in qkv {
            tensors.push((format!("{}.bias", target.module(layer)), vec![width]));
        }
        for target in [
            Target::AttentionOutput,
            Target::Intermediate,
            Target::Output,
        ] {
            let (out, inner) = target.shape(config);
            let module = target.module(layer);
            tensors.push((format!("{module}.weight"), vec![out, inner]));
            tensors.push((format!("{module}.bias"), vec![out]));
        }
        for norm in ["attention.output", "output"] {
            for part in ["weight", "bias"] {
                tensors.push((
                    format!("encoder.layer.{layer}.{norm}.LayerNorm.{part}"),
                    vec![width],
                ));
            }
        }
    }
    tensors
}

/// The block that a tensor belongs to; the embeddings belong to none.
pub(crate) fn layer_of(name: &str) -> Option<usize> {
    let rest = name.strip_prefix("encoder.layer.")?;
    rest.split('.').next()?.parse().ok()
}
