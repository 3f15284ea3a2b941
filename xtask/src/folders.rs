//! Which file names the site, and where its artifacts and its pages go.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// The file that names the clone's own site.
pub(crate) const CONFIG: &str = "offprint.toml";

/// One site: what it is built from and where it is built. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folders {
    /// `offprint.toml`, or another of its kind.
    pub(crate) config: PathBuf,
    /// Model and index.
    pub(crate) artifacts: PathBuf,
    /// The finished page.
    pub(crate) dist: PathBuf,
}

impl Folders {
    /// The clone's own site, or that of `config`; the page goes to `out`, or `dist/`.
    ///
    /// Another `config` has artifacts beside its page, so that it never replaces the clone's own.
    pub(crate) fn of(
        workspace: &Workspace,
        config: Option<PathBuf>,
        out: Option<PathBuf>,
    ) -> Result<Self> {
        let absolute = |path: PathBuf| {
            let found = std::path::absolute(&path);
            found.with_context(|| format!("where is {}?", path.display()))
        };
        let own = workspace.root.join(CONFIG);
        let dist = out.map_or_else(|| Ok(workspace.root.join("dist")), absolute)?;
        let other = match config {
            None => None,
            Some(config) => {
                let found = config.canonicalize();
                let found = found.with_context(|| format!("cannot read {}", config.display()))?;
                (own.canonicalize().ok() != Some(found.clone())).then_some(found)
            }
        };
        Ok(match other {
            None => Self {
                config: own,
                artifacts: workspace.root.join("static/artifacts"),
                dist,
            },
            Some(config) => Self {
                config,
                artifacts: beside(&dist, "-artifacts"),
                dist,
            },
        })
    }

    /// A site in a temporary folder, which is not made yet and which the test `of` removes.
    #[cfg(test)]
    pub(crate) fn temporary(of: &str) -> (PathBuf, Self) {
        let root = std::env::temp_dir().join(format!("xtask-{of}-{}", std::process::id()));
        let folders = Self {
            config: root.join(CONFIG),
            artifacts: root.join("artifacts"),
            dist: root.join("dist"),
        };
        (root, folders)
    }
}

/// `path` with `end` behind its name.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_has_artifacts_of_its_own() {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let root = &workspace.root;
        let usual = Folders::of(&workspace, None, None).expect("the clone's own");
        assert_eq!(usual.artifacts, root.join("static/artifacts"));
        assert_eq!(usual.dist, root.join("dist"));
        let named = Folders::of(&workspace, Some(root.join("xtask/../offprint.toml")), None);
        assert_eq!(named.expect("it is there"), usual, "by another path");

        let tests = root.join("tests/site.toml");
        let other = Folders::of(
            &workspace,
            Some(tests.clone()),
            Some(root.join("dist-v1.0")),
        );
        let wanted = Folders {
            config: tests,
            artifacts: root.join("dist-v1.0-artifacts"),
            dist: root.join("dist-v1.0"),
        };
        assert_eq!(other.expect("it is there"), wanted);
        let error = Folders::of(&workspace, Some("no/such.toml".into()), None);
        let error = error.expect_err("it is not there").to_string();
        assert!(error.contains("no/such.toml"), "{error}");
    }
}
