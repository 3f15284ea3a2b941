//! From an encoder's files to an opened model artifact.

mod kept;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use ingest::model_files::{self, ModelFiles, Which};
use serde::Deserialize;
use shared::artifact::{ReferenceMeta, ReferenceWeights};
use shared::manifest::{QualityEntry, SearchEntry};
use shared::{Model, Sha256};

use crate::quantize::{BaseFiles, Description, WordBits, quantize};

/// Tokens that all-MiniLM-L6-v2 was made for (its `sentence_bert_config.json`).
const DEFAULT_MAX_TOKENS: usize = 256;
/// How the shipped encoder was judged.
const SHIPPED_EVALUATION: &[u8] = include_bytes!("../../models/arxiv-minilm/evaluation.json");
/// Sets of longer names are left out of a manifest, which is short.
pub(crate) const LONGEST_SET: usize = 32;

/// Whether a build carries the weights in f32 beside the model made of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reference {
    /// The model alone.
    #[default]
    Without,
    /// Both, so that the page can run the encoder as it was before it was quantized.
    With,
}

/// A model artifact, opened, with the bytes that it was opened from.
#[derive(Debug)]
pub struct PreparedModel {
    /// The artifact as the page fetches it.
    pub bytes: Vec<u8>,
    /// The same, opened.
    pub model: Arc<Model>,
    /// Where the encoder came from.
    pub source: String,
    /// How well it searches judged questions, where that was measured: `evaluation.json` of a release says it.
    pub judged: Vec<SearchEntry>,
    weights: PathBuf,
    config: PathBuf,
}

impl PreparedModel {
    /// The reference artifact: the weights that the model was made of.
    ///
    /// # Errors
    /// Where the encoder's files are gone, or its configuration is no JSON.
    pub fn reference(&self) -> Result<Vec<u8>> {
        let config = serde_json::from_slice(&read(&self.config)?)
            .with_context(|| format!("in {}", self.config.display()))?;
        let meta = ReferenceMeta {
            model_sha256: self.model.sha256(),
            config,
        };
        let bytes = ReferenceWeights::to_bytes(&meta, read(&self.weights)?);
        ReferenceWeights::parse(bytes.clone())
            .with_context(|| format!("in {}", self.weights.display()))?;
        Ok(bytes)
    }
}

/// Finds an encoder and quantizes it.
///
/// # Errors
/// Where no source has the encoder, or its files are not a BERT encoder.
pub fn prepare(which: &Which) -> Result<PreparedModel> {
    prepare_with(which, WordBits::default())
}

/// As [`prepare`], with a word table of other bits: for measurements.
///
/// # Errors
/// Those of [`prepare`].
pub fn prepare_with(which: &Which, word_bits: WordBits) -> Result<PreparedModel> {
    let files = model_files::find(which)?;
    let judged = judged(which, &files)?;
    let description = describe(&files)?;
    let place = place(&files, &description, word_bits)
        .inspect_err(|error| tracing::debug!("the quantized model cannot be kept: {error:#}"))
        .ok();
    if let Some(bytes) = place.as_deref().and_then(kept::read)
        && let Ok(model) = Model::parse(bytes.clone(), Sha256::of(&bytes))
    {
        return Ok(PreparedModel {
            bytes,
            model: Arc::new(model),
            source: files.source,
            judged,
            weights: files.weights,
            config: files.config,
        });
    }
    let weights = read(&files.weights)?;
    let config = read(&files.config)?;
    let tokenizer = read(&files.tokenizer)?;
    let base = BaseFiles {
        weights: &weights,
        config: &config,
        tokenizer: &tokenizer,
    };
    let parts = quantize(base, &description, word_bits)
        .with_context(|| format!("in {}", files.folder.display()))?;
    let bytes = parts.to_bytes();
    let model = Model::parse(bytes.clone(), Sha256::of(&bytes))
        .context("the model just written does not open")?;
    if let Some(place) = place {
        // A full cache costs the next run some seconds, not this one its model.
        if let Err(error) = kept::write(&place, &bytes) {
            tracing::warn!("the quantized model is not kept for the next run: {error:#}");
        }
    }
    Ok(PreparedModel {
        bytes,
        model: Arc::new(model),
        source: files.source,
        judged,
        weights: files.weights,
        config: files.config,
    })
}

/// What `trainer evaluate --json` writes, as far as a build tells it.
#[derive(Deserialize)]
struct Evaluation {
    rows: Vec<EvaluationRow>,
}

#[derive(Deserialize)]
struct EvaluationRow {
    retrieval: Vec<SearchEntry>,
}

