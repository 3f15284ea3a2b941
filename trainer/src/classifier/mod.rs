//! `trainer classifier`: a multinomial logistic head over embeddings, calibrated and judged.
//!
//! Papers whose split is `train` (or that have none) teach; `valid` is halved by a hash of the id:
//! penalty, number of iterations, temperature and thresholds come from one half, every reported figure from the other.

mod by_confidence;
mod cross;
mod data;
mod fit;
mod held_out;
pub(crate) mod lbfgs;
mod report;
pub(crate) mod temperature;
mod together;
mod words;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use candle_core::Device;
use index_builder::model;
use ingest::model_files::Which;
use rayon::prelude::*;
use shared::Classifier;
use shared::artifact::ClassifierMeta;
use shared::metrics::{Judged, log_loss};

use crate::device::Compute;
use crate::inputs;

pub use data::{Choice, ChosenPaper, Labelled, Role, choose};
pub(crate) use data::{class_of, classes, role};
pub use fit::Head;
pub(crate) use fit::softmax;
pub use report::{Figures, Report, Tried, WordsReport};

/// Penalties tried.
const PENALTIES: [f64; 4] = [1e-2, 3e-2, 1e-1, 3e-3];
/// Iterations without a better head on the calibration half, after which a fit ends.
const PATIENCE: usize = 12;

/// What to fit.
#[derive(Debug, Clone)]
pub struct ClassifierConfig {
    /// Files of labelled papers.
    pub papers: Vec<PathBuf>,
    /// Training papers a category that are embedded, at most.
    pub per_category: usize,
    /// Training papers a category that words are learned from, at most; not fewer than are embedded.
    pub words_per_category: usize,
    /// Weights of words that are kept; with 0, words have no vote.
    pub word_weights: usize,
    /// Seed of the choice of training papers.
    pub seed: u64,
    /// The encoder.
    pub model: Which,
    /// Where the fit computes.
    pub compute: Compute,
}

/// Fits, calibrates and judges a classifier.
///
/// # Errors
/// Where the papers cannot be read, have no categories, or there is no base encoder.
pub fn train(config: &ClassifierConfig) -> Result<(Classifier, Report)> {
    // Better known now than after minutes of embedding.
    let device = config.compute.open()?;
    inputs::check_labelled(&config.papers)?;
    let prepared = model::prepare(&config.model)?;
    let data = data::read(config, &prepared.model)?;
    ensure!(
        !data.train.papers.is_empty(),
        "no labelled training paper: papers need categories, and some a split other than \"valid\""
    );
    let (n_classes, dim) = (data.classes.len(), prepared.model.meta().architecture.dim);
    tracing::info!(
        "{} classes; {} papers to fit on, {} to calibrate with, {} to report on",
        n_classes,
        data.train.papers.len(),
        data.calibration.papers.len(),
        data.report.papers.len(),
    );
    let together = together::fit(config, &data, &prepared.model, &device)?;
    let Fitted {
        head,
        temperature,
        tried,
    } = together.fitted;
    let word_head = together.words;
    let mut meta = ClassifierMeta {
        model_sha256: prepared.model.sha256(),
        dim,
        classes: data.classes.clone(),
        temperature,
        by_confidence: None,
        description: String::new(),
        held_out: None,
        words: None,
        cross: None,
    };
    let with = |meta: &ClassifierMeta| {
        Classifier::new(meta, &head.weights, &head.bias, word_head.as_ref())
    };
    let calibration = &data.calibration;
    let rows = calibration.rows(&with(&meta)?);
    meta.by_confidence = by_confidence::fit(&rows, &calibration.papers)?;
    let classifier = with(&meta)?;
    let figures = Figures::of(&classifier, &data.report);
    meta.held_out = held_out::judge(&classifier, &data.calibration, &data.report);
    meta.description = format!(
        "logistic regression on the embeddings of {} papers (at most {} a category){}; {}",
        data.train.papers.len(),
        config.per_category,
        (together.report.as_ref()).map_or_else(String::new, |words| format!(
            " and the words of {}",
            words.papers
        )),
        figures.one_line(),
    );
    let mut classifier = with(&meta)?;
    let cross = cross::fit(&classifier, &data)?;
    if let Some(cross) = &cross {
        classifier = classifier.with_cross_lists(cross)?;
    }
    let words = together.report;
    let report = Report::new(
        config,
        &data,
        &prepared.model,
        &classifier,
        figures,
        tried,
        words,
    );
    Ok((classifier, report))
}

/// A head that was chosen among several penalties and iterations.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The head.
    pub head: Head,
    /// What its logits are divided by.
    pub temperature: f64,
    /// The fits that it was chosen from.
    pub tried: Vec<Tried>,
}

