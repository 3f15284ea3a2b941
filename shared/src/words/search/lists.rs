//! Postings of terms, paper by paper, with places where a phrase asks for them.

use super::cursor::{END, Partial};
use super::rank::Scorer;
use crate::PaperId;
use crate::artifact::{PlacesOf, Posting, Postings};
use crate::words::{Field, FieldSet, N_FIELDS};

/// The postings of one term, at one of them.
pub(super) struct ListCursor<'a> {
    postings: Postings<'a>,
    current: Option<Posting>,
    /// The places of the current posting and of those behind it.
    places: Option<PlacesOf<'a>>,
}

impl<'a> ListCursor<'a> {
    pub(super) fn new(mut postings: Postings<'a>, places: Option<PlacesOf<'a>>) -> Self {
        Self {
            current: postings.next(),
            postings,
            places,
        }
    }

    /// Goes to the first paper from `target` on that has the term in one of the fields.
    fn seek(&mut self, target: u32, fields: FieldSet) -> u32 {
        while let Some(posting) = &self.current {
            if posting.paper.0 >= target && !posting.fields.and(fields).is_empty() {
                return posting.paper.0;
            }
            if let Some(places) = &mut self.places {
                places.pass(posting);
            }
            self.current = self.postings.next();
        }
        END
    }

    /// The posting of this paper, where the cursor is there.
    fn at(&self, paper: u32) -> Option<&Posting> {
        self.current
            .as_ref()
            .filter(|posting| posting.paper.0 == paper)
    }
}

/// One term, or all that a prefix stands for.
pub(super) struct Slot<'a> {
    pub(super) lists: Vec<ListCursor<'a>>,
    /// Papers that have the terms, added up.
    pub(super) n_papers: u64,
}

impl Slot<'_> {
    fn seek(&mut self, target: u32, fields: FieldSet) -> u32 {
        let papers = self.lists.iter_mut().map(|list| list.seek(target, fields));
        papers.min().unwrap_or(END)
    }
}

/// What is looked for as one term.
pub(super) struct TermCursor<'a> {
    pub(super) slot: Slot<'a>,
    pub(super) fields: FieldSet,
    pub(super) idf: f64,
    /// The bit of the term.
    pub(super) term: u64,
}

impl TermCursor<'_> {
    pub(super) fn seek(&mut self, target: u32) -> u32 {
        self.slot.seek(target, self.fields)
    }

    pub(super) fn contribute(&self, paper: PaperId, scorer: &Scorer<'_>, to: &mut Partial) {
        let mut counts = [0_u32; N_FIELDS];
        for posting in self.slot.lists.iter().filter_map(|list| list.at(paper.0)) {
            for field in posting.fields.and(self.fields).iter() {
                let count = &mut counts[field as usize];
                *count = count.saturating_add(posting.frequencies[field as usize]);
            }
        }
        to.add(counts, self.term, scorer.score(paper, counts, self.idf));
    }
}

/// Terms that stand in a row in one field.
pub(super) struct PhraseCursor<'a> {
    slots: Vec<Slot<'a>>,
    fields: FieldSet,
    idf: f64,
    terms: u64,
    /// How often the phrase stands in the fields of the current paper.
    counts: [u32; N_FIELDS],
    current: Option<u32>,
    /// Room to work in: where the phrase may begin, and where the next term stands.
    starts: Vec<(Field, u32)>,
    places: Vec<(Field, u32)>,
}

impl<'a> PhraseCursor<'a> {
    pub(super) fn new(slots: Vec<Slot<'a>>, fields: FieldSet, idf: f64, terms: u64) -> Self {
        Self {
            slots,
            fields,
            idf,
            terms,
            counts: [0; N_FIELDS],
            current: None,
            starts: Vec::new(),
            places: Vec::new(),
        }
    }

    pub(super) fn seek(&mut self, mut target: u32) -> u32 {
        if let Some(current) = self.current.filter(|&current| current >= target) {
            return current;
        }
        loop {
            let fields = self.fields;
            let paper = agree(&mut self.slots, target, |slot, target| {
                slot.seek(target, fields)
            });
            if paper == END || self.count(paper) {
                self.current = Some(paper);
                return paper;
            }
            target = paper + 1;
        }
    }

    /// Counts the phrase in a paper that has all its terms; whether it is there.
    fn count(&mut self, paper: u32) -> bool {
        self.counts = [0; N_FIELDS];
        for (at, slot) in self.slots.iter().enumerate() {
            self.places.clear();
            for list in &slot.lists {
                if let (Some(posting), Some(places)) = (list.at(paper), &list.places) {
                    places.clone().read(posting, |field, place| {
                        if self.fields.has(field) {
                            self.places.push((field, place));
                        }
                    });
                }
            }
            if slot.lists.len() > 1 {
                self.places.sort_unstable();
            }
            if at == 0 {
                std::mem::swap(&mut self.starts, &mut self.places);
            } else {
                let places = &self.places;
                self.starts.retain(|&(field, start)| {
                    let place = start.checked_add(at as u32);
                    place.is_some_and(|place| places.binary_search(&(field, place)).is_ok())
                });
            }
        }
        for &(field, _) in &self.starts {
            self.counts[field as usize] += 1;
        }
        !self.starts.is_empty()
    }

    pub(super) fn contribute(&self, paper: PaperId, scorer: &Scorer<'_>, to: &mut Partial) {
        let score = scorer.score(paper, self.counts, self.idf);
        to.add(self.counts, self.terms, score);
    }
}

/// The first paper from `target` on that all of `those` go to.
pub(super) fn agree<T>(those: &mut [T], target: u32, seek: impl Fn(&mut T, u32) -> u32) -> u32 {
    let mut paper = target;
    let mut n_agreed = 0;
    while n_agreed < those.len() {
        let next = seek(&mut those[n_agreed], paper);
        n_agreed = if next == paper { n_agreed + 1 } else { 0 };
        paper = next;
        if paper == END {
            return END;
        }
    }
    paper
}
