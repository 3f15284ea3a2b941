//! What an encoder is good for, beside others and beside plain words.

mod bm25;
mod bootstrap;
mod clusters;
mod embedder;
mod full;
mod nearest;
mod papers;
mod precision;
mod probe;
mod retrieval;
mod tfidf;
mod words;

pub use bm25::Bm25;
pub use bootstrap::Difference;
pub use clusters::{Clusters, k_means};
pub use embedder::{Embedder, Int8Embedder};
pub use full::FullEmbedder;
pub use nearest::{Best, nearest};
pub use papers::{EvaluationPapers, PaperVectors};
pub use precision::Precision;
pub use probe::{Classification, Confused};
pub use retrieval::{Retrieval, SetVectors};
pub use tfidf::{Logistic, Sparse, Stop, Vectorizer, VectorizerConfig, classify};
