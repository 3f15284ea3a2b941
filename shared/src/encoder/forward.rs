//! The forward pass of BERT (Devlin et al. 2018, arXiv:1810.04805), in buffers made once.

use crate::artifact::{Model, ModelMeta, Smoothed};
use crate::math::{Activations, Kernel};

/// Rows of attention scores at a time: few enough to stay in the nearest cache.
const SCORE_ROWS: usize = 32;

/// Which linear layer of a transformer layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// Query, key and value.
    Qkv,
    /// Attention's output.
    Out,
    /// Feed-forward, in.
    Up,
    /// Feed-forward, out.
    Down,
}

/// A linear layer's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// Number of the transformer layer.
    pub layer: usize,
    /// Which of its linear layers.
    pub input: Input,
}

/// Buffers for one text of the model's full length.
#[derive(Debug)]
pub(super) struct Scratch {
    /// `[tokens, dim]`: the hidden state.
    hidden: Vec<f32>,
    /// `[tokens, widest]`: what a linear layer gives.
    wide: Vec<f32>,
    /// `[tokens, dim]`: attention's result, or the second result of a layer.
    narrow: Vec<f32>,
    /// `[head_dim, tokens]`: one head's keys, transposed.
    keys: Vec<f32>,
    /// `[tokens, head_dim]`: one head's values.
    values: Vec<f32>,
    /// `[SCORE_ROWS, tokens]`.
    scores: Vec<f32>,
    quantized: Activations,
}

impl Scratch {
    pub(super) fn new(meta: &ModelMeta) -> Self {
        let shape = &meta.architecture;
        let tokens = meta.max_tokens.next_multiple_of(16);
        let widest = shape.feed_forward.max(3 * shape.dim);
        let head_dim = shape.dim / shape.heads;
        Self {
            hidden: vec![0.0; tokens * shape.dim],
            wide: vec![0.0; tokens * widest],
            narrow: vec![0.0; tokens * shape.dim],
            keys: vec![0.0; head_dim * tokens],
            values: vec![0.0; tokens * head_dim],
            scores: vec![0.0; SCORE_ROWS * tokens],
            quantized: Activations::with_room(tokens, shape.feed_forward.max(shape.dim)),
        }
    }
}

/// Embeds `ids`, at least one and at most the model's length.
///
/// `observe` sees what enters each linear layer, before it is quantized.
pub(super) fn embed(
    model: &Model,
    kernel: Kernel,
    scratch: &mut Scratch,
    ids: &[u32],
    observe: &mut dyn FnMut(Site, &[f32]),
) -> Vec<f32> {
    let meta = model.meta();
    let (dim, n) = (meta.architecture.dim, ids.len());
    let eps = meta.architecture.layer_norm_eps;
    let Scratch {
        hidden,
        wide,
        narrow,
        keys,
        values,
        scores,
        quantized,
    } = scratch;
    let (hidden, narrow) = (&mut hidden[..n * dim], &mut narrow[..n * dim]);
    for (at, (row, &id)) in hidden.chunks_exact_mut(dim).zip(ids).enumerate() {
        let (word, word_scale) = model.word(id as usize);
        let (position, position_scale) = model.position(at);
        for ((x, &w), &p) in row.iter_mut().zip(word).zip(position) {
            *x = f32::from(w) * word_scale + f32::from(p) * position_scale;
        }
    }
    narrow.fill(0.0);
    let norm = model.embedding_norm();
    kernel.add_layer_norm(hidden, narrow, norm.gamma, norm.beta, eps);

    let mut linear = |site: Site, x: &[f32], layer: Smoothed, out: &mut [f32]| {
        observe(site, x);
        kernel.quantize_rows(x, layer.multiplier, quantized);
        kernel.linear(quantized, n, &layer.linear, out);
    };
    for at in 0..meta.architecture.layers {
        let layer = model.layer(at);
        linear(
            Site {
                layer: at,
                input: Input::Qkv,
            },
            hidden,
            layer.qkv,
            &mut wide[..n * 3 * dim],
        );
        let mut heads = Heads {
            kernel,
            keys,
            values,
            scores,
        };
        heads.attend(
            &wide[..n * 3 * dim],
            n,
            dim,
            meta.architecture.heads,
            narrow,
        );
        linear(
            Site {
                layer: at,
                input: Input::Out,
            },
            narrow,
            layer.out,
            &mut wide[..n * dim],
        );
        let norm = layer.attention_norm;
        kernel.add_layer_norm(hidden, &wide[..n * dim], norm.gamma, norm.beta, eps);

        let up = &mut wide[..n * meta.architecture.feed_forward];
        linear(
            Site {
                layer: at,
                input: Input::Up,
            },
            hidden,
            layer.up,
            up,
        );
        kernel.gelu(up);
        linear(
            Site {
                layer: at,
                input: Input::Down,
            },
            up,
            layer.down,
            narrow,
        );
        let norm = layer.output_norm;
        kernel.add_layer_norm(hidden, narrow, norm.gamma, norm.beta, eps);
    }
    pool(hidden, dim, meta.normalize)
}

