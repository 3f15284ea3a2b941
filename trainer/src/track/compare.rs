//! Runs beside each other: what they were, what they cost, what came of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Direction, Finished, QUALITY, Row, RunFolder};

/// Steps whose losses are averaged for the last one: a step's own jumps with its batch.
const LAST: usize = 10;

/// How one metric went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// Which way it gets better.
    pub better: Direction,
    /// Before the first step: that of the untouched model.
    pub start: Option<f64>,
    /// The best there was after the first step.
    pub best: f64,
    /// When that was.
    pub best_step: u64,
    /// The newest.
    pub last: f64,
}

/// One run in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Name of its folder, which differs where runs are repeated.
    pub name: String,
    /// `full` or `lora`.
    pub method: String,
    /// Why it ended, or `unfinished`.
    pub state: String,
    /// Steps taken.
    pub steps: u64,
    /// Papers seen.
    pub papers: u64,
    /// Minutes of training.
    pub minutes: f64,
    /// Mean of the last ten losses.
    pub loss: Option<f64>,
    /// Quality by metric, without `valid/`.
    pub quality: BTreeMap<String, MetricSummary>,
}

/// One run whole.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) summary: RunSummary,
    pub(super) rows: Vec<Row>,
}

/// Runs beside each other, oldest first.
#[derive(Debug)]
pub struct Comparison {
    pub(super) runs: Vec<Run>,
}

impl Comparison {
    /// Reads runs, and folders of runs.
    ///
    /// # Errors
    /// Where a folder holds none, or a run that was named cannot be read. One that cannot be read among others in a
    /// folder is passed over with a warning.
    pub fn read(folders: &[PathBuf]) -> Result<Self> {
        let mut found: BTreeMap<PathBuf, (Brief, Vec<Row>)> = BTreeMap::new();
        for folder in folders {
            if RunFolder::holds_run(folder) {
                found.insert(folder.clone(), read(folder)?);
                continue;
            }
            let inner = std::fs::read_dir(folder)
                .with_context(|| format!("cannot look into {}", folder.display()))?;
            let mut any = false;
            for entry in inner {
                let path = entry?.path();
                if RunFolder::holds_run(&path) {
                    match read(&path) {
                        Ok(run) => {
                            any = true;
                            found.insert(path, run);
                        }
                        Err(error) => tracing::warn!("{} left out: {error:#}", path.display()),
                    }
                }
            }
            ensure!(
                any,
                "{} holds no run that can be read: name the folder of one, or one of several, such as runs/",
                folder.display()
            );
        }
        let mut runs: Vec<_> = found.into_iter().collect();
        runs.sort_by(|a, b| a.1.0.started.cmp(&b.1.0.started));
        let runs = runs.into_iter().map(|(path, (record, rows))| Run {
            summary: RunSummary::new(&path, &record, &rows),
            rows,
        });
        let runs = runs.collect();
        Ok(Self { runs })
    }

    /// Each run in short.
    pub fn summaries(&self) -> Vec<&RunSummary> {
        self.runs.iter().map(|run| &run.summary).collect()
    }

    /// Every quality metric that a run has.
    pub(super) fn metrics(&self) -> BTreeSet<&str> {
        let quality = self.runs.iter().flat_map(|run| run.summary.quality.keys());
        quality.map(String::as_str).collect()
    }

    /// The table: its head, then a row a run.
    pub(super) fn table(&self) -> Vec<Vec<String>> {
        let metrics = self.metrics();
        let head = [
            "run", "method", "state", "steps", "papers", "minutes", "loss",
        ];
        let head = head.into_iter().chain(metrics.iter().copied());
        let mut table = vec![head.map(str::to_owned).collect()];
        for RunSummary {
            name,
            method,
            state,
            steps,
            papers,
            minutes,
            loss,
            quality,
        } in self.summaries()
        {
            let mut row = vec![name.clone(), method.clone(), state.clone()];
            row.extend([
                steps.to_string(),
                papers.to_string(),
                format!("{minutes:.1}"),
            ]);
            row.push(loss.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.4}")));
            row.extend(metrics.iter().map(|&metric| match quality.get(metric) {
                Some(MetricSummary {
                    start: Some(start),
                    best,
                    ..
                }) => format!("{start:.4} → {best:.4}"),
                Some(MetricSummary { best, .. }) => format!("{best:.4}"),
                None => "–".to_owned(),
            }));
            table.push(row);
        }
        table
    }
}

/// What a comparison wants of `run.json`, whatever version of the trainer wrote it.
#[derive(Debug, Deserialize)]
struct Brief {
    name: String,
    started: String,
    config: Value,
    finished: Option<Finished>,
}

fn read(folder: &Path) -> Result<(Brief, Vec<Row>)> {
    Ok((RunFolder::read_json(folder)?, RunFolder::read_rows(folder)?))
}

impl RunSummary {
    fn new(folder: &Path, record: &Brief, rows: &[Row]) -> Self {
        let name = folder.file_name().map_or_else(
            || record.name.clone(),
            |name| name.to_string_lossy().into_owned(),
        );
        let last = rows.last();
        let finished = record.finished.as_ref();
        let state = finished.map_or("unfinished".to_owned(), |end| end.reason.clone());
        let losses: Vec<f64> = rows
            .iter()
            .rev()
            .filter_map(|row| row.scalars.get("loss").copied())
            .take(LAST)
            .collect();
        Self {
            name,
            method: record.config["model"]["method"]
                .as_str()
                .unwrap_or("–")
                .to_owned(),
            state,
            steps: finished.map_or(last.map_or(0, |row| row.step), |end| end.step),
            papers: last.map_or(0, |row| row.papers),
            minutes: finished.map_or(last.map_or(0.0, |row| row.seconds), |end| end.seconds) / 60.0,
            loss: (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64),
            quality: quality(rows),
        }
    }
}

