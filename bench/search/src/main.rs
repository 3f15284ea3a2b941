//! Command line: arguments → rankings by words, by meaning and by both → table; exit code 0 done, 1 failed,
//! 2 wrong usage.

mod fusion;
mod known;
mod lists;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;
use ingest::model_files::Which;
use ingest::retrieval_set::RetrievalSet;
use serde::Serialize;
use trainer::evaluate::Int8Embedder;

/// Measures words, meaning, and ways to put the two together.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    /// Retrieval sets: folders in BEIR's layout
    #[arg(long, num_args = 1.., value_name = "DIR")]
    sets: Vec<PathBuf>,
    /// Papers; known items are looked for among those of the split `valid`
    #[arg(long, value_name = "FILE")]
    papers: Option<PathBuf>,
    /// Known items to look for
    #[arg(long, default_value_t = 2000)]
    items: usize,
    /// Seed of their choice
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of an encoder or an adapter, or "base" (the default)
    #[arg(long, value_name = "DIR|base")]
    model: Option<Which>,
    /// One JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
struct Report {
    encoder: String,
    fusion: Option<fusion::Table>,
    known_items: Option<known::Figures>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    ensure!(
        !cli.sets.is_empty() || cli.papers.is_some(),
        "nothing to search: name retrieval sets with --sets, papers with --papers, or both"
    );
    let mut embedder = Int8Embedder::open(&cli.model.clone().unwrap_or(Which::Base))?;
    let sets = cli.sets.iter().map(|folder| RetrievalSet::read(folder));
    let sets: Vec<RetrievalSet> = sets.collect::<Result<_>>()?;
    let fusion = if sets.is_empty() {
        None
    } else {
        Some(fusion::measure(&sets, &mut embedder)?)
    };
    let known_items = match &cli.papers {
        None => None,
        Some(file) => Some(known::measure(file, cli.items, cli.seed, &mut embedder)?),
    };
    let report = Report {
        encoder: trainer::evaluate::Embedder::name(&embedder).to_owned(),
        fusion,
        known_items,
    };
    let mut out = std::io::stdout().lock();
    if cli.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "{}", report.encoder)?;
    if let Some(table) = &report.fusion {
        write!(out, "{table}")?;
    }
    if let Some(figures) = &report.known_items {
        write!(out, "{figures}")?;
    }
    Ok(())
}
