//! Text to terms: what is indexed, and what a query asks for, cut by one function.
//!
//! A term is a run of letters and digits in small letters without accents. No word is stemmed: `learn`
//! and `learning` are two terms, and a prefix finds both.
//!
//! | source                                | terms                      | why                                        |
//! |---------------------------------------|----------------------------|--------------------------------------------|
//! | `Schrödinger's`, `Schr\"{o}dinger`    | `schrodinger`              | accents and a possessive s are often left out |
//! | `state-of-the-art`                    | `state of the art`         | a phrase finds either spelling             |
//! | `$\alpha$-decay`, `α-decay`           | `alpha decay`              | a Greek letter alone is its name           |
//! | `H$_2$O`, `H_2O`, `H₂O`               | `h2o`                      | a subscript belongs to its sign            |
//! | `10^{-5}`, `10⁻⁵`                     | `10 5`                     | a superscript does not: it is a power      |
//! | `$\mathcal{N}=4$`                     | `n 4`                      | type is no meaning                         |
//! | `GPT-3.5`, `3D`, `C++`, `c#`          | `gpt 3.5`, `3d`, `c++`, `c#` | numbers and names that live by their signs |
//! | `学習`                                | `学 習`                    | ideographs stand without spaces            |
//!
//! Cutting a term again gives that term: a query prints as its terms and is read back as they are.

mod latex;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::tokenizer::unicode::{self, Part};
use latex::{GREEK, Piece, Pieces};

/// The most bytes of a term; what exceeds them is not looked at.
pub const MAX_TERM: usize = 64;

/// One term of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Small letters and digits; 1 to [`MAX_TERM`] bytes.
    pub text: String,
    /// Which term of its text it is, counted from 0.
    pub position: u32,
    /// Where it stands in the source, accents and commands included: for highlighting.
    pub bytes: Range<usize>,
}

/// The terms of `text`, in order.
///
/// ```
/// use shared::words::terms::terms;
/// let found = terms(r"Poincar\'e maps of the H$_2$O molecule");
/// let words: Vec<&str> = found.iter().map(|term| &*term.text).collect();
/// assert_eq!(words, ["poincare", "maps", "of", "the", "h2o", "molecule"]);
/// assert_eq!(found[4].bytes, 23..29); // all of `H$_2$O`
/// ```
pub fn terms(text: &str) -> Vec<Term> {
    let mut found = Vec::new();
    for_each_term(text, |term, position, bytes| {
        found.push(Term {
            text: term.to_owned(),
            position,
            bytes,
        });
    });
    found
}

/// Gives each term of `text` with its position and its bytes; makes no string per term.
pub fn for_each_term(text: &str, give: impl FnMut(&str, u32, Range<usize>)) {
    let mut cutter = Cutter {
        pieces: Pieces::new(text),
        term: String::new(),
        bytes: 0..0,
        is_full: false,
        after_symbol: false,
        in_superscript: false,
        position: 0,
        give,
    };
    while let Some((piece, bytes)) = cutter.pieces.next() {
        cutter.piece(piece, bytes);
    }
    cutter.end();
}

/// Gives the terms of a line of authors, names separated by comma and space.
///
/// Between two authors one position stays empty, so that no phrase goes from one name into the next.
pub fn for_each_author_term(authors: &str, mut give: impl FnMut(&str, u32, Range<usize>)) {
    let (mut first, mut start) = (0, 0);
    for name in authors.split(", ") {
        let mut next = first;
        for_each_term(name, |term, position, bytes| {
            give(
                term,
                first + position,
                start + bytes.start..start + bytes.end,
            );
            next = first + position + 2;
        });
        first = next;
        start += name.len() + ", ".len();
    }
}

/// A text while it is cut.
struct Cutter<'a, F> {
    pieces: Pieces<'a>,
    term: String,
    /// The source of the term so far.
    bytes: Range<usize>,
    /// Whether something of the term had no room.
    is_full: bool,
    /// Whether the term ends with a letter that a command named.
    after_symbol: bool,
    in_superscript: bool,
    position: u32,
    give: F,
}

