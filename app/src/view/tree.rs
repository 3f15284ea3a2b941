//! The archive → category tree of the filters: its branches, and what a click on one does.

use std::collections::BTreeMap;

use shared::taxonomy::{self, CATEGORIES, Group};

/// An archive with those of its categories that the corpus has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// The group that gives the color; `None` for codes that are not arXiv's.
    pub(crate) group: Option<Group>,
    /// Code of the archive, which is also a filter.
    pub(crate) archive: String,
    /// Its name.
    pub(crate) name: String,
    /// Papers that its filter finds.
    pub(crate) count: Option<usize>,
    /// Its categories, by code; empty for an archive that is its own only category.
    pub(crate) leaves: Vec<Leaf>,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Its code.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Papers that carry it.
    pub(crate) count: usize,
}

/// How much of a branch is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Nothing of it.
    None,
    /// Some categories.
    Some,
    /// The archive itself.
    All,
}

/// Grows the tree from the corpus' counts: groups in arXiv's order, codes in alphabetical order.
pub(crate) fn grow(counts: &[(String, usize)], archives: &[(String, usize)]) -> Vec<Branch> {
    let mut branches: BTreeMap<(bool, Option<Group>, String), Branch> = BTreeMap::new();
    for (code, count) in counts {
        let archive = taxonomy::archive_of(code);
        let group = taxonomy::group(code);
        // Codes that are not arXiv's come last.
        let key = (group.is_none(), group, archive.to_owned());
        let branch = branches.entry(key).or_insert_with(|| Branch {
            group,
            archive: archive.to_owned(),
            name: archive_name(archive),
            count: archives
                .iter()
                .find(|(known, _)| known == archive)
                .map(|(_, n)| *n),
            leaves: Vec::new(),
        });
        // Papers from before the archive had categories have its own code, which is no leaf.
        if code != archive {
            let name = category_name(code).unwrap_or_default().to_owned();
            branch.leaves.push(Leaf {
                code: code.clone(),
                name,
                count: *count,
            });
        }
    }
    let mut branches: Vec<Branch> = branches.into_values().collect();
    for branch in &mut branches {
        branch.leaves.sort_by(|a, b| a.code.cmp(&b.code));
    }
    branches
}

/// The name of a category, aliases and closed archives followed.
pub(crate) fn category_name(code: &str) -> Option<&'static str> {
    let row = taxonomy::category(code).or_else(|| taxonomy::canonical(code))?;
    Some(row.name)
}

fn archive_name(archive: &str) -> String {
    let row = CATEGORIES.iter().find(|row| row.archive == archive);
    let name = row
        .map(|row| row.archive_name)
        .or_else(|| category_name(archive));
    name.unwrap_or(archive).to_owned()
}

impl Branch {
    /// How much of this branch `codes` chooses.
    pub(crate) fn chosen(&self, codes: &[String]) -> Chosen {
        if codes.contains(&self.archive) {
            Chosen::All
        } else if self.leaves.iter().any(|leaf| codes.contains(&leaf.code)) {
            Chosen::Some
        } else {
            Chosen::None
        }
    }

    /// A click on the archive: all of it, or nothing of it.
    pub(crate) fn toggle(&self, codes: &mut Vec<String>) {
        let was_all = self.chosen(codes) == Chosen::All;
        codes.retain(|code| *code != self.archive && !self.has(code));
        if !was_all {
            codes.push(self.archive.clone());
        }
    }

    /// A click on a category: where the archive was chosen, all its others stay.
    pub(crate) fn toggle_leaf(&self, code: &str, codes: &mut Vec<String>) {
        if self.chosen(codes) == Chosen::All {
            codes.retain(|known| *known != self.archive);
            let others = self.leaves.iter().filter(|leaf| leaf.code != code);
            codes.extend(others.map(|leaf| leaf.code.clone()));
        } else if codes.iter().any(|known| known == code) {
            codes.retain(|known| known != code);
        } else {
            codes.push(code.to_owned());
        }
    }

    fn has(&self, code: &str) -> bool {
        self.leaves.iter().any(|leaf| leaf.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vec<Branch> {
        let counts = [
            ("cs.LG", 90),
            ("stat.ML", 40),
            ("hep-th", 7),
            ("cs.CL", 30),
            ("x.y", 1),
        ];
        let archives = [("cs", 100), ("hep-th", 7), ("stat", 40), ("x", 1)];
        let owned = |(code, n): (&str, usize)| (code.to_owned(), n);
        grow(&counts.map(owned), &archives.map(owned))
    }

    #[test]
    fn the_tree_has_only_what_the_corpus_has_in_group_order() {
        let tree = small();
        let archives: Vec<_> = tree.iter().map(|branch| branch.archive.as_str()).collect();
        assert_eq!(archives, ["hep-th", "cs", "stat", "x"]);
        let cs: Vec<_> = tree[1]
            .leaves
            .iter()
            .map(|leaf| leaf.code.as_str())
            .collect();
        assert_eq!(cs, ["cs.CL", "cs.LG"]);
        assert_eq!(tree[1].name, "Computer Science");
        assert_eq!((tree[0].count, tree[0].leaves.len()), (Some(7), 0));
        assert_eq!(
            tree[1].count,
            Some(100),
            "cross-lists make the sum of its categories too large"
        );
    }

    #[test]
    fn an_archive_takes_the_place_of_its_categories() {
        let cs = &small()[1];
        let mut codes = vec!["stat.ML".to_owned(), "cs.LG".to_owned()];
        assert_eq!(cs.chosen(&codes), Chosen::Some);
        cs.toggle(&mut codes);
        assert_eq!(codes, ["stat.ML", "cs"]);
        assert_eq!(cs.chosen(&codes), Chosen::All);
        cs.toggle(&mut codes);
        assert_eq!(codes, ["stat.ML"]);
        assert_eq!(cs.chosen(&codes), Chosen::None);
    }

    #[test]
    fn leaving_one_category_of_a_chosen_archive_keeps_the_others() {
        let cs = &small()[1];
        let mut codes = vec!["cs".to_owned()];
        cs.toggle_leaf("cs.LG", &mut codes);
        assert_eq!(codes, ["cs.CL"]);
        cs.toggle_leaf("cs.CL", &mut codes);
        assert_eq!(codes, Vec::<String>::new());
    }
}
