//! BibTeX: one entry of a bibliography is one paper.
//!
//! Entries are cut out here, one at a time, and then read by biblatex, which gives up on a whole
//! text at its first mistake: so a malformed entry costs only itself. An entry ends where its
//! braces close. One that does not ends before the next line that looks like the start of an entry.
//!
//! A paper is called by its arXiv identifier where the entry has one, else by its DOI, else by its
//! key.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;

use anyhow::Result;
use biblatex::{Bibliography, ChunksExt as _, Pair, Person, RawBibliography, RawChunk, Spanned};

use super::fields::{self, Field};
use super::json_lines::too_long;
use super::layout::Visit;
use super::lines::{Line, Lines};
use super::record::{Record, Unusable};
use super::value::Value;
use crate::arxiv_id;

/// No entry is longer: a brace that is never closed must not fill the memory.
const MAX_ENTRY_BYTES: usize = 4 << 20;

/// Braces in braces; biblatex calls itself for each.
const MAX_DEPTH: usize = 64;

/// What the `@string`s of a file may hold in all.
const MAX_STRING_BYTES: usize = 4 << 20;

pub(super) fn read(mut lines: Lines, visit: &mut Visit) -> Result<ControlFlow<()>> {
    let mut strings = Strings::default();
    let mut open: Option<Entry> = None;
    let mut line = Vec::new();
    while let Some((number, found)) = lines.next(&mut line)? {
        let mut rest: &[u8] = &line;
        if found == Line::TooLong {
            let row = open.take().map_or(number, |entry| entry.row);
            if visit(row, Err(too_long()))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            continue;
        }
        if let Some(entry) = open.take_if(|_| begins_entry(rest))
            && visit(entry.row, Err(never_closed()))?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        loop {
            let mut entry = match open.take() {
                Some(entry) => entry,
                None if begins_entry(rest) => Entry::new(number),
                // Whatever stands between entries is a comment.
                None => break,
            };
            match entry.take(rest) {
                Taken::All if entry.bytes.len() > MAX_ENTRY_BYTES => {
                    if visit(entry.row, Err(never_closed()))?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    break;
                }
                Taken::All => {
                    open = Some(entry);
                    break;
                }
                Taken::ToItsEnd(n) => {
                    rest = rest[n..].trim_ascii_start();
                    if let Some(record) = strings.paper(&entry)
                        && visit(entry.row, record)?.is_break()
                    {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
    }
    match open {
        Some(entry) => visit(entry.row, Err(never_closed())),
        None => Ok(ControlFlow::Continue(())),
    }
}

fn never_closed() -> Unusable {
    Unusable::malformed("a brace is never closed")
}

/// Whether a line starts as `@article{` does.
fn begins_entry(line: &[u8]) -> bool {
    let Some(rest) = line.trim_ascii_start().strip_prefix(b"@") else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    let n = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    n > 0 && matches!(rest[n..].trim_ascii_start().first(), Some(b'{' | b'('))
}

/// The text of one entry, as far as it has been read.
struct Entry {
    row: u64,
    bytes: Vec<u8>,
    /// Braces open, the outermost among them.
    depth: usize,
    deepest: usize,
    /// The outermost delimiter is a parenthesis, which does not count inside a text in quotes.
    in_parentheses: bool,
    in_quotes: bool,
}

/// How much of a line belongs to an entry.
enum Taken {
    All,
    /// So many bytes.
    ToItsEnd(usize),
}

impl Entry {
    fn new(row: u64) -> Self {
        Self {
            row,
            bytes: Vec::new(),
            depth: 0,
            deepest: 0,
            in_parentheses: false,
            in_quotes: false,
        }
    }

    fn take(&mut self, line: &[u8]) -> Taken {
        let mut bytes = line.iter().copied().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                // biblatex takes `\{` for a letter, too.
                b'\\' if self.depth > 0 => {
                    self.bytes.push(byte);
                    self.bytes.extend(bytes.next().map(|(_, next)| next));
                    continue;
                }
                b'(' if self.depth == 0 => {
                    self.in_parentheses = true;
                    self.depth = 1;
                    // biblatex knows only braces.
                    self.bytes.push(b'{');
                    continue;
                }
                b'{' => self.depth += 1,
                b'"' if self.depth == 1 => self.in_quotes = !self.in_quotes,
                b')' if self.in_parentheses && self.depth == 1 && !self.in_quotes => {
                    self.depth = 0;
                }
                b'}' if !(self.in_parentheses && self.depth == 1) => {
                    self.depth = self.depth.saturating_sub(1);
                }
                _ => {}
            }
            self.deepest = self.deepest.max(self.depth);
            let is_end = self.depth == 0 && matches!(byte, b'}' | b')');
            self.bytes.push(if is_end { b'}' } else { byte });
            if is_end {
                return Taken::ToItsEnd(at + 1);
            }
        }
        self.bytes.push(b'\n');
        Taken::All
    }

    fn parse(&self) -> Result<RawBibliography<'_>, Unusable> {
        if self.deepest > MAX_DEPTH {
            return Err(Unusable::malformed(format!(
                "more than {MAX_DEPTH} braces inside one another"
            )));
        }
        let text = std::str::from_utf8(&self.bytes).map_err(Unusable::not_utf8)?;
        RawBibliography::parse(text).map_err(|error| Unusable::malformed(error.kind.to_string()))
    }

    fn is(&self, kind: &str) -> bool {
        let kind = kind.as_bytes();
        let bytes = self.bytes.trim_ascii_start();
        let bytes = bytes.strip_prefix(b"@").unwrap_or(bytes).trim_ascii_start();
        bytes.get(..kind.len()).is_some_and(|start| {
            start.eq_ignore_ascii_case(kind) && !bytes[kind.len()].is_ascii_alphabetic()
        })
    }
}

/// The abbreviations that a file has defined so far, by lower-case name.
#[derive(Default)]
struct Strings {
    texts: HashMap<String, String>,
    n_bytes: usize,
}

impl Strings {
    /// The paper that an entry is; `None` where it is another thing.
    fn paper<'a>(&mut self, entry: &'a Entry) -> Option<Result<Record<'a>, Unusable>> {
        if entry.is("comment") || entry.is("preamble") {
            return None;
        }
        if entry.is("string") {
            let defined = entry
                .parse()
                .and_then(|parsed| self.define(&parsed.abbreviations));
            return defined.err().map(Err);
        }
        Some(entry.parse().and_then(|parsed| self.record(&parsed)))
    }

    fn define(&mut self, pairs: &[Pair]) -> Result<(), Unusable> {
        let mut room = MAX_ENTRY_BYTES;
        for pair in pairs {
            let text = self.expand(pair, &mut room)?;
            if self.n_bytes + text.len() <= MAX_STRING_BYTES {
                self.n_bytes += text.len();
                self.texts.insert(pair.key.v.to_lowercase(), text);
            }
        }
        Ok(())
    }

    /// A value as it was typed, without abbreviations; one that is not defined stands for itself.
    ///
    /// Takes its bytes from the `room` that all values of an entry share: a few letters may stand
    /// for megabytes.
    fn expand(&self, pair: &Pair, room: &mut usize) -> Result<String, Unusable> {
        let mut text = String::new();
        for chunk in &pair.value.v {
            let part = match chunk.v {
                RawChunk::Normal(text) => text,
                RawChunk::Abbreviation(name) => self
                    .texts
                    .get(&name.to_lowercase())
                    .map_or(name, String::as_str),
            };
            *room = room.checked_sub(part.len()).ok_or_else(|| {
                Unusable::malformed(format!(
                    "longer than {} MiB with its `@string`s put in",
                    MAX_ENTRY_BYTES >> 20
                ))
            })?;
            text.push_str(part);
        }
        Ok(text)
    }

    fn record<'a>(&self, parsed: &RawBibliography) -> Result<Record<'a>, Unusable> {
        let Some(entry) = parsed.entries.first() else {
            return Err(Unusable::malformed("no entry"));
        };
        let entry = &entry.v;
        let mut record = Record::default();
        let mut arxiv = None;
        let mut doi = None;
        let mut room = MAX_ENTRY_BYTES;
        for pair in &entry.fields {
            let name = pair.key.v;
            let Some(named) = fields::named(name) else {
                continue;
            };
            let typed = self.expand(pair, &mut room)?;
            let value = match named.field {
                Field::Id => {
                    let id = typed.trim_matches(|c: char| c.is_whitespace() || "{}".contains(c));
                    arxiv = arxiv.or_else(|| arxiv_id::parse(id));
                    if named.name == "doi" {
                        doi = doi.or_else(|| doi_of(id));
                    }
                    continue;
                }
                Field::Authors => {
                    Value::List(authors(&typed).into_iter().map(Value::text).collect())
                }
                _ => Value::text(plain(name, &typed)),
            };
            record.offer(named, value);
        }
        // A key is its author's own: `smith2020` of two files may be two papers.
        let id = arxiv
            .map(|found| found.id)
            .or(doi)
            .unwrap_or_else(|| entry.key.v.to_owned());
        record.offer(fields::named("id").expect("a known name"), Value::text(id));
        Ok(record)
    }
}

