//! The folder of a run.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::record::{Finished, Resumed, RunRecord, folder_timestamp, timestamp};
use super::{EventWriter, MetricsLog, Row, cards, read_metrics};
use crate::config::Config;

const RECORD: &str = "run.json";
const METRICS: &str = "metrics.jsonl";
const CONFIG: &str = "config.toml";
/// Held by the trainer that is at work in the folder.
const LOCK: &str = ".lock";
const CHECKPOINTS: &str = "checkpoints";

/// The folder of a run that is being written.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    record: RunRecord,
    rows: Vec<Row>,
    metrics: MetricsLog,
    events: EventWriter,
    /// Seconds of earlier sessions.
    seconds_before: f64,
    started: Instant,
    _lock: Lock,
}

impl RunFolder {
    /// Where a run goes that names no folder: `runs/NAME-TIME`.
    pub fn default_path(name: &str) -> PathBuf {
        let time = folder_timestamp(SystemTime::now());
        Path::new("runs").join(format!("{name}-{time}"))
    }

    /// Starts a run in a folder that is new or empty.
    ///
    /// # Errors
    /// Where there is something in it already, another trainer began one there, or the disk refuses.
    pub fn create(path: &Path, record: RunRecord) -> Result<Self> {
        let taken = std::fs::read_dir(path).is_ok_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| file.file_name() != LOCK))
        });
        ensure!(
            !taken,
            "{} is not empty: go on with its run by --resume, or name another folder as `output`",
            path.display()
        );
        std::fs::create_dir_all(path)
            .with_context(|| format!("cannot make folder {}", path.display()))?;
        let lock = lock(path)?;
        let config = record.config.to_toml()?;
        ingest::safe_file::write(&path.join(CONFIG), config.as_bytes())?;
        write_record(path, &record)?;
        Ok(Self {
            metrics: MetricsLog::create(&path.join(METRICS))?,
            events: EventWriter::create(path, None)?,
            path: path.to_owned(),
            record,
            rows: Vec::new(),
            seconds_before: 0.0,
            started: Instant::now(),
            _lock: lock,
        })
    }

    /// Goes on with a run after the step of its checkpoint; what was measured later is forgotten. From now on its
    /// config is `config`; what that changes is written down.
    ///
    /// # Errors
    /// Where the folder holds no run, another trainer is at work in it, one of its files is damaged, or
    /// the disk refuses.
    pub fn resume(path: &Path, step: u64, config: &Config) -> Result<Self> {
        let mut record = Self::read_record(path)?;
        let lock = lock(path)?;
        let (metrics, rows) = MetricsLog::resume(&path.join(METRICS), step)?;
        let changes = record.config.changes(config);
        if !changes.is_empty() {
            ingest::safe_file::write(&path.join(CONFIG), config.to_toml()?.as_bytes())?;
        }
        record.config = config.clone();
        record.resumed.push(Resumed::now(step, changes));
        record.finished = None;
        write_record(path, &record)?;
        Ok(Self {
            metrics,
            events: EventWriter::create(path, Some(step))?,
            path: path.to_owned(),
            record,
            seconds_before: rows.last().map_or(0.0, |row| row.seconds),
            rows,
            started: Instant::now(),
            _lock: lock,
        })
    }

    /// Whether a folder holds a run.
    pub fn holds_run(path: &Path) -> bool {
        path.join(RECORD).is_file()
    }

    /// Reads what a folder says about its run, its config among it.
    ///
    /// # Errors
    /// Where it holds none, or one that this trainer cannot read.
    pub fn read_record(path: &Path) -> Result<RunRecord> {
        Self::read_json(path)
    }

    /// Reads `run.json` as whatever of it is wanted.
    pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
        let path = path.join(RECORD);
        let bytes = std::fs::read(&path).with_context(|| {
            format!(
                "cannot read {}: name the folder of a run, such as one below runs/",
                path.display()
            )
        })?;
        serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is of another version of the trainer, or damaged",
                path.display()
            )
        })
    }

    /// Reads what a folder's run has measured.
    ///
    /// # Errors
    /// As [`read_metrics`].
    pub fn read_rows(path: &Path) -> Result<Vec<Row>> {
        read_metrics(&path.join(METRICS))
    }

    /// Writes down what was measured at a step, in `metrics.jsonl` and for `TensorBoard`.
    ///
    /// `papers` counts those seen so far. Names are those of [`Row::scalars`].
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn log(&mut self, step: u64, papers: u64, scalars: &[(&str, f64)]) -> Result<()> {
        let named = scalars
            .iter()
            .map(|&(name, value)| (name.to_owned(), value));
        let row = Row {
            step,
            seconds: self.seconds(),
            papers,
            scalars: named.collect(),
        };
        self.metrics.append(&row)?;
        self.rows.push(row);
        self.events.scalars(step, scalars.iter().copied())
    }

    /// Writes down that the run ended, and why: `steps`, `epochs`, `minutes`, `patience`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(&mut self, reason: &str, step: u64) -> Result<()> {
        self.record.finished = Some(Finished {
            time: timestamp(SystemTime::now()),
            reason: reason.to_owned(),
            step,
            seconds: self.seconds(),
        });
        write_record(&self.path, &self.record)
    }

    /// Writes `README.md`, the model card, and `DATA.md`, the data card.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_cards(&self, data: Option<&Value>) -> Result<()> {
        let model = cards::model_card(&self.record, &self.rows, None);
        ingest::safe_file::write(&self.path.join("README.md"), model.as_bytes())?;
        let data = cards::data_card(&self.record, data);
        ingest::safe_file::write(&self.path.join("DATA.md"), data.as_bytes())
    }

    /// Seconds of training so far, those of earlier sessions included.
    pub fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }

    /// Everything measured so far, oldest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What it would take to repeat the run.
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where checkpoints go; not made yet.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }
}

