//! Labelled papers as vectors: what is searched, what calibrates, what is asked.

use anyhow::{Result, ensure};
use ingest::select::sample_key;

use super::{Embedder, EvaluateConfig, Half};
use crate::classifier::{Choice, ChosenPaper, Labelled, Role};

/// The papers of an evaluation, in the order of their parts. Every encoder gets the same ones.
#[derive(Debug)]
pub struct EvaluationPapers {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Papers of `train`, or a sample of them.
    pub train: Vec<ChosenPaper>,
    /// All of `valid-cal`.
    pub calibration: Vec<ChosenPaper>,
    /// `valid-report`, or a sample of it.
    pub report: Vec<ChosenPaper>,
    /// Held-out papers that a split by time leaves out.
    pub other_years: usize,
}

impl EvaluationPapers {
    /// Sorts a choice by role and, where `config.since` names a year, by time; of the half that is asked with,
    /// the `config.limit_queries` papers with the smallest keys.
    ///
    /// # Errors
    /// Where a part is empty: nothing could be said then.
    pub fn new(choice: Choice, config: &EvaluateConfig) -> Result<Self> {
        let (mut train, mut calibration, mut report) = (Vec::new(), Vec::new(), Vec::new());
        for paper in choice.papers {
            match paper.role {
                Role::Train => train.push(paper),
                Role::Calibration => calibration.push(paper),
                Role::Report => report.push(paper),
            }
        }
        if config.on == Half::Calibration {
            std::mem::swap(&mut calibration, &mut report);
        }
        let mut other_years = 0;
        if let Some(since) = config.since {
            let n_held_out = calibration.len() + report.len();
            let is_early = |paper: &ChosenPaper| paper.year.is_some_and(|year| year < since);
            let is_late = |paper: &ChosenPaper| paper.year.is_some_and(|year| year >= since);
            train.retain(is_early);
            calibration.retain(is_early);
            report.retain(is_late);
            other_years = n_held_out - calibration.len() - report.len();
            ensure!(
                !train.is_empty() && !report.is_empty(),
                "--since {since} leaves {} labelled papers of before {since} to search and {} held-out ones of {since} \
                 or later to ask with: name a year that has papers on both sides; papers need a `year`, or a date \
                 or an arXiv id that tells it",
                train.len(),
                report.len()
            );
        }
        let limit = config.limit_queries;
        if let Some(limit) = limit.filter(|&limit| limit < report.len()) {
            report = smallest_keys(report, limit, config.seed);
        }
        ensure!(
            !train.is_empty() && !report.is_empty(),
            "{} labelled papers to search and {} to ask with: papers need categories, and some of each \
             split (train, valid), or no split at all",
            train.len(),
            report.len()
        );
        Ok(Self {
            classes: choice.classes,
            train,
            calibration,
            report,
            other_years,
        })
    }

    /// Embeds every paper.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn embed(&self, embedder: &mut dyn Embedder) -> Result<PaperVectors> {
        let parts = [&self.train, &self.calibration, &self.report];
        let texts: Vec<String> = (parts.iter().copied().flatten())
            .map(|paper| embedder.document(&paper.title, &paper.abstract_))
            .collect();
        let vectors = embedder.embed(&texts)?;
        let labels = parts.iter().copied().flatten().map(|paper| paper.label);
        let mut base: Vec<Labelled> = (vectors.into_iter().zip(labels))
            .map(|(vector, label)| Labelled { vector, label })
            .collect();
        let report = base.split_off(self.train.len() + self.calibration.len());
        Ok(PaperVectors {
            dim: embedder.dim(),
            n_classes: self.classes.len(),
            n_train: self.train.len(),
            base,
            report,
        })
    }
}

