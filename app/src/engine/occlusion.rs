//! What each sentence of a draft does to the probability of a category: the draft is embedded without it, and
//! classified again (Zeiler and Fergus 2014, §4.2, arXiv:1311.2901, do so with patches of an image). No browser in it.
//!
//! It goes piece by piece, one embedding each, so that a question overtakes it. Of a text that is longer than
//! the model's window the sentences that fit whole are all that is read: else what stands behind the window
//! would move into it as soon as a sentence is gone, and the difference would be that text's as well.

use shared::EmbedError;

use super::embed::Embed;
use super::protocol::{EngineError, Occluded};

/// Sentences taken out at most; a window seldom holds more.
const MOST: usize = 24;

/// A draft under way.
pub(super) struct Occlusion {
    title: String,
    sentences: Vec<String>,
    /// Number of the category.
    class: usize,
    /// So many sentences, from the first, are known to fit the window …
    fit: usize,
    /// … and so many are known not to: one more than there are, as long as all may.
    too_many: usize,
    /// Probability of what fits; none before it was asked, and for a text without a word.
    whole: Option<f64>,
    /// Without the title, then without each sentence.
    without: Vec<Option<f64>>,
}

impl Occlusion {
    /// Nothing is embedded yet. `max_tokens` is the model's window, which holds no more sentences than tokens.
    pub(super) fn new(
        title: String,
        mut sentences: Vec<String>,
        class: usize,
        max_tokens: usize,
    ) -> Self {
        // One more than can fit, so that the text is known to go on.
        sentences.truncate(max_tokens + 1);
        Self {
            too_many: sentences.len() + 1,
            title,
            sentences,
            class,
            fit: 0,
            whole: None,
            without: Vec::new(),
        }
    }

    /// Whether every part that counts was taken out.
    pub(super) fn is_done(&self) -> bool {
        let n_parts = self.whole.map_or(0, |_| 1 + self.fit.min(MOST));
        self.next_length().is_none() && self.without.len() == n_parts
    }

    /// The answer, once all is done.
    ///
    /// # Errors
    /// [`EngineError::NoTokens`] where no sentence that fits has a word.
    pub(super) fn found(self) -> Result<Occluded, EngineError> {
        let probability = self.whole.ok_or(EngineError::NoTokens)?;
        Ok(Occluded {
            probability,
            without: self.without,
        })
    }

    /// Embeds the next text: to find how many sentences fit, then without one part of these.
    /// `probability` is that of a class, by number, for a title and a text and their vector.
    pub(super) fn step(
        &mut self,
        encoder: &mut dyn Embed,
        probability: impl Fn(usize, [&str; 2], &[f32]) -> f64,
    ) {
        let class = self.class;
        let mut embed = |title: &str, sentences: &[&str]| {
            let text = sentences.join(" ");
            let found = encoder.embed_document(title, &text)?;
            let probability = probability(class, [title, &text], &found.vector);
            Ok((probability, found.n_cut))
        };
        let all: Vec<&str> = self.sentences.iter().map(|one| &**one).collect();
        if let Some(n) = self.next_length() {
            match embed(&self.title, &all[..n]) {
                Ok((_, 1..)) => self.too_many = n,
                Ok((found, 0)) => (self.fit, self.whole) = (n, Some(found)),
                // Signs without a word fit anywhere.
                Err(EmbedError::NoTokens) => self.fit = n,
            }
            return;
        }
        let read = &all[..self.fit];
        let found = match self.without.len().checked_sub(1) {
            None if self.title.trim().is_empty() => None,
            None => embed("", read).ok(),
            Some(at) => {
                let others = [&read[..at], &read[at + 1..]].concat();
                embed(&self.title, &others).ok()
            }
        };
        self.without.push(found.map(|(found, _)| found));
    }

