//! BibTeX: one entry of a bibliography is one paper.
//!
//! Entries are cut out one at a time, so that a malformed one costs only itself: an entry ends where its braces
//! close, and one that does not ends before the next line that looks like the start of an entry. A paper is
//! called by its arXiv id where the entry has one, else by its DOI, else by its key.

use std::collections::HashMap;

use super::names::{self, Gathered, Part};
use super::{Fault, Reading, Refused, Row, fault};
use crate::latex::text::{math, to_unicode};

/// What the `@string`s of a file may put into one entry: a few letters may stand for megabytes.
const MOST_OF_AN_ENTRY: usize = 1 << 20;

pub(super) fn read(text: &str, out: &mut Reading) -> Result<(), Refused> {
    let mut strings = HashMap::new();
    let mut fields_of = Vec::new();
    for (line, entry) in entries(text) {
        match entry.and_then(|entry| parse(entry, &mut strings)) {
            Ok(None) => {}
            Ok(Some(entry)) => {
                for (name, _) in &entry.fields {
                    let place = names::place(name);
                    if !matches!(place, Some((Part::Title | Part::Abstract, _))) {
                        out.met(name);
                    }
                }
                fields_of.push((line, Ok(entry)));
            }
            Err(reason) => fields_of.push((line, Err(reason))),
        }
    }
    out.label = out.label_of(out.columns.iter().map(String::as_str));
    for (line, entry) in fields_of {
        let row = entry
            .map_err(|reason| fault(line, reason))
            .and_then(|entry| row_of(line, &entry, out.label.as_deref()));
        out.push(row)?;
    }
    Ok(())
}

fn row_of(line: usize, entry: &Entry, label: Option<&str>) -> Result<Row, Fault> {
    let mut gathered = Gathered::default();
    for (name, value) in &entry.fields {
        if let Some(place) = names::place(name) {
            let is_id = place.0 == Part::Id;
            let value = if is_id {
                value.replace("\\_", "_")
            } else {
                plain(value)
            };
            gathered.offer(place, &value);
        }
        if Some(&**name) == label {
            gathered.label = plain(value);
        }
    }
    // A key is its author's own: whatever else names the paper counts before it.
    gathered.offer((Part::Id, usize::MAX / 2), &entry.key);
    gathered.row(line)
}

/// The text without the braces that only protect it, its accents in Unicode; mathematics stays.
pub(super) fn plain(value: &str) -> String {
    let text = to_unicode(value);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    // Whether braces that open hold what a command takes: they stay, and so do those that close them.
    let mut kept = Vec::new();
    while let Some(c) = rest.chars().next() {
        if c == '$'
            && let Some(formula) = math(rest)
        {
            out.push_str(formula);
            rest = &rest[formula.len()..];
            continue;
        }
        let keeps = match c {
            '{' => {
                kept.push(ends_in_command(&out));
                kept.last().copied()
            }
            '}' => kept.pop(),
            _ => Some(true),
        };
        if keeps == Some(true) {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    names::one_line(&out)
}

fn ends_in_command(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    name.ends_with('\\') && name.len() < text.len()
}

/// The entries of a text, each with the line on which it begins; whatever stands between them is a comment.
fn entries(text: &str) -> Vec<(usize, Result<&str, &'static str>)> {
    let mut found = Vec::new();
    // Where the open entry began, on which line, and how many braces are open in it.
    let mut open: Option<(usize, usize, usize)> = None;
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if opening(line).is_some()
            && let Some((_, first, _)) = open.take()
        {
            found.push((first, Err("a brace is never closed")));
        }
        let mut rest = line;
        loop {
            let start = at + line.len() - rest.len();
            let (first_at, first, depth) = match (open.take(), opening(rest)) {
                (Some(open), _) => open,
                (None, Some('{')) => (start, number, 0),
                (None, Some(_)) => {
                    found.push((number, Err("it stands in parentheses: write braces")));
                    break;
                }
                (None, None) => break,
            };
            match close(rest, depth) {
                Ok(n) => {
                    found.push((first, Ok(&text[first_at..start + n])));
                    rest = &rest[n..];
                }
                Err(depth) => {
                    open = Some((first_at, first, depth));
                    break;
                }
            }
        }
        at += line.len();
    }
    if let Some((_, first, _)) = open {
        found.push((first, Err("a brace is never closed")));
    }
    found
}

/// Where the outermost brace closes, or how many are open at the end.
fn close(text: &str, mut depth: usize) -> Result<usize, usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'{' => depth += 1,
            b'}' if depth <= 1 => return Ok(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    Err(depth)
}

/// What opens the entry that a text starts with, as the brace of `@article{` does.
fn opening(text: &str) -> Option<char> {
    let kind = text.trim_start().strip_prefix('@')?.trim_start();
    let rest = kind.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let opens = rest.trim_start().chars().next()?;
    (rest.len() < kind.len() && matches!(opens, '{' | '(')).then_some(opens)
}

/// A paper's entry.
struct Entry {
    key: String,
    /// Names in lower case, values as they were typed.
    fields: Vec<(String, String)>,
}

/// The paper that an entry is; `None` where it is another thing.
fn parse(text: &str, strings: &mut HashMap<String, String>) -> Result<Option<Entry>, &'static str> {
    let text = text.trim_start().trim_start_matches('@');
    let (kind, body) = text.split_once('{').ok_or("it has no braces")?;
    let body = body.strip_suffix('}').unwrap_or(body);
    match kind.trim().to_ascii_lowercase().as_str() {
        "comment" | "preamble" => Ok(None),
        "string" => {
            for (name, value) in fields(body, strings)? {
                strings.insert(name, value);
            }
            Ok(None)
        }
        _ => {
            let (key, body) = body.split_once(',').unwrap_or((body, ""));
            Ok(Some(Entry {
                key: key.trim().to_owned(),
                fields: fields(body, strings)?,
            }))
        }
    }
}

