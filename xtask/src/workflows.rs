//! What can be checked of `.github/workflows` without GitHub: they parse, and what they call is there.

use std::fs;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

use crate::USAGE;
use crate::workspace::{Workspace, read};

fn root() -> std::path::PathBuf {
    Workspace::find().expect("tests run inside the clone").root
}

/// A workflow by its file's name.
fn workflow(name: &str) -> Yaml {
    let text = read(&root().join(".github/workflows").join(name)).expect("it is in the clone");
    let mut documents = YamlLoader::load_from_str(&text)
        .unwrap_or_else(|error| panic!("{name} is no YAML: {error}"));
    assert_eq!(documents.len(), 1, "{name} is one document");
    documents.remove(0)
}

fn all() -> Vec<(String, Yaml)> {
    let entries = fs::read_dir(root().join(".github/workflows")).expect("it is in the clone");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .map(|name| (name.clone(), workflow(&name)))
        .collect()
}

/// Every job with its name.
fn jobs(workflow: &Yaml) -> Vec<(&str, &Yaml)> {
    let jobs = workflow["jobs"].as_hash().expect("a workflow has jobs");
    jobs.iter()
        .map(|(name, job)| (name.as_str().expect("a name"), job))
        .collect()
}

fn steps(job: &Yaml) -> &[Yaml] {
    job["steps"].as_vec().expect("a job has steps")
}

/// The step of this name.
fn step<'a>(job: &'a Yaml, name: &str) -> &'a Yaml {
    let found = steps(job)
        .iter()
        .find(|step| step["name"].as_str() == Some(name));
    found.unwrap_or_else(|| panic!("no step is called {name:?}"))
}

#[test]
fn every_step_calls_something_pinned_or_something_that_is_there() {
    let root = root();
    let (mut n_commands, mut n_actions) = (0, 0);
    for (file, workflow) in all() {
        for (name, job) in jobs(&workflow) {
            let limit = job["timeout-minutes"].as_i64();
            assert!(
                limit.is_some_and(|n| n <= 360),
                "{file}: {name} may hang for ever"
            );
            for step in steps(job) {
                match (step["uses"].as_str(), step["run"].as_str()) {
                    (Some(action), None) => {
                        let version = action.split_once("@v").map(|(_, version)| version);
                        let digit =
                            |version: &str| version.starts_with(|c: char| c.is_ascii_digit());
                        assert!(
                            version.is_some_and(digit),
                            "{file}: {action} has no version"
                        );
                        n_actions += 1;
                    }
                    (None, Some(script)) => {
                        // What a person typed may not become a part of a script.
                        assert!(!script.contains("${{"), "{file}: use env in {script}");
                        n_commands += check_commands(&root, &file, script);
                    }
                    other => panic!("{file}, {name}: a step calls {other:?}"),
                }
            }
        }
    }
    assert!(
        n_commands >= 2 && n_actions >= 8,
        "{n_commands} commands, {n_actions} actions"
    );
}

/// Checks that xtask knows what is asked of it and that scripts are there; counts both.
fn check_commands(root: &Path, file: &str, script: &str) -> usize {
    let mut n = 0;
    for line in script.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["cargo", "xtask", command, ..] => {
                let known = USAGE.lines().any(|line| {
                    line.starts_with("  ") && line.split_whitespace().next() == Some(command)
                });
                assert!(known, "{file}: xtask has no command {command}");
                n += 1;
            }
            ["bash", script, ..] => {
                assert!(root.join(script).is_file(), "{file}: {script} is missing");
                n += 1;
            }
            _ => {}
        }
    }
    n
}

#[test]
fn tests_run_on_linux_and_the_tools_build_on_macos_and_windows() {
    let ci = workflow("ci.yml");
    let native = &ci["jobs"]["native"];
    let systems = native["strategy"]["matrix"]["os"]
        .as_vec()
        .expect("a matrix");
    let systems: Vec<_> = systems.iter().filter_map(Yaml::as_str).collect();
    assert_eq!(systems, ["macos-latest", "windows-latest"]);
    let scripts: Vec<_> = steps(native)
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect();
    assert!(
        scripts
            .iter()
            .any(|script| script.starts_with("cargo build --workspace")),
        "{scripts:?}"
    );
    let tested = steps(&ci["jobs"]["test"]);
    assert!(
        tested
            .iter()
            .any(|step| step["run"].as_str() == Some("bash .ci/run"))
    );
}

