//! What gives each row a warp: biases, layer norm, the softmax of attention.

use candle_core::{Result, bail};

use super::{Argument, Card, Launch, Place, THREADS, WARP, blocks, count};
use crate::model::ops::Dropout;

/// Longest row of a softmax: what the lanes of a warp keep in registers.
const LONGEST: usize = 512;

fn over_rows<C: Card>(
    card: &C,
    file: &'static str,
    kernel: &'static str,
    rows: usize,
    arguments: Vec<Argument>,
) -> Result<()> {
    if rows == 0 {
        return Ok(());
    }
    card.launch(&Launch {
        file,
        kernel,
        blocks: (blocks(rows, (THREADS / WARP) as usize)?, 1),
        arguments,
    })
}

/// `super::super::AddBias`.
pub(crate) fn add_bias<C: Card>(card: &C, x: Place, bias: Place) -> Result<()> {
    let rows = x.rows(bias.len)?;
    let arguments = vec![
        x.into(),
        bias.into(),
        (rows as u64).into(),
        count(bias.len)?,
    ];
    over_rows(card, "elementwise", "add_bias", rows, arguments)
}

/// `super::super::AddBiasAndRows`.
pub(crate) fn add_bias_and_rows<C: Card>(
    card: &C,
    x: Place,
    bias: Place,
    residual: Place,
) -> Result<()> {
    let rows = x.rows(bias.len)?;
    residual.expect_len(x.len)?;
    let arguments = vec![
        x.into(),
        bias.into(),
        residual.into(),
        (rows as u64).into(),
        count(bias.len)?,
    ];
    over_rows(card, "elementwise", "add_bias_and_rows", rows, arguments)
}

/// `super::super::AddColumns`: `x` of `n` columns, `y` of `m`.
pub(crate) fn add_columns<C: Card>(
    card: &C,
    (x, n): (Place, usize),
    (y, m): (Place, usize),
    at: usize,
    scale: f32,
) -> Result<()> {
    let rows = x.rows(n)?;
    y.expect_len(rows * m)?;
    if at + m > n {
        bail!("{m} columns from {at} on do not fit in {n}")
    }
    let arguments = vec![
        x.into(),
        y.into(),
        (rows as u64).into(),
        count(n)?,
        count(m)?,
        count(at)?,
        scale.into(),
    ];
    over_rows(card, "elementwise", "add_columns", rows, arguments)
}

/// What a layer norm has beside its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm {
    pub(crate) gamma: Place,
    pub(crate) epsilon: f32,
}

/// `super::super::LayerNorm`.
pub(crate) fn layer_norm<C: Card>(
    card: &C,
    x: Place,
    norm: Norm,
    beta: Place,
) -> Result<C::Numbers> {
    let n = norm.gamma.len;
    beta.expect_len(n)?;
    let rows = x.rows(n)?;
    let y = card.reserve(x.len)?;
    let arguments = vec![
        x.into(),
        norm.gamma.into(),
        beta.into(),
        card.numbers(&y).into(),
        (rows as u64).into(),
        count(n)?,
        norm.epsilon.into(),
    ];
    over_rows(card, "layer_norm", "layer_norm", rows, arguments)?;
    Ok(y)
}

/// `super::super::LayerNormBackward`.
pub(crate) fn layer_norm_backward<C: Card>(
    card: &C,
    d: Place,
    x: Place,
    norm: Norm,
) -> Result<C::Numbers> {
    let n = norm.gamma.len;
    d.expect_len(x.len)?;
    let rows = x.rows(n)?;
    let of_x = card.reserve(x.len)?;
    let arguments = vec![
        d.into(),
        x.into(),
        norm.gamma.into(),
        card.numbers(&of_x).into(),
        (rows as u64).into(),
        count(n)?,
        norm.epsilon.into(),
    ];
    over_rows(card, "layer_norm", "layer_norm_backward", rows, arguments)?;
    Ok(of_x)
}

/// Mean and one over the standard deviation of each row of `n`: `[rows, 2]`.
pub(super) fn layer_norm_moments<C: Card>(
    card: &C,
    x: Place,
    n: usize,
    epsilon: f32,
) -> Result<C::Numbers> {
    let rows = x.rows(n)?;
    let moments = card.reserve(2 * rows)?;
    let arguments = vec![
        x.into(),
        card.numbers(&moments).into(),
        (rows as u64).into(),
        count(n)?,
        epsilon.into(),
    ];
    over_rows(card, "layer_norm", "layer_norm_moments", rows, arguments)?;
    Ok(moments)
}

/// How long padded texts are: rows are `[texts, heads, n, n]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Masked {
    /// `u32`, a text each.
    pub(crate) lengths: Place,
    pub(crate) n_heads: usize,
}

impl Masked {
    fn check(self, x: Place, n: usize) -> Result<()> {
        x.expect_len(self.lengths.len * self.n_heads * n * n)
    }
}

/// `super::super::Softmax` of rows of `n`, or `super::super::MaskedSoftmax`.
pub(crate) fn softmax<C: Card>(
    card: &C,
    x: Place,
    n: usize,
    scale: f32,
    masked: Option<Masked>,
) -> Result<()> {
    let rows = x.rows(short(n)?)?;
    if let Some(masked) = masked {
        masked.check(x, n)?;
    }
    let arguments = vec![
        x.into(),
        Argument::Address(masked.map_or(0, |masked| masked.lengths.address)),
        (rows as u64).into(),
        count(n)?,
        count(masked.map_or(1, |masked| masked.n_heads))?,
        scale.into(),
    ];
    over_rows(card, "softmax", "softmax", rows, arguments)
}

/// `super::super::SoftmaxBackward` of rows of `n`.
pub(crate) fn softmax_backward<C: Card>(
    card: &C,
    d: Place,
    p: Place,
    n: usize,
    scale: f32,
) -> Result<()> {
    let rows = d.rows(short(n)?)?;
    p.expect_len(d.len)?;
    let arguments = vec![
        d.into(),
        p.into(),
        (rows as u64).into(),
        count(n)?,
        scale.into(),
    ];
    over_rows(card, "softmax", "softmax_backward", rows, arguments)
}

/// `super::super::MaskedDropout` of rows of `n`; `texts` are numbers of the texts in their batch.
pub(crate) fn dropout_weights<C: Card>(
    card: &C,
    x: Place,
    n: usize,
    masked: Masked,
    texts: Place,
    dropout: Dropout,
) -> Result<()> {
    let rows = x.rows(n)?;
    masked.check(x, n)?;
    texts.expect_len(masked.lengths.len)?;
    let arguments = vec![
        x.into(),
        masked.lengths.into(),
        texts.into(),
        (rows as u64).into(),
        count(n)?,
        count(masked.n_heads)?,
        dropout.key.into(),
        dropout.limit().into(),
        dropout.scale().into(),
    ];
    over_rows(card, "softmax", "dropout_weights", rows, arguments)
}

fn short(n: usize) -> Result<usize> {
    if n > LONGEST {
        bail!(
            "texts of {n} tokens, but attention on a card takes up to {LONGEST}: lower max_tokens"
        )
    }
    Ok(n)
}
