//! Every layout, every reason to drop a row, every file that is refused.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use tempfile::{TempDir, tempdir};

use super::*;

mod bibliographies;
mod fixtures;
mod tables;
mod text_tables;

fn folder() -> TempDir {
    tempdir().expect("a temporary folder")
}

fn lines(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("the fixture can be written");
    path
}

fn table(folder: &TempDir, name: &str, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
    let path = folder.path().join(name);
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .expect("columns of one length");
    let file = File::create(&path).expect("the fixture can be made");
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None)
        .expect("a writer for this schema");
    writer.write(&batch).expect("the fixture can be written");
    writer.close().expect("the fixture can be closed");
    path
}

fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn refusal(path: &Path) -> String {
    match read_all(&[path.to_owned()]) {
        Ok((papers, _)) => panic!("{} was read: {papers:?}", path.display()),
        Err(error) => format!("{error:#}"),
    }
}

fn read_one(line: &str) -> Paper {
    let folder = folder();
    let (mut papers, report) = read_all(&[lines(&folder, "one.jsonl", line)]).expect("it is read");
    assert_eq!(papers.len(), 1, "{line} was dropped: {report}");
    papers.remove(0)
}

#[test]
fn a_line_of_the_kaggle_snapshot_is_a_paper() {
    let paper = read_one(concat!(
        r#"{"id":"0704.0001","submitter":"P N","authors":"C. Bal\\'azs, E. L. Berger, P. M. Nadolsky,\n  and C.-P. Yuan","#,
        r#""title":"Diphotons at\n  colliders","comments":null,"doi":"10.1103/x","categories":"hep-ph cs.NA","license":null,"#,
        r#""abstract":"  A calculation\nis presented.\n","versions":[{"version":"v1","created":"Mon, 2 Apr 2007"}],"#,
        r#""update_date":"2008-11-26","authors_parsed":[["Balázs","C.",""]]}"#,
    ));
    let wanted = Paper {
        id: "0704.0001".into(),
        title: "Diphotons at colliders".into(),
        abstract_: "A calculation is presented.".into(),
        authors: "C. Bal\\'azs, E. L. Berger, P. M. Nadolsky, C.-P. Yuan".into(),
        categories: vec!["hep-ph".into(), "cs.NA".into()],
        year: Some(2007),
        split: None,
    };
    assert_eq!(paper, wanted);
}

