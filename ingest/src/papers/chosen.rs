//! Which files of a folder or a data set are papers: one rule for both, on paths with `/` in them.

use std::collections::HashMap;
use std::path::Path;

use glob::MatchOptions;

use super::Layout;

/// Patterns as a shell has them: `*` stays within a folder and does not match a leading dot.
pub(crate) const AS_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// What the `datasets` library writes beside the data, about them.
const ABOUT: [&str; 4] = [
    "dataset_dict.json",
    "dataset_info.json",
    "dataset_infos.json",
    "state.json",
];

/// Keeps the files that papers are read from when nobody says which.
///
/// Those are the files with an ending of [`Layout::ACCEPTED`], without hidden ones and those about
/// the data. In a folder in the layout of BEIR they are its corpus only, for what stands beside it
/// is questions and judgements, and a question has an id and a text like a paper.
pub(crate) fn retain_papers<T>(files: &mut Vec<T>, path: impl Fn(&T) -> &str) {
    files.retain(|file| !is_hidden(path(file)));
    let mut folders: HashMap<String, Beir> = HashMap::new();
    for file in &*files {
        for (folder, rest) in splits(path(file)) {
            // Looked up first: most files are in a folder that is known.
            if !folders.contains_key(folder) {
                folders.insert(folder.to_owned(), Beir::default());
            }
            if let Some(beir) = folders.get_mut(folder) {
                beir.see(rest);
            }
        }
    }
    files.retain(|file| {
        let path = path(file);
        let in_corpus = |(folder, rest)| {
            let is_beir = folders.get(folder).is_some_and(Beir::is_one);
            !is_beir || part_of(rest) == CORPUS
        };
        is_data(path) && splits(path).all(in_corpus)
    });
}

/// Keeps the files that can be read, if any can: `data/*` is not about the README.
pub(crate) fn retain_readable<T>(files: &mut Vec<T>, path: impl Fn(&T) -> &Path) {
    let is_readable = |file: &T| Layout::by_ending(path(file)).is_some();
    if files.iter().any(is_readable) {
        files.retain(is_readable);
    }
}

/// The part of BEIR's layout that holds papers, as a file or as a folder.
pub(super) const CORPUS: &str = "corpus";
/// The part that holds questions.
pub(super) const QUERIES: &str = "queries";

/// What speaks for a folder being in the layout of BEIR.
#[derive(Default)]
struct Beir {
    has_corpus: bool,
    has_queries: bool,
    /// BEIR's own name for it, which nobody else uses.
    has_corpus_jsonl: bool,
}

impl Beir {
    fn see(&mut self, path: &str) {
        match part_of(path) {
            CORPUS => self.has_corpus |= is_data(path),
            QUERIES => self.has_queries = true,
            _ => {}
        }
        self.has_corpus_jsonl |= matches!(path, "corpus.jsonl" | "corpus.jsonl.gz");
    }

    fn is_one(&self) -> bool {
        self.has_corpus_jsonl || (self.has_corpus && self.has_queries)
    }
}

/// `corpus` of `corpus.jsonl.gz` and of `corpus/0.parquet`; `corpus.old.csv` is another thing.
fn part_of(path: &str) -> &str {
    if let Some((folder, _)) = path.split_once('/') {
        return folder;
    }
    let name = path.strip_suffix(".gz").unwrap_or(path);
    match name.split_once('.') {
        Some((stem, ending)) if !ending.contains('.') => stem,
        _ => path,
    }
}

/// Every folder that a path is in, and the rest of the path there.
fn splits(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let inner = path.match_indices('/');
    [("", path)]
        .into_iter()
        .chain(inner.map(|(at, _)| (&path[..at], &path[at + 1..])))
}

fn is_data(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    Layout::by_ending(Path::new(path)).is_some() && !ABOUT.contains(&name)
}

fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_folder_like_beirs_only_the_corpus_is_papers() {
        for (files, wanted) in [
            (
                &["a.csv", "b.jsonl.gz", "notes.txt"][..],
                &["a.csv", "b.jsonl.gz"][..],
            ),
            (
                &["._a.csv", ".git/b.csv", "state.json", "x/dataset_info.json"],
                &[],
            ),
            (&["corpus.jsonl", "more.csv"], &["corpus.jsonl"]),
            (
                &["corpus.jsonl.gz", "queries.jsonl.gz", "qrels/test.tsv"],
                &["corpus.jsonl.gz"],
            ),
            (&["corpus.csv", "queries.csv"], &["corpus.csv"]),
            (
                &[
                    "corpus/1.parquet",
                    "corpus/2.parquet",
                    "queries/1.parquet",
                    "README.md",
                ],
                &["corpus/1.parquet", "corpus/2.parquet"],
            ),
            // Of several sets, each in its folder.
            (
                &[
                    "fi/corpus.tsv",
                    "fi/queries.tsv",
                    "fi/qrels.tsv",
                    "more.tsv",
                ],
                &["fi/corpus.tsv", "more.tsv"],
            ),
            // These only share a name with it.
            (&["corpus.csv", "a.csv"], &["corpus.csv", "a.csv"]),
            (&["corpus.jsonl", "corpus.jsonl.old.csv"], &["corpus.jsonl"]),
            (&["corpus/a.csv", "b.csv"], &["corpus/a.csv", "b.csv"]),
            (&["corpus.txt", "queries.csv"], &["queries.csv"]),
            (
                &["corpuses.csv", "queries.csv"],
                &["corpuses.csv", "queries.csv"],
            ),
        ] {
            let mut found = files.to_vec();
            retain_papers(&mut found, |file| file);
            assert_eq!(found, wanted, "of {files:?}");
        }
    }
}
