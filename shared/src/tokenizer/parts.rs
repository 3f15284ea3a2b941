//! A tokenizer as its artifact's writer takes it and its reader gives it.

/// What the normalizer does, step by step in this order; the names are those of `BertNormalizer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own in tokenizer.json"
)]
pub struct Normalization {
    /// Whether control, format and private-use characters are removed.
    pub clean_text: bool,
    /// Whether an ideograph is a word of its own.
    pub handle_chinese_chars: bool,
    /// Whether letters lose their accents: canonical decomposition without nonspacing marks.
    pub strip_accents: bool,
    /// Whether letters become small.
    pub lowercase: bool,
}

/// A token that is recognized in the raw text, before any normalization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedToken {
    /// The text, such as `[MASK]`.
    pub content: String,
    /// Its id.
    pub id: u32,
}

/// The vocabulary's words with their ids, ascending by their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    pub(crate) text: String,
    /// Where each word ends in `text`.
    pub(crate) ends: Vec<u32>,
    pub(crate) ids: Vec<u32>,
}

impl Words {
    /// Orders `words`, each of which stands there once.
    pub fn new(mut words: Vec<(String, u32)>) -> Self {
        words.sort_unstable();
        let mut made = Self::default();
        for (word, id) in words {
            made.text.push_str(&word);
            made.ends
                .push(u32::try_from(made.text.len()).expect("a vocabulary has at most 4 GiB"));
            made.ids.push(id);
        }
        made
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Word number `at`, its prefix included.
    pub fn word(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[at] as usize]
    }

    /// Id of word number `at`.
    pub fn id(&self, at: usize) -> u32 {
        self.ids[at]
    }

    /// Words with their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        (0..self.len()).map(|at| (self.word(at), self.id(at)))
    }
}

/// A `WordPiece` tokenizer of the BERT family; [`super::Tokenizer::new`] makes it run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenizerParts {
    /// The vocabulary.
    pub words: Words,
    /// What stands before a word that continues another, such as `##`.
    pub prefix: String,
    /// Characters of a word beyond which it is unknown as a whole.
    pub max_chars: u32,
    /// Id for unknown words.
    pub unknown: u32,
    /// Id that every text begins with.
    pub opening: u32,
    /// Id that every text ends with.
    pub closing: u32,
    /// Tokens recognized in the raw text.
    pub added: Vec<AddedToken>,
    /// What the normalizer does.
    pub normalization: Normalization,
}

impl TokenizerParts {
    /// Every id, those of the words first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        let special = [self.unknown, self.opening, self.closing];
        let added = self.added.iter().map(|token| token.id);
        self.words.ids.iter().copied().chain(special).chain(added)
    }
}
