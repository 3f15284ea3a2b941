//! A paper as every part of Offprint means it.

use serde::{Deserialize, Serialize};

/// The place of a paper in its corpus: row of every column of the papers artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaperId(pub u32);

/// One paper, cleaned: one line a field, no control characters.
///
/// `id` is opaque; only where it parses as an arXiv identifier does the page link to arXiv.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// What the paper is called by its source; unique in a corpus.
    pub id: String,
    /// Title; may be empty where the abstract is not.
    pub title: String,
    /// Abstract (or summary); may be empty where the title is not.
    #[serde(rename = "abstract")]
    pub abstract_: String,
    /// Authors as one line, separated by `, `; may be empty.
    pub authors: String,
    /// Category codes as the source gives them, the primary first; may be empty.
    pub categories: Vec<String>,
    /// Year of first submission, where it is known.
    pub year: Option<u16>,
    /// `train`, `valid` and so on, where the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
}
