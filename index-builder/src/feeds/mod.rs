//! Atom feeds of saved queries (RFC 4287): the newest papers that match each, written beside the artifacts.
//!
//! A feed changes where its papers do, and by nothing else: its dates are those of papers, its ids come from names. So
//! the same papers give the same bytes. [`LIST`] keeps the queries, from which an update writes them anew.

mod atom;

use std::cmp::Reverse;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use shared::hybrid::{By, Corpus, Question, Wanted};
use shared::words::WordIndex;
use shared::{Paper, PaperId, Papers, Searcher};

use crate::pack::OutFolder;

/// The list of a build's feeds, beside its manifest.
pub const LIST: &str = "feeds.json";
/// Feeds that a site may have.
pub const MAX_FEEDS: usize = 20;
/// Longest query of a feed, in characters.
pub const MAX_QUERY: usize = 200;
/// Papers of a feed, at most.
const MOST: usize = 50;
/// Where a query demands nothing, every paper with one of its words matches to some degree: the newest of so many best
/// ones are taken, as in the page.
const NEWEST_OF: usize = 100;
/// Letters of a title that a file's name has, at most.
const NAME: usize = 40;

/// A query that has a feed, in the page's own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedQuery {
    /// What the feed is called.
    pub title: String,
    /// What its papers match.
    pub query: String,
}

/// A feed, as [`LIST`] has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// Its file beside the manifest.
    pub file: String,
    /// What it was made from.
    #[serde(flatten)]
    pub saved: SavedQuery,
}

/// What feeds are of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The site's name.
    pub site: &'a str,
    /// The corpus' name.
    pub corpus: &'a str,
    /// The corpus, in order.
    pub papers: &'a [Paper],
    /// Its columns.
    pub columns: &'a Papers,
    /// Its words.
    pub words: &'a WordIndex,
}

impl SavedQuery {
    /// The file of its feed: the title in small letters and digits. It stays where the query changes, so that readers
    /// need not subscribe anew.
    pub fn file(&self) -> String {
        let mut name = String::new();
        for c in self.title.chars().take(NAME).flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                name.push(c);
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
        }
        let name = name.trim_end_matches('-');
        if name.is_empty() {
            let digest = shared::Sha256::of(self.title.as_bytes());
            return format!("feed-{}.xml", digest.short());
        }
        format!("feed-{name}.xml")
    }

    /// Why no feed could be made of it, in words that say what to do; `None` where one can.
    pub fn fault(&self) -> Option<String> {
        let question = Question::read(&self.query);
        if let Some(error) = question.errors().first() {
            return Some(error.kind.to_string());
        }
        let asks = question.query().root.is_some();
        (!asks).then(|| "it asks for nothing: write a word or a condition such as cat:cs.LG".into())
    }
}

/// Whether a build gives this name to a feed.
pub(crate) fn is_feed(name: &str) -> bool {
    let stem = name
        .strip_prefix("feed-")
        .and_then(|name| name.strip_suffix(".xml"));
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    stem.is_some_and(|stem| !stem.is_empty() && stem.bytes().all(plain))
}

/// The feeds with their names, and the list of them last; nothing where there are no queries.
pub fn files(queries: &[SavedQuery], source: Source) -> Vec<(String, Vec<u8>)> {
    if queries.is_empty() {
        return Vec::new();
    }
    let feed = |saved: &SavedQuery| {
        let papers = newest(source, &saved.query);
        (
            saved.file(),
            atom::feed(saved, source, &papers).into_bytes(),
        )
    };
    let entry = |saved: &SavedQuery| FeedEntry {
        file: saved.file(),
        saved: saved.clone(),
    };
    let entries: Vec<FeedEntry> = queries.iter().map(entry).collect();
    let mut list = serde_json::to_vec_pretty(&entries).expect("texts are writable");
    list.push(b'\n');
    let feeds = queries.iter().map(feed);
    feeds.chain([(LIST.to_owned(), list)]).collect()
}

/// Writes feeds and their list.
pub(crate) fn write(out: &mut OutFolder, queries: &[SavedQuery], source: Source) -> Result<()> {
    for (name, bytes) in files(queries, source) {
        out.add_named(&name, &bytes)?;
    }
    Ok(())
}

/// The queries that a build has feeds of.
///
/// # Errors
/// Where the list is not one.
pub fn read(folder: &Path) -> Result<Vec<SavedQuery>> {
    let path = folder.join(LIST);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("reading {}", path.display()))?,
    };
    let entries: Vec<FeedEntry> = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is no list of feeds", path.display()))?;
    Ok(entries.into_iter().map(|entry| entry.saved).collect())
}

/// The newest papers that match, newest first.
fn newest(source: Source, query: &str) -> Vec<PaperId> {
    let question = Question::read(query);
    let corpus = Corpus {
        papers: source.columns,
        words: Some(source.words),
        vectors: None,
    };
    let answer = |k| {
        let wanted = Wanted {
            by: By::Words,
            ..Wanted::best(k)
        };
        corpus.answer(&question, None, &wanted, None, &mut Searcher::default())
    };
    let mut found = answer(NEWEST_OF);
    if question.demands() && found.n_passing > NEWEST_OF {
        // All of them match, and the newest may be any.
        found = answer(found.n_passing);
    }
    let mut papers: Vec<PaperId> = found.hits.iter().map(|hit| hit.paper).collect();
    papers.sort_by_key(|&paper| Reverse(source.columns.first_submitted(paper)));
    papers.truncate(MOST);
    papers
}

#[cfg(test)]
mod tests;
