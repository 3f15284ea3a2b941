//! Many texts, embedded piece by piece, so that a question overtakes them. No browser in it.

use std::ops::Range;

use super::embed::Embed;
use super::protocol::Reply;

/// A piece has at most this many texts …
const PIECE_TEXTS: usize = 16;
/// … and, where it has more than one, at most this many bytes of text: about 250 tokens, a window's
/// worth, since that is how long a question may have to wait.
const PIECE_BYTES: usize = 1_000;

/// Texts under way.
pub(super) struct Batch {
    texts: Vec<String>,
    /// Positions of the texts, the shortest first: texts of a piece are about equally long.
    order: Vec<usize>,
    /// How many of `order` are embedded.
    done: usize,
    empty: Vec<usize>,
    cut: Vec<(usize, usize)>,
}

impl Batch {
    /// Nothing is embedded yet.
    pub(super) fn new(texts: Vec<String>) -> Self {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| texts[at].len());
        Self {
            texts,
            order,
            done: 0,
            empty: Vec::new(),
            cut: Vec::new(),
        }
    }

    /// Texts embedded so far, and in all.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.done, self.texts.len())
    }

    /// Embeds the next piece; `put` takes each vector with the position of its text.
    pub(super) fn step(&mut self, encoder: &mut dyn Embed, mut put: impl FnMut(usize, &[f32])) {
        let piece = self.piece();
        let positions = &self.order[piece.clone()];
        let texts: Vec<&str> = positions.iter().map(|&at| &*self.texts[at]).collect();
        for (&at, embedded) in positions.iter().zip(encoder.embed_queries(&texts)) {
            match embedded {
                Err(_) => self.empty.push(at),
                Ok(embedding) => {
                    if embedding.n_cut > 0 {
                        self.cut.push((at, embedding.n_cut));
                    }
                    put(at, &embedding.vector);
                }
            }
        }
        self.done = piece.end;
    }

    /// The next piece of `order`: at least one text where any is left.
    fn piece(&self) -> Range<usize> {
        let mut n_bytes = 0;
        let fits = self.order[self.done..]
            .iter()
            .take(PIECE_TEXTS)
            .take_while(|&&at| {
                n_bytes += self.texts[at].len();
                n_bytes <= PIECE_BYTES
            });
        let n = fits.count().max(1);
        self.done..(self.done + n).min(self.order.len())
    }

    /// The answer, once all is done.
    pub(super) fn reply(mut self, dim: usize) -> Reply {
        self.empty.sort_unstable();
        self.cut.sort_unstable();
        Reply::Embeddings {
            dim,
            empty: self.empty,
            cut: self.cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::artifact::ModelMeta;
    use shared::{EmbedError, Embedding};

    use super::*;

    /// Counts letters; nothing is cut but what is longer than 2,000.
    struct Letters(Vec<usize>);

    impl Embed for Letters {
        fn kernel(&self) -> &'static str {
            "letters"
        }

        fn meta(&self) -> &ModelMeta {
            unreachable!("a batch knows its texts only")
        }

        fn embed_query(&mut self, query: &str) -> Result<Embedding, EmbedError> {
            if query.is_empty() {
                return Err(EmbedError::NoTokens);
            }
            Ok(Embedding {
                vector: vec![query.len() as f32],
                n_tokens: query.len(),
                n_cut: query.len().saturating_sub(2_000),
            })
        }

        fn embed_document(&mut self, _: &str, _: &str) -> Result<Embedding, EmbedError> {
            unreachable!("a batch holds questions")
        }

        fn embed_queries(&mut self, queries: &[&str]) -> Vec<Result<Embedding, EmbedError>> {
            self.0.push(queries.len());
            queries
                .iter()
                .map(|query| self.embed_query(query))
                .collect()
        }
    }

    #[test]
    fn every_text_gets_its_row_in_pieces_that_end_soon() {
        let lengths = [0, 5, 3_000, 1, 990, 20].into_iter().chain(7..47);
        let texts: Vec<String> = lengths.map(|n| "x".repeat(n)).collect();
        let wanted: Vec<f32> = texts.iter().map(|text| text.len() as f32).collect();
        let mut rows = vec![0.0; texts.len()];
        let (mut batch, mut encoder) = (Batch::new(texts), Letters(Vec::new()));
        let mut told = vec![batch.progress().0];
        while batch.progress().0 < batch.progress().1 {
            batch.step(&mut encoder, |at, vector| rows[at] = vector[0]);
            told.push(batch.progress().0);
        }
        assert_eq!(rows, wanted);
        assert!(told.is_sorted_by(|a, b| a < b), "{told:?}");
        assert_eq!(told.last(), Some(&46));
        let pieces = &encoder.0;
        assert!(
            pieces.iter().all(|&n| (1..=PIECE_TEXTS).contains(&n)),
            "{pieces:?}"
        );
        assert!(pieces.ends_with(&[1, 1]), "long texts go alone: {pieces:?}");
        let wanted = Reply::Embeddings {
            dim: 1,
            empty: vec![0],
            cut: vec![(2, 1_000)],
        };
        assert_eq!(batch.reply(1), wanted);
    }

    #[test]
    fn a_batch_of_nothing_is_done_at_once() {
        assert_eq!(Batch::new(Vec::new()).progress(), (0, 0));
    }
}
