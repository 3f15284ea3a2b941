//! CSV and TSV: a header that names the columns, then one record a row.
//!
//! Fields are split by csv-core. Where a record *ends* is found here, because a quote that is never closed must
//! cost its own row and not the rest of the file: a quoted field may run over several lines, but its closing
//! quote must then be followed by a delimiter or the line's end (RFC 4180, section 2), within [`MOST_OF_A_ROW`].
//! Otherwise the row where the quote opened is a fault, and reading goes on with the line after it.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use shared::tables::{LineEnd, line_end};

use super::names::{self, Gathered, Part};
use super::{Fault, Reading, Refused, Row, fault};

/// An abstract is a few thousand bytes; what a stray quote makes of the rest of a file is more.
const MOST_OF_A_ROW: usize = 1 << 20;

/// Between fields; of equals the first counts.
const DELIMITERS: [u8; 3] = *b",\t;";

/// Whether a line names columns that are known.
pub(super) fn names_columns(line: &str) -> bool {
    header_of(line).is_some()
}

/// The delimiter that makes most known names of a header, and the names; none where no name is known.
fn header_of(line: &str) -> Option<(u8, Vec<String>)> {
    let candidates = DELIMITERS.map(|delimiter| {
        let names = Split::new(delimiter).fields(line);
        let n_known = names.iter().filter(|name| names::place(name).is_some());
        (n_known.count(), delimiter, names)
    });
    // Of equals `max_by_key` takes the last.
    let best = candidates.into_iter().rev().max_by_key(|(n, ..)| *n)?;
    (best.0 > 0).then_some((best.1, best.2))
}

pub(super) fn read(text: &str, out: &mut Reading) -> Result<(), Refused> {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let header = first.unwrap_or_default();
    let Some((delimiter, names)) = header_of(header) else {
        let beginning = header.chars().take(60).collect();
        return Err(Refused::NoColumns { beginning });
    };
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    let places: Vec<_> = names.iter().map(|name| names::place(name)).collect();
    for (name, place) in names.iter().zip(&places) {
        // A title or an abstract is no label; an id may be.
        if !matches!(place, Some((Part::Title | Part::Abstract, _))) {
            out.met(name);
        }
    }
    out.label = out.label_of(names.iter().copied());
    let label_at = names
        .iter()
        .position(|name| Some(*name) == out.label.as_deref());
    let mut split = Split::new(delimiter);
    let mut records = Records::new(text, delimiter);
    // Tables that were put together repeat their header.
    while let Some((line, record)) = records.next() {
        let row = match record {
            Ok(record) if record.trim_end() == header.trim_end() => continue,
            Ok(record) => row_of(line, &split.fields(record), &places, label_at),
            Err(reason) => Err(fault(line, reason)),
        };
        out.push(row)?;
    }
    Ok(())
}

fn row_of(
    line: usize,
    fields: &[String],
    places: &[Option<(Part, usize)>],
    label_at: Option<usize>,
) -> Result<Row, Fault> {
    let beyond = fields.get(places.len()..).unwrap_or_default();
    // Spreadsheets write empty columns at the end.
    if beyond.iter().any(|field| !field.trim().is_empty()) {
        let reason = format!(
            "it has {} fields, but the first line names {}: put a field with a delimiter in quotes",
            fields.len(),
            places.len()
        );
        return Err(fault(line, reason));
    }
    let mut gathered = Gathered::default();
    for (field, place) in fields.iter().zip(places) {
        if let Some(place) = place {
            gathered.offer(*place, field);
        }
    }
    if let Some(label) = label_at.and_then(|at| fields.get(at)) {
        gathered.label.clone_from(label);
    }
    gathered.row(line)
}

