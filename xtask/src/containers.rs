//! The Dockerfiles, as far as they can be checked where there is no container engine.
//!
//! Each of their RUN lines is one script of `containers/`, so that what an image does is what runs here.

use std::path::Path;

use anyhow::{Result, bail};

use crate::step::{command, run};
use crate::workspace::{Workspace, read};

/// The files that make images.
const DOCKERFILES: [&str; 2] = ["Dockerfile", "Dockerfile.cuda"];
/// Installs what is missing. Here, on somebody's own machine, it is told to fail instead.
const INSTALLERS: [&str; 2] = ["containers/install_tools.sh", "containers/install_rust.sh"];
/// How the page for the tests in a browser is built.
pub(crate) const BUILD_SITE: &str = "containers/build_site.sh";
const BUILD_TRAINER: &str = "containers/build_trainer.sh";
/// With this the [`INSTALLERS`] say what is missing, install nothing and fail.
const CHECK_ONLY: &str = "OFFPRINT_CHECK_ONLY";

/// One line of a Dockerfile, its continuations joined: `RUN`, and what follows.
type Instruction = (String, String);

/// Runs the script of every RUN line, as it runs in the image but for its size: the trainer is the
/// one for the processor, as the tests compiled it, and the page was built by [`BUILD_SITE`] before.
pub(crate) fn run_scripts(workspace: &Workspace) -> Result<()> {
    let mut done: Vec<String> = Vec::new();
    for file in DOCKERFILES {
        let text = read(&workspace.root.join(file))?;
        for (name, rest) in instructions(&text) {
            let Some(script) = (name == "RUN").then(|| script_of(&rest)).flatten() else {
                continue;
            };
            if done.contains(&script) {
                continue;
            }
            let mut bash = command(workspace, "bash");
            bash.arg(&script);
            match script.as_str() {
                BUILD_SITE => {}
                BUILD_TRAINER => {
                    let bin = workspace.root.join("dist-test-trainer");
                    run(bash.env("OFFPRINT_PROFILE", "dev").env("OFFPRINT_BIN", bin))?;
                }
                name if INSTALLERS.contains(&name) => run(bash.env(CHECK_ONLY, "1"))?,
                other => bail!(
                    "{file} runs {other}, and no check does: add it to {}",
                    file!()
                ),
            }
            done.push(script);
        }
    }
    Ok(())
}

/// The lines that do something.
fn instructions(text: &str) -> Vec<Instruction> {
    let mut found = Vec::new();
    let mut joined = String::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(open) = line.strip_suffix('\\') {
            joined.push_str(open);
            continue;
        }
        joined.push_str(line);
        let (name, rest) = joined.split_once(' ').unwrap_or((&joined, ""));
        found.push((name.to_owned(), rest.trim().to_owned()));
        joined.clear();
    }
    found
}

