//! `trainer evaluate`: judges encoders beside each other and beside plain words.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum as _};
use ingest::model_files::Which;

use crate::device::Compute;
use crate::evaluate::{
    Contender, EvaluateConfig, FullEmbedder, Half, Int8Embedder, Part, Twin, evaluate,
    reliability_svg,
};

/// Arguments of `trainer evaluate`.
///
/// Papers of the split `train` are searched and taught with, one half of `valid` calibrates, figures are of
/// the other half. The rows: the encoder, what it is held against, TF-IDF with logistic regression on the
/// same papers, and BM25 on the same questions. Tables go to stdout, progress to stderr.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trainer evaluate --papers papers.parquet --sets eval/scifact eval/cranfield
      the shipped encoder beside the base encoder and plain words, on 260 training papers a category
  trainer evaluate --model runs/first/model --papers papers.parquet --json first.json
      an encoder of one's own beside the base encoder, with confidence intervals
  trainer evaluate --papers papers.parquet --only precision --limit-queries 500
      one figure, quickly

On 2 cores an encoder embeds about 55 abstracts a second, once: embeddings are kept by model and text. The \
ledger embeds in f32, at about a third of that.")]
pub struct Evaluate {
    /// The encoder in question: a folder with model.safetensors, config.json and tokenizer.json, or with an
    /// adapter; or "base" for all-MiniLM-L6-v2 (default: the shipped one)
    #[arg(long, value_name = "DIR|base")]
    model: Option<Which>,
    /// What it is held against: another such folder, or "base" (default: the base encoder, unless it is the
    /// one in question)
    #[arg(long, value_name = "DIR|base")]
    against: Option<Which>,
    /// Labelled papers: files, folders, patterns in quotes (.parquet; .jsonl, .csv, .tsv, .bib, also with .gz)
    #[arg(long, num_args = 1..)]
    papers: Vec<PathBuf>,
    /// Retrieval sets: folders with corpus.jsonl, queries.jsonl and qrels.tsv, as BEIR has them
    #[arg(long, num_args = 1.., value_name = "DIR")]
    sets: Vec<PathBuf>,
    /// Training papers a category, at most: a seeded sample that larger ones contain
    #[arg(long, default_value_t = 260, value_name = "N")]
    per_category: usize,
    /// Seed of samples, k-means and bootstrap
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Half of the held-out papers that figures are of
    #[arg(long, value_enum, default_value_t)]
    on: Half,
    /// Split by time: ask with held-out papers of this year or later, search and teach with papers of the years
    /// before. For an encoder that was trained with data.until set to the year before
    #[arg(long, value_name = "YEAR", requires = "papers")]
    since: Option<u16>,
    /// Papers that are reported on, and questions of each set, at most: for a quick look
    #[arg(long, value_name = "N")]
    limit_queries: Option<usize>,
    /// Judge the encoders in f32 instead of int8: slower, and not what the page runs
    #[arg(long)]
    f32: bool,
    /// Only these parts, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Part>,
    /// Fit a linear probe at each Matryoshka width too
    #[arg(long)]
    probe_widths: bool,
    /// Features of TF-IDF, at most: the words and pairs that most papers have. 50,000 take 1.5 GB with 149
    /// categories
    #[arg(long, default_value_t = 50_000, value_name = "N")]
    tfidf_features: usize,
    /// Papers of the ledger, which are embedded in f32 too
    #[arg(long, default_value_t = 2000, value_name = "N")]
    ledger_papers: usize,
    /// Where probes are fitted
    #[arg(long, value_enum, default_value_t)]
    device: Compute,
    /// Write everything, with definitions, samples and SHA-256s, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Draw stated probability against accuracy (default: beside --json, as FILE.svg)
    #[arg(long, value_name = "FILE.svg")]
    reliability: Option<PathBuf>,
}

impl Evaluate {
    /// Evaluates, prints and writes.
    ///
    /// # Errors
    /// Those of [`evaluate`], and of the disk.
    pub fn run(self) -> Result<()> {
        let parts = if self.only.is_empty() {
            Part::value_variants().to_vec()
        } else {
            self.only.clone()
        };
        let with_twins = parts.contains(&Part::Ledger) && !self.papers.is_empty();
        let config = EvaluateConfig {
            papers: self.papers.clone(),
            sets: self.sets.clone(),
            per_category: self.per_category,
            seed: self.seed,
            on: self.on,
            since: self.since,
            limit_queries: self.limit_queries,
            parts,
            probe_widths: self.probe_widths,
            tfidf_features: self.tfidf_features,
            ledger_papers: self.ledger_papers,
            compute: self.device,
            ..EvaluateConfig::default()
        };
        let report = evaluate(&config, || self.contenders(with_twins))?;
        let text = report.to_string();
        write!(std::io::stdout(), "{text}")?;
        if let Some(path) = &self.markdown {
            ingest::safe_file::write(path, text.as_bytes())?;
        }
        if let Some(path) = &self.json {
            ingest::safe_file::write(path, &serde_json::to_vec_pretty(&report)?)?;
        }
        let beside = || self.json.as_ref().map(|path| path.with_extension("svg"));
        if let (Some(path), Some(svg)) = (
            self.reliability.clone().or_else(beside),
            reliability_svg(&report.rows),
        ) {
            ingest::safe_file::write(&path, svg.as_bytes())?;
        }
        Ok(())
    }

    /// The encoder in question, then what it is held against.
    fn contenders(&self, with_twins: bool) -> Result<Vec<Contender>> {
        let model = self.model.clone().unwrap_or_default();
        let against = (self.against.clone()).or((model != Which::Base).then_some(Which::Base));
        let first = Int8Embedder::open(&model)?;
        let mut opened = vec![(model, first)];
        if let Some(other) = against {
            let second = Int8Embedder::open(&other)?;
            let weights = |embedder: &Int8Embedder| embedder.model().meta().base_sha256;
            let are_same = weights(&second) == weights(&opened[0].1);
            ensure!(
                !are_same || self.against.is_none(),
                "both encoders have the same weights ({}): name another folder with --against, or leave it out",
                weights(&second)
            );
            // Where nobody asked for it, an encoder is not held against itself.
            if !are_same {
                opened.push((other, second));
            }
        }
        (opened.into_iter())
            .map(|(which, int8)| self.contender(&which, int8, with_twins))
            .collect()
    }

    fn contender(&self, which: &Which, int8: Int8Embedder, with_twin: bool) -> Result<Contender> {
        if !self.f32 && !with_twin {
            return Ok(Contender {
                embedder: Box::new(int8),
                twin: None,
            });
        }
        let full =
            FullEmbedder::open(which, int8.model().meta()).context("opening the encoder in f32")?;
        Ok(if self.f32 {
            Contender {
                embedder: Box::new(full),
                twin: with_twin.then(|| Twin::Quantized(Box::new(int8))),
            }
        } else {
            Contender {
                embedder: Box::new(int8),
                twin: Some(Twin::Full(Box::new(full))),
            }
        })
    }
}
