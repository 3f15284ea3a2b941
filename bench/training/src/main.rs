//! Command line: papers → the same batches for both → rounds, each with the trainer and its peers → table.

mod ours;
mod peer;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use ingest::model_files::{self, Which};
use serde::Serialize;
use trainer::config::Config;
use trainer::data::{self, Batches, Examples};

use report::{Figures, Report};

/// Measures pairs a second of the trainer and of PyTorch, on the same batches in one run.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    /// Papers that pairs are made of
    #[arg(long, num_args = 1.., default_value = "corpus/starter.jsonl")]
    papers: Vec<PathBuf>,
    /// The trainer to measure
    #[arg(long, value_name = "FILE")]
    trainer: PathBuf,
    /// A Python with torch and transformers, and peft for LoRA
    #[arg(long, value_name = "FILE")]
    python: PathBuf,
    /// What computes
    #[arg(long, value_enum, default_value_t)]
    device: Device,
    /// What matrix products multiply
    #[arg(long, value_enum, default_value_t)]
    precision: Precision,
    /// What is trained, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "full,lora")]
    methods: Vec<Method>,
    /// PyTorch's forms, separated by commas (default: eager on the processor, all four on a card)
    #[arg(long, value_enum, value_delimiter = ',')]
    forms: Vec<Form>,
    /// Pairs of a batch
    #[arg(long, default_value_t = 32)]
    pairs: usize,
    /// Longest document, in tokens
    #[arg(long, default_value_t = 256)]
    document_tokens: usize,
    /// Tokens that the trainer holds in memory at once
    #[arg(long, default_value_t = 16_384)]
    micro_tokens: usize,
    /// Measured steps of a round, after two that warm up
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// Rounds; each starts every program anew
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// What computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Device {
    /// The processor
    #[default]
    Cpu,
    /// The first NVIDIA card
    Cuda,
}

/// What matrix products multiply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Precision {
    /// Single precision
    #[default]
    F32,
    /// bfloat16, with sums in single precision
    Bf16,
}

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    /// All weights
    Full,
    /// An adapter of rank 8 on every matrix
    Lora,
}

/// How PyTorch runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// Padded to the longest text of a column
    Eager,
    /// Padded to the longest document
    Padded,
    /// The first through torch.compile
    Compiled,
    /// The second through torch.compile
    CompiledPadded,
}

/// How arguments are written where other programs take them.
fn word(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Steps before the measured ones.
const WARM_UP: usize = 2;

fn main() -> Result<()> {
    let cli = Cli::parse();
    let report = measure(&cli)?;
    let mut out = std::io::stdout();
    if cli.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

fn measure(cli: &Cli) -> Result<Report> {
    let place = tempfile::tempdir().context("a folder for the runs")?;
    let files = model_files::find(&Which::Base)?;
    let config = ours::config(cli, place.path())?;
    let batches = batches(cli, &config, &files)?;
    let tokens = tokens(&batches[WARM_UP..]);
    let path = place.path().join("batches.json");
    peer::write(&path, &batches, &config)?;
    let forms: &[Form] = match (cli.forms.as_slice(), cli.device) {
        ([], Device::Cpu) => &[Form::Eager],
        ([], Device::Cuda) => Form::value_variants(),
        (forms, _) => forms,
    };
    let mut rows = Vec::new();
    for &method in &cli.methods {
        let mut ours = Figures::default();
        let mut peers: Vec<Figures> = vec![Figures::default(); forms.len()];
        for round in 0..cli.rounds {
            let run = place.path().join(format!("{}-{round}", word(&method)));
            ours.add(&ours::train(cli, method, &config, &run)?, WARM_UP)?;
            for (&form, figures) in forms.iter().zip(&mut peers) {
                figures.add(
                    &peer::train(cli, method, form, &path, &files.folder)?,
                    WARM_UP,
                )?;
            }
        }
        for figures in &peers {
            same_loss(cli.precision, &ours, figures)?;
        }
        rows.push(report::Row {
            method,
            ours,
            peers: forms.iter().copied().zip(peers).collect(),
        });
    }
    Ok(Report {
        device: cli.device,
        precision: cli.precision,
        pairs: cli.pairs,
        document_tokens: cli.document_tokens,
        steps: cli.steps,
        rounds: cli.rounds,
        tokens_per_pair: tokens as f64 / (cli.pairs * cli.steps) as f64,
        rows,
    })
}

/// The batches that the trainer will deal itself.
fn batches(cli: &Cli, config: &Config, files: &model_files::ModelFiles) -> Result<Vec<Examples>> {
    let opened = data::open(&config.data, config.seed, files, &ingest::cache_dir()?)?;
    ensure!(
        opened.corpus.train.len() >= cli.pairs,
        "{} papers to train on, for batches of {} pairs: name more with --papers",
        opened.corpus.train.len(),
        cli.pairs
    );
    let mut batches = Batches::new(&opened.corpus, config, Vec::new());
    let n = (WARM_UP + cli.steps) as u64;
    Ok((0..n).map(|number| batches.batch(number)).collect())
}

fn tokens(batches: &[Examples]) -> usize {
    let texts = batches
        .iter()
        .flat_map(|batch| batch.queries.iter().chain(&batch.documents));
    texts.map(Vec::len).sum()
}

/// Before anything is learned both have the same weights and the same batch: another loss would mean
/// that they do not compute the same.
fn same_loss(precision: Precision, ours: &Figures, theirs: &Figures) -> Result<()> {
    let tolerance = match precision {
        Precision::F32 => 1e-3,
        Precision::Bf16 => 3e-2,
    };
    let (a, b) = (ours.first_loss, theirs.first_loss);
    ensure!(
        (a - b).abs() <= tolerance * b.abs().max(1.0),
        "the first loss is {a} here and {b} there: the two do not train the same"
    );
    Ok(())
}

/// A path as a command line takes it.
fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no Unicode", path.display()))
}
