//! `cargo xtask artifacts`: runs index-builder where the artifacts are not what the page needs.
//!
//! What they are built from stands in `offprint.toml`. Artifacts of papers that were named by hand
//! may have taken an hour: no command replaces them unasked.

mod inputs;
mod standing;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::folders::Folders;
use crate::step::{cargo, run};
use crate::workspace::Workspace;
use standing::{STARTER_NAME, Standing, mark_as_ours, standing};

const STARTER: &str = "corpus/starter.jsonl";

/// What the caller asks for.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// Papers instead of those that the site's file names.
    pub(crate) papers: Vec<PathBuf>,
    /// Further flags, for index-builder as they are.
    pub(crate) flags: Vec<String>,
    /// Whether to build in any case: papers behind `hf://` may have changed.
    pub(crate) refresh: bool,
}

/// Builds artifacts: what is ordered, or what the site's file names where it is needed.
pub(crate) fn build(workspace: &Workspace, folders: &Folders, order: &Order) -> Result<()> {
    if order.refresh || !order.papers.is_empty() || !order.flags.is_empty() {
        return run_builder(workspace, folders, order);
    }
    let (standing, corpus) = standing(workspace, folders)?;
    let config = folders.config.display();
    match standing {
        Standing::Current => println!("Artifacts: up to date ({corpus})"),
        Standing::OtherPapers => {
            println!("Artifacts: kept (of {corpus}; --refresh takes what {config} names)");
        }
        Standing::Outdated => run_builder(workspace, folders, order)?,
        Standing::OtherPapersOutdated => bail!(
            "{} was built from {corpus} for another version of the page: build it again with \
             --papers, or take what {config} names with --refresh",
            folders.artifacts.display()
        ),
    }
    Ok(())
}

fn run_builder(workspace: &Workspace, folders: &Folders, order: &Order) -> Result<()> {
    let Order { papers, flags, .. } = order;
    let given = |names: &[&str]| {
        let name = |flag: &String| flag.split('=').next().unwrap_or_default().to_owned();
        flags
            .iter()
            .any(|flag| names.contains(&name(flag).as_str()))
    };
    let mut builder = cargo(workspace);
    builder.args([
        "run",
        "--quiet",
        "--package",
        "index-builder",
        "--",
        "build",
    ]);
    // Title, description and model hold for papers of one's own, too.
    builder.arg("--config").arg(&folders.config);
    if papers.is_empty() {
        println!("Artifacts: of what {} names", folders.config.display());
    } else {
        println!("Artifacts: of your papers");
    }
    let starter = workspace.root.join(STARTER).canonicalize().ok();
    let is_starter = matches!(&papers[..], [file] if file.canonicalize().ok() == starter);
    if is_starter && !given(&["--sample", "--limit", "--where", "--name"]) {
        builder.args(["--name", STARTER_NAME]);
    }
    for input in papers {
        builder.arg("--papers").arg(from_anywhere(input)?);
    }
    let elsewhere = given(&["--out"]);
    if !elsewhere {
        builder.arg("--out").arg(&folders.artifacts);
    }
    if !given(&["--force", "--resume"]) {
        builder.arg("--force");
    }
    run(builder.args(flags))?;
    if papers.is_empty() && !elsewhere {
        mark_as_ours(folders)?;
    }
    Ok(())
}

/// An input as the builder finds it, which starts in the root of the clone; it was meant from here.
fn from_anywhere(input: &Path) -> Result<PathBuf> {
    let text = input.to_string_lossy();
    if text.starts_with("hf://") {
        return Ok(input.to_owned());
    }
    let found = input.canonicalize();
    if found.is_err() && inputs::is_pattern(&text) {
        return std::path::absolute(input).with_context(|| format!("where is {text}?"));
    }
    found.with_context(|| format!("cannot read {text}: check the path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_meant_from_where_the_command_was_given() {
        let here = std::env::current_dir().expect("a folder");
        let from = |input: &str| from_anywhere(Path::new(input)).map_err(|error| error.to_string());
        assert_eq!(from("hf://datasets/o/n"), Ok("hf://datasets/o/n".into()));
        assert_eq!(from("shards/*.csv"), Ok(here.join("shards/*.csv")));
        assert_eq!(
            from("."),
            Ok(here.canonicalize().expect("it is there")),
            "a folder"
        );
        let error = from("no/such.csv").expect_err("it is not there");
        assert!(error.contains("no/such.csv"), "{error}");
    }
}
