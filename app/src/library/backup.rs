//! The backup file: the whole library as JSON. `docs/library.md` describes it field by field.

use serde::Serialize;
use serde_json::Value;

use super::{Entry, distinct_tags};

/// What a backup calls itself.
const FORMAT: &str = "offprint-library";
/// Version of the layout; goes up when an older page would misread a newer file.
const VERSION: u64 = 1;

/// Why a file is no backup that this page can read. Nothing of such a file is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Another kind of file, or half of one.
    #[error("it is no JSON: line {line}, column {column}")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of it.
        column: usize,
    },
    /// JSON of something else.
    #[error("it is no library of Offprint: it lacks \"format\": \"offprint-library\"")]
    NotALibrary,
    /// A layout from after this build.
    #[error(
        "it has version {found}, but this page reads version 1: reload the page for a newer one"
    )]
    Version {
        /// The file's version, as it writes it.
        found: String,
    },
    /// The list of papers is missing.
    #[error("it lacks the list \"papers\"")]
    NoPapers,
    /// One paper's record breaks a rule.
    #[error("paper {number}: {fault}")]
    Paper {
        /// Its place in the file, from 1.
        number: usize,
        /// What is wrong with it.
        fault: String,
    },
}

#[derive(Serialize)]
struct Backup<'a> {
    format: &'a str,
    version: u64,
    saved_ms: u64,
    papers: &'a [&'a Entry],
}

/// The backup of these papers.
pub fn to_json(papers: &[&Entry], now_ms: u64) -> String {
    let backup = Backup {
        format: FORMAT,
        version: VERSION,
        saved_ms: now_ms,
        papers,
    };
    let text = serde_json::to_string_pretty(&backup).expect("an entry has no unwritable value");
    format!("{text}\n")
}

/// The papers of a backup. `now_ms` is what the clock says: no edit can come from after it, which would
/// win over every other for ever.
///
/// # Errors
/// [`BackupError`] with the first thing that is wrong.
pub fn parse(text: &str, now_ms: u64) -> Result<Vec<Entry>, BackupError> {
    // Windows' editors put a mark in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut backup: Value = serde_json::from_str(text).map_err(|error| BackupError::NotJson {
        line: error.line(),
        column: error.column(),
    })?;
    if backup.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(BackupError::NotALibrary);
    }
    match backup.get("version") {
        Some(version) if version.as_u64() == Some(VERSION) => {}
        other => {
            return Err(BackupError::Version {
                found: other.map_or_else(|| "none".to_owned(), Value::to_string),
            });
        }
    }
    let Some(Value::Array(papers)) = backup.get_mut("papers").map(Value::take) else {
        return Err(BackupError::NoPapers);
    };
    let read = |(at, paper): (usize, Value)| {
        entry(paper, now_ms).map_err(|fault| BackupError::Paper {
            number: at + 1,
            fault,
        })
    };
    papers.into_iter().enumerate().map(read).collect()
}

