//! Questions: by words as soon as they are open, by meaning as well once it is.

use std::cmp::Reverse;
use std::ops::Range;

use shared::hybrid::{self, Answer, Corpus, Question, Wanted};
use shared::manifest::{FileEntry, word_chunk};
use shared::words::terms::terms;
use shared::words::{Asked, Chunk, Field, InsertError, WordSearch};
use shared::{Neighbor, PaperId, Searcher};

use super::Build;
use crate::engine::filter::Passing;
use crate::engine::protocol::{
    By, EngineError, Filter, Hit, Hits, Method, NEWEST_OF, Named, Order, Sort, Term, TextError,
    Understood,
};

/// Words and places of so many bytes are fetched at once: those of some 10,000 papers, at 428 bytes a paper
/// as of the starter corpus' sample that the tests build.
const WHOLE_BYTES: u64 = 4 << 20;

impl Build {
    /// Papers that a question asks for, best first: by meaning as well once that is open.
    pub(in crate::engine) fn search(
        &mut self,
        text: &str,
        by: By,
        k: usize,
        filter: &Filter,
        order: Order,
        sort: Sort,
    ) -> Result<Hits, EngineError> {
        let started = (self.clock)();
        let question = Question::read(text);
        if by == By::Words && self.words.is_none() {
            return Err(EngineError::NoWords);
        }
        let by = match by {
            By::Meaning if self.meaning.is_none() => return Err(EngineError::NotLoaded),
            By::Both if self.meaning.is_none() => By::Words,
            By::Both if self.words.is_none() => By::Meaning,
            by => by,
        };
        let meant = match by {
            By::Words => None,
            By::Meaning => Some(question.text()),
            By::Both => question.meaning(),
        };
        if meant.is_none() && question.query().root.is_none() {
            return Err(EngineError::NoTokens);
        }
        let mut n_cut = 0;
        let mut vector = None;
        if let (Some(meaning), Some(meant)) = (&mut self.meaning, meant) {
            match meaning.embed(meant) {
                Ok(embedding) => {
                    n_cut = embedding.n_cut;
                    vector = Some(meaning.query(&embedding.vector)?);
                }
                // What has no token may still be demanded.
                Err(_) if by == By::Both && question.demands() => {}
                Err(error) => return Err(error),
            }
        }
        let embed_ms = (self.clock)() - started;
        let mut wanted = Wanted {
            by: by.into(),
            diverse: order == Order::Diverse,
            ..Wanted::best(match sort {
                Sort::Relevance => k,
                Sort::Newest => k.max(NEWEST_OF),
            })
        };
        let passing = (!filter.is_open()).then(|| Passing::of(&self.papers, filter));
        let passes = |paper| {
            passing
                .as_ref()
                .is_none_or(|passing| passing.contains(paper))
        };
        let mut no_graph = Searcher::default();
        let (vectors, searcher) = match &mut self.meaning {
            Some(meaning) => (Some(&meaning.vectors), &mut meaning.searcher),
            None => (None, &mut no_graph),
        };
        let corpus = Corpus {
            papers: &self.papers,
            words: self.words.as_ref(),
            vectors,
        };
        let may = passing.is_some();
        let may = may.then_some(&passes as &dyn Fn(PaperId) -> bool);
        let mut answer = corpus.answer(&question, vector.as_ref(), &wanted, may, searcher);
        let mut newest_of = None;
        if sort == Sort::Newest {
            let demands = by != By::Meaning && question.demands();
            if demands && answer.n_passing > wanted.k {
                // All of them match, and the newest may be any.
                wanted.k = answer.n_passing;
                answer = corpus.answer(&question, vector.as_ref(), &wanted, may, searcher);
            }
            newest_of = Some(answer.hits.len());
            let papers = &self.papers;
            (answer.hits).sort_by_cached_key(|hit| Reverse(papers.first_submitted(hit.paper)));
            answer.hits.truncate(k);
        }
        if let (Some(vectors), Some(vector)) = (vectors, &vector) {
            // Of very many hits in pieces only some were compared.
            let rest = answer.hits.iter_mut();
            for hit in rest.filter(|hit| hit.similarity.is_none()) {
                hit.similarity = vectors.similarity_to(vector, hit.paper);
            }
        }
        Ok(Hits {
            hits: (answer.hits.iter())
                .filter_map(|hit| self.here(hit.paper, self.answered(hit, &answer)))
                .collect(),
            like: None,
            near: Vec::new(),
            away: Vec::new(),
            passing: answer.n_passing,
            method: answer.road.map_or(Method::Words, Method::from),
            embed_ms,
            search_ms: (self.clock)() - started - embed_ms,
            n_cut,
            newest_of,
            lacking: 0,
            understood: (by != By::Meaning).then(|| understood(&question, &answer)),
        })
    }

