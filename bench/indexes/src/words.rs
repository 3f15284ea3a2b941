//! Our index of words, built of titles and abstracts as the peers' are, and opened from its files.

use shared::hybrid::{By, Corpus, Question, Wanted};
use shared::words::{Chunk, InvertedIndex, WordFiles, WordIndex, WordSearch, read};
use shared::{Papers, Searcher};
use wasm_bindgen::prelude::*;

/// An index in the making. Builds are made natively; here the peers are made in the browser, and so is this.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct WordsBuilder {
    growing: InvertedIndex,
}

#[wasm_bindgen]
impl WordsBuilder {
    /// An empty index.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next paper.
    pub fn push(&mut self, title: &str, abstract_: &str) {
        self.growing.push(title, abstract_, "");
    }

    /// The files of all papers.
    pub fn finish(self) -> Files {
        Files(self.growing.to_files(InvertedIndex::CHUNK_BYTES))
    }
}

/// The files of an index: what a visitor downloads, chunk by chunk.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Files(WordFiles);

#[wasm_bindgen]
impl Files {
    /// Which chunks there are.
    pub fn table(&self) -> Vec<u8> {
        self.0.table.clone()
    }

    /// How many chunks.
    pub fn n_chunks(&self) -> usize {
        self.0.words.len()
    }

    /// Words of a chunk and their postings.
    pub fn words(&self, at: usize) -> Vec<u8> {
        self.0.words[at].clone()
    }

    /// Where the words of a chunk stand, which only phrases need.
    pub fn places(&self, at: usize) -> Vec<u8> {
        self.0.places[at].clone()
    }
}

/// An open index.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Words {
    papers: Papers,
    index: WordIndex,
    searcher: Searcher,
}

#[wasm_bindgen]
impl Words {
    /// Opens a table; the columns of the build answer what a question asks of a paper beside its words.
    ///
    /// # Errors
    /// Damaged or malformed bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(papers: Vec<u8>, table: Vec<u8>) -> Result<Self, JsError> {
        Ok(Self {
            papers: Papers::parse(papers)?,
            index: WordIndex::open(table)?,
            searcher: Searcher::default(),
        })
    }

    /// Adds a chunk of words, and then where they stand.
    ///
    /// # Errors
    /// Bytes that are not this chunk.
    pub fn insert(&mut self, at: u32, words: Vec<u8>, places: Vec<u8>) -> Result<(), JsError> {
        self.index.insert(Chunk::Words(at), words)?;
        Ok(self.index.insert(Chunk::Places(at), places)?)
    }

    /// Numbers of the `k` best papers, by the ranking of words alone (`bm25`) or as the page answers while it has no
    /// encoder (`page`).
    ///
    /// # Errors
    /// A road that does not exist.
    pub fn search(&mut self, text: &str, road: &str, k: usize) -> Result<Vec<u32>, JsError> {
        match road {
            "bm25" => {
                let search = WordSearch {
                    k,
                    ..WordSearch::default()
                };
                let query = read(text).query;
                let found = self.index.search(&query, &search, &self.papers, |_| true);
                Ok(found.hits.into_iter().map(|hit| hit.paper.0).collect())
            }
            "page" => {
                let corpus = Corpus {
                    papers: &self.papers,
                    words: Some(&self.index),
                    vectors: None,
                };
                let wanted = Wanted {
                    by: By::Words,
                    ..Wanted::best(k)
                };
                let question = Question::read(text);
                let answer = corpus.answer(&question, None, &wanted, None, &mut self.searcher);
                Ok(answer.hits.into_iter().map(|hit| hit.paper.0).collect())
            }
            _ => Err(JsError::new(&format!("no road is named {road}"))),
        }
    }
}
