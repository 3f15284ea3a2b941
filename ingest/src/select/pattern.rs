//! `--where 'cs.*,stat.ML'`: papers by category, under all the names that a category has.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use shared::taxonomy::{self, CATEGORIES, SUBSUMED};

use crate::clean::canonical_code;

/// Categories and archives, separated by commas; a paper passes that has any of them.
///
/// ```
/// let pattern: ingest::select::Pattern = "cs.*,stat.ML".parse()?;
/// assert!(pattern.passes(&["hep-th".to_owned(), "cs.LG".to_owned()]));
/// assert!(!pattern.passes(&["stat.AP".to_owned()]));
/// # Ok::<(), ingest::select::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A canonical code, or a bare archive.
    Code(String),
    Archive(String),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing between two commas, or nothing at all.
    #[error("an empty category pattern: write something like 'cs.*,stat.ML'")]
    Empty,
    /// No category of arXiv.
    #[error("no arXiv category is called {found:?}: did you mean {near}?")]
    Unknown {
        /// What was written.
        found: String,
        /// The codes most like it, separated by commas.
        near: String,
    },
    /// An archive that has categories below it, written like a category.
    #[error("{archive} is an archive: write '{archive}.*' for all its categories")]
    Archive {
        /// The archive.
        archive: String,
    },
}

impl Pattern {
    /// Whether any of a paper's categories, primary or not, is one of the pattern's.
    pub fn passes(&self, categories: &[String]) -> bool {
        categories.iter().any(|code| {
            let now = canonical_code(code);
            self.parts.iter().any(|part| match part {
                Part::Code(wanted) => now == wanted.as_str(),
                // cs.NA is math.NA today, and belongs to both archives.
                Part::Archive(wanted) => [code, &*now]
                    .into_iter()
                    .any(|code| taxonomy::archive_of(code) == wanted),
            })
        })
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let parts = text
            .split(',')
            .map(str::trim)
            .map(part)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            text: text.trim().to_owned(),
            parts,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

fn part(text: &str) -> Result<Part, PatternError> {
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    let unknown = || PatternError::Unknown {
        found: text.to_owned(),
        near: near(text),
    };
    if let Some(archive) = text.strip_suffix(".*") {
        let known = CATEGORIES.iter().any(|row| row.archive == archive);
        return if known {
            Ok(Part::Archive(archive.to_owned()))
        } else {
            Err(unknown())
        };
    }
    if let Some(row) = taxonomy::canonical(text) {
        return Ok(Part::Code(row.code.to_owned()));
    }
    match text {
        // Once categories themselves: their oldest papers have no finer one.
        "astro-ph" | "cond-mat" => Ok(Part::Code(text.to_owned())),
        _ if CATEGORIES.iter().any(|row| row.archive == text) => Err(PatternError::Archive {
            archive: text.to_owned(),
        }),
        _ => Err(unknown()),
    }
}

/// The four known codes, or archives with `.*`, that differ least from `text`.
fn near(text: &str) -> String {
    let archives = CATEGORIES.iter().map(|row| format!("{}.*", row.archive));
    let codes = CATEGORIES.iter().map(|row| row.code.to_owned());
    let old = SUBSUMED.iter().map(|(old, _)| (*old).to_owned());
    let mut known: Vec<_> = archives
        .chain(codes)
        .chain(old)
        .map(|code| (n_edits(text, &code), code))
        .collect();
    known.sort();
    known.dedup();
    known
        .into_iter()
        .take(4)
        .map(|(_, code)| code)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Letters to insert, delete or replace between two texts, case aside (Levenshtein).
fn n_edits(a: &str, b: &str) -> usize {
    // Codes are short; a pasted page need not be compared to its end.
    let letters = |text: &str| text.to_lowercase().chars().take(40).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
