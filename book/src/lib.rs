//! `docs/` as a book: checked, rendered by mdBook, checked once more, and only then put in place.
//!
//! Start at [`build`]. `check` finds in the sources what a reader would stumble over and names file and
//! line; `rendered` looks at what came of it: that nothing is asked of another site, and that every link
//! leads somewhere under any sub-path. `markdown` reads one page for both, and for the test that runs
//! every command in the docs.

mod check;
pub mod markdown;
mod rendered;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

pub use check::{Fault, faults};

/// A book that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Files of the book.
    pub n_files: u64,
    /// Their bytes.
    pub len_bytes: u64,
}

/// Builds `docs/` of a clone into the folder `out`, which it replaces where that is an older book.
///
/// # Errors
/// Where a page is missing, unlisted or has a broken link: every such place, one a line. Where `out` holds
/// something else than a book.
pub fn build(repository: &Path, out: &Path) -> Result<Built> {
    let docs = repository.join("docs");
    refuse_broken(&check::faults(repository)?)?;
    let out = std::path::absolute(out).with_context(|| format!("where is {}?", out.display()))?;
    ensure_replaceable(&out)?;

    // Beside the place it goes to, so that a book is there whole or not at all.
    let parent = out.parent().context("--out / names no folder")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let unfinished = tempfile::Builder::new()
        .prefix(".book-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot write into {}", parent.display()))?;
    let rendered = unfinished.path().join("book");
    render(&docs, &rendered)?;
    refuse_broken(&rendered::faults(&rendered)?)?;
    let (n_files, len_bytes) = size(&rendered)?;

    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    fs::rename(&rendered, &out).with_context(|| format!("cannot create {}", out.display()))?;
    Ok(Built { n_files, len_bytes })
}

fn refuse_broken(faults: &[Fault]) -> Result<()> {
    let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    ensure!(
        lines.is_empty(),
        "the book has {} broken places:{}",
        lines.len(),
        lines.concat()
    );
    Ok(())
}

/// A folder with anything else in it is somebody's work.
fn ensure_replaceable(out: &Path) -> Result<()> {
    let is_empty = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", out.display())),
    };
    if !is_empty && !out.join("toc.html").is_file() {
        bail!(
            "{} is there and is no book: name another folder with --out, or empty it",
            out.display()
        );
    }
    Ok(())
}

fn render(docs: &Path, out: &Path) -> Result<()> {
    let file = docs.join("book.toml");
    // Not `MDBook::load`, which lets variables of the environment change what is built.
    let mut config = Config::from_disk(&file).with_context(|| format!("in {}", file.display()))?;
    out.clone_into(&mut config.build.build_dir);
    MDBook::load_with_config(docs, config)
        .and_then(|book| book.build())
        .with_context(|| format!("mdBook cannot render {}", docs.display()))?;
    // mdBook copies whatever is no page; its own settings concern no reader.
    let copied = out.join("book.toml");
    if copied.is_file() {
        fs::remove_file(&copied).with_context(|| format!("cannot remove {}", copied.display()))?;
    }
    Ok(())
}

/// Every file below `folder`, in one order on every machine.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let cannot = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn size(folder: &Path) -> Result<(u64, u64)> {
    let files = files_below(folder)?;
    let mut len_bytes = 0;
    for file in &files {
        len_bytes += file.metadata()?.len();
    }
    Ok((files.len() as u64, len_bytes))
}
