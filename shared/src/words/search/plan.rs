//! A query to the chunks that it needs, and to cursors over those that are here.

use std::collections::BTreeSet;
use std::ops::Range;

use super::cursor::{Cursor, Group};
use super::lists::{ListCursor, PhraseCursor, Slot, TermCursor};
use super::rank::rarity;
use super::{Asked, Cut, Facts, WordSearch, fields_of, is_category};
use crate::words::index::{Chunk, TermId, WordIndex};
use crate::words::query::{Demand, Item, Mark, Name, Node, Query, Words};
use crate::words::{Field, FieldSet};

/// Whether places are asked for. A word such as `x-ray` that is a wish is none, so that a plain query
/// needs no places.
pub(super) fn is_phrase(words: &Words) -> bool {
    words.quoted && words.terms.len() > 1
}

/// The terms of a leaf, each with whether it may go on.
fn slots(words: &Words) -> impl Iterator<Item = (&str, bool)> {
    let last = words.terms.len() - 1;
    let terms = words.terms.iter().enumerate();
    terms.map(move |(at, term)| (&**term, words.open && at == last))
}

/// The chunks that a term or a prefix needs, and how many of a prefix are too many.
fn chunks(index: &WordIndex, search: &WordSearch, term: &str, open: bool) -> (Range<usize>, usize) {
    if !open {
        let chunk = index.table().chunk_of(term);
        return (chunk.map_or(0..0, |chunk| chunk..chunk + 1), 0);
    }
    let all = index.table().chunks_of_prefix(term);
    let n_used = all.len().min(search.max_prefix_chunks);
    (all.start..all.start + n_used, all.len() - n_used)
}

pub(super) fn needs(index: &WordIndex, query: &Query, search: &WordSearch) -> BTreeSet<Chunk> {
    let mut found = BTreeSet::new();
    if let Some(root) = &query.root {
        node_needs(index, root, search, &mut found);
    }
    found
}

fn node_needs(index: &WordIndex, node: &Node, search: &WordSearch, to: &mut BTreeSet<Chunk>) {
    let leaf = match node {
        Node::Group(items) => {
            let items = items.iter();
            return items.for_each(|item| node_needs(index, &item.node, search, to));
        }
        Node::Leaf(leaf) => leaf,
    };
    match &leaf.demand {
        Demand::Words(words) => {
            for (term, open) in slots(words) {
                let chunks = chunks(index, search, term, open)
                    .0
                    .map(|chunk| chunk as u32);
                to.extend(chunks.clone().map(Chunk::Words));
                if is_phrase(words) {
                    to.extend(chunks.map(Chunk::Places));
                }
            }
        }
        Demand::Author(name) => {
            for term in &name.surname {
                let chunks = chunks(index, search, term, false).0;
                to.extend(chunks.map(|chunk| Chunk::Words(chunk as u32)));
            }
        }
        Demand::Years { .. } | Demand::Category { .. } | Demand::Id(_) => {}
    }
}

