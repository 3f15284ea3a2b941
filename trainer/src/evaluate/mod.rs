//! What an encoder is good for, beside others and beside plain words.
//!
//! ```text
//! papers ─choose─▶ train · valid-cal · valid-report ─Embedder─▶ vectors ─▶ neighbors · probe · clusters · widths
//! BEIR folders ────────────────────────────────────Embedder─▶ vectors ─▶ nDCG@10 · recall@100 · MRR@10
//! the same papers and sets ─▶ TF-IDF with logistic regression · BM25
//! ```
//!
//! Every row of a report is judged on the same papers and questions by the functions of
//! [`shared::metrics`]. Start at [`evaluate`].

mod bootstrap;
mod config;
mod embedder;
mod full;
mod nearest;
mod papers;
mod words;

mod bm25;
mod clusters;
mod ledger;
mod precision;
mod probe;
mod retrieval;
mod tfidf;
mod widths;

mod reliability;
mod report;
mod tables;
#[cfg(test)]
mod tests;

use std::time::Instant;

use anyhow::{Result, ensure};
use ingest::retrieval_set::RetrievalSet;

use crate::classifier::choose;

pub use bm25::Bm25;
pub use bootstrap::Difference;
pub use clusters::{Clusters, k_means};
pub use config::{EvaluateConfig, Half, Part};
pub use embedder::{Embedder, Int8Embedder};
pub use full::FullEmbedder;
pub use ledger::{LedgerStep, ledger};
pub use nearest::{Best, nearest};
pub use papers::{EvaluationPapers, PaperVectors};
pub use precision::Precision;
pub use probe::{Classification, Confused};
pub use reliability::reliability_svg;
pub use report::{Compared, Report, Row, Sample};
pub use retrieval::{Retrieval, SetVectors};
pub use tfidf::{Logistic, Sparse, Stop, Vectorizer, VectorizerConfig, classify};
pub use widths::{WidthFigures, WidthProbe, at_width};

/// An encoder to judge.
pub struct Contender {
    /// The one whose figures are reported.
    pub embedder: Box<dyn Embedder>,
    /// The same encoder in the other arithmetic, which the ledger wants; absent without a ledger.
    pub twin: Option<Twin>,
}

/// The other arithmetic of an encoder.
pub enum Twin {
    /// The reported one is quantized; this one is in f32.
    Full(Box<dyn Embedder>),
    /// The reported one is in f32; this one is quantized.
    Quantized(Box<dyn Embedder>),
}

impl std::fmt::Debug for Contender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Contender")
            .field(&self.embedder.name())
            .finish()
    }
}

/// Judges encoders, the one in question first, and plain words beside them.
///
/// `contenders` opens the encoders, which may take a minute: it is called once papers and sets have been read.
///
/// # Errors
/// Where nothing is asked for, papers or sets cannot be read or are not labelled, or an encoder fails.
pub fn evaluate(
    config: &EvaluateConfig,
    contenders: impl FnOnce() -> Result<Vec<Contender>>,
) -> Result<Report> {
    let started = Instant::now();
    ensure!(
        !config.papers.is_empty() || !config.sets.is_empty(),
        "nothing to evaluate on: name labelled papers with --papers, retrieval sets with --sets, or both"
    );
    let device = config.compute.open()?;
    let mut sets = Vec::new();
    if config.has(Part::Retrieval) || config.has(Part::Widths) {
        for folder in &config.sets {
            let mut set = RetrievalSet::read(folder)?;
            if let Some(limit) = config.limit_queries {
                retrieval::limit_queries(&mut set, limit);
            }
            sets.push(set);
        }
    }
    let (mut papers, mut sample) = (None, config.sample());
    if !config.papers.is_empty() {
        let choice = choose(
            &config.papers,
            config.per_category,
            config.seed,
            config.since,
        )?;
        sample.unclassed.clone_from(&choice.unclassed);
        sample.untaught = choice.untaught();
        let chosen = EvaluationPapers::new(choice, config)?;
        sample.other_years = chosen.other_years;
        sample.classes = chosen.classes.len();
        sample.train = chosen.train.len();
        sample.calibration = chosen.calibration.len();
        sample.report = chosen.report.len();
        papers = Some(chosen);
    }
    let mut rows = Vec::new();
    for contender in contenders()? {
        rows.push(judge(config, contender, papers.as_ref(), &sets, &device)?);
    }
    rows.extend(plain_words(config, papers.as_ref(), &sets)?);
    Ok(Report::new(sample, rows, started.elapsed().as_secs_f64()))
}

