//! What an engine's binary brings to the worker: how texts become vectors.
//!
//! Everything else (files, search, classification, messages) is the same in every engine. A binary
//! names its kernel itself, so that none but that one is linked into it.

use std::sync::Arc;

use shared::artifact::ModelMeta;
use shared::math::Kernel;
use shared::{EmbedError, Embedding, Encoder, Model};

use super::protocol::EngineId;
use super::worker::long::now_ms;

/// Opens an engine on a model.
pub trait Open {
    /// Which engine this is.
    fn id(&self) -> EngineId;

    /// Whether it needs the weights in f32, which not every build brings.
    fn reads_reference(&self) -> bool {
        false
    }

    /// The engine on this model; `reference` is the artifact of [`Self::reads_reference`].
    ///
    /// # Errors
    /// What is wrong with `reference`, in words.
    fn open(&self, model: Arc<Model>, reference: Option<Vec<u8>>)
    -> Result<Box<dyn Embed>, String>;
}

/// Turns texts into vectors: an open engine.
pub trait Embed {
    /// What its arithmetic runs on, for people.
    fn kernel(&self) -> &'static str;

    /// What is embedded and how.
    fn meta(&self) -> &ModelMeta;

    /// Embeds a question by the model's query template.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    fn embed_query(&mut self, query: &str) -> Result<Embedding, EmbedError>;

    /// Embeds questions, each as [`Self::embed_query`] would to the bit.
    fn embed_queries(&mut self, queries: &[&str]) -> Vec<Result<Embedding, EmbedError>> {
        let queries = queries.iter();
        queries.map(|query| self.embed_query(query)).collect()
    }

    /// Embeds a paper by the model's document template.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`].
    fn embed_document(&mut self, title: &str, abstract_text: &str)
    -> Result<Embedding, EmbedError>;
}

/// The quickest of kernels that all give the same bits, by a few milliseconds' work.
///
/// No module can ask what its instructions become: the fused dot product of relaxed SIMD is one of
/// the processor's where it has one, and five where it has none. Nor whether they are
/// right: V8's first try at that product, of Node.js 20, is not where code has not been optimized yet. A
/// kernel that does not give what the judge gives is passed over, if need be for [`Kernel::best`].
pub fn quickest<const N: usize>(kernels: [Kernel; N]) -> Kernel {
    /// Clocks of workers tick ten times a millisecond: each run takes some.
    const TIMES: usize = 400;
    const ROUNDS: usize = 3;
    let judged = Kernel::SCALAR.exercise(1);
    let mut least = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (kernel, least) in kernels.iter().zip(&mut least) {
            let start = now_ms();
            if kernel.exercise(TIMES) == judged {
                *least = least.min(now_ms() - start);
            }
        }
    }
    let order = (0..N).min_by(|&a, &b| least[a].total_cmp(&least[b]));
    match order {
        Some(at) if least[at].is_finite() => kernels[at],
        _ => Kernel::best(),
    }
}

/// The int8 encoder on one kernel.
#[derive(Debug, Clone, Copy)]
pub struct Int8 {
    /// Which engine this makes.
    pub id: EngineId,
    /// What its arithmetic runs on.
    pub kernel: Kernel,
}

impl Open for Int8 {
    fn id(&self) -> EngineId {
        self.id
    }

    fn open(&self, model: Arc<Model>, _: Option<Vec<u8>>) -> Result<Box<dyn Embed>, String> {
        Ok(Box::new(Encoder::with_kernel(model, self.kernel)))
    }
}

impl Embed for Encoder {
    fn kernel(&self) -> &'static str {
        self.kernel()
    }

    fn meta(&self) -> &ModelMeta {
        self.meta()
    }

    fn embed_query(&mut self, query: &str) -> Result<Embedding, EmbedError> {
        self.embed_query(query)
    }

    fn embed_queries(&mut self, queries: &[&str]) -> Vec<Result<Embedding, EmbedError>> {
        let texts: Vec<String> = (queries.iter())
            .map(|query| Embed::meta(self).query(query))
            .collect();
        self.embed_batch(&texts)
    }

    fn embed_document(
        &mut self,
        title: &str,
        abstract_text: &str,
    ) -> Result<Embedding, EmbedError> {
        self.embed_document(title, abstract_text)
    }
}
