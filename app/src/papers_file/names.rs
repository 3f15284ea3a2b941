//! What columns and fields are called, and a row put together from them.
//!
//! Names are compared without regard to case, and `-` or a space is as good as `_`: tables are made by hand.

use shared::arxiv_id;
use shared::tables::is_called;

use super::{Fault, Row, fault};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Id,
    Title,
    Abstract,
    Authors,
    Year,
}

/// How many [`Part`]s there are.
const N_PARTS: usize = 5;

/// The names of each part, the one that counts most first.
const NAMES: [(&str, Part); 18] = [
    ("arxiv_id", Part::Id),
    ("id", Part::Id),
    ("_id", Part::Id),
    ("paper_id", Part::Id),
    ("eprint", Part::Id),
    ("doi", Part::Id),
    ("url", Part::Id),
    ("title", Part::Title),
    ("abstract", Part::Abstract),
    ("summary", Part::Abstract),
    ("text", Part::Abstract),
    ("description", Part::Abstract),
    ("authors", Part::Authors),
    ("author", Part::Authors),
    ("year", Part::Year),
    ("published", Part::Year),
    ("submitted", Part::Year),
    ("date", Part::Year),
];

/// What columns of labels are called, the likeliest first.
const LABELS: [&str; 12] = [
    "primary_category",
    "primary_class",
    "primaryclass",
    "category",
    "categories",
    "label",
    "labels",
    "class",
    "primary_subject",
    "subject",
    "subjects",
    "target",
];

/// What a column of this name holds, and its place in [`NAMES`]: of two names of one part the smaller counts.
pub(super) fn place(name: &str) -> Option<(Part, usize)> {
    let rank = NAMES.iter().position(|(known, _)| is_called(name, known))?;
    Some((NAMES[rank].1, rank))
}

/// How likely a column of this name holds labels; smaller is likelier.
pub(super) fn label_rank(name: &str) -> Option<usize> {
    LABELS.iter().position(|known| is_called(name, known))
}

/// The parts of a row that were met so far, each with the rank of its name.
#[derive(Default)]
pub(super) struct Gathered {
    parts: [Option<(usize, String)>; N_PARTS],
    pub(super) label: String,
}

impl Gathered {
    /// Takes a value, unless a better name had one.
    pub(super) fn offer(&mut self, (part, rank): (Part, usize), value: &str) {
        let (value, rank) = match part {
            Part::Title => (one_line(value), rank),
            Part::Abstract => (value.trim().to_owned(), rank),
            Part::Id => id_of(value, rank),
            Part::Authors => (authors_of(value), rank),
            Part::Year => (year_of(value).unwrap_or_default().to_owned(), rank),
        };
        let kept = &mut self.parts[part as usize];
        if !value.is_empty() && kept.as_ref().is_none_or(|(known, _)| rank < *known) {
            *kept = Some((rank, value));
        }
    }

    /// The row of this line.
    pub(super) fn row(self, line: usize) -> Result<Row, Fault> {
        let [id, title, abstract_text, authors, year] = self
            .parts
            .map(|part| part.map_or_else(String::new, |(_, value)| value));
        let row = Row {
            line,
            id,
            title,
            abstract_text,
            authors,
            year: year.parse().ok(),
            label: one_line(&self.label),
        };
        if row.id.is_empty() && !row.has_text() {
            return Err(fault(line, "it has neither an id nor a text"));
        }
        Ok(row)
    }
}

/// An id, and the rank of its name: an id of arXiv's counts before any other.
fn id_of(value: &str, rank: usize) -> (String, usize) {
    let value = value.trim_matches(|c: char| c.is_whitespace() || "{}".contains(c));
    match arxiv_id::parse(value) {
        Some(found) => (found.id, rank),
        // An address that is not arXiv's names nothing here.
        None if value.contains("://") => (String::new(), rank),
        None => (value.to_owned(), rank + NAMES.len()),
    }
}

/// Authors as one line, first names first, separated by comma and space.
fn authors_of(value: &str) -> String {
    let line = one_line(value);
    let joints = [" and ", ";"];
    let Some(joint) = joints.into_iter().find(|joint| line.contains(joint)) else {
        // One author, perhaps with the surname first, or several as they are wanted.
        return line;
    };
    let names = line.split(joint).map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    let turned = names.map(|name| match name.split_once(", ") {
        Some((last, first)) if !first.contains(", ") && line.matches(", ").count() > 1 => {
            format!("{first} {last}")
        }
        _ => name.to_owned(),
    });
    turned.collect::<Vec<_>>().join(", ")
}

/// The year of a date, wherever in it that stands.
fn year_of(value: &str) -> Option<&str> {
    let numbers = value.split(|c: char| !c.is_ascii_digit());
    let mut years = numbers.filter(|digits| digits.len() == 4);
    years.find(|digits| matches!(digits.parse(), Ok(1000..=2999)))
}

/// The words of a text, one space between them.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_in_any_case_and_with_any_joint() {
        for (name, wanted) in [
            (" ID ", Some(Part::Id)),
            ("arXiv id", Some(Part::Id)),
            ("Paper-ID", Some(Part::Id)),
            ("ABSTRACT", Some(Part::Abstract)),
            ("Title", Some(Part::Title)),
            ("titles", None),
            ("", None),
        ] {
            assert_eq!(place(name).map(|(part, _)| part), wanted, "{name:?}");
        }
        assert!(label_rank("Primary Category") < label_rank("categories"));
        assert_eq!(label_rank("title"), None);
    }

    #[test]
    fn authors_and_years_are_read_as_they_are_written() {
        for (written, wanted) in [
            ("Ada Lovelace, Emmy Noether", "Ada Lovelace, Emmy Noether"),
            (
                "Lovelace, Ada and Noether, Emmy",
                "Ada Lovelace, Emmy Noether",
            ),
            (
                "Ada Lovelace and Emmy Noether",
                "Ada Lovelace, Emmy Noether",
            ),
            ("Lovelace, A.; Noether, E.;", "A. Lovelace, E. Noether"),
            ("A B, C D and E F", "A B, C D, E F"),
            ("  Ada\n Lovelace ", "Ada Lovelace"),
        ] {
            assert_eq!(authors_of(written), wanted, "{written:?}");
        }
        for (written, wanted) in [
            ("2021", Some("2021")),
            ("12 Mar 1998", Some("1998")),
            ("2020-01-31T00:00:00Z", Some("2020")),
            ("0031", None),
            ("soon", None),
        ] {
            assert_eq!(year_of(written), wanted, "{written:?}");
        }
    }

    #[test]
    fn of_several_ids_the_one_of_arxiv_counts() {
        let mut gathered = Gathered::default();
        for (name, value) in [
            ("id", "17"),
            ("doi", "https://doi.org/10.48550/arXiv.2310.06825"),
            ("url", "https://example.org/paper"),
            ("title", "  A\n title "),
        ] {
            gathered.offer(place(name).expect("a known name"), value);
        }
        let row = gathered.row(3).expect("it has an id");
        assert_eq!((&*row.id, &*row.title), ("2310.06825", "A title"));
        assert!(Gathered::default().row(4).is_err());
    }
}
