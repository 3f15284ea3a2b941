//! `trainer classifier`: fits the category classifier and writes it with its report.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ingest::model_files::Which;

use crate::classifier::{ClassifierConfig, train};
use crate::device::Compute;

/// Arguments of `trainer classifier`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trainer classifier --papers papers.parquet --out classifier.bin
      for the shipped encoder; the report is beside it, in classifier.report.json
  trainer classifier --papers papers.parquet --out small.bin --per-category 50 --word-weights 0
      quicker and smaller, by embeddings alone
  trainer classifier --model runs/first/model --papers papers.parquet --out mine.bin
      for an encoder of one's own

A classifier belongs to its encoder: with another one, a build suggests no categories. Classes are the papers' primary \
categories. Papers with a split of \"valid\", and about a tenth of those without a split, are held out: half of them \
calibrate, half are reported on.")]
pub struct Classifier {
    /// Labelled papers: files, folders, patterns in quotes (.parquet; .jsonl, .csv, .tsv, .bib, also with .gz)
    #[arg(long, required = true, num_args = 1..)]
    papers: Vec<PathBuf>,
    /// The classifier artifact to write
    #[arg(long)]
    out: PathBuf,
    /// Training papers a category, at most
    #[arg(long, default_value_t = 260)]
    per_category: usize,
    /// Training papers a category that words are learned from, at most; they are read, not embedded
    #[arg(long, default_value_t = 3000)]
    words_per_category: usize,
    /// Weights of words that are kept, two bytes each; with 0, embeddings decide alone
    #[arg(long, default_value_t = 300_000)]
    word_weights: usize,
    /// Seed of the choice of training papers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of an encoder or an adapter, or "base" for all-MiniLM-L6-v2 (default: the shipped one)
    #[arg(long, value_name = "DIR|base")]
    model: Option<Which>,
    /// Where the fit computes
    #[arg(long, value_enum, default_value_t)]
    device: Compute,
    /// Where the report goes as JSON (default: OUT.report.json)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Classifier {
    /// Fits, writes, and says what came of it.
    ///
    /// # Errors
    /// Those of [`train`], and of the disk.
    pub fn run(self) -> Result<()> {
        let report_path = self
            .report
            .unwrap_or_else(|| self.out.with_extension("report.json"));
        let (classifier, report) = train(&ClassifierConfig {
            papers: self.papers,
            per_category: self.per_category,
            words_per_category: self.words_per_category,
            word_weights: self.word_weights,
            seed: self.seed,
            model: self.model.unwrap_or_default(),
            compute: self.device,
        })?;
        ingest::safe_file::write(&self.out, &classifier.to_bytes())?;
        ingest::safe_file::write(&report_path, &serde_json::to_vec_pretty(&report)?)?;
        write!(std::io::stdout(), "{report}")?;
        Ok(())
    }
}
