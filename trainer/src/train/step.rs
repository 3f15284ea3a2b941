//! Gradients of one batch, of which no more than a part is in memory at once.

use anyhow::Result;
use candle_core::Tensor;

use crate::config::Config;
use crate::data::Examples;
use crate::loss::{Inputs, Objective, leaf};
use crate::model::ops::AddAt;
use crate::model::{Encoder, PackedBatch, Randomness};

/// What a step came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Stepped {
    /// The loss.
    pub(super) loss: f64,
    /// Its terms, before they were weighted.
    pub(super) terms: Vec<(&'static str, f64)>,
    /// Papers seen.
    pub(super) papers: u64,
}

impl Stepped {
    /// Adds what a batch gave.
    pub(super) fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.papers += other.papers;
        if self.terms.is_empty() {
            self.terms = other.terms;
        } else {
            for ((_, sum), (_, value)) in self.terms.iter_mut().zip(other.terms) {
                *sum += value;
            }
        }
    }
}

/// Adds to the gradients those of `share` of a batch's loss.
///
/// A batch of more than `batch.micro_tokens` tokens goes through in parts: embedded once for the loss,
/// and each part once more for its backward step, with the same dropout (`GradCache`, Gao et al. 2021,
/// arXiv:2101.06983). The gradients are those of the batch as a whole. `anchor` is the encoder that the loss
/// keeps embeddings near or learns from, where it does.
pub(super) fn accumulate<E: Encoder>(
    encoder: &E,
    anchor: Option<&E>,
    objective: &Objective,
    examples: &Examples,
    config: &Config,
    number: u64,
    share: f64,
) -> Result<Stepped> {
    let device = encoder.parameters().device();
    let n = examples.queries.len();
    let texts: Vec<&[u32]> = [&examples.queries, &examples.documents, &examples.negatives]
        .into_iter()
        .flatten()
        .map(Vec::as_slice)
        .collect();
    let parts = parts(&texts, config.batch.micro_tokens);
    let random = |part: usize| Randomness {
        seed: config.seed,
        step: number,
        part: part as u64,
    };
    let batches = parts
        .iter()
        .map(|part| PackedBatch::new(part.iter().copied(), device))
        .collect::<Result<Vec<_>>>()?;
    let mut held = None;
    let mut embedded = Vec::with_capacity(batches.len());
    let mut anchors = Vec::new();
    for (part, batch) in batches.iter().enumerate() {
        let (y, saved) = encoder.forward(batch, random(part))?;
        embedded.push(y);
        // Of a batch of one part nothing is computed twice.
        held = (batches.len() == 1).then_some(saved);
        anchors.extend(anchor.map(|anchor| anchor.embed(batch)).transpose()?);
    }
    let all = leaf(&Tensor::cat(&embedded, 0)?)?;
    drop(embedded);
    let anchors = anchor.map(|_| Tensor::cat(&anchors, 0)).transpose()?;
    let prototypes = prototypes(encoder)?;
    let n_negatives = examples.negatives.len();
    let negatives = (n_negatives > 0)
        .then(|| all.narrow(0, 2 * n, n_negatives))
        .transpose()?;
    let overlap = (!examples.overlap.is_empty())
        .then(|| Tensor::from_slice(&examples.overlap, (n, n + n_negatives), device))
        .transpose()?;
    let value = objective.of(Inputs {
        queries: &all.narrow(0, 0, n)?,
        documents: &all.narrow(0, n, n)?,
        negatives: negatives.as_ref(),
        negative_labels: &examples.negative_labels,
        labels: &examples.labels,
        same_paper: &examples.same_paper,
        prototypes: prototypes.as_ref().map(|(var, _)| var.as_tensor()),
        anchors: anchors.as_ref(),
        overlap: overlap.as_ref(),
    })?;
    let loss = f64::from(value.total.to_scalar::<f32>()?);
    let stepped = Stepped {
        loss: loss * share,
        terms: value
            .terms
            .iter()
            .map(|(name, x)| (*name, x * share))
            .collect(),
        papers: n as u64,
    };
    // What is not a number has no gradient worth a backward step.
    if !loss.is_finite() {
        return Ok(stepped);
    }
    let store = (value.total * share)?.backward()?;
    if let Some((var, at)) = &prototypes
        && let Some(d) = store.get(var)
    {
        let gradients = encoder.parameters().gradients();
        gradients.inplace_op2(&d.contiguous()?, &AddAt { at: *at })?;
    }
    let Some(d) = store.get(&all) else {
        return Ok(stepped);
    };
    let mut from = 0;
    for (part, batch) in batches.iter().enumerate() {
        let d = d.narrow(0, from, batch.n_texts())?;
        from += batch.n_texts();
        let saved = match held.take() {
            Some(saved) => saved,
            None => encoder.forward(batch, random(part))?.1,
        };
        encoder.backward(saved, &d)?;
    }
    Ok(stepped)
}

/// The trained prototypes as a leaf of the loss's graph, and where their gradient belongs.
fn prototypes<E: Encoder>(encoder: &E) -> Result<Option<(candle_core::Var, usize)>> {
    let parameters = encoder.parameters();
    if !parameters.has(super::PROTOTYPES) {
        return Ok(None);
    }
    let weight = parameters.weight(super::PROTOTYPES)?;
    let at = weight.slot.expect("prototypes are trained");
    Ok(Some((leaf(&weight.tensor)?, at)))
}

/// Texts in order, in parts of at most `limit` tokens, or of one text.
fn parts<'a>(texts: &[&'a [u32]], limit: usize) -> Vec<Vec<&'a [u32]>> {
    let (mut parts, mut n_tokens) = (vec![Vec::new()], 0);
    for &text in texts {
        if n_tokens + text.len() > limit && n_tokens > 0 {
            parts.push(Vec::new());
            n_tokens = 0;
        }
        n_tokens += text.len();
        parts.last_mut().expect("there is one").push(text);
    }
    parts
}

/// Embeds texts without dropout, in parts of at most `limit` tokens: `[texts]`, each `[width]`, of
/// length one.
///
/// # Errors
/// Where a text has no token or too many, or the device fails.
pub fn embed_all<E: Encoder>(
    encoder: &E,
    texts: &[Vec<u32>],
    limit: usize,
) -> Result<Vec<Vec<f32>>> {
    let device = encoder.parameters().device();
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let mut rows = Vec::with_capacity(texts.len());
    for part in parts(&texts, limit) {
        if part.is_empty() {
            continue;
        }
        let y = encoder.embed(&PackedBatch::new(part, device)?)?;
        rows.extend(crate::loss::normalize(&y)?.to_vec2::<f32>()?);
    }
    Ok(rows)
}