    /// The chunks of words that a question needs and that are not here, as files; of a small index all of
    /// them, so that what is fetched does not tell what is asked.
    pub(in crate::engine) fn missing_words(&self, text: &str) -> Vec<(Chunk, FileEntry)> {
        let Some(words) = &self.words else {
            return Vec::new();
        };
        let needs = Question::read(text).needs(words, &WordSearch::default());
        let mut missing = words.missing(&needs);
        if !missing.is_empty() && self.info.words_bytes <= WHOLE_BYTES {
            let n = words.table().n_chunks() as u32;
            let all = (0..n).map(Chunk::Words).chain((0..n).map(Chunk::Places));
            missing = words.missing(&all.collect());
        }
        let missing = missing.into_iter();
        missing
            .map(|chunk| (chunk, word_chunk(words, chunk)))
            .collect()
    }

    /// Every chunk of words as a file; words before their places.
    pub(in crate::engine) fn word_chunks(&self) -> Vec<FileEntry> {
        let Some(words) = &self.words else {
            return Vec::new();
        };
        let n = words.table().n_chunks() as u32;
        let chunks = (0..n).map(Chunk::Words).chain((0..n).map(Chunk::Places));
        chunks.map(|chunk| word_chunk(words, chunk)).collect()
    }

    /// Adds a chunk of words.
    ///
    /// # Errors
    /// Where the bytes are not that chunk.
    pub(in crate::engine) fn insert_words(
        &mut self,
        chunk: Chunk,
        bytes: Vec<u8>,
    ) -> Result<(), InsertError> {
        self.words
            .as_mut()
            .map_or(Ok(()), |words| words.insert(chunk, bytes))
    }

    fn answered(&self, found: &hybrid::Hit, answer: &Answer) -> Hit {
        let neighbor = Neighbor {
            paper: found.paper,
            similarity: 0.0,
        };
        let bare = self.hit(neighbor);
        Hit {
            title_marks: marks(&bare.title, &answer.terms),
            similarity: found.similarity,
            semantic_rank: found.semantic_rank.map(|rank| rank + 1),
            word_rank: found.word_rank.map(|rank| rank + 1),
            fields: (found.fields.iter())
                .map(|field| field.name().to_owned())
                .collect(),
            named: found.named.map(|named| match named {
                hybrid::Named::Id => Named::Id,
                hybrid::Named::Title => Named::Title,
                hybrid::Named::Author => Named::Author,
            }),
            ..bare
        }
    }
}

/// Where the words looked for stand in a title.
fn marks(title: &str, asked: &[Asked]) -> Vec<(usize, usize)> {
    let is_asked = |term: &str| {
        asked.iter().any(|asked| {
            let is_same = asked.text == term || asked.open && term.starts_with(&asked.text);
            is_same && asked.fields.has(Field::Title)
        })
    };
    let found = terms(title).into_iter().filter(|term| is_asked(&term.text));
    found
        .map(|term| term.bytes)
        .map(|Range { start, end }| (start, end))
        .collect()
}

fn understood(question: &Question, answer: &Answer) -> Understood {
    let errors = question.errors().iter();
    Understood {
        query: question.query().to_string(),
        demands: question.demands(),
        errors: errors
            .map(|error| TextError {
                start: error.bytes.start,
                end: error.bytes.end,
                message: error.kind.to_string(),
            })
            .collect(),
        terms: (answer.terms.iter())
            .map(|asked| Term {
                text: asked.text.clone(),
                open: asked.open,
                fields: (Field::ALL.into_iter())
                    .filter(|field| asked.fields.has(*field))
                    .map(|field| field.name().to_owned())
                    .collect(),
            })
            .collect(),
        with_words: answer.n_with_words,
        cut_prefixes: answer.cuts.iter().map(|cut| cut.stem.clone()).collect(),
        incomplete: !answer.missing.is_empty(),
    }
}
