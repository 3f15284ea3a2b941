//! From a config to the encoder that it trains.

use std::path::Path;

use anyhow::{Context as _, Result};
use candle_core::Device;
use ingest::model_files::ModelFiles;

use super::prototypes;
use crate::config::{Config, Method};
use crate::data::Corpus;
use crate::model::bert::{Bert, BertConfig, Tuning};
use crate::model::weights::StoredWeights;

/// The encoder of a config, with the prototypes that its loss trains along.
pub(super) fn encoder(
    config: &Config,
    files: &ModelFiles,
    corpus: &Corpus,
    device: &Device,
) -> Result<Bert> {
    let tuning = Tuning {
        lora: (config.model.method == Method::Lora).then(|| config.model.lora.clone()),
        freeze_embeddings: config.model.freeze_embeddings,
        frozen_layers: config.model.frozen_layers,
        dropout: config.model.dropout as f32,
        precision: config.compute.precision,
    };
    let encoder = open_encoder(&files.weights, &files.config, tuning.clone(), device)?;
    if config.loss.classification == 0.0 {
        return Ok(encoder);
    }
    let first = prototypes::first(&encoder, corpus, config)?;
    drop(encoder);
    let (parsed, stored) = read(&files.weights, &files.config)?;
    Bert::new(parsed, stored, tuning, vec![first], device)
}

/// Opens an encoder from `model.safetensors` and `config.json`.
///
/// # Errors
/// Where one of them is missing, damaged or no BERT encoder.
pub fn open_encoder(
    weights: &Path,
    config: &Path,
    tuning: Tuning,
    device: &Device,
) -> Result<Bert> {
    let (parsed, stored) = read(weights, config)?;
    Bert::new(parsed, stored, tuning, Vec::new(), device)
        .with_context(|| format!("in {}", weights.display()))
}

fn read(weights: &Path, config: &Path) -> Result<(BertConfig, StoredWeights)> {
    let json = std::fs::read(config).with_context(|| format!("reading {}", config.display()))?;
    let parsed = BertConfig::parse(&json).with_context(|| format!("in {}", config.display()))?;
    Ok((parsed, StoredWeights::read(weights)?))
}
