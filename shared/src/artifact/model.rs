//! Kind 1: an encoder in int8, its tokenizer, and everything that says what is embedded and how.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactError, Kind, Tag, Writer};
use crate::Sha256;
use crate::math::{self, Linear, PANEL};
use crate::tokenizer::Tokenizer;

/// Shape of a BERT encoder (Devlin et al. 2018, arXiv:1810.04805).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Transformer layers.
    pub layers: usize,
    /// Width of a hidden state, and of the embedding.
    pub dim: usize,
    /// Attention heads; each is `dim / heads` wide.
    pub heads: usize,
    /// Width of the feed-forward layer.
    pub feed_forward: usize,
    /// Rows of the word table.
    pub vocabulary: usize,
    /// What layer normalization adds to the variance.
    pub layer_norm_eps: f32,
}

/// How token vectors become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over real tokens; padding has no vote.
    Mean,
}

/// `META` of a model artifact: the one place that says what is embedded and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelMeta {
    /// Name, such as `all-MiniLM-L6-v2`.
    pub name: String,
    /// Licence of the weights.
    pub licence: String,
    /// Who made the weights, and what was done to them here.
    pub attribution: String,
    /// SHA-256 of the weights that these were quantized from.
    pub base_sha256: Sha256,
    /// How a paper becomes a text, with `{title}` and `{abstract}`; see [`Self::document`].
    pub document_template: String,
    /// How a question becomes a text, with `{query}`.
    pub query_template: String,
    /// Tokens that are embedded, the two special ones among them; the rest is cut.
    pub max_tokens: usize,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// Whether the embedding is scaled to length one.
    pub normalize: bool,
    /// Widths that the embedding may be cut to, widest first.
    pub widths: Vec<usize>,
    /// Shape of the encoder.
    pub architecture: Architecture,
}

impl ModelMeta {
    /// The text that stands for a paper. Where one of its parts is empty, the other stands alone.
    pub fn document(&self, title: &str, abstract_: &str) -> String {
        match (title, abstract_) {
            (one, "") | ("", one) => one.to_owned(),
            _ => self
                .document_template
                .replace("{title}", title)
                .replace("{abstract}", abstract_),
        }
    }

    /// The text that stands for a question.
    pub fn query(&self, query: &str) -> String {
        self.query_template.replace("{query}", query)
    }
}

/// A table in int8 with one scale a row: `x ≈ scales[row] · values[row, ..]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ByteRows {
    /// `[rows, dim]`, row-major.
    pub values: Vec<i8>,
    /// `[rows]`.
    pub scales: Vec<f32>,
}

/// A linear layer in int8 as the artifact's writer takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinearParts {
    /// `[n, k]` with one scale an output.
    pub rows: ByteRows,
    /// `[n]`.
    pub bias: Vec<f32>,
    /// `[k]`: what each input is multiplied by before it is quantized (SmoothQuant, Xiao et al.
    /// 2022, arXiv:2211.10438); the weights hold the inverse.
    pub multiplier: Vec<f32>,
}

/// Layer normalization's parameters, `[dim]` each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NormParts {
    /// Scale.
    pub gamma: Vec<f32>,
    /// Shift.
    pub beta: Vec<f32>,
}

/// One transformer layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerParts {
    /// Query, key and value in one, `[3 · dim, dim]`; the query rows hold the `1/√head_dim` too.
    pub qkv: LinearParts,
    /// Attention's output, `[dim, dim]`.
    pub out: LinearParts,
    /// Normalization after attention.
    pub attention_norm: NormParts,
    /// Feed-forward, in, `[feed_forward, dim]`.
    pub up: LinearParts,
    /// Feed-forward, out, `[dim, feed_forward]`.
    pub down: LinearParts,
    /// Normalization after feed-forward.
    pub output_norm: NormParts,
}

/// Everything that a model artifact holds, as its writer takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelParts {
    /// What is embedded and how.
    pub meta: ModelMeta,
    /// The model's own `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// `[vocabulary, dim]`.
    pub words: ByteRows,
    /// `[max_tokens, dim]`: position and first token type together.
    pub positions: ByteRows,
    /// Normalization of the embeddings.
    pub embedding_norm: NormParts,
    /// The transformer layers.
    pub layers: Vec<LayerParts>,
}

