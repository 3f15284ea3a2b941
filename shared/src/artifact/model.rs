//! Kind 1: an encoder in int8, its tokenizer, and everything that says what is embedded and how.

mod meta;
mod parts;
mod words;

use std::ops::Range;

use super::{Artifact, ArtifactError, Kind, Tag};
use crate::Sha256;
use crate::math::{Kernel, Linear};
use crate::tokenizer::{Tokenizer, TokenizerParts};

pub use meta::{Architecture, ModelMeta, Pooling};
pub use parts::{ByteRows, LayerParts, LinearParts, ModelParts, NormParts};
pub use words::{CODEBOOKS_LEN, WordRows, codebook};

use words::WordTable;

/// Numbers in the widest hidden state of the longest text: 128 MiB of `f32`, so that no forged
/// shape makes [`crate::Encoder`] ask for gigabytes. BERT-large needs 2 million.
const MAX_HIDDEN: u64 = 1 << 25;

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
    words: WordTable,
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
        // Where addresses have 32 bits, a forged shape must not wrap around to a small one.
        let product = |a: usize, b: usize| a as u64 * b as u64;
        if product(meta.max_tokens, ff.max(3 * dim)) > MAX_HIDDEN {
            return Err(malformed(
                b"META",
                "max_tokens times the widest layer is at most 33,554,432",
            ));
        }
        let tokenizer = TokenizerParts::parse(artifact.section(b"TOKZ")?, shape.vocabulary)?;
        let tokenizer = Tokenizer::new(tokenizer, meta.max_tokens);
        let words = WordTable::parse(&artifact, shape.vocabulary, dim)?;
        let (positions, position_scales) = (artifact.range(b"POSQ")?, artifact.f32s(b"POSS")?);
        if positions.len() as u64 != product(meta.max_tokens, dim)
            || position_scales.len() != meta.max_tokens
        {
            return Err(malformed(b"POSQ", "rows × dim bytes, and one scale a row"));
        }
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
            groups_fit: true,
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
        if !cursor.groups_fit {
            return Err(malformed(
                b"WGHT",
                "every group of four weights adds up in 16 bits",
            ));
        }
        Ok(Self {
            sha256,
            meta,
            tokenizer,
            artifact,
            words,
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

    /// Writes row `id` of the word table to `to`, `[dim]`.
    pub(crate) fn word_into(&self, id: usize, to: &mut [f32]) {
        self.words.unpack(self.artifact.bytes(), id, to);
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
    /// Whether all weights so far keep to [`crate::math::GROUP_LIMIT`].
    groups_fit: bool,
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
        let packed = bytemuck::cast_slice(&self.bytes[weights.clone()]);
        self.groups_fit &= Kernel::best().row_sums(packed, k, &mut sums);
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
