//! What an encoder is good for, beside others and beside plain words.

mod embedder;
mod full;

pub use embedder::{Embedder, Int8Embedder};
pub use full::FullEmbedder;
