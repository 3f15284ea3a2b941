//! A folder with an encoder's files in it.

use std::path::Path;

use anyhow::{Result, ensure};

use super::release::sha256_of;
use super::{ModelFiles, Release};

/// The encoder in `folder`, whether it is `release` or another one.
pub(super) fn open(folder: &Path, release: &Release, source: String) -> Result<ModelFiles> {
    let at = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    let wanted = ["model.safetensors", "tokenizer.json", "config.json"];
    let missing: Vec<_> = wanted
        .into_iter()
        .filter(|name| at(name).is_none())
        .collect();
    ensure!(
        missing.is_empty(),
        "{} has no {}: name a folder with {}",
        folder.display(),
        missing.join(" and no "),
        wanted.join(", "),
    );
    let [weights, tokenizer, config] = wanted.map(|name| folder.join(name));
    let is_base = release
        .files
        .iter()
        .filter(|file| wanted.contains(&file.path))
        .all(|file| file.is_at(&folder.join(file.path)));
    Ok(ModelFiles {
        weights_sha256: sha256_of(&weights)?,
        folder: folder.to_owned(),
        weights,
        tokenizer,
        config,
        pooling: at("1_Pooling/config.json"),
        sentence: at("sentence_bert_config.json"),
        is_base,
        source,
    })
}
