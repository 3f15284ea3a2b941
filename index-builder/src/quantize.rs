//! Base encoder (Hugging Face files) → model artifact in int8.
//!
//! Weights take one symmetric scale an output. Activations are quantized per token at run time; to
//! spare them their outlier channels, each input channel is divided by a smoothing factor that its
//! weights absorb (SmoothQuant, Xiao et al. 2022, arXiv:2211.10438). How far a channel reaches is
//! seen on a fixed set of texts: a first model, smoothed by what the weights alone suggest
//! (`Bounds`), embeds them, and the second one is smoothed by what was observed. Both passes run
//! our own int8 encoder, whose bits no machine changes, so the same base gives the same bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use safetensors::SafeTensors;
use serde::Deserialize;
use shared::artifact::{
    Architecture, ByteRows, LayerParts, LinearParts, ModelMeta, ModelParts, NormParts, Pooling,
};
use shared::encoder::{Input, Site, Watch};
use shared::tokenizer::TokenizerParts;
use shared::{Encoder, Model, Sha256};

/// Share of the quantization difficulty that moves from activations to weights.
const SMOOTHING: f64 = 0.65;
/// Standard deviations that an activation is expected to reach.
const REACH: f64 = 3.0;

/// What `config.json` says of a BERT encoder.
#[derive(Debug, Deserialize)]
struct Config {
    hidden_act: String,
    hidden_size: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    max_position_embeddings: usize,
    model_type: String,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    vocab_size: usize,
}

/// What the artifact's META says beyond the base model's files.
#[derive(Debug, Clone)]
pub struct Description {
    /// Name, such as `all-MiniLM-L6-v2`.
    pub name: String,
    /// Licence of the weights.
    pub licence: String,
    /// Who made the weights.
    pub attribution: String,
    /// Tokens that are embedded.
    pub max_tokens: usize,
}

/// The base encoder's files, in memory.
#[derive(Debug, Clone, Copy)]
pub struct BaseFiles<'a> {
    /// `model.safetensors`, f32.
    pub weights: &'a [u8],
    /// `config.json`.
    pub config: &'a [u8],
    /// `tokenizer.json`.
    pub tokenizer: &'a [u8],
}

/// Quantizes a BERT encoder.
///
/// # Errors
/// Where the files are no BERT encoder with GELU, or a tensor is missing or has another shape.
pub fn quantize(base: BaseFiles, description: &Description) -> Result<ModelParts> {
    let first = quantize_with(base, description, None)?;
    let reach = observe(&first)?;
    quantize_with(base, description, Some(&reach))
}

/// The texts that the reach of channels is observed on. Other texts make another model, to which
/// no fitted classifier and no built index belongs.
const CALIBRATION: &str = include_str!("calibration.txt");

/// How far each input channel of each linear layer reaches from zero.
type Reach = BTreeMap<Site, Vec<f64>>;

/// The reach of every channel over the calibration texts.
fn observe(parts: &ModelParts) -> Result<Reach> {
    let bytes = parts.to_bytes();
    let model =
        Model::parse(bytes, Sha256::default()).context("the model's first pass does not open")?;
    let mut encoder = Encoder::new(Arc::new(model));
    let mut watch = Observed {
        layers: &parts.layers,
        reach: Reach::new(),
    };
    for text in CALIBRATION.lines() {
        encoder.embed_watched(text, &mut watch)?;
    }
    Ok(watch.reach)
}

/// Keeps the reach of what passes by.
struct Observed<'a> {
    layers: &'a [LayerParts],
    reach: Reach,
}

impl Watch for Observed<'_> {
    fn entering(&mut self, site: Site, values: &[f32]) {
        let layer = &self.layers[site.layer];
        let k = match site.input {
            Input::Qkv => &layer.qkv,
            Input::Out => &layer.out,
            Input::Up => &layer.up,
            Input::Down => &layer.down,
        }
        .multiplier
        .len();
        let channels = self.reach.entry(site).or_insert_with(|| vec![0.0; k]);
        for row in values.chunks_exact(k) {
            for (channel, &x) in channels.iter_mut().zip(row) {
                *channel = channel.max(f64::from(x).abs());
            }
        }
    }
}

