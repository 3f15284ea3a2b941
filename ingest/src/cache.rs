//! Where downloads are kept between runs: outside the clone, one folder for every tool.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The cache folder: `OFFPRINT_CACHE`, else `$XDG_CACHE_HOME/offprint`, else `~/.cache/offprint`.
///
/// It need not exist yet.
///
/// # Errors
/// Where neither variable is set and this user has no home folder.
pub fn cache_dir() -> Result<PathBuf> {
    choose(
        env::var_os("OFFPRINT_CACHE"),
        env::var_os("XDG_CACHE_HOME"),
        env::home_dir(),
    )
    .context("no folder to keep downloads in: set OFFPRINT_CACHE to one")
}

fn choose(own: Option<OsString>, xdg: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let set = |value: Option<OsString>| value.filter(|v| !v.is_empty()).map(PathBuf::from);
    // The XDG specification has relative paths ignored.
    set(own)
        .or_else(|| {
            set(xdg)
                .filter(|path| path.is_absolute())
                .map(|path| path.join("offprint"))
        })
        .or_else(|| home.map(|home| home.join(".cache").join("offprint")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_names_the_cache_folder() {
        let some = |text: &str| Some(OsString::from(text));
        let home = || Some(PathBuf::from("/home/ada"));
        let rows = [
            (some("/own"), some("/xdg"), "/own"),
            (some(""), some("/xdg"), "/xdg/offprint"),
            (None, some("relative"), "/home/ada/.cache/offprint"),
            (None, None, "/home/ada/.cache/offprint"),
        ];
        for (own, xdg, wanted) in rows {
            let chosen = choose(own.clone(), xdg.clone(), home());
            assert_eq!(
                chosen,
                Some(PathBuf::from(wanted)),
                "OFFPRINT_CACHE={own:?} XDG={xdg:?}"
            );
        }
        assert_eq!(choose(None, None, None), None, "a folder was made up");
    }
}
