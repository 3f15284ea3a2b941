//! Which files of a data set are wanted.

use std::path::Path;

use anyhow::{Result, bail};

use super::address::Address;
use super::listing::{Entry, Listing};
use crate::papers::{AS_A_SHELL, Form, Layout, retain_papers, retain_readable};

/// The files of `listing` that `address` names, sorted by path.
///
/// # Errors
/// When there are none; the message says what there is.
pub(super) fn files<'a>(listing: &'a Listing, address: &Address) -> Result<Vec<&'a Entry>> {
    let all = &listing.files;
    let mut chosen = match &address.pattern {
        None => by_default(all.iter()),
        Some(pattern) => {
            let matching = |entry: &&Entry| pattern.matches_with(&entry.path, AS_A_SHELL);
            let mut named: Vec<_> = all.iter().filter(matching).collect();
            let folder = format!("{}/", pattern.as_str());
            if named.is_empty() {
                by_default(all.iter().filter(|entry| entry.path.starts_with(&folder)))
            } else {
                retain_readable(&mut named, |entry| Path::new(&entry.path));
                if layout(&named[0].path).is_none() {
                    bail!(
                        "{address}: {} is no file that papers are read from ({})",
                        named[0].path,
                        Layout::ACCEPTED
                    )
                }
                named
            }
        }
    };
    if chosen.is_empty() {
        bail!("{address} has no such file: {}", what_there_is(listing));
    }
    chosen.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(chosen)
}

/// The papers as Parquet, or where there is none in every other layout.
fn by_default<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    let mut papers: Vec<_> = entries.collect();
    retain_papers(&mut papers, |entry| &entry.path);
    let is_parquet =
        |entry: &&Entry| layout(&entry.path).is_some_and(|layout| layout.form == Form::Parquet);
    if papers.iter().any(is_parquet) {
        papers.retain(is_parquet);
    }
    papers
}

fn layout(path: &str) -> Option<Layout> {
    Layout::by_ending(Path::new(path))
}

fn what_there_is(listing: &Listing) -> String {
    const N_SHOWN: usize = 5;
    let mut paths: Vec<_> = listing.files.iter().map(|entry| &*entry.path).collect();
    paths.sort_unstable();
    let more = match paths.len() {
        0 => return "it has no files at all".to_owned(),
        n if n > N_SHOWN => format!(" and {} more", n - N_SHOWN),
        _ => String::new(),
    };
    paths.truncate(N_SHOWN);
    format!("it has {}{more}", paths.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::listing::tests::listing_of;
    use super::*;

    const PARQUETS: [&str; 7] = [
        "README.md",
        ".hidden/x.parquet",
        "data/2024/02.parquet",
        "data/2024/01.parquet",
        "data/all.parquet",
        "extra/x.csv",
        "extra/notes.txt",
    ];
    const TEXTS: [&str; 5] = [
        "a.jsonl",
        "b/c.CSV.gz",
        "dataset_infos.json",
        "d.parquet.gz",
        "e.bib",
    ];

    const BEIR: [&str; 6] = [
        "README.md",
        "corpus/1.parquet",
        "corpus/2.parquet",
        "queries/1.parquet",
        "old/corpus.jsonl.gz",
        "old/queries.jsonl.gz",
    ];

    fn chosen(files: &[&str], glob: &str) -> Result<Vec<String>, String> {
        let spec = format!("hf://datasets/a/b/{glob}");
        let address = spec.parse().expect("it is an address");
        let listing = listing_of(files);
        let chosen = super::files(&listing, &address).map_err(|error| error.to_string())?;
        Ok(chosen.iter().map(|entry| entry.path.clone()).collect())
    }

    #[test]
    fn globs_folders_and_nothing_choose_files_in_order() {
        let all = [
            "data/2024/01.parquet",
            "data/2024/02.parquet",
            "data/all.parquet",
        ];
        for (files, glob, wanted) in [
            (&PARQUETS[..], "", &all[..]),
            (&PARQUETS, "data", &all),
            (&PARQUETS, "data/*.parquet", &all[2..]),
            (&PARQUETS, "data/**/*.parquet", &all),
            (&PARQUETS, "data/2024/0[12].parquet", &all[..2]),
            (&PARQUETS, "extra/*", &["extra/x.csv"]),
            (&PARQUETS, ".hidden/x.parquet", &[".hidden/x.parquet"]),
            (&BEIR, "", &["corpus/1.parquet", "corpus/2.parquet"]),
            (&BEIR, "old", &["old/corpus.jsonl.gz"]),
            (&BEIR, "queries", &["queries/1.parquet"]),
            (&TEXTS, "", &["a.jsonl", "b/c.CSV.gz", "e.bib"]),
            (&TEXTS, "dataset_infos.json", &["dataset_infos.json"]),
        ] {
            assert_eq!(
                chosen(files, glob).expect("there are some"),
                wanted,
                "{glob:?}"
            );
        }
    }

    #[test]
    fn where_nothing_fits_the_message_says_what_there_is() {
        for (files, glob, wanted) in [
            (&PARQUETS[..], "*.csv", "README.md, data/2024/01.parquet"),
            (&PARQUETS, "dat", "and 2 more"),
            (&PARQUETS, "README.md", "README.md is no file that papers"),
            (&[], "", "no files at all"),
        ] {
            let said = chosen(files, glob).expect_err(glob);
            assert!(said.contains(wanted), "{said:?} does not say {wanted:?}");
        }
    }
}
