//! How good a classifier is, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use shared::artifact::{CrossMeta, HeldOut};
use shared::metrics::{Judged, calibration_error, log_loss, macro_f1, top_k_accuracy};
use shared::{Classifier, Model, Sha256};

use super::ClassifierConfig;
use super::data::{Data, Labelled, Part};

/// Figures on papers that neither taught nor calibrated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Papers judged on.
    pub papers: usize,
    /// Share whose category is the most probable one.
    pub top_1: f64,
    /// Share whose category is among the three most probable.
    pub top_3: f64,
    /// Share whose category is among the five most probable.
    pub top_5: f64,
    /// Mean F1 over categories.
    pub macro_f1: f64,
    /// Expected calibration error, 15 bins.
    pub calibration_error: f64,
    /// Mean negative log-probability of the truth.
    pub log_loss: f64,
}

impl Figures {
    /// Judges a classifier on papers.
    pub(super) fn of(classifier: &Classifier, part: &Part) -> Self {
        Self::of_rows(&part.rows(classifier), &part.papers)
    }

    /// The figures of probabilities `[papers, classes]`.
    pub(super) fn of_rows(rows: &[Vec<f64>], papers: &[Labelled]) -> Self {
        let judged: Vec<Judged> = (rows.iter().zip(papers))
            .map(|(probabilities, paper)| Judged {
                probabilities,
                label: paper.label,
            })
            .collect();
        Self::of_judged(&judged)
    }

    /// The figures of predictions.
    pub fn of_judged(judged: &[Judged]) -> Self {
        Self {
            papers: judged.len(),
            top_1: top_k_accuracy(judged, 1),
            top_3: top_k_accuracy(judged, 3),
            top_5: top_k_accuracy(judged, 5),
            macro_f1: macro_f1(judged),
            calibration_error: calibration_error(judged),
            log_loss: log_loss(judged),
        }
    }

    /// The figures that people ask for first.
    pub fn one_line(&self) -> String {
        format!(
            "on {} held-out papers top-1 {:.3}, top-3 {:.3}, calibration error {:.3}",
            self.papers, self.top_1, self.top_3, self.calibration_error,
        )
    }
}

/// One fit and its best iterate.
#[derive(Debug, Clone, Serialize)]
pub struct Tried {
    /// Strength of the penalty.
    pub penalty: f64,
    /// Iterations up to the best one.
    pub iterations: usize,
    /// Log-loss on the calibration half; not a number where there is none.
    pub log_loss: f64,
}

/// What words brought.
#[derive(Debug, Clone, Serialize)]
pub struct WordsReport {
    /// Papers that they were learned from.
    pub papers: usize,
    /// Weights kept.
    pub weights: usize,
    /// What their logits are multiplied by beside those of embeddings.
    pub share: f64,
    /// Figures of words without embeddings: TF-IDF with logistic regression.
    pub alone: Figures,
    /// Figures of embeddings without words.
    pub embeddings_alone: Figures,
}

/// What a fit did and how good it is.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Classes.
    pub classes: usize,
    /// Papers fitted on.
    pub train: usize,
    /// Training papers a category, at most.
    pub per_category: usize,
    /// Seed of their choice.
    pub seed: u64,
    /// Papers calibrated with.
    pub calibration: usize,
    /// Labelled papers that belong to no class, by category.
    pub unclassed: BTreeMap<String, usize>,
    /// Classes without a training paper.
    pub untaught: Vec<String>,
    /// Fits tried.
    pub tried: Vec<Tried>,
    /// The fitted temperature.
    pub temperature: f64,
    /// The model that made the embeddings.
    pub model_sha256: Sha256,
    /// Figures on the reporting half.
    pub figures: Figures,
    /// Words, where they have a vote.
    pub words: Option<WordsReport>,
    /// Prediction sets and abstention, on the same half.
    pub held_out: Option<HeldOut>,
    /// Cross-lists, on the same half.
    pub cross: Option<CrossMeta>,
}

impl Report {
    pub(super) fn new(
        config: &ClassifierConfig,
        data: &Data,
        model: &Model,
        classifier: &Classifier,
        figures: Figures,
        tried: Vec<Tried>,
        words: Option<WordsReport>,
    ) -> Self {
        Self {
            classes: data.classes.len(),
            train: data.train.papers.len(),
            per_category: config.per_category,
            seed: config.seed,
            calibration: data.calibration.papers.len(),
            unclassed: data.unclassed.clone(),
            untaught: data.untaught.clone(),
            tried,
            temperature: classifier.meta().temperature,
            model_sha256: model.sha256(),
            figures,
            words,
            held_out: classifier.meta().held_out.clone(),
            cross: classifier.meta().cross,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} classes, {} papers (at most {} a category, seed {})",
            self.classes, self.train, self.per_category, self.seed
        )?;
        if !self.untaught.is_empty() {
            writeln!(f, "  no training paper for {}", self.untaught.join(", "))?;
        }
        for (category, n) in &self.unclassed {
            writeln!(f, "  {n} papers of {category} left out: it is no class")?;
        }
        let figures = &self.figures;
        writeln!(
            f,
            "  temperature {:.3}, fitted on {} papers",
            self.temperature, self.calibration
        )?;
        writeln!(f, "  on {} held-out papers:", figures.papers)?;
        writeln!(
            f,
            "  top-1 {:.4}  top-3 {:.4}  top-5 {:.4}",
            figures.top_1, figures.top_3, figures.top_5
        )?;
        writeln!(
            f,
            "  macro-F1 {:.4}  calibration error {:.4}  log-loss {:.4}",
            figures.macro_f1, figures.calibration_error, figures.log_loss
        )?;
        if let Some(words) = &self.words {
            writeln!(
                f,
                "  with {} weights of words, learned from {} papers, times {:.2}; words alone: top-1 {:.4}, \
                 embeddings alone: {:.4}",
                words.weights,
                words.papers,
                words.share,
                words.alone.top_1,
                words.embeddings_alone.top_1
            )?;
        }
        let Some(HeldOut {
            set, abstention, ..
        }) = &self.held_out
        else {
            return Ok(());
        };
        writeln!(
            f,
            "  {:.0} % sets hold the category of {:.1} % and have {:.2} categories on average",
            100.0 * set.level,
            100.0 * set.coverage,
            set.mean_size
        )?;
        writeln!(
            f,
            "  a category is named for {:.1} % (from probability {:.3} on), the right one for {:.1} % of those",
            100.0 * abstention.answered,
            abstention.least,
            100.0 * abstention.accuracy
        )?;
        let Some(cross) = &self.cross else {
            return Ok(());
        };
        writeln!(
            f,
            "  {:.2} cross-lists a paper are suggested (from probability {:.3} on), {:.1} % of them right; they are \
             {:.1} % of those that papers have",
            cross.mean,
            cross.least,
            100.0 * cross.precision,
            100.0 * cross.recall
        )
    }
}
