//! Matryoshka widths: what remains of an encoder when its vectors are cut.

use anyhow::Result;
use candle_core::Device;
use ingest::retrieval_set::RetrievalSet;
use serde::Serialize;

use super::papers::PaperVectors;
use super::precision::Precision;
use super::probe::Classification;
use super::retrieval::SetVectors;

/// Figures at one width.
#[derive(Debug, Clone, Serialize)]
pub struct WidthFigures {
    /// Entries kept.
    pub width: usize,
    /// Precision@10 by category.
    pub precision_at_10: Option<f64>,
    /// Accuracy of a linear probe, where one was asked for.
    pub top_1: Option<f64>,
    /// nDCG@10 by set.
    pub ndcg_at_10: Vec<(String, f64)>,
}

/// Whether a probe is fitted at each width: that takes about as long as everything else together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WidthProbe<'a> {
    /// Neighbors and retrieval only.
    Without,
    /// A probe too, of these classes.
    With(&'a [String]),
}

/// Judges vectors cut to `width`.
///
/// # Errors
/// Those of the probe.
pub fn at_width(
    width: usize,
    papers: Option<&PaperVectors>,
    sets: &[(RetrievalSet, SetVectors)],
    probe: WidthProbe,
    device: &Device,
) -> Result<WidthFigures> {
    let cut = papers.map(|papers| papers.cut_to(width));
    let top_1 = match (&cut, probe) {
        (Some(cut), WidthProbe::With(classes)) => {
            let judged = Classification::probe(cut, classes, device)?;
            Some(judged.figures.top_1)
        }
        _ => None,
    };
    Ok(WidthFigures {
        width,
        precision_at_10: cut.as_ref().map(|cut| Precision::of(cut).at_10),
        top_1,
        ndcg_at_10: (sets.iter())
            .map(|(set, vectors)| (set.name.clone(), vectors.judge(set, width).ndcg_at_10))
            .collect(),
    })
}