/// `name = value` pairs, separated by commas.
fn fields(
    body: &str,
    strings: &HashMap<String, String>,
) -> Result<Vec<(String, String)>, &'static str> {
    let mut found = Vec::new();
    let mut room = MOST_OF_AN_ENTRY;
    let mut rest = body.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("a field has no `=`")?;
        let (value, after) = value(after, strings, &mut room)?;
        found.push((name.trim().to_ascii_lowercase(), value));
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
        } else if !rest.is_empty() {
            return Err("a comma is missing between two fields");
        }
    }
    Ok(found)
}

/// A value of pieces joined by `#`, and what stands behind it.
fn value<'a>(
    mut rest: &'a str,
    strings: &HashMap<String, String>,
    room: &mut usize,
) -> Result<(String, &'a str), &'static str> {
    let mut out = String::new();
    loop {
        rest = rest.trim_start();
        let piece = match rest.chars().next() {
            Some('{') => {
                let n = held(rest, '}').ok_or("a brace is never closed")?;
                let piece = &rest[1..n - 1];
                rest = &rest[n..];
                piece
            }
            Some('"') => {
                let n = held(rest, '"').ok_or("a quote is never closed")?;
                let piece = &rest[1..n - 1];
                rest = &rest[n..];
                piece
            }
            _ => {
                let n = rest.find(|c: char| c == ',' || c == '#' || c.is_whitespace());
                let (word, after) = rest.split_at(n.unwrap_or(rest.len()));
                rest = after;
                // An abbreviation that is not defined stands for itself, as a number does.
                strings
                    .get(&word.to_ascii_lowercase())
                    .map_or(word, String::as_str)
            }
        };
        *room = room
            .checked_sub(piece.len())
            .ok_or("it is longer than a megabyte with its `@string`s put in")?;
        out.push_str(piece);
        rest = rest.trim_start();
        match rest.strip_prefix('#') {
            Some(after) => rest = after,
            None => return Ok((out, rest)),
        }
    }
}

/// The length of a piece with its delimiters: up to `end` outside of inner braces.
fn held(text: &str, end: char) -> Option<usize> {
    let mut depth = 0;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == end && depth == 0 => return Some(at + 1),
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_protecting_braces_become_what_they_mean() {
        for (typed, wanted) in [
            ("G{\\\"o}del and {\\'E}mile", "Gödel and Émile"),
            ("{DNA} in the {Na\\\"{\\i}ve} age", "DNA in the Naïve age"),
            (
                "A $\\beta_{1}$-sheet\n  of {{two}}",
                "A $\\beta_{1}$-sheet of two",
            ),
            ("R\\&D of 5\\% \\emph{all}", "R&D of 5% \\emph{all}"),
            ("It costs 5$ only", "It costs 5$ only"),
        ] {
            assert_eq!(plain(typed), wanted, "{typed:?}");
        }
    }

    #[test]
    fn values_are_braced_quoted_bare_or_joined() {
        let strings = HashMap::from([("jmlr".to_owned(), "Learning".to_owned())]);
        let body = "a = {x {y}, z}, B=\"p {\"} q\", c = 2017,d = jmlr # \" 3\" ,";
        let found = fields(body, &strings).expect("well formed");
        let wanted = [
            ("a", "x {y}, z"),
            ("b", "p {\"} q"),
            ("c", "2017"),
            ("d", "Learning 3"),
        ];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, wanted);
        for broken in ["a", "a = {x", "a = {x} b = {y}"] {
            assert!(fields(broken, &strings).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn an_entry_without_its_end_costs_only_itself() {
        let text = "note\n@article{a,\n title={One}\n}\n@misc{b, title={Two}\n\n@misc{c, title={T}} @misc{d}\n@misc(e)\n";
        let found: Vec<_> = entries(text)
            .into_iter()
            .map(|(line, entry)| (line, entry.is_ok()))
            .collect();
        assert_eq!(
            found,
            [(2, true), (5, false), (7, true), (7, true), (8, false)]
        );
    }
}
