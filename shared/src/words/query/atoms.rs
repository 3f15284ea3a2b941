//! The smallest parts of a query: words, quotations, and what stands behind a field.

use std::ops::Range;

use super::error::{QueryError, QueryErrorKind};
use super::lexer::{Kind, Prefix};
use super::parser::{Parser, Part};
use super::{Demand, Leaf, MAX_TERMS, Name, Node, Words};
use crate::arxiv_id;
use crate::words::field::Field;
use crate::words::terms::terms;

impl Parser<'_, '_> {
    /// A word, a quotation or a group that no field stands before.
    pub(super) fn plain(&mut self, bytes: &Range<usize>) -> Part {
        match self.take() {
            Some(Kind::Open) => self.parenthesized(None, bytes),
            Some(Kind::Word(word)) => {
                let word = trimmed(word);
                // Only what names arXiv: a number alone may be a number.
                let is_named = word.contains(':') || word.contains("arxiv.org");
                if let Some(found) = arxiv_id::parse(word).filter(|_| is_named) {
                    self.leaf(Demand::Id(found.id), bytes)
                } else {
                    self.words(None, word, false, bytes)
                }
            }
            Some(Kind::Quote { text, is_closed }) => self.quotation(None, text, is_closed, bytes),
            _ => Part::Nothing,
        }
    }

    /// What stands behind a field, which begins at `bytes`.
    pub(super) fn value(&mut self, of: Prefix, bytes: &Range<usize>) -> Part {
        let Some(token) = self.peek() else {
            return Part::Nothing;
        };
        let bytes = bytes.start..token.bytes.end;
        let (text, quote) = match self.take() {
            Some(Kind::Open) => return self.parenthesized(Some(of), &bytes),
            Some(Kind::Quote { text, is_closed }) => (text, Some(is_closed)),
            Some(Kind::Word(word)) => (word, None),
            _ => return Part::Nothing,
        };
        if quote == Some(false) {
            self.note(bytes.clone(), QueryErrorKind::UnclosedQuote);
        }
        match of {
            Prefix::Words(field) => {
                let name = match (field, quote) {
                    (Field::Authors, Some(_)) => Name::with_comma(text),
                    (Field::Authors, None) => Name::with_underscore(text),
                    _ => None,
                };
                match (name, quote) {
                    (Some(name), _) => {
                        self.n_terms += name.surname.len() + name.given.len() - 1;
                        self.leaf(Demand::Author(name), &bytes)
                    }
                    (None, Some(is_closed)) => self.phrase(Some(field), text, is_closed, &bytes),
                    (None, None) => self.words(Some(field), trimmed(text), false, &bytes),
                }
            }
            Prefix::Years => {
                let found = years(text.trim_end_matches([',', ';', '?', '!']));
                if let Some((from, to)) = found {
                    return self.leaf(Demand::Years { from, to }, &bytes);
                }
                let text = text.to_owned();
                self.note(bytes, QueryErrorKind::BadYear { text });
                Part::Nothing
            }
            Prefix::Category => {
                let text = raw(text);
                let code = text.trim_end_matches('*');
                if code.is_empty() {
                    return Part::Nothing;
                }
                let open = code.len() < text.len();
                let code = code.to_owned();
                self.leaf(Demand::Category { code, open }, &bytes)
            }
            Prefix::Id => {
                let id = raw(text);
                if id.is_empty() {
                    return Part::Nothing;
                }
                let id = arxiv_id::parse(id).map_or_else(|| id.to_owned(), |found| found.id);
                self.leaf(Demand::Id(id), &bytes)
            }
        }
    }

    fn quotation(
        &mut self,
        field: Option<Field>,
        text: &str,
        is_closed: bool,
        bytes: &Range<usize>,
    ) -> Part {
        if !is_closed {
            self.note(bytes.clone(), QueryErrorKind::UnclosedQuote);
        }
        self.phrase(field, text, is_closed, bytes)
    }

    fn phrase(
        &mut self,
        field: Option<Field>,
        text: &str,
        is_closed: bool,
        bytes: &Range<usize>,
    ) -> Part {
        // The last word of a quotation that is still being typed may go on.
        let typed = format!("{}*", text.trim_end_matches('*'));
        let text = if is_closed { text.trim() } else { &typed };
        self.words(field, text, true, bytes)
    }

    fn words(
        &mut self,
        field: Option<Field>,
        text: &str,
        quoted: bool,
        bytes: &Range<usize>,
    ) -> Part {
        let stem = text.strip_suffix('*').unwrap_or(text);
        let found = terms(stem);
        let Some(last) = found.last() else {
            return Part::Nothing;
        };
        let open = stem.len() < text.len() && last.bytes.end == stem.len();
        self.n_terms += found.len() - 1;
        let words = Words {
            field,
            quoted: quoted || field.is_some() && found.len() > 1,
            terms: found.into_iter().map(|term| term.text).collect(),
            open,
        };
        self.leaf(Demand::Words(words), bytes)
    }

    fn leaf(&mut self, demand: Demand, bytes: &Range<usize>) -> Part {
        self.n_terms += 1;
        if self.n_terms > MAX_TERMS {
            let is_new = |error: &QueryError| error.kind != QueryErrorKind::TooManyWords;
            if self.errors.iter().all(is_new) {
                self.note(bytes.clone(), QueryErrorKind::TooManyWords);
            }
            return Part::Nothing;
        }
        let bytes = bytes.clone();
        Part::Node(Node::Leaf(Leaf { demand, bytes }))
    }
}

/// A word without what ends a sentence.
pub(super) fn trimmed(word: &str) -> &str {
    word.trim_end_matches([',', ';', '.', '?', '!', ':'])
}

/// A value that is no words.
fn raw(text: &str) -> &str {
    // A backslash at the end would take the quotation mark that is printed behind it.
    text.trim().trim_end_matches([',', ';', '\\']).trim()
}

/// `2015`, `2015..2020` (an end may be missing), `2015-2020`, `>=2019` and so on: both ends included.
fn years(text: &str) -> Option<(u16, u16)> {
    let year = |text: &str| -> Option<u16> {
        let text = text.trim();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let text = text.trim();
    let (from, to) = if let Some(text) = text.strip_prefix(">=") {
        (year(text)?, u16::MAX)
    } else if let Some(text) = text.strip_prefix("<=") {
        (0, year(text)?)
    } else if let Some(text) = text.strip_prefix('>') {
        (year(text)?.checked_add(1)?, u16::MAX)
    } else if let Some(text) = text.strip_prefix('<') {
        (0, year(text)?.checked_sub(1)?)
    } else if let Some((from, to)) = text.split_once("..") {
        let end = |text: &str, open| {
            if text.is_empty() {
                Some(open)
            } else {
                year(text)
            }
        };
        if from.is_empty() && to.is_empty() {
            return None;
        }
        (end(from, 0)?, end(to, u16::MAX)?)
    } else if let Some((from, to)) = text.split_once(['-', '–']) {
        (year(from)?, year(to)?)
    } else {
        let text = text.strip_prefix('=').unwrap_or(text);
        (year(text)?, year(text)?)
    };
    (from <= to).then_some((from, to))
}
