//! Search by words: terms, the language of queries, an inverted index, its ranking.
//!
//! ```text
//! title, abstract, authors ──terms──▶ terms with positions
//!                                         ──index──▶ a table, chunks of words, chunks of places
//! what is typed ──query──▶ a tree of demands, each with its place in the text
//! both ──search──▶ papers with scores, and what of the query each has
//! those, and what is near in meaning ──fuse──▶ one list
//! ```
//!
//! Nothing here knows a model: words are searched before one has arrived.

mod field;
mod fuse;
pub mod index;
pub mod query;
pub mod search;
pub mod terms;

pub use field::{Field, FieldSet, N_FIELDS};
pub use fuse::{Fused, Fusion, Normalization, fuse};
pub use index::{Chunk, InsertError, InvertedIndex, WordFiles, WordIndex};
pub use query::{Name, Query, QueryError, QueryErrorKind, Reading, read};
pub use search::{Asked, Bm25, Cut, Facts, Found, WordHit, WordSearch, is_category};
