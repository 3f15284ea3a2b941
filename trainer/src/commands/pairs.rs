//! `trainer pairs`: what a corpus is like, before anything is trained on it.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ingest::model_files::Which;

use crate::config::Config;
use crate::data::{self, Statistics};
use crate::inputs;

/// Arguments of `trainer pairs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trainer pairs --config configs/quick.toml
      papers by split and category, lengths in tokens, how much is cut, what was left out and why
  trainer pairs --config configs/cpu.toml data.papers=papers.parquet data.max_document_tokens=256
      the same of other papers, cut later
  trainer pairs --config configs/quick.toml --json
      the figures, for a script

Nothing is trained. The tokens are kept, so that `trainer train` on the same papers begins at once.")]
pub struct Pairs {
    /// The config whose [data] is looked at
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Settings that count more than the config, such as data.papers=papers.parquet
    #[arg(value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

impl Pairs {
    /// Reads the papers (or their token cache) and prints figures.
    ///
    /// # Errors
    /// Where config, papers or tokenizer cannot be read.
    pub fn run(self) -> Result<()> {
        let config = Config::load(&self.config, &self.overrides)?;
        config.validate()?;
        if config.data.pack.is_none() {
            inputs::check(&config.data.papers)?;
        }
        let files = ingest::model_files::find(&Which::of(config.model.base.as_deref()))?;
        let opened = data::open(&config.data, config.seed, &files, &ingest::cache_dir()?)?;
        let statistics = Statistics::of(
            &opened.corpus,
            config.data.max_document_tokens,
            config.model.max_tokens,
        );
        let mut out = std::io::stdout();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&statistics)?)?;
        } else {
            write!(out, "{statistics}")?;
            writeln!(out, "  token cache: {}", opened.folder.display())?;
        }
        Ok(())
    }
}
