//! onnxruntime, natively: its models, and a process of Python that stays for all rounds.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use ingest::model_files::ModelFiles;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::Sha256;

use crate::samples::Samples;

/// The f32 form among the peers' models.
pub(crate) const F32: &str = "f32";
/// The int8 forms, each with its name for people.
pub(crate) const INT8: [(&str, &str); 2] = [
    ("int8_tensor", "int8 per tensor"),
    ("int8_channel", "int8 per channel"),
];

/// The folder of the peers' models, which are written where they are not there yet.
///
/// # Errors
/// Where the script fails.
pub(crate) fn onnx_models(
    python: &Path,
    package: &Path,
    models: &Path,
    base: &ModelFiles,
) -> Result<PathBuf> {
    let script = package.join("peers/onnx_models.py");
    let pins = package.join("peers/requirements.txt");
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    // Another script, another onnxruntime or other weights make other files.
    let made_from = [read(&script)?, read(&pins)?, base.weights_sha256.0.to_vec()];
    let folder = models.join(format!("onnx-{}", Sha256::of(&made_from.concat()).short()));
    if folder.is_dir() {
        return Ok(folder);
    }
    eprintln!("Writing the peers' models into {}", folder.display());
    fs::create_dir_all(models).with_context(|| format!("cannot make {}", models.display()))?;
    let beside = tempfile::tempdir_in(models)?;
    let status = Command::new(python)
        .arg(&script)
        .args([&base.folder, beside.path()])
        .status()
        .with_context(|| format!("{} does not start", python.display()))?;
    ensure!(status.success(), "{} failed ({status})", script.display());
    fs::rename(beside.keep(), &folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// `peers/onnxruntime_native.py` at work. It ends with this value.
pub(crate) struct OnnxRuntime {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl OnnxRuntime {
    /// Starts Python on the models of `onnx`.
    pub(crate) fn start(python: &Path, package: &Path, onnx: &Path) -> Result<Self> {
        let mut process = Command::new(python)
            .arg(package.join("peers/onnxruntime_native.py"))
            .arg(onnx)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", python.display()))?;
        let orders = process.stdin.take();
        let answers = process.stdout.take().context("its output is a pipe")?;
        Ok(Self {
            process,
            orders,
            answers: BufReader::new(answers),
        })
    }

    /// Runs one text `times` times.
    pub(crate) fn run(
        &mut self,
        form: &str,
        threads: usize,
        ids: &[u32],
        times: usize,
    ) -> Result<Samples> {
        self.ask(&json!({
            "run": {"form": form, "threads": threads, "ids": ids, "times": times}
        }))
    }

    /// Gives it the texts of [`Self::throughput`].
    pub(crate) fn keep(&mut self, texts: &[Vec<u32>]) -> Result<()> {
        let _: Value = self.ask(&json!({"keep": texts}))?;
        Ok(())
    }

    /// Seconds for all kept texts, on two threads that this many sessions share.
    pub(crate) fn throughput(&mut self, form: &str, batch: usize, workers: usize) -> Result<f64> {
        let answer: Value = self.ask(&json!({
            "throughput": {"form": form, "batch": batch, "workers": workers}
        }))?;
        let seconds = answer["seconds"].as_f64();
        seconds.with_context(|| format!("no seconds in {answer}"))
    }

    fn ask<T: DeserializeOwned>(&mut self, order: &Value) -> Result<T> {
        let orders = self.orders.as_mut().context("it has not ended")?;
        writeln!(orders, "{order}")?;
        orders.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(
            !line.is_empty(),
            "onnxruntime ended without an answer; what it said stands above"
        );
        serde_json::from_str(&line).with_context(|| format!("not an answer: {line}"))
    }
}

impl Drop for OnnxRuntime {
    fn drop(&mut self) {
        // The end of its input is the end of its work.
        self.orders = None;
        let _ = self.process.wait();
    }
}
