//! What is searched, and the two lists that are fused.

use anyhow::Result;
use rayon::prelude::*;
use shared::math::dot;
use shared::words::{Bm25, Facts, InvertedIndex, Name, WordHit, WordIndex, WordSearch, read};
use shared::{Neighbor, Paper, PaperId};
use trainer::evaluate::{Embedder, nearest};

/// Hits of each list that are fused.
pub(crate) const DEPTH: usize = 100;

/// Papers as facts of a query.
pub(crate) struct PaperFacts<'a>(pub(crate) &'a [Paper]);

impl PaperFacts<'_> {
    fn of(&self, paper: PaperId) -> &Paper {
        &self.0[paper.0 as usize]
    }
}

impl Facts for PaperFacts<'_> {
    fn year(&self, paper: PaperId) -> Option<u16> {
        self.of(paper).year
    }

    fn has_category(&self, paper: PaperId, is: &dyn Fn(&str) -> bool) -> bool {
        self.of(paper).categories.iter().any(|code| is(code))
    }

    fn find(&self, id: &str) -> Option<PaperId> {
        let at = self.0.iter().position(|paper| paper.id == id)?;
        Some(PaperId(at as u32))
    }

    fn has_author(&self, paper: PaperId, name: &Name) -> bool {
        name.is_among(&self.of(paper).authors)
    }
}

/// Papers, indexed by words and embedded.
pub(crate) struct Corpus<'a> {
    pub(crate) papers: &'a [Paper],
    index: WordIndex,
    vectors: Vec<Vec<f32>>,
}

impl<'a> Corpus<'a> {
    /// Indexes and embeds.
    pub(crate) fn new(papers: &'a [Paper], embedder: &mut dyn Embedder) -> Result<Self> {
        let texts: Vec<String> = (papers.iter())
            .map(|paper| embedder.document(&paper.title, &paper.abstract_))
            .collect();
        let files = InvertedIndex::of(papers).to_files(InvertedIndex::CHUNK_BYTES);
        Ok(Self {
            papers,
            index: files.open()?,
            vectors: embedder.embed(&texts)?,
        })
    }

    /// Nearest papers of each question, by exact search.
    pub(crate) fn by_meaning(
        &self,
        questions: &[String],
        embedder: &mut dyn Embedder,
    ) -> Result<Vec<Vec<Neighbor>>> {
        let asked: Vec<String> = questions.iter().map(|text| embedder.query(text)).collect();
        let asked = embedder.embed(&asked)?;
        let documents: Vec<&[f32]> = self.vectors.iter().map(Vec::as_slice).collect();
        let queries: Vec<&[f32]> = asked.iter().map(Vec::as_slice).collect();
        let found = nearest(&queries, &documents, DEPTH);
        Ok((found.into_iter().zip(&queries))
            .map(|(places, query)| {
                let hit = |at: usize| Neighbor {
                    paper: PaperId(at as u32),
                    similarity: dot(query, documents[at]),
                };
                places.into_iter().map(hit).collect()
            })
            .collect())
    }

    /// Papers of each question by their words.
    pub(crate) fn by_words(&self, questions: &[String], bm25: Bm25) -> Vec<Vec<WordHit>> {
        let search = WordSearch {
            k: DEPTH,
            bm25,
            ..WordSearch::default()
        };
        let facts = PaperFacts(self.papers);
        let one = |text: &String| {
            let query = read(text).query;
            self.index.search(&query, &search, &facts, |_| true).hits
        };
        questions.par_iter().map(one).collect()
    }
}
