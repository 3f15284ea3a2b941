//! `cargo xtask site`: page and book in one folder, as GitHub Pages takes it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::artifacts::Order;
use crate::folders::Folders;
use crate::page::{self, Book};
use crate::workspace::Workspace;
use crate::{artifacts, book, tools};

/// The most that GitHub publishes as one site ("GitHub Pages limits" in its documentation).
const MAX_SITE: u64 = 1_000_000_000;
/// The largest file that GitHub takes into a repository: it binds sites that are pushed as a branch, and
/// not those that a workflow hands over.
const MAX_PUSHED_FILE: u64 = 100_000_000;

/// Builds page and book, and checks that both can be published.
pub(crate) fn build(workspace: &Workspace, folders: &Folders, order: &Order) -> Result<()> {
    let tools = tools::set_up(workspace)?;
    artifacts::build(workspace, folders, order)?;
    // Better known now than after minutes of building.
    Measured::of(&folders.artifacts)?.check()?;
    page::bundle(workspace, &tools, folders, Book::Beside)?;
    // Trunk empties its folder, so the book comes after it.
    book::build(workspace, &folders.dist.join("book"))?;
    // Where a site is a branch, Jekyll would leave out names that begin with an underscore.
    let marker = folders.dist.join(".nojekyll");
    fs::write(&marker, "").with_context(|| format!("cannot write {}", marker.display()))?;
    let measured = Measured::of(&folders.dist)?;
    println!("Site: {}", measured.describe());
    if !measured.is_pushable() {
        println!(
            "GitHub takes no file over 100 MB in a push: publish this site by pages.yml, not as a branch"
        );
    }
    measured.check()
}

/// What a folder holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    n_files: u64,
    bytes: u64,
    /// The largest file.
    largest: (u64, PathBuf),
}

impl Measured {
    /// Looks at every file below `folder`.
    pub(crate) fn of(folder: &Path) -> Result<Self> {
        let mut measured = Self::default();
        let found = measured.add(folder);
        found.with_context(|| format!("cannot read {}", folder.display()))?;
        Ok(measured)
    }

    fn add(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                self.add(&entry.path())?;
                continue;
            }
            self.n_files += 1;
            self.bytes += metadata.len();
            if metadata.len() >= self.largest.0 {
                self.largest = (metadata.len(), entry.path());
            }
        }
        Ok(())
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        let (bytes, path) = &self.largest;
        format!(
            "{} files, {:.1} MB; the largest is {} with {:.1} MB",
            self.n_files,
            self.bytes as f64 / 1e6,
            path.file_name().unwrap_or_default().to_string_lossy(),
            *bytes as f64 / 1e6,
        )
    }

    /// Whether a branch could hold it.
    fn is_pushable(&self) -> bool {
        self.largest.0 <= MAX_PUSHED_FILE
    }

    /// Refuses what GitHub Pages would not publish.
    fn check(&self) -> Result<()> {
        let remedy = "take fewer papers: `sample = N` in offprint.toml, or `cargo xtask site --sample N`; \
             `index-builder plan` says beforehand what N papers take";
        if self.bytes > MAX_SITE {
            bail!(
                "{:.1} MB are more than the 1 GB that GitHub Pages publishes: {remedy}",
                self.bytes as f64 / 1e6
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_below_a_folder_is_measured() {
        let folder = std::env::temp_dir().join(format!("xtask-site-{}", std::process::id()));
        fs::create_dir_all(folder.join("book")).expect("a temporary folder");
        for (file, n_bytes) in [("index.html", 7), ("book/index.html", 30), (".nojekyll", 0)] {
            fs::write(folder.join(file), vec![b'x'; n_bytes]).expect("it is writable");
        }
        let measured = Measured::of(&folder).expect("it is readable");
        let wanted = Measured {
            n_files: 3,
            bytes: 37,
            largest: (30, folder.join("book/index.html")),
        };
        assert_eq!(measured, wanted);
        fs::remove_dir_all(&folder).expect("it is ours");
        let error = Measured::of(&folder).expect_err("it is gone");
        assert!(format!("{error:#}").contains("xtask-site"), "{error:#}");
    }

    #[test]
    fn what_github_would_not_publish_is_refused_with_a_way_out() {
        let measured = |bytes, largest| Measured {
            n_files: 2,
            bytes,
            largest: (largest, "index.bin".into()),
        };
        assert!(measured(MAX_SITE, MAX_SITE).check().is_ok());
        let error = measured(MAX_SITE + 1, 1).check();
        let error = error.expect_err("it is too large").to_string();
        assert!(
            error.contains("1 GB") && error.contains("--sample"),
            "{error}"
        );
        assert!(measured(MAX_SITE, MAX_PUSHED_FILE).is_pushable());
        assert!(!measured(MAX_SITE, MAX_PUSHED_FILE + 1).is_pushable());
    }
}
