//! CSV and TSV: a header that names the fields, then one record a row.
//!
//! Fields are split by csv-core. Where a record *ends* is found here, because a quote that is never
//! closed must cost its own row and not the rest of the file: a quoted field may run over several
//! lines, but its closing quote must then be followed by a delimiter or the line's end (RFC 4180,
//! section 2), and it must come within [`MAX_RECORD_BYTES`]. Otherwise the row where the quote
//! opened is dropped, and reading goes on with the line after it. Inside one line a stray quote
//! does no harm and is read as most programs read it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::ControlFlow;

use anyhow::{Context as _, Result, bail};
use csv_core::ReadRecordResult;

use shared::tables::{LineEnd, line_end};

use super::fields::{self, Named};
use super::json_lines::too_long;
use super::layout::Visit;
use super::lines::{Line, Lines};
use super::record::{Record, Unusable};
use super::value::Value;

/// A record of several lines is no longer: an abstract of a megabyte fits, and what a stray quote
/// makes of the rest of a file does not.
const MAX_RECORD_BYTES: usize = 4 << 20;

/// Reads a table; of `delimiters` the one counts that makes most known names of the header.
pub(super) fn read(lines: Lines, delimiters: &[u8], visit: &mut Visit) -> Result<ControlFlow<()>> {
    let shown = lines.path().display();
    let mut records = Records::new(lines);
    let mut bytes = Vec::new();
    let header = records
        .next(&mut bytes, delimiters[0])?
        .with_context(|| format!("{shown} is empty: its first line must name the columns"))?;
    let header = match header {
        (_, Ok(())) => std::str::from_utf8(&bytes)
            .with_context(|| format!("{shown} is not UTF-8: save it as UTF-8"))?,
        (row, Err(unusable)) => {
            let note = unusable.note.unwrap_or_default();
            bail!("{shown}, line {row}, which should name the columns: {note}");
        }
    };
    let (delimiter, names) = header_of(header, delimiters);
    let columns: Vec<Option<Named>> = names.iter().map(|name| fields::named(name)).collect();
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    if !fields::suffice(names.iter().copied()) {
        bail!("{shown} {}", fields::needed(&names));
    }

    let mut split = Split::new(delimiter);
    while let Some((row, found)) = records.next(&mut bytes, delimiter)? {
        let record = match found.and_then(|()| record(&mut split, &bytes, &columns, &names)) {
            Ok(None) => continue,
            Ok(Some(record)) => Ok(record),
            Err(unusable) => Err(unusable),
        };
        if visit(row, record)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The delimiter that makes most known names, and the names.
fn header_of(header: &str, delimiters: &[u8]) -> (u8, Vec<String>) {
    let candidates = delimiters.iter().map(|&delimiter| {
        let mut split = Split::new(delimiter);
        let names: Vec<String> = split.fields(header).map(str::to_owned).collect();
        (delimiter, names)
    });
    let n_known = |names: &[String]| names.iter().filter(|n| fields::named(n).is_some()).count();
    // Of equals `max_by_key` takes the last, and the first is the usual one.
    candidates
        .rev()
        .max_by_key(|(_, names)| n_known(names))
        .expect("there is a delimiter")
}

/// One row; `None` for the header again, as where tables were put together with `cat`.
fn record<'a>(
    split: &'a mut Split,
    bytes: &'a [u8],
    columns: &[Option<Named>],
    names: &[&str],
) -> Result<Option<Record<'a>>, Unusable> {
    let text = std::str::from_utf8(bytes).map_err(Unusable::not_utf8)?;
    let mut record = Record::default();
    let mut n_fields = 0;
    let mut is_header = true;
    for field in split.fields(text) {
        match columns.get(n_fields) {
            Some(Some(named)) => record.offer(*named, Value::Text(Cow::Borrowed(field))),
            Some(None) => {}
            // Spreadsheets write empty columns at the end.
            None if field.trim().is_empty() => continue,
            None => {
                return Err(Unusable::malformed(format!(
                    "more fields than the {} of the header: put a field with a delimiter in quotes",
                    columns.len()
                )));
            }
        }
        is_header = is_header && field.trim() == names[n_fields];
        n_fields += 1;
    }
    // A short row lacks its last fields, which may be optional ones.
    Ok((!is_header || n_fields < names.len()).then_some(record))
}

