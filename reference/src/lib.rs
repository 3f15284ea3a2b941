//! The f32 encoder on candle: the judge of the int8 one, and the road for other architectures.
//!
//! The whole of candle stays behind [`Reference`]: texts in, unit vectors out, by the templates
//! and the tokenizer that the model artifact itself uses.

use anyhow::{Context as _, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use shared::tokenizer::Tokenizer;

/// A BERT encoder in f32 with masked mean pooling.
pub struct Reference {
    model: BertModel,
    tokenizer: Tokenizer,
    device: Device,
}

impl Reference {
    /// Opens a base encoder from the bytes of its Hugging Face files.
    ///
    /// # Errors
    /// Where a file is not what its name says.
    pub fn new(
        weights: Vec<u8>,
        config: &[u8],
        tokenizer: &[u8],
        max_tokens: usize,
    ) -> Result<Self> {
        let device = Device::Cpu;
        let config: Config = serde_json::from_slice(config).context("config.json")?;
        let builder = VarBuilder::from_buffered_safetensors(weights, DType::F32, &device)
            .context("model.safetensors")?;
        let model = BertModel::load(builder, &config).context("model.safetensors")?;
        let tokenizer = Tokenizer::from_json(tokenizer, max_tokens).context("tokenizer.json")?;
        Ok(Self {
            model,
            tokenizer,
            device,
        })
    }

    /// Embeds one text: `[dim]`, length one.
    ///
    /// # Errors
    /// Where candle fails, which no text brings about.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>> {
        let ids = Tensor::new(self.tokenizer.tokenize(text).ids, &self.device)?.unsqueeze(0)?;
        let types = ids.zeros_like()?;
        // One text at a time has no padding, so every position is real and needs no mask.
        let hidden = self.model.forward(&ids, &types, None)?;
        let mean = hidden.mean(1)?.squeeze(0)?;
        let length = mean.sqr()?.sum_all()?.sqrt()?;
        Ok(mean.broadcast_div(&length)?.to_vec1()?)
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reference").finish_non_exhaustive()
    }
}