/// The `n` papers with the smallest keys, in the order they came in.
pub(super) fn smallest_keys(papers: Vec<ChosenPaper>, n: usize, seed: u64) -> Vec<ChosenPaper> {
    let mut keys: Vec<_> = (papers.iter().enumerate())
        .map(|(at, paper)| (sample_key(seed, &paper.id), at))
        .collect();
    keys.sort_unstable();
    keys.truncate(n);
    let taken: std::collections::BTreeSet<usize> = keys.into_iter().map(|(_, at)| at).collect();
    (papers.into_iter().enumerate())
        .filter(|(at, _)| taken.contains(at))
        .map(|(_, paper)| paper)
        .collect()
}

/// One encoder's vectors of the papers of an evaluation.
#[derive(Debug, Clone)]
pub struct PaperVectors {
    /// Width of a vector.
    pub dim: usize,
    /// Classes that labels count.
    pub n_classes: usize,
    n_train: usize,
    /// Training papers, then those that calibrate: what is searched.
    pub base: Vec<Labelled>,
    /// Papers that are asked with and reported on.
    pub report: Vec<Labelled>,
}

impl PaperVectors {
    /// Training papers.
    pub fn train(&self) -> &[Labelled] {
        &self.base[..self.n_train]
    }

    /// Papers that calibrate.
    pub fn calibration(&self) -> &[Labelled] {
        &self.base[self.n_train..]
    }

    /// The same papers, their vectors cut to the first `width` entries and scaled to length one.
    #[must_use]
    pub fn cut_to(&self, width: usize) -> Self {
        let cut = |papers: &[Labelled]| -> Vec<Labelled> {
            (papers.iter())
                .map(|paper| Labelled {
                    vector: cut_to(&paper.vector, width),
                    label: paper.label,
                })
                .collect()
        };
        Self {
            dim: width.min(self.dim),
            base: cut(&self.base),
            report: cut(&self.report),
            ..*self
        }
    }
}

/// The first `width` entries of a vector, scaled to length one (Kusupati et al. 2022, arXiv:2205.13147).
pub(super) fn cut_to(vector: &[f32], width: usize) -> Vec<f32> {
    let start = &vector[..width.min(vector.len())];
    let length = start.iter().map(|x| x * x).sum::<f32>().sqrt();
    let inverse = if length > 0.0 { 1.0 / length } else { 0.0 };
    start.iter().map(|x| x * inverse).collect()
}

/// The vectors of papers.
pub(super) fn rows(papers: &[Labelled]) -> Vec<&[f32]> {
    papers.iter().map(|paper| &paper.vector[..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_vector_has_length_one_again() {
        assert_eq!(cut_to(&[3.0, 4.0, 12.0], 2), [0.6, 0.8]);
        assert_eq!(cut_to(&[0.0, 0.0, 1.0], 2), [0.0, 0.0], "nothing is left");
        assert_eq!(cut_to(&[1.0], 9), [1.0]);
    }

    #[test]
    fn the_half_that_is_asked_with_is_the_one_that_was_named() {
        let paper = |id: &str, role| ChosenPaper {
            id: id.to_owned(),
            title: String::new(),
            abstract_: String::new(),
            label: 0,
            beside: Vec::new(),
            role,
            year: None,
        };
        let asked = |on| {
            let choice = Choice {
                classes: vec!["a".to_owned()],
                papers: vec![
                    paper("taught", Role::Train),
                    paper("calibrates", Role::Calibration),
                    paper("reported", Role::Report),
                ],
                unclassed: std::collections::BTreeMap::new(),
                listed_with: vec![vec![0]],
            };
            let config = EvaluateConfig {
                on,
                ..EvaluateConfig::default()
            };
            let papers = EvaluationPapers::new(choice, &config).expect("none is empty");
            (
                papers.report[0].id.clone(),
                papers.calibration[0].id.clone(),
            )
        };
        let (reported, calibrates) = ("reported".to_owned(), "calibrates".to_owned());
        assert_eq!(
            asked(Half::Report),
            (reported.clone(), calibrates.clone()),
            "what is told is of valid-report"
        );
        assert_eq!(asked(Half::Calibration), (calibrates, reported));
    }
}
