//! How good a classification, a search or a grouping is: the figures of every report, computed one way.
//!
//! Pure functions over values at hand; `tests/golden/metrics.json` has what scikit-learn says of the same
//! values, and a test holds ours to it within 1e-9.

mod classification;
mod clustering;
mod retrieval;
#[cfg(test)]
mod tests;

pub use classification::{
    Bin, ConfusedPair, Confusion, Judged, N_BINS, calibration_error, log_loss, macro_f1,
    reliability, top_k_accuracy,
};
pub use clustering::Grouping;
pub use retrieval::{Neighborhood, category_precision, ndcg, precision, recall, reciprocal_rank};
