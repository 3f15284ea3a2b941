//! `index-builder inspect --papers`: what files hold, before anyone waits an hour for a build.
//!
//! One pass, memory as [`papers::read`] needs it; the figures are those of the papers that a build
//! would take.

mod print;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use ingest::papers::{self, Layout, ReadReport};
use serde::Serialize;
use shared::{Paper, taxonomy};

/// Tokens that the base encoder reads of a text.
const WINDOW_TOKENS: f64 = 256.0;
/// Letters a token, as abstracts of arXiv have it.
const CHARS_A_TOKEN: f64 = 4.6;
/// Distinct unknown codes that are counted: free keywords must not fill the memory.
const MAX_UNKNOWN: usize = 100_000;
/// Unknown codes that are shown.
const N_UNKNOWN: usize = 10;
/// Papers between two looks at the progress.
const PAPERS_A_LOOK: u64 = 1024;

/// What the files of papers hold.
#[derive(Debug, Clone, Serialize)]
pub struct Survey {
    /// The files, in the order in which they are read.
    pub files: Vec<FileSeen>,
    /// Rows read, kept and dropped, with places.
    pub read: ReadReport,
    /// Papers that lack a field.
    pub without: Without,
    /// First and last year, where any paper has one.
    pub years: Option<(u16, u16)>,
    /// Papers by year.
    pub papers_by_year: BTreeMap<u16, u64>,
    /// Papers by the archive of their primary category; "" where there is none.
    pub papers_by_archive: BTreeMap<String, u64>,
    /// Distinct codes among all categories that are none of arXiv's; counting ends at 100,000.
    pub n_unknown_codes: usize,
    /// The most frequent of them, with the papers that have them.
    pub unknown_codes: Vec<(String, u64)>,
    /// Length of title and abstract together.
    pub text: TextLengths,
    /// Papers by split; "" where the source says none.
    pub papers_by_split: BTreeMap<String, u64>,
    /// The first paper.
    pub example: Option<Example>,
    /// Seconds of reading.
    pub seconds: f64,
    /// Rows read a second.
    pub rows_per_second: f64,
}

/// One file.
#[derive(Debug, Clone, Serialize)]
pub struct FileSeen {
    /// Where it is.
    pub path: PathBuf,
    /// Its layout, such as "CSV, gzip".
    pub layout: String,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Papers that lack a field.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Without {
    /// No title.
    pub title: u64,
    /// No abstract.
    pub r#abstract: u64,
    /// No authors.
    pub authors: u64,
    /// No categories.
    pub categories: u64,
    /// No year.
    pub year: u64,
}

/// Lengths of texts, in characters.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TextLengths {
    /// Mean.
    pub mean_chars: f64,
    /// What 95 % of the papers do not exceed.
    pub percentile_95_chars: u64,
    /// The longest.
    pub max_chars: u64,
    /// Papers of which the encoder reads only the start: an estimate from characters.
    pub longer_than_window_estimate: u64,
}

/// One paper to look at.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// Reads the papers of `inputs` and prints what they are, as JSON or for people.
///
/// # Errors
/// Inputs that cannot be read, or hold no paper; and where `to` cannot be written.
pub fn inspect(inputs: &[PathBuf], form: Form, to: &mut dyn Write) -> Result<()> {
    let survey = survey(inputs)?;
    if survey.read.kept == 0 {
        bail!(
            "no paper could be read: {}; check the names of the fields",
            survey.read
        );
    }
    match form {
        Form::Json => {
            serde_json::to_writer_pretty(&mut *to, &survey)?;
            writeln!(to)?;
        }
        Form::Lines => print::print(&survey, to)?,
    }
    Ok(())
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Lines,
    /// One JSON object.
    Json,
}

/// Reads the papers of `inputs` and says what they are.
///
/// # Errors
/// Inputs that cannot be read.
pub fn survey(inputs: &[PathBuf]) -> Result<Survey> {
    let paths = papers::resolve(inputs)?;
    let files = paths
        .iter()
        .map(|path| file_seen(path))
        .collect::<Result<Vec<_>>>()?;
    let bar = bar(files.iter().map(|file| file.bytes).sum());
    let n_bytes = AtomicU64::new(0);
    let mut counts = Counts::default();
    let mut until_look = 0;
    let started = Instant::now();
    let read = papers::read_counted(&paths, &n_bytes, &mut |paper| {
        counts.add(&paper);
        if until_look == 0 {
            until_look = PAPERS_A_LOOK;
            bar.set_position(n_bytes.load(Ordering::Relaxed));
        }
        until_look -= 1;
        Ok(ControlFlow::Continue(()))
    })?;
    bar.finish_and_clear();
    Ok(counts.into_survey(files, read, started.elapsed().as_secs_f64()))
}

fn file_seen(path: &Path) -> Result<FileSeen> {
    let layout = Layout::of(path)?.to_string();
    let about = fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(FileSeen {
        path: path.to_owned(),
        layout,
        bytes: about.len(),
    })
}

