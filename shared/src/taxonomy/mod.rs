//! arXiv's taxonomy: categories, archives, groups, aliases and closed archives.
//!
//! Six pairs of codes name one category (`cs.NA` is `math.NA`): 155 codes, 149 canonical classes.

mod table;

pub use table::{CATEGORIES, SUBSUMED};

/// One of arXiv's eight groups; the page gives each a color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Astrophysics to quantum physics: the archives of the `physics` group.
    Physics,
    /// `math`.
    Mathematics,
    /// `cs`.
    ComputerScience,
    /// `stat`.
    Statistics,
    /// `eess`.
    ElectricalEngineering,
    /// `q-bio`.
    QuantitativeBiology,
    /// `q-fin`.
    QuantitativeFinance,
    /// `econ`.
    Economics,
}

impl Group {
    /// All groups; artifacts name one by its place here, so that it never changes.
    pub const ALL: [Self; 8] = [
        Self::Physics,
        Self::Mathematics,
        Self::ComputerScience,
        Self::Statistics,
        Self::ElectricalEngineering,
        Self::QuantitativeBiology,
        Self::QuantitativeFinance,
        Self::Economics,
    ];

    /// The group's short name, also the suffix of its color in the style sheet.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Physics => "physics",
            Self::Mathematics => "math",
            Self::ComputerScience => "cs",
            Self::Statistics => "stat",
            Self::ElectricalEngineering => "eess",
            Self::QuantitativeBiology => "q-bio",
            Self::QuantitativeFinance => "q-fin",
            Self::Economics => "econ",
        }
    }
}

/// One row of the taxonomy.
#[derive(Debug, PartialEq, Eq)]
pub struct Category {
    /// Code, such as `cs.LG` or `hep-th`.
    pub code: &'static str,
    /// Name, such as "Machine Learning".
    pub name: &'static str,
    /// Archive: the code's part before the dot.
    pub archive: &'static str,
    /// Name of the archive.
    pub archive_name: &'static str,
    /// The group that the archive belongs to.
    pub group: Group,
    /// The canonical code, where this one is an alias.
    pub alias_of: Option<&'static str>,
}

/// The category with exactly this code, alias or not.
pub fn category(code: &str) -> Option<&'static Category> {
    let at = CATEGORIES.binary_search_by(|row| row.code.cmp(code)).ok()?;
    Some(&CATEGORIES[at])
}

/// The category that `code` means today: aliases and closed archives followed.
///
/// ```
/// use shared::taxonomy::canonical;
/// assert_eq!(canonical("cs.NA").map(|c| c.code), Some("math.NA"));
/// assert_eq!(canonical("cmp-lg").map(|c| c.code), Some("cs.CL"));
/// assert_eq!(canonical("astro-ph"), None); // an archive: no single category took its papers
/// ```
pub fn canonical(code: &str) -> Option<&'static Category> {
    let code = SUBSUMED
        .iter()
        .find(|(old, _)| *old == code)
        .map_or(code, |(_, now)| now);
    let found = category(code)?;
    found.alias_of.map_or(Some(found), category)
}

/// The 149 canonical categories, by code.
pub fn canonical_categories() -> impl Iterator<Item = &'static Category> {
    CATEGORIES.iter().filter(|row| row.alias_of.is_none())
}

/// The group of a category or archive code; `None` for codes that are not arXiv's.
pub fn group(code: &str) -> Option<Group> {
    let row = canonical(code).or_else(|| {
        CATEGORIES
            .iter()
            .find(|row| row.archive == archive_of(code))
    })?;
    Some(row.group)
}

/// The archive part of a code: `cs` of `cs.LG`, `hep-th` of `hep-th`.
pub fn archive_of(code: &str) -> &str {
    code.split_once('.').map_or(code, |(archive, _)| archive)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_has_arxivs_own_counts() {
        assert_eq!(CATEGORIES.len(), 155);
        assert_eq!(canonical_categories().count(), 149);
        let archives: BTreeSet<_> = CATEGORIES.iter().map(|row| row.archive).collect();
        let groups: BTreeSet<_> = CATEGORIES.iter().map(|row| row.group).collect();
        assert_eq!((archives.len(), groups.len()), (20, 8));
    }

    #[test]
    fn the_table_is_sorted_so_that_lookup_finds_every_row() {
        for row in &CATEGORIES {
            assert_eq!(
                category(row.code),
                Some(row),
                "{} is out of order",
                row.code
            );
            assert_eq!(archive_of(row.code), row.archive);
        }
    }

    #[test]
    fn every_alias_and_closed_archive_leads_to_a_canonical_category() {
        for row in &CATEGORIES {
            let canonical = canonical(row.code).expect("every category has a canonical form");
            assert_eq!(canonical.alias_of, None, "{} leads to an alias", row.code);
        }
        for (old, now) in SUBSUMED {
            assert_eq!(canonical(old).map(|c| c.code), Some(now));
        }
        assert!(canonical("no.such").is_none());
    }

    #[test]
    fn archives_have_groups_too() {
        assert_eq!(group("astro-ph"), Some(Group::Physics));
        assert_eq!(group("cond-mat"), Some(Group::Physics));
        assert_eq!(group("q-alg"), Some(Group::Mathematics));
        assert_eq!(group("x"), None);
    }
}
