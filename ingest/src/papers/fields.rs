//! What the fields of a paper are called: the one place that every layout asks.
//!
//! Names are compared without regard to case, and `-` or a space is as good as `_`: tables are
//! made by hand. Where a row has several names of one field, the first in [`NAMES`] counts that
//! says something.

use shared::tables::is_called;

/// A field that is looked at; all others are skipped without being kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Title,
    Abstract,
    Authors,
    Categories,
    PrimaryCategory,
    /// Free words; only those that name a category of arXiv are taken.
    Keywords,
    Year,
    /// A date with its year in it; asked only where neither the year nor the id says.
    Date,
    /// Where arXiv says that a paper is withdrawn.
    Comments,
    Split,
}

/// How many fields there are.
pub(super) const N_FIELDS: usize = Field::Split as usize + 1;

/// A name as a layout met it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) field: Field,
    /// Its place in [`NAMES`]: of two names of one field the smaller one counts.
    pub(super) rank: u8,
    /// The name as [`NAMES`] has it, for messages.
    pub(super) name: &'static str,
}

/// The names of each field, the one that counts most first.
const NAMES: [(&str, Field); 40] = [
    ("id", Field::Id),
    ("_id", Field::Id),
    ("arxiv_id", Field::Id),
    ("paper_id", Field::Id),
    ("eprint", Field::Id),
    ("doi", Field::Id),
    ("title", Field::Title),
    ("abstract", Field::Abstract),
    ("text", Field::Abstract),
    ("summary", Field::Abstract),
    ("authors", Field::Authors),
    ("author", Field::Authors),
    ("categories", Field::Categories),
    ("category", Field::Categories),
    ("subjects", Field::Categories),
    ("subject", Field::Categories),
    ("primary_category", Field::PrimaryCategory),
    ("primary_subject", Field::PrimaryCategory),
    ("primary_class", Field::PrimaryCategory),
    ("primaryclass", Field::PrimaryCategory),
    ("keywords", Field::Keywords),
    ("year", Field::Year),
    ("publication_year", Field::Year),
    ("submission_date", Field::Date),
    ("submitted_date", Field::Date),
    ("submitted", Field::Date),
    ("published", Field::Date),
    ("published_date", Field::Date),
    ("publication_date", Field::Date),
    ("created", Field::Date),
    ("created_date", Field::Date),
    ("date", Field::Date),
    ("updated", Field::Date),
    ("updated_date", Field::Date),
    ("update_date", Field::Date),
    ("last_updated", Field::Date),
    ("comments", Field::Comments),
    ("comment", Field::Comments),
    ("note", Field::Comments),
    ("split", Field::Split),
];

/// The field that is called `name`, if any.
pub(super) fn named(name: &str) -> Option<Named> {
    let rank = NAMES.iter().position(|(known, _)| is_called(name, known))?;
    let (name, field) = NAMES[rank];
    Some(Named {
        field,
        rank: rank as u8,
        name,
    })
}

/// Whether papers can be read from fields of these names: an id, and a title or abstract.
pub(super) fn suffice<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let (mut id, mut text) = (false, false);
    for found in names.into_iter().filter_map(named) {
        id |= found.field == Field::Id;
        text |= matches!(found.field, Field::Title | Field::Abstract);
    }
    id && text
}

/// What to do about a table whose names do not [`suffice`].
pub(super) fn needed(names: &[&str]) -> String {
    // A file without a header has a row of text here.
    let names: Vec<String> = names
        .iter()
        .take(20)
        .map(|name| name.chars().take(40).collect())
        .collect();
    format!(
        "needs a column `id` and a column `title` or `abstract`; it has {}: rename them",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_with_any_joint() {
        for (name, wanted) in [
            ("id", Some(Field::Id)),
            (" ID ", Some(Field::Id)),
            ("Primary Category", Some(Field::PrimaryCategory)),
            ("primary-subject", Some(Field::PrimaryCategory)),
            ("ABSTRACT", Some(Field::Abstract)),
            ("journal-ref", None),
            ("authors_parsed", None),
            ("", None),
        ] {
            assert_eq!(named(name).map(|named| named.field), wanted, "{name:?}");
        }
    }

    #[test]
    fn no_name_stands_twice_and_every_name_finds_itself() {
        for (rank, (name, field)) in NAMES.iter().enumerate() {
            let found = named(name).expect("a known name");
            assert_eq!(
                (usize::from(found.rank), found.field),
                (rank, *field),
                "{name}"
            );
        }
    }

    #[test]
    fn an_id_and_some_text_are_enough() {
        assert!(suffice(["Arxiv_ID", "x", "Summary"]));
        assert!(!suffice(["title", "abstract"]));
        assert!(!suffice(["id", "authors"]));
        assert!(needed(&["a", "b"]).contains("it has a, b: rename"));
    }
}
