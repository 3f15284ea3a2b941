//! What became of every row: kept, or dropped for a reason and at a place.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// The count of rows read, kept and dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReadReport {
    /// Rows seen; blank lines are none.
    pub rows: u64,
    /// Rows that became papers.
    pub kept: u64,
    /// The others, by reason.
    pub dropped: BTreeMap<DropReason, Dropped>,
}

/// Why a row became no paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// Nothing to call it by.
    NoId,
    /// An earlier row has the same id.
    DuplicateId,
    /// Neither title nor abstract.
    NoText,
    /// Not a record of its layout.
    Malformed,
    /// Taken back by its authors or by arXiv.
    Withdrawn,
}

/// The rows dropped for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// How many.
    pub count: u64,
    /// The first [`Dropped::N_EXAMPLES`] of them.
    pub examples: Vec<Place>,
}

/// Where a row is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its file, as it was named.
    pub file: PathBuf,
    /// Row of a table, or the line of a text on which the record begins, from 1.
    pub row: u64,
    /// The row's id, or what the parser said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Dropped {
    /// Examples kept a reason.
    pub const N_EXAMPLES: usize = 3;
}

impl ReadReport {
    /// Rows that became no paper, whatever the reason.
    pub fn n_dropped(&self) -> u64 {
        self.dropped.values().map(|dropped| dropped.count).sum()
    }

    pub(super) fn drop(&mut self, reason: DropReason, place: Place) {
        let dropped = self.dropped.entry(reason).or_default();
        dropped.count += 1;
        if dropped.examples.len() < Dropped::N_EXAMPLES {
            dropped.examples.push(place);
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoId => "without an id",
            Self::DuplicateId => "with the id of an earlier one",
            Self::NoText => "with neither title nor abstract",
            Self::Malformed => "malformed",
            Self::Withdrawn => "withdrawn",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.row)?;
        self.note.iter().try_for_each(|note| write!(f, " ({note})"))
    }
}

impl fmt::Display for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows read, {} kept, {} dropped",
            self.rows,
            self.kept,
            self.n_dropped()
        )?;
        for (reason, dropped) in &self.dropped {
            write!(f, "\n  {} {reason}, such as ", dropped.count)?;
            for (at, place) in dropped.examples.iter().enumerate() {
                write!(f, "{}{place}", if at == 0 { "" } else { ", " })?;
            }
        }
        Ok(())
    }
}
