//! The papers of a build and new ones as one corpus.

use std::collections::{HashMap, HashSet};

use shared::{Paper, PaperId};

use crate::report::Changes;

/// Old papers in their order, replaced in their places, then the new ones in theirs.
#[derive(Debug)]
pub(super) struct Union {
    /// The corpus.
    pub(super) papers: Vec<Paper>,
    /// `[papers]`: the old paper whose stored vector holds for this one.
    pub(super) stored: Vec<Option<PaperId>>,
    /// What became of the papers.
    pub(super) changes: Changes,
}

impl Union {
    /// Joins `old` and `new`, neither of which has an id twice, without the ids of `remove`, be they old or
    /// new; `text` is what is embedded of a paper.
    pub(super) fn of(
        old: Vec<Paper>,
        new: Vec<Paper>,
        remove: &[String],
        text: impl Fn(&Paper) -> String,
    ) -> Self {
        let remove: HashSet<&str> = remove.iter().map(String::as_str).collect();
        let mut new: Vec<Option<Paper>> = new.into_iter().map(Some).collect();
        let place: HashMap<String, usize> = (new.iter().flatten().enumerate())
            .map(|(at, paper)| (paper.id.clone(), at))
            .collect();
        let mut union = Self {
            papers: Vec::with_capacity(old.len() + new.len()),
            stored: Vec::with_capacity(old.len() + new.len()),
            changes: Changes::default(),
        };
        for (paper, at) in old.into_iter().zip(0..) {
            let newer = place.get(&paper.id).and_then(|&at| new[at].take());
            if remove.contains(&*paper.id) {
                union.changes.removed += 1;
                continue;
            }
            match newer {
                None => union.push(paper, Some(PaperId(at))),
                Some(newer) if is_same(&newer, &paper) => {
                    union.changes.same += 1;
                    union.push(paper, Some(PaperId(at)));
                }
                Some(newer) => {
                    union.changes.replaced += 1;
                    let holds = text(&newer) == text(&paper);
                    union.push(newer, holds.then_some(PaperId(at)));
                }
            }
        }
        for paper in new.into_iter().flatten() {
            if !remove.contains(&*paper.id) {
                union.changes.added += 1;
                union.push(paper, None);
            }
        }
        union
    }

    fn push(&mut self, paper: Paper, stored: Option<PaperId>) {
        self.papers.push(paper);
        self.stored.push(stored);
    }

    /// Whether this is another corpus than the old one.
    pub(super) fn is_changed(&self) -> bool {
        let Changes {
            added,
            replaced,
            removed,
            same: _,
        } = self.changes;
        added + replaced + removed > 0
    }

    /// Places of the papers that no stored vector holds for.
    pub(super) fn missing(&self) -> Vec<usize> {
        let is_missing = |&at: &usize| self.stored[at].is_none();
        (0..self.papers.len()).filter(is_missing).collect()
    }
}

/// Whether a build of either paper has the same bytes.
fn is_same(one: &Paper, two: &Paper) -> bool {
    let Paper {
        id,
        title,
        abstract_,
        authors,
        categories,
        year,
        split: _,
    } = one;
    (id, title, abstract_) == (&two.id, &two.title, &two.abstract_)
        && (authors, categories, year) == (&two.authors, &two.categories, &two.year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(id: &str, title: &str, authors: &str) -> Paper {
        Paper {
            id: id.into(),
            title: title.into(),
            authors: authors.into(),
            ..Paper::default()
        }
    }

    #[test]
    fn old_papers_keep_their_places_and_new_ones_follow() {
        let old = ["a", "b", "c", "d", "e"].map(|id| paper(id, id, ""));
        let split = Paper {
            split: Some("train".into()),
            ..paper("e", "e", "")
        };
        let new = [
            paper("g", "g", ""),
            paper("c", "other", ""),
            paper("x", "x", ""),
            paper("b", "b", "Ada"),
            split,
            paper("f", "f", ""),
        ];
        let remove = ["d", "x", "never there"].map(str::to_owned);
        let union = Union::of(old.into(), new.into(), &remove, |paper| paper.title.clone());
        let got: Vec<_> = (union.papers.iter().zip(&union.stored))
            .map(|(paper, stored)| (&*paper.id, &*paper.title, stored.map(|PaperId(at)| at)))
            .collect();
        let wanted = [
            ("a", "a", Some(0)),
            ("b", "b", Some(1)),
            ("c", "other", None),
            ("e", "e", Some(4)),
            ("g", "g", None),
            ("f", "f", None),
        ];
        assert_eq!(got, wanted);
        assert_eq!(union.papers[1].authors, "Ada");
        assert_eq!(union.missing(), [2, 4, 5]);
        let changes = Changes {
            added: 2,
            replaced: 2,
            removed: 1,
            same: 1,
        };
        assert_eq!(union.changes, changes);
    }
}
