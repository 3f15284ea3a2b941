//! The engine in f32: the encoder as its author published it, on candle. Slow and large; the page
//! starts it when it is asked to, to compare.

use std::sync::Arc;

use app::engine::embed::{Embed, Open};
use app::engine::protocol::EngineId;
use app::engine::worker;
use reference::Bert;
use shared::artifact::{ModelMeta, ReferenceWeights};
use shared::{EmbedError, Embedding, Model};

fn main() {
    worker::run(Candle);
}

struct Candle;

impl Open for Candle {
    fn id(&self) -> EngineId {
        EngineId::F32Candle
    }

    fn reads_reference(&self) -> bool {
        true
    }

    fn open(
        &self,
        model: Arc<Model>,
        reference: Option<Vec<u8>>,
    ) -> Result<Box<dyn Embed>, String> {
        let bytes = reference.ok_or("no weights")?;
        let weights = ReferenceWeights::parse(bytes).map_err(|error| error.to_string())?;
        weights
            .check_model(model.sha256())
            .map_err(|error| error.to_string())?;
        let config = weights.meta().config.to_string();
        let bert = Bert::new(weights.safetensors(), config.as_bytes())
            .map_err(|error| format!("{error:#}"))?;
        Ok(Box::new(Encoder { bert, model }))
    }
}

/// The weights in f32, with the int8 model's tokenizer and templates.
struct Encoder {
    bert: Bert,
    model: Arc<Model>,
}

impl Encoder {
    fn embed(&self, text: &str) -> Result<Embedding, EmbedError> {
        let tokenizer = self.model.tokenizer();
        let tokens = tokenizer.tokenize(text);
        if tokens.ids.len() <= tokenizer.n_special() {
            return Err(EmbedError::NoTokens);
        }
        Ok(Embedding {
            vector: self
                .bert
                .embed(&tokens.ids)
                .expect("every token is a row of the vocabulary"),
            n_tokens: tokens.ids.len(),
            n_cut: tokens.n_cut,
        })
    }
}

impl Embed for Encoder {
    fn kernel(&self) -> &'static str {
        "candle"
    }

    fn meta(&self) -> &ModelMeta {
        self.model.meta()
    }

    fn embed_query(&mut self, query: &str) -> Result<Embedding, EmbedError> {
        self.embed(&self.model.meta().query(query))
    }

    fn embed_document(
        &mut self,
        title: &str,
        abstract_text: &str,
    ) -> Result<Embedding, EmbedError> {
        self.embed(&self.model.meta().document(title, abstract_text))
    }
}
