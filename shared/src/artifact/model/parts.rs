//! A model artifact as its writer takes it.

use super::{ModelMeta, WordRows};
use crate::artifact::{Kind, Writer};
use crate::math;
use crate::tokenizer::TokenizerParts;

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
    /// Text to token ids.
    pub tokenizer: TokenizerParts,
    /// `[vocabulary, dim]`.
    pub words: WordRows,
    /// `[max_tokens, dim]`: position and first token type together.
    pub positions: ByteRows,
    /// Normalization of the embeddings.
    pub embedding_norm: NormParts,
    /// The transformer layers.
    pub layers: Vec<LayerParts>,
}

impl ModelParts {
    /// Writes the artifact; the inverse of [`super::Model::parse`].
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
            .section(b"TOKZ", self.tokenizer.to_section())
            .section(b"WRDB", self.words.bits.clone())
            .f32s(b"WRDC", &self.words.codebooks)
            .section(b"WRDP", self.words.packed())
            .f32s(b"WRDS", &self.words.scales)
            .section(b"POSQ", bytes(&self.positions.values))
            .f32s(b"POSS", &self.positions.scales)
            .section(b"WGHT", bytes(&weights))
            .f32s(b"PARM", &parameters)
            .to_bytes()
    }
}
