//! What is trained: an encoder that takes packed texts and gives one vector each, with an explicit
//! backward step.
//!
//! ```text
//! token ids ──pack──▶ PackedBatch ──Encoder::forward──▶ [texts, width], and what backward needs
//! gradient of that ──Encoder::backward──▶ sums in Parameters' gradients
//! ```
//!
//! The losses see embeddings only (`crate::loss`), so that the batch may be larger than what memory
//! holds of the encoder's insides. Departures from candle-transformers, whose encoders pass no gradient
//! on: texts are packed without padding, every step has a backward of its own, and nothing is computed
//! for frozen weights. Start at [`Encoder`]; `bert` is the one architecture so far. Another one implements the trait, and
//! is chosen where encoders are opened (`crate::train::open_encoder`): the loop and what it writes know the trait alone.

pub mod bert;
mod buckets;
mod linear;
pub mod lora;
pub mod ops;
mod packed;
mod parameters;
mod precision;
pub mod weights;

use anyhow::Result;
use candle_core::Tensor;

use self::lora::LoraConfig;
use self::weights::StoredWeights;

pub use packed::PackedBatch;
pub use parameters::{Parameters, Source, Weight};

/// Names the random masks of one forward pass; the same one draws the same masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Randomness {
    /// Seed of the run.
    pub seed: u64,
    /// Step of the run.
    pub step: u64,
    /// Micro-batch of the step.
    pub part: u64,
}

impl Randomness {
    /// A key for one place in the encoder.
    pub(crate) fn key(self, layer: usize, site: u64) -> u64 {
        [self.seed, self.step, self.part, layer as u64, site]
            .into_iter()
            .fold(0, |key, x| ops::mix(key ^ x))
    }
}

/// An encoder of texts that can be trained.
pub trait Encoder {
    /// What a forward pass leaves for its backward pass.
    type Saved;

    /// Length of an embedding.
    fn width(&self) -> usize;

    /// The trainable and frozen tensors.
    fn parameters(&self) -> &Parameters;

    /// Embeds without dropout and keeps nothing: `[texts, width]`, not normalized.
    ///
    /// # Errors
    /// Where candle fails, as for want of memory.
    fn embed(&self, batch: &PackedBatch) -> Result<Tensor>;

    /// Embeds for training: `[texts, width]`, not normalized.
    ///
    /// # Errors
    /// Those of [`Self::embed`].
    fn forward(&self, batch: &PackedBatch, random: Randomness) -> Result<(Tensor, Self::Saved)>;

    /// Adds to the gradients of [`Self::parameters`] what `d`, the gradient of the embeddings
    /// `[texts, width]`, makes of them.
    ///
    /// # Errors
    /// Those of [`Self::embed`].
    fn backward(&self, saved: Self::Saved, d: &Tensor) -> Result<()>;

    /// The weights as they are now, adapters merged, under Hugging Face's names; tensors that the encoder does not use
    /// are as they were read.
    ///
    /// # Errors
    /// Where the device fails.
    fn merged(&self) -> Result<StoredWeights>;

    /// The adapter alone, its matrices by PEFT's names, and what `adapter_config.json` says of it; nothing where all
    /// weights are trained.
    ///
    /// # Errors
    /// Where the device fails.
    fn adapter(&self) -> Result<Option<(StoredWeights, &LoraConfig)>>;
}
