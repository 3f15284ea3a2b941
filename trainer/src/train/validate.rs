//! Quality on the way: on the calibration half of the held-out papers, which no reported figure uses.

use std::collections::HashSet;
use std::fmt;

use anyhow::Result;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::math::dot;
use shared::metrics::{Neighborhood, category_precision, reciprocal_rank};

use super::step::embed_all;
use crate::config::Config;
use crate::data::{Corpus, Entry};
use crate::model::Encoder;

/// Neighbors that are looked at.
pub(super) const NEAREST: usize = 10;

/// How good the encoder is, measured quickly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Papers that took part.
    pub papers: usize,
    /// Categories that they are of.
    pub categories: usize,
    /// Share of a paper's ten nearest that are of its category.
    pub precision_at_10: f64,
    /// Mean reciprocal rank, of ten, of the abstract that a title looks for.
    pub mrr_at_10: f64,
}

impl Validation {
    /// Names and values for the run's metrics.
    pub fn scalars(&self) -> [(&'static str, f64); 2] {
        [
            ("valid/precision@10", self.precision_at_10),
            ("valid/mrr@10", self.mrr_at_10),
        ]
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "precision@10 {:.4}, title → abstract MRR@10 {:.4} on {} held-out papers",
            self.precision_at_10, self.mrr_at_10, self.papers
        )
    }
}

/// Embeds held-out papers of every category and measures; texts are cut as in training.
///
/// # Errors
/// Where the encoder fails.
pub fn validate<E: Encoder>(encoder: &E, corpus: &Corpus, config: &Config) -> Result<Validation> {
    let entries = corpus.sample(&corpus.valid, config.evaluate.papers_per_category);
    let longest = config.data.max_document_tokens;
    let embed = |of: &dyn Fn(&Entry) -> Vec<u32>| {
        let texts: Vec<Vec<u32>> = entries.iter().map(|entry| of(entry)).collect();
        embed_all(encoder, &texts, config.batch.micro_tokens)
    };
    let documents = embed(&|entry| corpus.document(entry, longest))?;
    let titles = embed(&|entry| corpus.framed([corpus.title(entry)], longest))?;
    let abstracts = embed(&|entry| corpus.framed([corpus.abstract_of(entry)], longest))?;
    let near: Vec<(Vec<usize>, f64)> = (0..entries.len())
        .into_par_iter()
        .map(|at| {
            let own = nearest(&documents[at], &documents, Some(at));
            let labels = own.iter().map(|&near| usize::from(entries[near].label));
            let found = nearest(&titles[at], &abstracts, None);
            let hits: Vec<bool> = found.iter().map(|&near| near == at).collect();
            (labels.collect(), reciprocal_rank(&hits, NEAREST))
        })
        .collect();
    let queries: Vec<Neighborhood> = near
        .iter()
        .zip(&entries)
        .map(|((neighbors, _), entry)| Neighborhood {
            category: usize::from(entry.label),
            neighbors,
        })
        .collect();
    let ranks: f64 = near.iter().map(|(_, rank)| rank).sum();
    Ok(Validation {
        papers: entries.len(),
        categories: entries
            .iter()
            .map(|entry| entry.label)
            .collect::<HashSet<_>>()
            .len(),
        precision_at_10: category_precision(&queries, NEAREST),
        mrr_at_10: ranks / entries.len().max(1) as f64,
    })
}

/// Places of the nearest vectors, nearest first; of equals the earlier.
fn nearest(query: &[f32], vectors: &[Vec<f32>], but: Option<usize>) -> Vec<usize> {
    let mut scored: Vec<(f32, usize)> = (0..vectors.len())
        .filter(|at| Some(*at) != but)
        .map(|at| (dot(query, &vectors[at]), at))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.truncate(NEAREST);
    scored.into_iter().map(|(_, at)| at).collect()
}
