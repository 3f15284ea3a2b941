//! How good a classification, a search or a grouping is: the figures of every report, computed one way.
//!
//! Pure functions over values at hand; `tests/golden/` has what scikit-learn (`metrics.json`) and
//! sentence-transformers (`retrieval.json`) say of the same values, and tests hold ours to them within 1e-9.

mod classification;
mod clustering;
mod layout;
mod retrieval;
#[cfg(test)]
mod tests;

pub use classification::{
    Bin, ConfusedPair, Confusion, Judged, N_BINS, Predicted, calibration_error, log_loss, macro_f1,
    reliability, top_k_accuracy,
};
pub use clustering::Grouping;
pub use layout::trustworthiness;
pub use retrieval::{Neighborhood, category_precision, ndcg, precision, recall, reciprocal_rank};
