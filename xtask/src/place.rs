//! Putting a finished file in its place: whoever looks finds all of it or none.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Makes a file beside `path` and renames it there, so that nobody finds half of it.
pub(crate) fn place(path: &Path, make: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).with_context(cannot)?;
    make(&beside).with_context(cannot)?;
    fs::rename(&beside, path).with_context(cannot)
}

/// A link, since the program finds its own folder's `package.json` through its real path.
#[cfg(unix)]
pub(crate) fn link(program: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(program, at)
}

/// A copy, where links are a privilege.
#[cfg(not(unix))]
pub(crate) fn link(program: &Path, at: &Path) -> std::io::Result<()> {
    fs::copy(program, at).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("xtask-place-{}", std::process::id()));
        let path = folder.join("deep/tool");
        let broken = place(&path, |_| Err(std::io::Error::other("no space")));
        assert!(
            broken.is_err() && !path.exists(),
            "a failed write left {}",
            path.display()
        );
        place(&path, |beside| fs::write(beside, "1")).expect("a temporary folder is writable");
        place(&path, |beside| fs::write(beside, "2")).expect("an old file is replaced");
        assert_eq!(fs::read_to_string(&path).expect("it was placed"), "2");
        let left: Vec<_> = fs::read_dir(folder.join("deep"))
            .expect("it exists")
            .collect();
        assert_eq!(
            left.len(),
            1,
            "something was left beside the file: {left:?}"
        );
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
