//! `trainer pack`: the papers of a config as tokens, to be trained on elsewhere.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use ingest::model_files::Which;

use crate::config::Config;
use crate::data::{self, PART_LIMIT};
use crate::inputs;

/// Arguments of `trainer pack`.
#[derive(Debug, Args)]
#[command(after_help = "\
Papers are chosen and tokenized once; a machine without them then trains on the folder:

  trainer pack --config configs/arxiv-minilm.toml data.papers=papers.parquet --out packed
  trainer train --config configs/arxiv-minilm.toml data.pack=packed

What decides which papers are taken (data.per_category, data.limit, data.until, data.strip_title, data.deduplicate) is \
decided when they are packed: a run that asks for something else is refused.")]
pub struct Pack {
    /// The config whose [data] is packed
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder that the parts go to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Settings that count more than the config, such as data.papers=papers.parquet
    #[arg(value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

impl Pack {
    /// Chooses, tokenizes and writes.
    ///
    /// # Errors
    /// Where config, papers or tokenizer cannot be read, or the disk refuses.
    pub fn run(self) -> Result<()> {
        writeln!(std::io::stdout(), "{}", self.pack(&ingest::cache_dir()?)?)?;
        Ok(())
    }

    /// Chooses, tokenizes and writes, with a token cache below `cache`; gives what is to be said of it.
    pub(crate) fn pack(&self, cache: &Path) -> Result<String> {
        let config = Config::load(&self.config, &self.overrides)?;
        config.validate()?;
        if config.data.pack.is_none() {
            inputs::check(&config.data.papers)?;
        }
        let files = ingest::model_files::find(&Which::of(config.model.base.as_deref()))?;
        let opened = data::open(&config.data, config.seed, &files, cache)?;
        let parts = data::write_pack(&self.out, &opened.corpus)?;
        Ok(format!(
            "{} papers to train on, {} to choose by, in {} of at most {} MiB: {}",
            opened.corpus.train.len(),
            opened.corpus.valid.len(),
            match parts {
                1 => "one file".to_owned(),
                n => format!("{n} files"),
            },
            PART_LIMIT >> 20,
            self.out.display()
        ))
    }
}
