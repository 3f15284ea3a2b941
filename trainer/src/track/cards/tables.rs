//! Any report in JSON as Markdown: values as lists of facts, lists of like objects as tables.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Rows of a table at most; a confusion matrix of 149 categories is no reading.
const MAX_ROWS: usize = 50;
/// Deepest heading that Markdown has.
const MAX_LEVEL: usize = 6;

/// Renders a report; its parts get headings of `level` and below.
pub(super) fn tables(report: &Value, level: usize) -> String {
    match report {
        Value::Object(members) => object(members, level),
        Value::Array(items) => array(items),
        value => format!("{}\n\n", cell(value)),
    }
}

fn object(members: &Map<String, Value>, level: usize) -> String {
    let (parts, facts): (Vec<_>, Vec<_>) = members.iter().partition(|(_, value)| is_part(value));
    let mut text = String::new();
    if !facts.is_empty() {
        text += "| | |\n|---|---|\n";
        for (name, value) in facts {
            writeln!(text, "| {} | {} |", words(name), cell(value)).expect("a String takes all");
        }
        text.push('\n');
    }
    // Parts alike, such as one a model, are rows of one table.
    let flat = |value: &Value| {
        value
            .as_object()
            .is_some_and(|part| !part.values().any(is_part))
    };
    if parts.len() > 1 && parts.iter().all(|(_, part)| flat(part)) {
        let rows = parts
            .iter()
            .filter_map(|(name, part)| Some((words(name), part.as_object()?)));
        return text + &table(rows.collect());
    }
    for (name, part) in parts {
        let mut title = words(name);
        title[..1].make_ascii_uppercase();
        let hashes = "#".repeat(level.min(MAX_LEVEL));
        write!(text, "{hashes} {title}\n\n{}", tables(part, level + 1))
            .expect("a String takes all");
    }
    text
}

fn array(items: &[Value]) -> String {
    let rows: Vec<_> = items
        .iter()
        .filter_map(|item| Some((String::new(), item.as_object()?)))
        .collect();
    if rows.len() == items.len() {
        return table(rows);
    }
    let shown = items.iter().take(MAX_ROWS);
    let shown: Vec<String> = shown.map(cell).collect();
    format!("{}{}\n\n", shown.join(", "), left_out(items.len()))
}

/// Rows of like objects, with a column for every key that one of them has.
fn table(mut rows: Vec<(String, &Map<String, Value>)>) -> String {
    let n_rows = rows.len();
    rows.truncate(MAX_ROWS);
    let mut columns: Vec<&str> = Vec::new();
    for key in rows.iter().flat_map(|(_, row)| row.keys()) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let named = rows.iter().any(|(name, _)| !name.is_empty());
    let mut head: Vec<String> = columns.iter().map(|column| words(column)).collect();
    if named {
        head.insert(0, String::new());
    }
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for (name, row) in &rows {
        let cells = columns
            .iter()
            .map(|&column| row.get(column).map_or_else(String::new, cell));
        let name = named.then(|| name.clone());
        let cells: Vec<String> = name.into_iter().chain(cells).collect();
        writeln!(text, "| {} |", cells.join(" | ")).expect("a String takes all");
    }
    format!("{text}{}\n", left_out(n_rows))
}

fn left_out(n: usize) -> String {
    match n.saturating_sub(MAX_ROWS) {
        0 => String::new(),
        more => format!("\n… and {more} more.\n"),
    }
}

/// What wants a heading or a table of its own.
fn is_part(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
        _ => false,
    }
}

/// A value in one cell; fractions with four digits.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            let small = number != 0.0 && number.abs() < 1e-3;
            if small {
                format!("{number:.2e}")
            } else {
                format!("{number:.4}")
            }
        }
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.replace('|', "\\|").replace(['\n', '\r'], " "),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(cell).collect();
            items.join(", ")
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(key, value)| format!("{}: {}", words(key), cell(value)))
                .collect();
            members.join("; ")
        }
    }
}

fn words(key: &str) -> String {
    key.replace('_', " ").replace('|', "\\|")
}