/// `containers/NAME.sh` of `[--mount=…] bash containers/NAME.sh [words]`, and of nothing else.
fn script_of(run: &str) -> Option<String> {
    let mut words = run
        .split_whitespace()
        .skip_while(|word| word.starts_with("--mount="));
    if words.next()? != "bash" {
        return None;
    }
    let script = words.next()?;
    let name = Path::new(script).strip_prefix("containers").ok()?;
    let plain = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let is_script = name.extension().is_some_and(|ending| ending == "sh");
    let is_plain = name.to_str().is_some_and(plain) && words.all(plain);
    (is_script && is_plain).then(|| script.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dockerfiles() -> (Workspace, Vec<(&'static str, Vec<Instruction>)>) {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let all = DOCKERFILES.map(|file| {
            let text = read(&workspace.root.join(file)).expect("it is in the clone");
            (file, instructions(&text))
        });
        (workspace, all.into())
    }

    #[test]
    fn every_run_line_is_one_script_that_is_there_and_that_a_check_runs() {
        let (workspace, all) = dockerfiles();
        for (file, instructions) in all {
            let runs: Vec<_> = instructions
                .iter()
                .filter(|(name, _)| name == "RUN")
                .collect();
            assert_eq!(runs.len(), 2, "{file}: one installs, one builds: {runs:?}");
            for (_, rest) in runs {
                let script = script_of(rest);
                let script =
                    script.unwrap_or_else(|| panic!("{file}: RUN {rest} is no one script"));
                let text = read(&workspace.root.join(&script)).expect("the script is there");
                assert!(
                    text.starts_with("#!/usr/bin/env bash\n")
                        && text.contains("\nset -euo pipefail\n"),
                    "{script} would go on after an error"
                );
                let known = [BUILD_SITE, BUILD_TRAINER].iter().chain(&INSTALLERS);
                assert!(
                    known.into_iter().any(|known| *known == script),
                    "nothing runs {script}"
                );
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_test_installs_nothing() {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let empty = std::env::temp_dir().join(format!("xtask-check-{}", std::process::id()));
        std::fs::create_dir_all(&empty).expect("a temporary folder");
        // Neither compiler nor cargo nor node, and nothing to install them with.
        for tool in ["bash", "dirname", "sed"] {
            let found = crate::step::on_path(&[tool]).expect("every system has it");
            std::os::unix::fs::symlink(found, empty.join(tool)).expect("it is writable");
        }
        for script in INSTALLERS {
            let asked = command(&workspace, "bash")
                .arg(script)
                .env_clear()
                .envs([("PATH", &empty), ("HOME", &empty)])
                .env(CHECK_ONLY, "1")
                .output()
                .expect("bash starts");
            let said = String::from_utf8_lossy(&asked.stderr);
            assert_eq!(asked.status.code(), Some(1), "{script}: {said}");
            for part in [
                "missing: a C compiler",
                "found: none",
                "nothing was installed",
            ] {
                assert!(said.contains(part), "{script} does not say {part}: {said}");
            }
        }
        std::fs::remove_dir_all(&empty).expect("it is ours");
    }

    #[test]
    fn what_is_copied_is_there_or_made_by_an_earlier_stage() {
        let (workspace, all) = dockerfiles();
        let ignored = read(&workspace.root.join(".dockerignore")).expect("it is in the clone");
        let mut n_copied = 0;
        for (file, instructions) in all {
            let mut stages = Vec::new();
            for (name, rest) in &instructions {
                if let ("FROM", Some((_, stage))) = (name.as_str(), rest.split_once(" AS ")) {
                    stages.push(stage.to_owned());
                }
                if name != "COPY" {
                    continue;
                }
                n_copied += 1;
                if let Some(from) = rest.strip_prefix("--from=") {
                    let (stage, _) = from.split_once(' ').expect("a source follows");
                    assert!(
                        stages.iter().any(|known| known == stage),
                        "{file}: COPY {rest}"
                    );
                    continue;
                }
                let source = rest.split_whitespace().next().expect("a source");
                assert!(workspace.root.join(source).exists(), "{file}: COPY {rest}");
                let kept_out = ignored
                    .lines()
                    .any(|line| line == source.trim_end_matches('/'));
                assert!(!kept_out, "{file}: .dockerignore keeps {source} out");
            }
        }
        assert!(n_copied >= 8, "only {n_copied} COPY lines were read");
    }

    #[test]
    fn images_are_pinned_by_tag_and_rust_is_the_version_of_the_toolchain_file() {
        let (workspace, all) = dockerfiles();
        for (file, instructions) in &all {
            for (_, rest) in instructions.iter().filter(|(name, _)| name == "FROM") {
                let image = rest.split(" AS ").next().expect("an image");
                let tag = image
                    .split_once(':')
                    .map(|(_, tag)| tag)
                    .unwrap_or_default();
                assert!(
                    tag.starts_with(|c: char| c.is_ascii_digit()),
                    "{file}: {image} may be another image tomorrow"
                );
            }
            let is = |name: &str| instructions.iter().any(|(found, _)| found == name);
            assert!(is("USER"), "{file}: the image runs as root");
        }
        let toolchain = read(&workspace.root.join("rust-toolchain.toml")).expect("it is there");
        let channel = toolchain.split('"').nth(1).expect("a channel");
        let (_, site) = &all[0];
        let wanted = format!("rust:{channel}-");
        assert!(
            site[0].1.starts_with(&wanted),
            "{:?} is not {wanted}…",
            site[0].1
        );
    }

    #[test]
    fn a_run_line_that_is_more_than_one_script_is_noticed() {
        assert_eq!(
            script_of("--mount=type=cache,target=/x bash containers/build_trainer.sh cuda")
                .as_deref(),
            Some(BUILD_TRAINER)
        );
        for other in [
            "apt-get update",
            "bash -c true",
            "bash containers/a.sh && rm x",
            "bash containers/../a.sh",
            "bash containers/deep/a.sh",
            "bash xtask/a.sh",
            "bash",
        ] {
            assert_eq!(script_of(other), None, "{other}");
        }
        let joined = instructions("# a remark\nRUN a \\\n  b\n\nUSER 1\n");
        let pair = |name: &str, rest: &str| (name.to_owned(), rest.to_owned());
        assert_eq!(joined, [pair("RUN", "a b"), pair("USER", "1")]);
    }
}
