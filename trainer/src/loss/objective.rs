//! The terms of a run's loss, weighted and summed, at every width.

use anyhow::Result;
use candle_core::{Tensor, Var};

use super::{
    Directions, Partners, anchor, classification, contrastive, distillation,
    multiple_negatives_ranking, normalize, supervised_contrastive,
};
use crate::config::LossConfig;

/// Added to logits of pairs that are no negatives of each other.
const NO_NEGATIVE: f32 = -1e4;

/// What a batch gives the losses.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// `[pairs, width]`, as the encoder gives them.
    pub queries: &'a Tensor,
    /// `[pairs, width]`.
    pub documents: &'a Tensor,
    /// `[n, width]`: mined negatives.
    pub negatives: Option<&'a Tensor>,
    /// Category of each of these.
    pub negative_labels: &'a [u32],
    /// Category of each pair.
    pub labels: &'a [u32],
    /// Whether query and document are of one paper; otherwise of two papers of one category.
    pub same_paper: &'a [bool],
    /// `[categories, width]`: trained along, where classification has a weight.
    pub prototypes: Option<&'a Tensor>,
    /// `[2 · pairs + n, width]`: queries, documents and negatives as the base encoder sees them, where the
    /// anchor or distillation has a weight.
    pub anchors: Option<&'a Tensor>,
    /// `[pairs, pairs + n]`: the share of a query's words that a document or negative has, where distillation
    /// has a weight.
    pub overlap: Option<&'a Tensor>,
}

/// The loss of a batch, and its parts before they were weighted.
#[derive(Debug)]
pub struct Value {
    /// What is minimized: a scalar in the graph.
    pub total: Tensor,
    /// Terms by name, at full width.
    pub terms: Vec<(&'static str, f64)>,
}

/// A configured loss.
#[derive(Debug, Clone)]
pub struct Objective {
    config: LossConfig,
}

impl Objective {
    /// The loss that a config describes.
    pub fn new(config: &LossConfig) -> Self {
        Self {
            config: config.clone(),
        }
    }

    /// The loss of a batch: over widths the weighted mean, over terms the weighted sum; and the anchor, once,
    /// at full width.
    ///
    /// # Errors
    /// Where shapes disagree.
    pub fn of(&self, inputs: Inputs<'_>) -> Result<Value> {
        let widths = self.config.weighted_widths();
        let sum: f64 = widths.iter().map(|(_, weight)| weight).sum();
        let full = inputs.documents.dim(1)?;
        let teacher = self.teacher(inputs)?;
        let mut total: Option<Tensor> = None;
        let mut terms = Vec::new();
        for (width, weight) in widths {
            let cut = |x: &Tensor| normalize(&x.narrow(1, 0, width.min(full))?);
            let queries = cut(inputs.queries)?;
            let documents = cut(inputs.documents)?;
            let negatives = inputs.negatives.map(cut).transpose()?;
            let prototypes = inputs
                .prototypes
                .map(|x| anyhow::Ok(x.narrow(1, 0, width.min(full))?))
                .transpose()?;
            let at_width = Inputs {
                queries: &queries,
                documents: &documents,
                negatives: negatives.as_ref(),
                prototypes: prototypes.as_ref(),
                ..inputs
            };
            let mut found = Vec::new();
            let mut part = self.terms(at_width, teacher.as_ref(), &mut found)?;
            if self.config.wire > 0.0 {
                let documents = on_the_wire(&documents)?;
                let rounded = Inputs {
                    documents: &documents,
                    ..at_width
                };
                part = (part
                    + (self.terms(rounded, teacher.as_ref(), &mut Vec::new())?
                        * self.config.wire)?)?;
            }
            let part = (part * (weight / sum))?;
            total = Some(match total {
                Some(total) => (total + part)?,
                None => part,
            });
            // Widths ascend: the last one is the widest.
            terms = found;
        }
        let mut total = total.expect("a config has at least one width");
        if let (true, Some(anchors)) = (self.config.anchor > 0.0, inputs.anchors) {
            let texts = [
                Some(inputs.queries),
                Some(inputs.documents),
                inputs.negatives,
            ];
            let texts: Vec<&Tensor> = texts.into_iter().flatten().collect();
            let texts = Tensor::cat(&texts, 0)?;
            let value = anchor(&normalize(&texts)?, &normalize(anchors)?)?;
            total = (total + (&value * self.config.anchor)?)?;
            terms.push(("anchor", value));
        }
        let terms = terms
            .into_iter()
            .map(|(name, value)| Ok((name, f64::from(value.to_scalar::<f32>()?))))
            .collect::<Result<_>>()?;
        Ok(Value { total, terms })
    }

    /// What the base encoder and words together make of each query's candidates, as logits
    /// `[pairs, pairs + n]`: a score that fuses both finds more than either alone.
    fn teacher(&self, of: Inputs<'_>) -> Result<Option<Tensor>> {
        let (true, Some(anchors), Some(overlap)) =
            (self.config.distillation > 0.0, of.anchors, of.overlap)
        else {
            return Ok(None);
        };
        let n = of.queries.dim(0)?;
        let base = normalize(&anchors.detach())?;
        let queries = base.narrow(0, 0, n)?;
        let candidates = base.narrow(0, n, base.dim(0)? - n)?;
        let meaning = (queries.matmul(&candidates.t()?)? * self.config.scale)?;
        Ok(Some((meaning + (overlap * self.config.words)?)?))
    }

