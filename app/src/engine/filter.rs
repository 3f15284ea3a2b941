//! Which papers pass a [`Filter`].

use shared::taxonomy::{archive_of, canonical};
use shared::{PaperId, Papers};

use super::protocol::{Filter, Listed};

/// The papers that pass one filter: one flag a paper.
pub(super) struct Passing {
    flags: Vec<bool>,
    /// How many pass.
    pub(super) n: usize,
}

impl Passing {
    /// Marks the papers that pass; costs one look at every paper.
    pub(super) fn of(papers: &Papers, filter: &Filter) -> Self {
        // Categories are compared once a name instead of once a paper.
        let wanted: Vec<bool> = papers
            .category_names()
            .iter()
            .map(|code| {
                filter
                    .categories
                    .iter()
                    .any(|wanted| is_within(code, wanted))
            })
            .collect();
        Self::where_(papers, |paper| {
            let category = filter.categories.is_empty()
                || numbers(papers, paper, filter.listed)
                    .iter()
                    .any(|&at| wanted[usize::from(at)]);
            let year = filter.years.is_none_or(|(first, last)| {
                papers
                    .year(paper)
                    .is_some_and(|year| (first..=last).contains(&year))
            });
            category && year
        })
    }

    /// Marks the papers of which `passes` is true.
    pub(super) fn where_(papers: &Papers, passes: impl Fn(PaperId) -> bool) -> Self {
        let flags: Vec<bool> = papers.all().map(passes).collect();
        let n = flags.iter().filter(|&&flag| flag).count();
        Self { flags, n }
    }

    /// Takes a paper out.
    pub(super) fn exclude(&mut self, paper: PaperId) {
        if std::mem::take(&mut self.flags[paper.0 as usize]) {
            self.n -= 1;
        }
    }

    /// Whether a paper passes.
    pub(super) fn contains(&self, paper: PaperId) -> bool {
        self.flags[paper.0 as usize]
    }
}

/// The categories of a paper that count, as [`Papers::category_numbers`].
pub(super) fn numbers(papers: &Papers, paper: PaperId, listed: Listed) -> &[u16] {
    let all = papers.category_numbers(paper);
    match listed {
        Listed::Anywhere => all,
        Listed::Primary => &all[..all.len().min(1)],
    }
}

/// Whether a paper of category `code` is one of `wanted`: the same code, an alias of it, or a
/// category of the archive that `wanted` names.
fn is_within(code: &str, wanted: &str) -> bool {
    let today = canonical(code).map(|row| row.code);
    let wanted_today = canonical(wanted).map(|row| row.code);
    code == wanted
        || (today.is_some() && today == wanted_today)
        || archive_of(code) == wanted
        || today.is_some_and(|code| archive_of(code) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_within_itself_its_aliases_and_its_archives() {
        for (code, wanted) in [
            ("cs.LG", "cs.LG"),
            ("cs.NA", "math.NA"),
            ("math.NA", "cs.NA"),
            ("cmp-lg", "cs.CL"),
            ("cmp-lg", "cs"),
            ("cs.LG", "cs"),
            ("hep-th", "hep-th"),
            ("my-own", "my-own"),
        ] {
            assert!(is_within(code, wanted), "{code} is not found by {wanted}");
        }
        for (code, wanted) in [("cs.LG", "cs.L"), ("cs.LG", "stat.ML"), ("my-own", "other")] {
            assert!(!is_within(code, wanted), "{code} is found by {wanted}");
        }
    }
}
