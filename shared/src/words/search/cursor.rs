//! The parts of a query, each going from paper to paper.

use super::lists::{PhraseCursor, TermCursor, agree};
use super::rank::Scorer;
use crate::PaperId;
use crate::words::{Field, FieldSet, N_FIELDS};

/// Behind the last paper.
pub(super) const END: u32 = u32::MAX;

/// What is known of a paper while it is scored.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pub(super) score: f64,
    pub(super) fields: FieldSet,
    pub(super) terms: u64,
}

impl Partial {
    /// Adds what these terms do, which stand this often in the fields.
    pub(super) fn add(&mut self, counts: [u32; N_FIELDS], terms: u64, score: f64) {
        for field in Field::ALL {
            if counts[field as usize] > 0 {
                self.fields = self.fields.or(field.into());
            }
        }
        self.terms |= terms;
        self.score += score;
    }
}

/// Whether a paper is one.
pub(super) type Test<'a> = Box<dyn Fn(PaperId) -> bool + 'a>;

/// A part of a query.
pub(super) enum Cursor<'a> {
    /// No paper.
    Nothing,
    /// One paper.
    One(u32),
    /// Every paper below this.
    All(u32),
    Term(TermCursor<'a>),
    Phrase(PhraseCursor<'a>),
    /// Papers of another part that pass a test.
    Filtered(Box<Cursor<'a>>, Test<'a>),
    Group(Group<'a>),
}

impl Cursor<'_> {
    /// Goes to the first paper from `target` on, which is at least the one before, and names it.
    pub(super) fn seek(&mut self, target: u32) -> u32 {
        match self {
            Self::Nothing => END,
            Self::One(paper) => {
                if *paper >= target {
                    *paper
                } else {
                    END
                }
            }
            Self::All(n) => {
                if target < *n {
                    target
                } else {
                    END
                }
            }
            Self::Term(term) => term.seek(target),
            Self::Phrase(phrase) => phrase.seek(target),
            Self::Filtered(inner, test) => {
                let mut paper = inner.seek(target);
                while paper != END && !test(PaperId(paper)) {
                    paper = inner.seek(paper + 1);
                }
                paper
            }
            Self::Group(group) => group.seek(target),
        }
    }

    /// Adds what this part does for the paper that it went to.
    pub(super) fn contribute(&mut self, paper: PaperId, scorer: &Scorer<'_>, to: &mut Partial) {
        match self {
            Self::Nothing | Self::One(_) | Self::All(_) => {}
            Self::Term(term) => term.contribute(paper, scorer, to),
            Self::Phrase(phrase) => phrase.contribute(paper, scorer, to),
            Self::Filtered(inner, _) => inner.contribute(paper, scorer, to),
            Self::Group(group) => group.contribute(paper, scorer, to),
        }
    }

    /// Whether it looks at papers one by one, so that another part should lead.
    fn is_slow(&self) -> bool {
        matches!(self, Self::Filtered(inner, _) if matches!(**inner, Self::All(_)))
    }
}

/// Several parts.
#[derive(Default)]
pub(super) struct Group<'a> {
    required: Vec<Cursor<'a>>,
    soft: Vec<Cursor<'a>>,
    excluded: Vec<Cursor<'a>>,
    /// Whether one of the soft ones must be there.
    needs_soft: bool,
    /// Where it went: facts alone would let it go back to a paper that it has left out.
    current: Option<u32>,
}

impl<'a> Group<'a> {
    pub(super) fn new(
        mut required: Vec<Cursor<'a>>,
        soft: Vec<Cursor<'a>>,
        excluded: Vec<Cursor<'a>>,
        needs_soft: bool,
    ) -> Self {
        required.sort_by_key(Cursor::is_slow);
        Self {
            required,
            soft,
            excluded,
            needs_soft,
            current: None,
        }
    }

    /// All of these, at least one.
    pub(super) fn all(required: Vec<Cursor<'a>>) -> Self {
        Self {
            required,
            ..Self::default()
        }
    }

    fn seek(&mut self, target: u32) -> u32 {
        let there = self.current.filter(|&current| current >= target);
        let paper = there.unwrap_or_else(|| self.next_from(target));
        self.current = Some(paper);
        paper
    }

    fn next_from(&mut self, mut target: u32) -> u32 {
        loop {
            if self.needs_soft {
                let papers = self.soft.iter_mut().map(|part| part.seek(target));
                target = papers.min().unwrap_or(END);
            }
            if target == END {
                return END;
            }
            let paper = agree(&mut self.required, target, Cursor::seek);
            if self.needs_soft && paper != target {
                target = paper;
                continue;
            }
            let mut excluded = self.excluded.iter_mut();
            if paper == END || !excluded.any(|part| part.seek(paper) == paper) {
                return paper;
            }
            target = paper + 1;
        }
    }

    fn contribute(&mut self, paper: PaperId, scorer: &Scorer<'_>, to: &mut Partial) {
        for part in &mut self.required {
            part.contribute(paper, scorer, to);
        }
        for part in &mut self.soft {
            if part.seek(paper.0) == paper.0 {
                part.contribute(paper, scorer, to);
            }
        }
    }
}
