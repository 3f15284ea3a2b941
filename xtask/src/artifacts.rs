//! `cargo xtask artifacts`: runs index-builder where `static/artifacts/` is not what the page needs.
//!
//! Artifacts of the user's own papers may have taken an hour: no command replaces them unasked.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::step::{cargo, run};
use crate::workspace::{Workspace, read};

const STARTER: &str = "corpus/starter.jsonl";
/// The corpus' name where nothing was left out of it: by its file's name anybody's may be called.
const STARTER_NAME: &str = "Offprint starter";
/// Compiled into index-builder.
const CLASSIFIER: &str = "corpus/classifier.bin";
const OUT: &str = "static/artifacts";

/// What a finished build says of itself.
struct Built {
    corpus: String,
    protocol: u32,
    at: SystemTime,
}

/// What is to be done about `static/artifacts/`, where no papers are named.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It is what these inputs give.
    Current,
    /// It is missing, or its inputs or the page have changed since.
    Outdated,
    /// It was built from other papers than the starter corpus.
    OtherPapers,
    /// So it was, and this page cannot read it.
    OtherPapersOutdated,
}

/// Builds artifacts: of `papers`, or of the starter corpus where there are none and it is needed.
///
/// `flags` go to index-builder as they are.
pub(crate) fn build(workspace: &Workspace, papers: &[PathBuf], flags: &[String]) -> Result<()> {
    if !papers.is_empty() || !flags.is_empty() {
        return run_builder(workspace, papers, flags);
    }
    let (standing, corpus) = standing(workspace)?;
    match standing {
        Standing::Current => println!("Artifacts: up to date (of the starter corpus)"),
        Standing::OtherPapers => println!("Artifacts: kept (of {corpus})"),
        Standing::Outdated => run_builder(workspace, &[], &[])?,
        Standing::OtherPapersOutdated => bail!(
            "{OUT} was built from {corpus} for another version of the page: build it again with \
             --papers, or take the starter corpus with --papers {STARTER}"
        ),
    }
    Ok(())
}

/// Builds artifacts of the starter corpus, which tests expect.
///
/// # Errors
/// Where there are artifacts of other papers, which only a person may replace.
pub(crate) fn build_starter(workspace: &Workspace) -> Result<()> {
    let (standing, corpus) = standing(workspace)?;
    match standing {
        Standing::Current | Standing::Outdated => build(workspace, &[], &[]),
        Standing::OtherPapers | Standing::OtherPapersOutdated => bail!(
            "{OUT} was built from {corpus}, but tests expect the starter corpus: move it away, or \
             replace it with `cargo xtask artifacts --papers {STARTER}`"
        ),
    }
}

fn run_builder(workspace: &Workspace, papers: &[PathBuf], flags: &[String]) -> Result<()> {
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
    let starter = workspace.root.join(STARTER).canonicalize().ok();
    let is_starter = match papers {
        [] => true,
        [file] => file.canonicalize().ok() == starter,
        _ => false,
    };
    if is_starter {
        println!("Artifacts: of the starter corpus");
    } else {
        println!("Artifacts: of your papers");
    }
    if is_starter && !given(&["--sample", "--limit", "--where", "--name"]) {
        builder.args(["--name", STARTER_NAME]);
    }
    if papers.is_empty() {
        builder.args(["--papers", STARTER]);
    }
    for file in papers {
        // The builder starts in the root of the clone; the name was meant from here.
        let file = file
            .canonicalize()
            .with_context(|| format!("cannot read {}", file.display()))?;
        builder.arg("--papers").arg(file);
    }
    if !given(&["--out"]) {
        builder.args(["--out", OUT]);
    }
    if !given(&["--force", "--resume"]) {
        builder.arg("--force");
    }
    run(builder.args(flags))
}

/// How `static/artifacts/` stands, and what it was built from.
fn standing(workspace: &Workspace) -> Result<(Standing, String)> {
    let path = workspace.root.join(OUT).join("manifest.json");
    if !path.is_file() {
        return Ok((Standing::Outdated, String::new()));
    }
    let at = modified(&path)?;
    // An unreadable manifest is an unfinished build: nobody's hour of work.
    let Some(built) = parse_manifest(&read(&path)?, at) else {
        return Ok((Standing::Outdated, String::new()));
    };
    let mut newest_input = SystemTime::UNIX_EPOCH;
    for input in [STARTER, CLASSIFIER] {
        let input = workspace.root.join(input);
        if input.is_file() {
            newest_input = newest_input.max(modified(&input)?);
        }
    }
    let source = read(&workspace.root.join("shared/src/manifest.rs"))?;
    let protocol = number_after(&source, "PROTOCOL: u32 =")
        .context("shared/src/manifest.rs no longer says `PROTOCOL: u32 = …`")?;
    Ok((judge(&built, newest_input, protocol), built.corpus))
}

