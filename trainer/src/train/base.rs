//! From a config to the encoder that it trains.

use std::path::Path;

use anyhow::{Context as _, Result};
use candle_core::Device;
use ingest::model_files::ModelFiles;

use super::{PROTOTYPES, prototypes};
use crate::config::{Config, Method};
use crate::data::Corpus;
use crate::model::bert::{Bert, BertConfig, Tuning};
use crate::model::weights::StoredWeights;
use crate::model::{Encoder as _, Source};

/// The encoder of a config, with the prototypes that its loss trains along.
pub(super) fn encoder(
    config: &Config,
    files: &ModelFiles,
    corpus: &Corpus,
    device: &Device,
) -> Result<Bert> {
    let tuning = tuning(config);
    let encoder = open_encoder(&files.weights, &files.config, tuning.clone(), device)?;
    if config.loss.classification == 0.0 {
        return Ok(encoder);
    }
    let first = prototypes::first(&encoder, corpus, config)?;
    drop(encoder);
    let (parsed, stored) = read(&files.weights, &files.config)?;
    Bert::new(parsed, stored, tuning, vec![first], device)
}

/// The base encoder with nothing to train, where the loss keeps embeddings near it or learns from it: read anew, so that a run
/// that goes on has the same one.
pub(super) fn anchor(config: &Config, files: &ModelFiles, device: &Device) -> Result<Option<Bert>> {
    if config.loss.anchor == 0.0 && config.loss.distillation == 0.0 {
        return Ok(None);
    }
    let (parsed, stored) = read(&files.weights, &files.config)?;
    let tuning = Tuning {
        freeze_embeddings: true,
        frozen_layers: parsed.num_hidden_layers,
        // Rounded as the trained one: at the first step the two agree.
        precision: config.compute.precision,
        ..Tuning::default()
    };
    let anchor = Bert::new(parsed, stored, tuning, Vec::new(), device)?;
    tracing::info!(
        "a second encoder stays as it is: {} more weights in memory, none of them trained",
        anchor.parameters().n_all()
    );
    Ok(Some(anchor))
}

/// The encoder of a config with room for a checkpoint of `n` trained numbers: what those beyond the
/// encoder's own are, prototypes, is not used.
pub(super) fn for_checkpoint(
    config: &Config,
    files: &ModelFiles,
    n: usize,
    device: &Device,
) -> Result<Bert> {
    let encoder = open_encoder(&files.weights, &files.config, tuning(config), device)?;
    let own = encoder.parameters().n_trainable();
    if n <= own {
        return Ok(encoder);
    }
    let (parsed, stored) = read(&files.weights, &files.config)?;
    let beyond = Source {
        name: PROTOTYPES.to_owned(),
        shape: vec![n - own],
        values: vec![0.0; n - own],
        trainable: true,
    };
    Bert::new(parsed, stored, tuning(config), vec![beyond], device)
}

fn tuning(config: &Config) -> Tuning {
    Tuning {
        lora: (config.model.method == Method::Lora).then(|| config.model.lora.clone()),
        freeze_embeddings: config.model.freeze_embeddings,
        frozen_layers: config.model.frozen_layers,
        dropout: config.model.dropout as f32,
        seed: config.seed,
        precision: config.compute.precision,
    }
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
