//! What a run measured, step by step, in a file that only grows.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Deserializer, Serialize};

/// Names of quality metrics begin so; they are measured on held-out papers, and at step 0 on the untouched model.
pub const QUALITY: &str = "valid/";

/// What was measured at one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Steps taken so far.
    pub step: u64,
    /// Seconds of training so far, those of earlier sessions included.
    pub seconds: f64,
    /// Papers seen so far, each as often as it was seen.
    pub papers: u64,
    /// Measurements by name, such as `loss` or `valid/precision@10`.
    #[serde(flatten, deserialize_with = "numbers")]
    pub scalars: BTreeMap<String, f64>,
}

/// JSON has no word for what is not a number, and serde writes `null`.
fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let read = BTreeMap::<String, Option<f64>>::deserialize(from)?;
    let number = |(name, value): (String, Option<f64>)| (name, value.unwrap_or(f64::NAN));
    Ok(read.into_iter().map(number).collect())
}

/// Which way a metric gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better: precision, accuracy, gain.
    Up,
    /// Less is better: loss, error.
    Down,
}

impl Direction {
    /// Reads it off a metric's name: what has `loss` or `error` in it should fall.
    pub fn of(metric: &str) -> Self {
        if metric.contains("loss") || metric.contains("error") {
            Self::Down
        } else {
            Self::Up
        }
    }

    /// Whether `new` is better than `old`; what is not a number is never better.
    pub fn is_better(self, new: f64, old: f64) -> bool {
        match self {
            Self::Up => new > old || (old.is_nan() && !new.is_nan()),
            Self::Down => new < old || (old.is_nan() && !new.is_nan()),
        }
    }
}

/// Appends rows to `metrics.jsonl`.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    len_bytes: u64,
}

impl MetricsLog {
    /// Starts an empty log.
    ///
    /// # Errors
    /// Where there is one, or the disk refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create_new(true).open(path);
        let file = file.with_context(|| format!("cannot make {}", path.display()))?;
        let path = path.to_owned();
        Ok(Self {
            path,
            file,
            len_bytes: 0,
        })
    }

    /// Goes on after `step`: later rows are taken out, since they will be measured again.
    ///
    /// Returns the rows that stay. The checkpoint of a step is to be written after the rows of that step.
    ///
    /// # Errors
    /// As [`read_metrics`], and where the disk refuses.
    pub fn resume(path: &Path, step: u64) -> Result<(Self, Vec<Row>)> {
        let mut rows = read_metrics(path)?;
        rows.retain(|row| row.step <= step);
        let mut bytes = Vec::new();
        for row in &rows {
            bytes.extend(line(row)?);
        }
        ingest::safe_file::write(path, &bytes)?;
        let file = OpenOptions::new().append(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        let log = Self {
            path: path.to_owned(),
            file,
            len_bytes: bytes.len() as u64,
        };
        Ok((log, rows))
    }

    /// Appends a row; it is with the system when this returns, and outlives the process.
    ///
    /// # Errors
    /// When the disk refuses; then the rows before are whole.
    pub fn append(&mut self, row: &Row) -> Result<()> {
        let bytes = line(row)?;
        if let Err(error) = self.file.write_all(&bytes) {
            // Half a line would spoil the next one.
            let _ = self.file.set_len(self.len_bytes);
            return Err(error).with_context(|| {
                format!(
                    "cannot write {}: make room on the disk, then go on with --resume",
                    self.path.display()
                )
            });
        }
        self.len_bytes += bytes.len() as u64;
        Ok(())
    }
}

fn line(row: &Row) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(row)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a log. A last line that a killed run left half-written is passed over.
///
/// # Errors
/// Where the file cannot be read, or a line before the last is no row.
pub fn read_metrics(path: &Path) -> Result<Vec<Row>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut rows = Vec::new();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    for (at, line) in lines.iter().enumerate() {
        match serde_json::from_slice(line) {
            Ok(row) if line.ends_with(b"\n") => rows.push(row),
            _ if at + 1 == lines.len() => {}
            Ok(_) => unreachable!("only the last line has no end"),
            Err(error) => bail!(
                "{}, line {}: {error}: take that line out by hand",
                path.display(),
                at + 1
            ),
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, loss: f64) -> Row {
        Row {
            step,
            seconds: step as f64 / 4.0,
            papers: step * 8,
            scalars: BTreeMap::from([("loss".to_owned(), loss)]),
        }
    }

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        (folder, path)
    }

    #[test]
    fn rows_are_lines_of_json_as_soon_as_they_are_appended() {
        let (_folder, path) = file();
        let mut log = MetricsLog::create(&path).unwrap();
        log.append(&row(2, 0.1)).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"step\":2,\"seconds\":0.5,\"papers\":16,\"loss\":0.1}\n"
        );
        log.append(&row(3, f64::NAN)).unwrap();
        let rows = read_metrics(&path).unwrap();
        assert_eq!(rows[0], row(2, 0.1));
        assert!(rows[1].scalars["loss"].is_nan(), "{rows:?}");
        assert!(
            MetricsLog::create(&path).is_err(),
            "it would be overwritten"
        );
    }

    #[test]
    fn a_resumed_log_has_every_step_once() {
        let (_folder, path) = file();
        let mut log = MetricsLog::create(&path).unwrap();
        for step in 1..=5 {
            log.append(&row(step, 1.0)).unwrap();
        }
        drop(log);
        let (mut log, kept) = MetricsLog::resume(&path, 3).unwrap();
        assert_eq!(kept.last(), Some(&row(3, 1.0)));
        for step in 4..=6 {
            log.append(&row(step, 2.0)).unwrap();
        }
        let steps: Vec<_> = read_metrics(&path)
            .unwrap()
            .iter()
            .map(|row| (row.step, row.scalars["loss"]))
            .collect();
        assert_eq!(
            steps,
            [(1, 1.0), (2, 1.0), (3, 1.0), (4, 2.0), (5, 2.0), (6, 2.0)]
        );
    }

    #[test]
    fn a_log_is_read_wherever_the_run_was_killed() {
        let (_folder, path) = file();
        let whole = [line(&row(1, 1.0)).unwrap(), line(&row(2, 2.0)).unwrap()].concat();
        let first_len = line(&row(1, 1.0)).unwrap().len();
        for len in 0..=whole.len() {
            std::fs::write(&path, &whole[..len]).unwrap();
            let n_whole = usize::from(len >= first_len) + usize::from(len == whole.len());
            let rows = read_metrics(&path).unwrap();
            assert_eq!(rows.len(), n_whole, "after {len} bytes");
            let (mut log, _) = MetricsLog::resume(&path, 9).unwrap();
            log.append(&row(9, 9.0)).unwrap();
            assert_eq!(read_metrics(&path).unwrap().len(), n_whole + 1);
        }
        std::fs::write(&path, "{}\n{\"step\":1}\n").unwrap();
        let error = read_metrics(&path).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }

    #[test]
    fn losses_should_fall_and_metrics_rise() {
        assert!(Direction::of("valid/precision@10").is_better(0.5, 0.4));
        assert!(Direction::of("valid/calibration_error").is_better(0.4, 0.5));
        assert!(Direction::of("loss").is_better(0.4, f64::NAN));
        assert!(!Direction::of("valid/top_1").is_better(f64::NAN, 0.1));
    }
}
