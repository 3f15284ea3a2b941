//! A query's text to tokens.

use std::ops::Range;

use super::error::{QueryError, QueryErrorKind};
use crate::words::field::Field;

/// What a prefix with a colon asks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Words(Field),
    Years,
    Category,
    Id,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `+` before what must be there.
    Plus,
    /// `-` before what must not.
    Minus,
    /// A field, by its name as it was written.
    Prefix(Prefix, &'a str),
    /// What stands between quotation marks.
    Quote {
        text: &'a str,
        is_closed: bool,
    },
    /// Anything else between spaces.
    Word(&'a str),
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) bytes: Range<usize>,
}

/// Beginnings with a colon that are text: addresses and names of other systems.
const SCHEMES: [&str; 11] = [
    "arxiv", "doi", "ftp", "hdl", "http", "https", "isbn", "issn", "mailto", "pmid", "urn",
];

fn prefix(name: &str) -> Option<Prefix> {
    Some(match name {
        "ti" | "title" => Prefix::Words(Field::Title),
        "abs" | "abstract" => Prefix::Words(Field::Abstract),
        "au" | "author" => Prefix::Words(Field::Authors),
        "year" => Prefix::Years,
        "cat" | "category" => Prefix::Category,
        "id" => Prefix::Id,
        _ => return None,
    })
}

/// The tokens of `text`; what is wrong goes to `errors`, and is a token of its best reading.
pub(super) fn tokens<'a>(text: &'a str, errors: &mut Vec<QueryError>) -> Vec<Token<'a>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        errors,
    };
    let mut found = Vec::new();
    while let Some(token) = lexer.next(found.last()) {
        found.push(token);
    }
    found
}

struct Lexer<'a, 'e> {
    text: &'a str,
    at: usize,
    errors: &'e mut Vec<QueryError>,
}

impl<'a> Lexer<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn next(&mut self, last: Option<&Token<'a>>) -> Option<Token<'a>> {
        loop {
            self.skip_spaces();
            let start = self.at;
            let first = self.rest().chars().next()?;
            let behind = &self.rest()[first.len_utf8()..];
            // Behind a field stands its value, whatever it looks like.
            let of = match last.map(|token| token.kind) {
                Some(Kind::Prefix(of, _)) => Some(of),
                _ => None,
            };
            let begins_item = start == 0
                || of.is_none() && {
                    let before = self.text[..start].chars().next_back();
                    before.is_some_and(|c| c.is_whitespace() || c == '(' || is_quote(c))
                };
            let kind = match first {
                '(' => self.one(Kind::Open),
                ')' => self.one(Kind::Close),
                c if is_quote(c) => self.quote(),
                '+' | '-' if begins_item => {
                    if !behind.starts_with(|c: char| c.is_whitespace() || "+-)".contains(c))
                        && !behind.is_empty()
                    {
                        self.one(if first == '+' {
                            Kind::Plus
                        } else {
                            Kind::Minus
                        })
                    } else {
                        self.at += 1;
                        continue;
                    }
                }
                _ if of == Some(Prefix::Years) => self.years(),
                // `ti:NOT` asks for the word, `ti: NOT` has none.
                _ if last.is_some_and(|last| of.is_some() && last.bytes.end == start) => {
                    Kind::Word(self.word())
                }
                _ => match if of.is_none() { self.prefix() } else { None } {
                    Some(prefix) => prefix,
                    None => match self.word() {
                        "AND" => Kind::And,
                        "OR" => Kind::Or,
                        "NOT" => Kind::Not,
                        word => Kind::Word(word),
                    },
                },
            };
            let bytes = start..self.at;
            return Some(Token { kind, bytes });
        }
    }

    fn one(&mut self, kind: Kind<'a>) -> Kind<'a> {
        self.at += 1;
        kind
    }

    /// From a quotation mark to the next one; the mark of an accent, `\"`, is none.
    fn quote(&mut self) -> Kind<'a> {
        let first = self.rest().chars().next().map_or(0, char::len_utf8);
        let inner = &self.rest()[first..];
        let (text, mark) = match unescaped(inner, is_quote) {
            Some((at, mark)) => (&inner[..at], Some(mark)),
            None => (inner, None),
        };
        self.at += first + text.len() + mark.map_or(0, char::len_utf8);
        let is_closed = mark.is_some();
        Kind::Quote { text, is_closed }
    }

    /// Up to a space, a parenthesis or a quotation mark.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || "()".contains(c) || is_quote(c);
        let len = unescaped(rest, ends).map_or(rest.len(), |(at, _)| at);
        self.at += len;
        &rest[..len]
    }

    /// A word in which spaces may stand behind signs of comparison.
    fn years(&mut self) -> Kind<'a> {
        let rest = self.rest();
        let value = rest.trim_start_matches(['<', '>', '=']).trim_start();
        self.at += rest.len() - value.len();
        let len = self.word().len();
        Kind::Word(&rest[..rest.len() - value.len() + len])
    }

    /// A field's name and its colon, where the text goes on like a field.
    fn prefix(&mut self) -> Option<Kind<'a>> {
        let rest = self.rest();
        let n_letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let behind = rest[n_letters..].strip_prefix(':')?;
        let name = &rest[..n_letters];
        let is_small = name.bytes().all(|byte| byte.is_ascii_lowercase());
        let goes_on = behind.starts_with(|c: char| !c.is_whitespace());
        match prefix(&name.to_ascii_lowercase()) {
            // A title may read `Abstract: …`, and `title: …` is what people type.
            Some(prefix) if goes_on || is_small => {
                self.at += n_letters + 1;
                Some(Kind::Prefix(prefix, name))
            }
            None if is_small
                && goes_on
                && n_letters > 1
                && !behind.starts_with("//")
                && !SCHEMES.contains(&name) =>
            {
                self.errors.push(QueryError {
                    bytes: self.at..self.at + n_letters + 1,
                    kind: QueryErrorKind::UnknownField { name: name.into() },
                });
                None
            }
            _ => None,
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

/// The first character that `is_wanted`, but for a quotation mark behind a backslash.
fn unescaped(text: &str, is_wanted: impl Fn(char) -> bool) -> Option<(usize, char)> {
    let is_escaped = |at: usize, c: char| is_quote(c) && text[..at].ends_with('\\');
    text.char_indices()
        .find(|&(at, c)| is_wanted(c) && !is_escaped(at, c))
}
