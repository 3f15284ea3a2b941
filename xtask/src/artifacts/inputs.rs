//! The files that a site is built from, for their dates: `offprint.toml` names them.
//!
//! What the file means is for index-builder to say, which takes minutes to compile; whoever has
//! artifacts already does not wait for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::workspace::read;

/// What matters here of a file such as `offprint.toml`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inputs {
    /// Name of the corpus, where it has one.
    pub(super) name: Option<String>,
    /// The file itself and all local files that it names; those behind `hf://` have no date.
    pub(super) files: Vec<PathBuf>,
}

impl Inputs {
    /// Reads the file; a value of a wrong kind is left for index-builder to refuse.
    pub(super) fn read(config: &Path) -> Result<Self> {
        let table: Table = read(config)?
            .parse()
            .with_context(|| format!("{} is no TOML", config.display()))?;
        let folder = config.parent().unwrap_or(Path::new(""));
        let value = |of: &str, key: &str| table.get(of).and_then(|table| table.get(key));
        let text = |of: &str, key: &str| value(of, key).and_then(Value::as_str);
        let mut files = vec![config.to_owned()];
        let papers = value("corpus", "papers").and_then(Value::as_array);
        for input in papers.into_iter().flatten().filter_map(Value::as_str) {
            files.extend(local(folder, input));
        }
        for key in ["folder", "classifier"] {
            files.extend(
                text("model", key)
                    .into_iter()
                    .flat_map(|input| local(folder, input)),
            );
        }
        Ok(Self {
            name: text("corpus", "name").map(|name| name.trim().to_owned()),
            files,
        })
    }

    /// When the youngest of them was written; what is not there has no say.
    pub(super) fn newest(&self) -> SystemTime {
        let dates = self.files.iter().filter_map(|path| modified(path).ok());
        dates.max().unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// The files that an input stands for: a file, those of a folder, those of a glob.
fn local(folder: &Path, input: &str) -> Vec<PathBuf> {
    if input.starts_with("hf://") {
        return Vec::new();
    }
    let path = folder.join(input);
    if let Ok(entries) = fs::read_dir(&path) {
        return entries.flatten().map(|entry| entry.path()).collect();
    }
    let found = match path.to_str().filter(|_| is_pattern(input)) {
        Some(pattern) if !path.exists() => glob::glob(pattern).ok(),
        _ => None,
    };
    found.map_or_else(|| vec![path], |paths| paths.flatten().collect())
}

/// Whether a name has one of a glob's signs.
pub(super) fn is_pattern(input: &str) -> bool {
    input.contains(['*', '?', '['])
}

pub(super) fn modified(path: &Path) -> Result<SystemTime> {
    let found = fs::metadata(path).and_then(|metadata| metadata.modified());
    found.with_context(|| format!("cannot read the date of {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_local_file_counts_and_the_hub_does_not() {
        let folder = std::env::temp_dir().join(format!("xtask-inputs-{}", std::process::id()));
        for file in [
            "a.jsonl",
            "beir/corpus.jsonl",
            "shards/1.csv",
            "shards/2.csv",
            "shards/x",
            "c.bin",
        ] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a temporary folder");
            fs::write(path, file).expect("a temporary folder is writable");
        }
        let config = folder.join("site.toml");
        let text = "[corpus]\nname = ' Ours '\n\
            papers = ['a.jsonl', 'beir', 'shards/*.csv', 'hf://datasets/o/n', 'gone.csv']\n\
            [model]\nclassifier = 'c.bin'\n";
        fs::write(&config, text).expect("it is writable");
        let inputs = Inputs::read(&config).expect("it is TOML");
        assert_eq!(inputs.name.as_deref(), Some("Ours"));
        let wanted = [
            "site.toml",
            "a.jsonl",
            "beir/corpus.jsonl",
            "shards/1.csv",
            "shards/2.csv",
            "gone.csv",
            "c.bin",
        ];
        assert_eq!(inputs.files, wanted.map(|file| folder.join(file)));
        let newest = wanted
            .iter()
            .filter_map(|file| modified(&folder.join(file)).ok())
            .max();
        assert_eq!(Some(inputs.newest()), newest, "the missing file has a say");

        fs::write(&config, "[corpus\n").expect("it is writable");
        let error = Inputs::read(&config).expect_err("it is no TOML");
        let error = format!("{error:#}");
        assert!(
            error.contains("site.toml") && error.contains("line 1"),
            "{error}"
        );
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
