//! Who runs a command of the docs. Each rule says how far it goes; what none covers is a fault.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use super::clone::Clone;
use super::line::variables;
use crate::fixtures::repository;
use crate::programs::{TOOLS, tool};

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It was run, and succeeded.
    Run,
    /// It was held against what there is, for this reason.
    Checked(&'static str),
}

/// Commands of `cargo xtask`, and who runs them: this test is itself a step of one, and cannot start another that
/// waits for the same folders.
const XTASK: [(&str, &str); 11] = [
    ("setup", "it is the first step of `cargo xtask test`"),
    ("artifacts", "`cargo xtask test` builds them for the page"),
    ("page", "`cargo xtask test` builds it for the browser tests"),
    (
        "site",
        "`cargo xtask test` builds the site for the browser tests with it",
    ),
    (
        "serve",
        "it serves until Ctrl-C; `cargo xtask test` starts one, reads the page and ends it",
    ),
    ("bench", "it measures for minutes, which a test must not"),
    (
        "kernels",
        "it wants an emulator and another toolchain, and takes minutes",
    ),
    (
        "build-cuda",
        "it compiles for a quarter of an hour, with a compiler of 270 MB",
    ),
    (
        "release-model",
        "it trains for hours; its steps are commands of the trainer, which are tested",
    ),
    ("book", "it starts `book`, which this test runs"),
    ("test", "it runs this test"),
];

/// Commands of cargo itself.
const CARGO: [(&str, &str); 4] = [
    ("test", "this test is one"),
    ("build", "this test asks for the same"),
    ("clippy", "`cargo xtask test` runs it"),
    ("fmt", "`cargo xtask test` runs it"),
];

/// Programs that are nobody's here, and a file of the clone that each needs.
const ELSEWHERE: [(&str, &str, &str); 3] = [
    (
        "trunk",
        "Trunk.toml",
        "the page is built by it in `cargo xtask test`",
    ),
    (
        "docker",
        "Dockerfile",
        "it needs a container engine; its scripts are run by tests of their own",
    ),
    (
        "podman",
        "Dockerfile",
        "it needs a container engine; its scripts are run by tests of their own",
    ),
];

/// Runs a command, or says why it is only looked at.
pub(super) fn follow(clone: &mut Clone, words: &[String]) -> Result<Done, String> {
    let (mut pairs, words) = variables(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match &words[..] {
        [] => Err("a variable without a command: write `export`".to_owned()),
        ["export", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|&word| word.to_owned()).collect();
            match variables(&rest) {
                (exported, []) if !exported.is_empty() => clone.variables.extend(exported),
                _ => return Err("`export` takes NAME=value".to_owned()),
            }
            Ok(Done::Run)
        }
        // What was cloned is the folder that we are in.
        ["cd", folder] if clone.path().ends_with(folder) => Ok(Done::Run),
        ["git", "clone", ..] => checked(clone, &words),
        ["git", ..] if !has_git() => checked(clone, &words),
        ["git", rest @ ..] => {
            clone.ensure_git().map_err(|error| format!("{error:#}"))?;
            run(clone.git().args(rest))
        }
        _ => match ours(&words) {
            Some((name, arguments)) => {
                let mut command = tool(name)?;
                pairs.splice(0..0, clone.variables.iter().cloned());
                command
                    .current_dir(clone.path())
                    .envs(pairs)
                    .args(arguments);
                if trains_for_minutes(name, arguments) {
                    run(command.arg("--print"))?;
                    return Ok(Done::Checked("its config is read; shorter runs are tested"));
                }
                run(&mut command)
            }
            None => checked(clone, &words),
        },
    }
}

/// A training run that does not say how few steps it takes.
fn trains_for_minutes(name: &str, arguments: &[&str]) -> bool {
    let is_short = |word: &&str| word.starts_with("optimize.steps=");
    name == "trainer" && arguments.first() == Some(&"train") && !arguments.iter().any(is_short)
}