#[test]
fn pages_are_published_by_push_by_hand_and_every_week_one_run_at_a_time() {
    let pages = workflow("pages.yml");
    let on = &pages["on"];
    assert_eq!(on["push"]["branches"][0].as_str(), Some("main"));
    assert!(!on["workflow_dispatch"]["inputs"]["papers"].is_badvalue());
    assert!(!on["workflow_dispatch"]["inputs"]["sample"].is_badvalue());
    let cron = on["schedule"][0]["cron"].as_str().expect("a weekly run");
    let fields: Vec<_> = cron.split(' ').collect();
    assert_eq!(fields.len(), 5, "{cron}");
    let days: Vec<u8> = fields[4]
        .split(',')
        .map(|day| day.parse().expect("a day of the week"))
        .collect();
    assert!(
        fields[2..4] == ["*", "*"] && days.len() > 1 && days.iter().all(|&day| day < 7),
        "{cron}: with fewer runs a week the caches between them are deleted"
    );
    assert_eq!(pages["concurrency"]["group"].as_str(), Some("pages"));
    assert_eq!(
        pages["concurrency"]["cancel-in-progress"].as_bool(),
        Some(false)
    );
    let deploy = &pages["jobs"]["deploy"];
    for permission in ["pages", "id-token"] {
        assert_eq!(
            deploy["permissions"][permission].as_str(),
            Some("write"),
            "{permission}"
        );
        let build = &pages["jobs"]["build"]["permissions"][permission];
        assert!(
            build.is_badvalue(),
            "what builds need not have {permission}"
        );
    }
    assert_eq!(deploy["needs"].as_str(), Some("build"));
    let limit = steps(deploy)[0]["with"]["timeout"].as_i64();
    assert_eq!(limit, Some(600_000), "Pages gives up after ten minutes");
}

#[test]
fn a_run_that_was_broken_off_keeps_its_embeddings_and_the_next_one_finds_them() {
    let pages = workflow("pages.yml");
    let build = &pages["jobs"]["build"];
    for what in ["embeddings", "downloads"] {
        let restored = &step(build, &format!("Restore {what}"))["with"];
        let kept = step(build, &format!("Keep {what}"));
        assert_eq!(kept["if"].as_str(), Some("always()"), "{what}");
        assert_eq!(
            kept["with"]["path"], restored["path"],
            "{what}: other files"
        );
        assert_eq!(kept["with"]["key"], restored["key"], "{what}");
        let (key, prefix) = (restored["key"].as_str(), restored["restore-keys"].as_str());
        let (key, prefix) = (key.expect("a key"), prefix.expect("an older key"));
        assert!(
            key.starts_with(prefix) && key != prefix,
            "{key} is not found by {prefix}"
        );
    }
    let minutes = |yaml: &Yaml| yaml["timeout-minutes"].as_i64().expect("a limit");
    let spare = minutes(build) - minutes(step(build, "Build page and book"));
    assert!(
        spare >= 30,
        "{spare} minutes for set-up and for what is kept at the end"
    );
}

#[test]
fn a_push_publishes_unless_it_changes_nothing_of_the_site() {
    let pages = workflow("pages.yml");
    let push = &pages["on"]["push"];
    assert!(
        push["paths"].is_badvalue(),
        "papers lie anywhere: no list has them all"
    );
    let ignored = push["paths-ignore"].as_vec().expect("paths");
    // What judges the page and what is run by hand makes no part of it.
    let aside = [
        ".ci/**",
        ".github/workflows/ci.yml",
        "bench/**",
        "tests/**",
        "trainer/**",
    ];
    let ignored: Vec<&str> = ignored.iter().filter_map(Yaml::as_str).collect();
    assert_eq!(ignored, aside);
    for path in aside {
        let path = root().join(path.trim_end_matches("/**"));
        assert!(path.exists(), "{} is not there", path.display());
    }
}
