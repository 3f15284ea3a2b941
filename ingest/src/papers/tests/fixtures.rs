//! The committed fixtures: what their script says of each row, the readers must find.

use serde::Deserialize;
use serde_json::Value as Json;

use super::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// What `make.py` wrote beside a fixture.
#[derive(Deserialize)]
struct Expected {
    rows: u64,
    /// Every row dropped, by reason.
    dropped: std::collections::BTreeMap<String, Vec<u64>>,
    papers: Vec<Json>,
}

fn check(name: &str) {
    let path = fixtures().join(name);
    let expected = fs::read(fixtures().join(format!("{name}.expected.json")))
        .unwrap_or_else(|error| panic!("{name} has no expected rows: {error}"));
    let expected: Expected = serde_json::from_slice(&expected).expect("expected rows are JSON");
    let (papers, report) =
        read_all(&[path]).unwrap_or_else(|error| panic!("{name} was not read: {error:#}"));

    for (at, wanted) in expected.papers.iter().enumerate() {
        let found = papers
            .get(at)
            .unwrap_or_else(|| panic!("{name}: no paper {at}, which is {}", short(wanted)));
        let found = serde_json::to_value(found).expect("a paper is JSON");
        for field in ["id", "title", "authors", "categories", "year", "split"] {
            assert_eq!(
                found[field],
                wanted[field],
                "{name}: `{field}` of paper {at}, {}",
                short(wanted)
            );
        }
        let text = match &wanted["abstract"] {
            Json::Object(long) => {
                let text = long["repeat"].as_str().expect("what is repeated");
                text.repeat(long["times"].as_u64().expect("how often") as usize)
            }
            text => text.as_str().expect("an abstract is text").to_owned(),
        };
        // Compared as one, a megabyte would be printed.
        assert!(
            found["abstract"] == text.trim(),
            "{name}: abstract of paper {at}, {}",
            short(wanted)
        );
    }
    assert_eq!(papers.len(), expected.papers.len(), "{name}: {report}");
    let reasons: Vec<String> = report.dropped.keys().map(reason_name).collect();
    let mut wanted: Vec<&String> = expected.dropped.keys().collect();
    wanted.sort_by_key(|reason| reasons.iter().position(|found| found == *reason));
    assert_eq!(
        reasons.iter().collect::<Vec<_>>(),
        wanted,
        "{name}: {report}"
    );
    for (reason, dropped) in &report.dropped {
        let rows = &expected.dropped[&reason_name(reason)];
        let places: Vec<u64> = dropped.examples.iter().map(|place| place.row).collect();
        let first = &rows[..rows.len().min(Dropped::N_EXAMPLES)];
        assert_eq!(
            (dropped.count, &*places),
            (rows.len() as u64, first),
            "{name}: rows {reason}: {report}"
        );
    }
    assert_eq!(report.rows, expected.rows, "{name}: {report}");
    assert_eq!(report.kept, papers.len() as u64, "{name}: {report}");
}

/// The name of a reason in a report.
fn reason_name(reason: &DropReason) -> String {
    let name = serde_json::to_value(reason).expect("a reason is JSON");
    name.as_str().expect("a reason is text").to_owned()
}

fn short(paper: &Json) -> String {
    paper.to_string().chars().take(200).collect()
}

#[test]
fn the_kaggle_snapshot_is_read_as_it_was_written() {
    check("kaggle.jsonl");
}

#[test]
fn json_lines_of_other_namings_and_line_ends_are_read() {
    check("other.ndjson.gz");
    check("lone_cr.jsonl");
}

#[test]
fn a_folder_in_the_layout_of_beir_is_its_corpus() {
    check("beir/corpus.jsonl");
    let found = resolve(&[fixtures().join("beir")]).expect("it is a folder of papers");
    assert_eq!(found, [fixtures().join("beir").join("corpus.jsonl")]);
}

#[test]
fn tables_of_text_lose_only_the_rows_that_are_broken() {
    check("papers.csv");
    check("semicolons.csv.gz");
    check("papers.tsv");
}

#[test]
fn bibliographies_lose_only_the_entries_that_are_broken() {
    check("papers.bib.gz");
}

#[test]
fn parquet_is_read_whatever_its_columns_are_called_and_typed() {
    check("subjects.parquet");
    check("fourteen.parquet");
    check("types.parquet");
    check("dates.parquet");
}

#[test]
fn every_fixture_is_checked() {
    let source = include_str!("fixtures.rs");
    let mut n = 0;
    for folder in [fixtures(), fixtures().join("beir")] {
        for entry in fs::read_dir(folder).expect("the fixtures are there") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(fixtures()).expect("a fixture");
            let name = name.to_string_lossy().replace('\\', "/");
            if let Some(name) = name.strip_suffix(".expected.json") {
                assert!(
                    source.contains(&format!("check(\"{name}\")")),
                    "{name} is not"
                );
                n += 1;
            }
        }
    }
    assert!(n >= 12, "only {n} fixtures were found");
}

#[test]
fn files_that_are_something_else_are_refused_with_a_remedy() {
    for (name, wanted) in [
        ("utf16.csv", "is UTF-16: save it as UTF-8"),
        ("array.json", "jq -c '.[]'"),
        ("pretty.json", "jq -c ."),
        (
            "headless.csv",
            "it has 2310.06825, A title, An abstract: rename",
        ),
        ("cut.jsonl.gz", "download or copy it again"),
        ("plain.jsonl.gz", "download or copy it again"),
    ] {
        let message = refusal(&fixtures().join("refused").join(name));
        assert!(
            message.contains(wanted) && message.contains(name),
            "{message:?} does not say {wanted:?} of {name}"
        );
    }
}

#[test]
fn what_was_read_is_counted_to_the_last_byte() {
    for name in ["kaggle.jsonl", "semicolons.csv.gz", "subjects.parquet"] {
        let path = fixtures().join(name);
        let n_bytes = AtomicU64::new(0);
        let visit = &mut |_| Ok(ControlFlow::Continue(()));
        read_counted(std::slice::from_ref(&path), &n_bytes, visit).expect("it is read");
        let len = fs::metadata(&path).expect("it is there").len();
        assert_eq!(n_bytes.into_inner(), len, "of {name}");
    }
}
