//! Hybrid search: words and meaning, one answer.
//!
//! ```text
//! text ──Question──▶ demands ──words──▶ papers that may be answers, and how well their words fit ─┐
//!          │                                                                                       ├─▶ Answer
//!          └──▶ meaning ──encoder──▶ vector ──graph, or a scan of what may be an answer ───────────┘
//! ```
//!
//! 1. What a question demands (a phrase, a field, an operator) holds for every hit: then nothing else is
//!    compared, and nothing that passes is missing. What it merely wishes for is found by either list.
//! 2. The two lists are fused by their scores ([`crate::words::fuse`]).
//! 3. Who names a paper gets it first: by its id, by its title or enough words of it, by an author.
//!
//! Without words or without vectors the other half answers alone, so that a question has an answer before
//! the encoder has arrived.

mod question;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;

use crate::artifact::length_code;
use crate::quant::Query as Vector;
use crate::words::{
    Asked, Chunk, Cut, Field, FieldSet, Fused, Fusion, WordIndex, WordSearch, fuse,
};
use crate::{Index, Neighbor, PaperId, Papers, Road, Searcher, Vectors};
pub use question::Question;

/// Hits of each list that are fused. Those behind follow as they stand, so that more hits change none
/// before them.
const DEPTH: usize = 100;
/// Hits of a corpus in pieces whose likeness is told: each may need a piece of its own, and not all are shown.
const MOST_COMPARED_IN_SHARDS: usize = 40;
/// A title's words name a paper if no more papers than these have all of them in their titles.
const MOST_NAMED: usize = 10;

/// Which lists answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// Words and meaning.
    #[default]
    Both,
    /// Words alone.
    Words,
    /// Meaning alone: the text as it stands is embedded, and demands nothing.
    Meaning,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Hits, at most.
    pub k: usize,
    /// By which lists.
    pub by: By,
    /// Hits that differ from each other.
    pub diverse: bool,
    /// How papers near in meaning are looked for among all; the index' own choice where absent.
    pub road: Option<Road>,
}

impl Wanted {
    /// The best `k`.
    pub fn best(k: usize) -> Self {
        Self {
            k,
            by: By::Both,
            diverse: false,
            road: None,
        }
    }
}

/// What is searched, as far as it is here.
#[derive(Debug, Clone, Copy)]
pub struct Corpus<'a> {
    /// The papers.
    pub papers: &'a Papers,
    /// Their words.
    pub words: Option<&'a WordIndex>,
    /// Their vectors.
    pub vectors: Option<&'a Vectors>,
}

/// What a question is named by, where it names papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// It is the paper's id.
    Id,
    /// The paper's title has all its words.
    Title,
    /// It is the name of one of the paper's authors.
    Author,
}

impl Named {
    /// Its name in answers: `id`, `title`, `author`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Author => "author",
        }
    }
}

/// A paper, and what it is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which paper.
    pub paper: PaperId,
    /// Cosine with the question, where both have a vector.
    pub similarity: Option<f32>,
    /// Place among the hits of meaning, from 0.
    pub semantic_rank: Option<u32>,
    /// Place among the hits of words, from 0.
    pub word_rank: Option<u32>,
    /// Fields that hold words of the question.
    pub fields: FieldSet,
    /// Which of [`Answer::terms`] it has: bit *i* for number *i*.
    pub terms: u64,
    /// What of it the question names.
    pub named: Option<Named>,
}

/// Papers, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// At most `k`.
    pub hits: Vec<Hit>,
    /// Papers that may be answers: those that pass, and have what is demanded.
    pub n_passing: usize,
    /// How papers near in meaning were found; `None` where they were not asked for, or cannot be.
    pub road: Option<Road>,
    /// Papers that have words of the question; `None` where words were not asked.
    pub n_with_words: Option<usize>,
    /// What was looked for, to be highlighted.
    pub terms: Vec<Asked>,
    /// Prefixes that stand for more words than were searched for.
    pub cuts: Vec<Cut>,
    /// Chunks of words that are not here: papers that only they know are missing.
    pub missing: Vec<Chunk>,
}

