//! JSON Lines: one object a line, in the namings of the Kaggle snapshot of arXiv, BEIR and others.
//!
//! A line that is no record is dropped with its number; only a file that is something else as a
//! whole is an error. Texts are borrowed from the line where nothing in them is escaped.

use std::fmt;
use std::ops::ControlFlow;

use anyhow::{Result, bail};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};

use super::fields::{self, Named};
use super::layout::Visit;
use super::lines::{Line, Lines, MAX_LINE_BYTES};
use super::record::{Record, Unusable};

pub(super) fn read(mut lines: Lines, visit: &mut Visit) -> Result<ControlFlow<()>> {
    let mut bytes = Vec::new();
    let mut is_first = true;
    while let Some((number, found)) = lines.next(&mut bytes)? {
        let line = bytes.trim_ascii();
        if line.is_empty() && found == Line::Whole {
            continue;
        }
        if std::mem::take(&mut is_first) {
            check_first(&lines, line, number, found)?;
        }
        let record = match found {
            Line::Whole => parse(line),
            Line::TooLong => Err(too_long()),
        };
        if visit(number, record)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What the first line says of the whole file.
fn check_first(lines: &Lines, line: &[u8], number: u64, found: Line) -> Result<()> {
    let shown = lines.path().display();
    if line.starts_with(b"[") {
        bail!("{shown} is one JSON array: put one object on a line (jq -c '.[]' does it)");
    }
    if line == b"{" {
        bail!("{shown} has objects of several lines: put each on one line (jq -c . does it)");
    }
    if found == Line::TooLong {
        bail!(
            "{shown}, line {number} is longer than {MAX_LINE_BYTES} bytes: put one object on a line"
        );
    }
    Ok(())
}

/// For a line in the middle of a file, which costs only itself.
pub(super) fn too_long() -> Unusable {
    Unusable::malformed(format!("longer than {MAX_LINE_BYTES} bytes"))
}

fn parse(line: &[u8]) -> Result<Record<'_>, Unusable> {
    // The parser does not look into the strings that it skips.
    let line = std::str::from_utf8(line).map_err(Unusable::not_utf8)?;
    let Row(record) = serde_json::from_str(line).map_err(|error| {
        // Its line is always 1, of the one line that it saw.
        Unusable::malformed(
            error
                .to_string()
                .replace(" at line 1 column ", " at column "),
        )
    })?;
    Ok(record)
}

/// An object whose known fields are kept and whose others are skipped.
struct Row<'a>(Record<'a>);

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(VisitRow)
    }
}

struct VisitRow;

impl<'de> Visitor<'de> for VisitRow {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Row<'de>, A::Error> {
        let mut record = Record::default();
        while let Some(named) = entries.next_key_seed(Name)? {
            match named {
                Some(named) => record.offer(named, entries.next_value()?),
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Row(record))
    }
}

/// The name of a field, looked up where it stands.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<Named>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<Named>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(fields::named(name))
    }
}
