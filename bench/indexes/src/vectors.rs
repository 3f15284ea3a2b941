//! Our index of vectors, opened from the bytes that `index-builder` wrote.

use shared::{Index, Query, Road, Searcher};
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

    /// The vectors that the page compares after 1-bit codes, for `k` papers.
    pub fn depth_for(&self, k: usize) -> usize {
        self.index.depth_for(k)
    }

    /// The road that the page takes to `k` papers.
    pub fn road(&self, k: usize) -> String {
        match self.index.road(k) {
            // Nothing of a loaded index is in pieces.
            Road::Exact | Road::Shards(_) => "exact",
            Road::Codes { .. } => "codes",
            Road::Graph { .. } => "graph",
        }
        .to_owned()
    }

    /// Numbers of the `k` nearest papers, best first, by one of the roads through the index; `breadth` is that of
    /// those that have one: the walk's, or the vectors compared after codes. A road has its arm here, and its breadths in `ROADS` of `browser/vectors.mjs`.
    ///
    /// # Errors
    /// A vector that is not finite; a road that does not exist.
    pub fn search(
        &mut self,
        query: &[f32],
        road: &str,
        k: usize,
        breadth: usize,
    ) -> Result<Vec<u32>, JsError> {
        let query = Query::new(query)?;
        let road = match road {
            "graph" => Road::Graph { ef: breadth },
            "codes" => Road::Codes { depth: breadth },
            "exact" => Road::Exact,
            _ => return Err(JsError::new(&format!("no road is named {road}"))),
        };
        let found = self.index.search_by(road, &mut self.searcher, &query, k);
        Ok(found.into_iter().map(|hit| hit.paper.0).collect())
    }
}
