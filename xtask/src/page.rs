//! `cargo xtask page`: the finished page in `dist/`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::artifacts::Order;
use crate::folders::Folders;
use crate::site::Measured;
use crate::step::{command, run};
use crate::tools::Tools;
use crate::workspace::{Workspace, read};
use crate::{artifacts, tools};

/// The shell, and what it becomes where the artifacts bring what the reference engine needs. Trunk
/// builds what a shell names, and that engine takes minutes: nobody else waits for it.
const SHELL: &str = "static/index.html";
const SHELL_WITH_REFERENCE: &str = "static/with-reference.html";
/// The line that the second has more, behind the other engines'.
const REFERENCE_ENGINE: &str = r#"<link data-trunk rel="rust" href="../reference/engine/Cargo.toml" data-bin="engine_reference" data-type="worker" data-bindgen-target="web" data-cargo-profile-release="wasm-release" data-wasm-opt="3">"#;

/// How the page is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As it is published: small and fast, slow to build.
    Release,
    /// Quick to build, for work on the page itself.
    Debug,
}

/// Whether the book will stand below the page, which then links to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Book {
    /// In `book/`.
    Beside,
    /// Nowhere.
    Absent,
}

/// Sets up, builds artifacts where needed, and builds the page.
pub(crate) fn build(workspace: &Workspace, folders: &Folders, order: &Order) -> Result<()> {
    let tools = tools::set_up(workspace)?;
    artifacts::build(workspace, folders, order)?;
    bundle(workspace, &tools, folders, Book::Absent)
}

/// Builds the page of the artifacts that are there.
pub(crate) fn bundle(
    workspace: &Workspace,
    tools: &Tools,
    folders: &Folders,
    book: Book,
) -> Result<()> {
    println!("Page");
    let mut trunk = trunk(workspace, tools, folders, "build", Profile::Release)?;
    if book == Book::Beside {
        trunk.env("OFFPRINT_BOOK", "book/index.html");
    }
    run(&mut trunk)?;
    let measured = Measured::of(&folders.dist)?;
    println!(
        "{} is ready: {}",
        folders.dist.display(),
        measured.describe()
    );
    Ok(())
}

/// `trunk {subcommand}` in this profile.
pub(crate) fn trunk(
    workspace: &Workspace,
    tools: &Tools,
    folders: &Folders,
    subcommand: &str,
    profile: Profile,
) -> Result<Command> {
    let mut trunk = command(workspace, &tools.trunk);
    trunk.args([subcommand, "--skip-version-check", "--dist"]);
    trunk.arg(&folders.dist);
    // For the hooks in app/hooks.
    trunk.env("OFFPRINT_ARTIFACTS", &folders.artifacts);
    trunk.env_remove("OFFPRINT_BOOK");
    if profile == Profile::Release {
        trunk.arg("--release");
    }
    // The convention is that any value counts; trunk takes `true` and refuses `1`.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        trunk.env("NO_COLOR", "true");
    }
    let manifest = read(&folders.artifacts.join("manifest.json")).unwrap_or_default();
    if brings_reference(&manifest) {
        trunk.args(["--html-output", "index.html"]);
        trunk.arg(shell_with_reference(workspace)?);
    }
    Ok(trunk)
}

/// Whether a manifest names weights in f32; inside of a text the quotes would be escaped.
fn brings_reference(manifest: &str) -> bool {
    manifest.contains("\"reference\"")
}

/// Writes the shell that names the reference engine too.
fn shell_with_reference(workspace: &Workspace) -> Result<PathBuf> {
    let shell = with_reference(&read(&workspace.root.join(SHELL))?);
    let shell = shell.with_context(|| format!("{SHELL} names no engine: has it changed?"))?;
    let path = workspace.root.join(SHELL_WITH_REFERENCE);
    fs::write(&path, shell).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn with_reference(shell: &str) -> Option<String> {
    let engine = shell.find("data-bin=\"engine_relaxed\"")?;
    let end = engine + shell[engine..].find('\n')?;
    let (before, after) = shell.split_at(end);
    Some(format!("{before}\n{REFERENCE_ENGINE}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_names_the_reference_engine_where_the_artifacts_bring_its_weights() {
        assert!(brings_reference(
            r#"{"classifier": null, "reference": {"file": "x"}}"#
        ));
        assert!(!brings_reference(
            r#"{"site": {"title": "a \"reference\" page"}}"#
        ));
        let shell = include_str!("../../static/index.html");
        let longer = with_reference(shell).expect("it names the engines");
        let added: Vec<&str> = longer
            .lines()
            .filter(|line| !shell.lines().any(|known| known == *line))
            .collect();
        assert_eq!(added, [REFERENCE_ENGINE]);
        assert_eq!(longer.lines().count(), shell.lines().count() + 1);
    }
}