impl ModelParts {
    /// Writes the artifact; the inverse of [`Model::parse`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parameters: Vec<f32> = Vec::new();
        let mut weights: Vec<i8> = Vec::new();
        let norm = |to: &mut Vec<f32>, parts: &NormParts| {
            to.extend(&parts.gamma);
            to.extend(&parts.beta);
        };
        norm(&mut parameters, &self.embedding_norm);
        for layer in &self.layers {
            let mut linear = |to: &mut Vec<f32>, parts: &LinearParts| {
                to.extend(
                    parts
                        .multiplier
                        .iter()
                        .chain(&parts.rows.scales)
                        .chain(&parts.bias),
                );
                weights.extend(math::pack(
                    &parts.rows.values,
                    parts.bias.len(),
                    parts.multiplier.len(),
                ));
            };
            linear(&mut parameters, &layer.qkv);
            linear(&mut parameters, &layer.out);
            norm(&mut parameters, &layer.attention_norm);
            linear(&mut parameters, &layer.up);
            linear(&mut parameters, &layer.down);
            norm(&mut parameters, &layer.output_norm);
        }
        let bytes = |values: &[i8]| bytemuck::cast_slice(values).to_vec();
        Writer::new(Kind::Model)
            .json(b"META", &self.meta)
            .section(b"TOKZ", self.tokenizer.clone())
            .section(b"WRDQ", bytes(&self.words.values))
            .f32s(b"WRDS", &self.words.scales)
            .section(b"POSQ", bytes(&self.positions.values))
            .f32s(b"POSS", &self.positions.scales)
            .section(b"WGHT", bytes(&weights))
            .f32s(b"PARM", &parameters)
            .to_bytes()
    }
}

/// Where a linear layer's numbers stand.
#[derive(Debug)]
struct LinearAt {
    n: usize,
    k: usize,
    weights: Range<usize>,
    multiplier: Range<usize>,
    scales: Range<usize>,
    bias: Range<usize>,
    sums: Vec<i32>,
}

/// Where a layer's numbers stand.
#[derive(Debug)]
struct LayerAt {
    linears: [LinearAt; 4],
    norms: [NormAt; 2],
}

#[derive(Debug, Clone)]
struct NormAt {
    gamma: Range<usize>,
    beta: Range<usize>,
}

/// Layer normalization's parameters, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub gamma: &'a [f32],
    pub beta: &'a [f32],
}

/// A linear layer and its input multiplier, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Smoothed<'a> {
    pub multiplier: &'a [f32],
    pub linear: Linear<'a>,
}

/// A layer, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub qkv: Smoothed<'a>,
    pub out: Smoothed<'a>,
    pub up: Smoothed<'a>,
    pub down: Smoothed<'a>,
    pub attention_norm: Norm<'a>,
    pub output_norm: Norm<'a>,
}

/// A verified model: shapes agree, every number is finite, the tokenizer opens.
#[derive(Debug)]
pub struct Model {
    sha256: Sha256,
    meta: ModelMeta,
    tokenizer: Tokenizer,
    artifact: Artifact,
    words: Range<usize>,
    word_scales: Vec<f32>,
    positions: Range<usize>,
    position_scales: Vec<f32>,
    parameters: Vec<f32>,
    embedding_norm: NormAt,
    layers: Vec<LayerAt>,
}

