//! Training with the real base encoder: its forward step, runs that are killed, disks that fill up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use candle_core::Device;
use ingest::model_files::{self, Which};
use trainer::model::bert::Tuning;
use trainer::train::{embed_all, open_encoder};

use crate::fixtures::{base_model, repository};
use crate::programs::tool;
#[cfg(target_os = "linux")]
use crate::programs::with_own_mounts;

/// Longest that a run of these may take to its first checkpoint.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn the_trained_encoder_begins_as_candle_transformers_has_it() {
    let Some(prepared) = base_model() else { return };
    let files = model_files::find(&Which::Base).expect("the base encoder was just found");
    let read = |path: &Path| fs::read(path).expect("a file of the base encoder");
    let judge = reference::Bert::new(&read(&files.weights), &read(&files.config));
    let judge = judge.expect("candle opens it");
    let encoder = open_encoder(
        &files.weights,
        &files.config,
        Tuning::default(),
        &Device::Cpu,
    )
    .expect("it is a BERT encoder");
    let long =
        "We measure how glaciers slide over their beds, and find that water decides. ".repeat(12);
    let texts: Vec<Vec<u32>> = ["α-helices of proteins", "x", &long]
        .map(|text| prepared.model.tokenizer().tokenize(text).ids)
        .to_vec();
    // All in one part: a text must not see its neighbors.
    let ours = embed_all(&encoder, &texts, 10_000).expect("it embeds");
    for (ids, ours) in texts.iter().zip(ours) {
        let theirs = judge.embed(ids).expect("candle embeds");
        let pairs = ours.iter().zip(&theirs);
        let cosine: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        assert!(
            cosine > 0.999_99,
            "cosine {cosine} for {} tokens",
            ids.len()
        );
    }
}

/// A run on the starter corpus in a folder of the target's, which the next run of the test clears away.
struct Run {
    folder: PathBuf,
}

impl Run {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("training")
            .join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder of the target's");
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.join("run")
    }

    fn trainer(&self) -> Command {
        let encoder = model_files::find(&Which::Base).expect("the base encoder was at hand");
        let mut trainer = tool("trainer").expect("it is built");
        trainer.env("OFFPRINT_CACHE", self.folder.join("cache"));
        trainer.env("OFFPRINT_MODEL", &encoder.folder);
        trainer.current_dir(&self.folder).arg("train");
        trainer
    }

    /// Small steps of adapters, each of which is kept.
    fn start(&self, steps: usize) -> Command {
        let mut trainer = self.trainer();
        let config = repository().join("configs/quick.toml");
        trainer.arg("--config").arg(config).args([
            &format!("output={}", self.out().display()),
            &format!("optimize.steps={steps}"),
            "model.method=lora",
            "batch.pairs=2",
            "data.max_document_tokens=16",
            "evaluate.every=0",
            "evaluate.papers_per_category=1",
            "checkpoint.every=1",
        ]);
        trainer
    }

    fn resume(&self) -> Output {
        let mut trainer = self.trainer();
        trainer.arg("--resume").arg(self.out());
        trainer.output().expect("it starts")
    }

    fn n_checkpoints(&self) -> usize {
        let files = fs::read_dir(self.out().join("checkpoints"));
        let names = files.into_iter().flatten().flatten();
        names
            .filter(|file| file.file_name().to_string_lossy().starts_with("step-"))
            .count()
    }

    fn steps(&self) -> Vec<u64> {
        let log = fs::read_to_string(self.out().join("metrics.jsonl")).expect("it has measured");
        let rows = log.lines().map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).expect("a row is JSON");
            row["step"].as_u64().expect("a number")
        });
        rows.collect()
    }
}

#[track_caller]
fn assert_ends(output: &Output, code: i32, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{words:?} is not in {said}");
}

