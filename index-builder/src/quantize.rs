//! Base encoder (Hugging Face files) → model artifact in int8.
//!
//! Weights take one symmetric scale an output. Activations are quantized per token at run time; to
//! spare them their outlier channels, each input channel is divided by a factor that its weights
//! absorb (`smoothing`). What enters the linear layers is seen on a fixed set of texts
//! (`calibration`): a first model, smoothed by what the weights alone suggest (`bounds`), embeds
//! them; the second one is smoothed by what was observed, and its weights are rounded so that their
//! errors cancel there (`rounding`). Both passes run our own int8 encoder, whose bits no machine
//! changes, so the same base gives the same bytes. The word table takes fewer bits (`words`).

mod base;
mod bounds;
mod calibration;
mod rounding;
mod smoothing;
mod words;

use anyhow::{Context as _, Result, ensure};
use rayon::prelude::*;
use safetensors::SafeTensors;
use shared::Sha256;
use shared::artifact::{
    Architecture, LayerParts, LinearParts, ModelMeta, ModelParts, NormParts, Pooling,
};
use shared::encoder::{Input, Site};
use shared::tokenizer::{Tokenizer, TokenizerParts};

use base::{Config, Dense, Tensors};
use bounds::Bounds;
use calibration::{Calibration, observe};
use rounding::byte_rows;
pub use words::WordBits;

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
pub fn quantize(
    base: BaseFiles,
    description: &Description,
    word_bits: WordBits,
) -> Result<ModelParts> {
    let encoder = BaseEncoder::read(base, description)?;
    let mut parts = encoder.first_pass(base, description, word_bits)?;
    let calibration = observe(&parts)?;
    parts.layers = encoder.second_pass(&calibration)?;
    Ok(parts)
}

/// The base encoder in f32, laid out as the artifact has it.
struct BaseEncoder {
    config: Config,
    words: Vec<f32>,
    /// Position and first token type together.
    positions: Vec<f32>,
    embedding_norm: NormParts,
    layers: Vec<BaseLayer>,
}

/// A layer's linears in the order of [`INPUTS`], and its norms.
struct BaseLayer {
    linears: [Dense; 4],
    norms: [NormParts; 2],
}

/// The linears of a layer.
const INPUTS: [Input; 4] = [Input::Qkv, Input::Out, Input::Up, Input::Down];

impl BaseEncoder {
    fn read(base: BaseFiles, description: &Description) -> Result<Self> {
        let config: Config = serde_json::from_slice(base.config)
            .context("config.json is not a BERT configuration")?;
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
        let head_scale = 1.0 / ((dim / config.num_attention_heads) as f64).sqrt();
        let layer = |at: usize| -> Result<BaseLayer> {
            let name = |part: &str| format!("encoder.layer.{at}.{part}");
            let mut qkv = tensors.dense(&name("attention.self.query"), dim, dim)?;
            for value in qkv.weights.iter_mut().chain(&mut qkv.bias) {
                *value = (f64::from(*value) * head_scale) as f32;
            }
            for part in ["attention.self.key", "attention.self.value"] {
                let part = tensors.dense(&name(part), dim, dim)?;
                qkv.weights.extend(part.weights);
                qkv.bias.extend(part.bias);
            }
            Ok(BaseLayer {
                linears: [
                    qkv,
                    tensors.dense(&name("attention.output.dense"), dim, dim)?,
                    tensors.dense(&name("intermediate.dense"), feed_forward, dim)?,
                    tensors.dense(&name("output.dense"), dim, feed_forward)?,
                ],
                norms: [
                    tensors.norm(&name("attention.output.LayerNorm"), dim)?,
                    tensors.norm(&name("output.LayerNorm"), dim)?,
                ],
            })
        };
        Ok(Self {
            words,
            positions,
            embedding_norm: tensors.norm("embeddings.LayerNorm", dim)?,
            layers: (0..config.num_hidden_layers)
                .map(layer)
                .collect::<Result<_>>()?,
            config,
        })
    }

    /// A model that is smoothed by what the weights alone suggest.
    fn first_pass(
        &self,
        base: BaseFiles,
        description: &Description,
        word_bits: WordBits,
    ) -> Result<ModelParts> {
        let dim = self.config.hidden_size;
        let tokenizer = TokenizerParts::from_json(base.tokenizer).context("tokenizer.json")?;
        let mut entering = Bounds::of_norm(&self.embedding_norm);
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let [qkv, _, up, _] = &layer.linears;
            let attended = entering.through(&qkv.last(dim));
            let between = Bounds::of_norm(&layer.norms[0]);
            let activated = between.through(up).after_gelu();
            let bounds = [entering, attended, between, activated];
            let linears = std::array::from_fn(|at| {
                let dense = &layer.linears[at];
                let factors = smoothing::by_reach(&dense.weights, &bounds[at].reach());
                rounding::nearest(dense, &factors)
            });
            layers.push(layer_parts(linears, &layer.norms));
            entering = Bounds::of_norm(&layer.norms[1]);
        }
        Ok(ModelParts {
            meta: self.meta(base, description),
            words: words::word_rows(
                &self.words,
                dim,
                word_bits,
                &Tokenizer::new(tokenizer.clone(), description.max_tokens).producible(),
            ),
            tokenizer,
            positions: byte_rows(&self.positions, dim),
            embedding_norm: self.embedding_norm.clone(),
            layers,
        })
    }

    /// The layers once more, by what was observed.
    fn second_pass(&self, calibration: &Calibration) -> Result<Vec<LayerParts>> {
        let linear = |site: Site, dense: &Dense| -> Result<LinearParts> {
            let seen = calibration
                .get(&site)
                .context("no calibration text was embedded")?;
            let factors = smoothing::by_descent(&dense.weights, seen);
            Ok(rounding::compensated(dense, &factors, seen))
        };
        let layer = |(at, layer): (usize, &BaseLayer)| -> Result<LayerParts> {
            let [qkv, out, up, down] = &layer.linears;
            let site = |place: usize| Site {
                layer: at,
                input: INPUTS[place],
            };
            let linears = [
                linear(site(0), qkv)?,
                linear(site(1), out)?,
                linear(site(2), up)?,
                linear(site(3), down)?,
            ];
            Ok(layer_parts(linears, &layer.norms))
        };
        self.layers.par_iter().enumerate().map(layer).collect()
    }

    fn meta(&self, base: BaseFiles, description: &Description) -> ModelMeta {
        let config = &self.config;
        ModelMeta {
            name: description.name.clone(),
            licence: description.licence.clone(),
            attribution: format!("{}; quantized to int8 by Offprint", description.attribution),
            base_sha256: Sha256::of(base.weights),
            document_template: "{title}. {abstract}".into(),
            query_template: "{query}".into(),
            max_tokens: description.max_tokens,
            pooling: Pooling::Mean,
            normalize: true,
            widths: vec![config.hidden_size],
            architecture: Architecture {
                layers: config.num_hidden_layers,
                dim: config.hidden_size,
                heads: config.num_attention_heads,
                feed_forward: config.intermediate_size,
                vocabulary: config.vocab_size,
                layer_norm_eps: config.layer_norm_eps,
            },
        }
    }
}

fn layer_parts([qkv, out, up, down]: [LinearParts; 4], norms: &[NormParts; 2]) -> LayerParts {
    let [attention_norm, output_norm] = norms.clone();
    LayerParts {
        qkv,
        out,
        attention_norm,
        up,
        down,
        output_norm,
    }
}
