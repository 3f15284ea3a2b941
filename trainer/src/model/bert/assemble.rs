//! Puts an encoder's parts together from stored tensors: what of them is trained, and where adapters stand.

use anyhow::{Result, ensure};

use super::{BertConfig, Tuning, config};
use crate::model::linear::Linear;
use crate::model::lora::{Adapter, LoraConfig, Target};
use crate::model::parameters::{Parameters, Source};
use crate::model::weights::StoredWeights;

/// The tensors of the encoder in the order of the arenas, then adapters.
pub(super) fn sources(
    config: &BertConfig,
    stored: &StoredWeights,
    tuning: &Tuning,
) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for (name, shape) in config::tensors(config) {
        let (found, values) = stored.numbers(&name)?;
        ensure!(
            found == shape,
            "{name} has the shape {found:?}, not {shape:?}"
        );
        let frozen = match config::layer_of(&name) {
            Some(layer) => layer < tuning.frozen_layers,
            None => tuning.freeze_embeddings || tuning.frozen_layers > 0,
        };
        // The second type is never used, so that it would not learn; the first learns as a position does.
        let trainable = tuning.lora.is_none() && !frozen;
        sources.push(Source {
            name,
            shape,
            values,
            trainable,
        });
    }
    if let Some(lora) = &tuning.lora {
        let layers = tuning.frozen_layers..config.num_hidden_layers;
        for layer in layers {
            for &target in &lora.targets {
                sources.extend(lora.sources(layer, target, target.shape(config), tuning.seed));
            }
        }
    }
    Ok(sources)
}

fn adapters(
    parameters: &Parameters,
    tuning: &Tuning,
    layer: usize,
    targets: &[(Target, usize)],
) -> Result<Vec<Adapter>> {
    let Some(lora) = &tuning.lora else {
        return Ok(Vec::new());
    };
    let chosen = targets
        .iter()
        .filter(|(target, _)| layer >= tuning.frozen_layers && lora.targets.contains(target));
    chosen
        .map(|&(target, at)| {
            Ok(Adapter {
                a: parameters.weight(&LoraConfig::name(layer, target, 'A'))?,
                b: parameters.weight(&LoraConfig::name(layer, target, 'B'))?,
                at,
                scale: lora.scale() as f32,
                dropout: lora.dropout as f32,
            })
        })
        .collect()
}

pub(super) fn linear(
    parameters: &Parameters,
    tuning: &Tuning,
    layer: usize,
    target: Target,
) -> Result<Linear> {
    let name = target.module(layer);
    Ok(Linear {
        weight: parameters.weight(&format!("{name}.weight"))?,
        bias: parameters.weight(&format!("{name}.bias"))?,
        adapters: adapters(parameters, tuning, layer, &[(target, 0)])?,
        precision: tuning.precision,
    })
}

/// Queries, keys and values as one product.
pub(super) fn fused(
    config: &BertConfig,
    parameters: &Parameters,
    tuning: &Tuning,
    layer: usize,
) -> Result<Linear> {
    let width = config.hidden_size;
    let parts = [Target::Query, Target::Key, Target::Value];
    let names = |what: &str| parts.map(|part| format!("{}.{what}", part.module(layer)));
    let (weights, biases) = (names("weight"), names("bias"));
    let weights = weights.each_ref().map(String::as_str);
    let biases = biases.each_ref().map(String::as_str);
    let places = [0, width, 2 * width];
    let targets: Vec<_> = parts.into_iter().zip(places).collect();
    Ok(Linear {
        weight: parameters.span(&weights, &[3 * width, width])?,
        bias: parameters.span(&biases, &[3 * width])?,
        adapters: adapters(parameters, tuning, layer, &targets)?,
        precision: tuning.precision,
    })
}
