//! `cargo xtask artifacts`: runs index-builder where the artifacts are not what the page needs.
//!
//! What they are built from stands in `offprint.toml`. Artifacts of papers that were named by hand
//! may have taken an hour: no command replaces them unasked.

mod inputs;
mod mark;
mod standing;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::folders::Folders;
use crate::step::{cargo, run};
use crate::workspace::Workspace;
use standing::{STARTER_NAME, Standing, UNFINISHED, mark_as_ours, standing};

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
        Standing::OtherPapersUnfinished => bail!(
            "{} holds an unfinished build of other papers than {config} names ({UNFINISHED} in it \
             says which): go on with `cargo xtask artifacts --papers … --resume`, or take what \
             {config} names with --refresh",
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
    builder.args(flags);
    if elsewhere {
        return run(&mut builder);
    }
    if !papers.is_empty() {
        mark::leave(folders)?;
        return run(&mut builder);
    }
    // Listed before: what comes while the builder runs may not be in what it builds.
    let inputs = mark::begin(folders)?;
    run(&mut builder)?;
    mark_as_ours(folders, inputs)
}

/// An input as the builder finds it, which starts in the root of the clone; it was meant from here.
fn from_anywhere(input: &Path) -> Result<PathBuf> {
    let text = input.to_string_lossy();
    if text.starts_with("hf://") {
        return Ok(input.to_owned());
    }
    let absolute =
        |path: &Path| std::path::absolute(path).with_context(|| format!("where is {text}?"));
    let found = fs::metadata(input);
    if found.is_err() && inputs::is_pattern(&text) {
        let here = std::env::current_dir().context("where is this folder?")?;
        return absolute(&inputs::pattern_below(&here, &text));
    }
    found.with_context(|| format!("cannot read {text}: check the path"))?;
    // A link keeps its name, whose ending says how to read it: a cache may call the file itself ab12.
    absolute(input)
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
        assert_eq!(from("src"), Ok(here.join("src")), "a folder");
        let error = from("no/such.csv").expect_err("it is not there");
        assert!(error.contains("no/such.csv"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_its_name_with_the_ending() {
        let folder = std::env::temp_dir().join(format!("xtask-link-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        fs::write(folder.join("ab12"), "{}").expect("it is writable");
        let linked = folder.join("papers.jsonl");
        std::os::unix::fs::symlink("ab12", &linked).expect("it is writable");
        assert_eq!(from_anywhere(&linked).expect("it is there"), linked);
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
