//! Text to unit vector: tokenizer, transformer in int8, masked mean.
//!
//! Linear layers multiply 7-bit activations (asymmetric, one scale a token) with 8-bit weights
//! (one scale an output), attention multiplies in 16 bits; GELU and normalization run in f32 in one
//! fixed order. So the same text gives the same bits with every kernel, natively and in WebAssembly.

mod attention;
mod batch;
mod forward;
mod watch;

use std::sync::Arc;

use crate::artifact::{Model, ModelMeta};
use crate::math::Kernel;
use crate::tokenizer::TokenBuffer;
use forward::Scratch;
pub use watch::{Input, Part, Site, Watch};

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

/// How long an embedded text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
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

/// Embeds texts, in buffers made once; each thread has its own.
#[derive(Debug)]
pub struct Encoder {
    model: Arc<Model>,
    kernel: Kernel,
    scratch: Scratch,
    tokens: TokenBuffer,
}

impl Encoder {
    /// An encoder with the fastest kernel that this machine runs.
    pub fn new(model: Arc<Model>) -> Self {
        Self::with_kernel(model, Kernel::best())
    }

    /// An encoder with this kernel; the embeddings do not depend on it.
    pub fn with_kernel(model: Arc<Model>, kernel: Kernel) -> Self {
        let scratch = Scratch::new(model.meta(), kernel);
        Self {
            model,
            kernel,
            scratch,
            tokens: TokenBuffer::default(),
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
        self.embed_watched(text, &mut ())
    }

    /// As [`Self::embed`], and tells `watch` what happens: a quantizer calibrates itself by what
    /// enters each linear layer, a profile by what has ended.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    pub fn embed_watched(
        &mut self,
        text: &str,
        watch: &mut dyn Watch,
    ) -> Result<Embedding, EmbedError> {
        let mut vector = vec![0.0; self.model.meta().architecture.dim];
        let Length { n_tokens, n_cut } = self.embed_into(text, &mut vector, watch)?;
        Ok(Embedding {
            vector,
            n_tokens,
            n_cut,
        })
    }

    /// As [`Self::embed_watched`], into `to[dim]`; allocates nothing once a text as long has been.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    pub fn embed_into(
        &mut self,
        text: &str,
        to: &mut [f32],
        watch: &mut dyn Watch,
    ) -> Result<Length, EmbedError> {
        let tokenizer = self.model.tokenizer();
        let tokens = tokenizer.tokenize_into(text, &mut self.tokens);
        watch.ended(Part::Tokenize);
        let length = Length {
            n_tokens: tokens.ids.len(),
            n_cut: tokens.n_cut,
        };
        if length.n_tokens <= tokenizer.n_special() {
            return Err(EmbedError::NoTokens);
        }
        forward::embed(
            &self.model,
            self.kernel,
            &mut self.scratch,
            &tokens.ids,
            &[length.n_tokens],
            to,
            watch,
        );
        Ok(length)
    }
}
