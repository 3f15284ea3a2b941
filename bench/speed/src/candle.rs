//! The f32 reference on candle.

use reference::Reference;
use wasm_bindgen::prelude::*;

/// An open base encoder.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    reference: Reference,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the bytes of `model.safetensors`, `config.json` and `tokenizer.json`.
    ///
    /// # Errors
    /// Where a file is not what its name says.
    #[wasm_bindgen(constructor)]
    pub fn new(
        weights: &[u8],
        config: &[u8],
        tokenizer: &[u8],
        max_tokens: usize,
    ) -> Result<Self, JsError> {
        let reference = Reference::new(weights, config, tokenizer, max_tokens);
        let reference = reference.map_err(|error| JsError::new(&format!("{error:#}")))?;
        Ok(Self { reference })
    }

    /// Name of the engine.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        "candle f32".to_owned()
    }

    /// Embeds one text: `[dim]`, length one.
    ///
    /// # Errors
    /// Where candle fails, which no text brings about.
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>, JsError> {
        let vector = self.reference.embed(text);
        vector.map_err(|error| JsError::new(&format!("{error:#}")))
    }
}
