//! Files that are whole or absent: written beside their target, flushed to disk, renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};

/// Writes `bytes` to `path`, replacing what was there; missing folders are made.
///
/// # Errors
/// When the disk refuses; then whatever stood at `path` still does.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |file| Ok(file.write_all(bytes)?))
}

/// Like [`write()`], for what is too long to hold: `fill` writes the contents.
///
/// # Errors
/// Those of `fill` and of the disk; then whatever stood at `path` still does.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make folder {}", folder.display()))?;
    let beside = Beside::new(path)?;
    let filled = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside.0)
        .map_err(anyhow::Error::from)
        .and_then(|file| {
            let mut file = BufWriter::new(file);
            fill(&mut file)?;
            let file = file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            Ok(file.sync_all()?)
        });
    filled.with_context(|| format!("cannot write {}", path.display()))?;
    rename(&beside.0, path)
}

/// Renames a finished file and asks the disk to remember its new name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)
        .with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))?;
    // Best effort: not every system lets a folder be opened.
    if let Ok(folder) = File::open(folder_of(to)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A name next to the target, which goes away unless it was renamed.
struct Beside(PathBuf);

impl Beside {
    fn new(path: &Path) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = path
            .file_name()
            .with_context(|| format!("{} names no file", path.display()))?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".{}.{}-{count}.tmp", name.to_string_lossy(), process::id());
        Ok(Self(path.with_file_name(name)))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use tempfile::tempdir;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries
            .map(|entry| name(entry.expect("an entry")))
            .collect()
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("new/deep/file.bin");
        for bytes in [&b"first"[..], b"second", b""] {
            write(&path, bytes).expect("it can be written");
            assert_eq!(fs::read(&path).expect("it is there"), bytes);
        }
        let left = names(path.parent().expect("it has a folder"));
        assert_eq!(left, ["file.bin"], "a temporary file was left");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_names_the_path() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("file.bin");
        write(&path, b"old").expect("it can be written");
        let failed = write_with(&path, |file| {
            file.write_all(b"half of the new")?;
            bail!("the power went")
        });
        let message = format!("{:#}", failed.expect_err("the failure is passed on"));
        assert!(
            message.contains("file.bin") && message.contains("power"),
            "{message}"
        );
        assert_eq!(
            fs::read(&path).expect("it is there"),
            b"old",
            "the old file was touched"
        );
        assert_eq!(
            names(folder.path()),
            ["file.bin"],
            "a temporary file was left"
        );
    }

    #[test]
    fn a_path_without_a_file_name_is_refused() {
        let failed = write(Path::new(".."), b"x").expect_err("`..` is no file");
        assert!(
            format!("{failed:#}").contains("names no file"),
            "{failed:#}"
        );
    }
}
