//! Search by words: terms, the language of queries, an inverted index, its ranking.
//!
//! ```text
//! title, abstract, authors ──terms──▶ terms with positions
//! ```
//!
//! Nothing here knows a model: words are searched before one has arrived.

pub mod terms;
