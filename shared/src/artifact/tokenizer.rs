//! `TOKZ` of a model artifact: the tokenizer, its vocabulary front-coded.
//!
//! Words stand in ascending order, so that each begins like the one before: a byte says how much of
//! it and how many bytes follow. Ids stand apart, their low bytes first, since a text of alike
//! bytes is what a server's compression makes small.

use super::{ArtifactError, Tag};
use crate::tokenizer::{AddedToken, Normalization, TokenizerParts, Words};

/// Bytes before the prefix.
const HEAD_LEN: usize = 25;
/// The largest half of a byte: as a length it says that a byte follows with what exceeds it.
const HALF: usize = 15;

fn malformed(rule: &'static str) -> ArtifactError {
    ArtifactError::Malformed {
        part: Tag(*b"TOKZ"),
        rule,
    }
}

impl TokenizerParts {
    /// Writes the section; the inverse of [`Self::parse`].
    pub(crate) fn to_section(&self) -> Vec<u8> {
        let short =
            |len: usize| u8::try_from(len).expect("a prefix or token has at most 255 bytes");
        let largest = self.words.ids.iter().copied().max().unwrap_or(0);
        let id_bytes = (4 - largest.leading_zeros() as usize / 8).max(1);
        assert!(id_bytes <= 3, "an id is less than 16,777,216");
        let n_words = u32::try_from(self.words.len()).expect("as many words as ids at most");
        let n_added = u16::try_from(self.added.len()).expect("at most 65,535 added tokens");
        let mut to = Vec::new();
        for field in [
            n_words,
            self.max_chars,
            self.unknown,
            self.opening,
            self.closing,
        ] {
            to.extend(field.to_le_bytes());
        }
        to.extend(n_added.to_le_bytes());
        to.extend([
            bits(self.normalization),
            id_bytes as u8,
            short(self.prefix.len()),
        ]);
        to.extend(self.prefix.as_bytes());
        for token in &self.added {
            to.push(short(token.content.len()));
            to.extend(token.id.to_le_bytes());
            to.extend(token.content.as_bytes());
        }
        let mut ends = Vec::new();
        let mut before: &[u8] = &[];
        for word in (0..self.words.len()).map(|at| self.words.word(at).as_bytes()) {
            let alike = word.iter().zip(before).take_while(|(a, b)| a == b).count();
            let shared = alike.min(HALF);
            let end = &word[shared..];
            to.push((shared << 4 | end.len().min(HALF)) as u8);
            if let Some(more) = end.len().checked_sub(HALF) {
                ends.push(short(more));
            }
            ends.extend_from_slice(end);
            before = word;
        }
        for place in 0..id_bytes {
            to.extend(self.words.ids.iter().map(|id| id.to_le_bytes()[place]));
        }
        to.extend(ends);
        to
    }

    /// Reads and verifies the section of a model whose word table has `rows` rows.
    pub(crate) fn parse(section: &[u8], rows: usize) -> Result<Self, ArtifactError> {
        let mut from = Reader(section);
        let mut head = Reader(from.take(HEAD_LEN)?);
        let [n_words, max_chars, unknown, opening, closing] = [
            head.u32()?,
            head.u32()?,
            head.u32()?,
            head.u32()?,
            head.u32()?,
        ];
        let n_added = u16::from_le_bytes([head.u8()?, head.u8()?]);
        let normalization =
            options(head.u8()?).ok_or(malformed("no option is set that the page does not know"))?;
        let id_bytes = usize::from(head.u8()?);
        if !(1..=3).contains(&id_bytes) {
            return Err(malformed("an id has one to three bytes"));
        }
        let prefix_len = usize::from(head.u8()?);
        let prefix = from.text(prefix_len)?.to_owned();
        let mut added: Vec<AddedToken> = Vec::new();
        for _ in 0..n_added {
            let len = usize::from(from.u8()?);
            let id = from.u32()?;
            let content = from.text(len)?.to_owned();
            added.push(AddedToken { content, id });
        }
        let mut contents: Vec<&str> = added.iter().map(|token| &*token.content).collect();
        contents.sort_unstable();
        if contents.first() == Some(&"") || contents.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(malformed(
                "an added token is not empty, and stands there once",
            ));
        }
        let words = from.words(n_words as usize, id_bytes)?;
        let parts = Self {
            words,
            prefix,
            max_chars,
            unknown,
            opening,
            closing,
            added,
            normalization,
        };
        parts.check_ids(rows)?;
        Ok(parts)
    }

    fn check_ids(&self, rows: usize) -> Result<(), ArtifactError> {
        if self.ids().any(|id| id as usize >= rows) {
            return Err(malformed("every token id is a row of the word table"));
        }
        let mut is_taken = vec![false; rows];
        for &id in &self.words.ids {
            if std::mem::replace(&mut is_taken[id as usize], true) {
                return Err(malformed("each word has an id of its own"));
            }
        }
        if !is_taken[self.unknown as usize] {
            return Err(malformed("the token for unknown words is one of the words"));
        }
        Ok(())
    }
}

