//! Files of papers as visitors have them: tables, JSON lines, bibliographies, lists of ids. Bytes in, rows out.
//!
//! A row that cannot be read costs only itself: it is kept as a [`Fault`] with its line. A file that cannot be
//! read at all is [`Refused`], in words that say what to do. Start at [`read`]; [`draft::read`] takes one text
//! out of a file instead. `names` says what columns are called.

mod bibliography;
pub mod draft;
mod json_lines;
mod names;
mod table;
#[cfg(test)]
mod tests;

use shared::arxiv_id;

/// A larger file is refused: all of it is held in memory.
pub const MOST_BYTES: u64 = 50_000_000;
/// A file of more rows is refused: they are hours of work for a tab.
pub const MOST_ROWS: usize = 100_000;
/// Columns offered as the one with the labels.
const MOST_COLUMNS: usize = 60;

/// How a file lists its papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// CSV or TSV, its first line names the columns.
    Table,
    /// One JSON object a line.
    JsonLines,
    /// BibTeX.
    Bibliography,
    /// One arXiv id a line.
    Ids,
}

/// A paper of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// Its id, an arXiv id in its canonical form; may be empty.
    pub id: String,
    /// Title; may be empty.
    pub title: String,
    /// Abstract; may be empty.
    pub abstract_text: String,
    /// Authors, separated by `, `; may be empty.
    pub authors: String,
    /// Year of publication.
    pub year: Option<u16>,
    /// What the column of labels says; may be empty.
    pub label: String,
}

impl Row {
    /// Whether there is something to embed.
    pub fn has_text(&self) -> bool {
        !self.title.is_empty() || !self.abstract_text.is_empty()
    }
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Which column holds the labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Labels {
    /// The first that is called as such columns are.
    #[default]
    Found,
    /// None.
    None,
    /// This one.
    Of(String),
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PapersFile {
    /// How it lists papers.
    pub kind: Kind,
    /// Its papers, in its order.
    pub rows: Vec<Row>,
    /// Its rows that could not be read, in its order.
    pub faults: Vec<Fault>,
    /// Columns that may hold labels.
    pub columns: Vec<String>,
    /// The column that the labels were taken from.
    pub label: Option<String>,
}

/// Why nothing of a file is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// More bytes than are held in memory.
    #[error("it has more than {} MB: split it", MOST_BYTES / 1_000_000)]
    TooLarge,
    /// More rows than are worth one sitting.
    #[error("it has more than {MOST_ROWS} rows: split it")]
    TooManyRows,
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// A PDF.
    #[error("PDFs are not read: paste the title and the abstract instead")]
    Pdf,
    /// A spreadsheet, an archive, a packed file.
    #[error(
        "it is a spreadsheet, an archive or packed: save it as CSV, or unpack it, and try again"
    )]
    Packed,
    /// Text of another encoding.
    #[error("it is saved as UTF-16: save it as UTF-8 and try again")]
    Utf16,
    /// One JSON array in place of lines.
    #[error("it is one JSON array: save it as JSON lines, one object a line")]
    JsonArray,
    /// A table whose columns say nothing.
    #[error(
        "its first line must name a column `id`, `title` or `abstract`, or each line must be an arXiv id; it begins with {beginning:?}"
    )]
    NoColumns {
        /// How the file begins.
        beginning: String,
    },
    /// A source of LaTeX without what is looked for.
    #[error("it has neither \\title{{…}} nor \\begin{{abstract}}: paste the text instead")]
    NoAbstract,
}

/// Reads a file of papers.
///
/// The name's ending says what it is; where it does not, its beginning does.
///
/// # Errors
/// [`Refused`] says why nothing is taken.
pub fn read(name: &str, bytes: Vec<u8>, labels: &Labels) -> Result<PapersFile, Refused> {
    let text = Text::of(bytes)?;
    let kind = kind_of(name, &text.text)?;
    let mut out = Reading::new(text.is_lossy, labels.clone());
    match kind {
        Kind::Table => table::read(&text.text, &mut out)?,
        Kind::JsonLines => json_lines::read(&text.text, &mut out)?,
        Kind::Bibliography => bibliography::read(&text.text, &mut out)?,
        Kind::Ids => read_ids(&text.text, &mut out)?,
    }
    out.finish(kind)
}

/// A file's text, and whether bytes of it were no UTF-8.
struct Text {
    text: String,
    is_lossy: bool,
}

