//! Embeddings and words together: each has a head of its own, and their logits are added, words' times a share that
//! held-out papers choose (a logarithmic opinion pool; Genest and Zidek 1986, doi:10.1214/ss/1177013825).
//!
//! Two heads beat one over both: words are learned from many more papers than are embedded, and a fit that sees
//! what words say of papers that taught them trusts words too much.

use anyhow::Result;
use candle_core::Device;
use rayon::prelude::*;
use shared::Model;
use shared::artifact::WordHead;
use shared::metrics::{Judged, log_loss};

use super::data::{self, Data, Labelled, Part};
use super::fit::{Head, softmax};
use super::report::{Figures, WordsReport};
use super::words::{self, Learned};
use super::{ClassifierConfig, Fitted, fit_calibrated, temperature};

/// Shares of the words' logits that are tried.
const SHARES: [f64; 8] = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0];

/// The head that ships, and what came of its parts.
pub(super) struct Together {
    pub(super) fitted: Fitted,
    pub(super) words: Option<WordHead>,
    pub(super) report: Option<WordsReport>,
}

/// Fits embeddings alone, or beside the words of more papers where the config wants those.
///
/// # Errors
/// Those of the parts.
pub(super) fn fit(
    config: &ClassifierConfig,
    data: &Data,
    model: &Model,
    device: &Device,
) -> Result<Together> {
    let (n_classes, dim) = (data.classes.len(), model.meta().architecture.dim);
    let (train, calibration) = (&data.train.papers, &data.calibration.papers);
    let mut fitted = fit_calibrated(train, calibration, n_classes, dim, device)?;
    if config.word_weights == 0 {
        return Ok(Together {
            fitted,
            words: None,
            report: None,
        });
    }
    let texts = data::read_texts(config, model)?;
    let learned = words::learn(&texts, n_classes, config.word_weights, config.seed)?;
    drop(texts);
    let [calibrating, judging] =
        [&data.calibration, &data.report].map(|part| Logits::of(part, &fitted.head, &learned));
    let labels: Vec<usize> = calibration.iter().map(|paper| paper.label).collect();
    let figures_of = |calibrating: &[Vec<f64>], judging: &[Vec<f64>]| {
        let temperature = temperature::of_logits(calibrating, &labels);
        Figures::of_rows(&soft(judging, temperature), &data.report.papers)
    };
    let words_alone = figures_of(&calibrating.words, &judging.words);
    let embeddings_alone = figures_of(&calibrating.embeddings, &judging.embeddings);

    // Where no paper calibrates, each counts as it was learned.
    let mut best = (f64::INFINITY, 1.0, fitted.temperature);
    for share in SHARES {
        let rows = calibrating.together(share);
        let temperature = temperature::of_logits(&rows, &labels);
        let loss = loss(&soft(&rows, temperature), calibration);
        tracing::info!("words times {share}: log-loss {loss:.4}, at temperature {temperature:.3}");
        if loss < best.0 {
            best = (loss, share, temperature);
        }
    }
    let (_, share, temperature) = best;
    fitted.temperature = temperature;
    for (bias, word) in fitted.head.bias.iter_mut().zip(&learned.bias) {
        *bias += share as f32 * word;
    }
    let report = WordsReport {
        papers: learned.n_papers,
        weights: learned.head.n_weights(),
        share,
        alone: words_alone,
        embeddings_alone,
    };
    Ok(Together {
        fitted,
        words: Some(learned.head.scaled(share)),
        report: Some(report),
    })
}

/// What each head says of some papers, `[papers, classes]`.
struct Logits {
    embeddings: Vec<Vec<f64>>,
    words: Vec<Vec<f64>>,
}

impl Logits {
    fn of(part: &Part, head: &Head, learned: &Learned) -> Self {
        let papers = part.papers.par_iter();
        let pieces = part.pieces.par_iter();
        Self {
            embeddings: papers.map(|paper| head.logits(&paper.vector)).collect(),
            words: pieces.map(|pieces| learned.logits(pieces)).collect(),
        }
    }

    fn together(&self, share: f64) -> Vec<Vec<f64>> {
        let rows = self.embeddings.par_iter().zip(&self.words);
        rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + share * b).collect())
            .collect()
    }
}

fn soft(rows: &[Vec<f64>], temperature: f64) -> Vec<Vec<f64>> {
    rows.par_iter()
        .map(|row| softmax(row, temperature))
        .collect()
}

fn loss(rows: &[Vec<f64>], papers: &[Labelled]) -> f64 {
    let judged: Vec<Judged> = (rows.iter().zip(papers))
        .map(|(probabilities, paper)| Judged {
            probabilities,
            label: paper.label,
        })
        .collect();
    log_loss(&judged)
}