impl Corpus<'_> {
    /// Answers a question; `vector` is that of [`Question::meaning`], or of the text where only meaning is
    /// asked. `passes` says which papers may be found; `None`: all.
    ///
    /// # Panics
    /// Where words, vectors and papers are of several builds.
    pub fn answer(
        &self,
        question: &Question,
        vector: Option<&Vector>,
        wanted: &Wanted,
        passes: Option<&dyn Fn(PaperId) -> bool>,
        searcher: &mut Searcher,
    ) -> Answer {
        let passing = |paper| passes.is_none_or(|passes| passes(paper));
        let by_words = self.words.filter(|_| wanted.by != By::Meaning);
        let demands = question.demands() && by_words.is_some();
        let matching = RefCell::new(vec![false; if demands { self.papers.len() } else { 0 }]);
        let search = WordSearch {
            k: wanted.k.max(DEPTH),
            ..WordSearch::default()
        };
        let found = by_words.map(|words| {
            words.search(question.query(), &search, self.papers, |paper| {
                let is_hit = passing(paper);
                if demands && is_hit {
                    matching.borrow_mut()[paper.0 as usize] = true;
                }
                is_hit
            })
        });
        let found_words = found.is_some();
        let found = found.unwrap_or_default();
        let matching = matching.into_inner();
        let may = |paper: PaperId| {
            if demands {
                matching[paper.0 as usize]
            } else {
                passing(paper)
            }
        };
        let n_passing = match (demands, passes) {
            (true, _) => found.n_matching,
            (false, None) => self.papers.len(),
            (false, Some(_)) => self.papers.all().filter(|&paper| passing(paper)).count(),
        };
        let vector = vector.filter(|_| wanted.by != By::Words);
        let (near, road) = match (self.vectors, vector) {
            (Some(vectors), Some(vector)) => {
                let k = if wanted.diverse {
                    Index::choice_for(wanted.k)
                } else {
                    wanted.k
                };
                let k = if by_words.is_some() { k.max(DEPTH) } else { k };
                let k = k.min(n_passing);
                let may = (demands || passes.is_some()).then_some(&may as &dyn Fn(PaperId) -> bool);
                let (near, road) = vectors.nearest(searcher, vector, k, wanted.road, may);
                (near, Some(road))
            }
            _ => (Vec::new(), None),
        };
        let mut hits = together(&near, &found.hits);
        if let Some(words) = by_words {
            self.name(question, words, &passing, &mut hits);
        }
        // Of a corpus in pieces, what nobody will see is not fetched.
        let most = match self.vectors {
            Some(Vectors::Loaded(_)) if wanted.diverse => hits.len(),
            _ if wanted.diverse => Index::choice_for(wanted.k),
            _ => wanted.k,
        };
        hits.truncate(most);
        if let (Some(vectors), Some(vector)) = (self.vectors, vector) {
            // Of very many, whoever shows some asks for theirs.
            let most = match vectors {
                Vectors::Loaded(_) => usize::MAX,
                Vectors::Sharded(_) => MOST_COMPARED_IN_SHARDS,
            };
            for hit in hits.iter_mut().take(most) {
                hit.similarity = vectors.similarity_to(vector, hit.paper);
            }
            if wanted.diverse {
                diversify(vectors, &mut hits, wanted.k);
            }
        }
        hits.truncate(wanted.k);
        Answer {
            hits,
            n_passing,
            road,
            n_with_words: found_words.then_some(found.n_matching),
            terms: found.terms,
            cuts: found.cuts,
            missing: found.missing,
        }
    }

    /// Puts the papers first that the question names.
    fn name(
        &self,
        question: &Question,
        words: &WordIndex,
        passes: &dyn Fn(PaperId) -> bool,
        hits: &mut Vec<Hit>,
    ) {
        let mut named: Vec<(PaperId, Named)> = Vec::new();
        if let Some(id) = question.query().id()
            && let Some(paper) = self.papers.find(id).filter(|&paper| passes(paper))
        {
            named.push((paper, Named::Id));
        }
        let of = |query: &Option<_>, k, most: usize| {
            let search = WordSearch {
                k,
                ..WordSearch::default()
            };
            let found = query
                .as_ref()
                .map(|query| words.search(query, &search, self.papers, passes));
            found
                .filter(|found| found.n_matching <= most)
                .map_or_else(Vec::new, |found| found.hits)
        };
        if let Some(title) = &question.whole_title {
            let search = WordSearch {
                k: MOST_NAMED,
                ..WordSearch::default()
            };
            let found = words.search(&title.query, &search, self.papers, |paper| {
                let n = words.table().length_code(paper, Field::Title);
                // A title of another length needs no look at it.
                let may_be = n == length_code(title.terms.len() as u32);
                may_be && passes(paper) && title.is(&self.papers.title(paper))
            });
            named.extend(found.hits.iter().map(|hit| (hit.paper, Named::Title)));
        }
        let n_whole = named.len();
        for hit in of(&question.in_title, MOST_NAMED, MOST_NAMED) {
            named.push((hit.paper, Named::Title));
        }
        let mut by_author = of(&question.author, DEPTH, usize::MAX);
        // Of an author's papers the newest first, where the rest of the question says nothing else.
        by_author.sort_by_key(|hit| (Reverse(self.papers.year(hit.paper)), hit.paper));
        named.extend(by_author.iter().map(|hit| (hit.paper, Named::Author)));
        if named.is_empty() {
            return;
        }
        let whole: Vec<PaperId> = named[..n_whole].iter().map(|(paper, _)| *paper).collect();
        let mut first: Vec<Hit> = Vec::with_capacity(named.len());
        let places: HashMap<PaperId, usize> = hits
            .iter()
            .enumerate()
            .map(|(at, hit)| (hit.paper, at))
            .collect();
        for (paper, name) in named {
            if first.iter().all(|hit| hit.paper != paper) {
                let known = places.get(&paper).map(|&at| hits[at]);
                first.push(Hit {
                    named: Some(name),
                    ..known.unwrap_or_else(|| bare(paper))
                });
            }
        }
        // Titles that have the words stand in the order of the fused list.
        let place = |hit: &Hit| places.get(&hit.paper).copied().unwrap_or(usize::MAX);
        first.sort_by_key(|hit| match hit.named {
            Some(Named::Title) if !whole.contains(&hit.paper) => (1, place(hit)),
            Some(Named::Author) => (2, 0),
            // The id, then whole titles.
            _ => (0, 0),
        });
        hits.retain(|hit| first.iter().all(|other| other.paper != hit.paper));
        first.append(hits);
        *hits = first;
    }
}

