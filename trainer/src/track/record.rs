//! `run.json`: what it would take to repeat a run.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use shared::Sha256;

use crate::config::{Change, Config};

/// What it would take to repeat a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its name.
    pub name: String,
    /// The resolved config, as the run last went on with it.
    pub config: Config,
    /// Seed of everything drawn.
    pub seed: u64,
    /// The papers trained on: a hash of their content in their order.
    pub data_sha256: Option<Sha256>,
    /// The weights that it began with.
    #[serde(default)]
    pub base_sha256: Option<Sha256>,
    /// The sources that the trainer was built from; absent where that is not known.
    pub revision: Option<Revision>,
    /// Version of the trainer.
    pub trainer: String,
    /// Command line, the program first.
    pub command: Vec<String>,
    /// When it started, in UTC as RFC 3339 has it.
    pub started: String,
    /// Operating system and processor, such as `linux x86_64`.
    pub machine: String,
    /// Cores that it could use.
    pub cores: usize,
    /// When and how it was gone on with.
    #[serde(default)]
    pub resumed: Vec<Resumed>,
    /// How it ended; absent while it runs, and after a kill.
    #[serde(default)]
    pub finished: Option<Finished>,
}

/// A commit of the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Hash of the commit.
    pub commit: String,
    /// Whether the trainer's sources differed from it.
    pub dirty: bool,
}

/// One continuation of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// When.
    pub started: String,
    /// After which step.
    pub step: u64,
    /// The sources that the trainer was built from by then.
    pub revision: Option<Revision>,
    /// Command line, the program first.
    pub command: Vec<String>,
    /// What it changed in the config.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// When.
    pub time: String,
    /// Why it stopped, such as `steps` or `patience`.
    pub reason: String,
    /// Steps taken.
    pub step: u64,
    /// Seconds of training, all sessions together.
    pub seconds: f64,
}

impl RunRecord {
    /// Writes down what is known when a run starts.
    pub fn new(config: &Config, data_sha256: Option<Sha256>) -> Self {
        Self {
            name: config.name.clone(),
            config: config.clone(),
            seed: config.seed,
            data_sha256,
            base_sha256: None,
            revision: Revision::of_this_build(),
            trainer: env!("CARGO_PKG_VERSION").to_owned(),
            command: command(),
            started: timestamp(SystemTime::now()),
            machine: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            resumed: Vec::new(),
            finished: None,
        }
    }
}

impl Resumed {
    /// Writes down that a run goes on after `step`, with `changes` to its config.
    pub(super) fn now(step: u64, changes: Vec<Change>) -> Self {
        Self {
            started: timestamp(SystemTime::now()),
            step,
            revision: Revision::of_this_build(),
            command: command(),
            changes,
        }
    }
}

impl Revision {
    /// The one that this program was built from; `None` where the build script found none, as in an archive of the
    /// sources.
    pub fn of_this_build() -> Option<Self> {
        let commit = env!("TRAINER_COMMIT");
        (!commit.is_empty()).then(|| Self {
            commit: commit.to_owned(),
            dirty: env!("TRAINER_IS_CHANGED") == "true",
        })
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let changed = if self.dirty { ", with changes" } else { "" };
        write!(f, "{}{changed}", self.commit)
    }
}

fn command() -> Vec<String> {
    let words = std::env::args_os();
    words.map(|word| word.to_string_lossy().into()).collect()
}

/// A time in UTC, such as `2026-01-02T03:04:05Z`.
pub fn timestamp(time: SystemTime) -> String {
    let (date, [hour, minute, second]) = utc(time);
    let [year, month, day] = date;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same for a folder's name, such as `20260102-030405`.
pub(super) fn folder_timestamp(time: SystemTime) -> String {
    let ([year, month, day], [hour, minute, second]) = utc(time);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

/// Year, month, day; hour, minute, second.
///
/// # Sources
/// Days to dates: Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`; years begin in March,
/// so that the leap day is their last.
fn utc(time: SystemTime) -> ([u64; 3], [u64; 3]) {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs());
    let days = seconds / 86_400 + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let second = seconds % 86_400;
    let clock = [second / 3_600, second / 60 % 60, second % 60];
    ([year, month, day], clock)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// As `date --utc --date=@SECONDS +%FT%TZ` has them.
    #[test]
    fn seconds_are_dates() {
        for (seconds, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(timestamp(time), wanted);
        }
        let time = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        assert_eq!(folder_timestamp(time), "20260102-030405");
    }

    /// What git says of this folder, where it is the trainer's in a clone.
    fn git(arguments: &[&str]) -> Option<String> {
        let mut git = std::process::Command::new("git");
        let output = git.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = output.output().ok()?;
        let answer = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| answer.trim().to_owned())
    }

    #[test]
    fn a_program_knows_the_commit_that_it_was_built_from() {
        let is_ours = git(&["rev-parse", "--show-prefix"]).as_deref() == Some("trainer/");
        let wanted = git(&["rev-parse", "--verify", "HEAD"]).filter(|_| is_ours);
        let found = Revision::of_this_build().map(|revision| revision.commit);
        assert_eq!(found, wanted);
        let version = env!("TRAINER_VERSION");
        let shown = wanted.unwrap_or_else(|| "revision unknown".to_owned());
        assert!(version.contains(&shown), "{version}");
        let revision = Revision {
            commit: "abc".to_owned(),
            dirty: true,
        };
        assert_eq!(revision.to_string(), "abc, with changes");
    }

    #[test]
    fn a_record_reads_back() {
        let config = Config {
            name: "small".to_owned(),
            seed: 7,
            ..Config::default()
        };
        let mut record = RunRecord::new(&config, Some(Sha256::of(b"papers")));
        record.resumed.push(Resumed::now(3, Vec::new()));
        let text = serde_json::to_string(&record).unwrap();
        let read: RunRecord = serde_json::from_str(&text).unwrap();
        assert_eq!(read, record);
        assert_eq!((read.seed, read.name.as_str()), (7, "small"));
        assert!(read.cores > 0 && !read.command.is_empty());
    }
}
