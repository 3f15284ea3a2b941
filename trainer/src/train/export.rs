//! What a run leaves to be used: the finetuned encoder as Hugging Face files, and its adapter alone.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use candle_core::Device;
use ingest::model_files::{ModelFiles, Which};
use ingest::safe_file;

use super::checkpoint::{self, Checkpoint};
use super::{base, check_base};
use crate::config::Config;
use crate::model::Encoder as _;
use crate::model::bert::Bert;
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

/// What is written of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// The encoder, adapters merged.
    Encoder,
    /// The adapter alone.
    Adapter {
        /// How far it moves the base encoder: 1 as far as it was trained to. Between 0 and 1 lie encoders
        /// that keep more of what the base could (Wortsman et al. 2021, arXiv:2109.01903).
        strength: f64,
    },
}

/// Writes the encoder of a run's checkpoint into a folder, and gives its step.
///
/// # Errors
/// Where the run has no checkpoint, or no adapter where one is wanted; where its base encoder is not
/// there, or the folder has something in it.
pub fn export_run(run: &Path, which: Kept, what: What, out: &Path) -> Result<u64> {
    let taken = std::fs::read_dir(out).is_ok_and(|mut files| files.next().is_some());
    ensure!(
        !taken,
        "{} is not empty: name another folder",
        out.display()
    );
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
    let config = &record.config;
    let files = ingest::model_files::find(&Which::of(config.model.base.as_deref()))?;
    check_base(&record, &files)?;
    let encoder = base::for_checkpoint(config, &files, kept.state.len() / 3, &Device::Cpu)?;
    encoder.parameters().restore(&kept.state)?;
    match what {
        What::Encoder => write_encoder(&encoder, &files, out, config)?,
        What::Adapter { strength } => ensure!(
            write_adapter(&encoder, &files, out, config, strength)?,
            "{} moved all weights, and has no adapter: leave out --adapter",
            run.display()
        ),
    }
    Ok(kept.progress.step)
}

/// Writes `model/`, and `adapter/` where there is one.
pub(super) fn write_all(
    encoder: &Bert,
    files: &ModelFiles,
    run: &Path,
    config: &Config,
) -> Result<()> {
    write_encoder(encoder, files, &run.join(MODEL), config)?;
    write_adapter(encoder, files, &run.join(ADAPTER), config, 1.0)?;
    Ok(())
}

/// Writes the adapter, where there is one.
fn write_adapter(
    encoder: &Bert,
    files: &ModelFiles,
    folder: &Path,
    config: &Config,
    strength: f64,
) -> Result<bool> {
    let Some((weights, mut description)) = encoder.adapter()? else {
        return Ok(false);
    };
    if strength != 1.0 {
        description["lora_alpha"] = (config.model.lora.alpha * strength).into();
    }
    // What merges it must know whether it has the right base.
    description["base_sha256"] = files.weights_sha256.to_string().into();
    write_length(folder, config)?;
    safe_file::write(&folder.join("adapter_model.safetensors"), &weights)?;
    let json = serde_json::to_vec_pretty(&description)?;
    safe_file::write(&folder.join("adapter_config.json"), &json)?;
    Ok(true)
}

/// Writes an encoder with the length that its run trained it for.
fn write_encoder(encoder: &Bert, files: &ModelFiles, folder: &Path, config: &Config) -> Result<()> {
    write_model(encoder, files, folder)?;
    write_length(folder, config)
}

fn write_length(folder: &Path, config: &Config) -> Result<()> {
    let sentence = serde_json::json!({
        "max_seq_length": config.model.max_tokens,
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
pub fn write_model(encoder: &Bert, files: &ModelFiles, folder: &Path) -> Result<()> {
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