fn bar(n_bytes: u64) -> ProgressBar {
    ProgressBar::new(n_bytes).with_style(
        ProgressStyle::with_template("reading {bar:40} {bytes}/{total_bytes}, {eta} left")
            .expect("the template is well-formed"),
    )
}

/// What is counted of the papers, one by one.
#[derive(Default)]
struct Counts {
    n_papers: u64,
    without: Without,
    by_year: BTreeMap<u16, u64>,
    by_archive: BTreeMap<String, u64>,
    unknown: BTreeMap<String, u64>,
    by_split: BTreeMap<String, u64>,
    /// Papers by length: texts have some thousand different ones.
    by_length: BTreeMap<u64, u64>,
    example: Option<Example>,
}

impl Counts {
    fn add(&mut self, paper: &Paper) {
        self.n_papers += 1;
        let Without {
            title,
            r#abstract,
            authors,
            categories,
            year,
        } = &mut self.without;
        for (n, is_missing) in [
            (title, paper.title.is_empty()),
            (r#abstract, paper.abstract_.is_empty()),
            (authors, paper.authors.is_empty()),
            (categories, paper.categories.is_empty()),
            (year, paper.year.is_none()),
        ] {
            *n += u64::from(is_missing);
        }
        if let Some(year) = paper.year {
            *self.by_year.entry(year).or_default() += 1;
        }
        let primary = paper.categories.first().map_or("", String::as_str);
        count(&mut self.by_archive, taxonomy::archive_of(primary));
        for code in paper.categories.iter().filter(|code| !is_known(code)) {
            if self.unknown.len() < MAX_UNKNOWN || self.unknown.contains_key(code) {
                count(&mut self.unknown, code);
            }
        }
        count(&mut self.by_split, paper.split.as_deref().unwrap_or(""));
        let n_chars = paper.title.chars().count() + paper.abstract_.chars().count();
        *self.by_length.entry(n_chars as u64).or_default() += 1;
        if self.example.is_none() {
            self.example = Some(Example {
                id: paper.id.clone(),
                title: paper.title.clone(),
            });
        }
    }

    fn into_survey(mut self, files: Vec<FileSeen>, read: ReadReport, seconds: f64) -> Survey {
        // Titles of fields that nobody knows could be as many as papers.
        fold_rare(&mut self.by_archive);
        fold_rare(&mut self.by_split);
        let years = self.by_year.keys();
        let years = years.clone().next().copied().zip(years.last().copied());
        let n_unknown_codes = self.unknown.len();
        let mut unknown: Vec<_> = self.unknown.into_iter().collect();
        unknown.sort_by_key(|(_, n)| Reverse(*n));
        unknown.truncate(N_UNKNOWN);
        let rows_per_second = read.rows as f64 / seconds.max(1e-9);
        Survey {
            files,
            read,
            without: self.without,
            years,
            papers_by_year: self.by_year,
            papers_by_archive: self.by_archive,
            n_unknown_codes,
            unknown_codes: unknown,
            text: lengths(&self.by_length, self.n_papers),
            papers_by_split: self.by_split,
            example: self.example,
            seconds,
            rows_per_second,
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: &str) {
    if let Some(n) = counts.get_mut(key) {
        *n += 1;
    } else if counts.len() < MAX_UNKNOWN {
        counts.insert(key.to_owned(), 1);
    }
}

/// Leaves the hundred largest counts, and one of all others.
fn fold_rare(counts: &mut BTreeMap<String, u64>) {
    const N_KEPT: usize = 100;
    if counts.len() <= N_KEPT {
        return;
    }
    let mut sizes: Vec<(String, u64)> = std::mem::take(counts).into_iter().collect();
    sizes.sort_by_key(|(_, n)| Reverse(*n));
    let others = sizes.split_off(N_KEPT).iter().map(|(_, n)| n).sum();
    counts.extend(sizes);
    counts.insert("(others)".to_owned(), others);
}

/// Whether a code is a category of arXiv's, or an archive: the oldest papers have no finer one.
fn is_known(code: &str) -> bool {
    taxonomy::canonical(code).is_some() || (!code.contains('.') && taxonomy::group(code).is_some())
}

fn lengths(by_length: &BTreeMap<u64, u64>, n_papers: u64) -> TextLengths {
    let window = (WINDOW_TOKENS * CHARS_A_TOKEN) as u64;
    let total: u64 = by_length.iter().map(|(length, n)| length * n).sum();
    // The least length that at least 95 % of the papers do not exceed.
    let mut n_within = 0;
    let percentile_95 = by_length.iter().find(|(_, n)| {
        n_within += **n;
        n_within * 100 >= n_papers * 95
    });
    TextLengths {
        mean_chars: total as f64 / n_papers.max(1) as f64,
        percentile_95_chars: percentile_95.map_or(0, |(length, _)| *length),
        max_chars: by_length.keys().last().copied().unwrap_or_default(),
        longer_than_window_estimate: by_length.range(window + 1..).map(|(_, n)| n).sum(),
    }
}

#[cfg(test)]
mod tests;
