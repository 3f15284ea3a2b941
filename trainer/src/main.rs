//! Command line of the trainer: arguments → command → exit code (0 done, 1 failed, 2 wrong usage).

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use index_builder::interrupt;
use trainer::commands;
use trainer::train::Stopped;

/// How the commands follow each other.
const ORDER: &str = "\
From papers to what the page ships:

  trainer pairs --config configs/quick.toml
      what the papers of a config are like
  trainer train --config configs/quick.toml output=runs/first
      a finetuned encoder, in runs/first/model
  trainer runs runs/first
      what it gained on the way; with several runs, beside each other
  trainer evaluate --model runs/first/model --papers papers.parquet
      how good it is beside the base encoder and plain words, on papers that it has not seen
  trainer classifier --model runs/first/model --papers papers.parquet --out classifier.bin
      the categories that the page suggests, for this encoder
  index-builder build --model runs/first/model --papers papers.parquet --out site
      a page that searches by it

`export` writes the encoder of a run that was stopped, or an adapter that goes part of the way; `pack` takes papers \
to a machine that has none. A config names the papers and all settings: configs/base.toml has every key.";

/// Arguments of the program; what it is stands in Cargo.toml.
#[derive(Debug, Parser)]
#[command(version = env!("TRAINER_VERSION"), about, after_help = ORDER, max_term_width = 100)]
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Arguments are judged, files are not looked for.
    #[test]
    fn every_example_in_the_help_is_understood() {
        let mut program = Cli::command();
        program.build();
        let helps = program.get_subcommands().chain([&program]);
        let helps: Vec<(String, String)> = helps
            .filter(|command| command.get_name() != "help")
            .map(|command| {
                let help = command.get_after_help().map(ToString::to_string);
                (command.get_name().to_owned(), help.unwrap_or_default())
            })
            .collect();
        assert_eq!(helps.len(), 8, "{helps:?}");
        for (name, help) in helps {
            let examples = help.lines().filter(|line| line.starts_with("  trainer "));
            let mut n = 0;
            for example in examples {
                n += 1;
                let parsed = Cli::try_parse_from(example.split_whitespace());
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
            assert!(n > 0, "the help of `{name}` has no example");
        }
    }
}
