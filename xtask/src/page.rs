//! `cargo xtask page`: the finished page in `dist/`, as browser tests and GitHub Pages take it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::{command, run};
use crate::tools::Tools;
use crate::workspace::Workspace;
use crate::{artifacts, tools};

/// How the page is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As it is published: small and fast, slow to build.
    Release,
    /// Quick to build, for work on the page itself.
    Debug,
}

/// Sets up, builds artifacts where needed, and builds the page.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let tools = tools::set_up(workspace)?;
    artifacts::build(workspace, &[], &[])?;
    bundle(workspace, &tools)
}

/// Builds the page of the artifacts that are there.
pub(crate) fn bundle(workspace: &Workspace, tools: &Tools) -> Result<()> {
    println!("Page");
    run(&mut trunk(workspace, tools, "build", Profile::Release))?;
    let dist = workspace.root.join("dist");
    let (n_files, bytes) =
        size(&dist).with_context(|| format!("cannot read {}", dist.display()))?;
    println!(
        "dist/ is ready: {n_files} files, {:.1} MB",
        bytes as f64 / 1e6
    );
    Ok(())
}

/// `trunk {subcommand}` in this profile.
pub(crate) fn trunk(
    workspace: &Workspace,
    tools: &Tools,
    subcommand: &str,
    profile: Profile,
) -> Command {
    let mut trunk = command(workspace, &tools.trunk);
    trunk.args([subcommand, "--skip-version-check"]);
    if profile == Profile::Release {
        trunk.arg("--release");
    }
    // The convention is that any value counts; trunk takes `true` and refuses `1`.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        trunk.env("NO_COLOR", "true");
    }
    trunk
}

/// Files below `folder`, and their bytes.
fn size(folder: &Path) -> std::io::Result<(u64, u64)> {
    let (mut n_files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let found = if metadata.is_dir() {
            size(&entry.path())?
        } else {
            (1, metadata.len())
        };
        n_files += found.0;
        bytes += found.1;
    }
    Ok((n_files, bytes))
}
