//! `cargo xtask release-model`: the shipped encoder and its classifier made again, from papers to `models/`.
//!
//! Two runs are trained, their adapters added up and judged, and what came of it replaces the repository's. A run that
//! has ended is not trained again, and one that was stopped goes on, so that the same command goes on after Ctrl-C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::step::{cargo, command, command_line, run};
use crate::workspace::Workspace;

/// Where runs and what is made of them are kept: git ignores it.
const RUNS: &str = "runs/release";
/// The runs whose adapters are added up: folder, config, and how far each goes.
const PARTS: [(&str, &str, &str); 2] = [
    ("words", "configs/cpu.toml", "0.3"),
    ("categories", "configs/cpu-categories.toml", "0.12"),
];
/// The encoder's name, which cards take from the folder.
const NAME: &str = "arxiv-minilm";

/// What it is made of.
pub(crate) struct Inputs {
    /// Labelled papers.
    pub(crate) papers: PathBuf,
    /// Retrieval sets, as BEIR has them.
    pub(crate) sets: Vec<PathBuf>,
}

/// Trains, adds up, evaluates, and replaces `models/arxiv-minilm`.
///
/// # Errors
/// Where papers or sets are missing, a step fails, or the disk refuses. What was trained stays.
pub(crate) fn release(workspace: &Workspace, inputs: &Inputs) -> Result<()> {
    let absolute = |path: &Path| -> Result<PathBuf> {
        ensure!(
            path.exists(),
            "{} is not there: name papers by --papers, and retrieval sets by --sets",
            path.display()
        );
        Ok(std::path::absolute(path)?)
    };
    let papers = absolute(&inputs.papers)?;
    let sets: Vec<PathBuf> = (inputs.sets.iter())
        .map(|set| absolute(set))
        .collect::<Result<_>>()?;
    let runs = workspace.root.join(RUNS);
    said(cargo(workspace).args(["build", "--release", "--package", "trainer"]))?;
    let built = workspace.target().join("release/trainer");
    let trainer = |subcommand: &str| {
        let mut trainer = command(workspace, &built);
        trainer.arg(subcommand);
        trainer
    };

    for (name, config, _) in PARTS {
        let folder = runs.join(name);
        let mut train = trainer("train");
        // A run writes its encoder when it ends.
        if folder.join("model/model.safetensors").is_file() {
            println!("{} has ended: it is taken as it is", folder.display());
            continue;
        } else if folder.join("run.json").is_file() {
            train.arg("--resume").arg(&folder);
        } else {
            train.args(["--config", config]);
            train.arg(format!("data.papers={}", papers.display()));
            train.arg(format!("output={}", folder.display()));
        }
        said(&mut train)?;
    }

    let export = |out: &Path| -> Result<Command> {
        if out.exists() {
            fs::remove_dir_all(out).with_context(|| format!("cannot clear {}", out.display()))?;
        }
        let mut export = trainer("export");
        export.args(PARTS.map(|(name, ..)| runs.join(name)));
        export.args(["--adapter", "--checkpoint", "newest", "--out"]);
        export.arg(out).arg("--strength");
        export.args(PARTS.map(|(.., strength)| strength));
        Ok(export)
    };
    let sum = runs.join("sum").join(NAME);
    said(&mut export(&sum)?)?;
    let evaluation = runs.join("evaluation.json");
    let mut evaluate = trainer("evaluate");
    evaluate.arg("--model").arg(&sum);
    evaluate.arg("--papers").arg(&papers);
    if !sets.is_empty() {
        evaluate.arg("--sets").args(&sets);
    }
    said(evaluate.arg("--json").arg(&evaluation))?;

    let classifier = runs.join("classifier.bin");
    let mut fit = trainer("classifier");
    fit.arg("--model").arg(&sum).arg("--papers").arg(&papers);
    said(fit.arg("--out").arg(&classifier))?;

    let card = runs.join("card").join(NAME);
    let mut release = export(&card)?;
    release.arg("--evaluation").arg(&evaluation);
    said(release.arg("--classifier").arg(&classifier))?;
    let shipped = workspace.root.join("models").join(NAME);
    replace(&card, &shipped)?;
    println!("{} is new", shipped.display());
    Ok(())
}

/// Runs a command after printing it, so that it can be repeated.
fn said(command: &mut Command) -> Result<()> {
    println!("{}", command_line(command));
    run(command)
}

/// Puts a copy of `from` in the place of `to`, whole or not at all.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let wrong = || format!("cannot copy {} to {}", from.display(), to.display());
    let [new, old] = ["new", "old"].map(|name| to.with_extension(name));
    let copy = || -> std::io::Result<()> {
        let clear = |folder: &Path| {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            std::io::Result::Ok(())
        };
        clear(&new)?;
        fs::create_dir_all(&new)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            fs::copy(from.join(&name), new.join(&name))?;
        }
        if to.exists() {
            clear(&old)?;
            fs::rename(to, &old)?;
        }
        fs::rename(&new, to)?;
        clear(&old)
    };
    copy().with_context(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_the_new_files_and_none_of_the_old() {
        let folder = std::env::temp_dir().join(format!("xtask-release-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let [from, to] = ["from", "to"].map(|name| folder.join(name));
        for (path, text) in [(&from, "new"), (&to, "old")] {
            fs::create_dir_all(path).expect("a folder");
            fs::write(path.join("README.md"), text).expect("written");
        }
        fs::write(to.join("metrics.jsonl"), "old").expect("written");
        replace(&from, &to).expect("it is copied");
        let read = fs::read_to_string(to.join("README.md"));
        assert_eq!(read.expect("it is there"), "new");
        assert!(!to.join("metrics.jsonl").exists());
        let left = fs::read_dir(&folder).expect("a folder").count();
        assert_eq!(left, 2, "nothing is left beside them");
        fs::remove_dir_all(&folder).expect("it was made");
    }

    #[test]
    fn configs_of_a_release_are_in_the_clone() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (_, config, strength) in PARTS {
            assert!(root.join(config).is_file(), "{config} is not there");
            assert!(strength.parse::<f64>().is_ok(), "{strength}");
        }
        assert!(root.join("models").join(NAME).is_dir());
    }
}
