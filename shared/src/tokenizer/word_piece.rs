//! `WordPiece`: a word is its longest beginning in the vocabulary, then the longest beginning of
//! what is left, with the prefix before it, and so on; unknown as a whole where one step fails.
//!
//! The vocabulary is a hash table over one text. A slot holds a word's number and those bits of its
//! hash that the number leaves free, so a wrong word is hardly ever compared. Hashes of all
//! beginnings come from one walk over the word.

use super::Window;
use super::parts::Words;

/// FNV-1a (Fowler, Noll and Vo), 32 bits.
const FNV_BASIS: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;
/// A slot without a word.
const FREE: u32 = u32::MAX;

/// A vocabulary that finds words.
#[derive(Debug)]
pub(super) struct WordPiece {
    words: Words,
    prefix: Box<[u8]>,
    prefix_hash: u32,
    unknown: u32,
    /// Bytes of the longest word, prefix included.
    longest: usize,
    /// A power of two, at least twice as many as words.
    slots: Box<[u32]>,
    /// Bits of a slot that hold the word's number.
    number_bits: u32,
}

impl WordPiece {
    pub(super) fn new(words: Words, prefix: &str, unknown: u32) -> Self {
        let n = words.len();
        let number_bits = usize::BITS - n.leading_zeros();
        let mut made = Self {
            prefix: prefix.as_bytes().into(),
            prefix_hash: hash(FNV_BASIS, prefix.as_bytes()),
            unknown,
            longest: 0,
            slots: vec![FREE; (2 * n).next_power_of_two().max(2)].into(),
            number_bits,
            words,
        };
        let mut start = 0;
        for (number, &end) in made.words.ends.iter().enumerate() {
            let word = &made.words.text.as_bytes()[start..end as usize];
            start = end as usize;
            made.longest = made.longest.max(word.len());
            let hash = finish(hash(FNV_BASIS, word));
            let mut at = hash as usize & (made.slots.len() - 1);
            while made.slots[at] != FREE {
                at = (at + 1) & (made.slots.len() - 1);
            }
            made.slots[at] = tag(hash, number_bits) | number as u32;
        }
        made
    }

    /// Id for unknown words.
    pub(super) fn unknown(&self) -> u32 {
        self.unknown
    }

    /// The vocabulary.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// What stands before a word that continues another.
    pub(super) fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Pushes the pieces of `word`, or the id for unknown words.
    pub(super) fn look_up(&self, word: &[u8], hashes: &mut Vec<u32>, to: &mut Window<'_>) {
        let before = to.len();
        let mut rest = word;
        let mut prefix: &[u8] = &[];
        let mut state = FNV_BASIS;
        while !rest.is_empty() {
            let reach = rest.len().min(self.longest.saturating_sub(prefix.len()));
            hashes.clear();
            hashes.extend(rest[..reach].iter().map(|&byte| {
                state = step(state, byte);
                state
            }));
            let longest = (1..=reach).rev().find_map(|len| {
                // A word ends where a character does.
                if rest.get(len).is_some_and(|&next| next & 0xC0 == 0x80) {
                    return None;
                }
                self.find(prefix, &rest[..len], hashes[len - 1])
                    .map(|id| (len, id))
            });
            let Some((len, id)) = longest else {
                to.truncate(before);
                to.push(self.unknown);
                return;
            };
            to.push(id);
            rest = &rest[len..];
            prefix = &self.prefix;
            state = self.prefix_hash;
        }
    }

    /// Id of the word `prefix` + `piece`, whose hash before the last step is `hash`.
    #[inline]
    fn find(&self, prefix: &[u8], piece: &[u8], hash: u32) -> Option<u32> {
        let hash = finish(hash);
        let tag = tag(hash, self.number_bits);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return None;
            }
            let number = slot & !(u32::MAX << self.number_bits);
            if slot ^ number == tag {
                let word = self.words.word(number as usize).as_bytes();
                if word.strip_prefix(prefix) == Some(piece) {
                    return Some(self.words.id(number as usize));
                }
            }
            at = (at + 1) & mask;
        }
    }
}

fn step(state: u32, byte: u8) -> u32 {
    (state ^ u32::from(byte)).wrapping_mul(FNV_PRIME)
}

fn hash(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |state, &byte| step(state, byte))
}

/// Spreads a hash: the table takes its low bits, a slot its high ones.
fn finish(hash: u32) -> u32 {
    (hash ^ hash >> 15).wrapping_mul(0x2c1b_3c6d) ^ hash >> 16
}

/// The bits of a hash that a slot has room for, in their place.
fn tag(hash: u32, number_bits: u32) -> u32 {
    hash & u32::MAX << number_bits
}
