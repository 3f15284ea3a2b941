//! Builds that end early, at any point and by any means, and go on: the same bytes in the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ingest::model_files::{self, Which};

use crate::fixtures::base_model;
use crate::programs::tool;
#[cfg(target_os = "linux")]
use crate::programs::with_own_mounts;

const N_PAPERS: usize = 2_000;
/// SHA-256, flags, 384 numbers, CRC-32.
const RECORD: u64 = 32 + 1 + 4 * 384 + 4;

/// Two thousand short papers, no two alike.
fn papers() -> String {
    const WORDS: [&str; 40] = [
        "glacier",
        "axion",
        "graph",
        "protein",
        "spin",
        "lattice",
        "market",
        "galaxy",
        "tensor",
        "plasma",
        "neuron",
        "fluid",
        "prime",
        "quark",
        "soil",
        "laser",
        "knot",
        "auction",
        "virus",
        "magnet",
        "sparse",
        "deep",
        "cold",
        "fast",
        "random",
        "bounded",
        "noisy",
        "dual",
        "rotating",
        "hidden",
        "search",
        "growth",
        "decay",
        "flow",
        "learning",
        "sampling",
        "transport",
        "scattering",
        "inference",
        "control",
    ];
    let mut state = 1_u64;
    let mut word = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        WORDS[(state >> 33) as usize % WORDS.len()]
    };
    let mut lines = String::new();
    for at in 0..N_PAPERS {
        let mut words = |n: usize| (0..n).map(|_| word()).collect::<Vec<_>>().join(" ");
        let (title, text) = (words(5), words(9));
        let _ = writeln!(
            lines,
            "{{\"id\":\"p{at}\",\"title\":\"{title}\",\"abstract\":\"{text}\",\"categories\":\"cs.LG\"}}"
        );
    }
    lines
}

/// A folder with the papers, and the build that nothing disturbed.
struct Reference {
    folder: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    // What a static holds is never dropped, so the next run clears it away.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interruption");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder of the target's");
    fs::write(folder.join("papers.jsonl"), papers()).expect("written");
    let run = Run::new(&folder, "undisturbed");
    let output = run.build(&[]).output().expect("it starts");
    assert_ends(&output, 0, "");
    let files = run.files();
    Reference { folder, files }
});

/// One output folder, with a cache of its own.
struct Run {
    papers: PathBuf,
    out: PathBuf,
    cache: PathBuf,
}

impl Run {
    fn new(folder: &Path, name: &str) -> Self {
        Self {
            papers: folder.join("papers.jsonl"),
            out: folder.join(format!("{name}.out")),
            cache: folder.join(format!("{name}.cache")),
        }
    }

    fn build(&self, flags: &[&str]) -> Command {
        let encoder = model_files::find(&Which::Base).expect("the base encoder was at hand");
        let mut build = tool("index-builder").expect("it is built");
        build.arg("build").arg("--papers").arg(&self.papers);
        build.arg("--out").arg(&self.out);
        build.arg("--model").arg(encoder.folder).args(flags);
        build.env("OFFPRINT_CACHE", &self.cache);
        // Batches of one length on every machine: 64 embeddings.
        build.env("RAYON_NUM_THREADS", "2");
        build.stdout(Stdio::piped()).stderr(Stdio::piped());
        build
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.out)
    }

    fn holds(&self, kind: &str) -> bool {
        let names = fs::read_dir(&self.out).into_iter().flatten().flatten();
        names
            .map(|entry| entry.file_name())
            .any(|name| name.to_string_lossy().starts_with(kind))
    }

    /// Embeddings on disk.
    fn n_kept(&self) -> u64 {
        let files = fs::read_dir(self.cache.join("embeddings"))
            .into_iter()
            .flatten();
        files
            .flatten()
            .map(|file| file.metadata().map_or(0, |about| about.len()) / RECORD)
            .sum()
    }

    /// Embeddings that the last finished run had to make.
    fn n_made(&self) -> u64 {
        let report = self.out.with_extension("out.report.json");
        let report = fs::read(report).expect("a finished build has a report");
        let report: serde_json::Value = serde_json::from_slice(&report).expect("it is JSON");
        report["embedded"].as_u64().expect("a number")
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(path).expect("a file"))
        })
        .collect()
}

