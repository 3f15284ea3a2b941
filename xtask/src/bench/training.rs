//! `cargo xtask bench training`: the trainer beside PyTorch, on the same batches.

use std::path::PathBuf;

use anyhow::Result;

use super::peers;
use crate::step::{cargo, run};
use crate::workspace::Workspace;

/// Measures with `python`, or with one that gets PyTorch from PyPI.
pub(super) fn measure(
    workspace: &Workspace,
    python: Option<PathBuf>,
    flags: Vec<String>,
) -> Result<()> {
    let python = match python {
        Some(python) => python,
        None => peers::of_training(workspace)?,
    };
    run(cargo(workspace).args(["build", "--release", "--quiet", "--package", "trainer"]))?;
    let trainer = workspace.target().join("release/trainer");
    let mut speed = cargo(workspace);
    speed.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "training-speed",
        "--",
    ]);
    speed.arg("--trainer").arg(trainer);
    run(speed.arg("--python").arg(python).args(flags))
}
