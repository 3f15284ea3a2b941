//! A build in words: what its corpus is called, and how it was chosen.

use std::path::{Component, Path};

use ingest::data_sets;
use ingest::select::Selection;

use super::BuildConfig;
use crate::config::MAX_NAME;

/// The name that was given, else that of the first input.
pub(super) fn corpus_name(config: &BuildConfig) -> String {
    let of_input = || config.papers.first().and_then(|input| name_of(input));
    let name = config.name.clone().or_else(of_input);
    name.unwrap_or_else(|| "papers".into())
}

/// What an input is called: a data set by its name, a folder by its own, a file without its endings,
/// a pattern by the folder that it looks in.
fn name_of(input: &Path) -> Option<String> {
    let text = input.to_string_lossy();
    let name = if let Some(data_set) = text.strip_prefix(data_sets::PREFIX) {
        let name = data_set.split('/').nth(1)?;
        name.split('@').next()?.to_owned()
    } else {
        let parts = input.components().rev().filter_map(|part| match part {
            Component::Normal(part) => Some(part.to_string_lossy()),
            _ => None,
        });
        let is_plain = |part: &str| input.exists() || !part.contains(['*', '?', '[']);
        let (at, name) = parts.enumerate().find(|(_, part)| is_plain(part))?;
        let name = name.into_owned();
        // A pattern's folder, or a folder, has no ending.
        if at > 0 || input.is_dir() {
            name
        } else {
            let name = name.strip_suffix(".gz").unwrap_or(&name);
            Path::new(name).file_stem()?.to_string_lossy().into_owned()
        }
    };
    Some(name.chars().take(MAX_NAME).collect())
}

/// What is built, as it stood on the command line.
pub(super) fn what(config: &BuildConfig) -> String {
    let papers: Vec<_> = config
        .papers
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!("--papers {} ({})", papers.join(" "), describe(config))
}

/// The selection as it stood on the command line: every figure names its sample.
pub(super) fn describe(config: &BuildConfig) -> String {
    let Selection {
        r#where,
        sample,
        limit,
    } = &config.selection;
    let parts = [
        r#where.as_ref().map(|pattern| format!("--where {pattern}")),
        sample.map(|(n, seed)| format!("--sample {n} --seed {seed}")),
        limit.map(|n| format!("--limit {n}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "all".into()
    } else {
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_gives_the_corpus_a_name_that_people_would() {
        for (input, name) in [
            ("papers.parquet", Some("papers")),
            ("lab/reading.list.jsonl.gz", Some("reading.list")),
            ("shards/*.parquet", Some("shards")),
            ("lab/**/*.csv", Some("lab")),
            ("v1.0/*.csv", Some("v1.0")),
            ("*.csv", None),
            ("src", Some("src")),
            (".", None),
            ("hf://datasets/ada/papers", Some("papers")),
            (
                "hf://datasets/ada/papers@main/data/*.parquet",
                Some("papers"),
            ),
        ] {
            assert_eq!(name_of(Path::new(input)).as_deref(), name, "{input}");
        }
        let long = format!("{}.csv", "x".repeat(200));
        let name = name_of(Path::new(&long)).expect("it has one");
        assert_eq!(name.len(), MAX_NAME, "a manifest has no room for more");
    }
}
