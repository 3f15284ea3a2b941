//! What others made, in the versions that their `peers` folders pin: packages of npm and of PyPI, kept in the cache.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::step::{command, run_logged, step};
use crate::tools::npm_ci;
use crate::workspace::{Workspace, read};

/// Written last: what it says is installed, whole.
const DONE: &str = "installed.txt";

/// The `node_modules` of what the `package.json` in `pins` names, in a folder of the cache.
pub(crate) fn of_npm(workspace: &Workspace, pins: &str, folder: &str) -> Result<PathBuf> {
    let pins = workspace.root.join(pins);
    let package = read(&pins.join("package.json"))?;
    let lock = read(&pins.join("package-lock.json"))?;
    let folder = workspace.cache.join(folder);
    once("peers of npm", &folder, &format!("{package}{lock}"), || {
        npm_ci(workspace, "peers of npm", &folder, &package, &lock)
    })?;
    Ok(folder.join("node_modules"))
}

/// onnxruntime for Python: a Python that has it.
pub(crate) fn of_pypi(workspace: &Workspace) -> Result<PathBuf> {
    python(workspace, "bench/speed/peers", "bench/python")
}

/// PyTorch, transformers and PEFT: a Python that has them.
pub(crate) fn of_training(workspace: &Workspace) -> Result<PathBuf> {
    python(workspace, "bench/training/peers", "bench/pytorch")
}

/// A Python in a folder of the cache, with what the `requirements.txt` in `pins` names.
fn python(workspace: &Workspace, pins: &str, folder: &str) -> Result<PathBuf> {
    let pins = workspace.root.join(pins).join("requirements.txt");
    let folder = workspace.cache.join(folder);
    let python = folder.join("bin/python");
    once("peers of PyPI", &folder, &read(&pins)?, || {
        let mut venv = command(workspace, "python3");
        venv.args(["-m", "venv", "--clear"]).arg(&folder);
        run_logged(workspace, "a Python for the peers", &mut venv).context(
            "this needs Python 3.11 or later with its module venv (Debian: apt install python3-venv)",
        )?;
        let mut pip = command(workspace, &python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--requirement",
        ]);
        run_logged(workspace, "peers of PyPI", pip.arg(&pins))
    })?;
    Ok(python)
}

/// Runs `install` unless `folder` has what `wanted` says.
fn once(
    name: &str,
    folder: &Path,
    wanted: &str,
    install: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let done = folder.join(DONE);
    step(name, || {
        if fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
            return Ok(format!("ready: {}", folder.display()));
        }
        // A half-finished change must not pass for either version.
        let _ = fs::remove_file(&done);
        install()?;
        fs::write(&done, wanted).with_context(|| format!("cannot write {}", done.display()))?;
        Ok(format!("installed: {}", folder.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_installed_again_only_for_other_versions() {
        let folder = std::env::temp_dir().join(format!("xtask-peers-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder is writable");
        let mut installed = Vec::new();
        for wanted in ["1", "1", "2", "1"] {
            once("x", &folder, wanted, || {
                installed.push(wanted);
                Ok(())
            })
            .expect("it installs");
        }
        assert_eq!(installed, ["1", "2", "1"]);
        let failed = once("x", &folder, "3", || anyhow::bail!("no network"));
        assert!(failed.is_err());
        assert!(
            !folder.join(DONE).exists(),
            "a failed installation passes for the one before"
        );
        fs::remove_dir_all(&folder).expect("it is ours");
    }

    #[test]
    fn every_peer_has_one_version() {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let pins = |package: &str| workspace.root.join("bench").join(package).join("peers");
        for pins in [pins("indexes"), pins("speed")] {
            let package = read(&pins.join("package.json")).expect("it is in the clone");
            let lock = read(&pins.join("package-lock.json")).expect("it is in the clone");
            let dependencies = package.split("\"dependencies\": {").nth(1);
            let dependencies = dependencies.and_then(|rest| rest.split('}').next());
            let lines = dependencies.expect("it has dependencies").lines();
            for pin in lines.map(|line| line.trim().trim_end_matches(',')) {
                assert!(lock.contains(pin), "package-lock.json does not have {pin}");
                assert!(!pin.contains(['^', '~', '*']), "{pin} is no version");
            }
        }
        for pins in [pins("speed"), pins("training")] {
            let requirements = read(&pins.join("requirements.txt")).expect("it is in the clone");
            for line in requirements.lines().filter(|line| !line.starts_with('#')) {
                assert!(
                    line.contains("=="),
                    "{line} may be another version tomorrow"
                );
            }
        }
    }
}
