//! The f32 encoder on candle: the judge of the int8 one, and the road for other architectures.
//!
//! The whole of candle stays behind [`Bert`]: token ids in, unit vectors out. [`Reference`] takes
//! texts, by the tokenizer that the model artifact itself uses.

use anyhow::{Context as _, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use shared::tokenizer::Tokenizer;

/// A BERT encoder in f32 with mean pooling.
pub struct Bert {
    model: BertModel,
    device: Device,
}

impl Bert {
    /// Opens an encoder from its weights, a safetensors file, and its `config.json`.
    ///
    /// # Errors
    /// Where one of the two is not what it should be.
    pub fn new(weights: &[u8], config: &[u8]) -> Result<Self> {
        let device = Device::Cpu;
        let config: Config = serde_json::from_slice(config).context("config.json")?;
        let builder = VarBuilder::from_slice_safetensors(weights, DType::F32, &device)
            .context("model.safetensors")?;
        let model = BertModel::load(builder, &config).context("model.safetensors")?;
        Ok(Self { model, device })
    }

    /// Embeds one text's tokens: `[dim]`, length one.
    ///
    /// # Errors
    /// Where candle fails, which no row of the vocabulary brings about.
    pub fn embed(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let ids = Tensor::new(ids, &self.device)?.unsqueeze(0)?;
        let types = ids.zeros_like()?;
        // One text at a time has no padding, so every position is real and needs no mask.
        let hidden = self.model.forward(&ids, &types, None)?;
        let mean = hidden.mean(1)?.squeeze(0)?;
        let length = mean.sqr()?.sum_all()?.sqrt()?;
        Ok(mean.broadcast_div(&length)?.to_vec1()?)
    }
}

impl std::fmt::Debug for Bert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bert").finish_non_exhaustive()
    }
}

/// An encoder of texts in f32.
#[derive(Debug)]
pub struct Reference {
    bert: Bert,
    tokenizer: Tokenizer,
}

impl Reference {
    /// Opens a base encoder from the bytes of its Hugging Face files.
    ///
    /// # Errors
    /// Where a file is not what its name says.
    pub fn new(weights: &[u8], config: &[u8], tokenizer: &[u8], max_tokens: usize) -> Result<Self> {
        let bert = Bert::new(weights, config)?;
        let tokenizer = Tokenizer::from_json(tokenizer, max_tokens).context("tokenizer.json")?;
        Ok(Self { bert, tokenizer })
    }

    /// Embeds one text: `[dim]`, length one.
    ///
    /// # Errors
    /// Where candle fails, which no text brings about.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>> {
        self.bert.embed(&self.tokenizer.tokenize(text).ids)
    }
}