impl Model {
    /// Opens a model artifact. `sha256` is the digest of `bytes`, under which indexes and
    /// classifiers know the model; whoever fetched the bytes has verified it.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>, sha256: Sha256) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Model)?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let meta: ModelMeta = artifact.json(b"META")?;
        let shape = &meta.architecture;
        let (dim, ff) = (shape.dim, shape.feed_forward);
        let fits = |n: usize, limit: usize| n > 0 && n <= limit;
        let sane = fits(dim, 1 << 14)
            && fits(ff, 1 << 16)
            && fits(shape.layers, 1 << 8)
            && fits(shape.vocabulary, 1 << 24)
            && fits(meta.max_tokens, 1 << 16)
            && meta.max_tokens > 2
            && fits(shape.heads, dim)
            && dim.is_multiple_of(shape.heads)
            && (dim / shape.heads).is_multiple_of(16)
            && ff.is_multiple_of(16)
            && shape.layer_norm_eps.is_finite();
        if !sane {
            return Err(malformed(
                b"META",
                "the architecture fits the kernels: head and feed-forward widths are multiples of 16",
            ));
        }
        let tokenizer = Tokenizer::from_json(artifact.section(b"TOKZ")?, meta.max_tokens).ok_or(
            malformed(b"TOKZ", "a tokenizer.json that the tokenizers crate reads"),
        )?;
        // The special tokens' ids stand in the post-processor too, and need not agree.
        let special = tokenizer.tokenize("").ids;
        let is_row = |&id: &u32| (id as usize) < shape.vocabulary;
        if tokenizer.n_ids() > shape.vocabulary || !special.iter().all(is_row) {
            return Err(malformed(
                b"TOKZ",
                "every token id is a row of the word table",
            ));
        }
        // Where addresses have 32 bits, a forged shape must not wrap around to a small one.
        let product = |a: usize, b: usize| a as u64 * b as u64;
        let table = |values: &[u8; 4], scales: &[u8; 4], rows: usize| {
            let (range, column) = (artifact.range(values)?, artifact.f32s(scales)?);
            let fits = range.len() as u64 == product(rows, dim) && column.len() == rows;
            if fits {
                Ok((range, column))
            } else {
                Err(malformed(values, "rows × dim bytes, and one scale a row"))
            }
        };
        let (words, word_scales) = table(b"WRDQ", b"WRDS", shape.vocabulary)?;
        let (positions, position_scales) = table(b"POSQ", b"POSS", meta.max_tokens)?;
        let weights = artifact.range(b"WGHT")?;
        let parameters = artifact.f32s(b"PARM")?;
        let per_layer = [(3 * dim, dim), (dim, dim), (ff, dim), (dim, ff)];
        let n_weights: u64 = per_layer.iter().map(|&(n, k)| product(n, k)).sum();
        let n_parameters = per_layer.iter().map(|(n, k)| 2 * n + k).sum::<usize>() + 4 * dim;
        if weights.len() as u64 != shape.layers as u64 * n_weights
            || parameters.len() as u64 != 2 * dim as u64 + product(shape.layers, n_parameters)
        {
            return Err(malformed(
                b"WGHT",
                "as many weights and parameters as the architecture needs",
            ));
        }
        let mut cursor = Cursor {
            weight: weights.start,
            parameter: 0,
            bytes: artifact.bytes(),
        };
        let embedding_norm = cursor.norm(dim);
        let layers = (0..shape.layers)
            .map(|_| {
                let [qkv, out, up, down] = per_layer;
                let (qkv, out, first) = (cursor.linear(qkv), cursor.linear(out), cursor.norm(dim));
                let (up, down, second) = (cursor.linear(up), cursor.linear(down), cursor.norm(dim));
                LayerAt {
                    linears: [qkv, out, up, down],
                    norms: [first, second],
                }
            })
            .collect();
        Ok(Self {
            sha256,
            meta,
            tokenizer,
            artifact,
            words,
            word_scales,
            positions,
            position_scales,
            parameters,
            embedding_norm,
            layers,
        })
    }

    /// The digest under which indexes and classifiers know this model.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// What is embedded and how.
    pub fn meta(&self) -> &ModelMeta {
        &self.meta
    }

    /// Text to token ids.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Row of the word table, and its scale.
    pub(crate) fn word(&self, id: usize) -> (&[i8], f32) {
        let dim = self.meta.architecture.dim;
        (
            self.signed(self.words.start + id * dim, dim),
            self.word_scales[id],
        )
    }

    /// Row of the position table, and its scale.
    pub(crate) fn position(&self, at: usize) -> (&[i8], f32) {
        let dim = self.meta.architecture.dim;
        (
            self.signed(self.positions.start + at * dim, dim),
            self.position_scales[at],
        )
    }

    pub(crate) fn embedding_norm(&self) -> Norm<'_> {
        self.norm(&self.embedding_norm)
    }

    pub(crate) fn layer(&self, at: usize) -> Layer<'_> {
        let layer = &self.layers[at];
        let [qkv, out, up, down] = layer.linears.each_ref().map(|linear| self.linear(linear));
        let [attention_norm, output_norm] = layer.norms.each_ref().map(|norm| self.norm(norm));
        Layer {
            qkv,
            out,
            up,
            down,
            attention_norm,
            output_norm,
        }
    }

    fn norm(&self, at: &NormAt) -> Norm<'_> {
        Norm {
            gamma: &self.parameters[at.gamma.clone()],
            beta: &self.parameters[at.beta.clone()],
        }
    }

    fn linear<'a>(&'a self, at: &'a LinearAt) -> Smoothed<'a> {
        let linear = Linear {
            n: at.n,
            k: at.k,
            packed: self.signed(at.weights.start, at.weights.len()),
            scales: &self.parameters[at.scales.clone()],
            sums: &at.sums,
            bias: &self.parameters[at.bias.clone()],
        };
        Smoothed {
            multiplier: &self.parameters[at.multiplier.clone()],
            linear,
        }
    }

    fn signed(&self, start: usize, len: usize) -> &[i8] {
        bytemuck::cast_slice(&self.artifact.bytes()[start..start + len])
    }
}

/// Walks weights and parameters in the order that they are written in.
struct Cursor<'a> {
    weight: usize,
    parameter: usize,
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn parameters(&mut self, n: usize) -> Range<usize> {
        self.parameter += n;
        self.parameter - n..self.parameter
    }

    fn norm(&mut self, dim: usize) -> NormAt {
        NormAt {
            gamma: self.parameters(dim),
            beta: self.parameters(dim),
        }
    }

    fn linear(&mut self, (n, k): (usize, usize)) -> LinearAt {
        let (multiplier, scales, bias) =
            (self.parameters(k), self.parameters(n), self.parameters(n));
        let weights = self.weight..self.weight + n * k;
        self.weight = weights.end;
        let mut sums = vec![0; n];
        for (at, panel) in self.bytes[weights.clone()]
            .chunks_exact(PANEL * k)
            .enumerate()
        {
            for (i, &byte) in panel.iter().enumerate() {
                sums[at * PANEL + i / 4 % PANEL] += i32::from(byte.cast_signed());
            }
        }
        LinearAt {
            n,
            k,
            weights,
            multiplier,
            scales,
            bias,
            sums,
        }
    }
}
