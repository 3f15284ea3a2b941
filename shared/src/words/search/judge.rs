//! The slow judge: reads the texts of every paper for every query, and knows no index.

use super::{Bm25, Facts, is_category};
use crate::artifact::{length_code, length_of};
use crate::words::query::{Demand, Item, Mark, Name, Node, Query, Words};
use crate::words::terms::{for_each_author_term, for_each_term};
use crate::words::{Field, FieldSet, N_FIELDS};
use crate::{Paper, PaperId};

/// Papers as their terms with positions.
pub(super) struct Judge {
    papers: Vec<Paper>,
    terms: Vec<[Vec<(String, u32)>; N_FIELDS]>,
}

/// Score and fields.
pub(super) type Verdict = (f64, FieldSet);

impl Judge {
    pub(super) fn new(papers: &[Paper]) -> Self {
        let terms = papers.iter().map(|paper| {
            let mut found: [Vec<(String, u32)>; N_FIELDS] = Default::default();
            for_each_term(&paper.title, |term, at, _| {
                found[0].push((term.into(), at));
            });
            for_each_term(&paper.abstract_, |term, at, _| {
                found[1].push((term.into(), at));
            });
            for_each_author_term(&paper.authors, |term, at, _| {
                found[2].push((term.into(), at));
            });
            found
        });
        Self {
            terms: terms.collect(),
            papers: papers.to_vec(),
        }
    }

