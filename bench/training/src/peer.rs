//! PyTorch's side: `peers/pytorch.py`, on the batches that the trainer deals itself.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use trainer::config::Config;
use trainer::data::Examples;

use crate::report::Run;
use crate::{Cli, Form, Method, word};

#[derive(Serialize)]
struct Said<'a> {
    longest: usize,
    scale: f64,
    learning_rate: f64,
    batches: Vec<Batch<'a>>,
}

#[derive(Serialize)]
struct Batch<'a> {
    queries: &'a [Vec<u32>],
    documents: &'a [Vec<u32>],
}

/// Writes what the script reads.
pub(crate) fn write(path: &Path, batches: &[Examples], config: &Config) -> Result<()> {
    let said = Said {
        longest: config.data.max_document_tokens,
        scale: config.loss.scale,
        learning_rate: config.optimize.learning_rate,
        batches: batches
            .iter()
            .map(|batch| Batch {
                queries: &batch.queries,
                documents: &batch.documents,
            })
            .collect(),
    };
    std::fs::write(path, serde_json::to_vec(&said)?)
        .with_context(|| format!("writing {}", path.display()))
}

/// Runs the script, and gives each step's seconds and loss.
pub(crate) fn train(
    cli: &Cli,
    method: Method,
    form: Form,
    batches: &Path,
    model: &Path,
) -> Result<Run> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/pytorch.py");
    // On another machine than it was built on, the clone is the current folder.
    let script = if script.is_file() {
        script
    } else {
        Path::new("bench/training/peers/pytorch.py").to_owned()
    };
    let output = Command::new(&cli.python)
        .arg(script)
        .args([batches, model])
        .args(["--method", &word(&method), "--form", &word(&form)])
        .args([
            "--device",
            &word(&cli.device),
            "--precision",
            &word(&cli.precision),
        ])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("starting {}", cli.python.display()))?;
    ensure!(
        output.status.success(),
        "PyTorch failed ({}): what it said stands above",
        output.status
    );
    serde_json::from_slice(&output.stdout).context("what the script printed")
}