/// Splits a record into fields; quotes are gone from them.
struct Split {
    parser: csv_core::Reader,
    delimiter: u8,
    /// The record and a line end, which makes the parser finish it.
    input: Vec<u8>,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Split {
    fn new(delimiter: u8) -> Self {
        Self {
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            input: Vec::new(),
            text: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn fields<'a>(&'a mut self, record: &str) -> impl Iterator<Item = &'a str> {
        self.input.clear();
        self.input.extend_from_slice(record.as_bytes());
        self.input.push(b'\n');
        // Fields hold no byte that the record does not, and are one more than its delimiters.
        let n_ends = memchr::memchr_iter(self.delimiter, &self.input).count() + 1;
        if self.text.len() < self.input.len() {
            self.text.resize(self.input.len(), 0);
        }
        if self.ends.len() < n_ends {
            self.ends.resize(n_ends, 0);
        }
        self.parser.reset();
        let (result, _, _, n_fields) =
            self.parser
                .read_record(&self.input, &mut self.text, &mut self.ends);
        debug_assert_eq!(result, ReadRecordResult::Record, "of {record:?}");
        let text: &'a [u8] = &self.text;
        let mut start = 0;
        self.ends[..n_fields].iter().map(move |&end| {
            let field = &text[start..end];
            start = end;
            std::str::from_utf8(field)
                .expect("delimiters and quotes are ASCII, so fields are UTF-8")
        })
    }
}

/// The records of a table, each with the line on which it begins.
///
/// Every line is looked at once as the inside of a quote, however many rows before it open one: of
/// the lines ahead we keep how they end there. A file of lines such as `x","y` is read in one pass.
struct Records<'a> {
    lines: Lines<'a>,
    /// Lines read ahead for a quote that was never closed. Behind those that leave it open there
    /// is at most one more, which breaks it.
    ahead: VecDeque<(u64, Line, Vec<u8>)>,
    /// How many of them leave an open quote open.
    n_open: usize,
    /// What these add to a record.
    n_open_bytes: usize,
}

impl<'a> Records<'a> {
    fn new(lines: Lines<'a>) -> Self {
        Self {
            lines,
            ahead: VecDeque::new(),
            n_open: 0,
            n_open_bytes: 0,
        }
    }

    /// Reads the next record into `record`; blank lines between records are none.
    fn next(
        &mut self,
        record: &mut Vec<u8>,
        delimiter: u8,
    ) -> Result<Option<(u64, Result<(), Unusable>)>> {
        let (row, end) = loop {
            let Some((row, found)) = self.line(record)? else {
                return Ok(None);
            };
            if found == Line::TooLong {
                return Ok(Some((row, Err(too_long()))));
            }
            if !record.trim_ascii().is_empty() {
                break (row, line_end(record, delimiter, false));
            }
        };
        match end {
            LineEnd::Closed => Ok(Some((row, Ok(())))),
            LineEnd::Open => Ok(Some((row, self.continued(record, delimiter)?))),
            LineEnd::Broken => unreachable!("a quote that opened in a line is never broken in it"),
        }
    }

    /// Appends to `record` the lines over which its open quote runs.
    fn continued(&mut self, record: &mut Vec<u8>, delimiter: u8) -> Result<Result<(), Unusable>> {
        if !self.is_closed_ahead(record.len(), delimiter)? {
            return Ok(Err(Unusable::malformed("a quote is never closed")));
        }
        for (_, _, line) in self.ahead.drain(..) {
            record.push(b'\n');
            record.extend_from_slice(&line);
        }
        self.n_open = 0;
        self.n_open_bytes = 0;
        Ok(Ok(()))
    }

    /// Whether a line ahead closes the quote of a record that has `n_bytes` so far; if so it is the
    /// last one of [`Self::ahead`].
    fn is_closed_ahead(&mut self, n_bytes: usize, delimiter: u8) -> Result<bool> {
        // A line that breaks the quote of one row breaks that of every row before it.
        while self.ahead.len() == self.n_open && n_bytes + self.n_open_bytes <= MAX_RECORD_BYTES {
            let mut line = Vec::new();
            let Some((row, found)) = self.lines.next(&mut line)? else {
                return Ok(false);
            };
            let end = match found {
                Line::Whole => line_end(&line, delimiter, true),
                Line::TooLong => LineEnd::Broken,
            };
            if end == LineEnd::Open {
                self.n_open += 1;
                self.n_open_bytes += added_by(&line);
            }
            self.ahead.push_back((row, found, line));
            if end == LineEnd::Closed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn line(&mut self, into: &mut Vec<u8>) -> Result<Option<(u64, Line)>> {
        let Some((row, found, line)) = self.ahead.pop_front() else {
            return self.lines.next(into);
        };
        if self.n_open > 0 {
            self.n_open -= 1;
            self.n_open_bytes -= added_by(&line);
        }
        *into = line;
        Ok(Some((row, found)))
    }
}

/// The bytes by which a line makes a record longer.
fn added_by(line: &[u8]) -> usize {
    line.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lose_their_quotes_and_nothing_else() {
        let mut split = Split::new(b',');
        for (record, wanted) in [
            ("a,b", &["a", "b"][..]),
            ("a,", &["a", ""]),
            ("\"a,\n\"\"b\"\"\",é", &["a,\n\"b\"", "é"]),
            ("\"a\" b,c\"d\"", &["a b", "c\"d\""]),
            (",,,", &["", "", "", ""]),
        ] {
            let fields: Vec<_> = split.fields(record).collect();
            assert_eq!(fields, wanted, "{record:?}");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_sense_of_the_header() {
        for (header, wanted) in [
            ("id,title,abstract", b','),
            ("id;title;abstract, or summary", b';'),
            ("id\ttitle", b'\t'),
            ("x", b','),
        ] {
            assert_eq!(header_of(header, b",;\t").0, wanted, "{header:?}");
        }
    }
}