impl Value<'_> {
    fn text(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

/// The one field `name` of an entry, understood by biblatex; `None` where it is not.
fn understood(name: &str, typed: &str) -> Option<biblatex::Entry> {
    let pair = Pair::new(
        Spanned::zero(name),
        Spanned::zero(vec![Spanned::zero(RawChunk::Normal(typed))]),
    );
    let entry = biblatex::RawEntry {
        key: Spanned::zero("key"),
        kind: Spanned::zero("misc"),
        fields: vec![pair],
    };
    let raw = RawBibliography {
        preamble: String::new(),
        entries: vec![Spanned::zero(entry)],
        abbreviations: Vec::new(),
    };
    Bibliography::from_raw(raw).ok()?.into_vec().pop()
}

/// The DOI that `text` is, without an address before it, in lower case: DOIs know no other.
fn doi_of(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace("\\_", "_");
    let start = text.find("10.")?;
    let is_prefix = matches!(
        text[..start].trim_end(),
        "" | "doi:"
            | "https://doi.org/"
            | "http://doi.org/"
            | "https://dx.doi.org/"
            | "http://dx.doi.org/"
            | "doi.org/"
            | "dx.doi.org/"
    );
    let doi = &text[start..];
    let (registrant, name) = doi.split_once('/')?;
    let is_doi = registrant["10.".len()..]
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.')
        && registrant.len() > "10.".len()
        && !name.is_empty()
        && !name.contains(char::is_whitespace);
    (is_prefix && is_doi).then(|| doi.to_owned())
}

/// Text without braces, its accents in Unicode.
fn plain(name: &str, typed: &str) -> String {
    let text = understood(name, typed)
        .and_then(|entry| Some(entry.get(&name.to_lowercase())?.format_verbatim()))
        // A lone `$`: better shown as it is than lost.
        .unwrap_or_else(|| typed.replace(['{', '}'], ""));
    // A space at which no line breaks.
    text.replace('~', " ")
}

/// Names, given name first.
fn authors(typed: &str) -> Vec<String> {
    let persons: Option<Vec<Person>> =
        understood("author", typed).and_then(|entry| entry.author().ok());
    let Some(persons) = persons else {
        let names = typed.replace(['{', '}'], "");
        return names.split(" and ").map(str::to_owned).collect();
    };
    let persons = persons.into_iter().map(|person| {
        let parts = [person.given_name, person.prefix, person.name, person.suffix];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ").replace('~', " ")
    });
    persons.filter(|name| name != "others").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_braces_and_dashes_become_what_they_mean() {
        for (typed, wanted) in [
            ("G{\\\"o}del and {\\'E}mile \\c{S}en", "Gödel and Émile Şen"),
            ("{DNA} in the {Na\\\"{\\i}ve} age", "DNA in the Naïve age"),
            ("Pages 1--2 --- and so on", "Pages 1–2 — and so on"),
            ("A $\\beta$-sheet", "A $\\beta$-sheet"),
            ("It costs 5$ only", "It costs 5$ only"),
            ("R\\&D of 5\\% {\\ss}", "R&D of 5% ß"),
            ("Figure~3", "Figure 3"),
        ] {
            assert_eq!(plain("title", typed), wanted, "{typed:?}");
        }
    }

    #[test]
    fn names_are_written_given_name_first() {
        for (typed, wanted) in [
            ("Ada Bee and Dee, Carl", &["Ada Bee", "Carl Dee"][..]),
            ("van der Waals, Johannes", &["Johannes van der Waals"]),
            ("King, Jr., Martin", &["Martin King Jr."]),
            (
                "{The Sheep and Goat Collaboration}",
                &["The Sheep and Goat Collaboration"],
            ),
            ("Erd{\\H o}s, P{\\'a}l and others", &["Pál Erdős"]),
        ] {
            assert_eq!(authors(typed), wanted, "{typed:?}");
        }
    }

    #[test]
    fn a_doi_is_known_with_or_without_an_address() {
        for (typed, wanted) in [
            ("10.1103/PhysRev.47.777", Some("10.1103/physrev.47.777")),
            ("https://doi.org/10.1000/A\\_b", Some("10.1000/a_b")),
            ("doi: 10.1000.10/x/y", Some("10.1000.10/x/y")),
            ("see 10.1000/x", None),
            ("10.1000/two words", None),
            ("10./x", None),
            ("10.1000/", None),
            ("to appear", None),
            ("", None),
        ] {
            assert_eq!(doi_of(typed).as_deref(), wanted, "{typed:?}");
        }
    }

    #[test]
    fn an_entry_begins_with_its_kind_and_a_brace() {
        for (line, wanted) in [
            ("@article{a,", true),
            ("  @Misc ( b", true),
            ("@string{x = \"y\"}", true),
            ("see @article", false),
            ("@someone wrote", false),
            ("", false),
        ] {
            assert_eq!(begins_entry(line.as_bytes()), wanted, "{line:?}");
        }
    }
}
