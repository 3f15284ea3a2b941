//! `cargo xtask build-cuda`: the trainer for NVIDIA cards, on a machine that has neither card nor toolkit.
//!
//! `toolkit` finds nvcc or installs it into the cache, `stubs` makes the libraries that only a machine
//! with a card has, as far as a linker looks at them, `check` compiles the kernels and looks at what they need. The binary then takes the real ones where it runs.

mod check;
mod stubs;
mod toolkit;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use self::toolkit::Toolkit;
use crate::step::{cargo, command, on_path, run, seconds, step};
use crate::workspace::Workspace;

/// Ampere: the oldest cards with bf16; their PTX runs on every later card too.
pub(crate) const COMPUTE_CAP: u16 = 80;

/// Sets up what is missing, compiles, and says where the binary is and how large.
pub(crate) fn build(workspace: &Workspace, compute_cap: u16) -> Result<()> {
    ensure!(
        compute_cap >= COMPUTE_CAP,
        "--compute-cap {compute_cap} is older than {COMPUTE_CAP}: the trainer wants a card with bf16, Ampere or later"
    );
    println!("Set-up");
    let folder = workspace.cache.join("cuda");
    let toolkit = Toolkit::find_or_install(workspace, &folder)?;
    check::check(workspace, &toolkit)?;
    println!("Build");
    let start = Instant::now();
    let target = folder.join("target");
    let mut build = cargo(workspace);
    build
        .args(["build", "--release", "--package", "trainer"])
        .args(["--features", "cuda", "--target-dir"])
        .arg(&target)
        .env("CUDA_COMPUTE_CAP", compute_cap.to_string());
    if std::env::var_os("CUDAFORGE_THREADS").is_none() {
        // candle's kernels are most of the work; by default its build script counts no second thread of a core.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        build.env("CUDAFORGE_THREADS", threads.to_string());
    }
    toolkit.announce(&mut build)?;
    run(&mut build)?;
    println!("  compiled in {}", seconds(start.elapsed()));
    let built = target.join("release/trainer");
    let stripped = stripped(workspace, &built)?;
    step("trainer", || {
        let mut said = format!(
            "{}, for cards from compute capability {compute_cap} on: {}",
            stripped.display(),
            megabytes(&stripped)?
        );
        if let Some(packed) = packed(workspace, &stripped)? {
            said = format!("{said}, as xz {}", megabytes(&packed)?);
        }
        Ok(said)
    })?;
    println!(
        "It runs where NVIDIA's driver is (580 or later for CUDA 13) and libcublas, libcublasLt, libcurand and libcudart \
         of the same CUDA version: an image of nvidia/cuda that ends in runtime has them."
    );
    Ok(())
}

/// Looks at the kernels where there is a compiler for them; elsewhere says how to get one.
pub(crate) fn check_kernels(workspace: &Workspace) -> Result<()> {
    let Some(toolkit) = Toolkit::find(&workspace.cache.join("cuda"))? else {
        println!("  skipped: there is no nvcc; `cargo xtask build-cuda` installs one");
        return Ok(());
    };
    check::check(workspace, &toolkit)
}

/// A copy without symbols beside the binary, or the binary itself where nothing strips.
fn stripped(workspace: &Workspace, built: &Path) -> Result<PathBuf> {
    let Some(strip) = on_path(&["strip", "llvm-strip"]) else {
        return Ok(built.to_owned());
    };
    let copy = built.with_file_name("trainer-cuda");
    run(command(workspace, strip).arg("-o").arg(&copy).arg(built))?;
    Ok(copy)
}

/// The binary as it travels; nothing where there is no xz.
fn packed(workspace: &Workspace, binary: &Path) -> Result<Option<PathBuf>> {
    let Some(xz) = on_path(&["xz"]) else {
        return Ok(None);
    };
    run(command(workspace, xz)
        .args(["--keep", "--force", "-6", "--threads=0"])
        .arg(binary))?;
    Ok(Some(binary.with_extension("xz")))
}

fn megabytes(file: &Path) -> Result<String> {
    let len = fs::metadata(file)
        .with_context(|| format!("cannot look at {}", file.display()))?
        .len();
    Ok(format!("{:.1} MB", len as f64 / 1e6))
}
