//! `cargo xtask bench`: measurements, which take minutes and mean something on a quiet machine only.

mod encoder;
mod in_page;
mod indexes;
mod peers;
mod readers;
mod training;
mod wasm;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::arguments::{Arguments, WrongUsage};
use crate::artifacts::{self, Order};
use crate::folders::Folders;
use crate::step::{cargo, run as run_command};
use crate::workspace::Workspace;

/// Where the page that is measured goes.
const DIST: &str = "dist-bench";

/// Reads which measurement is asked for, and takes it.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    match arguments.command().as_deref() {
        Some("encoder") => {
            let site = Site::of(workspace, &mut arguments)?;
            let native = arguments.flag("--native");
            arguments.finish()?;
            encoder::measure(workspace, &site, native)
        }
        Some(script @ ("typing" | "pieces")) => {
            let site = Site::of(workspace, &mut arguments)?;
            arguments.finish()?;
            in_page::measure(workspace, &site, script)
        }
        Some("indexes") => {
            let site = Site::of(workspace, &mut arguments)?;
            indexes::measure(workspace, &site, arguments.rest())
        }
        Some("accuracy") => {
            let mut accuracy = cargo(workspace);
            accuracy.args(["run", "--release", "--package", "accuracy", "--"]);
            run_command(accuracy.args(arguments.rest()))
        }
        Some("search") => {
            let mut search = cargo(workspace);
            search.args(["run", "--release", "--package", "search-quality", "--"]);
            run_command(search.args(arguments.rest()))
        }
        Some("training") => {
            let python = arguments.path("--python")?;
            training::measure(workspace, python, arguments.rest())
        }
        Some("readers") => {
            let gigabytes = arguments.number("--gigabytes")?.unwrap_or(3);
            arguments.finish()?;
            readers::measure(workspace, gigabytes)
        }
        _ => Err(WrongUsage(
            "which benchmark? encoder, typing, pieces, indexes, accuracy, search, training or readers"
                .to_owned(),
        )
        .into()),
    }
}

/// What is measured, and where its figures go.
struct Site {
    folders: Folders,
    /// Whether the artifacts were named: then they are taken as they are.
    named: bool,
    json: Option<PathBuf>,
}

impl Site {
    fn of(workspace: &Workspace, arguments: &mut Arguments) -> Result<Self> {
        let absolute = |path: PathBuf| {
            let found = std::path::absolute(&path);
            found.with_context(|| format!("where is {}?", path.display()))
        };
        let artifacts = arguments.path("--artifacts")?.map(absolute).transpose()?;
        let json = arguments.path("--json")?.map(absolute).transpose()?;
        let mut folders = Folders::of(workspace, None, Some(workspace.root.join(DIST)))?;
        let named = artifacts.is_some();
        folders.artifacts = artifacts.unwrap_or(folders.artifacts);
        Ok(Self {
            folders,
            named,
            json,
        })
    }

    /// Builds the clone's own artifacts where none were named.
    fn ensure_artifacts(&self, workspace: &Workspace) -> Result<()> {
        if self.named {
            return Ok(());
        }
        artifacts::build(workspace, &self.folders, &Order::default())
    }
}
