//! The files that a site is built from, for their dates and sizes: `offprint.toml` names them.
//!
//! What the file means is for index-builder to say, which takes minutes to compile; whoever has
//! artifacts already does not wait for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use glob::Pattern;
use toml::{Table, Value};

use crate::workspace::read;

/// The corpus of a folder in the layout of BEIR; its other files are not read.
const BEIR_CORPUS: &str = "corpus.jsonl";
/// Endings that files of papers have; behind those of text there may be `.gz`.
const BINARY_ENDINGS: [&str; 1] = ["parquet"];
const TEXT_ENDINGS: [&str; 6] = ["jsonl", "ndjson", "json", "csv", "tsv", "bib"];

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
            files.extend(papers_of(folder, input));
        }
        for key in ["folder", "classifier"] {
            let inputs = text("model", key).into_iter();
            files.extend(inputs.flat_map(|input| part_of_model(&folder.join(input))));
        }
        Ok(Self {
            name: text("corpus", "name").map(|name| name.trim().to_owned()),
            files,
        })
    }

    /// Size and path of each file that is there: what is gone or was added shows in no date. Paths
    /// start from the folder of `config`, so that a clone may be moved.
    pub(super) fn listed(&self, config: &Path) -> Vec<String> {
        let folder = config.parent().unwrap_or(Path::new(""));
        let mut listed = Vec::new();
        for path in &self.files {
            if let Ok(found) = fs::metadata(path) {
                let shown = path.strip_prefix(folder).unwrap_or(path);
                // One line each, whatever a name holds.
                let shown = shown.to_string_lossy();
                listed.push(format!("{} {}", found.len(), shown.escape_debug()));
            }
        }
        listed.sort();
        listed.dedup();
        listed
    }

    /// When the youngest of them was written; what is not there has no say.
    pub(super) fn newest(&self) -> SystemTime {
        let dates = self.files.iter().filter_map(|path| modified(path).ok());
        dates.max().unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// The files that an input stands for: a file, those of a folder, those of a glob.
fn papers_of(folder: &Path, input: &str) -> Vec<PathBuf> {
    if input.starts_with("hf://") {
        return Vec::new();
    }
    let path = folder.join(input);
    if let Ok(entries) = fs::read_dir(&path) {
        let corpus = path.join(BEIR_CORPUS);
        if corpus.is_file() {
            return vec![corpus];
        }
        let paths = entries.flatten().map(|entry| entry.path());
        return paths.filter(|path| is_of_papers(path)).collect();
    }
    let found = match pattern_below(folder, input).to_str() {
        Some(pattern) if is_pattern(input) && !path.exists() => glob::glob(pattern).ok(),
        _ => None,
    };
    found.map_or_else(
        || vec![path],
        |paths| paths.flatten().filter(|path| path.is_file()).collect(),
    )
}

/// A file, or all that a folder holds.
fn part_of_model(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path).map_or_else(
        |_| vec![path.to_owned()],
        |entries| entries.flatten().map(|entry| entry.path()).collect(),
    )
}

/// Whether the builder reads this file where it reads a folder: whatever else lies there has no say.
fn is_of_papers(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let (plain, is_text) = match name.strip_suffix(".gz") {
        Some(plain) => (plain, true),
        None => (&*name, false),
    };
    let ending = plain.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_known = TEXT_ENDINGS.contains(&ending) || (!is_text && BINARY_ENDINGS.contains(&ending));
    is_known && !name.starts_with('.') && path.is_file()
}

/// A pattern that is meant from `folder`, in whose own name no sign has a meaning.
pub(super) fn pattern_below(folder: &Path, pattern: &str) -> PathBuf {
    // A path from the root replaces what it is joined to.
    Path::new(&Pattern::escape(&folder.to_string_lossy())).join(pattern)
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
        let folder = std::env::temp_dir().join(format!("xtask-[inputs]-{}", std::process::id()));
        for file in [
            "a.jsonl",
            "beir/corpus.jsonl",
            "beir/queries.jsonl",
            "shards/1.csv",
            "shards/2.csv",
            "shards/x",
            "mixed/.DS_Store",
            "mixed/.hidden.csv",
            "mixed/README.md",
            "mixed/a.JSON.gz",
            "mixed/b.parquet.gz",
            "model/weights",
            "c.bin",
        ] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a temporary folder");
            fs::write(path, file).expect("a temporary folder is writable");
        }
        let config = folder.join("site.toml");
        let text = "[corpus]\nname = ' Ours '\n\
            papers = ['a.jsonl', 'beir', 'shards/*.csv', 'mixed', 'hf://datasets/o/n', 'gone.csv']\n\
            [model]\nfolder = 'model'\nclassifier = 'c.bin'\n";
        fs::write(&config, text).expect("it is writable");
        let inputs = Inputs::read(&config).expect("it is TOML");
        assert_eq!(inputs.name.as_deref(), Some("Ours"));
        let wanted = [
            "site.toml",
            "a.jsonl",
            "beir/corpus.jsonl",
            "shards/1.csv",
            "shards/2.csv",
            "mixed/a.JSON.gz",
            "gone.csv",
            "model/weights",
            "c.bin",
        ];
        assert_eq!(inputs.files, wanted.map(|file| folder.join(file)));
        let newest = wanted
            .iter()
            .filter_map(|file| modified(&folder.join(file)).ok())
            .max();
        assert_eq!(Some(inputs.newest()), newest, "the missing file has a say");
        let listed = inputs.listed(&config);
        assert_eq!(listed.len(), wanted.len() - 1, "{listed:?}");
        assert!(
            listed.contains(&"15 mixed/a.JSON.gz".to_owned()),
            "{listed:?}"
        );

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
