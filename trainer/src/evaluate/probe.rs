//! Classification: by a linear probe of vectors, and of anything else that gives probabilities.

use anyhow::Result;
use candle_core::Device;
use serde::Serialize;
use shared::metrics::{Bin, Confusion, Judged, reliability};

use super::papers::PaperVectors;
use crate::classifier::{Figures, fit_calibrated};

/// Pairs of categories that a report names.
const CONFUSED: usize = 20;

/// How well papers of `valid-report` are classified by what was fitted on `train` and calibrated on
/// `valid-cal`.
#[derive(Debug, Clone, Serialize)]
pub struct Classification {
    /// Papers fitted on.
    pub train: usize,
    /// Papers calibrated with.
    pub calibration: usize,
    /// What logits are divided by.
    pub temperature: f64,
    /// Accuracy and calibration.
    #[serde(flatten)]
    pub figures: Figures,
    /// How often a stated probability was right.
    pub reliability: Vec<Bin>,
    /// The pairs that were confused most often.
    pub most_confused: Vec<Confused>,
    /// 1 for each paper whose category was the most probable one, else 0; for comparisons.
    #[serde(skip)]
    pub each_top_1: Vec<f64>,
}

/// A category that was taken for another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confused {
    /// The category of the papers.
    pub category: String,
    /// What they were taken for.
    pub taken_for: String,
    /// How many of them.
    pub n: u32,
    /// How many there are.
    pub of: u32,
}

impl Classification {
    /// Judges rows of probabilities, `[papers, classes]`, whose true classes are `labels`.
    pub fn judge(rows: &[Vec<f64>], labels: &[usize], classes: &[String]) -> Self {
        let judged: Vec<Judged> = (rows.iter().zip(labels))
            .map(|(probabilities, &label)| Judged {
                probabilities,
                label,
            })
            .collect();
        let most_confused = Confusion::of(&judged).most_confused(CONFUSED);
        Self {
            train: 0,
            calibration: 0,
            temperature: 1.0,
            figures: Figures::of_judged(&judged),
            reliability: reliability(&judged).to_vec(),
            most_confused: (most_confused.iter())
                .map(|pair| Confused {
                    category: classes[pair.label].clone(),
                    taken_for: classes[pair.predicted].clone(),
                    n: pair.n,
                    of: pair.of,
                })
                .collect(),
            each_top_1: (judged.iter())
                .map(|one| shared::metrics::top_k_accuracy(std::slice::from_ref(one), 1))
                .collect(),
        }
    }

    /// Fits a multinomial logistic probe on vectors, as `trainer classifier` does, and judges it.
    ///
    /// # Errors
    /// Those of [`fit_calibrated`].
    pub fn probe(vectors: &PaperVectors, classes: &[String], device: &Device) -> Result<Self> {
        let (train, calibration) = (vectors.train(), vectors.calibration());
        let fitted = fit_calibrated(train, calibration, classes.len(), vectors.dim, device)?;
        let rows: Vec<Vec<f64>> = (vectors.report.iter())
            .map(|paper| fitted.head.probabilities(&paper.vector, fitted.temperature))
            .collect();
        let labels: Vec<usize> = vectors.report.iter().map(|paper| paper.label).collect();
        Ok(Self {
            train: train.len(),
            calibration: calibration.len(),
            temperature: fitted.temperature,
            ..Self::judge(&rows, &labels, classes)
        })
    }
}