/// Both lists fused as deep as [`DEPTH`], then what is behind: first of meaning, then of words.
fn together(near: &[Neighbor], words: &[crate::words::WordHit]) -> Vec<Hit> {
    let (near_top, near_rest) = near.split_at(near.len().min(DEPTH));
    let (words_top, words_rest) = words.split_at(words.len().min(DEPTH));
    let fused = fuse(near_top, words_top, Fusion::default());
    let mut hits: Vec<Hit> = fused.into_iter().map(of_fused).collect();
    let mut places: HashMap<PaperId, usize> = hits
        .iter()
        .enumerate()
        .map(|(at, hit)| (hit.paper, at))
        .collect();
    let mut at_place = |paper, hits: &mut Vec<Hit>| {
        *places.entry(paper).or_insert_with(|| {
            hits.push(bare(paper));
            hits.len() - 1
        })
    };
    for (rank, hit) in near_rest.iter().enumerate() {
        let at = at_place(hit.paper, &mut hits);
        hits[at].semantic_rank = Some((DEPTH + rank) as u32);
    }
    for (rank, hit) in words_rest.iter().enumerate() {
        let at = at_place(hit.paper, &mut hits);
        hits[at].word_rank = Some((DEPTH + rank) as u32);
        (hits[at].fields, hits[at].terms) = (hit.fields, hit.terms);
    }
    hits
}

fn of_fused(fused: Fused) -> Hit {
    Hit {
        semantic_rank: fused.semantic_rank,
        word_rank: fused.word_rank,
        fields: fused.fields,
        terms: fused.terms,
        ..bare(fused.paper)
    }
}

fn bare(paper: PaperId) -> Hit {
    Hit {
        paper,
        similarity: None,
        semantic_rank: None,
        word_rank: None,
        fields: FieldSet::NONE,
        terms: 0,
        named: None,
    }
}

/// Of the best hits `k` that differ from each other; those that the question names stay first.
fn diversify(vectors: &Vectors, hits: &mut Vec<Hit>, k: usize) {
    let n_named = hits.iter().take_while(|hit| hit.named.is_some()).count();
    let mut choice = hits.split_off(n_named);
    choice.truncate(Index::choice_for(k));
    let near: Vec<Neighbor> = choice
        .iter()
        .filter_map(|hit| {
            Some(Neighbor {
                paper: hit.paper,
                similarity: hit.similarity?,
            })
        })
        .collect();
    let of: HashMap<PaperId, Hit> = choice.into_iter().map(|hit| (hit.paper, hit)).collect();
    let chosen = vectors.diverse(&near, k.saturating_sub(n_named));
    hits.extend(chosen.iter().map(|neighbor| of[&neighbor.paper]));
}
