//! What runs leave to be used: the finetuned encoder as Hugging Face files, its adapter alone, or the sum of several adapters.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use candle_core::Device;
use ingest::model_files::{ModelFiles, Which};
use ingest::safe_file;

use super::checkpoint::{self, Checkpoint};
use super::sum::{Part, sum};
use super::{base, check_base};
use crate::config::Config;
use crate::model::Encoder;
use crate::model::lora::LoraConfig;
use crate::model::weights::StoredWeights;
use crate::track::RunFolder;

/// Folder of the finetuned encoder, adapters merged.
pub(super) const MODEL: &str = "model";
/// Folder of the adapter.
pub(super) const ADAPTER: &str = "adapter";

/// Which of a run's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Those of the best evaluation; the newest where there was none.
    Best,
    /// Those of the newest checkpoint.
    Newest,
}

/// A run, and how far its adapter moves the base encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Folder of the run.
    pub run: PathBuf,
    /// 1 is as far as it was trained to. Between 0 and 1 lie encoders that keep more of what the base could
    /// (Wortsman et al. 2021, arXiv:2109.01903).
    pub strength: f64,
}

/// A run's checkpoint, opened.
struct Opened<E> {
    config: Config,
    files: ModelFiles,
    encoder: E,
    step: u64,
}

/// Writes the encoder of a run's checkpoint, adapters merged, into a folder, and gives its step.
///
/// # Errors
/// Where the run has no checkpoint, its base encoder is not there, or the folder has something in it.
pub fn export_encoder(run: &Path, which: Kept, out: &Path) -> Result<u64> {
    check_empty(out)?;
    let opened = open(run, which)?;
    write_encoder(&opened.encoder, &opened.files, out, &opened.config)?;
    Ok(opened.step)
}

/// Writes the adapter of a run's checkpoint into a folder, or the sum of several runs' adapters, and gives the step
/// of each.
///
/// # Errors
/// As [`export_encoder`]; where a run has no adapter, or two began with other base encoders.
pub fn export_adapters(shares: &[Share], which: Kept, out: &Path) -> Result<Vec<u64>> {
    check_empty(out)?;
    let opened = shares.iter().map(|share| open(&share.run, which));
    let opened: Vec<Opened<_>> = opened.collect::<Result<_>>()?;
    let first = opened.first().context("no run was named")?;
    let mut parts = Vec::new();
    let mut max_tokens = first.config.model.max_tokens;
    for (share, of_run) in shares.iter().zip(&opened) {
        let run = share.run.display();
        ensure!(
            of_run.files.weights_sha256 == first.files.weights_sha256,
            "{run} and {} began with other base encoders, and an adapter has one: export each by itself",
            shares[0].run.display()
        );
        let adapter = of_run.encoder.adapter()?;
        let (weights, lora) = adapter.with_context(|| match opened.len() {
            1 => format!("{run} moved all weights, and has no adapter: leave out --adapter"),
            _ => format!(
                "{run} moved all weights, and has no adapter to add to the others: leave it out"
            ),
        })?;
        // As long as every run has seen texts.
        max_tokens = max_tokens.min(of_run.config.model.max_tokens);
        parts.push(Part {
            weights,
            lora,
            strength: share.strength,
        });
    }
    let (weights, lora) = match &parts[..] {
        // Its matrices stay as they were trained, only less of them is added.
        [
            Part {
                weights,
                lora,
                strength,
            },
        ] => {
            let mut lora = (*lora).clone();
            lora.alpha *= strength;
            (weights.clone(), lora)
        }
        several => sum(several)?,
    };
    write_adapter(&weights, &lora, &first.files, out, max_tokens)?;
    Ok(opened.iter().map(|opened| opened.step).collect())
}

fn check_empty(out: &Path) -> Result<()> {
    let taken = std::fs::read_dir(out).is_ok_and(|mut files| files.next().is_some());
    ensure!(
        !taken,
        "{} is not empty: name another folder",
        out.display()
    );
    Ok(())
}

