//! Papers that a query asks for, best first.
//!
//! Ranking is BM25 over fields (Robertson and Zaragoza 2009, *The Probabilistic Relevance Framework*,
//! §3.6, BM25F): of a term the counts in all fields are weighted and added before they saturate.
//! Departures:
//! 1. the inverse document frequency is `ln(1 + (N − n + ½) / (n + ½))`, which is never negative; *n* are the
//!    papers that have the term in any field, also where one field is asked;
//! 2. lengths are rounded down to one byte ([`crate::artifact::length_code`]);
//! 3. a prefix ranks as one term that stands wherever one of its words does, and *n* is the sum of theirs;
//! 4. a phrase ranks as one term with the sum of its terms' inverse document frequencies.
//!
//! A query runs paper by paper: every part of it is a cursor that goes to the next paper it holds for.
//! Start at [`WordIndex::needs`] and [`WordIndex::search`]; `plan` makes the cursors.

#[cfg(test)]
mod against_judge;
mod cursor;
mod facts;
#[cfg(test)]
mod judge;
mod lists;
#[cfg(test)]
mod partly_here;
mod plan;
mod rank;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::index::{Chunk, WordIndex};
use super::query::Query;
use super::{Field, FieldSet, N_FIELDS};
use crate::PaperId;
use cursor::{END, Partial};
pub use facts::{Facts, is_category};
use plan::Plan;
use rank::{Best, Scorer};

/// The parameters of BM25.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bm25 {
    /// How fast further occurrences stop to count.
    pub k1: f32,
    /// How much a field's length counts against it, 0 to 1; by [`super::Field`].
    pub b: [f32; N_FIELDS],
    /// What an occurrence in a field is worth; by [`super::Field`].
    pub weights: [f32; N_FIELDS],
}

impl Default for Bm25 {
    /// What does best on the sets scifact, scitldr and cranfield, alone and fused (`cargo xtask bench search`):
    /// `k1` and `b` as in Lucene, and a word of the title counts four times. A long list of authors is no
    /// fault of its first.
    fn default() -> Self {
        Self {
            k1: 1.2,
            b: [0.75, 0.75, 0.0],
            weights: [4.0, 1.0, 1.0],
        }
    }
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordSearch {
    /// Hits, at most.
    pub k: usize,
    /// Ranking.
    pub bm25: Bm25,
    /// Words that a prefix stands for, at most: those that most papers have.
    pub max_expansions: usize,
    /// Chunks of words that a prefix looks into, at most: the first ones.
    pub max_prefix_chunks: usize,
}

impl Default for WordSearch {
    fn default() -> Self {
        Self {
            k: 100,
            bm25: Bm25::default(),
            max_expansions: 128,
            max_prefix_chunks: 16,
        }
    }
}

/// A paper found by its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordHit {
    /// Which paper.
    pub paper: PaperId,
    /// BM25; 0 where only facts were asked.
    pub score: f32,
    /// Fields that hold what was asked.
    pub fields: FieldSet,
    /// Which of [`Found::terms`] the paper has: bit *i* for number *i*.
    pub terms: u64,
}

/// A term that was looked for, to be highlighted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The term, or what it begins with.
    pub text: String,
    /// Whether the term may go on.
    pub open: bool,
    /// Where it was to stand.
    pub fields: FieldSet,
}

/// A prefix that was not followed to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The prefix.
    pub stem: String,
    /// Words that were searched for.
    pub n_used: usize,
    /// Words that begin so in the chunks that were looked into.
    pub n_found: usize,
    /// Chunks that were not looked into.
    pub n_chunks_left: usize,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Best first; of equals the paper of the smaller number.
    pub hits: Vec<WordHit>,
    /// All papers that match, listed or not.
    pub n_matching: usize,
    /// What was looked for, without what was to be absent.
    pub terms: Vec<Asked>,
    /// Prefixes that stand for more words than were searched for.
    pub cuts: Vec<Cut>,
    /// Chunks that the query needs and that are not here: what they hold was taken as absent.
    pub missing: Vec<Chunk>,
}

impl WordIndex {
    /// The chunks that a query needs, here or not; words before their places.
    ///
    /// Places are needed by phrases only.
    pub fn needs(&self, query: &Query, search: &WordSearch) -> BTreeSet<Chunk> {
        plan::needs(self, query, search)
    }

    /// Searches as far as the chunks are here.
    ///
    /// `facts` know years, categories, ids and authors; only papers that `passes` are hits. Costs one
    /// pass over the postings of the terms, and of phrases' places.
    ///
    /// # Panics
    /// Where `facts` panic, as [`crate::Papers`] do for papers that they have not: one build makes both.
    pub fn search(
        &self,
        query: &Query,
        search: &WordSearch,
        facts: &dyn Facts,
        passes: impl Fn(PaperId) -> bool,
    ) -> Found {
        let mut found = Found {
            missing: self.missing(&self.needs(query, search)),
            ..Found::default()
        };
        let scorer = Scorer::new(&search.bm25, self.table());
        let mut plan = Plan::new(self, search, facts);
        let mut root = plan.query(query);
        (found.terms, found.cuts) = (plan.terms, plan.cuts);
        let mut best = Best::new(search.k);
        let mut next = root.seek(0);
        while next != END {
            let paper = PaperId(next);
            if passes(paper) {
                let mut partial = Partial::default();
                root.contribute(paper, &scorer, &mut partial);
                best.offer(WordHit {
                    paper,
                    score: partial.score as f32,
                    fields: partial.fields,
                    terms: partial.terms,
                });
                found.n_matching += 1;
            }
            next = root.seek(next + 1);
        }
        found.hits = best.into_hits();
        found
    }
}

/// The fields that words are looked for in.
fn fields_of(field: Option<Field>) -> FieldSet {
    field.map_or(FieldSet::ALL, FieldSet::from)
}