#[test]
fn other_namings_of_the_fields_are_taken() {
    let beir = read_one(r#"{"_id":"4983","title":"T","text":"Body","metadata":{}}"#);
    assert_eq!(
        (beir.id.as_str(), beir.abstract_.as_str(), beir.year),
        ("4983", "Body", None)
    );
    let paper = read_one(concat!(
        r#"{"id":17,"summary":"S","abstract":"","authors":["A. Bee and Son",{"name":"C. Dee"}," "],"#,
        r#""categories":["cs.NA cs.LG","stat.ML"],"primary_category":"math.NA","year":" 1999 ","split":"valid"}"#,
    ));
    assert_eq!((paper.id.as_str(), paper.abstract_.as_str()), ("17", "S"));
    assert_eq!(
        paper.authors, "A. Bee and Son, C. Dee",
        "a listed name is one name"
    );
    assert_eq!(paper.categories, ["math.NA", "cs.LG", "stat.ML"]);
    assert_eq!(
        (paper.year, paper.split.as_deref()),
        (Some(1999), Some("valid"))
    );
}

#[test]
fn the_year_is_the_given_one_else_the_ids_else_the_updates() {
    for (fields, wanted) in [
        (
            r#""id":"0704.0001","year":2001,"update_date":"2020-01-01""#,
            Some(2001),
        ),
        (r#""id":"0704.0001","year":2001.0"#, Some(2001)),
        (
            r#""id":"0704.0001","year":0,"update_date":"2020-01-01""#,
            Some(2007),
        ),
        (
            r#""id":"x","year":null,"update_date":"2020-01-01""#,
            Some(2020),
        ),
        (r#""id":"x","year":"","update_date":"soon""#, None),
    ] {
        assert_eq!(
            read_one(&format!(r#"{{{fields},"title":"T"}}"#)).year,
            wanted,
            "{fields}"
        );
    }
}

#[test]
fn a_byte_order_mark_windows_line_ends_blank_lines_and_control_characters_do_no_harm() {
    let folder = folder();
    let bytes = b"\xef\xbb\xbf{\"id\":\"a\",\"title\":\"T\\u0000\\u0007x\"}\r\n\r\n  \n{\"id\":\"b\",\"title\":\"U\"}";
    let (papers, report) = read_all(&[lines(&folder, "p.NDJSON", bytes)]).expect("it is read");
    assert_eq!((report.rows, report.n_dropped()), (2, 0), "{report}");
    assert_eq!(papers[0].title, "Tx");
    assert_eq!(papers[1].id, "b");
}

#[test]
fn rows_that_are_no_papers_are_dropped_with_reason_place_and_note() {
    let folder = folder();
    let first = lines(&folder, "a.jsonl", b"{\"id\":\"a\",\"title\":\"kept\"}\n{\"title\":\"no id\"}\n{\"id\":\"b\",\"title\":\" \",\"abstract\":null}\n{\"id\":\"c\",\"title\":\n{\"id\":\"d\",\"x\":\"\xff\"}\n{\"id\":\"e\",\"title\":5}\n7\n");
    let second = lines(
        &folder,
        "b.jsonl",
        "{\"id\":\"a\",\"title\":\"second\"}\n{\"id\":\" \\n\",\"title\":\"x\"}\n{\"id\":\"f\",\"title\":\"kept\"}\n",
    );
    let (papers, report) = read_all(&[first.clone(), second.clone()]).expect("it is read");
    let kept: Vec<_> = papers
        .iter()
        .map(|p| (p.id.as_str(), p.title.as_str()))
        .collect();
    assert_eq!(
        kept,
        [("a", "kept"), ("f", "kept")],
        "of two with one id the first is kept"
    );
    assert_eq!(
        (report.rows, report.kept, report.n_dropped()),
        (10, 2, 8),
        "{report}"
    );

    let dropped = |reason| report.dropped.get(&reason).cloned().unwrap_or_default();
    let place = |file: &PathBuf, row, note: Option<&str>| Place {
        file: file.clone(),
        row,
        note: note.map(str::to_owned),
    };
    let duplicate = dropped(DropReason::DuplicateId);
    assert_eq!(duplicate.examples, [place(&second, 1, Some("a"))]);
    let no_id = dropped(DropReason::NoId);
    assert_eq!(
        no_id.examples,
        [place(&first, 2, None), place(&second, 2, None)]
    );
    assert_eq!(
        dropped(DropReason::NoText).examples,
        [place(&first, 3, Some("b"))]
    );
    let malformed = dropped(DropReason::Malformed);
    assert_eq!(
        (malformed.count, malformed.examples.len()),
        (4, 3),
        "three examples are kept"
    );
    let shown: Vec<_> = malformed.examples.iter().map(ToString::to_string).collect();
    assert!(
        shown[0].contains("a.jsonl:4 (EOF while parsing a value at column"),
        "{shown:?}"
    );
    assert!(
        shown[1].contains("a.jsonl:5 (not UTF-8 from byte 16)"),
        "{shown:?}"
    );
    assert!(
        shown[2].contains("a.jsonl:6 (`title` is a number, not text)"),
        "{shown:?}"
    );

    let summary = report.to_string();
    assert!(
        summary.starts_with("10 rows read, 2 kept, 8 dropped\n  2 without an id"),
        "{summary}"
    );
    let json = serde_json::to_value(&report).expect("a report is JSON");
    assert_eq!(
        json["dropped"]["duplicate_id"]["examples"][0]["row"], 1,
        "{json}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_that_says_what_to_do() {
    let folder = folder();
    let typed = vec![
        ("id", text(&["a"])),
        ("title", Arc::new(Int64Array::from(vec![1])) as _),
    ];
    let no_id = vec![("name", text(&["a"])), ("title", text(&["T"]))];
    let whole = table(
        &folder,
        "w.parquet",
        vec![("id", text(&["a"])), ("title", text(&["T"]))],
    );
    let whole = fs::read(whole).expect("the fixture is there");
    for (path, wanted) in [
        (folder.path().join("absent.parquet"), "check the path"),
        (
            folder.path().to_owned(),
            "name the files in it (.parquet; .jsonl",
        ),
        (
            lines(&folder, "p.txt", "id,title\n"),
            "papers are read from .parquet; .jsonl",
        ),
        (lines(&folder, "p", "x"), "papers are read from"),
        (
            lines(&folder, "t.parquet", "{}"),
            "not a whole Parquet file: download",
        ),
        (
            lines(&folder, "cut.parquet", &whole[..whole.len() - 9]),
            "not a whole Parquet file",
        ),
        (
            lines(&folder, "array.json", "\u{feff} [\n{\"id\":\"a\"}]"),
            "jq -c",
        ),
        (
            lines(&folder, "long.jsonl", vec![b' '; (16 << 20) + 2]),
            "line 1 is longer than",
        ),
        (
            table(&folder, "typed.parquet", typed),
            "column `title` is Int64, not text",
        ),
        (
            table(&folder, "no_id.parquet", no_id),
            "it has name, title: rename",
        ),
    ] {
        let message = refusal(&path);
        assert!(
            message.contains(wanted),
            "{message:?} does not say {wanted:?}"
        );
        let name = path.file_name().expect("it has a name").to_string_lossy();
        assert!(
            message.contains(&*name),
            "{message:?} does not name {name:?}"
        );
    }
    assert!(read_all(&[]).is_err(), "no file at all was read");
}

#[test]
fn what_never_ends_costs_itself_and_not_the_rows_after_it() {
    let folder = folder();
    let long = "x".repeat((16 << 20) + 1);
    let far = "no quote and no brace in this line\n".repeat((5 << 20) / 35);
    for (name, text, wanted) in [
        (
            "a.jsonl",
            format!(
                "{{\"id\":\"a\",\"title\":\"T\"}}\n{{\"id\":\"{long}\"}}\n{{\"id\":\"b\",\"title\":\"T\"}}\n"
            ),
            [2, 1],
        ),
        (
            "b.csv",
            format!("id,title\na,T\nlong,{long}\nopen,\"never closed\n{far}b,T\n"),
            [3, 2],
        ),
        (
            "c.bib",
            format!(
                "@misc{{a, title={{T}}}}\n@misc{{open, title={{\n{far}@misc{{long, title={{\n{long}\n}}}}\n@misc{{b, title={{T}}}}\n"
            ),
            [2, 2],
        ),
    ] {
        let (papers, report) = read_all(&[lines(&folder, name, text)]).expect("it is read");
        let papers: Vec<_> = papers.iter().filter(|paper| paper.title == "T").collect();
        assert_eq!(
            (papers[0].id.as_str(), papers.len()),
            ("a", 2),
            "{name}: {report}"
        );
        assert_eq!(papers[1].id, "b", "{name}: {report}");
        let malformed = &report.dropped[&DropReason::Malformed];
        let [row, count] = wanted;
        assert_eq!(
            (malformed.examples[0].row, malformed.count),
            (row, count),
            "{name}: {report}"
        );
    }
}

#[test]
fn every_name_is_checked_before_the_first_file_is_read() {
    let folder = folder();
    let good = lines(&folder, "a.jsonl", "{\"id\":\"a\",\"title\":\"T\"}\n");
    let mut n_visited = 0;
    let result = read(&[good, folder.path().join("absent.jsonl")], &mut |_| {
        n_visited += 1;
        Ok(())
    });
    assert!(
        result.is_err() && n_visited == 0,
        "{n_visited} papers were read first"
    );
}

#[test]
fn a_visitors_error_stops_the_reading_and_is_passed_on() {
    let folder = folder();
    let path = lines(
        &folder,
        "a.jsonl",
        "{\"id\":\"a\",\"title\":\"T\"}\n".repeat(3),
    );
    let result = read(&[path], &mut |paper| {
        anyhow::bail!("{} is not wanted", paper.id)
    });
    assert_eq!(
        result.expect_err("it is passed on").to_string(),
        "a is not wanted"
    );
}