impl Text {
    fn of(bytes: Vec<u8>) -> Result<Self, Refused> {
        if bytes.len() as u64 > MOST_BYTES {
            return Err(Refused::TooLarge);
        }
        match &bytes[..] {
            [b'%', b'P', b'D', b'F', ..] => return Err(Refused::Pdf),
            [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                return Err(Refused::Packed);
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(Refused::Utf16),
            _ => {}
        }
        let (text, is_lossy) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        };
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        if text.trim().is_empty() {
            return Err(Refused::Empty);
        }
        Ok(Self { text, is_lossy })
    }
}

fn kind_of(name: &str, text: &str) -> Result<Kind, Refused> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" => return Ok(Kind::JsonLines),
        "bib" | "bibtex" => return Ok(Kind::Bibliography),
        _ => {}
    }
    let beginning = text.trim_start();
    let line = beginning.lines().next().unwrap_or_default();
    Ok(match beginning.chars().next() {
        Some('{') => Kind::JsonLines,
        Some('[') => return Err(Refused::JsonArray),
        Some('@') => Kind::Bibliography,
        _ if table::names_columns(line) => Kind::Table,
        _ if beginning.lines().take(20).any(|line| id_in(line).is_some()) => Kind::Ids,
        _ => {
            let beginning = line.chars().take(60).collect();
            return Err(Refused::NoColumns { beginning });
        }
    })
}

/// The arXiv id that a line is, with a list's dash or comma around it.
fn id_in(line: &str) -> Option<String> {
    let line = line.trim_matches(|c: char| c.is_whitespace() || "\"',;-*•".contains(c));
    arxiv_id::parse(line).map(|found| found.id)
}

fn read_ids(text: &str, out: &mut Reading) -> Result<(), Refused> {
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let row = id_in(content).map(|id| Row {
            line,
            id,
            ..Row::default()
        });
        let not_an_id = || {
            let shown: String = content.chars().take(40).collect();
            fault(line, format!("{shown:?} is no arXiv id"))
        };
        out.push(row.ok_or_else(not_an_id))?;
    }
    Ok(())
}

fn fault(line: usize, reason: impl Into<String>) -> Fault {
    Fault {
        line,
        reason: reason.into(),
    }
}

/// A [`PapersFile`] on its way.
struct Reading {
    rows: Vec<Row>,
    faults: Vec<Fault>,
    columns: Vec<String>,
    labels: Labels,
    label: Option<String>,
    is_lossy: bool,
}

impl Reading {
    fn new(is_lossy: bool, labels: Labels) -> Self {
        Self {
            rows: Vec::new(),
            faults: Vec::new(),
            columns: Vec::new(),
            labels,
            label: None,
            is_lossy,
        }
    }

    fn push(&mut self, row: Result<Row, Fault>) -> Result<(), Refused> {
        if self.rows.len() + self.faults.len() >= MOST_ROWS {
            return Err(Refused::TooManyRows);
        }
        match row {
            // Replaced bytes would be embedded as if the author had written them.
            Ok(row) if self.is_lossy && is_replaced(&row) => {
                let reason = "some of it is no UTF-8: save the file as UTF-8";
                self.faults.push(fault(row.line, reason));
            }
            Ok(row) => self.rows.push(row),
            Err(fault) => self.faults.push(fault),
        }
        Ok(())
    }

    /// Takes note of a column.
    fn met(&mut self, column: &str) {
        let is_new = !column.is_empty() && !self.columns.iter().any(|known| known == column);
        if is_new && self.columns.len() < MOST_COLUMNS {
            self.columns.push(column.to_owned());
        }
    }

    /// Of these columns the one with the labels.
    fn label_of<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let mut columns = columns.into_iter();
        let found = match &self.labels {
            Labels::None => None,
            Labels::Of(wanted) => columns.find(|column| column == wanted),
            Labels::Found => columns
                .filter_map(|column| Some((names::label_rank(column)?, column)))
                .min()
                .map(|(_, column)| column),
        };
        found.map(str::to_owned)
    }

    fn finish(self, kind: Kind) -> Result<PapersFile, Refused> {
        if self.rows.is_empty() && self.faults.is_empty() {
            return Err(Refused::Empty);
        }
        Ok(PapersFile {
            kind,
            rows: self.rows,
            faults: self.faults,
            columns: self.columns,
            label: self.label,
        })
    }
}

fn is_replaced(row: &Row) -> bool {
    [&row.id, &row.title, &row.abstract_text, &row.authors]
        .into_iter()
        .any(|text| text.contains(char::REPLACEMENT_CHARACTER))
}
