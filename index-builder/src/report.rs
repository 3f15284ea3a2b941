//! What a build did, for people and as JSON.

use std::fmt;

use ingest::papers::ReadReport;
use serde::Serialize;

use crate::landscape::Facts;
use crate::recall::{Breadth, Recall};

/// Bytes of one part of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// What it is.
    pub part: String,
    /// File name, or how many files.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Bytes a paper.
    pub bytes_per_paper: f64,
    /// SHA-256, where the part is one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What an update did to the papers of a build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Papers that the build did not have.
    pub added: usize,
    /// Papers that it had otherwise.
    pub replaced: usize,
    /// Papers taken out.
    pub removed: usize,
    /// Papers that were given, and that it had just so.
    pub same: usize,
}

/// What a build did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Name of the corpus.
    pub corpus: String,
    /// How it was chosen, as on the command line.
    pub selection: String,
    /// What the readers saw and dropped.
    pub read: ReadReport,
    /// Papers indexed.
    pub papers: usize,
    /// What became of the papers of an older build, where one was added to.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// Papers without a single token, which only their id finds.
    pub without_vector: usize,
    /// Distinct vectors.
    pub nodes: usize,
    /// Papers whose text was longer than the model's window, of those whose vector no older build had.
    pub cut: usize,
    /// Embeddings that the cache did not have.
    pub embedded: usize,
    /// Seconds of embedding.
    pub embed_seconds: f64,
    /// Embeddings computed a second.
    pub papers_per_second: f64,
    /// Seconds of linking.
    pub link_seconds: f64,
    /// Seconds in all.
    pub seconds: f64,
    /// Mean links of a ground node.
    pub mean_links: f64,
    /// Recall against exact search by breadth; the last row is what the page uses.
    pub recall: Vec<Recall>,
    /// The map, where there is one: what it took and how true it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<Facts>,
    /// Bytes by part.
    pub parts: Vec<Part>,
    /// All bytes.
    pub bytes: u64,
    /// The base encoder and where it came from.
    pub model: String,
    /// Name of the build.
    pub build: String,
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            added,
            replaced,
            removed,
            same,
        } = self;
        write!(
            f,
            "{added} added, {replaced} replaced, {removed} removed; {same} were there just so"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} papers ({})",
            self.corpus, self.papers, self.selection
        )?;
        writeln!(
            f,
            "  read      {}",
            self.read
                .to_string()
                .trim_end()
                .replace('\n', "\n            ")
        )?;
        if let Some(changes) = &self.changes {
            writeln!(f, "  papers    {changes}")?;
        }
        writeln!(f, "  model     {}", self.model)?;
        writeln!(
            f,
            "  embedded  {} papers in {:.1} s ({:.1} papers/s), {} from the {}; {} longer than the window, {} without a token",
            self.embedded,
            self.embed_seconds,
            self.papers_per_second,
            self.papers - self.embedded.min(self.papers),
            if self.changes.is_some() {
                "older build or the cache"
            } else {
                "cache"
            },
            self.cut,
            self.without_vector,
        )?;
        writeln!(
            f,
            "  linked    {} distinct vectors in {:.1} s, {:.1} links each",
            self.nodes, self.link_seconds, self.mean_links
        )?;
        for row in &self.recall {
            let road = match row.breadth {
                Breadth::Graph { .. } => "the graph",
                Breadth::Codes { .. } => "1-bit codes",
                Breadth::Shards(_) => "shards",
            };
            writeln!(
                f,
                "  recall@10 {:.4} by {road} at {} ({} titles as queries, against exact search)",
                row.recall_at_10, row.breadth, row.queries
            )?;
            if let Some(fetched) = row.fetched {
                writeln!(
                    f,
                    "            for {} bytes a question, at most {} for 95 of 100",
                    fetched.mean_bytes, fetched.p95_bytes
                )?;
            }
        }
        if let Some(map) = &self.map {
            writeln!(f, "  map       {map}")?;
        }
        for part in &self.parts {
            writeln!(
                f,
                "  {:<10}{:>12} bytes {:>9.1} a paper  {}",
                part.part, part.bytes, part.bytes_per_paper, part.file
            )?;
        }
        writeln!(
            f,
            "  in all    {:>12} bytes; {:.1} s; build {}",
            self.bytes, self.seconds, self.build
        )
    }
}
