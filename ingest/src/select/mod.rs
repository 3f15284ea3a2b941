//! Which papers of the input a tool works on: `--where`, `--limit`, `--sample` with `--seed`.
//!
//! A sample is drawn over the whole input without holding it: one pass keeps 16 bytes a paper,
//! a second one collects what was drawn. Start at [`select`].

mod pattern;
mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Serialize;
use shared::Paper;

use crate::clean;
use crate::papers::{self, ReadReport};

pub use pattern::{Pattern, PatternError};
pub use sample::{Half, half, sample_key};

/// What was asked for; the default is every paper.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only papers that pass this pattern.
    pub r#where: Option<Pattern>,
    /// That many papers in all, and the seed: stratified by canonical primary category.
    ///
    /// Evaluation papers (those whose split is not `train`) are always among them.
    pub sample: Option<(usize, u64)>,
    /// The first so many papers that pass: for smoke tests, since files are often sorted.
    pub limit: Option<usize>,
}

/// What was found and what was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectReport {
    /// The reader's account of the files.
    pub read: ReadReport,
    /// Papers that pass the pattern.
    pub n_passed: usize,
    /// Evaluation papers among them, all taken.
    pub n_evaluation: usize,
    /// Papers taken.
    pub n_selected: usize,
    /// The seed of the sample, where one was drawn.
    pub seed: Option<u64>,
    /// Papers that pass and papers taken, by canonical primary category ("" where there is none).
    pub strata: BTreeMap<String, Stratum>,
}

/// The papers of one primary category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stratum {
    /// Papers that pass the pattern.
    pub n_passed: usize,
    /// Papers taken.
    pub n_selected: usize,
}

/// Whether a paper is kept for evaluation: its source says so, by a split other than `train`.
pub fn is_evaluation(paper: &Paper) -> bool {
    paper
        .split
        .as_deref()
        .is_some_and(|split| !split.eq_ignore_ascii_case("train"))
}

/// The category by which a paper is counted: its primary, canonical where arXiv has it.
pub fn stratum(paper: &Paper) -> String {
    paper
        .categories
        .first()
        .map(|code| clean::canonical_code(code).into_owned())
        .unwrap_or_default()
}

/// Reads the papers of `inputs` that `selection` takes, in the order of the input.
///
/// # Errors
/// Those of [`papers::resolve`] and [`papers::read`]; a selection that takes nothing, contradicts itself, or is smaller
/// than the evaluation papers that it must hold.
pub fn select(inputs: &[PathBuf], selection: &Selection) -> Result<(Vec<Paper>, SelectReport)> {
    ensure!(
        selection.sample.is_none() || selection.limit.is_none(),
        "--sample draws from the whole input and --limit takes its start: give one of them"
    );
    for (flag, n) in [
        ("--limit", selection.limit),
        ("--sample", selection.sample.map(|s| s.0)),
    ] {
        ensure!(
            n != Some(0),
            "{flag} 0 takes no paper: give a number from 1"
        );
    }
    // Once: a sample is drawn in two passes over the same files.
    let paths = papers::resolve(inputs)?;
    let (papers, report) = match selection.sample {
        Some((n, seed)) => sampled(&paths, selection, n, seed)?,
        None => first(&paths, selection)?,
    };
    ensure!(
        !papers.is_empty(),
        "no paper is left of {} that could be read{}: check the files and the pattern",
        report.read.kept,
        selection
            .r#where
            .as_ref()
            .map(|p| format!(", with --where '{p}'"))
            .unwrap_or_default(),
    );
    Ok((papers, report))
}

impl Selection {
    /// Whether `paper` passes the pattern, if there is one.
    pub fn passes(&self, paper: &Paper) -> bool {
        self.r#where
            .as_ref()
            .is_none_or(|pattern| pattern.passes(&paper.categories))
    }
}

fn first(paths: &[PathBuf], selection: &Selection) -> Result<(Vec<Paper>, SelectReport)> {
    let limit = selection.limit.unwrap_or(usize::MAX);
    let mut taken = Vec::new();
    let read = papers::read_while(paths, &mut |paper| {
        if selection.passes(&paper) {
            taken.push(paper);
        }
        Ok(if taken.len() < limit {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    let mut strata = BTreeMap::<_, Stratum>::new();
    for paper in &taken {
        let stratum = strata.entry(stratum(paper)).or_default();
        stratum.n_passed += 1;
        stratum.n_selected += 1;
    }
    let report = SelectReport {
        read,
        n_passed: taken.len(),
        n_evaluation: taken.iter().filter(|paper| is_evaluation(paper)).count(),
        n_selected: taken.len(),
        seed: None,
        strata,
    };
    Ok((taken, report))
}

fn sampled(
    paths: &[PathBuf],
    selection: &Selection,
    n: usize,
    seed: u64,
) -> Result<(Vec<Paper>, SelectReport)> {
    let mut frame = sample::Frame::default();
    let mut at = 0;
    let read = papers::read(paths, &mut |paper| {
        if selection.passes(&paper) {
            frame.add(at, &paper, seed);
        }
        at += 1;
        Ok(())
    })?;
    let mut strata = frame.n_by_stratum();
    let (n_passed, n_evaluation) = (frame.n_papers(), frame.n_evaluation());
    let drawn = frame.draw(n)?;

    let mut taken = Vec::with_capacity(drawn.len());
    let mut wanted = drawn.into_iter().peekable();
    let mut at = 0;
    let again = papers::read(paths, &mut |paper| {
        if wanted.next_if_eq(&at).is_some() {
            strata.entry(stratum(&paper)).or_default().n_selected += 1;
            taken.push(paper);
        }
        at += 1;
        Ok(())
    })?;
    ensure!(
        again == read,
        "the files changed while they were read: {} papers, then {}; start again",
        read.kept,
        again.kept,
    );
    let n_selected = taken.len();
    let seed = Some(seed);
    Ok((
        taken,
        SelectReport {
            read,
            n_passed,
            n_evaluation,
            n_selected,
            seed,
            strata,
        },
    ))
}

impl fmt::Display for SelectReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            read,
            n_passed,
            n_evaluation,
            n_selected,
            seed,
            strata,
        } = self;
        let n_strata = strata.len();
        write!(
            f,
            "{read}\n{n_selected} of {n_passed} papers taken, {n_evaluation} of them for "
        )?;
        write!(f, "evaluation, in {n_strata} primary categories")?;
        seed.iter().try_for_each(|seed| write!(f, ", seed {seed}"))
    }
}