    /// The terms at one width, of vectors of length one.
    fn terms(
        &self,
        of: Inputs<'_>,
        teacher: Option<&Tensor>,
        found: &mut Vec<(&'static str, Tensor)>,
    ) -> Result<Tensor> {
        let config = &self.config;
        let mut total = Tensor::zeros((), of.documents.dtype(), of.documents.device())?;
        let mut add = |name, weight: f64, value: Tensor| -> Result<()> {
            total = (&total + (&value * weight)?)?;
            found.push((name, value));
            Ok(())
        };
        if config.ranking > 0.0 {
            let directions = if config.symmetric {
                Directions::Symmetric
            } else {
                Directions::Forward
            };
            let mask = mask(of)?;
            let partners = Partners {
                queries: of.queries,
                documents: of.documents,
                negatives: of.negatives,
                mask: mask.as_ref(),
            };
            let value = multiple_negatives_ranking(partners, config.scale, directions)?;
            add("ranking", config.ranking, value)?;
        }
        if let Some(teacher) = teacher {
            let candidates: Vec<&Tensor> = [Some(of.documents), of.negatives]
                .into_iter()
                .flatten()
                .collect();
            let candidates = Tensor::cat(&candidates, 0)?;
            let value = distillation(of.queries, &candidates, teacher, config.scale)?;
            add("distillation", config.distillation, value)?;
        }
        if config.category > 0.0 {
            let value = supervised_contrastive(of.documents, of.labels, config.temperature)?;
            add("category", config.category, value)?;
        }
        if config.contrastive > 0.0 {
            let (left, right, alike) = labelled_pairs(of.labels);
            if !alike.is_empty() {
                let pick = |at: &[u32]| -> Result<Tensor> {
                    let at = Tensor::from_slice(at, at.len(), of.documents.device())?;
                    Ok(of.documents.index_select(&at, 0)?)
                };
                let value = contrastive(&pick(&left)?, &pick(&right)?, &alike, config.margin)?;
                add("contrastive", config.contrastive, value)?;
            }
        }
        if let (true, Some(prototypes)) = (config.classification > 0.0, of.prototypes) {
            let value = classification(of.documents, prototypes, of.labels, config.scale)?;
            add("classification", config.classification, value)?;
        }
        Ok(total)
    }
}

/// Where a query looks for a paper of its category, the others of that category are no negatives, and neither are
/// those of it that were mined for other papers of the batch: `[pairs, pairs + n]`.
fn mask(of: Inputs<'_>) -> Result<Option<Tensor>> {
    if of.same_paper.iter().all(|&same| same) {
        return Ok(None);
    }
    let n = of.labels.len();
    let all = n + of.negative_labels.len();
    let mut mask = vec![0.0_f32; n * all];
    for (i, row) in mask.chunks_exact_mut(all).enumerate() {
        let (documents, negatives) = row.split_at_mut(n);
        for (j, place) in documents.iter_mut().enumerate() {
            let alike = i != j && of.labels[i] == of.labels[j];
            if alike && !(of.same_paper[i] && of.same_paper[j]) {
                *place = NO_NEGATIVE;
            }
        }
        for (label, place) in of.negative_labels.iter().zip(negatives) {
            if !of.same_paper[i] && *label == of.labels[i] {
                *place = NO_NEGATIVE;
            }
        }
    }
    let mask = Tensor::from_vec(mask, (n, all), of.documents.device())?;
    Ok(Some(mask))
}

/// Of every paper one pair with the next of its category, and one with the next of another.
pub(super) fn labelled_pairs(labels: &[u32]) -> (Vec<u32>, Vec<u32>, Vec<bool>) {
    let n = labels.len();
    let (mut left, mut right, mut flags) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n {
        for alike in [true, false] {
            let mut others = (1..n).map(|by| (i + by) % n);
            if let Some(j) = others.find(|&j| (labels[j] == labels[i]) == alike) {
                left.push(i as u32);
                right.push(j as u32);
                flags.push(alike);
            }
        }
    }
    (left, right, flags)
}

/// Vectors as the page stores them for its first pass, one bit a number, of length one; the gradient
/// passes as if they had not been rounded (Bengio et al. 2013, arXiv:1308.3432).
fn on_the_wire(x: &Tensor) -> Result<Tensor> {
    let size = 1.0 / (x.dim(1)? as f64).sqrt();
    let signs = x.detach().ge(0.0)?.to_dtype(x.dtype())?;
    let rounded = signs.affine(2.0 * size, -size)?;
    Ok((x + (rounded - x.detach())?)?)
}

/// A leaf of the graph with these numbers.
pub(crate) fn leaf(x: &Tensor) -> Result<Var> {
    Ok(Var::from_tensor(&x.copy()?)?)
}