#[track_caller]
fn assert_same(files: &BTreeMap<String, Vec<u8>>, wanted: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(files),
        names(wanted),
        "other files than the undisturbed build's"
    );
    assert!(files == wanted, "files of one name have other bytes");
}

#[track_caller]
fn assert_ends(output: &Output, code: i32, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{words:?} is not in: {said}");
}

/// Waits until `there`, and says whether the build is still at work then.
fn reaches(child: &mut Child, mut there: impl FnMut() -> bool) -> bool {
    let patience = Instant::now() + Duration::from_mins(5);
    loop {
        if child.try_wait().expect("it can be asked").is_some() {
            return false;
        }
        if there() {
            return true;
        }
        assert!(
            Instant::now() < patience,
            "the build neither comes there nor ends"
        );
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn killed_at_random_points_and_resumed_a_build_has_the_bytes_of_an_undisturbed_one() {
    let Some(_) = base_model() else { return };
    let reference = &*REFERENCE;
    let run = Run::new(&reference.folder, "killed");
    // Whether the run was at work when it was killed.
    let kill = |there: &dyn Fn(Instant) -> bool| {
        let mut child = run.build(&["--resume"]).spawn().expect("it starts");
        let started = Instant::now();
        let in_time = reaches(&mut child, || there(started));
        // It may have ended by itself; then there is nothing to kill.
        let _ = child.kill();
        let status = child.wait().expect("it has ended");
        in_time && !status.success()
    };
    let mut state = 0x5eed_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    // After a random time, whatever it is at: reading, quantizing, embedding. A fast machine must not
    // be done before the kills are: seven of them leave it some embeddings to make.
    for _ in 0..3 {
        let pause = Duration::from_millis(random(1_500));
        let enough = run.n_kept() + 150;
        assert!(
            kill(&|started| started.elapsed() >= pause || run.n_kept() >= enough),
            "it ended within {pause:?}"
        );
    }
    // Somewhere in the embeddings: every time a random number further on, half a batch or several.
    for _ in 0..4 {
        let further = run.n_kept() + 20 + random(130);
        assert!(
            kill(&|_| run.n_kept() >= further),
            "it ended before it had {further} embeddings"
        );
    }
    assert!(
        run.n_kept() < N_PAPERS as u64,
        "no embeddings are left to make"
    );
    // Linked, but nothing written; then at two places halfway through the files, the second so late
    // that a run may escape by ending.
    for kind in ["graph-", "abstracts-"] {
        assert!(
            kill(&|_| run.holds(kind)),
            "it ended before {kind} could be seen"
        );
    }
    if kill(&|_| run.holds("model-") || run.holds(".model-")) {
        assert!(
            !run.holds("manifest.json"),
            "there is a manifest of an unfinished build"
        );
        let n_kept = run.n_kept();
        let last = run.build(&["--resume"]).output().expect("it starts");
        assert_ends(&last, 0, "");
        assert_eq!(
            run.n_made(),
            N_PAPERS as u64 - n_kept,
            "of {n_kept} embeddings kept before the last run some were made again"
        );
    }
    assert_same(&run.files(), &reference.files);
    let again = run.build(&["--resume"]).output().expect("it starts");
    assert_ends(&again, 1, "nothing to resume");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_batch_and_says_how_to_go_on() {
    let Some(_) = base_model() else { return };
    let run = Run::new(&REFERENCE.folder, "interrupted");
    let mut child = run.build(&[]).spawn().expect("it starts");
    assert!(
        reaches(&mut child, || run.n_kept() > 0),
        "the build ended before it could be interrupted"
    );
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.expect("kill is there").success());
    let output = child.wait_with_output().expect("it has ended");
    assert_ends(&output, 130, "--resume");
    let n_kept = run.n_kept();
    assert!(n_kept < N_PAPERS as u64, "it was interrupted too late");

    assert_ends(&run.build(&[]).output().expect("it starts"), 1, "--resume");
    assert_ends(
        &run.build(&["--resume"]).output().expect("it starts"),
        0,
        "",
    );
    assert_eq!(run.n_made(), N_PAPERS as u64 - n_kept);
    assert_same(&run.files(), &REFERENCE.files);
}

#[cfg(unix)]
#[test]
fn a_build_whose_terminal_is_gone_can_still_be_stopped() {
    let Some(_) = base_model() else { return };
    let run = Run::new(&REFERENCE.folder, "unheard");
    let mut child = run.build(&[]).spawn().expect("it starts");
    assert!(reaches(&mut child, || run.n_kept() > 0), "it ended at once");
    drop((child.stdout.take(), child.stderr.take()));
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.expect("kill is there").success());
    let patience = Instant::now() + Duration::from_mins(2);
    while child.try_wait().expect("it can be asked").is_none() {
        assert!(Instant::now() < patience, "the signal was not heard");
        sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().expect("it has ended").code(), Some(130));
    assert!(!run.holds("manifest.json"), "it went on to its end");
}

#[test]
fn a_second_build_into_one_folder_is_refused_and_the_first_goes_on() {
    let Some(_) = base_model() else { return };
    let run = Run::new(&REFERENCE.folder, "contended");
    let mut first = run.build(&[]).spawn().expect("it starts");
    assert!(
        reaches(&mut first, || run.holds("unfinished")),
        "it ended at once"
    );
    for flag in ["--resume", "--force"] {
        let second = run.build(&[flag]).output().expect("it starts");
        assert_ends(&second, 1, "another build works on");
    }
    let output = first.wait_with_output().expect("it has ended");
    assert_ends(&output, 0, "");
    assert_same(&run.files(), &REFERENCE.files);
}

/// Mounts of its own: cache and folder on disks so small that they fill up, which then grow.
const FULL_DISKS: &str = r#"
set -eu
mkdir -p "$OUT" "$CACHE"
mount -t tmpfs -o size=1m tmpfs "$CACHE"
mount -t tmpfs -o size=18600k tmpfs "$OUT"
build() { rc=0; "$@" || rc=$?; echo "rc $rc, $(stat -c %s "$CACHE"/embeddings/* | head -n 1) bytes kept"; }
build "$@" --resume
mount -o remount,size=64m "$CACHE"
build "$@" --resume
mount -o remount,size=64m "$OUT"
build "$@" --resume
cp -r "$OUT" "$COPY"
# As good as full: the build that would replace this one fails, and this one stays whole.
mount -o remount,size="$(($(du -sk "$OUT" | cut -f 1) + 100))k" "$OUT"
build "$@" --force --limit 1500
cp -r "$OUT" "$COPY.later"
"#;

#[cfg(target_os = "linux")]
#[test]
fn full_disks_lose_nothing_that_was_finished() {
    let Some(_) = base_model() else { return };
    let run = Run::new(&REFERENCE.folder, "full");
    let build = run.build(&[]);
    let copy = run.out.with_extension("copy");
    let Some(mut all) = with_own_mounts(FULL_DISKS) else {
        return;
    };
    all.arg(build.get_program()).args(build.get_args());
    all.env("OUT", &run.out)
        .env("CACHE", &run.cache)
        .env("COPY", &copy);
    all.env("OFFPRINT_CACHE", &run.cache);
    let output = all.output().expect("it starts");
    let (printed, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{printed}\n{said}");
    let ends: Vec<(i32, u64)> = printed
        .lines()
        .filter_map(|line| {
            let (rc, kept) = line.strip_prefix("rc ")?.split_once(", ")?;
            Some((rc.parse().ok()?, kept.split(' ').next()?.parse().ok()?))
        })
        .collect();
    let codes: Vec<i32> = ends.iter().map(|end| end.0).collect();
    assert_eq!(codes, [1, 1, 0, 1], "{printed}\n{said}");
    assert_eq!(
        said.matches("the disk is full; what was finished is kept")
            .count(),
        3,
        "{said}"
    );
    // The first run filled its disk; the second had all embeddings.
    assert!(ends[0].1 / RECORD > 500, "{printed}");
    assert_eq!(ends[1].1 / RECORD, N_PAPERS as u64, "{printed}");
    assert_same(&files(&copy), &REFERENCE.files);
    let later = files(&copy.with_extension("copy.later"));
    for (name, bytes) in &REFERENCE.files {
        let whole = later.get(name) == Some(bytes);
        assert!(
            whole,
            "a failed replacement has touched the older build's {name}"
        );
    }
}
