//! Writes down which sources the trainer is built from, and compiles `kernels/` to PTX for `--features cuda`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest cards that are served where `CUDA_COMPUTE_CAP` names none: Ampere. PTX runs on later ones too.
const COMPUTE_CAP: &str = "80";

/// What the trainer is made of, from the root of the clone.
const SOURCES: [&str; 15] = [
    "Cargo.toml",
    "Cargo.lock",
    "models",
    "index-builder/Cargo.toml",
    "index-builder/src",
    "ingest/Cargo.toml",
    "ingest/src",
    "reference/Cargo.toml",
    "reference/src",
    "shared/Cargo.toml",
    "shared/src",
    "trainer/Cargo.toml",
    "trainer/build.rs",
    "trainer/kernels",
    "trainer/src",
];

fn main() {
    tell_revision();
    compile_kernels();
}

/// Gives the program its commit and whether its sources differ from it: nothing where git is missing, or knows no commit
/// of these files, as in an archive of the sources or in a container.
fn tell_revision() {
    let root = Path::new("..");
    for source in SOURCES {
        watch(&root.join(source));
    }
    // A parent folder may be somebody else's repository.
    let is_ours = git(&["rev-parse", "--show-prefix"]).as_deref() == Some("trainer/");
    let commit = git(&["rev-parse", "--verify", "HEAD"]).filter(|_| is_ours);
    let mut is_changed = false;
    if commit.is_some() {
        let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
        // Where a branch is packed its own file is missing, and comes back in its folder with the next commit.
        for name in ["HEAD", "packed-refs", branch.as_deref().unwrap_or("HEAD")] {
            let Some(path) = git(&["rev-parse", "--git-path", name]) else {
                continue;
            };
            let path = PathBuf::from(path);
            let folder = path
                .parent()
                .filter(|_| !path.exists() && name.contains('/'));
            watch(folder.unwrap_or(&path));
        }
        let mut status = vec!["status", "--porcelain", "--untracked-files=no", "--"];
        let sources = SOURCES.map(|source| format!(":/{source}"));
        status.extend(sources.iter().map(String::as_str));
        is_changed = git(&status).is_none_or(|changed| !changed.is_empty());
    }
    let changed = if is_changed { ", with changes" } else { "" };
    let shown = commit.as_deref().unwrap_or("revision unknown");
    println!(
        "cargo::rustc-env=TRAINER_COMMIT={}",
        commit.as_deref().unwrap_or_default()
    );
    println!("cargo::rustc-env=TRAINER_IS_CHANGED={is_changed}");
    println!(
        "cargo::rustc-env=TRAINER_VERSION={} ({shown}{changed})",
        env::var("CARGO_PKG_VERSION").expect("cargo sets it")
    );
}

/// Cargo runs this script again once a watched path has changed; at every build, were a path missing.
fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// What git answers, in the trainer's folder.
fn git(arguments: &[&str]) -> Option<String> {
    // `status` would otherwise write to the index, beside a git that somebody else runs.
    let output = Command::new("git")
        .arg("--no-optional-locks")
        .args(arguments)
        .output()
        .ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| answer.trim().to_owned())
}

fn compile_kernels() {
    println!("cargo::rerun-if-env-changed=CUDA_HOME");
    println!("cargo::rerun-if-env-changed=CUDA_COMPUTE_CAP");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    let nvcc = match env::var_os("CUDA_HOME") {
        Some(root) => Path::new(&root).join("bin/nvcc"),
        None => PathBuf::from("nvcc"),
    };
    let cap = env::var("CUDA_COMPUTE_CAP").unwrap_or_else(|_| COMPUTE_CAP.to_owned());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for file in ["elementwise", "layer_norm", "softmax", "sums"] {
        let mut compile = Command::new(&nvcc);
        compile
            .args(["--ptx", "-O3", "-std=c++17"])
            .arg(format!("-arch=compute_{cap}"))
            .arg("-o")
            .arg(out.join(file).with_extension("ptx"))
            .arg(Path::new("kernels").join(file).with_extension("cu"));
        let status = compile.status().unwrap_or_else(|error| {
            panic!(
                "cannot start {}: {error}; `cargo xtask build-cuda` installs it",
                nvcc.display()
            )
        });
        assert!(status.success(), "nvcc refused kernels/{file}.cu");
    }
}
