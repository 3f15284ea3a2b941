//! Formulas of real papers: which share is set, and what stays its source.

use std::collections::HashMap;
use std::time::Instant;

use app::latex::{Part, convert, parts};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::fixtures::{data_folder, say};

/// Formulas found, those set, time, and what the others fail for with one of them.
#[derive(Default)]
struct Tally {
    n: usize,
    n_set: usize,
    nodes: usize,
    failures: HashMap<String, (usize, String)>,
}

impl Tally {
    fn read(&mut self, text: &str) {
        for part in parts(text) {
            let Part::Formula(formula) = part else {
                continue;
            };
            self.n += 1;
            match convert(&text[formula.tex.clone()], formula.display) {
                Ok(events) => {
                    self.n_set += 1;
                    self.nodes += events.len();
                }
                Err(why) => {
                    let first = || (0, text[formula.source.clone()].to_owned());
                    self.failures.entry(why.to_string()).or_insert_with(first).0 += 1;
                }
            }
        }
    }
}

#[test]
fn nearly_all_formulas_of_real_papers_are_set() {
    let Some(folder) = data_folder() else { return };
    let path = folder.join("arxiv/papers.parquet");
    let file = std::fs::File::open(&path).expect("the papers are there");
    let papers = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let columns = ProjectionMask::columns(papers.parquet_schema(), ["title", "abstract"]);
    let papers = papers
        .with_projection(columns)
        .build()
        .expect("both columns");
    let started = Instant::now();
    let (mut titles, mut abstracts) = (Tally::default(), Tally::default());
    for batch in papers {
        let batch: RecordBatch = batch.expect("readable");
        for (tally, column) in [(&mut titles, "title"), (&mut abstracts, "abstract")] {
            let column = batch.column_by_name(column).expect("it was asked for");
            for text in column.as_string::<i64>().iter().flatten() {
                tally.read(text);
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    say(&format!("{seconds:.1} s in all, reading included"));
    for (name, tally) in [("titles", &titles), ("abstracts", &abstracts)] {
        let share = tally.n_set as f64 / tally.n as f64;
        say(&format!(
            "{name}: {} of {} formulas set, {:.3} %, {:.1} events each",
            tally.n_set,
            tally.n,
            100.0 * share,
            tally.nodes as f64 / tally.n_set as f64
        ));
        let mut failures: Vec<_> = tally.failures.iter().collect();
        failures.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
        let n_shown = std::env::var("OFFPRINT_FAILURES").map_or(10, |n| n.parse().unwrap_or(10));
        for (why, (n, first)) in failures.into_iter().take(n_shown) {
            say(&format!("  {n:>6} {why}: {first}"));
        }
        assert!(share > 0.97, "{name}: only {share} of all formulas are set");
    }
}
