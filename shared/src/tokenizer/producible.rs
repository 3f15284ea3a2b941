//! Which ids some text has.

use std::collections::HashSet;

use super::Tokenizer;
use super::parts::Normalization;
use super::unicode::{self, Part};

impl Tokenizer {
    /// For each id, up to [`Self::n_ids`], whether some text has it among its tokens.
    ///
    /// `false` is certain: then no text has the id. The argument: a word handed to the vocabulary
    /// consists of characters that the normalizer makes of single characters (canonical order only
    /// moves them), all of which are tried here. It holds no whitespace; it holds punctuation only
    /// where that is the whole word, and likewise what is made of an ideograph where those are set
    /// apart; it has at most `max_chars` characters, and what continues a word has one before it.
    /// Special and added tokens have texts of their own. Costs a walk over all of Unicode.
    pub fn producible(&self) -> Vec<bool> {
        let (alone, joined) = characters(self.rules.normalization());
        let joins = |text: &str| text.chars().all(|c| joined.contains(&c));
        let max_chars = self.rules.max_chars();
        let mut found = vec![false; self.n_ids];
        let prefix = std::str::from_utf8(self.pieces.prefix()).expect("the prefix was text");
        for (word, id) in self.pieces.words().iter() {
            let n_chars = word.chars().count();
            let whole = n_chars <= max_chars
                && (joins(word) || (n_chars == 1 && word.chars().all(|c| alone.contains(&c))));
            let continues = word.strip_prefix(prefix).is_some_and(|rest| {
                !rest.is_empty() && rest.chars().count() < max_chars && joins(rest)
            });
            found[id as usize] |= n_chars > 0 && (whole || continues);
        }
        let special = [self.opening, self.closing, self.pieces.unknown()];
        for id in special.into_iter().chain(self.rules.added()) {
            found[id as usize] = true;
        }
        found
    }
}

/// Characters that words may consist of: those that stand alone, and those that others may join.
fn characters(by: Normalization) -> (HashSet<char>, HashSet<char>) {
    let (mut alone, mut joined) = (HashSet::new(), HashSet::new());
    for c in '\0'..=char::MAX {
        if by.clean_text && unicode::is_removed(c) {
            continue;
        }
        let mut made = Vec::new();
        let mut small = |c: char| {
            if by.lowercase {
                made.extend(c.to_lowercase());
            } else {
                made.push(c);
            }
        };
        if by.strip_accents {
            unicode::fold(c, |part| {
                if let Part::Stays(c, _) = part {
                    small(c);
                }
            });
        } else {
            small(c);
        }
        let is_apart = by.handle_chinese_chars && unicode::is_ideograph(c) && made.len() == 1;
        for c in made.into_iter().filter(|c| !c.is_whitespace()) {
            if is_apart || unicode::is_punctuation(c) {
                alone.insert(c);
            } else {
                joined.insert(c);
            }
        }
    }
    (alone, joined)
}