    /// How many sentences are tried next: all of them at once, as most drafts fit; none once it is known.
    fn next_length(&self) -> Option<usize> {
        let n = self.sentences.len();
        match self.too_many - self.fit {
            1 => None,
            _ if self.too_many > n => Some(n),
            between => Some(self.fit + between / 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::artifact::ModelMeta;
    use shared::{EmbedError, Embedding};

    use super::*;

    /// Tokens that fit.
    const WINDOW: usize = 8;

    /// Counts `spin` among the first [`WINDOW`] words, and how often it was asked.
    struct Spins(usize);

    impl Embed for Spins {
        fn kernel(&self) -> &'static str {
            "words"
        }

        fn meta(&self) -> &ModelMeta {
            unreachable!("an occlusion knows its window")
        }

        fn embed_query(&mut self, _: &str) -> Result<Embedding, EmbedError> {
            unreachable!("drafts are documents")
        }

        fn embed_document(&mut self, title: &str, text: &str) -> Result<Embedding, EmbedError> {
            self.0 += 1;
            let words: Vec<&str> = title
                .split_whitespace()
                .chain(text.split_whitespace())
                .collect();
            let is_word = |word: &&&str| word.contains(char::is_alphabetic);
            if words.iter().filter(is_word).count() == 0 {
                return Err(EmbedError::NoTokens);
            }
            let read = &words[..words.len().min(WINDOW)];
            let n_spins = read.iter().filter(|word| **word == "spin").count();
            Ok(Embedding {
                vector: vec![n_spins as f32],
                n_tokens: read.len(),
                n_cut: words.len() - read.len(),
            })
        }
    }

    /// What comes of a draft, and by how many embeddings.
    fn occlude(title: &str, sentences: &[&str]) -> (Result<Occluded, EngineError>, usize) {
        let sentences = sentences.iter().map(|&one| one.to_owned()).collect();
        let mut occlusion = Occlusion::new(title.to_owned(), sentences, 3, WINDOW);
        let mut encoder = Spins(0);
        while !occlusion.is_done() {
            occlusion.step(&mut encoder, |class, _, vector| {
                assert_eq!(class, 3);
                f64::from(vector[0]) / 8.0
            });
        }
        (occlusion.found(), encoder.0)
    }

    #[test]
    fn each_part_is_taken_out_of_the_whole() {
        let (found, n) = occlude("spin glass", &["a spin spin", "no", "spin ."]);
        let wanted = Occluded {
            probability: 0.5,
            without: vec![Some(0.375), Some(0.25), Some(0.5), Some(0.375)],
        };
        assert_eq!(found, Ok(wanted));
        assert_eq!(n, 5, "the whole and one for each part");
    }

    #[test]
    fn a_part_that_is_all_there_is_and_a_title_that_is_not_there_move_nothing() {
        let (found, _) = occlude(" ", &["spin", "..."]);
        let wanted = Occluded {
            probability: 0.125,
            without: vec![None, None, Some(0.125)],
        };
        assert_eq!(found, Ok(wanted));
        assert_eq!(occlude("", &["...", "?"]).0, Err(EngineError::NoTokens));
        assert_eq!(occlude("", &[]).0, Err(EngineError::NoTokens));
    }

    #[test]
    fn of_a_long_text_only_what_fits_is_read() {
        // Two of the title, then three sentences of two words fill the window.
        let mut text = vec!["spin a"; 3];
        text.extend(["spin spin spin"; 60]);
        let (found, n) = occlude("a b", &text);
        let found = found.expect("words");
        assert_eq!(found.probability, 0.375);
        assert_eq!(
            found.without,
            [Some(0.375), Some(0.25), Some(0.25), Some(0.25)]
        );
        // One with all, three halvings of the nine that can fit at most, and one for each part.
        assert!(n <= 1 + 4 + 4, "{n} embeddings");

        let long = "spin ".repeat(WINDOW + 1);
        assert_eq!(occlude("", &[&long, "spin"]).0, Err(EngineError::NoTokens));
    }
}