fn judge(built: &Built, newest_input: SystemTime, protocol: u32) -> Standing {
    match (built.corpus == STARTER_NAME, built.protocol == protocol) {
        (true, true) if built.at > newest_input => Standing::Current,
        (true, _) => Standing::Outdated,
        (false, true) => Standing::OtherPapers,
        (false, false) => Standing::OtherPapersOutdated,
    }
}

fn modified(path: &Path) -> Result<SystemTime> {
    let found = fs::metadata(path).and_then(|metadata| metadata.modified());
    found.with_context(|| format!("cannot read the date of {}", path.display()))
}

/// The two fields that matter here, of a file that `shared` writes and reads in full.
fn parse_manifest(json: &str, at: SystemTime) -> Option<Built> {
    let protocol = number_after(json, "\"protocol\":")?;
    let (_, corpus) = json.split_once("\"corpus\"")?;
    let (_, name) = corpus.split_once("\"name\"")?;
    let name = name
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    Some(Built {
        corpus: name.split('"').next()?.to_owned(),
        protocol,
        at,
    })
}

fn number_after(text: &str, mark: &str) -> Option<u32> {
    let (_, rest) = text.split_once(mark)?;
    let digits = rest
        .trim_start()
        .split(|c: char| !c.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn built(corpus: &str, protocol: u32) -> Built {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        Built {
            corpus: corpus.to_owned(),
            protocol,
            at,
        }
    }

    fn second(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn starter_artifacts_last_until_an_input_or_the_page_changes() {
        assert_eq!(
            judge(&built(STARTER_NAME, 3), second(99), 3),
            Standing::Current
        );
        assert_eq!(
            judge(&built(STARTER_NAME, 3), second(100), 3),
            Standing::Outdated,
            "same second"
        );
        assert_eq!(
            judge(&built(STARTER_NAME, 3), second(101), 3),
            Standing::Outdated,
            "newer papers"
        );
        assert_eq!(
            judge(&built(STARTER_NAME, 2), second(99), 3),
            Standing::Outdated,
            "older page"
        );
    }

    #[test]
    fn artifacts_of_other_papers_are_never_replaced_unasked() {
        for (name, protocol, newest_input) in [
            ("papers", 3, 99),
            ("papers", 3, 101),
            ("papers", 2, 99),
            ("papers", 2, 101),
            // A part of the starter corpus, or somebody's file of that name.
            ("starter", 3, 99),
            ("starter", 2, 101),
        ] {
            let standing = judge(&built(name, protocol), second(newest_input), 3);
            assert_ne!(
                standing,
                Standing::Outdated,
                "protocol {protocol}, input {newest_input}"
            );
            assert_ne!(
                standing,
                Standing::Current,
                "protocol {protocol}, input {newest_input}"
            );
        }
    }

    #[test]
    fn a_manifest_is_read_however_it_is_spaced() {
        for json in [
            r#"{"protocol":7,"build":"00","corpus":{"name":"starter","papers":2}}"#,
            "{\n  \"protocol\": 7,\n  \"corpus\": {\n    \"name\": \"starter\"\n  }\n}",
        ] {
            let found = parse_manifest(json, second(1)).expect("both fields are there");
            assert_eq!(
                (found.protocol, found.corpus.as_str()),
                (7, "starter"),
                "from {json}"
            );
        }
        for damaged in [
            "",
            "{\"protocol\": 7",
            "{\"protocol\":\"x\",\"corpus\":{\"name\":\"a\"}}",
        ] {
            assert!(
                parse_manifest(damaged, second(1)).is_none(),
                "{damaged} passed for a build"
            );
        }
    }

    #[test]
    fn the_page_says_its_protocol_where_we_look_for_it() {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let source = read(&workspace.root.join("shared/src/manifest.rs")).expect("it is there");
        assert!(
            number_after(&source, "PROTOCOL: u32 =").is_some(),
            "PROTOCOL has moved"
        );
    }
}
