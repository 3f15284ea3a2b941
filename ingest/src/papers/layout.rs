//! Which reader a file gets: decided by its ending, before anything is read.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::record::{Record, Unusable};
use super::{json_lines, parquet};

/// Takes the records of one file: number of the row or line, from 1, and what it holds.
pub(super) type Visit<'a> =
    dyn FnMut(u64, Result<Record, Unusable>) -> Result<ControlFlow<()>> + 'a;

/// How a file holds its papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Columns `id`, `title`, `abstract` and further ones.
    Parquet,
    /// One JSON object a line.
    JsonLines,
}

impl Layout {
    /// The endings that are read, for messages and help texts.
    pub const ACCEPTED: &str = ".parquet, or .jsonl, .ndjson, .json with one object a line";

    /// The layout of the file at `path`, which must exist.
    ///
    /// # Errors
    /// When there is no such file, or its ending is none of [`Layout::ACCEPTED`].
    pub fn of(path: &Path) -> Result<Self> {
        let shown = path.display();
        let about = fs::metadata(path)
            .with_context(|| format!("cannot open {shown}: check the path and its permissions"))?;
        ensure!(
            !about.is_dir(),
            "{shown} is a folder: name the files in it ({})",
            Self::ACCEPTED
        );
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("parquet") => Ok(Self::Parquet),
            Some("jsonl" | "ndjson" | "json") => Ok(Self::JsonLines),
            _ => bail!("{shown}: papers are read from {}", Self::ACCEPTED),
        }
    }

    pub(super) fn read(self, path: &Path, visit: &mut Visit) -> Result<ControlFlow<()>> {
        match self {
            Self::Parquet => parquet::read(path, visit),
            Self::JsonLines => json_lines::read(path, visit),
        }
    }
}
