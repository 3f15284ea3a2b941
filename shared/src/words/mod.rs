//! Search by words: terms, the language of queries, an inverted index, its ranking.
//!
//! ```text
//! title, abstract, authors ──terms──▶ terms with positions
//! what is typed ──query──▶ a tree of demands, each with its place in the text
//! ```
//!
//! Nothing here knows a model: words are searched before one has arrived.

mod field;
pub mod query;
pub mod terms;

pub use field::{Field, FieldSet, N_FIELDS};
pub use query::{Query, QueryError, QueryErrorKind, Reading, read};
