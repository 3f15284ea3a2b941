//! Command line of the trainer: arguments → command → exit code (0 done, 1 failed, 2 wrong usage).

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use index_builder::interrupt;
use trainer::commands;
use trainer::train::Stopped;

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
    Classifier(commands::classifier::Classifier),
    /// Judge an encoder beside the base encoder, TF-IDF and BM25
    Evaluate(commands::evaluate::Evaluate),
    /// Write the encoder of a run or of one of its checkpoints as Hugging Face files
    Export(commands::export::Export),
    /// Write the papers of a config as tokens, to be trained on elsewhere
    Pack(commands::pack::Pack),
    /// Show what the papers of a config are like: how many, how long, what is left out and cut
    Pairs(commands::pairs::Pairs),
    /// Finetune the encoder on papers
    Train(commands::train::Train),
    /// Compare training runs, in a table or as curves on a page
    Runs(commands::runs::Runs),
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
        // No fault: whoever stopped it is told how to go on.
        Err(error) if error.is::<Stopped>() => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(interrupt::EXIT_CODE)
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Classifier(classifier) => classifier.run(),
        Command::Export(export) => export.run(),
        Command::Pack(pack) => pack.run(),
        Command::Pairs(pairs) => pairs.run(),
        Command::Train(train) => train.run(),
        Command::Runs(runs) => runs.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
    }
}
