//! Tokenized papers in memory.

use shared::Sha256;

use super::choices::Choices;
use super::dropped::Dropped;
use super::sentences::Sentences;
use crate::model::ops::mix;

/// One paper: where its tokens are, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where its title's tokens begin; its abstract's follow.
    pub at: usize,
    /// Tokens of the title.
    pub n_title: u16,
    /// Tokens of the abstract.
    pub n_abstract: u16,
    /// Tokens of both that were beyond what is kept of a text.
    pub n_cut: u16,
    /// Number of its category among [`Corpus::classes`].
    pub label: u16,
    /// Year, 0 where it is not known.
    pub year: u16,
    /// The first eight bytes of its id's SHA-256.
    pub id: u64,
}

/// The papers of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corpus {
    /// SHA-256 of the `tokenizer.json` that the tokens are of.
    pub tokenizer: Sha256,
    /// What was asked of the papers.
    pub choices: Choices,
    /// Categories, canonical.
    pub classes: Vec<String>,
    /// Papers to train on.
    pub train: Vec<Entry>,
    /// Papers to choose checkpoints by: the calibration half of the held-out ones. The other half, which
    /// every reported figure is measured on, is not here.
    pub valid: Vec<Entry>,
    /// Token ids of all titles and abstracts, without special tokens.
    pub tokens: Vec<u16>,
    /// `[CLS]`.
    pub opening: u16,
    /// `[SEP]`.
    pub closing: u16,
    /// Tokens that end sentences, and those that do not.
    pub sentences: Sentences,
    /// What was left out, and why.
    pub dropped: Dropped,
}

impl Corpus {
    /// At most `n` whole papers of each category, by a hash of their ids: files are often sorted by year.
    pub fn sample<'a>(&self, papers: &'a [Entry], n: usize) -> Vec<&'a Entry> {
        let mut order: Vec<&Entry> = papers
            .iter()
            .filter(|entry| entry.n_title > 0 && entry.n_abstract > 0)
            .collect();
        order.sort_by_key(|entry| mix(entry.id));
        let mut counts = vec![0; self.classes.len()];
        order.retain(|entry| {
            let count = &mut counts[usize::from(entry.label)];
            *count += 1;
            *count <= n
        });
        order
    }

    /// Tokens of a title.
    pub fn title(&self, entry: &Entry) -> &[u16] {
        &self.tokens[entry.at..entry.at + usize::from(entry.n_title)]
    }

    /// Tokens of an abstract.
    pub fn abstract_of(&self, entry: &Entry) -> &[u16] {
        let from = entry.at + usize::from(entry.n_title);
        &self.tokens[from..from + usize::from(entry.n_abstract)]
    }

    /// A text with its special tokens, cut at `max_tokens`.
    pub fn framed<'a>(
        &self,
        parts: impl IntoIterator<Item = &'a [u16]>,
        max_tokens: usize,
    ) -> Vec<u32> {
        let inner = parts.into_iter().flatten().copied();
        let inner = inner.take(max_tokens.saturating_sub(2));
        std::iter::once(self.opening)
            .chain(inner)
            .chain([self.closing])
            .map(u32::from)
            .collect()
    }

    /// A paper as the page embeds it: `{title}. {abstract}`.
    pub fn document(&self, entry: &Entry, max_tokens: usize) -> Vec<u32> {
        let between: &[u16] = &[self.sentences.period];
        self.framed(
            [self.title(entry), between, self.abstract_of(entry)],
            max_tokens,
        )
    }
}