/// How each quality metric of a run went.
pub(super) fn quality(rows: &[Row]) -> BTreeMap<String, MetricSummary> {
    let mut quality: BTreeMap<String, MetricSummary> = BTreeMap::new();
    for row in rows {
        for (name, &value) in &row.scalars {
            let Some(name) = name.strip_prefix(QUALITY) else {
                continue;
            };
            let better = Direction::of(name);
            let so_far = quality.entry(name.to_owned()).or_insert(MetricSummary {
                better,
                start: (row.step == 0).then_some(value),
                best: value,
                best_step: row.step,
                last: value,
            });
            so_far.last = value;
            // The untouched model is what training is held against, and no success of it.
            let first_trained = so_far.best_step == 0;
            if first_trained || better.is_better(value, so_far.best) {
                (so_far.best, so_far.best_step) = (value, row.step);
            }
        }
    }
    quality
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        let width_of = |at: usize| table.iter().map(|row| row[at].chars().count()).max();
        let widths: Vec<usize> = (0..table[0].len()).filter_map(width_of).collect();
        for row in &table {
            let cells = row.iter().zip(&widths).enumerate();
            // Words stand left, numbers right.
            let cells = cells.map(|(at, (cell, width))| match at {
                0..3 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            let line: Vec<String> = cells.collect();
            writeln!(f, "{}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::{Config, Method};
    use crate::track::RunRecord;

    /// Two runs in a folder, the second unfinished and without quality.
    pub(in crate::track) fn two_runs() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let mut config = Config::default();
        let mut run = RunFolder::create(&runs.join("a"), RunRecord::new(&config, None)).unwrap();
        run.log(
            0,
            0,
            &[("valid/precision@10", 0.25), ("valid/log_loss", 2.0)],
        )
        .unwrap();
        for step in 1..=20_u32 {
            let loss = 2.0 - f64::from(step) / 20.0;
            run.log(u64::from(step), u64::from(step) * 64, &[("loss", loss)])
                .unwrap();
        }
        run.log(
            20,
            1280,
            &[("valid/precision@10", 0.5), ("valid/log_loss", 2.5)],
        )
        .unwrap();
        run.log(
            21,
            1344,
            &[("valid/precision@10", 0.375), ("valid/log_loss", 2.75)],
        )
        .unwrap();
        run.finish("steps", 21).unwrap();
        config.model.method = Method::Lora;
        let mut run = RunFolder::create(&runs.join("b<&>"), RunRecord::new(&config, None)).unwrap();
        run.log(1, 64, &[("loss", f64::NAN)]).unwrap();
        (folder, runs)
    }

    #[test]
    fn a_table_has_what_each_run_was_and_its_best() {
        let (_folder, runs) = two_runs();
        let comparison = Comparison::read(&[runs]).unwrap();
        let summaries = comparison.summaries();
        let a = summaries.iter().find(|run| run.name == "a").unwrap();
        assert_eq!((a.steps, a.papers, a.state.as_str()), (21, 1344, "steps"));
        assert!(
            (a.loss.unwrap() - 1.225).abs() < 1e-12,
            "the last ten: {a:?}"
        );
        let precision = &a.quality["precision@10"];
        assert_eq!(precision.start, Some(0.25));
        assert_eq!((precision.best, precision.best_step), (0.5, 20));
        assert_eq!(precision.last, 0.375);
        let log_loss = &a.quality["log_loss"];
        assert_eq!(log_loss.best, 2.5, "least, but not the untouched model's");
        let text = comparison.to_string();
        let line = text.lines().find(|line| line.starts_with('a')).unwrap();
        assert!(line.ends_with("0.2500 → 0.5000"), "{text}");
        let line = text.lines().find(|line| line.starts_with('b')).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            words,
            [
                "b<&>",
                "lora",
                "unfinished",
                "1",
                "64",
                "0.0",
                "NaN",
                "–",
                "–"
            ]
        );
    }

    #[test]
    fn a_run_is_read_once_and_a_folder_without_one_is_refused() {
        let (folder, runs) = two_runs();
        let comparison = Comparison::read(&[runs.join("a"), runs.clone()]).unwrap();
        assert_eq!(comparison.runs.len(), 2);
        let error = Comparison::read(&[folder.path().to_owned()]).unwrap_err();
        assert!(
            error.to_string().contains("holds no run that can be read"),
            "{error}"
        );
        // Another version of the trainer had another config.
        let record = runs.join("b<&>/run.json");
        let text = std::fs::read_to_string(&record).unwrap();
        std::fs::write(&record, text.replace("\"seed\"", "\"dice\"")).unwrap();
        assert!(RunFolder::read_record(&runs.join("b<&>")).is_err());
        // One damaged run costs only itself, unless it is asked for.
        std::fs::write(runs.join("a/run.json"), "{").unwrap();
        assert_eq!(
            Comparison::read(std::slice::from_ref(&runs))
                .unwrap()
                .runs
                .len(),
            1
        );
        assert!(Comparison::read(&[runs.join("a")]).is_err());
    }
}
