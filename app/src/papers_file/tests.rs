//! Whole files, one of each kind.

use super::*;

fn file(name: &str, text: &str) -> PapersFile {
    read(name, text.as_bytes().to_vec(), &Labels::Found).expect("a file of papers")
}

fn shown(file: &PapersFile) -> Vec<(usize, &str, &str, &str, &str)> {
    file.rows
        .iter()
        .map(|row| {
            (
                row.line,
                &*row.id,
                &*row.title,
                &*row.abstract_text,
                &*row.label,
            )
        })
        .collect()
}

fn faults(file: &PapersFile) -> Vec<(usize, &str)> {
    let faults = file.faults.iter();
    faults.map(|fault| (fault.line, &*fault.reason)).collect()
}

#[test]
fn a_table_gives_its_rows_and_says_which_lines_it_lost() {
    let text = "\u{feff}ID;Title;Abstract;Primary Category;Note\r\n\
        arXiv:2310.06825v2;\"Spin; glass\";\"Two\r\nlines\";cond-mat.dis-nn;x\r\n\
        ;;;cs.LG;\r\n\
        7;Only a title\r\n\
        1;a;b;c;d;e\r\n\
        2;\"open;b;c;d\r\n";
    let file = file("papers.csv", text);
    assert_eq!(file.kind, Kind::Table);
    assert_eq!(file.label.as_deref(), Some("Primary Category"));
    assert_eq!(file.columns, ["ID", "Primary Category", "Note"]);
    assert_eq!(
        shown(&file),
        [
            (
                2,
                "2310.06825",
                "Spin; glass",
                "Two\r\nlines",
                "cond-mat.dis-nn"
            ),
            (5, "7", "Only a title", "", ""),
        ]
    );
    let faults = faults(&file);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert_eq!(faults[0], (4, "it has neither an id nor a text"));
    assert!(
        faults[1].0 == 6 && faults[1].1.contains("6 fields"),
        "{faults:?}"
    );
    assert_eq!(faults[2], (7, "a quote is never closed"));
}

#[test]
fn json_lines_give_their_rows() {
    let text = "{\"id\": \"hep-th/9901001\", \"title\": \"A\\n b\", \"categories\": [\"hep-th\", \"math-ph\"]}\n\n\
        {\"id\": 5, \"abstract\": \"Words\", \"categories\": \"cs.LG stat.ML\"}\n\
        {\"title\": \"cut\n[1]\n\
        {\"authors\": \"nobody\"}\n";
    let file = file("papers.jsonl", text);
    assert_eq!(file.label.as_deref(), Some("categories"));
    assert_eq!(
        shown(&file),
        [
            (1, "hep-th/9901001", "A b", "", "hep-th math-ph"),
            (3, "5", "", "Words", "cs.LG stat.ML"),
        ]
    );
    let lines: Vec<usize> = file.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [4, 5, 6], "{:?}", file.faults);
}

#[test]
fn a_bibliography_gives_its_entries() {
    let text = "% mine\n@article{smith2020,\n  title = {The {Ising} model},\n  abstract = {Spins.},\n  \
        eprint = {2310.06825}, primaryClass = {cond-mat.stat-mech}\n}\n@misc{open, title={x\n\
        @comment{no}\n@book{key, title = \"Gr{\\\"o}ber\", doi = {10.1000/a\\_b}}\n@misc{bare, title={T}}\n";
    let file = file("refs.bib", text);
    assert_eq!(file.label.as_deref(), Some("primaryclass"));
    assert_eq!(
        shown(&file),
        [
            (
                2,
                "2310.06825",
                "The Ising model",
                "Spins.",
                "cond-mat.stat-mech"
            ),
            (9, "10.1000/a_b", "Gröber", "", ""),
            (10, "bare", "T", "", ""),
        ]
    );
    assert_eq!(faults(&file), [(7, "a brace is never closed")]);
}

#[test]
fn a_list_of_ids_gives_ids() {
    let text = "# mine\n2310.06825v3\n - https://arxiv.org/abs/hep-th/9901001\n\nmath.GT/0309136,\nnonsense\n";
    let file = file("ids.txt", text);
    assert_eq!((file.kind, &file.label), (Kind::Ids, &None));
    let ids: Vec<&str> = file.rows.iter().map(|row| &*row.id).collect();
    assert_eq!(ids, ["2310.06825", "hep-th/9901001", "math/0309136"]);
    assert_eq!(faults(&file), [(6, "\"nonsense\" is no arXiv id")]);
}

#[test]
fn a_file_without_an_ending_is_known_by_its_beginning() {
    for (text, kind) in [
        ("{\"id\": \"a\"}", Kind::JsonLines),
        ("\n@misc{a, title={b}}", Kind::Bibliography),
        ("title\tabstract\na\tb", Kind::Table),
        ("title\nA title", Kind::Table),
        ("2310.06825", Kind::Ids),
    ] {
        assert_eq!(file("papers", text).kind, kind, "{text:?}");
    }
}

#[test]
fn labels_come_from_the_column_that_is_chosen() {
    let text = b"title,category,mine\na,cs.LG,hep-th\n".to_vec();
    for (labels, wanted) in [
        (Labels::Found, "cs.LG"),
        (Labels::Of("mine".to_owned()), "hep-th"),
        (Labels::Of("gone".to_owned()), ""),
        (Labels::None, ""),
    ] {
        let file = read("a.csv", text.clone(), &labels).expect("a table");
        assert_eq!(file.rows[0].label, wanted, "{labels:?}");
        assert_eq!(file.columns, ["category", "mine"]);
    }
}

#[test]
fn what_is_too_large_or_says_nothing_is_refused() {
    let refused = |name: &str, bytes: Vec<u8>| read(name, bytes, &Labels::Found).err();
    assert_eq!(
        refused("a.csv", vec![b'x'; MOST_BYTES as usize + 1]),
        Some(Refused::TooLarge)
    );
    let rows = "title\n".to_owned() + &"a\n".repeat(MOST_ROWS + 1);
    assert_eq!(
        refused("a.csv", rows.into_bytes()),
        Some(Refused::TooManyRows)
    );
    assert_eq!(
        refused("a.json", b"[{}]".to_vec()),
        Some(Refused::JsonArray)
    );
    assert_eq!(
        refused("a.csv", b"PK\x03\x04 ".to_vec()),
        Some(Refused::Packed)
    );
    let none = refused("a.csv", b"x,y\n1,2\n".to_vec());
    let none = none.expect("nothing says what is what").to_string();
    assert!(none.contains("\"x,y\""), "{none}");
}

#[test]
fn a_row_that_is_no_utf_8_is_a_fault_and_the_others_are_read() {
    let text = b"title,note\nSchr\xf6dinger,a\nplain,b\n".to_vec();
    let file = read("a.csv", text, &Labels::Found).expect("a table");
    assert_eq!(file.rows.len(), 1);
    let faults = faults(&file);
    assert!(
        faults[0].0 == 2 && faults[0].1.contains("UTF-8"),
        "{faults:?}"
    );
}
