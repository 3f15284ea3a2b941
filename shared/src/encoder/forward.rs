//! The forward pass of BERT (Devlin et al. 2018, arXiv:1810.04805), in buffers made once.

use super::attention::Attention;
use super::watch::{Input, Part, Site, Watch};
use crate::artifact::{Model, ModelMeta, Smoothed};
use crate::math::{Activations, Kernel};

/// Buffers for as many tokens as the model's longest text has.
#[derive(Debug)]
pub(super) struct Scratch {
    /// `[tokens, dim]`: the hidden state.
    hidden: Vec<f32>,
    /// `[tokens, widest]`: what a linear layer gives.
    wide: Vec<f32>,
    /// `[tokens, dim]`: attention's result, or the second result of a layer.
    narrow: Vec<f32>,
    attention: Attention,
    quantized: Activations,
}

impl Scratch {
    pub(super) fn new(meta: &ModelMeta, kernel: Kernel) -> Self {
        let shape = &meta.architecture;
        let tokens = meta.max_tokens;
        let widest = shape.feed_forward.max(3 * shape.dim);
        Self {
            hidden: vec![0.0; tokens * shape.dim],
            wide: vec![0.0; tokens * widest],
            narrow: vec![0.0; tokens * shape.dim],
            attention: Attention::with_room(tokens, shape.dim / shape.heads),
            quantized: Activations::with_room(kernel, tokens, shape.feed_forward.max(shape.dim)),
        }
    }
}

/// Embeds texts in one pass: `ids` are the tokens of all, one text behind the other, `lens` the
/// texts' own numbers of tokens, at least one each, and `to` is `[texts, dim]`.
///
/// No row of any step but attention's depends on another, and attention goes text by text: so a
/// text among others gets the bits that it gets alone, and no padding is computed.
pub(super) fn embed(
    model: &Model,
    kernel: Kernel,
    scratch: &mut Scratch,
    ids: &[u32],
    lens: &[usize],
    to: &mut [f32],
    watch: &mut dyn Watch,
) {
    let meta = model.meta();
    let (dim, n) = (meta.architecture.dim, ids.len());
    let eps = meta.architecture.layer_norm_eps;
    let Scratch {
        hidden,
        wide,
        narrow,
        attention,
        quantized,
    } = scratch;
    let (hidden, narrow) = (&mut hidden[..n * dim], &mut narrow[..n * dim]);
    let places = lens.iter().flat_map(|&len| 0..len);
    for ((row, &id), at) in hidden.chunks_exact_mut(dim).zip(ids).zip(places) {
        model.word_into(id as usize, row);
        let (position, scale) = model.position(at);
        for (x, &p) in row.iter_mut().zip(position) {
            *x += f32::from(p) * scale;
        }
    }
    watch.ended(Part::LookUp);
    narrow.fill(0.0);
    let norm = model.embedding_norm();
    kernel.add_layer_norm(hidden, narrow, norm.gamma, norm.beta, eps);
    watch.ended(Part::Normalize);

    let mut linear = |watch: &mut dyn Watch, site, x: &[f32], layer: Smoothed, out: &mut [f32]| {
        watch.entering(site, x);
        kernel.quantize_rows(x, layer.multiplier, quantized);
        watch.ended(Part::Quantize);
        kernel.linear(quantized, n, &layer.linear, out);
        watch.ended(Part::Linear);
    };
    for at in 0..meta.architecture.layers {
        let site = |input| Site { layer: at, input };
        let layer = model.layer(at);
        let qkv = &mut wide[..n * 3 * dim];
        linear(watch, site(Input::Qkv), hidden, layer.qkv, qkv);
        let mut start = 0;
        for &len in lens {
            let (qkv, to) = (&qkv[start * 3 * dim..], &mut narrow[start * dim..]);
            attention.attend(kernel, &qkv[..len * 3 * dim], dim, &mut to[..len * dim]);
            start += len;
        }
        watch.ended(Part::Attention);
        let out = &mut wide[..n * dim];
        linear(watch, site(Input::Out), narrow, layer.out, out);
        let norm = layer.attention_norm;
        kernel.add_layer_norm(hidden, out, norm.gamma, norm.beta, eps);
        watch.ended(Part::Normalize);

        let up = &mut wide[..n * meta.architecture.feed_forward];
        linear(watch, site(Input::Up), hidden, layer.up, up);
        kernel.gelu(up);
        watch.ended(Part::Gelu);
        linear(watch, site(Input::Down), up, layer.down, narrow);
        let norm = layer.output_norm;
        kernel.add_layer_norm(hidden, narrow, norm.gamma, norm.beta, eps);
        watch.ended(Part::Normalize);
    }
    let mut start = 0;
    for (&len, to) in lens.iter().zip(to.chunks_exact_mut(dim)) {
        pool(
            &hidden[start * dim..(start + len) * dim],
            meta.normalize,
            to,
        );
        start += len;
    }
    watch.ended(Part::Pool);
}

/// The mean of all rows, scaled to length one. Sums run in token order.
fn pool(hidden: &[f32], normalize: bool, to: &mut [f32]) {
    let dim = to.len();
    to.fill(0.0);
    for row in hidden.chunks_exact(dim) {
        for (sum, x) in to.iter_mut().zip(row) {
            *sum += x;
        }
    }
    let n = (hidden.len() / dim) as f32;
    for x in to.iter_mut() {
        *x /= n;
    }
    if normalize {
        let length = to
            .iter()
            .map(|x| f64::from(*x) * f64::from(*x))
            .sum::<f64>()
            .sqrt() as f32;
        // Layer normalization keeps the state from vanishing; a model that does so all the same
        // gives a zero vector, similar to nothing.
        let inverse = if length > 0.0 { 1.0 / length } else { 0.0 };
        for x in to.iter_mut() {
            *x *= inverse;
        }
    }
}
