//! `cargo xtask page`: the finished page in `dist/`.

use std::process::Command;

use anyhow::Result;

use crate::artifacts::Order;
use crate::folders::Folders;
use crate::site::Measured;
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
    let mut trunk = trunk(workspace, tools, folders, "build", Profile::Release);
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
) -> Command {
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
    trunk
}
