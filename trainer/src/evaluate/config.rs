//! What to evaluate, and on what.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use super::Sample;
use crate::device::Compute;

/// A part of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Part {
    /// Precision@1, @5 and @10 by category, among exact neighbors
    Precision,
    /// A linear probe: accuracy, calibration, confused categories
    Probe,
    /// TF-IDF with logistic regression on the same papers
    Tfidf,
    /// Search on judged questions, by the encoder and by BM25
    Retrieval,
    /// k-means against categories
    Clusters,
    /// Vectors cut to 384, 256 and 128 entries
    Widths,
    /// Losses from f32 to the page's search
    Ledger,
}

/// Which half of the held-out papers is asked with; the other one calibrates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// valid-report: for figures that are told
    #[default]
    Report,
    /// valid-cal: for choosing between encoders, so that the reported half stays unseen
    Calibration,
}

/// What to evaluate, and on what.
#[derive(Debug, Clone)]
pub struct EvaluateConfig {
    /// Files of labelled papers; none for retrieval alone.
    pub papers: Vec<PathBuf>,
    /// Folders in BEIR's layout.
    pub sets: Vec<PathBuf>,
    /// Training papers a category, at most.
    pub per_category: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Half of the held-out papers that figures are of.
    pub on: Half,
    /// First year of the papers that are asked with; what is searched and taught with is of the years
    /// before. Absent: all years, on both sides.
    pub since: Option<u16>,
    /// Papers that are reported on, and questions of a set, at most.
    pub limit_queries: Option<usize>,
    /// Parts to do.
    pub parts: Vec<Part>,
    /// Widths that vectors are cut to.
    pub widths: Vec<usize>,
    /// Whether a probe is fitted at each width.
    pub probe_widths: bool,
    /// Features of TF-IDF, at most.
    pub tfidf_features: usize,
    /// Papers of the ledger.
    pub ledger_papers: usize,
    /// Where probes are fitted.
    pub compute: Compute,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self {
            papers: Vec::new(),
            sets: Vec::new(),
            per_category: 260,
            seed: 1,
            on: Half::Report,
            since: None,
            limit_queries: None,
            parts: Part::value_variants().to_vec(),
            widths: vec![384, 256, 128],
            probe_widths: false,
            tfidf_features: 50_000,
            ledger_papers: 2000,
            compute: Compute::Cpu,
        }
    }
}

impl EvaluateConfig {
    pub(super) fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// What the report says of the papers before they are read.
    pub(super) fn sample(&self) -> Sample {
        Sample {
            files: (self.papers.iter())
                .filter_map(|path| path.file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect(),
            per_category: self.per_category,
            seed: self.seed,
            on: self.on,
            since: self.since,
            limit_queries: self.limit_queries,
            ..Sample::default()
        }
    }
}