/// Attention's buffers, a head at a time.
struct Heads<'a> {
    kernel: Kernel,
    keys: &'a mut [f32],
    values: &'a mut [f32],
    scores: &'a mut [f32],
}

impl Heads<'_> {
    /// Scaled dot-product attention (Vaswani et al. 2017, §3.2, arXiv:1706.03762) of every head.
    ///
    /// `qkv` is `[n, 3 · dim]`, its queries scaled already; the result `to` is `[n, dim]`.
    fn attend(&mut self, qkv: &[f32], n: usize, dim: usize, n_heads: usize, to: &mut [f32]) {
        let head_dim = dim / n_heads;
        // Tiles are 16 wide; the columns beyond the text's length are computed and never read.
        let padded = n.next_multiple_of(16);
        for head in 0..n_heads {
            let column = head * head_dim;
            for (token, row) in qkv.chunks_exact(3 * dim).enumerate() {
                for (i, &key) in row[dim + column..][..head_dim].iter().enumerate() {
                    self.keys[i * padded + token] = key;
                }
                self.values[token * head_dim..][..head_dim]
                    .copy_from_slice(&row[2 * dim + column..][..head_dim]);
            }
            for start in (0..n).step_by(SCORE_ROWS) {
                let rows = SCORE_ROWS.min(n - start);
                let queries = &qkv[start * 3 * dim + column..];
                self.kernel.matmul(
                    queries,
                    3 * dim,
                    self.keys,
                    padded,
                    self.scores,
                    padded,
                    rows,
                    head_dim,
                    padded,
                );
                for row in self.scores.chunks_exact_mut(padded).take(rows) {
                    self.kernel.softmax(&mut row[..n]);
                }
                let to = &mut to[start * dim + column..];
                self.kernel.matmul(
                    self.scores,
                    padded,
                    self.values,
                    head_dim,
                    to,
                    dim,
                    rows,
                    n,
                    head_dim,
                );
            }
        }
    }
}

/// The mean of all rows, scaled to length one. Sums run in token order.
fn pool(hidden: &[f32], dim: usize, normalize: bool) -> Vec<f32> {
    let mut sum = vec![0.0_f32; dim];
    for row in hidden.chunks_exact(dim) {
        for (sum, x) in sum.iter_mut().zip(row) {
            *sum += x;
        }
    }
    let n = (hidden.len() / dim) as f32;
    for x in &mut sum {
        *x /= n;
    }
    if normalize {
        let length = sum
            .iter()
            .map(|x| f64::from(*x) * f64::from(*x))
            .sum::<f64>()
            .sqrt() as f32;
        // Layer normalization keeps the state from vanishing; a model that does so all the same
        // gives a zero vector, similar to nothing.
        let inverse = if length > 0.0 { 1.0 / length } else { 0.0 };
        for x in &mut sum {
            *x *= inverse;
        }
    }
    sum
}
