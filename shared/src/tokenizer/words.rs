//! Text to words: added tokens, `BertNormalizer` and `BertPreTokenizer` in one pass.
//!
//! The judge makes five strings one after the other: without control characters, with spaces
//! around ideographs, decomposed and in canonical order, without marks, in small letters; then it
//! cuts. Each step but the canonical order looks at one character, so a character goes through all
//! of them at once, and only marks that stay and have a class wait for their place.

use super::parts::{AddedToken, Normalization};
use super::unicode::{self, Part};

/// Where words and added tokens go.
pub(super) trait Sink {
    /// A word, normalized, of at least one character and at most `max_chars`.
    fn word(&mut self, word: &[u8]);
    /// A word of more characters.
    fn long_word(&mut self);
    /// A token that stood in the raw text.
    fn added(&mut self, id: u32);
}

/// How a text is cut into words.
#[derive(Debug)]
pub(super) struct Rules {
    normalization: Normalization,
    max_chars: usize,
    /// Longest first, so that the first that matches is the longest.
    added: Vec<AddedToken>,
    /// Whether an added token begins with this byte.
    starts: [bool; 256],
    /// What becomes of an ASCII character.
    ascii: [Ascii; 128],
}

/// What becomes of an ASCII character.
#[derive(Debug, Clone, Copy)]
enum Ascii {
    Removed,
    Space,
    Punctuation(u8),
    Letter(u8),
}

impl Rules {
    pub(super) fn new(
        normalization: Normalization,
        max_chars: u32,
        mut added: Vec<AddedToken>,
    ) -> Self {
        added.sort_by_key(|token| std::cmp::Reverse(token.content.len()));
        let mut starts = [false; 256];
        for token in &added {
            starts[usize::from(token.content.as_bytes()[0])] = true;
        }
        let ascii = std::array::from_fn(|code| {
            let code = code as u8;
            let c = char::from(code);
            let small = if normalization.lowercase {
                code.to_ascii_lowercase()
            } else {
                code
            };
            match c {
                _ if normalization.clean_text && unicode::is_removed(c) => Ascii::Removed,
                _ if c.is_whitespace() => Ascii::Space,
                _ if unicode::is_punctuation(c) => Ascii::Punctuation(code),
                _ => Ascii::Letter(small),
            }
        });
        Self {
            normalization,
            max_chars: max_chars as usize,
            added,
            starts,
            ascii,
        }
    }

    /// What the normalizer does.
    pub(super) fn normalization(&self) -> Normalization {
        self.normalization
    }

    /// Characters of the longest word that is looked up.
    pub(super) fn max_chars(&self) -> usize {
        self.max_chars
    }

    /// Ids of the tokens that stand in the raw text.
    pub(super) fn added(&self) -> impl Iterator<Item = u32> {
        self.added.iter().map(|token| token.id)
    }

    /// Cuts `text`. `word` and `marks` are room to work in, whatever they hold.
    pub(super) fn cut(
        &self,
        text: &str,
        word: &mut Vec<u8>,
        marks: &mut Vec<(u8, char)>,
        sink: impl Sink,
    ) {
        word.clear();
        marks.clear();
        let mut cutter = Cutter {
            rules: self,
            word,
            n_chars: 0,
            marks,
            sink,
        };
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.starts[usize::from(byte)]
                && let Some(token) = self.added_at(&bytes[at..])
            {
                cutter.end_word();
                cutter.sink.added(token.id);
                at += token.content.len();
            } else if byte.is_ascii() {
                cutter.ascii(byte);
                at += 1;
            } else {
                let c = text[at..].chars().next().expect("a character begins here");
                cutter.character(c);
                at += c.len_utf8();
            }
        }
        cutter.end_word();
    }

    /// The longest added token that `bytes` begin with.
    fn added_at(&self, bytes: &[u8]) -> Option<&AddedToken> {
        self.added
            .iter()
            .find(|token| bytes.starts_with(token.content.as_bytes()))
    }
}

/// A text while it is cut.
struct Cutter<'a, S> {
    rules: &'a Rules,
    /// The word so far; at most `max_chars` characters of it.
    word: &'a mut Vec<u8>,
    /// Characters of the word so far, kept or not.
    n_chars: usize,
    marks: &'a mut Vec<(u8, char)>,
    sink: S,
}

impl<S: Sink> Cutter<'_, S> {
    fn ascii(&mut self, byte: u8) {
        match self.rules.ascii[usize::from(byte)] {
            Ascii::Removed => {}
            Ascii::Space => self.end_word(),
            Ascii::Letter(letter) => {
                self.place_marks();
                if self.n_chars < self.rules.max_chars {
                    self.word.push(letter);
                }
                self.n_chars += 1;
            }
            Ascii::Punctuation(mark) => {
                self.end_word();
                self.word.push(mark);
                self.n_chars = 1;
                self.end_word();
            }
        }
    }

    /// Any character, from cleaning on.
    fn character(&mut self, c: char) {
        let Normalization {
            clean_text,
            handle_chinese_chars,
            strip_accents,
            ..
        } = self.rules.normalization;
        if clean_text && unicode::is_removed(c) {
            return;
        }
        let is_word = handle_chinese_chars && unicode::is_ideograph(c);
        if is_word || c.is_whitespace() {
            self.end_word();
        }
        if strip_accents {
            unicode::fold(c, |part| match part {
                Part::Border => self.place_marks(),
                Part::Stays(c, 0) => {
                    self.place_marks();
                    self.small(c);
                }
                Part::Stays(c, class) => self.marks.push((class, c)),
            });
        } else {
            self.small(c);
        }
        if is_word {
            self.end_word();
        }
    }

    /// Writes the waiting marks in canonical order: by class, those of one class as they came.
    fn place_marks(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        self.marks.sort_by_key(|&(class, _)| class);
        for at in 0..self.marks.len() {
            self.small(self.marks[at].1);
        }
        self.marks.clear();
    }

    /// A character in its place, from small letters on.
    fn small(&mut self, c: char) {
        if self.rules.normalization.lowercase {
            c.to_lowercase().for_each(|c| self.finished(c));
        } else {
            self.finished(c);
        }
    }

    /// A character of the normalized text.
    fn finished(&mut self, c: char) {
        if c.is_whitespace() {
            self.give_word();
        } else if unicode::is_punctuation(c) {
            self.give_word();
            self.append(c);
            self.give_word();
        } else {
            self.append(c);
        }
    }

    fn append(&mut self, c: char) {
        if self.n_chars < self.rules.max_chars {
            let mut utf8 = [0; 4];
            self.word.extend(c.encode_utf8(&mut utf8).as_bytes());
        }
        self.n_chars += 1;
    }

    /// Ends the word where the text has a border that no mark crosses.
    fn end_word(&mut self) {
        self.place_marks();
        self.give_word();
    }

    /// Gives the word so far, where there is one.
    fn give_word(&mut self) {
        if self.n_chars > self.rules.max_chars {
            self.sink.long_word();
        } else if self.n_chars > 0 {
            self.sink.word(self.word);
        }
        self.word.clear();
        self.n_chars = 0;
    }
}
