//! Kinds 6, 9 and 11: words and where they stand.
//!
//! The words of a corpus, in order, are cut into chunks; a table names the chunks and knows the first
//! word of each, so that a query fetches the chunks of its words. Where words stand in their texts,
//! which only phrases ask, is in a chunk of its own beside each.

mod chunk;
mod leb128;
mod places;
mod table;

pub use chunk::{List, Posting, Postings, WordChunk, write_posting};
pub use places::{PlaceChunk, PlacesOf, write_places};
pub use table::{TableEntry, WordTable, length_code, length_of};
