//! The mark beside the artifacts, `….from`: which build came of the site's own file, and of which files.
//!
//! A name would not do: whoever builds `lab.jsonl` by hand gets a corpus of the name `lab`, too.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::inputs::Inputs;
use crate::folders::{Folders, beside};
use crate::place::place;

/// Begins a line of the mark that names an input.
const FILE: &str = "file ";
/// The line of the mark that says that a build is under way.
const BEGUN: &str = "begun";

/// What the mark says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The last build that came of the site's own file, once there was one.
    pub(super) build: Option<String>,
    /// Whether a further one was begun, and not finished since.
    pub(super) is_begun: bool,
    /// What it was built from, as [`Inputs::listed`] says it; empty in marks of older versions.
    pub(super) inputs: Vec<String>,
}

impl Mark {
    /// The mark of these artifacts, where there is one.
    pub(super) fn read(folders: &Folders) -> Option<Self> {
        let text = fs::read_to_string(path(folders)).ok()?;
        Some(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let build = lines
            .next()
            .map(str::trim)
            .filter(|build| !build.is_empty());
        let mut mark = Self {
            build: build.map(str::to_owned),
            ..Self::default()
        };
        for line in lines {
            mark.is_begun |= line == BEGUN;
            mark.inputs
                .extend(line.strip_prefix(FILE).map(str::to_owned));
        }
        mark
    }

    fn write(&self, folders: &Folders) -> Result<()> {
        let mut lines = vec![self.build.clone().unwrap_or_default()];
        lines.extend(self.is_begun.then(|| BEGUN.to_owned()));
        lines.extend(self.inputs.iter().map(|input| format!("{FILE}{input}")));
        let text = lines.join("\n") + "\n";
        place(&path(folders), |beside| fs::write(beside, text))
    }
}

/// Notes that a build of the site's own file begins, and gives what it is built from.
pub(super) fn begin(folders: &Folders) -> Result<Vec<String>> {
    let inputs = Inputs::read(&folders.config)?.listed(&folders.config);
    let mark = Mark {
        is_begun: true,
        ..Mark::read(folders).unwrap_or_default()
    };
    mark.write(folders)?;
    Ok(inputs)
}

/// Notes that `build` came of the site's own file, and of these inputs.
pub(super) fn finish(folders: &Folders, build: Option<String>, inputs: Vec<String>) -> Result<()> {
    let mark = Mark {
        build,
        is_begun: false,
        inputs,
    };
    mark.write(folders)
}

/// Notes that what is begun from now on is not of the site's own file.
pub(super) fn leave(folders: &Folders) -> Result<()> {
    match Mark::read(folders) {
        Some(mark) if mark.is_begun => Mark {
            is_begun: false,
            ..mark
        }
        .write(folders),
        _ => Ok(()),
    }
}

fn path(folders: &Folders) -> PathBuf {
    beside(&folders.artifacts, ".from")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_older_ones_too() {
        let (root, folders) = Folders::temporary("mark");
        assert_eq!(Mark::read(&folders), None);
        for (build, is_begun, inputs) in [
            (Some("b1"), true, vec!["7 a b.csv ", "9 begun"]),
            (Some("b1"), false, vec![]),
            (None, true, vec![]),
        ] {
            let mark = Mark {
                build: build.map(str::to_owned),
                is_begun,
                inputs: inputs.into_iter().map(str::to_owned).collect(),
            };
            mark.write(&folders).expect("it is writable");
            assert_eq!(Mark::read(&folders).as_ref(), Some(&mark));
            leave(&folders).expect("it is writable");
            let left = Mark {
                is_begun: false,
                ..mark
            };
            assert_eq!(Mark::read(&folders), Some(left));
        }
        assert_eq!(Mark::parse("b1\n").build.as_deref(), Some("b1"), "before");
        fs::remove_dir_all(&root).expect("it is ours");
    }
}
