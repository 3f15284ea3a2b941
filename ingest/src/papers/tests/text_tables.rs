//! CSV and TSV that were put together, and quotes that are left open.

use std::time::{Duration, Instant};

use super::*;

/// Ids in order, and how many rows were malformed.
fn ids(table: impl AsRef<[u8]>) -> (Vec<String>, u64) {
    let folder = folder();
    let (papers, report) = read_all(&[lines(&folder, "t.csv", table)]).expect("it is read");
    let malformed = report.dropped.get(&DropReason::Malformed);
    let n_malformed = malformed.map_or(0, |dropped| dropped.count);
    (
        papers.into_iter().map(|paper| paper.id).collect(),
        n_malformed,
    )
}

#[test]
fn rows_that_all_leave_a_quote_open_are_read_in_one_pass() {
    const N_ROWS: usize = 100_000;
    let start = Instant::now();
    let rows = "x\",\"y\n".repeat(N_ROWS);
    let (ids, n_malformed) = ids(format!("id,title\n{rows}a,T\n"));
    assert_eq!((ids, n_malformed), (vec!["a".to_owned()], N_ROWS as u64));
    // Looking ahead from each of them takes minutes.
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "it took {took:?}");
}

#[test]
fn a_record_behind_a_quote_left_open_is_whole_wherever_looking_ahead_ended() {
    let n_far = (4 << 20) / 8;
    // The look-ahead of the first row ends before, inside and behind the record of two lines.
    for n in n_far - 3..n_far + 3 {
        let far = "no text\n".repeat(n);
        let table = format!("id,title\nopen,\"never\n{far}a,\"T\nU\"\nb,V\n");
        assert_eq!(ids(table).0, ["a", "b"], "{n} lines between");
    }
    // A line that breaks one quote may itself begin a record.
    let table = "id,title\nx,\"open\ny,\"open, too\na,\"T\nU\"\nb,V\n";
    assert_eq!(ids(table), (vec!["a".to_owned(), "b".to_owned()], 2));
}

#[test]
fn a_header_that_comes_again_is_no_paper() {
    let folder = folder();
    let table = "id, Title ,note\na,T,\nid,Title,note\n\"id\",\" Title\",note,\nb,U,\nid,Title,\nid,V,note\n";
    let (papers, report) = read_all(&[lines(&folder, "t.csv", table)]).expect("it is read");
    let found: Vec<_> = papers.iter().map(|it| (&*it.id, &*it.title)).collect();
    let wanted = [("a", "T"), ("b", "U"), ("id", "Title")];
    assert_eq!(found, wanted, "only a whole header is one");
    // The last row is the second paper `id`.
    assert_eq!((report.rows, report.n_dropped()), (4, 1), "{report}");
}
