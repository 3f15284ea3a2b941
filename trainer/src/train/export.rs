//! What a run leaves to be used: the finetuned encoder as Hugging Face files, and its adapter alone.

use std::path::Path;

use anyhow::{Context as _, Result};
use ingest::model_files::ModelFiles;
use ingest::safe_file;

use crate::config::Config;
use crate::model::bert::Bert;

/// Folder of the finetuned encoder, adapters merged.
pub(super) const MODEL: &str = "model";
/// Folder of the adapter.
pub(super) const ADAPTER: &str = "adapter";

/// Writes `model/`, and `adapter/` where there is one.
pub(super) fn write_all(
    encoder: &Bert,
    files: &ModelFiles,
    run: &Path,
    config: &Config,
) -> Result<()> {
    let folder = run.join(MODEL);
    write_model(encoder, files, &folder)?;
    // The length that the finetuned model takes is the config's.
    let sentence = serde_json::json!({
        "max_seq_length": config.model.max_tokens,
        "do_lower_case": false,
    });
    safe_file::write(
        &folder.join("sentence_bert_config.json"),
        &serde_json::to_vec_pretty(&sentence)?,
    )?;
    if let Some((weights, description)) = encoder.adapter()? {
        let folder = run.join(ADAPTER);
        safe_file::write(&folder.join("adapter_model.safetensors"), &weights)?;
        safe_file::write(
            &folder.join("adapter_config.json"),
            &serde_json::to_vec_pretty(&description)?,
        )?;
    }
    Ok(())
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
