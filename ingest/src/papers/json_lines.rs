//! JSON Lines: one object a line, in the namings of the Kaggle snapshot of arXiv, BEIR and others.
//!
//! A line that is no record is dropped with its number; only a file that is something else as a
//! whole is an error.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::layout::Visit;
use super::record::{Authors, Record, Unusable};

/// No record of a paper is longer; a file without line breaks must not fill the memory.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// The fields that are looked at; all others are skipped without being kept.
#[derive(Deserialize)]
struct Line {
    id: Option<Value>,
    #[serde(rename = "_id")]
    beir_id: Option<Value>,
    title: Option<Value>,
    #[serde(rename = "abstract")]
    abstract_: Option<Value>,
    text: Option<Value>,
    summary: Option<Value>,
    authors: Option<Value>,
    categories: Option<Value>,
    primary_category: Option<Value>,
    year: Option<Value>,
    update_date: Option<Value>,
    split: Option<Value>,
}

pub(super) fn read(path: &Path, visit: &mut Visit) -> Result<ControlFlow<()>> {
    let shown = path.display();
    let file = File::open(path)
        .with_context(|| format!("cannot open {shown}: check the path and its permissions"))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let len = (&mut file)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut bytes)
            .with_context(|| format!("{shown} broke off in line {number}: read it again"))?;
        if len == 0 {
            break;
        }
        ensure!(
            len as u64 <= MAX_LINE_BYTES,
            "{shown}, line {number} is longer than {MAX_LINE_BYTES} bytes: put one object on a line",
        );
        let line = match number {
            1 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes),
            _ => &bytes,
        }
        .trim_ascii();
        if line.is_empty() {
            continue;
        }
        if number == 1 && line.starts_with(b"[") {
            bail!("{shown} is one JSON array: put one object on a line (jq -c '.[]' does it)");
        }
        if visit(number, parse(line))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn parse(line: &[u8]) -> Result<Record, Unusable> {
    // The parser does not look into the strings that it skips.
    let line = std::str::from_utf8(line).map_err(|error| {
        Unusable::malformed(format!("not UTF-8 from byte {}", error.valid_up_to() + 1))
    })?;
    let line: Line = serde_json::from_str(line).map_err(|error| {
        // Its line is always 1, of the one line that it saw.
        Unusable::malformed(
            error
                .to_string()
                .replace(" at line 1 column ", " at column "),
        )
    })?;
    line.into_record().map_err(Unusable::malformed)
}

impl Line {
    fn into_record(self) -> Result<Record, String> {
        Ok(Record {
            id: name("id", first([self.id, self.beir_id]))?,
            title: text("title", self.title)?,
            abstract_: text("abstract", first([self.abstract_, self.text, self.summary]))?,
            authors: match self.authors {
                Some(Value::Array(names)) => {
                    Authors::List(names.into_iter().map(author).collect::<Result<_, _>>()?)
                }
                authors => Authors::Text(text("authors", authors)?),
            },
            categories: match self.categories {
                Some(Value::Array(codes)) => codes
                    .into_iter()
                    .map(|code| text("categories", Some(code)))
                    .collect::<Result<Vec<_>, _>>()?
                    .join(" "),
                categories => text("categories", categories)?,
            },
            primary_category: text("primary_category", self.primary_category)?,
            year: year(self.year)?,
            update_date: text("update_date", self.update_date)?,
            split: text("split", self.split)?,
        })
    }
}

/// The first value that says something.
fn first<const N: usize>(values: [Option<Value>; N]) -> Option<Value> {
    let says = |value: &Value| !value.is_null() && value.as_str() != Some("");
    values.into_iter().flatten().find(says)
}

fn text(field: &str, value: Option<Value>) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(format!("`{field}` is {}, not text", kind(&other))),
    }
}

/// Like [`text`], but numbers are names too.
fn name(field: &str, value: Option<Value>) -> Result<String, String> {
    match value {
        Some(Value::Number(number)) => Ok(number.to_string()),
        other => text(field, other),
    }
}

fn author(value: Value) -> Result<String, String> {
    match value {
        // Semantic Scholar's form.
        Value::Object(mut fields) => text("authors", fields.remove("name")),
        other => text("authors", Some(other)),
    }
}

fn year(value: Option<Value>) -> Result<Option<i64>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(year) => Ok(Some(year)),
            None => number
                .as_f64()
                .filter(|year| year.fract() == 0.0)
                .map(|year| Some(year as i64))
                .ok_or_else(|| format!("`year` is {number}")),
        },
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => match text.trim().parse() {
            Ok(year) => Ok(Some(year)),
            Err(_) => Err(format!(
                "`year` is {:?}",
                text.chars().take(20).collect::<String>()
            )),
        },
        Some(other) => Err(format!("`year` is {}", kind(&other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