/// One pass: smoothed by the observed reach, or by the weights' own where none was observed yet.
fn quantize_with(
    base: BaseFiles,
    description: &Description,
    observed: Option<&Reach>,
) -> Result<ModelParts> {
    let config: Config =
        serde_json::from_slice(base.config).context("config.json is not a BERT configuration")?;
    ensure!(
        config.model_type == "bert" && config.hidden_act == "gelu",
        "config.json: model_type {:?} with hidden_act {:?}; this build quantizes \"bert\" with \"gelu\"",
        config.model_type,
        config.hidden_act,
    );
    ensure!(
        description.max_tokens <= config.max_position_embeddings,
        "{} tokens wanted, but the model has {} positions",
        description.max_tokens,
        config.max_position_embeddings,
    );
    let tensors = Tensors(SafeTensors::deserialize(base.weights).context("model.safetensors")?);
    let (dim, feed_forward) = (config.hidden_size, config.intermediate_size);

    let words = tensors.read(
        "embeddings.word_embeddings.weight",
        &[config.vocab_size, dim],
    )?;
    let mut positions = tensors.read(
        "embeddings.position_embeddings.weight",
        &[config.max_position_embeddings, dim],
    )?;
    positions.truncate(description.max_tokens * dim);
    let types = tensors.read("embeddings.token_type_embeddings.weight", &[2, dim])?;
    for row in positions.chunks_exact_mut(dim) {
        for (position, kind) in row.iter_mut().zip(&types) {
            *position += kind;
        }
    }
    let embedding_norm = tensors.norm("embeddings.LayerNorm", dim)?;

    let head_scale = 1.0 / ((dim / config.num_attention_heads) as f64).sqrt();
    let mut layers = Vec::with_capacity(config.num_hidden_layers);
    let mut entering = Bounds::of_norm(&embedding_norm);
    for at in 0..config.num_hidden_layers {
        let reach = |input: Input, guess: &Bounds| match observed
            .and_then(|all| all.get(&Site { layer: at, input }))
        {
            Some(seen) => seen.iter().map(|x| x.max(1e-6)).collect(),
            None => guess.reach(),
        };
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let mut query = tensors.dense(&name("attention.self.query"), dim, dim)?;
        for value in query.weights.iter_mut().chain(&mut query.bias) {
            *value = (f64::from(*value) * head_scale) as f32;
        }
        let key = tensors.dense(&name("attention.self.key"), dim, dim)?;
        let value = tensors.dense(&name("attention.self.value"), dim, dim)?;
        let attended = entering.through(&value);
        let mut qkv = query;
        for part in [key, value] {
            qkv.weights.extend(part.weights);
            qkv.bias.extend(part.bias);
        }
        let out = tensors.dense(&name("attention.output.dense"), dim, dim)?;
        let attention_norm = tensors.norm(&name("attention.output.LayerNorm"), dim)?;
        let between = Bounds::of_norm(&attention_norm);
        let up = tensors.dense(&name("intermediate.dense"), feed_forward, dim)?;
        let activated = between.through(&up).after_gelu();
        let down = tensors.dense(&name("output.dense"), dim, feed_forward)?;
        let output_norm = tensors.norm(&name("output.LayerNorm"), dim)?;
        layers.push(LayerParts {
            qkv: qkv.quantize(&reach(Input::Qkv, &entering)),
            out: out.quantize(&reach(Input::Out, &attended)),
            up: up.quantize(&reach(Input::Up, &between)),
            down: down.quantize(&reach(Input::Down, &activated)),
            attention_norm,
            output_norm: output_norm.clone(),
        });
        entering = Bounds::of_norm(&output_norm);
    }
    let meta = ModelMeta {
        name: description.name.clone(),
        licence: description.licence.clone(),
        attribution: format!("{}; quantized to int8 by Offprint", description.attribution),
        base_sha256: Sha256::of(base.weights),
        document_template: "{title}. {abstract}".into(),
        query_template: "{query}".into(),
        max_tokens: description.max_tokens,
        pooling: Pooling::Mean,
        normalize: true,
        widths: vec![dim],
        architecture: Architecture {
            layers: config.num_hidden_layers,
            dim,
            heads: config.num_attention_heads,
            feed_forward,
            vocabulary: config.vocab_size,
            layer_norm_eps: config.layer_norm_eps,
        },
    };
    let tokenizer = TokenizerParts::from_json(base.tokenizer).context("tokenizer.json")?;
    let (words, positions) = (byte_rows(&words, dim), byte_rows(&positions, dim));
    Ok(ModelParts {
        meta,
        tokenizer,
        words,
        positions,
        embedding_norm,
        layers,
    })
}

/// The base model's tensors, by their Hugging Face names.
struct Tensors<'a>(SafeTensors<'a>);

