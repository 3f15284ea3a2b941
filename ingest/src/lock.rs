//! One tool at a time in a folder: the second waits, and says so.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context as _, Result};

/// Holds the lock file at `path` until the result is dropped, or the process ends in any way.
///
/// # Errors
/// When the file cannot be made or locked; `remedy` says what to do then.
pub(crate) fn hold(path: &Path, remedy: &str) -> Result<File> {
    let lock = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                tracing::info!("another tool downloads the same: waiting for it");
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(file)
    };
    lock().with_context(|| format!("cannot lock {}: {remedy}", path.display()))
}