/// A query while it is planned.
pub(super) struct Plan<'a> {
    index: &'a WordIndex,
    search: &'a WordSearch,
    facts: &'a dyn Facts,
    /// Whether papers that have what is being planned are left out.
    is_excluded: bool,
    pub(super) terms: Vec<Asked>,
    pub(super) cuts: Vec<Cut>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(index: &'a WordIndex, search: &'a WordSearch, facts: &'a dyn Facts) -> Self {
        Self {
            index,
            search,
            facts,
            is_excluded: false,
            terms: Vec::new(),
            cuts: Vec::new(),
        }
    }

    pub(super) fn query(&mut self, query: &'a Query) -> Cursor<'a> {
        let root = query.root.as_ref();
        root.map_or(Cursor::Nothing, |root| self.node(root))
    }

    fn node(&mut self, node: &'a Node) -> Cursor<'a> {
        let leaf = match node {
            Node::Leaf(leaf) => leaf,
            Node::Group(items) => {
                let (mut required, mut soft, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
                for item in items {
                    let n_terms = self.terms.len();
                    let excludes = item.mark == Mark::Excluded;
                    self.is_excluded ^= excludes;
                    let part = self.node(&item.node);
                    self.is_excluded ^= excludes;
                    match item.mark {
                        Mark::Required => required.push(part),
                        Mark::Soft => soft.push(part),
                        Mark::Excluded => {
                            self.terms.truncate(n_terms);
                            excluded.push(part);
                        }
                    }
                }
                let leads = |item: &Item| item.mark == Mark::Required && !item.node.is_filter();
                let needs_soft = !soft.is_empty() && !items.iter().any(leads);
                return Cursor::Group(Group::new(required, soft, excluded, needs_soft));
            }
        };
        let facts = self.facts;
        let all = || Box::new(Cursor::All(self.index.table().n_papers()));
        match &leaf.demand {
            Demand::Words(words) => self.words(words),
            Demand::Author(name) => self.author(name),
            &Demand::Years { from, to } => {
                let years = from..=to;
                let test = move |paper| facts.year(paper).is_some_and(|year| years.contains(&year));
                Cursor::Filtered(all(), Box::new(test))
            }
            Demand::Category { code, open } => {
                let is = |found: &str| is_category(code, *open, found);
                Cursor::Filtered(all(), Box::new(move |paper| facts.has_category(paper, &is)))
            }
            Demand::Id(id) => {
                let found = facts
                    .find(id)
                    .filter(|paper| paper.0 < self.index.table().n_papers());
                found.map_or(Cursor::Nothing, |paper| Cursor::One(paper.0))
            }
        }
    }

    fn words(&mut self, words: &Words) -> Cursor<'a> {
        let fields = fields_of(words.field);
        if is_phrase(words) {
            return self.phrase(words, fields);
        }
        let mut parts: Vec<Cursor<'a>> = slots(words)
            .map(|(term, open)| self.term(term, open, fields))
            .collect();
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Cursor::Group(Group::all(parts))
            }
        }
    }

    fn author(&mut self, name: &'a Name) -> Cursor<'a> {
        let terms = name.surname.iter();
        let terms = terms.map(|term| self.term(term, false, Field::Authors.into()));
        let surname = Group::all(terms.collect());
        let facts = self.facts;
        // Where names are not here yet, the surname has to do, and nobody is excluded by it: whoever shows the paper
        // fetches them and asks again.
        let unknown = !self.is_excluded;
        let test = move |paper| facts.has_author(paper, name).unwrap_or(unknown);
        Cursor::Filtered(Box::new(Cursor::Group(surname)), Box::new(test))
    }

    fn term(&mut self, term: &str, open: bool, fields: FieldSet) -> Cursor<'a> {
        let bit = self.asked(term, open, fields);
        let slot = self.slot(term, open, false);
        if slot.lists.is_empty() {
            return Cursor::Nothing;
        }
        Cursor::Term(TermCursor {
            idf: self.rarity(&slot),
            slot,
            fields,
            term: bit,
        })
    }

    fn phrase(&mut self, words: &Words, fields: FieldSet) -> Cursor<'a> {
        let (mut found, mut idf, mut bits) = (Vec::new(), 0.0, 0);
        for (term, open) in slots(words) {
            bits |= self.asked(term, open, fields);
            let slot = self.slot(term, open, true);
            idf += self.rarity(&slot);
            found.push(slot);
        }
        if found.iter().any(|slot| slot.lists.is_empty()) {
            return Cursor::Nothing;
        }
        Cursor::Phrase(PhraseCursor::new(found, fields, idf, bits))
    }

    /// The lists of a term, or of what a prefix stands for, as far as they are here.
    fn slot(&mut self, term: &str, open: bool, with_places: bool) -> Slot<'a> {
        let index = self.index;
        let ids = if open {
            self.expansions(term)
        } else {
            index.find(term).into_iter().collect()
        };
        let count = |id: TermId| u64::from(index.words_of(id).count(id.at as usize));
        let lists = ids.iter().filter_map(|&id| {
            let at = id.at as usize;
            let postings = index.words_of(id).postings(at);
            if !with_places {
                return Some(ListCursor::new(postings, None));
            }
            let places = index.places_of(id)?.places(at);
            Some(ListCursor::new(postings, Some(places)))
        });
        Slot {
            lists: lists.collect(),
            n_papers: ids.iter().map(|&id| count(id)).sum(),
        }
    }

    /// What a prefix stands for: the terms that most papers have, in order.
    fn expansions(&mut self, stem: &str) -> Vec<TermId> {
        let (chunks, n_chunks_left) = chunks(self.index, self.search, stem, true);
        let mut found = self.index.with_prefix(stem, chunks);
        let n_found = found.len();
        if n_found > self.search.max_expansions {
            let count = |id: &TermId| self.index.words_of(*id).count(id.at as usize);
            // The sort is stable: of terms that as many papers have, the first ones stay.
            found.sort_by_key(|id| std::cmp::Reverse(count(id)));
            found.truncate(self.search.max_expansions);
            found.sort_unstable();
        }
        if n_found > found.len() || n_chunks_left > 0 {
            self.cuts.push(Cut {
                stem: stem.to_owned(),
                n_used: found.len(),
                n_found,
                n_chunks_left,
            });
        }
        found
    }

    fn rarity(&self, slot: &Slot<'_>) -> f64 {
        rarity(self.index.table().n_papers(), slot.n_papers)
    }

    /// Notes a term; its bit.
    fn asked(&mut self, term: &str, open: bool, fields: FieldSet) -> u64 {
        let bit = 1_u64.checked_shl(self.terms.len() as u32).unwrap_or(0);
        self.terms.push(Asked {
            text: term.to_owned(),
            open,
            fields,
        });
        bit
    }
}