/// Splits a record into fields, and takes their quotes off.
struct Split {
    parser: Reader,
    delimiter: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Split {
    fn new(delimiter: u8) -> Self {
        Self {
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            text: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn fields(&mut self, record: &str) -> Vec<String> {
        // A line's end makes the parser finish the record.
        let input = [record.as_bytes(), b"\n"].concat();
        // Fields hold no byte that the record does not, and are one more than its delimiters.
        let n_delimiters = record.matches(char::from(self.delimiter)).count();
        self.text.resize(self.text.len().max(input.len()), 0);
        self.ends.resize(self.ends.len().max(n_delimiters + 1), 0);
        self.parser.reset();
        let (result, _, _, n) = self
            .parser
            .read_record(&input, &mut self.text, &mut self.ends);
        debug_assert_eq!(result, ReadRecordResult::Record, "of {record:?}");
        let mut start = 0;
        let fields = self.ends[..n].iter().map(|&end| {
            let field = &self.text[start..end];
            start = end;
            String::from_utf8_lossy(field).into_owned()
        });
        fields.collect()
    }
}

/// The records of a table, each with the line on which it begins.
struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    /// Where the next line begins, and its number.
    at: usize,
    line: usize,
    /// The first line that does not leave an open quote open, of those looked at as the inside of one. How a
    /// line looks from inside does not depend on where the quote opened: each is looked at once.
    ahead: Option<Ahead>,
}

#[derive(Clone, Copy)]
struct Ahead {
    start: usize,
    end: usize,
    line: usize,
    closes: bool,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, delimiter: u8) -> Self {
        Self {
            text,
            delimiter,
            at: 0,
            line: 1,
            ahead: None,
        }
    }

    /// Blank lines between records are none.
    fn next(&mut self) -> Option<(usize, Result<&'a str, &'static str>)> {
        loop {
            let (start, line) = (self.at, self.line);
            let content = self.text.get(start..).filter(|rest| !rest.is_empty())?;
            let content = content.split('\n').next().unwrap_or_default();
            self.at = start + content.len() + 1;
            self.line += 1;
            let content = content.trim_end_matches('\r');
            if content.trim().is_empty() {
                continue;
            }
            if line_end(content.as_bytes(), self.delimiter, false) != LineEnd::Open {
                return Some((line, Ok(content)));
            }
            let ahead = self.look_ahead();
            if !ahead.closes || ahead.end - start > MOST_OF_A_ROW {
                return Some((line, Err("a quote is never closed")));
            }
            self.at = ahead.end + 1;
            self.line = ahead.line + 1;
            let record = self.text[start..ahead.end].trim_end_matches('\r');
            return Some((line, Ok(record)));
        }
    }

    fn look_ahead(&mut self) -> Ahead {
        if let Some(ahead) = self.ahead.filter(|ahead| ahead.start >= self.at) {
            return ahead;
        }
        let (mut start, mut line) = (self.at, self.line);
        let found = loop {
            let Some(rest) = self.text.get(start..).filter(|rest| !rest.is_empty()) else {
                break Ahead {
                    start: usize::MAX,
                    end: self.text.len(),
                    line,
                    closes: false,
                };
            };
            let content = rest.split('\n').next().unwrap_or_default();
            let seen = line_end(
                content.trim_end_matches('\r').as_bytes(),
                self.delimiter,
                true,
            );
            if seen != LineEnd::Open {
                break Ahead {
                    start,
                    end: start + content.len(),
                    line,
                    closes: seen == LineEnd::Closed,
                };
            }
            start += content.len() + 1;
            line += 1;
        };
        self.ahead = Some(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(usize, Result<&str, &'static str>)> {
        let mut records = Records::new(text, b',');
        std::iter::from_fn(|| records.next()).collect()
    }

    #[test]
    fn a_quoted_field_may_run_over_lines_and_an_open_quote_costs_its_own_row() {
        let text = "a,b\r\n1,\"x\n\ny\",z\r\n\n2,\"open\n3,c\n4,\"d\"\n";
        let unclosed = Err("a quote is never closed");
        assert_eq!(
            records(text),
            [
                (1, Ok("a,b")),
                (2, Ok("1,\"x\n\ny\",z")),
                (6, unclosed),
                (7, Ok("3,c")),
                (8, Ok("4,\"d\"")),
            ]
        );
    }

    #[test]
    fn a_file_of_open_quotes_is_read_in_one_pass() {
        let text = "x,\"y\n".repeat(200_000);
        let found = records(&text);
        assert_eq!(found.len(), 200_000);
        assert!(found.iter().all(|(_, record)| record.is_err()));
    }

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
            assert_eq!(split.fields(record), wanted, "{record:?}");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_sense_of_the_header() {
        for (header, wanted) in [
            ("id,title,abstract", Some(b',')),
            ("id;title;abstract, or summary", Some(b';')),
            ("id\ttitle", Some(b'\t')),
            ("x,y", None),
        ] {
            let found = header_of(header).map(|(delimiter, _)| delimiter);
            assert_eq!(found, wanted, "{header:?}");
        }
    }
}
