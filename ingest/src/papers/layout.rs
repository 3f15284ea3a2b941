//! Which reader a file gets: decided by its ending, before anything is read.

use std::fmt;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use anyhow::{Context as _, Result, bail, ensure};

use super::lines::Lines;
use super::record::{Record, Unusable};
use super::{bibtex, delimited, json_lines, parquet};

/// Takes the records of one file: number of the row or line, from 1, and what it holds.
pub(super) type Visit<'a> =
    dyn FnMut(u64, Result<Record, Unusable>) -> Result<ControlFlow<()>> + 'a;

/// How a file holds its papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// What its rows look like.
    pub form: Form,
    /// Whether it is compressed with gzip.
    pub is_gzip: bool,
}

/// What the rows of a file look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A column for each field.
    Parquet,
    /// One JSON object a line.
    JsonLines,
    /// Fields separated by commas (or semicolons), named by the first row.
    Csv,
    /// Fields separated by tabs, named by the first row.
    Tsv,
    /// Entries of a bibliography.
    Bibtex,
}

impl Layout {
    /// The endings that are read, for messages and help texts.
    pub const ACCEPTED: &str = ".parquet; .jsonl, .ndjson or .json with one object a line; \
                                .csv, .tsv or .bib; and all but the first with .gz behind";

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
        match Self::by_ending(path) {
            Some(layout) => Ok(layout),
            None => bail!("{shown}: papers are read from {}", Self::ACCEPTED),
        }
    }

    /// The layout that the ending of `path` promises, if any.
    pub(crate) fn by_ending(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let (name, is_gzip) = match name.strip_suffix(".gz") {
            Some(name) => (name, true),
            None => (&*name, false),
        };
        let form = match name.rsplit_once('.')?.1 {
            "parquet" if !is_gzip => Form::Parquet,
            "jsonl" | "ndjson" | "json" => Form::JsonLines,
            "csv" => Form::Csv,
            "tsv" => Form::Tsv,
            "bib" => Form::Bibtex,
            _ => return None,
        };
        Some(Self { form, is_gzip })
    }

    pub(super) fn read(
        self,
        path: &Path,
        n_bytes: &AtomicU64,
        visit: &mut Visit,
    ) -> Result<ControlFlow<()>> {
        let lines = || Lines::open(path, self.is_gzip, n_bytes);
        match self.form {
            Form::Parquet => parquet::read(path, n_bytes, visit),
            Form::JsonLines => json_lines::read(lines()?, visit),
            Form::Csv => delimited::read(lines()?, b",;\t", visit),
            Form::Tsv => delimited::read(lines()?, b"\t", visit),
            Form::Bibtex => bibtex::read(lines()?, visit),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Form::Parquet => "Parquet",
            Form::JsonLines => "JSON lines",
            Form::Csv => "CSV",
            Form::Tsv => "TSV",
            Form::Bibtex => "BibTeX",
        })?;
        f.write_str(if self.is_gzip { ", gzip" } else { "" })
    }
}
