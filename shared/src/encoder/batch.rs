//! Many texts at once: short ones share a pass, and none is padded.

use super::{EmbedError, Embedding, Encoder, forward};

impl Encoder {
    /// Embeds texts, each as [`Self::embed`] would, to the bit.
    ///
    /// Texts go through the layers together, as many as the longest text's buffers hold, so that
    /// short ones share the reading of the weights; texts alike in length are put together, which
    /// fills the buffers best.
    pub fn embed_batch<T: AsRef<str>>(
        &mut self,
        texts: &[T],
    ) -> Vec<Result<Embedding, EmbedError>> {
        let tokenizer = self.model.tokenizer();
        let tokens: Vec<_> = (texts.iter())
            .map(|text| tokenizer.tokenize(text.as_ref()))
            .collect();
        let len = |at: &usize| tokens[*at].ids.len();
        let mut order: Vec<usize> = (0..texts.len())
            .filter(|at| len(at) > tokenizer.n_special())
            .collect();
        order.sort_by_key(len);
        let mut results: Vec<_> = texts.iter().map(|_| Err(EmbedError::NoTokens)).collect();

        let (room, dim) = (self.meta().max_tokens, self.meta().architecture.dim);
        let (mut ids, mut lens, mut vectors) = (Vec::with_capacity(room), Vec::new(), Vec::new());
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            ids.clear();
            lens.clear();
            while let Some(&at) = rest.get(lens.len())
                && (lens.is_empty() || ids.len() + len(&at) <= room)
            {
                ids.extend(&tokens[at].ids);
                lens.push(len(&at));
            }
            let pack;
            (pack, rest) = rest.split_at(lens.len());
            vectors.resize(lens.len() * dim, 0.0);
            forward::embed(
                &self.model,
                self.kernel,
                &mut self.scratch,
                &ids,
                &lens,
                &mut vectors,
                &mut (),
            );
            for (&at, vector) in pack.iter().zip(vectors.chunks_exact(dim)) {
                results[at] = Ok(Embedding {
                    vector: vector.to_vec(),
                    n_tokens: len(&at),
                    n_cut: tokens[at].n_cut,
                });
            }
        }
        results
    }
}