fn open(run: &Path, which: Kept) -> Result<Opened<impl Encoder>> {
    let record = RunFolder::read_record(run)?;
    let folder = run.join("checkpoints");
    let newest = Checkpoint::newest(&folder)?;
    let newest = newest.with_context(|| format!("{} has no checkpoint", run.display()))?;
    let best = checkpoint::best(&folder, newest.progress.best_step);
    let kept = if which == Kept::Best && best.is_file() {
        Checkpoint::read(&best)?
    } else {
        newest
    };
    let files = ingest::model_files::find(&Which::of(record.config.model.base.as_deref()))?;
    check_base(&record, &files)?;
    let n_trained = kept.state.len() / 3;
    let encoder = base::for_checkpoint(&record.config, &files, n_trained, &Device::Cpu)?;
    encoder.parameters().restore(&kept.state)?;
    Ok(Opened {
        config: record.config,
        files,
        encoder,
        step: kept.progress.step,
    })
}

/// Writes `model/`, and `adapter/` where there is one.
pub(super) fn write_all<E: Encoder>(
    encoder: &E,
    files: &ModelFiles,
    run: &Path,
    config: &Config,
) -> Result<()> {
    write_encoder(encoder, files, &run.join(MODEL), config)?;
    if let Some((weights, lora)) = encoder.adapter()? {
        let max_tokens = config.model.max_tokens;
        write_adapter(&weights, lora, files, &run.join(ADAPTER), max_tokens)?;
    }
    Ok(())
}

fn write_adapter(
    weights: &StoredWeights,
    lora: &LoraConfig,
    files: &ModelFiles,
    folder: &Path,
    max_tokens: usize,
) -> Result<()> {
    let mut description = lora.description();
    // What merges it must know whether it has the right base.
    description["base_sha256"] = files.weights_sha256.to_string().into();
    write_length(folder, max_tokens)?;
    let weights = weights.to_bytes()?;
    safe_file::write(&folder.join("adapter_model.safetensors"), &weights)?;
    let json = serde_json::to_vec_pretty(&description)?;
    safe_file::write(&folder.join("adapter_config.json"), &json)
}

/// Writes an encoder with the length that its run trained it for.
fn write_encoder<E: Encoder>(
    encoder: &E,
    files: &ModelFiles,
    folder: &Path,
    config: &Config,
) -> Result<()> {
    write_model(encoder, files, folder)?;
    write_length(folder, config.model.max_tokens)
}

fn write_length(folder: &Path, max_tokens: usize) -> Result<()> {
    let sentence = serde_json::json!({
        "max_seq_length": max_tokens,
        "do_lower_case": false,
    });
    safe_file::write(
        &folder.join("sentence_bert_config.json"),
        &serde_json::to_vec_pretty(&sentence)?,
    )
}

/// Writes an encoder, adapters merged, as a folder that sentence-transformers, index-builder and this
/// trainer open.
///
/// # Errors
/// Where the disk refuses, or a file of the base encoder is gone.
pub fn write_model<E: Encoder>(encoder: &E, files: &ModelFiles, folder: &Path) -> Result<()> {
    safe_file::write(
        &folder.join("model.safetensors"),
        &encoder.merged()?.to_bytes()?,
    )?;
    let copy = |from: &Path, name: &str| -> Result<()> {
        let bytes = std::fs::read(from).with_context(|| format!("reading {}", from.display()))?;
        safe_file::write(&folder.join(name), &bytes)
    };
    copy(&files.config, "config.json")?;
    copy(&files.tokenizer, "tokenizer.json")?;
    if let Some(pooling) = &files.pooling {
        copy(pooling, "1_Pooling/config.json")?;
    }
    if let Some(sentence) = &files.sentence {
        copy(sentence, "sentence_bert_config.json")?;
    }
    let modules = files.folder.join("modules.json");
    if modules.is_file() {
        copy(&modules, "modules.json")?;
    }
    Ok(())
}
