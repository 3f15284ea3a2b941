//! A folder with an encoder's files in it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};
use shared::Sha256;

use super::release::WEIGHTS;
use super::{ModelFiles, Release};
use crate::http::sha256_of;

/// What every encoder's folder has.
const WANTED: [&str; 3] = [WEIGHTS, "tokenizer.json", "config.json"];

/// How token vectors become one, in the words of sentence-transformers.
const POOLING: &str = "1_Pooling/config.json";

/// Refuses an encoder whose embedding is no mean of its token vectors: read as one, it would search
/// badly and say nothing.
fn check_pooling(path: &Path) -> Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    let json = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let said: Map<String, Value> =
        serde_json::from_slice(&json).with_context(|| format!("in {}", path.display()))?;
    let other = said.iter().find(|(key, value)| match value {
        Value::Bool(true) => {
            key.starts_with("pooling_mode_") && key.as_str() != "pooling_mode_mean_tokens"
        }
        Value::String(mode) => key.as_str() == "pooling_mode" && mode != "mean",
        _ => false,
    });
    ensure!(
        other.is_none(),
        "{} says {}: Offprint's encoder takes the mean of all token vectors, and only encoders that were trained \
         for it",
        path.display(),
        other.map_or_else(String::new, |(key, value)| format!("{key} = {value}"))
    );
    Ok(())
}

/// The encoder in `folder`, whether it is `release` or another one.
pub(super) fn open(folder: &Path, release: &Release, source: String) -> Result<ModelFiles> {
    let missing: Vec<_> = WANTED
        .into_iter()
        .filter(|name| !folder.join(name).is_file())
        .collect();
    ensure!(
        missing.is_empty(),
        "{} has no {}: name a folder with {}",
        folder.display(),
        missing.join(" and no "),
        WANTED.join(", "),
    );
    check_pooling(&folder.join(POOLING))?;
    let weights_sha256 = sha256_of(&folder.join(WEIGHTS))?;
    let mut files = release.files.iter();
    let is_base = files.all(|file| match file.path {
        WEIGHTS => file.digest() == weights_sha256,
        path => !WANTED.contains(&path) || file.wanted().is_at(&folder.join(path)),
    });
    Ok(ModelFiles {
        is_base,
        ..verified(folder, weights_sha256, source)
    })
}

/// The base encoder in `folder`, all of whose files were just seen to be the right ones.
pub(super) fn verified(folder: &Path, weights_sha256: Sha256, source: String) -> ModelFiles {
    let at = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    let [weights, tokenizer, config] = WANTED.map(|name| folder.join(name));
    ModelFiles {
        folder: folder.to_owned(),
        weights,
        tokenizer,
        config,
        pooling: at(POOLING),
        sentence: at("sentence_bert_config.json"),
        weights_sha256,
        is_base: true,
        adapter: None,
        is_shipped: false,
        source,
    }
}
