//! Parquet as `papers.parquet` has it, and with as little as will do.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int16Array, Int64Array, LargeStringArray, NullArray, StringArray,
    StringViewArray, StructArray, UInt64Array,
};

use super::*;

#[test]
fn a_table_in_the_layout_of_papers_parquet_is_read() {
    let folder = folder();
    let n = 5000; // More than one batch.
    let ids: Vec<_> = (0..n).map(|i| format!("2310.{i:05}v2")).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(LargeStringArray::from_iter_values(&ids))),
        (
            "title",
            Arc::new(StringViewArray::from_iter_values(
                ids.iter().map(|id| format!("T\n{id}")),
            )),
        ),
        ("abstract", text(&vec!["A  b"; n])),
        ("unused", Arc::new(Int16Array::from(vec![1; n]))),
        ("categories", text(&vec!["cs.NA cs.LG"; n])),
        ("primary_category", text(&vec!["math.NA"; n])),
        (
            "authors",
            Arc::new(
                (0..n)
                    .map(|i| (i > 0).then_some("A and B"))
                    .collect::<StringArray>(),
            ),
        ),
        (
            "year",
            Arc::new(
                (0..n)
                    .map(|i| (i > 0).then_some(1999))
                    .collect::<Int64Array>(),
            ),
        ),
        ("split", text(&vec!["train"; n])),
    ];
    let (papers, report) = read_all(&[table(&folder, "p.parquet", columns)]).expect("it is read");
    assert_eq!((report.rows, report.kept), (5000, 5000), "{report}");
    let last = Paper {
        id: "2310.04999".into(),
        title: "T 2310.04999v2".into(),
        abstract_: "A b".into(),
        authors: "A, B".into(),
        categories: vec!["math.NA".into(), "cs.LG".into()],
        year: Some(1999),
        split: Some("train".into()),
    };
    assert_eq!(papers[4999], last);
    assert_eq!(
        (papers[0].authors.as_str(), papers[0].year),
        ("", Some(2023)),
        "nulls are absent"
    );
}

#[test]
fn a_table_may_lack_every_optional_column_and_years_have_many_types() {
    let folder = folder();
    let years: [ArrayRef; 4] = [
        Arc::new(Int16Array::from(vec![1999])),
        Arc::new(UInt64Array::from(vec![1999])),
        Arc::new(Float64Array::from(vec![1999.0])),
        text(&["1999"]),
    ];
    for year in years {
        let kind = year.data_type().to_string();
        let columns = vec![
            ("_id", text(&["a"])),
            ("text", text(&["body"])),
            ("year", year),
        ];
        let (papers, _) = read_all(&[table(&folder, "p.parquet", columns)]).expect("it is read");
        assert_eq!(
            (papers[0].abstract_.as_str(), papers[0].year),
            ("body", Some(1999)),
            "{kind}"
        );
        assert!(papers[0].categories.is_empty());
    }
}

#[test]
fn a_place_in_a_table_counts_rows_from_one() {
    let folder = folder();
    let columns = vec![
        ("id", text(&["a", "b", "a"])),
        ("title", text(&["T", "", "U"])),
    ];
    let path = table(&folder, "p.parquet", columns);
    let (_, report) = read_all(std::slice::from_ref(&path)).expect("it is read");
    let rows: Vec<_> = report.dropped.values().map(|d| d.examples[0].row).collect();
    assert_eq!(rows, [3, 2], "{report}");
}

#[test]
fn a_column_of_a_strange_type_is_passed_over_where_another_one_has_the_field() {
    let folder = folder();
    let number = || Arc::new(Int64Array::from(vec![7])) as ArrayRef;
    let nested = || {
        let batch = RecordBatch::try_from_iter([("oid", number())]);
        Arc::new(StructArray::from(batch.expect("one column"))) as ArrayRef
    };
    let columns = vec![
        ("_id", nested()),
        ("id", text(&["a"])),
        ("title", text(&["T"])),
        ("categories", text(&["cs.LG"])),
        ("category", number()),
    ];
    let (papers, report) = read_all(&[table(&folder, "p.parquet", columns)]).expect("it is read");
    assert_eq!(papers.len(), 1, "{report}");
    let found = (papers[0].id.as_str(), &*papers[0].categories);
    assert_eq!(found, ("a", &["cs.LG".to_owned()][..]));

    let nothing = || Arc::new(NullArray::new(1)) as ArrayRef;
    for (columns, wanted) in [
        (
            vec![("_id", nested()), ("title", text(&["T"]))],
            "column `_id`",
        ),
        (
            vec![
                ("id", nothing()),
                ("_id", nested()),
                ("title", text(&["T"])),
            ],
            "column `_id`",
        ),
        (
            vec![
                ("id", text(&["a"])),
                ("title", number()),
                ("text", text(&["T"])),
            ],
            "column `title`",
        ),
    ] {
        let message = refusal(&table(&folder, "p.parquet", columns));
        assert!(
            message.contains(wanted),
            "{message:?} does not say {wanted:?}"
        );
    }
}
