//! A folder with an encoder's files in it.

use std::path::Path;

use anyhow::{Result, ensure};
use shared::Sha256;

use super::release::WEIGHTS;
use super::{ModelFiles, Release};
use crate::http::sha256_of;

/// What every encoder's folder has.
const WANTED: [&str; 3] = [WEIGHTS, "tokenizer.json", "config.json"];

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
        pooling: at("1_Pooling/config.json"),
        sentence: at("sentence_bert_config.json"),
        weights_sha256,
        is_base: true,
        adapter: None,
        source,
    }
}
