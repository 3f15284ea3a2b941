//! The int8 encoder against the judge: figures.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use ingest::retrieval_set::RetrievalSet;
use rayon::prelude::*;
use serde::Serialize;
use shared::math::dot;
use shared::metrics::ndcg;
use shared::{Encoder, Model};

use trainer::evaluate::{Embedder as _, FullEmbedder};

use crate::texts::Sample;

/// Nearest texts that are compared.
const NEAREST: usize = 10;

/// What an artifact costs in quality.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Of papers.
    pub papers: Cosines,
    /// Of titles and questions.
    pub short: Cosines,
    /// Share of a paper's nearest ten that both encoders name, among the sampled papers.
    pub overlap_at_10: f64,
    /// nDCG@10 of both, by retrieval set.
    pub retrieval: Vec<Retrieval>,
}

/// Cosines of int8 embeddings to those in f32.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cosines {
    /// Texts.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// What one in a hundred falls short of.
    pub percentile_1: f64,
    /// The least.
    pub min: f64,
}

/// nDCG@10 on one set.
#[derive(Debug, Clone, Serialize)]
pub struct Retrieval {
    /// Name of the set.
    pub set: String,
    /// Documents and questions by the f32 encoder.
    pub f32: f64,
    /// Documents and questions by the int8 encoder.
    pub int8: f64,
    /// `int8 / f32 − 1`.
    pub relative: f64,
}