/// The options as bits, the first step of the normalizer lowest.
fn bits(of: Normalization) -> u8 {
    let steps = [
        of.clean_text,
        of.handle_chinese_chars,
        of.strip_accents,
        of.lowercase,
    ];
    let mut bits = 0;
    for (at, &step) in steps.iter().enumerate() {
        bits |= u8::from(step) << at;
    }
    bits
}

/// The inverse of [`bits`], where no other bit is set.
fn options(bits: u8) -> Option<Normalization> {
    (bits < 16).then_some(Normalization {
        clean_text: bits & 1 != 0,
        handle_chinese_chars: bits & 2 != 0,
        strip_accents: bits & 4 != 0,
        lowercase: bits & 8 != 0,
    })
}

/// Bytes of the section that are not yet read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], ArtifactError> {
        let (taken, rest) = self
            .0
            .split_at_checked(len)
            .ok_or(malformed("the tokenizer's parts fill their section"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, ArtifactError> {
        self.take(1).map(|byte| byte[0])
    }

    fn u32(&mut self) -> Result<u32, ArtifactError> {
        self.take(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn text(&mut self, len: usize) -> Result<&'a str, ArtifactError> {
        std::str::from_utf8(self.take(len)?)
            .map_err(|_| malformed("words, prefix and added tokens are UTF-8"))
    }

    /// The vocabulary, up to the end of the section.
    fn words(&mut self, n: usize, id_bytes: usize) -> Result<Words, ArtifactError> {
        let shapes = self.take(n)?;
        let mut ids = vec![0_u32; n];
        for place in 0..id_bytes {
            for (id, &byte) in ids.iter_mut().zip(self.take(n)?) {
                *id |= u32::from(byte) << (8 * place);
            }
        }
        let mut text: Vec<u8> = Vec::with_capacity(self.0.len() + 4 * n);
        let mut ends: Vec<u32> = Vec::with_capacity(n);
        let mut before = 0..0;
        for &shape in shapes {
            let (shared, mut len) = (usize::from(shape >> 4), usize::from(shape) & HALF);
            if shared > before.len() {
                return Err(malformed("a word shares no more than the one before has"));
            }
            if len == HALF {
                len += usize::from(self.u8()?);
            }
            let end = self.take(len)?;
            let start = text.len();
            text.extend_from_within(before.start..before.start + shared);
            text.extend_from_slice(end);
            // What both share need not be compared.
            if !ends.is_empty() && text[before.start + shared..before.end] >= *end {
                return Err(malformed("words ascend, by their bytes"));
            }
            before = start..text.len();
            ends.push(
                u32::try_from(text.len())
                    .map_err(|_| malformed("the tokenizer's parts fill their section"))?,
            );
        }
        if !self.0.is_empty() {
            return Err(malformed("the tokenizer's parts fill their section"));
        }
        let text = String::from_utf8(text)
            .ok()
            .filter(|text| ends.iter().all(|&end| text.is_char_boundary(end as usize)))
            .ok_or(malformed("words, prefix and added tokens are UTF-8"))?;
        Ok(Words { text, ends, ids })
    }
}
