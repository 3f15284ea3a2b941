//! What is searched, and the two lists that are fused.

use anyhow::Result;
use rayon::prelude::*;
use shared::artifact::{ChunkEntry, IndexParts};
use shared::hybrid::{self, Question, Wanted};
use shared::math::dot;
use shared::quant::Int8Vector;
use shared::words::{Bm25, InvertedIndex, WordHit, WordIndex, WordSearch, read};
use shared::{
    Index, Neighbor, Paper, PaperId, Papers, Query, Road, Searcher, Sha256, Vectors as Stored,
};
use trainer::evaluate::{Embedder, nearest};

/// Hits of each list that are fused.
pub(crate) const DEPTH: usize = 100;

/// Papers, indexed by words and embedded.
pub(crate) struct Corpus<'a> {
    pub(crate) papers: &'a [Paper],
    columns: Papers,
    words: WordIndex,
    /// The vectors as a build stores them, without a graph: it is searched exactly.
    stored: Stored,
    vectors: Vec<Vec<f32>>,
}

impl<'a> Corpus<'a> {
    /// Indexes and embeds. Ids are to differ.
    pub(crate) fn new(papers: &'a [Paper], embedder: &mut dyn Embedder) -> Result<Self> {
        let texts: Vec<String> = (papers.iter())
            .map(|paper| embedder.document(&paper.title, &paper.abstract_))
            .collect();
        let vectors = embedder.embed(&texts)?;
        let n = papers.len() as u32;
        let stored = vectors.iter().map(|vector| Int8Vector::quantize(vector));
        let index = IndexParts {
            model_sha256: Sha256::default(),
            dim: vectors.first().map_or(0, Vec::len),
            ef: 1,
            depth: None,
            nodes: (0..n).map(Some).collect(),
            vectors: stored.collect::<Result<_, _>>()?,
            links: vec![Vec::new(); papers.len()],
            upper: Vec::new(),
            golden: Vec::new(),
        };
        let abstracts = ChunkEntry {
            sha256: Sha256::default(),
            bytes: 0,
        };
        let columns = Papers::to_bytes(papers, n, &[abstracts]);
        Ok(Self {
            papers,
            columns: Papers::parse(columns)?,
            words: InvertedIndex::of(papers)
                .to_files(InvertedIndex::CHUNK_BYTES)
                .open()?,
            stored: Stored::Loaded(Index::parse(index.to_bytes())?),
            vectors,
        })
    }

    /// Papers of each question as page and tools answer it, compared exactly.
    pub(crate) fn as_shipped(
        &self,
        questions: &[String],
        embedder: &mut dyn Embedder,
    ) -> Result<Vec<Vec<PaperId>>> {
        let asked: Vec<Question> = questions.iter().map(|text| Question::read(text)).collect();
        let texts: Vec<String> = (asked.iter())
            .map(|question| embedder.query(question.meaning().unwrap_or_default()))
            .collect();
        let vectors = embedder.embed(&texts)?;
        let corpus = hybrid::Corpus {
            papers: &self.columns,
            words: Some(&self.words),
            vectors: Some(&self.stored),
        };
        let wanted = Wanted {
            road: Some(Road::Exact),
            ..Wanted::best(DEPTH)
        };
        let one = |(question, vector): (&Question, &Vec<f32>)| {
            let vector = question.meaning().and_then(|_| Query::new(vector).ok());
            let searcher = &mut Searcher::default();
            let answer = corpus.answer(question, vector.as_ref(), &wanted, None, searcher);
            answer.hits.iter().map(|hit| hit.paper).collect()
        };
        Ok(asked.par_iter().zip(&vectors).map(one).collect())
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
        let one = |text: &String| {
            let query = read(text).query;
            let found = self.words.search(&query, &search, &self.columns, |_| true);
            found.hits
        };
        questions.par_iter().map(one).collect()
    }
}