impl Tensors<'_> {
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
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

    fn norm(&self, name: &str, dim: usize) -> Result<NormParts> {
        let gamma = self.read(&format!("{name}.weight"), &[dim])?;
        Ok(NormParts {
            gamma,
            beta: self.read(&format!("{name}.bias"), &[dim])?,
        })
    }

    fn dense(&self, name: &str, n: usize, k: usize) -> Result<Dense> {
        let weights = self.read(&format!("{name}.weight"), &[n, k])?;
        Ok(Dense {
            weights,
            bias: self.read(&format!("{name}.bias"), &[n])?,
            k,
        })
    }
}

/// What an activation's channels are expected to look like, from the weights that make them.
struct Bounds {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Bounds {
    /// After layer normalization a channel has mean `beta` and deviation `gamma`, about.
    fn of_norm(norm: &NormParts) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        Self {
            mean: wide(&norm.beta),
            deviation: wide(&norm.gamma),
        }
    }

    /// After a linear layer, channels taken as independent.
    fn through(&self, dense: &Dense) -> Self {
        let rows = || dense.weights.chunks_exact(dense.k);
        let dot = |row: &[f32]| {
            row.iter()
                .zip(&self.mean)
                .map(|(&w, m)| f64::from(w) * m)
                .sum::<f64>()
        };
        let spread = |row: &[f32]| {
            row.iter()
                .zip(&self.deviation)
                .map(|(&w, d)| (f64::from(w) * d).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        Self {
            mean: rows()
                .zip(&dense.bias)
                .map(|(row, &bias)| dot(row) + f64::from(bias))
                .collect(),
            deviation: rows().map(spread).collect(),
        }
    }

    /// After GELU what is far below zero is gone; 0.17 is its deepest value.
    fn after_gelu(self) -> Self {
        let reach = self
            .mean
            .iter()
            .zip(&self.deviation)
            .map(|(m, d)| (m + REACH * d).max(0.17))
            .collect::<Vec<_>>();
        Self {
            deviation: vec![0.0; reach.len()],
            mean: reach,
        }
    }

    /// How far each channel is expected to reach from zero.
    fn reach(&self) -> Vec<f64> {
        let pairs = self.mean.iter().zip(&self.deviation);
        pairs
            .map(|(mean, deviation)| (mean.abs() + REACH * deviation.abs()).max(1e-6))
            .collect()
    }
}

/// A linear layer in f32.
struct Dense {
    /// `[n, k]`, row-major.
    weights: Vec<f32>,
    /// `[n]`.
    bias: Vec<f32>,
    k: usize,
}

impl Dense {
    fn quantize(&self, reach: &[f64]) -> LinearParts {
        let mut largest = vec![1e-6_f64; self.k];
        for row in self.weights.chunks_exact(self.k) {
            for (largest, &w) in largest.iter_mut().zip(row) {
                *largest = largest.max(f64::from(w).abs());
            }
        }
        let factors: Vec<f64> = (0..self.k)
            .map(|at| libm::pow(reach[at], SMOOTHING) / libm::pow(largest[at], 1.0 - SMOOTHING))
            .collect();
        let smoothed: Vec<f32> = self
            .weights
            .chunks_exact(self.k)
            .flat_map(|row| {
                row.iter()
                    .zip(&factors)
                    .map(|(&w, factor)| (f64::from(w) * factor) as f32)
            })
            .collect();
        LinearParts {
            rows: byte_rows(&smoothed, self.k),
            bias: self.bias.clone(),
            multiplier: factors.iter().map(|factor| (1.0 / factor) as f32).collect(),
        }
    }
}

/// Rounds each row of `k` values to int8 with the scale, among some that clip the row's largest
/// values, that leaves the least squared error.
fn byte_rows(values: &[f32], k: usize) -> ByteRows {
    let mut rows = ByteRows::default();
    for row in values.chunks_exact(k) {
        let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let candidates = (0..16).map(|step| largest * (1.0 - 0.02 * step as f32) / 127.0);
        let error = |scale: f32| -> f64 {
            row.iter()
                .map(|&x| f64::from(x - scale * f32::from(round(x, scale))).powi(2))
                .sum()
        };
        let scale = candidates
            .min_by(|a, b| error(*a).total_cmp(&error(*b)))
            .expect("sixteen candidates");
        rows.scales.push(scale);
        rows.values.extend(row.iter().map(|&x| round(x, scale)));
    }
    rows
}

/// Rounds to the nearest step, ties to even: adding 1.5 · 2²³ leaves no room for a fraction.
fn round(x: f32, scale: f32) -> i8 {
    const NO_FRACTION: f32 = 12_582_912.0;
    if scale > 0.0 {
        ((x / scale).clamp(-127.0, 127.0) + NO_FRACTION - NO_FRACTION) as i8
    } else {
        0
    }
}