/// Fills the row of one encoder.
fn judge(
    config: &EvaluateConfig,
    mut contender: Contender,
    papers: Option<&EvaluationPapers>,
    sets: &[RetrievalSet],
    device: &candle_core::Device,
) -> Result<Row> {
    let embedder = &mut *contender.embedder;
    let mut row = Row {
        name: embedder.name().to_owned(),
        sha256: embedder.sha256(),
        width: Some(embedder.dim()),
        ..Row::default()
    };
    tracing::info!("{}", row.name);
    let wants_papers = [Part::Precision, Part::Probe, Part::Clusters, Part::Widths]
        .iter()
        .any(|part| config.has(*part));
    let vectors = (papers.filter(|_| wants_papers))
        .map(|papers| papers.embed(embedder))
        .transpose()?;
    let of_sets: Vec<(RetrievalSet, SetVectors)> = (sets.iter())
        .map(|set| Ok((set.clone(), SetVectors::embed(set, embedder)?)))
        .collect::<Result<_>>()?;
    if let (Some(vectors), Some(papers)) = (&vectors, papers) {
        if config.has(Part::Precision) {
            tracing::info!("  neighbors");
            row.precision = Some(Precision::of(vectors));
        }
        if config.has(Part::Probe) {
            tracing::info!("  linear probe");
            row.classification = Some(Classification::probe(vectors, &papers.classes, device)?);
        }
        if config.has(Part::Clusters) {
            tracing::info!("  clusters");
            row.clusters = Some(Clusters::of(vectors, config.seed));
        }
    }
    let dim = embedder.dim();
    if config.has(Part::Retrieval) {
        row.retrieval = (of_sets.iter())
            .map(|(set, vectors)| vectors.judge(set, dim))
            .collect();
    }
    if config.has(Part::Widths) {
        let probe = match papers {
            Some(papers) if config.probe_widths => WidthProbe::With(&papers.classes),
            _ => WidthProbe::Without,
        };
        for &width in config.widths.iter().filter(|&&width| width <= dim) {
            tracing::info!("  width {width}");
            let figures = at_width(width, vectors.as_ref(), &of_sets, probe, device)?;
            row.widths.push(figures);
        }
    }
    if let (true, Some(papers), Some(twin)) = (config.has(Part::Ledger), papers, contender.twin) {
        tracing::info!("  ledger");
        let reported = &mut *contender.embedder;
        let n = config.ledger_papers;
        row.ledger = match twin {
            Twin::Full(mut full) => ledger(papers, &mut *full, reported, n, config.seed)?,
            Twin::Quantized(mut int8) => ledger(papers, reported, &mut *int8, n, config.seed)?,
        };
    }
    Ok(row)
}

/// The rows of TF-IDF and BM25.
fn plain_words(
    config: &EvaluateConfig,
    papers: Option<&EvaluationPapers>,
    sets: &[RetrievalSet],
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    if let Some(papers) = papers.filter(|_| config.has(Part::Tfidf)) {
        tracing::info!("TF-IDF and logistic regression");
        let (classification, n_features) = classify(papers, config.tfidf_features)?;
        rows.push(Row {
            name: "TF-IDF + logistic regression".to_owned(),
            width: Some(n_features),
            classification: Some(classification),
            ..Row::default()
        });
    }
    if config.has(Part::Retrieval) && !sets.is_empty() {
        tracing::info!("BM25");
        rows.push(Row {
            name: "BM25".to_owned(),
            retrieval: sets.iter().map(Retrieval::by_words).collect(),
            ..Row::default()
        });
    }
    Ok(rows)
}