/// How well the encoder searches judged questions, of the evaluation that lies beside an adapter. A file of that name that
/// is something else costs a build nothing but these figures.
fn judged(which: &Which, files: &ModelFiles) -> Result<Vec<SearchEntry>> {
    match which {
        Which::Shipped if files.is_shipped => Ok(judged_of(SHIPPED_EVALUATION)?),
        Which::In(folder) if folder.join("evaluation.json").is_file() => {
            let path = folder.join("evaluation.json");
            Ok(judged_of(&read(&path)?).unwrap_or_else(|error| {
                let path = path.display();
                tracing::warn!(
                    "{path} is not what `trainer evaluate --json` writes, and is passed over: {error}"
                );
                Vec::new()
            }))
        }
        _ => Ok(Vec::new()),
    }
}

/// The figures of the encoder in question, which stands first: what it was held against stands below.
fn judged_of(evaluation: &[u8]) -> serde_json::Result<Vec<SearchEntry>> {
    let evaluation: Evaluation = serde_json::from_slice(evaluation)?;
    let first = evaluation.rows.into_iter().next();
    let mut judged = first.map_or_else(Vec::new, |row| row.retrieval);
    judged.retain(|entry| entry.set.len() <= LONGEST_SET);
    judged.truncate(QualityEntry::MOST_SETS);
    for entry in &mut judged {
        // More digits would be noise, and a manifest is short.
        entry.ndcg_at_10 = (entry.ndcg_at_10 * 1e4).round() / 1e4;
    }
    Ok(judged)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// Where the model quantized of `files` is kept.
fn place(files: &ModelFiles, description: &Description, word_bits: WordBits) -> Result<PathBuf> {
    let folder = ingest::cache_dir()?.join("quantized");
    let Description {
        name,
        licence,
        attribution,
        max_tokens,
    } = description;
    kept::place(
        &folder,
        &[
            &files.weights_sha256.0,
            &read(&files.config)?,
            &read(&files.tokenizer)?,
            name.as_bytes(),
            licence.as_bytes(),
            attribution.as_bytes(),
            &max_tokens.to_le_bytes(),
            &word_bits.n_common.to_le_bytes(),
            &[word_bits.of_common, word_bits.of_others],
        ],
    )
}

/// Name, licence and length, from the files and their folder.
fn describe(files: &ModelFiles) -> Result<Description> {
    let max_tokens = match &files.sentence {
        Some(path) => {
            let json =
                std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            let value: serde_json::Value =
                serde_json::from_slice(&json).with_context(|| format!("in {}", path.display()))?;
            value["max_seq_length"]
                .as_u64()
                .map_or(DEFAULT_MAX_TOKENS, |n| n as usize)
        }
        None => DEFAULT_MAX_TOKENS,
    };
    if files.is_base {
        return Ok(Description {
            name: "all-MiniLM-L6-v2".into(),
            licence: "Apache-2.0".into(),
            attribution: "all-MiniLM-L6-v2 by the sentence-transformers team".into(),
            max_tokens,
        });
    }
    if files.is_shipped {
        return Ok(Description {
            name: model_files::SHIPPED_NAME.into(),
            licence: "Apache-2.0".into(),
            attribution:
                "all-MiniLM-L6-v2 by the sentence-transformers team, finetuned on arXiv by Offprint"
                    .into(),
            max_tokens,
        });
    }
    if let Some(name) = &files.adapter {
        return Ok(Description {
            name: name.clone(),
            licence: "Apache-2.0; of the adapter as stated by its author".into(),
            attribution: format!(
                "all-MiniLM-L6-v2 by the sentence-transformers team, finetuned by the adapter {name}"
            ),
            max_tokens,
        });
    }
    let name = files
        .folder
        .file_name()
        .map_or("custom".into(), |name| name.to_string_lossy().into_owned());
    Ok(Description {
        attribution: format!("weights from the folder {name:?}"),
        name,
        licence: "as stated by its author".into(),
        max_tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evaluation_tells_the_first_encoders_figures_and_no_more_than_fit() {
        let entry = |set: &str| format!(r#"{{"set":"{set}","ndcg_at_10":0.64838,"queries":3}}"#);
        let sets = [&*"x".repeat(LONGEST_SET + 1), "a", "b", "c", "d", "e"].map(entry);
        let text = format!(
            r#"{{"rows":[{{"retrieval":[{}]}},{{"retrieval":[]}}]}}"#,
            sets.join(",")
        );
        let judged = judged_of(text.as_bytes()).expect("an evaluation");
        let sets: Vec<&str> = judged.iter().map(|entry| &*entry.set).collect();
        assert_eq!(sets, ["a", "b", "c", "d"]);
        assert!((judged[0].ndcg_at_10 - 0.6484).abs() < 1e-12);
        assert!(judged_of(br#"{"rows":[]}"#).expect("none").is_empty());
        assert!(judged_of(b"{\"accuracy\":1}").is_err());
        assert_eq!(judged_of(SHIPPED_EVALUATION).expect("ours").len(), 3);
    }
}
