//! Text to token ids: a thin face over the `tokenizers` crate and the model's own `tokenizer.json`.

use tokenizers::{Model as _, ModelWrapper, Tokenizer as Inner};

/// A model's tokenizer, cut at the model's own length.
///
/// The truncation and padding that `tokenizer.json` may bring (128 tokens both, for MiniLM) are
/// cleared: short texts get no padding, and the length is [`crate::artifact::ModelMeta::max_tokens`].
#[derive(Debug)]
pub struct Tokenizer {
    inner: Inner,
    max_tokens: usize,
}

/// The tokens of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Ids, special tokens among them; at most the model's length.
    pub ids: Vec<u32>,
    /// Tokens that the length left out.
    pub n_cut: usize,
}

impl Tokenizer {
    /// Opens a `tokenizer.json`; `None` where it is none, or where some text would have no tokens
    /// because the one for unknown words is missing.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Option<Self> {
        let mut inner = Inner::from_bytes(json).ok()?;
        inner.with_truncation(None).ok()?;
        inner.with_padding(None);
        encodes_any_text(&inner).then_some(())?;
        Some(Self { inner, max_tokens })
    }

    /// One more than the largest id it can produce.
    pub fn n_ids(&self) -> usize {
        let vocabulary = self.inner.get_vocab(true);
        vocabulary
            .values()
            .max()
            .map_or(0, |&largest| (largest as usize).saturating_add(1))
    }

    /// Tokenizes `text`; what exceeds the model's length is cut before the closing special token.
    pub fn tokenize(&self, text: &str) -> Tokens {
        let encoding = self
            .inner
            .encode_fast(text, true)
            .expect("a WordPiece or BPE model encodes any text");
        let ids = encoding.get_ids();
        let n_cut = ids.len().saturating_sub(self.max_tokens);
        let mut kept = ids[..ids.len() - n_cut].to_vec();
        if n_cut > 0
            && let (Some(last), Some(&closing)) = (kept.last_mut(), ids.last())
        {
            *last = closing;
        }
        Tokens { ids: kept, n_cut }
    }

    /// Tokens that a text without a word has: the special ones.
    pub fn n_special(&self) -> usize {
        use tokenizers::PostProcessor as _;
        self.inner
            .get_post_processor()
            .map_or(0, |p| p.added_tokens(false))
    }
}

/// Whether words outside the vocabulary have a token.
fn encodes_any_text(inner: &Inner) -> bool {
    let known = |unknown: &str| inner.get_model().token_to_id(unknown).is_some();
    match inner.get_model() {
        ModelWrapper::WordPiece(model) => known(&model.unk_token),
        ModelWrapper::WordLevel(model) => known(&model.unk_token),
        ModelWrapper::BPE(model) => model.get_unk_token().as_deref().is_none_or(known),
        // What is unknown has no name here: a word from outside every vocabulary shows it.
        ModelWrapper::Unigram(_) => inner.encode_fast("\u{13000}\u{1ecb2}", true).is_ok(),
    }
}
