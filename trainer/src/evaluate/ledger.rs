//! The loss ledger: what each step from the encoder in f32 to the page's search costs.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use index_builder::build::{distinct, quantized};
use index_builder::graph;
use index_builder::recall::{Breadth, Judge};
use rayon::prelude::*;
use serde::Serialize;
use shared::artifact::IndexParts;
use shared::metrics::{Neighborhood, category_precision};
use shared::{Index, Query, Searcher, Sha256};

use super::Embedder;
use super::nearest::{Best, nearest};
use super::papers::{EvaluationPapers, PaperVectors, rows, smallest_keys};
use crate::classifier::Labelled;

/// Neighbors that are looked at.
const NEAREST: usize = 10;
/// Candidates that 1-bit codes give, for each one wanted.
const OVERSAMPLING: usize = 10;
/// Papers searched, for each one asked with.
const DOCUMENTS_PER_QUERY: usize = 8;
const GRAPH_SEED: u64 = 1;

/// One step of the ledger: everything before it has its loss as well.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerStep {
    /// What is searched, and how.
    pub step: String,
    /// Papers searched.
    pub documents: usize,
    /// Papers asked with.
    pub queries: usize,
    /// Share of the nearest ten that are of the query's category.
    pub precision_at_10: f64,
    /// Share of the ten that exact search in f32 finds.
    pub recall_at_10: f64,
}

/// Searches a sample of papers step by step as the page does: `n` papers of the base, the smallest keys
/// first, asked with an eighth as many papers that are reported on.
///
/// # Errors
/// Those of the encoders; a graph that cannot be built.
pub fn ledger(
    papers: &EvaluationPapers,
    full: &mut dyn Embedder,
    int8: &mut dyn Embedder,
    n: usize,
    seed: u64,
) -> Result<Vec<LedgerStep>> {
    let base = [&papers.train[..], &papers.calibration].concat();
    let sample = EvaluationPapers {
        classes: papers.classes.clone(),
        train: smallest_keys(base, n, seed),
        calibration: Vec::new(),
        report: smallest_keys(papers.report.clone(), n.div_ceil(DOCUMENTS_PER_QUERY), seed),
        other_years: papers.other_years,
    };
    let exact = sample.embed(full)?;
    let quantized = sample.embed(int8)?;
    let by_full = nearest(&rows(&exact.report), &rows(&exact.base), NEAREST);
    let by_int8 = nearest(&rows(&quantized.report), &rows(&quantized.base), NEAREST);
    let mut steps = vec![
        ("exact, encoder in f32".to_owned(), by_full.clone()),
        ("exact, encoder in int8".to_owned(), by_int8),
    ];
    steps.extend(stored(&quantized)?);
    Ok((steps.into_iter())
        .map(|(step, found)| judge(step, &exact, &by_full, &found))
        .collect())
}

/// What the index's own storage finds: int8 vectors, 1-bit codes before them, the graph over them.
fn stored(vectors: &PaperVectors) -> Result<Vec<(String, Vec<Vec<usize>>)>> {
    let index = index_of(&vectors.base)?;
    let queries: Vec<Query> = (vectors.report.iter())
        .map(|paper| Query::new(&paper.vector))
        .collect::<Result<_, _>>()?;
    let places = |hits: Vec<shared::Neighbor>| -> Vec<usize> {
        hits.iter().map(|hit| hit.paper.0 as usize).collect()
    };
    let exact = (queries.par_iter())
        .map(|query| places(index.search_exact(query, NEAREST, |_| true)))
        .collect();
    let codes: Vec<Vec<f32>> = (vectors.base.iter())
        .map(|paper| paper.vector.iter().map(|x| x.signum()).collect())
        .collect();
    let coarse: Vec<Vec<usize>> = (vectors.report.par_iter().zip(&queries))
        .map(|(paper, query)| {
            let mut best = Best::new(OVERSAMPLING * NEAREST);
            for (at, code) in codes.iter().enumerate() {
                best.offer(shared::math::dot(&paper.vector, code), at);
            }
            let taken: std::collections::HashSet<usize> = best.into_places().into_iter().collect();
            places(index.search_exact(query, NEAREST, |paper| taken.contains(&(paper.0 as usize))))
        })
        .collect();
    let tuned = Judge::new(&index, &queries).tune_graph();
    let breadth = tuned
        .last()
        .map_or(Breadth::Graph { ef: 64 }, |row| row.breadth);
    let mut searcher = Searcher::default();
    let walked = (queries.iter())
        .map(|query| places(index.search_by(breadth.into(), &mut searcher, query, NEAREST)))
        .collect();
    Ok(vec![
        ("exact, stored int8 vectors".to_owned(), exact),
        (
            format!("1-bit codes, {OVERSAMPLING} times as many scored again in int8"),
            coarse,
        ),
        (format!("graph over stored int8 vectors, {breadth}"), walked),
    ])
}

/// An index of these papers, as index-builder makes one.
fn index_of(papers: &[Labelled]) -> Result<Index> {
    // A vector of zeros points nowhere: such a paper has no node.
    let vectors: Vec<Option<Vec<f32>>> = (papers.iter())
        .map(|paper| Some(paper.vector.clone()).filter(|v| v.iter().any(|x| *x != 0.0)))
        .collect();
    let (nodes, distinct) = distinct(&quantized(&vectors)?);
    let graph = graph::build(&distinct, GRAPH_SEED)?;
    let place: HashMap<u32, u32> = graph.order.iter().copied().zip(0..).collect();
    let parts = IndexParts {
        model_sha256: Sha256::default(),
        dim: papers.first().map_or(0, |paper| paper.vector.len()),
        ef: 64,
        depth: None,
        nodes: (nodes.iter())
            .map(|node| node.map(|node| place[&node]))
            .collect(),
        vectors: (graph.order.iter())
            .map(|&vector| distinct[vector as usize].clone())
            .collect(),
        links: graph.links,
        upper: graph.upper,
        golden: Vec::new(),
    };
    Index::parse(parts.to_bytes()).context("the ledger's index does not open")
}

fn judge(
    step: String,
    papers: &PaperVectors,
    wanted: &[Vec<usize>],
    found: &[Vec<usize>],
) -> LedgerStep {
    let neighbors: Vec<Vec<usize>> = (found.iter())
        .map(|places| places.iter().map(|&at| papers.base[at].label).collect())
        .collect();
    let queries: Vec<Neighborhood> = (papers.report.iter().zip(&neighbors))
        .map(|(paper, neighbors)| Neighborhood {
            category: paper.label,
            neighbors,
        })
        .collect();
    let n_wanted: usize = wanted.iter().map(Vec::len).sum();
    let n_found: usize = (wanted.iter().zip(found))
        .map(|(wanted, found)| found.iter().filter(|at| wanted.contains(at)).count())
        .sum();
    LedgerStep {
        step,
        documents: papers.base.len(),
        queries: queries.len(),
        precision_at_10: category_precision(&queries, NEAREST),
        recall_at_10: n_found as f64 / n_wanted.max(1) as f64,
    }
}