fn write_record(folder: &Path, record: &RunRecord) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(record)?;
    bytes.push(b'\n');
    ingest::safe_file::write(&folder.join(RECORD), &bytes)
}

/// A folder's lock, let go of when it is dropped: to close the file is not enough where another thread is
/// just starting a program, which has it open as well for a moment.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Where this fails, the file is closed all the same.
        let _ = self.0.unlock();
    }
}

/// Keeps other trainers out of a folder for as long as the result lives.
fn lock(path: &Path) -> Result<Lock> {
    let file = File::create(path.join(LOCK))
        .with_context(|| format!("cannot write to {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "another trainer is at work in {}: wait for it, or name another folder as `output`",
            path.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> RunRecord {
        RunRecord::new(&Config::default(), None)
    }

    #[test]
    fn a_run_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/a");
        let run = RunFolder::create(&path, record()).unwrap();
        let error = RunFolder::resume(&path, 0, &Config::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("another trainer"), "{error}");
        drop(run);
        let error = RunFolder::create(&path, record()).unwrap_err().to_string();
        assert!(error.contains("--resume"), "{error}");
        let empty = folder.path().join("runs/b");
        std::fs::create_dir(&empty).unwrap();
        RunFolder::create(&empty, record()).unwrap();
    }

    #[test]
    fn a_run_goes_on_where_its_checkpoint_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let mut run = RunFolder::create(&path, record()).unwrap();
        run.log(1, 8, &[("loss", 2.0)]).unwrap();
        run.log(2, 16, &[("loss", 1.5), ("valid/top_1", 0.25)])
            .unwrap();
        run.log(3, 24, &[("loss", 1.0)]).unwrap();
        run.finish("steps", 3).unwrap();
        let seconds = run.rows()[1].seconds;
        drop(run);
        assert!(RunFolder::read_record(&path).unwrap().finished.is_some());

        let mut config = Config::default();
        config.optimize.learning_rate = 0.5;
        let mut run = RunFolder::resume(&path, 2, &config).unwrap();
        assert_eq!(run.rows().len(), 2);
        assert!(run.seconds() >= seconds);
        run.log(3, 24, &[("loss", 0.5)]).unwrap();
        drop(run);
        let record = RunFolder::read_record(&path).unwrap();
        assert_eq!(record.finished, None, "it runs again");
        assert_eq!(record.resumed[0].step, 2);
        let changes = &record.resumed[0].changes;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].key, "optimize.learning_rate");
        assert_eq!(record.config, config, "it goes on with the new one");
        let rows = RunFolder::read_rows(&path).unwrap();
        let losses: Vec<f64> = rows.iter().map(|row| row.scalars["loss"]).collect();
        assert_eq!(losses, [2.0, 1.5, 0.5]);
        let text = std::fs::read_to_string(path.join(CONFIG)).unwrap();
        assert_eq!(
            Config::from_toml(&text, Path::new(CONFIG)).unwrap(),
            record.config
        );
    }

    #[test]
    fn a_folder_without_a_run_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = RunFolder::resume(folder.path(), 1, &Config::default()).unwrap_err();
        assert!(format!("{error:#}").contains("name the folder of a run"));
    }
}
