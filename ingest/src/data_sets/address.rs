//! What a user writes for a data set: `hf://datasets/OWNER/NAME[@REVISION][/GLOB]`.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, bail, ensure};
use glob::Pattern;
use hf_hub::{Repo, RepoType};

use super::PREFIX;

/// A data set's revision, and which of its files are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) owner: String,
    pub(super) name: String,
    /// A branch, a tag or a commit.
    pub(super) revision: String,
    /// Matches paths in the data set; `None` for the default choice.
    pub(super) pattern: Option<Pattern>,
}

impl Address {
    /// The data set as `hf-hub` knows it.
    pub(super) fn repo(&self, revision: &str) -> Repo {
        let id = format!("{}/{}", self.owner, self.name);
        Repo::with_revision(id, RepoType::Dataset, revision.to_owned())
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self> {
        const FORM: &str = "write hf://datasets/OWNER/NAME, with @REVISION and /GLOB where wanted";
        let rest = spec
            .strip_prefix(PREFIX)
            .with_context(|| format!("{spec} is no data set: {FORM}"))?;
        let (owner, rest) = rest
            .split_once('/')
            .with_context(|| format!("{spec} names no owner: {FORM}"))?;
        let end = rest.find(['@', '/']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        for part in [owner, name] {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            // As the hub's own rule has it; names also become a folder's.
            ensure!(
                !part.is_empty() && part.chars().all(is_name) && !part.starts_with('.'),
                "{spec}: {part:?} is no name on the hub: {FORM}"
            );
        }
        let (revision, glob) = match rest.strip_prefix('@') {
            Some(rest) => {
                let (revision, glob) = split_revision(rest);
                (revision.replace("%2F", "/").replace("%2f", "/"), glob)
            }
            None => ("main".to_owned(), rest.trim_start_matches('/')),
        };
        let is_revision = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
        ensure!(
            !revision.is_empty() && revision.chars().all(is_revision) && !revision.contains(".."),
            "{spec}: {revision:?} is no revision: {FORM}"
        );
        let glob = glob.trim_end_matches('/');
        let pattern = if glob.is_empty() {
            None
        } else if glob.split('/').any(|it| matches!(it, "" | "." | "..")) {
            bail!("{spec}: {glob:?} is no path in a data set: leave out empty parts and dots")
        } else {
            let pattern = Pattern::new(glob);
            Some(pattern.with_context(|| format!("{spec}: {glob:?} is no glob"))?)
        };
        Ok(Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            revision,
            pattern,
        })
    }
}

/// The hub's references `refs/convert/…` and `refs/pr/…` have slashes; other revisions write `%2F`.
fn split_revision(text: &str) -> (&str, &str) {
    let n_slashes = if text.starts_with("refs/convert/") || text.starts_with("refs/pr/") {
        2
    } else {
        0
    };
    let end = text.match_indices('/').nth(n_slashes);
    end.map_or((text, ""), |(at, _)| (&text[..at], &text[at + 1..]))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, name, .. } = self;
        write!(f, "{PREFIX}{owner}/{name}")?;
        if self.revision != "main" {
            write!(f, "@{}", self.revision)?;
        }
        match &self.pattern {
            Some(pattern) => write!(f, "/{pattern}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_name_revision_and_glob_are_told_apart() {
        for (spec, revision, glob) in [
            ("hf://datasets/a/b", "main", None),
            ("hf://datasets/a/b/", "main", None),
            (
                "hf://datasets/a/b/data/*.parquet",
                "main",
                Some("data/*.parquet"),
            ),
            ("hf://datasets/a/b@v1.0", "v1.0", None),
            ("hf://datasets/a/b@v1/x.csv", "v1", Some("x.csv")),
            (
                "hf://datasets/a/b@refs/convert/parquet/default/**",
                "refs/convert/parquet",
                Some("default/**"),
            ),
            ("hf://datasets/a/b@refs/pr/3", "refs/pr/3", None),
            ("hf://datasets/a/b@feature%2Fx/y", "feature/x", Some("y")),
            ("hf://datasets/a/b/x@y.csv", "main", Some("x@y.csv")),
        ] {
            let address: Address = spec.parse().expect(spec);
            assert_eq!((&*address.owner, &*address.name), ("a", "b"), "{spec}");
            assert_eq!(address.revision, revision, "{spec}");
            assert_eq!(
                address.pattern.as_ref().map(Pattern::as_str),
                glob,
                "{spec}"
            );
        }
    }

    #[test]
    fn what_is_no_data_set_is_refused_with_the_right_form() {
        for spec in [
            "hf://models/a/b",
            "hf://datasets/squad",
            "hf://datasets//b",
            "hf://datasets/a/",
            "hf://datasets/../b",
            "hf://datasets/a/b c",
            "hf://datasets/a/b@",
            "hf://datasets/a/b@..%2Fx",
            "hf://datasets/a/b@v 1",
            "hf://datasets/a/b/../c",
            "hf://datasets/a/b/[",
        ] {
            let refused = spec.parse::<Address>().expect_err(spec).to_string();
            assert!(refused.starts_with(spec), "{refused}");
        }
    }
}
