//! JSON lines: one object a line, such as the snapshot of arXiv at Kaggle.

use serde_json::{Map, Value};

use super::names::{self, Gathered, Part};
use super::{Fault, Reading, Refused, Row, fault};

pub(super) fn read(text: &str, out: &mut Reading) -> Result<(), Refused> {
    if text.trim_start().starts_with('[') {
        return Err(Refused::JsonArray);
    }
    // The column of labels is the same for all rows: it is chosen among the names of the first ones.
    let objects = text.lines().filter_map(|line| object(line).ok()).take(100);
    for (name, value) in objects.flatten() {
        let is_text = matches!(names::place(&name), Some((Part::Title | Part::Abstract, _)));
        if !is_text && words_of(&value, " ").is_some() {
            out.met(&name);
        }
    }
    out.label = out.label_of(out.columns.iter().map(String::as_str));
    for (number, line) in (1..).zip(text.lines()) {
        if !line.trim().is_empty() {
            out.push(row_of(number, line, out.label.as_deref()))?;
        }
    }
    Ok(())
}

fn object(line: &str) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_str(line)
}

fn row_of(number: usize, line: &str, label: Option<&str>) -> Result<Row, Fault> {
    let object = object(line).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "it is no JSON object",
            serde_json::error::Category::Eof => "its JSON object is cut off",
            _ => "it is no JSON",
        };
        fault(number, format!("{what} (column {})", error.column()))
    })?;
    let mut gathered = Gathered::default();
    for (name, value) in &object {
        let is_label = Some(&**name) == label;
        let place = names::place(name);
        if !is_label && place.is_none() {
            continue;
        }
        let joint = match place {
            Some((Part::Authors, _)) => ", ",
            _ => " ",
        };
        let Some(value) = words_of(value, joint) else {
            continue;
        };
        if let Some(place) = place {
            gathered.offer(place, &value);
        }
        if is_label {
            gathered.label = value;
        }
    }
    gathered.row(number)
}

/// A value as text, those of a list with a joint between them; `None` where it has none.
fn words_of(value: &Value, joint: &str) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(values) => {
            let words: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            Some(words?.join(joint))
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}