/// Fits a multinomial logistic head on `train`, choosing penalty, iteration and temperature by
/// `calibration`; vectors are `[dim]`, labels smaller than `n_classes`.
///
/// # Errors
/// Where the device fails, or a vector is not of numbers.
pub fn fit_calibrated(
    train: &[Labelled],
    calibration: &[Labelled],
    n_classes: usize,
    dim: usize,
    device: &Device,
) -> Result<Fitted> {
    let problem = fit::Problem::new(train, n_classes, dim, device)?;
    let mut chosen: Option<Candidate> = None;
    let mut tried = Vec::new();
    for penalty in PENALTIES {
        let found = early_stopped(&problem, penalty, calibration)?;
        tracing::info!(
            "penalty {penalty:.0e}: log-loss {:.4} after {} iterations, at temperature {:.3}",
            found.loss,
            found.iterations,
            found.temperature
        );
        tried.push(Tried {
            penalty,
            iterations: found.iterations,
            log_loss: found.loss,
        });
        if chosen
            .as_ref()
            .is_none_or(|chosen| found.loss < chosen.loss)
        {
            chosen = Some(found);
        }
        // Nothing to choose by: the first penalty is strong enough for a fit to its end.
        if calibration.is_empty() {
            break;
        }
    }
    let chosen = chosen.context("at least one penalty was tried")?;
    Ok(Fitted {
        head: chosen.head,
        temperature: chosen.temperature,
        tried,
    })
}

/// A head with what it does on the calibration half.
struct Candidate {
    head: fit::Head,
    temperature: f64,
    loss: f64,
    iterations: usize,
}

/// The iterate of least log-loss on the calibration half: fitting on to the minimum of the training
/// loss makes the head worse (early stopping; Goodfellow et al. 2016, Deep Learning, §7.8). Without
/// a calibration half, the minimum.
fn early_stopped(
    problem: &fit::Problem,
    penalty: f64,
    calibration: &[Labelled],
) -> Result<Candidate> {
    let mut best: Option<Candidate> = None;
    let mut iterations = 0;
    let last = problem.fit(penalty, |head| {
        iterations += 1;
        if calibration.is_empty() {
            return true;
        }
        let temperature = temperature::fit(head, calibration);
        let loss = loss(head, calibration, temperature);
        if best.as_ref().is_none_or(|best| loss < best.loss) {
            best = Some(Candidate {
                head: head.clone(),
                temperature,
                loss,
                iterations,
            });
        }
        let best = best.as_ref().map_or(0, |best| best.iterations);
        iterations < best + PATIENCE
    })?;
    Ok(best.unwrap_or(Candidate {
        head: last,
        temperature: 1.0,
        loss: f64::NAN,
        iterations,
    }))
}

/// Log-loss of a head on papers.
fn loss(head: &fit::Head, papers: &[Labelled], temperature: f64) -> f64 {
    let rows: Vec<Vec<f64>> = papers
        .par_iter()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes on a line; of the teaching papers some are misfiled, of the others none.
    fn papers(misfiled: bool) -> Vec<Labelled> {
        (0..40)
            .map(|i| {
                let x = (i as f32 - 19.5) / 20.0;
                let wrong = misfiled && i % 5 == 0;
                Labelled {
                    vector: vec![x, (i * 7 % 11) as f32 / 11.0, (i * 5 % 13) as f32 / 13.0],
                    label: usize::from((x > 0.0) != wrong),
                }
            })
            .collect()
    }

    #[test]
    fn the_iterate_that_calibrates_best_is_taken_not_the_last() {
        let problem = fit::Problem::new(&papers(true), 2, 3, &Device::Cpu).expect("shapes fit");
        let calibration = papers(false);
        let chosen = early_stopped(&problem, 0.0, &calibration).expect("fits");
        let mut losses = Vec::new();
        problem
            .fit(0.0, |head| {
                let temperature = temperature::fit(head, &calibration);
                losses.push(loss(head, &calibration, temperature));
                true
            })
            .expect("fits");
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(chosen.loss, least, "of {losses:?}");
        assert_eq!(losses[chosen.iterations - 1], least);
        let (again, temperature) = (&chosen.head, chosen.temperature);
        assert_eq!(loss(again, &calibration, temperature), least);
    }

    #[test]
    fn without_papers_to_calibrate_with_the_fit_runs_to_its_end() {
        let problem = fit::Problem::new(&papers(false), 2, 3, &Device::Cpu).expect("shapes fit");
        let end = problem.fit(1e-2, |_| true).expect("fits");
        let chosen = early_stopped(&problem, 1e-2, &[]).expect("fits");
        assert_eq!((chosen.head, chosen.temperature), (end, 1.0));
    }
}
