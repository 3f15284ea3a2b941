//! `trainer classifier`: a multinomial logistic head over embeddings, calibrated and judged.
//!
//! Papers whose split is `train` (or that have none) teach; `valid` is halved by a hash of the id:
//! strength of the penalty and temperature come from one half, every reported figure from the other.

mod data;
mod fit;
mod lbfgs;
mod report;
mod temperature;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use index_builder::model;
use shared::Classifier;
use shared::artifact::ClassifierMeta;
use shared::metrics::{Judged, log_loss};

pub use data::Labelled;
pub use report::{Figures, Report};

/// Penalties tried, strongest first; each fit starts from the one before.
const PENALTIES: [f64; 6] = [1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7];

/// What to fit.
#[derive(Debug, Clone)]
pub struct ClassifierConfig {
    /// Files of labelled papers.
    pub papers: Vec<PathBuf>,
    /// Training papers a category, at most.
    pub per_category: usize,
    /// Seed of the choice of training papers.
    pub seed: u64,
    /// Folder of the base encoder; the usual places where absent.
    pub model: Option<PathBuf>,
}

/// Fits, calibrates and judges a classifier.
///
/// # Errors
/// Where the papers cannot be read, have no categories, or there is no base encoder.
pub fn train(config: &ClassifierConfig) -> Result<(Classifier, Report)> {
    let prepared = model::prepare(config.model.as_deref())?;
    let data = data::read(config, &prepared.model)?;
    ensure!(
        !data.train.is_empty(),
        "no labelled training paper: papers need categories, and some a split other than \"valid\""
    );
    let (n_classes, dim) = (data.classes.len(), prepared.model.meta().architecture.dim);
    tracing::info!(
        "{} classes; {} papers to fit on, {} to calibrate with, {} to report on",
        n_classes,
        data.train.len(),
        data.calibration.len(),
        data.report.len(),
    );
    let problem = fit::Problem::new(&data.train, n_classes, dim)?;
    let mut head = fit::Head::zero(n_classes, dim);
    let mut best: Option<(f64, f64, fit::Head)> = None;
    let mut tried = Vec::new();
    for penalty in PENALTIES {
        head = problem.fit(&head, penalty)?;
        // Without papers to calibrate with, the middle of the range is the guess.
        let judge = if data.calibration.is_empty() {
            &data.train
        } else {
            &data.calibration
        };
        let temperature = temperature::fit(&head, judge);
        let loss = loss(&head, judge, temperature);
        tracing::info!("penalty {penalty:.0e}: log-loss {loss:.4} at temperature {temperature:.3}");
        tried.push((penalty, loss));
        if best.as_ref().is_none_or(|(least, _, _)| loss < *least) {
            best = Some((loss, temperature, head.clone()));
        }
    }
    let (_, temperature, head) = best.context("at least one penalty was tried")?;
    let mut meta = ClassifierMeta {
        model_sha256: prepared.model.sha256(),
        dim,
        classes: data.classes.clone(),
        temperature,
        description: String::new(),
    };
    let classifier = Classifier::new(&meta, &head.weights, &head.bias)?;
    let figures = Figures::of(&classifier, &data.report);
    meta.description = format!(
        "logistic regression on {} papers (at most {} a category); {}",
        data.train.len(),
        config.per_category,
        figures.one_line(),
    );
    let classifier = Classifier::new(&meta, &head.weights, &head.bias)?;
    let report = Report::new(config, &data, &prepared.model, &classifier, figures, tried);
    Ok((classifier, report))
}

/// Log-loss of a head on papers.
fn loss(head: &fit::Head, papers: &[Labelled], temperature: f64) -> f64 {
    let rows: Vec<Vec<f64>> = papers
        .iter()
        .map(|paper| head.probabilities(&paper.vector, temperature))
        .collect();
    let judged: Vec<Judged> = rows
        .iter()
        .zip(papers)
        .map(|(probabilities, paper)| Judged {
            probabilities,
            label: paper.label,
        })
        .collect();
    log_loss(&judged)
}