/// Looks at a command without running it: whether its tool knows such a command and such flags.
pub(super) fn check(clone: &Clone, words: &[String]) -> Result<Done, String> {
    let (_, words) = variables(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    checked(clone, &words)
}

fn checked(clone: &Clone, words: &[&str]) -> Result<Done, String> {
    if let Some((name, arguments)) = ours(words) {
        // Clap refuses what it does not know before it comes to `--help`.
        let mut command = tool(name)?;
        run(command.args(arguments).arg("--help"))?;
        return Ok(Done::Checked("only its words are read"));
    }
    match words {
        ["cargo", "xtask", rest @ ..] => xtask(clone, rest),
        ["cargo", command, ..] => reason(&CARGO, command).ok_or_else(|| uncovered(words)),
        ["git", "clone", address, ..] if address.starts_with("https://") => {
            Ok(Done::Checked("it needs a network"))
        }
        ["git", command, ..] => {
            let known = ["add", "commit", "push", "pull", "status", "fetch", "merge"];
            if known.contains(command) {
                Ok(Done::Checked("only its words are read"))
            } else {
                Err(uncovered(words))
            }
        }
        [program, ..] => {
            let row = ELSEWHERE.iter().find(|(name, ..)| name == program);
            let (_, needed, why) = row.ok_or_else(|| uncovered(words))?;
            if repository().join(needed).is_file() {
                Ok(Done::Checked(why))
            } else {
                Err(format!("{program} needs {needed}, which is not there"))
            }
        }
        [] => Err("no command".to_owned()),
    }
}

fn uncovered(words: &[&str]) -> String {
    format!(
        "no rule of tests/book/rules.rs covers `{}`: add one that says who runs it",
        words.join(" ")
    )
}

fn reason(table: &[(&str, &'static str)], command: &str) -> Option<Done> {
    let row = table.iter().find(|(name, _)| *name == command);
    row.map(|(_, why)| Done::Checked(why))
}

/// A tool of ours and its arguments: by its name, or by `cargo run -p NAME --`.
fn ours<'a>(words: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    let (name, arguments) = match words {
        ["cargo", "run", rest @ ..] => {
            let at = rest.iter().position(|word| *word == "--")?;
            let options = &rest[..at];
            let names: Vec<&&str> = options
                .iter()
                .filter(|word| !["-p", "--package", "-q", "--quiet", "--release"].contains(*word))
                .collect();
            let [name] = names[..] else { return None };
            (*name, &rest[at + 1..])
        }
        [name, arguments @ ..] => (*name, arguments),
        [] => return None,
    };
    TOOLS.contains(&name).then_some((name, arguments))
}

/// A command of xtask: it must be known, and so must every flag; files that are named must be there.
fn xtask(clone: &Clone, words: &[&str]) -> Result<Done, String> {
    let (command, arguments) = words.split_first().ok_or("which command?")?;
    let usage = xtask_usage()?;
    let known = usage.split_whitespace().collect::<BTreeSet<_>>();
    if !known.contains(command) {
        return Err(format!("`cargo xtask --help` knows no command {command:?}"));
    }
    for argument in arguments {
        if let Some(flag) = argument.strip_prefix("--") {
            let flag = flag.split('=').next().unwrap_or_default();
            if !has_flag(usage, flag) && (*command != "artifacts" || !builder_has_flag(flag)?) {
                return Err(format!("`cargo xtask --help` knows no flag --{flag}"));
            }
        } else if argument.contains('.') && !argument.contains(['*', ':', '…']) {
            let there = clone.path().join(argument).exists();
            if !there {
                return Err(format!(
                    "{argument} is not among the files of tests/book/clone.rs"
                ));
            }
        }
    }
    reason(&XTASK, command).ok_or_else(|| uncovered(words))
}

/// An archive of the sources can be tested without it.
fn has_git() -> bool {
    output(Command::new("git").arg("--version")).is_ok()
}

/// Whether a usage names this flag, and not only a longer one.
fn has_flag(usage: &str, flag: &str) -> bool {
    usage
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .any(|word| word.strip_prefix("--") == Some(flag))
}

/// Further flags of `cargo xtask artifacts` go to index-builder.
fn builder_has_flag(flag: &str) -> Result<bool, String> {
    let mut command = tool("index-builder")?;
    Ok(has_flag(&output(command.args(["build", "--help"]))?, flag))
}

/// `cargo xtask --help`, for real.
fn xtask_usage() -> Result<&'static str, String> {
    static USAGE: LazyLock<Result<String, String>> =
        LazyLock::new(|| output(tool("xtask")?.arg("--help")));
    match &*USAGE {
        Ok(usage) => Ok(usage),
        Err(why) => Err(why.clone()),
    }
}

fn run(command: &mut Command) -> Result<Done, String> {
    output(command).map(|_| Done::Run)
}

/// What a command that succeeds prints.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| format!("it does not start: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}", output.status, words.trim()))
}

#[test]
fn what_no_rule_covers_is_a_fault() {
    let mut clone = Clone::new().expect("a folder with papers");
    for line in [
        "curl https://example.org",
        "rm -r site",
        "cargo install offprint",
        "cargo run -p app -- x",
        "cargo xtask publish",
        "cargo xtask serve --prot 8081",
        "cargo xtask test --Fast",
        "cargo xtask serve --papers none.jsonl",
        "git clone ../offprint",
        "cd elsewhere",
        "A=b",
        "export a",
        "index-builder search --artefacts site x",
    ] {
        let words = super::line::words(line).expect("plain words");
        let done = follow(&mut clone, &words);
        assert!(done.is_err(), "`{line}` passed: {done:?}");
    }
    for line in [
        "cargo xtask serve --papers papers.jsonl --port 8081",
        "cargo xtask artifacts --papers 'shards/*.parquet' --sample 50",
        "OFFPRINT_CACHE=x cargo xtask setup",
        "cargo test --workspace",
        "git status",
        "export OFFPRINT_CACHE=x",
        "cd offprint",
    ] {
        let words = super::line::words(line).expect("plain words");
        let done = follow(&mut clone, &words);
        assert!(done.is_ok(), "`{line}`: {done:?}");
    }
}
