//! What came of a run, as CSV: nothing of the file is missing in it, rows that could not be read included.

use super::{Outcome, Run, Task};
use crate::papers_file::{Fault, Row};

/// The outcome of what is done so far. Of a match every paper found is a line.
pub fn to_csv(run: &Run) -> String {
    let mut out = String::new();
    match run.task {
        Task::Classify => put(
            &mut out,
            &[
                "line",
                "id",
                "title",
                "label",
                "status",
                "category",
                "probability",
                "set",
                "second",
                "second_probability",
                "note",
            ],
        ),
        Task::Match => put(
            &mut out,
            &[
                "line",
                "id",
                "title",
                "status",
                "rank",
                "match_id",
                "similarity",
                "match_title",
                "match_categories",
                "note",
            ],
        ),
    }
    let mut faults = run.file.faults.iter().peekable();
    let mut rows = run.file.rows.iter().zip(&run.outcomes).peekable();
    // Both are in the order of their lines.
    loop {
        let (row, fault) = (rows.peek(), faults.peek());
        let fault_first = match (row, fault) {
            (None, None) => break,
            (Some((row, _)), Some(fault)) => fault.line < row.line,
            (row, _) => row.is_none(),
        };
        if fault_first {
            put_fault(&mut out, run.task, faults.next().expect("it was seen"));
        } else {
            let (row, outcome) = rows.next().expect("it was seen");
            put_row(&mut out, run, row, outcome);
        }
    }
    out
}

fn put_fault(out: &mut String, task: Task, fault: &Fault) {
    let line = fault.line.to_string();
    match task {
        Task::Classify => put(
            out,
            &[
                &line,
                "",
                "",
                "",
                "unreadable",
                "",
                "",
                "",
                "",
                "",
                &fault.reason,
            ],
        ),
        Task::Match => put(
            out,
            &[
                &line,
                "",
                "",
                "unreadable",
                "",
                "",
                "",
                "",
                "",
                &fault.reason,
            ],
        ),
    }
}

fn put_row(out: &mut String, run: &Run, row: &Row, outcome: &Outcome) {
    let line = row.line.to_string();
    let Row {
        id, title, label, ..
    } = row;
    match outcome {
        Outcome::Placed(placed) => {
            let class = |at: usize| {
                let (class, p) = placed.ranked.get(at)?;
                Some((&*run.classes[usize::from(*class)], format!("{p:.4}")))
            };
            let (best, p) = class(0).unwrap_or_default();
            let (second, second_p) = class(1).unwrap_or_default();
            let set: Vec<&str> = (placed.set().iter())
                .map(|(class, _)| &*run.classes[usize::from(*class)])
                .collect();
            let (status, note) = match (placed.is_named(), placed.is_far) {
                (true, _) => ("suggested", ""),
                (false, true) => ("abstained", "farther from every paper than papers are"),
                (false, false) => ("abstained", "too unsure"),
            };
            put(
                out,
                &[
                    &line,
                    id,
                    title,
                    label,
                    status,
                    best,
                    &p,
                    &set.join(" "),
                    second,
                    &second_p,
                    note,
                ],
            );
        }
        Outcome::Matched(found) => {
            for (rank, one) in (1..).zip(found) {
                let (status, similarity) = match one.similarity {
                    None => ("itself", String::new()),
                    Some(similarity) => ("near", format!("{similarity:.4}")),
                };
                put(
                    out,
                    &[
                        &line,
                        id,
                        title,
                        status,
                        &rank.to_string(),
                        &one.id,
                        &similarity,
                        &one.title,
                        &one.categories.join(" "),
                        "",
                    ],
                );
            }
        }
        Outcome::Nothing(why) => match run.task {
            Task::Classify => put(
                out,
                &[&line, id, title, label, "nothing", "", "", "", "", "", why],
            ),
            Task::Match => put(out, &[&line, id, title, "nothing", "", "", "", "", "", why]),
        },
    }
}

/// A line of CSV (RFC 4180).
fn put(out: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push_str("\r\n");
}
