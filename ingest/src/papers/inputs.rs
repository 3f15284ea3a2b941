//! What `--papers` takes: files, folders, patterns and data sets of the hub → files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use glob::Pattern;

use super::Layout;
use super::chosen::{AS_A_SHELL, CORPUS, QUERIES, retain_papers, retain_readable};
use crate::data_sets;

/// How an address of the hub begins.
const REMOTE: &str = "hf://";

/// The files that `inputs` name: each file once, inputs in order, what one input names by name.
///
/// An input is a file; a folder (every file in it with an ending of [`Layout::ACCEPTED`], or the
/// corpus where it is in the layout of BEIR); a pattern such as `shards/*.parquet`; or an address
/// `hf://datasets/OWNER/NAME`, of which the files are fetched.
///
/// # Errors
/// An input that names no file, and a data set that cannot be fetched.
pub fn resolve(inputs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    for input in inputs {
        for file in one(input)? {
            let known_as = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            if seen.insert(known_as) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

fn one(input: &Path) -> Result<Vec<PathBuf>> {
    let text = input.to_str().unwrap_or_default();
    if text.starts_with(REMOTE) {
        return data_sets::fetch(text);
    }
    // A file may be called `a[1].csv`.
    if input.is_dir() {
        folder(input)
    } else if !input.exists() && text.contains(['*', '?', '[']) {
        pattern(text)
    } else {
        // One that is not there is named by whoever opens it.
        Ok(vec![input.to_owned()])
    }
}

fn folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let shown = folder.display();
    let mut names = file_names(folder)?;
    // The hub's BEIR has folders of these names.
    let [corpus, queries] = [CORPUS, QUERIES].map(|part| folder.join(part));
    if corpus.is_dir() && queries.is_dir() {
        for (part, folder) in [(CORPUS, corpus), (QUERIES, queries)] {
            let inner = file_names(&folder)?;
            names.extend(inner.into_iter().map(|name| format!("{part}/{name}")));
        }
    }
    retain_papers(&mut names, |name| name);
    // Questions stay behind where there are no papers beside them.
    names.retain(|name| !name.contains('/') || name.starts_with(CORPUS));
    let mut files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
    files.sort();
    ensure!(
        !files.is_empty(),
        "{shown} holds no file of papers ({}); for those in its folders write '{shown}/**/*.jsonl' \
         or the like",
        Layout::ACCEPTED
    );
    Ok(files)
}

/// The names of the files in a folder. What is not UTF-8 has no ending that we know.
fn file_names(folder: &Path) -> Result<Vec<String>> {
    let cannot_read = || format!("cannot read folder {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot_read)? {
        let entry = entry.with_context(cannot_read)?;
        if let Ok(name) = entry.file_name().into_string()
            && entry.path().is_file()
        {
            names.push(name);
        }
    }
    Ok(names)
}

fn pattern(pattern: &str) -> Result<Vec<PathBuf>> {
    let literal = with_literal_folder(pattern);
    let found = glob::glob_with(&literal, AS_A_SHELL).with_context(|| {
        format!("{pattern} is no pattern: write something like 'shards/*.parquet'")
    })?;
    let mut files = Vec::new();
    for path in found {
        let path = path.with_context(|| format!("cannot look for {pattern}"))?;
        if path.is_file() {
            files.push(path);
        }
    }
    retain_readable(&mut files, |file| file);
    files.sort();
    ensure!(
        !files.is_empty(),
        "no file matches {pattern}: check the pattern and the folder it starts from"
    );
    Ok(files)
}

/// The pattern with the folder that it starts from taken as it is: that may be called `[lab]`.
fn with_literal_folder(pattern: &str) -> String {
    let folders = Path::new(pattern).ancestors().filter_map(Path::to_str);
    let there = folders
        .skip(1)
        .find(|folder| Path::new(folder).is_dir())
        .unwrap_or_default();
    // Each of them is how the pattern begins.
    let rest = pattern.strip_prefix(there).unwrap_or(pattern);
    Pattern::escape(there) + rest
}

#[cfg(test)]
mod tests {
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn folder_with(names: &[&str]) -> TempDir {
        let folder = tempdir().expect("a temporary folder");
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder is made");
            fs::write(path, "").expect("a file is written");
        }
        folder
    }

    fn names(folder: &TempDir, inputs: &[&str]) -> Vec<String> {
        let inputs: Vec<_> = inputs
            .iter()
            .map(|input| folder.path().join(input))
            .collect();
        let files = resolve(&inputs).unwrap_or_else(|error| panic!("{inputs:?}: {error:#}"));
        let name = |file: &PathBuf| {
            let name = file
                .strip_prefix(folder.path())
                .expect("it is in the folder");
            name.to_string_lossy().replace('\\', "/")
        };
        files.iter().map(name).collect()
    }

    #[test]
    fn files_folders_and_patterns_become_files_in_order_and_each_once() {
        let folder = folder_with(&[
            "b.jsonl",
            "a.csv.gz",
            "c.txt",
            ".d.csv",
            "in/z.bib",
            "x[1].csv",
            "beir/corpus.jsonl",
            "beir/queries.jsonl",
            "beir/more.csv",
            "[lab]/a.csv",
            "[lab]/._a.csv",
            "[lab]/README.md",
            "[lab]/.git/b.csv",
            "hub/corpus/1.parquet",
            "hub/queries/1.parquet",
            "hub/README.md",
            "hub/dataset_infos.json",
            "asked/corpus/README.md",
            "asked/queries/1.csv",
            "asked/a.csv",
        ]);
        for (inputs, wanted) in [
            (&["c.txt"][..], &["c.txt"][..]),
            (&["."], &["a.csv.gz", "b.jsonl", "x[1].csv"]),
            (&["b.jsonl", "a.csv.gz"], &["b.jsonl", "a.csv.gz"]),
            (
                &["b.jsonl", ".", "*.jsonl"],
                &["b.jsonl", "a.csv.gz", "x[1].csv"],
            ),
            (&["**/*.bib"], &["in/z.bib"]),
            (&["[ab].*"], &["a.csv.gz", "b.jsonl"]),
            (&["x[1].csv"], &["x[1].csv"]),
            (&["beir"], &["beir/corpus.jsonl"]),
            (&["hub"], &["hub/corpus/1.parquet"]),
            (&["asked"], &["asked/a.csv"]),
            (&["[lab]/*"], &["[lab]/a.csv"]),
            (&["[lab]/**/*.csv"], &["[lab]/a.csv"]),
            (&["hub/*.md"], &["hub/README.md"]),
            (&["[a-c]*[!d]/[c]*.jsonl"], &["beir/corpus.jsonl"]),
            (&["absent.csv"], &["absent.csv"]),
        ] {
            let found: Vec<String> = names(&folder, inputs)
                .iter()
                .map(|name| name.trim_start_matches("./").to_owned())
                .collect();
            assert_eq!(found, wanted, "{inputs:?}");
        }
    }

    #[test]
    fn what_names_no_file_is_an_error_that_says_so() {
        let folder = folder_with(&["only/notes.txt"]);
        for (input, wanted) in [
            ("only", "holds no file of papers (.parquet"),
            ("*.parquet", "no file matches"),
            ("a***.csv", "is no pattern"),
        ] {
            let error = resolve(&[folder.path().join(input)]).expect_err("nothing is named");
            let message = format!("{error:#}");
            assert!(
                message.contains(wanted),
                "{message:?} does not say {wanted:?}"
            );
            assert!(
                message.contains(input),
                "{message:?} does not name {input:?}"
            );
        }
    }
}