fn entry(paper: Value, now_ms: u64) -> Result<Entry, String> {
    let entry: Entry = serde_json::from_value(paper).map_err(|error| error.to_string())?;
    if entry.id.trim().is_empty() {
        return Err("its \"id\" is empty".to_owned());
    }
    if !entry.says_something() {
        return Err("it has neither \"starred_ms\" nor \"read_ms\"".to_owned());
    }
    Ok(Entry {
        edited_ms: entry.edited_ms.min(now_ms),
        starred_ms: entry.starred_ms.map(|ms| ms.min(now_ms)),
        read_ms: entry.read_ms.map(|ms| ms.min(now_ms)),
        tags: distinct_tags(entry.tags.iter().flat_map(|tag| tag.split(','))),
        ..entry
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of the first version, as `docs/library.md` shows it; it opens for ever.
    const FIRST: &str = r#"{
  "format": "offprint-library",
  "version": 1,
  "saved_ms": 1790000000000,
  "papers": [
    {
      "id": "1710.10903",
      "title": "Graph Attention Networks",
      "authors": "Petar Veličković, Guillem Cucurull",
      "categories": ["stat.ML", "cs.LG"],
      "year": 2017,
      "starred_ms": 1780000000000,
      "edited_ms": 1785000000000,
      "tags": ["graphs", "to read"],
      "note": "Compare with message passing.",
      "read_ms": null
    }
  ]
}
"#;
    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn the_first_version_opens_and_the_docs_show_it() {
        let papers = parse(FIRST, NOW).expect("it opens");
        let wanted = Entry {
            id: "1710.10903".to_owned(),
            title: "Graph Attention Networks".to_owned(),
            authors: "Petar Veličković, Guillem Cucurull".to_owned(),
            categories: vec!["stat.ML".to_owned(), "cs.LG".to_owned()],
            year: Some(2017),
            starred_ms: Some(1_780_000_000_000),
            edited_ms: 1_785_000_000_000,
            tags: vec!["graphs".to_owned(), "to read".to_owned()],
            note: "Compare with message passing.".to_owned(),
            read_ms: None,
        };
        assert_eq!(papers, [wanted]);
        let docs = include_str!("../../../docs/library.md");
        assert!(docs.contains(FIRST), "docs/library.md shows another file");
    }

    #[test]
    fn a_bad_file_is_refused_with_what_is_wrong() {
        let file = |papers: &str| {
            format!(r#"{{"format":"offprint-library","version":1,"papers":{papers}}}"#)
        };
        for (text, wanted) in [
            (String::new(), "it is no JSON: line 1, column 0"),
            (FIRST[..200].to_owned(), "it is no JSON: line 9"),
            ("[]".to_owned(), "it is no library of Offprint"),
            (
                r#"{"format":"zotero"}"#.to_owned(),
                "it is no library of Offprint",
            ),
            (
                FIRST.replace("\"version\": 1", "\"version\": 2"),
                "it has version 2",
            ),
            (FIRST.replace("\"version\": 1,", ""), "it has version none"),
            (file("{}"), "it lacks the list"),
            (file("[7]"), "paper 1: invalid type"),
            (
                file(r#"[{"title":"T","edited_ms":1}]"#),
                "paper 1: missing field `id`",
            ),
            (
                file(r#"[{"id":" ","title":"T","edited_ms":1,"read_ms":1}]"#),
                "paper 1: its \"id\" is empty",
            ),
            (
                file(
                    r#"[{"id":"1","title":"T","edited_ms":1,"read_ms":1},{"id":"2","title":"T","edited_ms":1}]"#,
                ),
                "paper 2: it has neither",
            ),
            (
                file(r#"[{"id":"1","title":"T","edited_ms":-4,"read_ms":1}]"#),
                "paper 1: invalid value",
            ),
        ] {
            let error = parse(&text, NOW).expect_err(wanted).to_string();
            assert!(error.starts_with(wanted), "{error:?} instead of {wanted:?}");
        }
    }

    #[test]
    fn an_edit_from_the_future_is_one_of_today() {
        let text = FIRST.replace("1785000000000", "9999999999999999");
        let papers = parse(&text, NOW).expect("it opens");
        assert_eq!(papers[0].edited_ms, NOW);
    }

    proptest! {
        /// What is saved comes back as it was.
        #[test]
        fn a_library_survives_its_backup(
            id in "[!-~]{1,12}",
            title in ".{0,20}",
            note in any::<String>(),
            tags in prop::collection::vec("[a-z]{1,6}", 0..4),
            year in prop::option::of(any::<u16>()),
            starred_ms in 0..NOW,
            edited_ms in 0..NOW,
        ) {
            let tags = distinct_tags(tags.iter().map(String::as_str));
            let entry = Entry {
                id, title, note, tags, year, starred_ms: Some(starred_ms), edited_ms, ..Entry::default()
            };
            prop_assert_eq!(parse(&to_json(&[&entry], NOW), NOW), Ok(vec![entry]));
        }

        /// Any text is a library or an error, never a panic.
        #[test]
        fn any_text_is_answered(text in r#"[{}\[\]":,a-z0-9 ]{0,60}"#) {
            let _ = parse(&text, NOW);
        }
    }
}
