//! Our index of vectors, opened from the bytes that `index-builder` wrote.

use shared::{Index, Query, Searcher};
use wasm_bindgen::prelude::*;

/// An open index and the state that its searches reuse.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Vectors {
    index: Index,
    searcher: Searcher,
}

#[wasm_bindgen]
impl Vectors {
    /// Opens an index artifact.
    ///
    /// # Errors
    /// Damaged or malformed bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: Vec<u8>) -> Result<Self, JsError> {
        Ok(Self {
            index: Index::parse(bytes)?,
            searcher: Searcher::default(),
        })
    }

    /// The breadth that the page walks with.
    #[wasm_bindgen(getter)]
    pub fn default_ef(&self) -> usize {
        self.index.default_ef()
    }

    /// Numbers of the `k` nearest papers, best first, by one of the roads through the index; `ef` is the breadth of
    /// those that have one. A road has its arm here, and its breadths in `ROADS` of `browser/vectors.mjs`.
    ///
    /// # Errors
    /// A vector that is not finite; a road that does not exist.
    pub fn search(
        &mut self,
        query: &[f32],
        road: &str,
        k: usize,
        ef: usize,
    ) -> Result<Vec<u32>, JsError> {
        let query = Query::new(query)?;
        let found = match road {
            "graph" => self.index.search(&mut self.searcher, &query, k, ef),
            "exact" => self.index.search_exact(&query, k, |_| true),
            _ => return Err(JsError::new(&format!("no road is named {road}"))),
        };
        Ok(found.into_iter().map(|hit| hit.paper.0).collect())
    }
}
