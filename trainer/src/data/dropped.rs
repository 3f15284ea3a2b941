//! What became of the papers that were not taken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Rows and papers that were left out of training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Rows that are no paper: malformed, without id or text, withdrawn, or of the id of an earlier one, of which
    /// another version is one.
    #[serde(default)]
    pub no_paper: usize,
    /// Without a title or an abstract: they make no pair.
    pub incomplete: usize,
    /// Of a category that is no class, such as an archive that has sub-categories.
    pub no_class: usize,
    /// Of another split than `train` and `valid`: they neither teach nor judge.
    #[serde(default)]
    pub other_split: usize,
    /// Of a later year than `data.until`, or of none that is known.
    pub too_late: usize,
    /// A held-out paper has the same title, or an abstract that begins alike.
    pub leaks: usize,
    /// A held-out paper says the same in mostly the same words.
    #[serde(default)]
    pub near_leaks: usize,
    /// Another training paper has the same title, or an abstract that begins alike.
    pub copies: usize,
    /// Another training paper says the same in mostly the same words.
    #[serde(default)]
    pub near_copies: usize,
    /// Beyond `data.per_category` or `data.limit`.
    pub beyond: usize,
    /// Kept, with their title taken out of their abstract.
    pub stripped: usize,
    /// Kept, with an abstract longer than what is kept of one.
    pub cut: usize,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "left out: {} rows that are no paper, {} incomplete, {} of another split, {} of no class, {} too late, {} copies and {} near copies of held-out \
             papers, {} copies and {} near copies of others, {} beyond what was asked for",
            self.no_paper,
            self.incomplete,
            self.other_split,
            self.no_class,
            self.too_late,
            self.leaks,
            self.near_leaks,
            self.copies,
            self.near_copies,
            self.beyond
        )
    }
}