    /// Every paper that matches, with its score, best first.
    pub(super) fn search(&self, query: &Query, bm25: &Bm25) -> Vec<(PaperId, Verdict)> {
        let Some(root) = &query.root else {
            return Vec::new();
        };
        let mut found: Vec<(PaperId, Verdict)> = (0..self.papers.len())
            .filter_map(|at| Some((PaperId(at as u32), self.node(root, at, bm25)?)))
            .collect();
        found.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0));
        found
    }

    fn node(&self, node: &Node, at: usize, bm25: &Bm25) -> Option<Verdict> {
        let items = match node {
            Node::Leaf(leaf) => return self.leaf(&leaf.demand, at, bm25),
            Node::Group(items) => items,
        };
        let of = |wanted: Mark| items.iter().filter(move |item| item.mark == wanted);
        let ask = |item: &Item| self.node(&item.node, at, bm25);
        if of(Mark::Excluded).any(|item| ask(item).is_some()) {
            return None;
        }
        let required: Option<Vec<Verdict>> = of(Mark::Required).map(ask).collect();
        let soft: Vec<Verdict> = of(Mark::Soft).filter_map(ask).collect();
        let required = required?;
        let only_facts = of(Mark::Required).all(|item| match &item.node {
            Node::Leaf(leaf) => !matches!(leaf.demand, Demand::Words(_) | Demand::Author(_)),
            group @ Node::Group(_) => group.is_filter(),
        });
        let has_wishes = of(Mark::Soft).next().is_some();
        let has_none = has_wishes && only_facts && soft.is_empty();
        (!has_none).then(|| sum(&[required, soft].concat()))
    }

    fn leaf(&self, demand: &Demand, at: usize, bm25: &Bm25) -> Option<Verdict> {
        let paper = &self.papers[at];
        let holds = match demand {
            Demand::Words(words) => return self.words(words, at, bm25),
            Demand::Author(name) => {
                let surname = name.surname.iter();
                let terms: Option<Vec<Verdict>> = surname
                    .map(|term| self.row(&[(term, false)], Field::Authors.into(), at, bm25))
                    .collect();
                return terms
                    .filter(|_| name.is_among(&paper.authors))
                    .map(|terms| sum(&terms));
            }
            Demand::Years { from, to } => {
                paper.year.is_some_and(|year| (*from..=*to).contains(&year))
            }
            Demand::Category { code, open } => paper
                .categories
                .iter()
                .any(|found| is_category(code, *open, found)),
            Demand::Id(id) => paper.id == *id,
        };
        holds.then_some((0.0, FieldSet::NONE))
    }

    fn words(&self, words: &Words, at: usize, bm25: &Bm25) -> Option<Verdict> {
        let fields = words.field.map_or(FieldSet::ALL, FieldSet::from);
        let last = words.terms.len() - 1;
        let terms = words.terms.iter().enumerate();
        let slots: Vec<(&String, bool)> = terms
            .map(|(n, term)| (term, words.open && n == last))
            .collect();
        if words.quoted {
            return self.row(&slots, fields, at, bm25);
        }
        let parts: Option<Vec<Verdict>> = slots
            .iter()
            .map(|slot| self.row(&[*slot], fields, at, bm25))
            .collect();
        parts.map(|parts| sum(&parts))
    }

    /// Terms in a row, ranked as one.
    fn row(
        &self,
        slots: &[(&String, bool)],
        fields: FieldSet,
        at: usize,
        bm25: &Bm25,
    ) -> Option<Verdict> {
        let is = |&(wanted, open): &(&String, bool), term: &str| {
            term == wanted || open && term.starts_with(wanted.as_str())
        };
        let (mut count, mut found) = (0.0, FieldSet::NONE);
        for field in fields.iter() {
            let terms = &self.terms[at][field as usize];
            let stands = |place: u32| {
                slots.iter().zip(place..).all(|(slot, place)| {
                    terms
                        .iter()
                        .any(|(term, at)| *at == place && is(slot, term))
                })
            };
            let n = terms.iter().filter(|(_, place)| stands(*place)).count();
            if n > 0 {
                let length = |of: usize| self.terms[of][field as usize].len() as u32;
                let sum: u32 = (0..self.papers.len()).map(length).sum();
                let mean = f64::from(sum) / self.papers.len() as f64;
                let rounded = f64::from(length_of(length_code(length(at))));
                let b = f64::from(bm25.b[field as usize]);
                let weight = f64::from(bm25.weights[field as usize]);
                count += weight * n as f64 / (1.0 - b + b * rounded / mean);
                found = found.or(field.into());
            }
        }
        let n_papers = self.papers.len() as f64;
        let idf = |slot: &(&String, bool)| {
            let has = |of: &[Vec<(String, u32)>; N_FIELDS], wanted: &str| {
                of.iter().flatten().any(|(term, _)| term == wanted)
            };
            let mut words: Vec<&String> = self
                .terms
                .iter()
                .flatten()
                .flatten()
                .map(|(term, _)| term)
                .collect();
            words.retain(|term| is(slot, term));
            words.sort();
            words.dedup();
            let papers = |word: &&String| self.terms.iter().filter(|of| has(of, word)).count();
            let n = (words.iter().map(papers).sum::<usize>() as f64).min(n_papers);
            (1.0 + (n_papers - n + 0.5) / (n + 0.5)).ln()
        };
        let idf: f64 = slots.iter().map(idf).sum();
        (count > 0.0).then_some((idf * count / (f64::from(bm25.k1) + count), found))
    }
}

fn sum(parts: &[Verdict]) -> Verdict {
    parts.iter().fold((0.0, FieldSet::NONE), |sum, part| {
        (sum.0 + part.0, sum.1.or(part.1))
    })
}

impl Facts for Judge {
    fn year(&self, paper: PaperId) -> Option<u16> {
        self.papers[paper.0 as usize].year
    }

    fn has_category(&self, paper: PaperId, is: &dyn Fn(&str) -> bool) -> bool {
        self.papers[paper.0 as usize]
            .categories
            .iter()
            .any(|code| is(code))
    }

    fn find(&self, id: &str) -> Option<PaperId> {
        let at = self.papers.iter().position(|paper| paper.id == id)?;
        Some(PaperId(at as u32))
    }

    fn has_author(&self, paper: PaperId, name: &Name) -> Option<bool> {
        Some(name.is_among(&self.papers[paper.0 as usize].authors))
    }
}
