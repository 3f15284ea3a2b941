//! What the page and the native tools both run.
pub mod artifact;
pub mod digest;
pub mod encoder;
pub mod manifest;
pub mod math;
pub mod metrics;
pub mod paper;
pub mod quant;
pub mod search;
pub mod taxonomy;
pub mod tokenizer;
pub use artifact::{AbstractChunk, ArtifactError, Classifier, Index, Model, Papers};
pub use digest::Sha256;
pub use encoder::{EmbedError, Embedding, Encoder};
pub use manifest::Manifest;
pub use paper::{Paper, PaperId};
pub use quant::Query;
pub use search::{Neighbor, Searcher};