impl<F: FnMut(&str, u32, Range<usize>)> Cutter<'_, F> {
    fn piece(&mut self, piece: Piece<'_>, bytes: Range<usize>) {
        let after_symbol = std::mem::take(&mut self.after_symbol);
        if !matches!(piece, Piece::Char(_)) {
            self.in_superscript = false;
        }
        match piece {
            Piece::Char(c) => self.char(c, bytes),
            Piece::Letters(letters) => self.push(letters, bytes),
            Piece::Symbol(name) => {
                if after_symbol {
                    self.end();
                }
                self.push(name, bytes);
                self.after_symbol = true;
            }
            Piece::Name(name) => {
                self.end();
                self.push(&name.to_ascii_lowercase(), bytes);
                self.end();
            }
            Piece::Underscore { before_letters } => {
                let is_sign = self.term.chars().nth(1).is_none();
                if before_letters && !is_sign {
                    self.end();
                }
            }
            Piece::Border => self.end(),
        }
    }

    fn char(&mut self, c: char, bytes: Range<usize>) {
        let was_superscript = std::mem::take(&mut self.in_superscript);
        if unicode::is_removed(c) {
            self.in_superscript = was_superscript;
            return;
        }
        if unicode::is_ideograph(c) {
            self.end();
            fold(c, |c| self.letter(c, bytes.clone()));
            self.end();
        } else if let Some(digit) = superscript(c) {
            if !was_superscript {
                self.end();
            }
            self.in_superscript = true;
            self.letter(digit, bytes);
        } else if let Some(at) = greek_place(c)
            && !self.is_among_greek()
        {
            self.push(GREEK[at], bytes);
        } else {
            let mut is_part = true;
            fold(c, |c| {
                is_part &= c.is_alphanumeric();
                match letters(c) {
                    Some(letters) => self.push(letters, bytes.clone()),
                    None => self.letter(c, bytes.clone()),
                }
            });
            if !is_part {
                self.sign(c, bytes);
            }
        }
    }

    /// A folded character, where it is one of a term.
    fn letter(&mut self, c: char, bytes: Range<usize>) {
        if c.is_alphanumeric() {
            let mut utf8 = [0; 4];
            self.push(c.encode_utf8(&mut utf8), bytes);
        }
    }

    /// A character that is neither letter nor digit: it ends the term, or belongs to it.
    fn sign(&mut self, c: char, bytes: Range<usize>) {
        let rest = self.pieces.rest();
        let next_is = |rest: &str, test: fn(char) -> bool| rest.chars().next().is_some_and(test);
        let last = self.term.chars().next_back();
        match c {
            '.' if last.is_some_and(|c| c.is_ascii_digit())
                && next_is(rest, |c| c.is_ascii_digit()) =>
            {
                self.push(".", bytes);
            }
            '+' if last.is_some_and(char::is_alphabetic)
                && rest.starts_with('+')
                && !next_is(&rest[1..], |c| c.is_alphanumeric() || c == '+') =>
            {
                self.pieces.advance(1);
                self.push("++", bytes.start..bytes.end + 1);
                self.end();
            }
            '#' if self.term.len() == 1
                && last.is_some_and(char::is_alphabetic)
                && !next_is(rest, char::is_alphanumeric) =>
            {
                self.push("#", bytes);
                self.end();
            }
            '\'' | '’' if last.is_some() => {
                self.end();
                if rest.starts_with(['s', 'S']) && !next_is(&rest[1..], char::is_alphanumeric) {
                    self.pieces.advance(1);
                }
            }
            _ => self.end(),
        }
    }

    /// Whether the character just read stands beside another Greek letter, marks not counted.
    fn is_among_greek(&self) -> bool {
        let before = self.term.chars().next_back();
        let mut behind = self.pieces.rest().chars().filter(|&c| {
            let mut stays = false;
            fold(c, |_| stays = true);
            stays
        });
        before.is_some_and(is_greek) || behind.next().is_some_and(is_greek)
    }

    /// Appends to the term as a whole, or not at all.
    fn push(&mut self, letters: &str, bytes: Range<usize>) {
        if self.term.is_empty() {
            self.bytes = bytes.clone();
        }
        self.bytes.end = bytes.end;
        self.is_full |= self.term.len() + letters.len() > MAX_TERM;
        if !self.is_full {
            self.term.push_str(letters);
        }
    }

    fn end(&mut self) {
        self.after_symbol = false;
        self.in_superscript = false;
        if self.is_full {
            // What was cut off may have been what kept the last character as it is.
            let mut last = self.term.chars().rev();
            let (last, before) = (last.next(), last.next());
            if last == Some('.') || last.is_some_and(is_greek) && !before.is_some_and(is_greek) {
                self.term.pop();
            }
        }
        self.is_full = false;
        if !self.term.is_empty() {
            (self.give)(&self.term, self.position, self.bytes.clone());
            self.position += 1;
            self.term.clear();
        }
    }
}

/// Gives the letters of `c`: without marks, small, and of those again what is left without marks.
fn fold(c: char, mut give: impl FnMut(char)) {
    if c.is_ascii() {
        return give(c.to_ascii_lowercase());
    }
    // A syllable is shorter than its letters, which no one writes one by one.
    if matches!(c, '가'..='힣') {
        return give(c);
    }
    let stays = |part| match part {
        Part::Stays(c, _) => Some(c),
        Part::Border => None,
    };
    unicode::fold(c, |part| {
        for small in stays(part).into_iter().flat_map(char::to_lowercase) {
            unicode::fold(small, |part| match stays(part) {
                Some('ς') => give('σ'),
                Some(c) => give(c),
                None => {}
            });
        }
    });
}

/// Small letters that are no others with a mark, as people without their keyboards write them.
fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' | 'ℓ' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        'ȷ' => "j",
        'ħ' => "h",
        'ŋ' => "n",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        '₀' => "0",
        '₁' => "1",
        '₂' => "2",
        '₃' => "3",
        '₄' => "4",
        '₅' => "5",
        '₆' => "6",
        '₇' => "7",
        '₈' => "8",
        '₉' => "9",
        _ => return None,
    })
}

fn superscript(c: char) -> Option<char> {
    "⁰¹²³⁴⁵⁶⁷⁸⁹"
        .chars()
        .zip('0'..='9')
        .find(|&(sign, _)| sign == c)
        .map(|(_, digit)| digit)
}

/// The place in the alphabet of a Greek letter, without its marks.
fn greek_place(c: char) -> Option<usize> {
    if c.is_ascii() {
        return None;
    }
    let (mut place, mut n) = (None, 0);
    fold(c, |c| {
        n += 1;
        place = match c {
            'α'..='ρ' => Some(c as usize - 'α' as usize),
            'σ' => Some(17),
            'τ'..='ω' => Some(c as usize - 'α' as usize - 1),
            'ϵ' => Some(4),
            'ϑ' => Some(7),
            'µ' => Some(11),
            'ϖ' => Some(15),
            'ϱ' => Some(16),
            'ϕ' => Some(20),
            _ => None,
        };
    });
    place.filter(|_| n == 1)
}

fn is_greek(c: char) -> bool {
    greek_place(c).is_some()
}