/// Compares `model` with the judge.
///
/// # Errors
/// Where a text has no token, or the judge cannot keep what it embeds.
pub fn measure(
    model: &Arc<Model>,
    judge: &mut FullEmbedder,
    sample: &Sample,
    sets: &[RetrievalSet],
) -> Result<Figures> {
    let (ours, theirs) = (embed(model, &sample.papers)?, judge.embed(&sample.papers)?);
    let short = Cosines::of(&embed(model, &sample.short)?, &judge.embed(&sample.short)?);
    let retrieval = sets
        .iter()
        .map(|set| {
            let documents = set.document_texts(model.meta());
            let queries = set.query_texts(model.meta());
            let f32 = mean_ndcg(set, &judge.embed(&documents)?, &judge.embed(&queries)?);
            let int8 = mean_ndcg(set, &embed(model, &documents)?, &embed(model, &queries)?);
            Ok(Retrieval {
                set: set.name.clone(),
                f32,
                int8,
                relative: int8 / f32 - 1.0,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Figures {
        papers: Cosines::of(&ours, &theirs),
        short,
        overlap_at_10: overlap(&ours, &theirs),
        retrieval,
    })
}

/// Embeds over all cores; the vectors do not depend on how many there are.
fn embed(model: &Arc<Model>, texts: &[String]) -> Result<Vec<Vec<f32>>> {
    texts
        .par_iter()
        .map_init(
            || Encoder::new(Arc::clone(model)),
            |encoder, text| {
                let embedding = encoder.embed(text);
                Ok(embedding.with_context(|| format!("{text:?}"))?.vector)
            },
        )
        .collect()
}

impl Cosines {
    fn of(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> Self {
        let cosine = |(a, b): (&Vec<f32>, &Vec<f32>)| -> f64 {
            a.iter()
                .zip(b)
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum()
        };
        let mut cosines: Vec<f64> = ours.iter().zip(theirs).map(cosine).collect();
        cosines.sort_by(f64::total_cmp);
        let n = cosines.len();
        let at = |place: usize| cosines.get(place).copied().unwrap_or(f64::NAN);
        Self {
            n,
            mean: cosines.iter().sum::<f64>() / n as f64,
            percentile_1: at(n / 100),
            min: at(0),
        }
    }
}

/// Places of the `n` most similar of `vectors`, best first; of equals the earlier.
fn nearest(query: &[f32], vectors: &[Vec<f32>], n: usize, but: Option<usize>) -> Vec<usize> {
    let others = vectors
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != but);
    let mut scored: Vec<(f32, usize)> = others.map(|(at, v)| (dot(query, v), at)).collect();
    let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if scored.len() > n {
        scored.select_nth_unstable_by(n, order);
        scored.truncate(n);
    }
    scored.sort_by(order);
    scored.into_iter().map(|(_, at)| at).collect()
}

fn overlap(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> f64 {
    let shared: usize = (0..ours.len())
        .into_par_iter()
        .map(|at| {
            let of = |vectors: &[Vec<f32>]| -> HashSet<usize> {
                nearest(&vectors[at], vectors, NEAREST, Some(at))
                    .into_iter()
                    .collect()
            };
            of(ours).intersection(&of(theirs)).count()
        })
        .sum();
    shared as f64 / (ours.len() * NEAREST.min(ours.len().saturating_sub(1))) as f64
}

fn mean_ndcg(set: &RetrievalSet, documents: &[Vec<f32>], queries: &[Vec<f32>]) -> f64 {
    let scores: Vec<f64> = (queries.par_iter().zip(&set.gains))
        .map(|(query, gains)| {
            let found = nearest(query, documents, NEAREST, None);
            let gain = |at: &usize| gains.get(at).copied().unwrap_or(0.0);
            let ranked: Vec<f64> = found.iter().map(gain).collect();
            let judged: Vec<f64> = gains.values().copied().collect();
            ndcg(&ranked, &judged, NEAREST)
        })
        .collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| texts | n | mean cosine | 1st percentile | least |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        for (name, c) in [
            ("papers", &self.papers),
            ("titles and questions", &self.short),
        ] {
            let Cosines {
                n,
                mean,
                percentile_1,
                min,
            } = c;
            writeln!(
                f,
                "| {name} | {n} | {mean:.5} | {percentile_1:.5} | {min:.5} |"
            )?;
        }
        writeln!(f, "\nnearest ten in common: {:.4}\n", self.overlap_at_10)?;
        writeln!(f, "| set | nDCG@10 f32 | int8 | relative |")?;
        writeln!(f, "|---|---|---|---|")?;
        for Retrieval {
            set,
            f32,
            int8,
            relative,
        } in &self.retrieval
        {
            writeln!(
                f,
                "| {set} | {f32:.4} | {int8:.4} | {:+.2} % |",
                100.0 * relative
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_agree_with_those_worked_out_by_hand() {
        let vectors = |rows: &[[f32; 2]]| rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
        let (ours, theirs) = (
            vectors(&[[1.0, 0.0], [0.8, 0.6]]),
            vectors(&[[1.0, 0.0], [1.0, 0.0]]),
        );
        let cosines = Cosines::of(&ours, &theirs);
        assert_eq!(cosines.n, 2);
        assert!((cosines.mean - 0.9).abs() < 1e-6 && (cosines.min - 0.8).abs() < 1e-6);
    }

    #[test]
    fn the_nearest_come_best_first_and_never_the_text_itself() {
        let vectors: Vec<Vec<f32>> = [0.1, 0.9, 0.5, 0.9].map(|x| vec![x]).to_vec();
        assert_eq!(nearest(&[1.0], &vectors, 3, None), [1, 3, 2]);
        assert_eq!(nearest(&[1.0], &vectors, 2, Some(1)), [3, 2]);
        assert_eq!(nearest(&[1.0], &vectors, 9, None).len(), 4);
    }

    #[test]
    fn overlap_counts_common_neighbors() {
        // Twelve texts on a half circle; in the other encoder the last two have swapped places, so
        // nobody's nearest ten of eleven change but by what falls out at the far end.
        let circle = |order: &[usize]| -> Vec<Vec<f32>> {
            let angle = |&at: &usize| at as f32 * 0.25;
            order
                .iter()
                .map(|at| vec![angle(at).cos(), angle(at).sin()])
                .collect()
        };
        let straight: Vec<usize> = (0..12).collect();
        let mut swapped = straight.clone();
        swapped.swap(10, 11);
        assert_eq!(overlap(&circle(&straight), &circle(&straight)), 1.0);
        let changed = overlap(&circle(&straight), &circle(&swapped));
        // Texts 0 to 5 drop number 10 instead of 11: nine of ten stay. The others drop number 0,
        // or, for the swapped two, keep every neighbor but the one that stays farthest.
        assert!((0.94..0.96).contains(&changed), "{changed}");
    }
}
