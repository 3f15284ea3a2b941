//! What columns and fields are called, and a row put together from them.
//!
//! Names are compared without regard to case, and `-` or a space is as good as `_`: tables are made by hand.

use shared::arxiv_id;

use super::{Fault, Row, fault};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Id,
    Title,
    Abstract,
}

/// The names of each part, the one that counts most first.
const NAMES: [(&str, Part); 12] = [
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
    let rank = NAMES.iter().position(|(known, _)| is(name, known))?;
    Some((NAMES[rank].1, rank))
}

/// How likely a column of this name holds labels; smaller is likelier.
pub(super) fn label_rank(name: &str) -> Option<usize> {
    LABELS.iter().position(|known| is(name, known))
}

fn is(name: &str, known: &str) -> bool {
    let same = |byte: u8| match byte.to_ascii_lowercase() {
        b'-' | b' ' => b'_',
        byte => byte,
    };
    let name = name.trim_ascii();
    name.len() == known.len() && name.bytes().zip(known.bytes()).all(|(a, b)| same(a) == b)
}

/// The parts of a row that were met so far, each with the rank of its name.
#[derive(Default)]
pub(super) struct Gathered {
    parts: [Option<(usize, String)>; 3],
    pub(super) label: String,
}

impl Gathered {
    /// Takes a value, unless a better name had one.
    pub(super) fn offer(&mut self, (part, rank): (Part, usize), value: &str) {
        let (value, rank) = match part {
            Part::Title => (one_line(value), rank),
            Part::Abstract => (value.trim().to_owned(), rank),
            Part::Id => id_of(value, rank),
        };
        let kept = &mut self.parts[part as usize];
        if !value.is_empty() && kept.as_ref().is_none_or(|(known, _)| rank < *known) {
            *kept = Some((rank, value));
        }
    }

    /// The row of this line.
    pub(super) fn row(self, line: usize) -> Result<Row, Fault> {
        let [id, title, abstract_text] = self
            .parts
            .map(|part| part.map_or_else(String::new, |(_, value)| value));
        let row = Row {
            line,
            id,
            title,
            abstract_text,
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
