//! The keys that a config has, and what somebody meant who wrote another one.

use std::sync::LazyLock;

use anyhow::{Result, bail};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::Config;

/// Likeness from which a key is worth asking about: between an exact name in the wrong section (0.7) and an
/// unrelated one.
const ALIKE: f64 = 0.69;

/// The default config; unlike TOML, JSON writes absent values too, so that it has every key.
static KNOWN: LazyLock<Json> = LazyLock::new(|| {
    serde_json::to_value(Config::default()).expect("a config is plain data with text keys")
});

/// Refuses a table with a key that no section has.
pub(super) fn check(table: &Table, source: &str) -> Result<()> {
    let Some(unknown) = unknown(table, &KNOWN, "") else {
        return Ok(());
    };
    let section = unknown.rsplit_once('.').map_or("", |(section, _)| section);
    match nearest(&unknown) {
        Some(meant) => bail!("unknown key `{unknown}` in {source}: did you mean `{meant}`?"),
        None => bail!("unknown key `{unknown}` in {source}: {}", members(section)),
    }
}

/// Whether the key's value is a list.
pub(super) fn is_list(path: &[&str]) -> bool {
    at(path).is_some_and(Json::is_array)
}

/// What stands at a key by default, for somebody who wrote something of another type.
pub(super) fn hint(key: &str) -> String {
    let path: Vec<&str> = key.split(['.', '[']).collect();
    match at(&path) {
        Some(Json::Null | Json::Object(_)) | None => String::new(),
        Some(default) => format!(" (its default is {default})"),
    }
}

fn at(path: &[&str]) -> Option<&'static Json> {
    let mut found: &Json = &KNOWN;
    for part in path {
        found = found.get(part)?;
    }
    Some(found)
}

/// The first key that is not there, whole.
fn unknown(table: &Table, known: &Json, prefix: &str) -> Option<String> {
    for (key, value) in table {
        let whole = format!("{prefix}{key}");
        let below = known.get(key);
        let inner = match (value, below) {
            (Value::Table(inner), Some(below)) if below.is_object() => {
                unknown(inner, below, &format!("{whole}."))
            }
            (_, Some(_)) => None,
            // The section is what is wrong, but its first key tells which one was meant.
            (Value::Table(inner), None) => {
                let key = inner.keys().next();
                Some(key.map_or(whole.clone(), |key| format!("{whole}.{key}")))
            }
            (_, None) => Some(whole),
        };
        if inner.is_some() {
            return inner;
        }
    }
    None
}

/// The known key that is most like an unknown one, where one is.
fn nearest(unknown: &str) -> Option<String> {
    let mut known = Vec::new();
    paths(&KNOWN, "", &mut known);
    known
        .into_iter()
        .map(|path| (likeness(unknown, &path), path))
        .filter(|(score, _)| *score >= ALIKE)
        // The first of equals, which the order of keys makes the same one every time.
        .reduce(|best, other| if other.0 > best.0 { other } else { best })
        .map(|(_, path)| path)
}

fn paths(known: &Json, prefix: &str, into: &mut Vec<String>) {
    for (key, value) in known.as_object().into_iter().flatten() {
        let whole = format!("{prefix}{key}");
        if value.is_object() {
            paths(value, &format!("{whole}."), into);
        }
        into.push(whole);
    }
}

/// 0 to 1: mostly how alike the last names are, a little how alike the sections.
fn likeness(unknown: &str, known: &str) -> f64 {
    let split = |path| str::rsplit_once(path, '.').unwrap_or(("", path));
    let ((their_section, their_name), (our_section, our_name)) = (split(unknown), split(known));
    let name = if is_short_for(their_name, our_name) {
        1.0
    } else {
        // Jaro and Winkler find half of any two words alike; only what is above counts.
        (strsim::jaro_winkler(their_name, our_name) - 0.5).max(0.0) * 2.0
    };
    0.7 * name + 0.3 * strsim::jaro_winkler(their_section, our_section)
}

/// `lr` is short for `learning_rate`.
fn is_short_for(short: &str, long: &str) -> bool {
    let initials = || long.split('_').filter_map(|word| word.chars().next());
    short.len() > 1 && initials().eq(short.chars())
}

/// The keys of a section, for a key that is like none.
fn members(section: &str) -> String {
    let path: Vec<&str> = section.split('.').filter(|part| !part.is_empty()).collect();
    let (name, known) = match at(&path) {
        Some(known) if known.is_object() && !path.is_empty() => (format!("[{section}]"), known),
        _ => ("a config".to_owned(), &*KNOWN),
    };
    let keys = known.as_object().into_iter().flat_map(|map| map.keys());
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    format!("{name} has {}", keys.join(", "))
}
