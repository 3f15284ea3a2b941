//! Texts of exact lengths, cut from the starter corpus: every engine embeds the same tokens.

use std::path::Path;

use anyhow::{Context, Result};
use ingest::papers;
use serde::Serialize;
use shared::Model;

/// Tokens of the texts, the two special ones among them.
pub(crate) const LENGTHS: [usize; 6] = [8, 16, 32, 64, 128, 256];

/// A text and its tokens.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Text {
    /// What our engines and transformers.js are given.
    pub(crate) text: String,
    /// What onnxruntime is given.
    pub(crate) ids: Vec<u32>,
}

/// One text for each of [`LENGTHS`].
///
/// # Errors
/// Where the papers are not there, or no cut of them has that many tokens.
pub(crate) fn of_lengths(model: &Model, starter: &Path) -> Result<Vec<Text>> {
    let (papers, _) = papers::read_all(&[starter.to_owned()])?;
    let words: Vec<&str> = papers
        .iter()
        .flat_map(|paper| paper.abstract_.split_whitespace())
        .collect();
    let cut = |n: usize| {
        // Words have one token or more, so a cut may miss the length: the next start is tried.
        let found = (0..words.len()).find_map(|start| cut(model, &words[start..], n));
        found.with_context(|| format!("no text of {} has {n} tokens", starter.display()))
    };
    LENGTHS.into_iter().map(cut).collect()
}

/// The first words that have `n` tokens together.
fn cut(model: &Model, words: &[&str], n: usize) -> Option<Text> {
    let tokenized = |n_words: usize| {
        let text = words[..n_words].join(" ");
        let tokens = model.tokenizer().tokenize(&text);
        (text, tokens)
    };
    // More words never have fewer tokens.
    let (mut low, mut high) = (1, n.min(words.len()));
    while low < high {
        let middle = low.midpoint(high);
        let (_, tokens) = tokenized(middle);
        if tokens.ids.len() + tokens.n_cut < n {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let (text, tokens) = tokenized(low);
    let ids = tokens.ids;
    (ids.len() == n && tokens.n_cut == 0).then_some(Text { text, ids })
}
