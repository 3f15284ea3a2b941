//! Where sentences end in an abstract that is tokens already.

use serde::{Deserialize, Serialize};
use shared::tokenizer::Tokenizer;

/// Tokens of a sentence that can stand for a question.
const LENGTH: std::ops::RangeInclusive<usize> = 6..=62;
/// What a period shortens, so that the sentence goes on behind it.
const SHORTENED: [&str; 16] = [
    "al", "approx", "cf", "dr", "e", "eq", "eqs", "fig", "figs", "g", "i", "ref", "refs", "resp",
    "st", "vs",
];

/// The tokens that tell a sentence's end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sentences {
    /// The token of `.`, which the document template puts behind a title, too.
    pub period: u16,
    /// Numbers that are one token, ascending: between two of them a period is a decimal point.
    numbers: Vec<u16>,
    /// [`SHORTENED`], ascending.
    shortened: Vec<u16>,
}

impl Sentences {
    /// Those of a tokenizer whose ids fit 16 bits.
    pub fn new(tokenizer: &Tokenizer) -> Self {
        // Between `[CLS]` and `[SEP]`.
        let alone = |text: &str| match tokenizer.tokenize(text).ids[..] {
            [_, id, _] => u16::try_from(id).ok(),
            _ => None,
        };
        let all = |texts: &mut dyn Iterator<Item = String>| {
            let mut ids: Vec<u16> = texts.filter_map(|text| alone(&text)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Self {
            period: alone(".").unwrap_or_default(),
            numbers: all(&mut (0..10_000).map(|number| number.to_string())),
            shortened: all(&mut SHORTENED.into_iter().map(str::to_owned)),
        }
    }

    /// Those of texts without numbers and shortened words.
    #[cfg(test)]
    pub(super) fn with_period(period: u16) -> Self {
        Self {
            period,
            ..Self::default()
        }
    }

    /// One sentence of an abstract that has several, drawn by `key`: from where to where.
    pub(super) fn one(&self, ids: &[u16], key: u64) -> Option<(usize, usize)> {
        let mut from = 0;
        let mut sentences = Vec::new();
        for at in 0..ids.len() {
            if self.ends(ids, at) {
                sentences.push((from, at + 1));
                from = at + 1;
            }
        }
        if from < ids.len() {
            sentences.push((from, ids.len()));
        }
        let n = sentences.len();
        sentences.retain(|(from, end)| LENGTH.contains(&(end - from)));
        // The document must keep something to be found by.
        if n < 2 || sentences.is_empty() {
            return None;
        }
        Some(sentences[key as usize % sentences.len()])
    }

    fn ends(&self, ids: &[u16], at: usize) -> bool {
        let is = |of: &[u16], at: Option<usize>| {
            let id = at.and_then(|at| ids.get(at));
            id.is_some_and(|id| of.binary_search(id).is_ok())
        };
        let (before, after) = (at.checked_sub(1), Some(at + 1));
        ids[at] == self.period
            && !is(&self.shortened, before)
            && !(is(&self.numbers, before) && is(&self.numbers, after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_does_not_end_at_a_decimal_point_or_a_shortened_word() {
        let sentences = Sentences {
            period: 9,
            numbers: vec![30, 31],
            shortened: vec![40],
        };
        // words, 30.31, words, et al. words. words
        let ids = [
            1, 2, 30, 9, 31, 3, 40, 9, 4, 5, 9, 6, 6, 6, 6, 6, 6, 30, 9, 7, 7,
        ];
        let found: Vec<_> = (0..8).filter_map(|key| sentences.one(&ids, key)).collect();
        assert!(
            found.contains(&(0, 11)) && found.contains(&(11, 19)),
            "{found:?}"
        );
        assert!(
            found.iter().all(|one| [(0, 11), (11, 19)].contains(one)),
            "{found:?}"
        );
        assert_eq!(
            sentences.one(&ids[..10], 0),
            None,
            "one sentence is all there is"
        );
    }

    #[test]
    fn a_sentence_is_taken_only_where_something_is_left() {
        let sentences = Sentences::with_period(9);
        let one = |ids: &[u16], key| sentences.one(ids, key);
        let ids = |text: &str| -> Vec<u16> {
            text.bytes()
                .map(|b| if b == b'.' { 9 } else { 50 })
                .collect()
        };
        assert_eq!(one(&ids("aaaaaaaaaa."), 0), None, "one sentence");
        assert_eq!(one(&ids("aaa.bbb.ccc."), 0), None, "none is long enough");
        let text = ids("aaa.bbbbbbbbb.ccc");
        assert_eq!(one(&text, 5), Some((4, 14)));
    }
}
