//! Text to token ids: BERT's normalizer, pre-tokenizer and `WordPiece` in one pass over the text.
//!
//! The results are those of the `tokenizers` crate for the model's own `tokenizer.json`, which is
//! the judge in tests and no part of the page. Departures from it:
//! 1. the vocabulary comes from the compact form that the model artifact holds ([`TokenizerParts`]);
//! 2. no string is made per word, and beyond the window tokens are counted only;
//! 3. a `tokenizer.json` that asks for anything else is refused when it is converted.
//!
//! Start at [`Tokenizer::tokenize_into`]; `words` cuts the text, `word_piece` looks the words up,
//! `unicode` knows the characters, `json` converts.

mod json;
mod parts;
mod producible;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
pub(crate) mod unicode;
mod word_piece;
mod words;

pub use json::ConversionError;
pub use parts::{AddedToken, Normalization, TokenizerParts, Words};

use word_piece::WordPiece;
use words::{Rules, Sink};

/// A model's tokenizer, cut at the model's own length.
///
/// The truncation and padding that `tokenizer.json` may bring (128 tokens both, for MiniLM) are
/// not used: short texts get no padding, and the length is [`crate::artifact::ModelMeta::max_tokens`].
#[derive(Debug)]
pub struct Tokenizer {
    pieces: WordPiece,
    rules: Rules,
    opening: u32,
    closing: u32,
    n_ids: usize,
    max_tokens: usize,
}

/// The tokens of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Ids, special tokens among them; at most the model's length.
    pub ids: Vec<u32>,
    /// Tokens that the length left out.
    pub n_cut: usize,
}

/// What [`Tokenizer::tokenize_into`] works in; kept between calls, it spares their allocations.
#[derive(Debug, Clone, Default)]
pub struct TokenBuffer {
    tokens: Tokens,
    /// The word at hand, normalized; its characters beyond the longest known word are only counted.
    word: Vec<u8>,
    /// Hashes of the beginnings of what is left of the word.
    hashes: Vec<u32>,
    /// Marks that wait for others which go before them, with their canonical combining classes.
    marks: Vec<(u8, char)>,
}

impl Tokenizer {
    /// Makes a tokenizer run that cuts texts at `max_tokens`, the two special ones among them.
    /// Costs one pass over the vocabulary.
    pub fn new(parts: TokenizerParts, max_tokens: usize) -> Self {
        assert!(max_tokens >= 2, "a text has two special tokens");
        let n_ids = parts.ids().max().map_or(0, |largest| largest as usize + 1);
        Self {
            rules: Rules::new(parts.normalization, parts.max_chars, parts.added),
            pieces: WordPiece::new(parts.words, &parts.prefix, parts.unknown),
            opening: parts.opening,
            closing: parts.closing,
            n_ids,
            max_tokens,
        }
    }

    /// One more than the largest id it can produce.
    pub fn n_ids(&self) -> usize {
        self.n_ids
    }

    /// Tokens that a text without a word has: the special ones.
    pub fn n_special(&self) -> usize {
        2
    }

    /// Tokenizes `text`; what exceeds the model's length is cut before the closing special token.
    pub fn tokenize(&self, text: &str) -> Tokens {
        let mut buffer = TokenBuffer::default();
        self.tokenize_into(text, &mut buffer);
        buffer.tokens
    }

    /// [`Self::tokenize`] in a buffer of the caller's: no allocation once it has grown.
    pub fn tokenize_into<'a>(&self, text: &str, buffer: &'a mut TokenBuffer) -> &'a Tokens {
        buffer.tokens.ids.clear();
        buffer.tokens.ids.push(self.opening);
        self.cut(text, buffer, self.max_tokens - 1);
        buffer.tokens.ids.push(self.closing);
        &buffer.tokens
    }

    /// Every piece of `text`, however long it is: neither cut nor between special tokens.
    pub fn pieces_into<'a>(&self, text: &str, buffer: &'a mut TokenBuffer) -> &'a [u32] {
        buffer.tokens.ids.clear();
        self.cut(text, buffer, usize::MAX);
        &buffer.tokens.ids
    }

    /// Appends the pieces of `text` until there are `limit` ids, and counts the others.
    fn cut(&self, text: &str, buffer: &mut TokenBuffer, limit: usize) {
        let TokenBuffer {
            tokens,
            word,
            hashes,
            marks,
        } = buffer;
        tokens.n_cut = 0;
        let mut window = Window { tokens, limit };
        let sink = Pieces {
            tokenizer: self,
            window: &mut window,
            hashes,
        };
        self.rules.cut(text, word, marks, sink);
    }
}

/// Collects ids while there is room, and counts them afterwards.
struct Window<'a> {
    tokens: &'a mut Tokens,
    /// Ids that stand before the closing one.
    limit: usize,
}

impl Window<'_> {
    fn push(&mut self, id: u32) {
        if self.tokens.ids.len() < self.limit {
            self.tokens.ids.push(id);
        } else {
            self.tokens.n_cut += 1;
        }
    }

    /// Ids pushed so far, kept or cut.
    fn len(&self) -> usize {
        self.tokens.ids.len() + self.tokens.n_cut
    }

    /// Takes back all ids but the first `len`.
    fn truncate(&mut self, len: usize) {
        self.tokens.ids.truncate(len);
        self.tokens.n_cut = len - self.tokens.ids.len();
    }
}

/// Looks up what the text is cut into.
struct Pieces<'a, 'b> {
    tokenizer: &'a Tokenizer,
    window: &'a mut Window<'b>,
    hashes: &'a mut Vec<u32>,
}

impl Sink for Pieces<'_, '_> {
    fn word(&mut self, word: &[u8]) {
        self.tokenizer
            .pieces
            .look_up(word, self.hashes, self.window);
    }

    fn long_word(&mut self) {
        self.window.push(self.tokenizer.pieces.unknown());
    }

    fn added(&mut self, id: u32) {
        self.window.push(id);
    }
}