#[test]
fn a_run_that_is_killed_goes_on_from_its_last_checkpoint() {
    let Some(_) = base_model() else { return };
    let run = Run::new("killed");
    let mut started = run.start(1000).spawn().expect("it starts");
    let begun = Instant::now();
    while run.n_checkpoints() < 2 && begun.elapsed() < PATIENCE {
        assert!(
            started.try_wait().expect("it can be asked").is_none(),
            "it ended by itself"
        );
        sleep(Duration::from_millis(20));
    }
    started.kill().expect("SIGKILL");
    started.wait().expect("it ends");
    let taken = run.steps().into_iter().max().expect("it has taken steps");
    assert!(taken >= 2, "killed after step {taken}");
    // What is left to do is cut short where the run's own record says how long it is.
    let record = run.out().join("run.json");
    let text = fs::read_to_string(&record).expect("a run has one");
    let shorter = text.replace("\"steps\": 1000", &format!("\"steps\": {}", taken + 2));
    assert_ne!(text, shorter, "the record says how long the run is");
    fs::write(&record, shorter).expect("written");
    assert_ends(&run.resume(), 0, "");
    let steps = run.steps();
    let mut once = steps.clone();
    once.dedup();
    let last = *steps.last().expect("it has taken steps");
    assert_eq!(last, taken + 2);
    assert!(
        once.is_sorted() && (0..=last).all(|step| once.contains(&step)),
        "{steps:?}"
    );
    for name in [
        "model/model.safetensors",
        "adapter/adapter_model.safetensors",
        "README.md",
    ] {
        assert!(run.out().join(name).is_file(), "there is no {name}");
    }
    assert_ends(&run.resume(), 1, "has finished");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_step_at_hand() {
    let Some(_) = base_model() else { return };
    let run = Run::new("interrupted");
    let started = run
        .start(1000)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    while run.n_checkpoints() < 1 && begun.elapsed() < PATIENCE {
        sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill")
        .args(["-INT", &started.id().to_string()])
        .status();
    assert!(kill.expect("kill starts").success());
    let output = started.wait_with_output().expect("it ends");
    assert_ends(&output, 130, "go on with `trainer train --resume");
    let taken = run.steps().into_iter().max().expect("it has taken steps");
    let newest = run
        .out()
        .join(format!("checkpoints/step-{taken:09}.safetensors"));
    assert!(newest.is_file(), "step {taken} is not kept");
}

#[test]
fn what_cannot_be_trained_on_is_refused_with_a_way_out() {
    let Some(_) = base_model() else { return };
    let run = Run::new("refused");
    let with = |more: &[&str]| run.start(2).args(more).output().expect("it starts");
    let unknown = with(&["optimise.lr=1"]);
    assert_ends(&unknown, 1, "did you mean `optimize.learning_rate`?");
    let papers = run.folder.join("papers.csv");
    fs::write(
        &papers,
        "id,title,categories\na,On sets,math.LO\nb,On stars,astro-ph.SR\n",
    )
    .expect("written");
    let setting = format!("data.papers={}", papers.display());
    let missing = with(&[&setting]);
    assert_ends(&missing, 1, "no paper in it has an abstract");
    let nothing = with(&["data.papers=nowhere.parquet"]);
    assert_ends(&nothing, 1, "nowhere.parquet");
    assert!(
        !run.out().exists(),
        "a run that never began has left a folder"
    );
}

/// The run's folder on a disk of its own, too small for a second checkpoint; then it grows.
#[cfg(target_os = "linux")]
const FULL_DISK: &str = r#"
set -eu
mkdir -p "$OUT"
mount -t tmpfs -o size=1500k tmpfs "$OUT"
rc=0; "$@" || rc=$?
echo "rc $rc"
ls "$OUT/checkpoints"
mount -o remount,size=200m "$OUT"
rc=0; "$1" train --resume "$OUT" || rc=$?
echo "rc $rc"
ls "$OUT"
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_a_run_that_then_goes_on() {
    let Some(_) = base_model() else { return };
    let run = Run::new("full");
    // An adapter of rank 8 with its moments is 0.9 MB: the second checkpoint does not fit.
    let train = run.start(4);
    let Some(mut all) = with_own_mounts(FULL_DISK) else {
        return;
    };
    all.arg(train.get_program()).args(train.get_args());
    all.current_dir(&run.folder).env("OUT", run.out());
    for (name, value) in train.get_envs() {
        if let Some(value) = value {
            all.env(name, value);
        }
    }
    let output = all.output().expect("it starts");
    let (printed, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{printed}\n{said}");
    let codes: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("rc "))
        .collect();
    assert_eq!(codes, ["rc 1", "rc 0"], "{printed}\n{said}");
    assert!(
        said.contains("free some space and go on with `trainer train --resume"),
        "{said}"
    );
    assert!(said.contains("step 2 cannot be kept"), "{said}");
    assert!(
        printed.contains("step-000000001"),
        "the checkpoint before is gone: {printed}"
    );
    assert!(printed.lines().any(|line| line == "adapter"), "{printed}");
}
