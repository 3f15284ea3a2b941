//! TF-IDF with logistic regression: what plain words classify, trained on the same papers.

mod logistic;
#[cfg(test)]
mod tests;
mod vectorizer;

use anyhow::Result;
use rayon::prelude::*;

pub use logistic::{Logistic, Stop};
pub use vectorizer::{Sparse, Vectorizer, VectorizerConfig};

use super::papers::EvaluationPapers;
use super::probe::Classification;
use crate::classifier::{ChosenPaper, softmax, temperature};

/// Inverse strength of the penalty, as scikit-learn counts it: the sum of log-losses is weighed so
/// many times as heavy as half the squared weights.
const C: f64 = 10.0;

/// Fits on `train`, stops and calibrates by `valid-cal`, judges on `valid-report`.
///
/// # Errors
/// Where the loss is not a number, which no text brings about.
pub fn classify(papers: &EvaluationPapers, max_features: usize) -> Result<(Classification, usize)> {
    let texts = |papers: &[ChosenPaper]| -> Vec<String> {
        (papers.iter())
            .map(|paper| format!("{}. {}", paper.title, paper.abstract_))
            .collect()
    };
    let labels =
        |papers: &[ChosenPaper]| -> Vec<usize> { papers.iter().map(|paper| paper.label).collect() };
    let train = texts(&papers.train);
    let vectorizer = Vectorizer::fit(
        &train,
        VectorizerConfig {
            max_features,
            ..VectorizerConfig::default()
        },
    );
    tracing::info!("TF-IDF: {} features", vectorizer.n_features());
    let x = vectorizer.transform(&train);
    let calibration = vectorizer.transform(&texts(&papers.calibration));
    let calibration_labels = labels(&papers.calibration);
    let stop = Stop {
        x: &calibration,
        labels: &calibration_labels,
    };
    let model = Logistic::fit(
        &x,
        &labels(&papers.train),
        papers.classes.len(),
        C,
        Some(stop),
    )?;
    let temperature = temperature::of_logits(&model.logits(&calibration), &calibration_labels);
    let report = model.logits(&vectorizer.transform(&texts(&papers.report)));
    let rows: Vec<Vec<f64>> = (report.par_iter())
        .map(|logits| softmax(logits, temperature))
        .collect();
    let judged = Classification {
        train: papers.train.len(),
        calibration: papers.calibration.len(),
        temperature,
        ..Classification::judge(&rows, &labels(&papers.report), &papers.classes)
    };
    Ok((judged, vectorizer.n_features()))
}
