//! Whose vectors are judged: one trait for the quantized encoder, the one in f32, and the trainer's own.

use std::sync::Arc;

use anyhow::Result;
use index_builder::embed::{EmbeddingCache, embed_all};
use index_builder::model;
use ingest::model_files::Which;
use shared::{Model, Sha256};

/// Turns texts into unit vectors.
///
/// Object-safe, so that an evaluation takes encoders of any kind side by side.
pub trait Embedder {
    /// What its row of a table is called.
    fn name(&self) -> &str;

    /// Width of a vector.
    fn dim(&self) -> usize;

    /// SHA-256 of what it runs on, where that is a file: of the artifact, or of the weights.
    fn sha256(&self) -> Option<Sha256> {
        None
    }

    /// The text that stands for a paper.
    fn document(&self, title: &str, abstract_: &str) -> String {
        match (title, abstract_) {
            (one, "") | ("", one) => one.to_owned(),
            _ => format!("{title}. {abstract_}"),
        }
    }

    /// The text that stands for a question.
    fn query(&self, query: &str) -> String {
        query.to_owned()
    }

    /// Embeds texts that [`Self::document`] or [`Self::query`] made: `[texts]`, each `[dim]` and of length
    /// one, or all zero where a text has no token, so that it lies near nothing.
    ///
    /// # Errors
    /// Where the encoder fails, or what it keeps on disk cannot be written.
    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>>;
}

/// The encoder that the page runs: int8, over all cores, with the user's cache.
#[derive(Debug)]
pub struct Int8Embedder {
    name: String,
    model: Arc<Model>,
}

impl Int8Embedder {
    /// Quantizes an encoder.
    ///
    /// # Errors
    /// Where no source has the encoder, or its files are not a BERT encoder.
    pub fn open(which: &Which) -> Result<Self> {
        Ok(Self::new(model::prepare(which)?.model))
    }

    /// Takes a model that is open already.
    pub fn new(model: Arc<Model>) -> Self {
        Self {
            name: format!("{} int8", model.meta().name),
            model,
        }
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }
}

impl Embedder for Int8Embedder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dim(&self) -> usize {
        self.model.meta().architecture.dim
    }

    fn sha256(&self) -> Option<Sha256> {
        Some(self.model.sha256())
    }

    fn document(&self, title: &str, abstract_: &str) -> String {
        self.model.meta().document(title, abstract_)
    }

    fn query(&self, query: &str) -> String {
        self.model.meta().query(query)
    }

    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        // Opened for each call: the file is locked while it is open, and a build may want it too.
        let mut cache = EmbeddingCache::open_for_user(&self.model)?;
        let embedded = embed_all(&self.model, &mut cache, texts)?;
        let zero = || vec![0.0; self.dim()];
        Ok((embedded.vectors.into_iter())
            .map(|vector| vector.unwrap_or_else(zero))
            .collect())
    }
}
