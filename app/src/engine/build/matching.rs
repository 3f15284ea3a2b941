//! A paper of elsewhere among those of the corpus: itself where it is one of them, and its nearest.

use shared::{EmbedError, Neighbor};

use super::Build;
use crate::engine::protocol::{EngineError, Filter, Hit};

impl Build {
    /// The paper with this id, and the `k` nearest to it; without one, the `k` nearest to the text.
    ///
    /// # Errors
    /// [`EngineError::UnknownPaper`] where the corpus lacks the id and there is no text, and
    /// [`EngineError::NoTokens`] where there is nothing at all to go by.
    pub(in crate::engine) fn find_match(
        &mut self,
        id: &str,
        title: &str,
        abstract_text: &str,
        k: usize,
    ) -> Result<(Option<Hit>, Vec<Hit>), EngineError> {
        let paper = self.papers.find(id);
        let meaning = self.meaning()?;
        let stored = paper.and_then(|paper| meaning.vectors.vector(paper));
        let vector = match (stored, paper) {
            (Some(vector), _) => vector,
            // A paper without a word has no neighbors.
            (None, Some(_)) => Vec::new(),
            (None, None) => {
                let embedded = meaning.encoder.embed_document(title, abstract_text);
                let embedded = embedded.map_err(|EmbedError::NoTokens| match id {
                    "" => EngineError::NoTokens,
                    id => EngineError::UnknownPaper { id: id.to_owned() },
                });
                embedded?.vector
            }
        };
        let nearest = if vector.is_empty() {
            Vec::new()
        } else {
            let itself = paper.as_slice();
            self.nearest(&vector, k, &Filter::default(), itself)?.found
        };
        let itself = paper.map(|paper| {
            self.hit(Neighbor {
                paper,
                similarity: 1.0,
            })
        });
        let nearest = nearest.into_iter();
        let nearest = nearest.filter_map(|found| self.here(found.paper, self.hit(found)));
        Ok((itself, nearest.collect()))
    }
}
