//! Text to unit vector: tokenizer, transformer in int8, masked mean.
//!
//! Linear layers multiply 7-bit activations (asymmetric, one scale a token) with 8-bit weights
//! (one scale an output); attention, GELU and normalization run in f32 in one fixed order. So the
//! same text gives the same bits with every kernel, natively and in WebAssembly.

mod forward;

use std::sync::Arc;

use crate::artifact::{Model, ModelMeta};
use crate::math::Kernel;
use forward::Scratch;
pub use forward::{Input, Site};

/// A text's place among all texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// `[dim]`, Euclidean length 1 ± 1e-5: a dot product of two is their cosine.
    pub vector: Vec<f32>,
    /// Tokens embedded, special ones among them.
    pub n_tokens: usize,
    /// Tokens beyond the model's length, which had no vote.
    pub n_cut: usize,
}

/// Why a text has no embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// No part of the text is a token: it points nowhere.
    #[error("the text has no word to embed")]
    NoTokens,
}

/// Embeds texts, one at a time; each thread has its own.
#[derive(Debug)]
pub struct Encoder {
    model: Arc<Model>,
    kernel: Kernel,
    scratch: Scratch,
}

impl Encoder {
    /// An encoder with the fastest kernel that this machine runs.
    pub fn new(model: Arc<Model>) -> Self {
        Self::with_kernel(model, Kernel::best())
    }

    /// An encoder with this kernel; the embeddings do not depend on it.
    pub fn with_kernel(model: Arc<Model>, kernel: Kernel) -> Self {
        let scratch = Scratch::new(model.meta());
        Self {
            model,
            kernel,
            scratch,
        }
    }

    /// Name of the kernel that runs.
    pub fn kernel(&self) -> &'static str {
        self.kernel.name()
    }

    /// What is embedded and how.
    pub fn meta(&self) -> &ModelMeta {
        self.model.meta()
    }

    /// Embeds a question by the model's query template.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    pub fn embed_query(&mut self, query: &str) -> Result<Embedding, EmbedError> {
        self.embed(&self.model.meta().query(query))
    }

    /// Embeds a paper by the model's document template.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    pub fn embed_document(
        &mut self,
        title: &str,
        abstract_: &str,
    ) -> Result<Embedding, EmbedError> {
        self.embed(&self.model.meta().document(title, abstract_))
    }

    /// Turns one text into a unit vector.
    ///
    /// `text` is tokenized, cut to the model's length, run through every layer, averaged over its
    /// tokens and scaled to length one. Takes about `n_tokens · n_weights` multiply-adds, plus
    /// `2 · n_tokens² · dim` a layer for attention.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`] when no part of `text` is a token. A vector of zeros would tie
    /// with every paper instead of saying so.
    ///
    /// # Sources
    /// Mean pooling: Reimers and Gurevych 2019, §3 (arXiv:1908.10084).
    pub fn embed(&mut self, text: &str) -> Result<Embedding, EmbedError> {
        self.embed_observed(text, &mut |_, _| {})
    }

    /// As [`Self::embed`], and shows `observe` what enters each linear layer: `[n_tokens, k]`,
    /// before it is quantized. A quantizer calibrates itself by this.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    pub fn embed_observed(
        &mut self,
        text: &str,
        observe: &mut dyn FnMut(Site, &[f32]),
    ) -> Result<Embedding, EmbedError> {
        let tokens = self.model.tokenizer().tokenize(text);
        if tokens.ids.len() <= self.model.tokenizer().n_special() {
            return Err(EmbedError::NoTokens);
        }
        let vector = forward::embed(
            &self.model,
            self.kernel,
            &mut self.scratch,
            &tokens.ids,
            observe,
        );
        Ok(Embedding {
            vector,
            n_tokens: tokens.ids.len(),
            n_cut: tokens.n_cut,
        })
    }
}
