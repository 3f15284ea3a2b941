//! A survey of the readers' fixtures, whose rows are known.

use super::*;

fn fixture(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join("ingest/fixtures").join(name)
}

fn expected(name: &str) -> serde_json::Value {
    let bytes = fs::read(fixture(&format!("{name}.expected.json"))).expect("the fixture is there");
    serde_json::from_slice(&bytes).expect("expected rows are JSON")
}

#[test]
fn a_survey_counts_what_the_fixtures_hold() {
    let names = ["kaggle.jsonl", "papers.tsv"];
    let found = survey(&names.map(fixture)).expect("they can be read");
    let papers: Vec<_> = names
        .iter()
        .flat_map(|name| expected(name)["papers"].as_array().expect("a list").clone())
        .collect();
    assert_eq!(found.read.kept, papers.len() as u64, "{}", found.read);
    assert_eq!(found.files.len(), 2);
    assert_eq!(found.files[1].layout, "TSV");
    let count = |is: &dyn Fn(&serde_json::Value) -> bool| {
        papers.iter().filter(|paper| is(paper)).count() as u64
    };
    let without = &found.without;
    assert_eq!(without.authors, count(&|paper| paper["authors"] == ""));
    assert_eq!(without.year, count(&|paper| paper["year"].is_null()));
    assert_eq!(
        without.categories,
        count(&|paper| paper["categories"] == serde_json::json!([]))
    );
    assert_eq!((without.title, without.r#abstract), (0, 0));
    assert_eq!(found.years, Some((1999, 2023)));
    assert_eq!(found.papers_by_year[&2003], 1);
    assert_eq!(found.papers_by_split["train"], 12);
    let n_primary = count(&|paper| paper["categories"][0] == "hep-th");
    assert_eq!(found.papers_by_archive["hep-th"], n_primary);
    assert_eq!(
        found.unknown_codes,
        [("foo.BAR".to_owned(), 1), ("x".to_owned(), 1)],
        "categories that arXiv does not have"
    );
    assert_eq!(found.example.expect("a first paper").id, papers[0]["id"]);
    assert_eq!(found.text.longer_than_window_estimate, 0);

    let chars = |paper: &serde_json::Value| {
        let n = |field: &str| paper[field].as_str().expect("text").chars().count();
        n("title") + n("abstract")
    };
    let mut lengths: Vec<_> = papers.iter().map(chars).collect();
    lengths.sort_unstable();
    let at_95 = lengths[(lengths.len() * 95).div_ceil(100) - 1];
    assert_eq!(found.text.percentile_95_chars, at_95 as u64);
    assert_eq!(found.text.max_chars, *lengths.last().expect("some") as u64);
    let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
    assert!(
        (found.text.mean_chars - mean).abs() < 1e-9,
        "{:?}",
        found.text
    );
}

#[test]
fn what_is_printed_names_what_is_dropped_and_what_is_long() {
    let mut lines = Vec::new();
    let files = [fixture("other.ndjson.gz")];
    inspect(&files, Form::Lines, &mut lines).expect("it is printed");
    let lines = String::from_utf8(lines).expect("text");
    for wanted in [
        "other.ndjson.gz (JSON lines, gzip, ",
        "32 rows read, 29 kept, 3 dropped",
        "3 malformed, such as ",
        "about 1 papers longer than",
        "the longest 1159999",
        "  2020      ",
        "example     17: ",
        "splits      (none) 28, valid 1",
        " rows/s (",
    ] {
        assert!(lines.contains(wanted), "no {wanted:?} in\n{lines}");
    }

    let mut json = Vec::new();
    inspect(&files, Form::Json, &mut json).expect("it is printed");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("one JSON object");
    assert_eq!(json["read"]["kept"], 29, "{json}");
    assert_eq!(json["read"]["dropped"]["malformed"]["count"], 3, "{json}");
    assert_eq!(json["papers_by_split"]["valid"], 1, "{json}");
}

#[test]
fn files_without_a_single_paper_are_an_error_with_the_reasons() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bad.jsonl");
    fs::write(&path, "{\"id\":\"a\"}\nnonsense\n").expect("it is written");
    let error = inspect(&[path], Form::Lines, &mut Vec::new()).expect_err("nothing is kept");
    let message = format!("{error:#}");
    assert!(
        message.contains("no paper could be read: 2 rows read"),
        "{message}"
    );
    assert!(message.contains("1 malformed, such as"), "{message}");
}

#[test]
fn rare_archives_are_counted_together() {
    let mut counts: BTreeMap<String, u64> =
        (0..150).map(|i| (format!("a{i:03}"), 150 - i)).collect();
    let total: u64 = counts.values().sum();
    fold_rare(&mut counts);
    assert_eq!(counts.len(), 101);
    assert_eq!(counts.values().sum::<u64>(), total);
    assert!(counts.contains_key("a099") && !counts.contains_key("a100"));
}
