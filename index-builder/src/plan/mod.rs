//! `index-builder plan`: what a corpus will cost, before anyone waits for it.
//!
//! One pass over the papers (`corpus`) gives their bytes; the formats give what becomes of them
//! (`estimate`); the speed of embedding is measured here and now, on some of the texts.

mod corpus;
mod estimate;

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use ingest::model_files::Which;
use ingest::papers;
use ingest::select::{Selection, select};
use rayon::prelude::*;
use serde::Serialize;
use shared::{Encoder, Model};

use crate::build::{self, CHUNK_PAPERS, SHARD_CHUNK_PAPERS, Tier};
use crate::embed::EmbeddingCache;
use crate::golden;
use crate::landscape::MapChoice;
use crate::model;
use corpus::{Corpus, WordBytes};

/// What GitHub Pages publishes at most: <https://docs.github.com/pages>, "GitHub Pages limits".
const PAGES_BYTES: u64 = 1_000_000_000;
/// Shell, programs and fonts of the page itself, which index-builder does not make.
const SHELL_BYTES: u64 = 4_000_000;

/// What is to be planned.
#[derive(Debug, Clone)]
pub struct PlanConfig {
    /// Files of papers.
    pub papers: Vec<PathBuf>,
    /// Which papers.
    pub selection: Selection,
    /// The encoder.
    pub model: Which,
    /// A classifier of one's own; the shipped one where absent and where it fits the model.
    pub classifier: Option<PathBuf>,
    /// Whether the build would have a map.
    pub map: MapChoice,
    /// Whether the page would load all of it, or pieces.
    pub tier: Tier,
    /// Plan for so many papers like those that are read; for those where absent.
    pub papers_like: Option<u64>,
}

/// What a build will cost. Bytes are counts of bytes, times are seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Papers that would be indexed.
    pub papers: u64,
    /// Rows read, and those dropped.
    pub read: papers::ReadReport,
    /// Bytes of the model artifact.
    pub model_bytes: u64,
    /// Whether the corpus would be cut into pieces.
    pub in_shards: bool,
    /// Bytes of the index, or of the table of clusters.
    pub index_bytes: u64,
    /// Bytes of all shards, of which a question needs a few; 0 where all is loaded.
    pub shards_bytes: u64,
    /// Bytes of all leaves, of which an answer needs a few; 0 where all is loaded.
    pub leaves_bytes: u64,
    /// Bytes of the papers artifact.
    pub papers_bytes: u64,
    /// Bytes of the classifier that the build would take.
    pub classifier_bytes: u64,
    /// Bytes of the table of words.
    pub table_bytes: u64,
    /// Bytes of all words, which are fetched as they are asked for.
    pub words_bytes: u64,
    /// Bytes of the words' places, which phrases need.
    pub places_bytes: u64,
    /// Bytes of the map, which is fetched when it is opened; 0 for none.
    pub map_bytes: u64,
    /// Bytes of all abstracts, which are fetched as they are read.
    pub abstracts_bytes: u64,
    /// Bytes fetched before the first search by meaning, without the page's own few megabytes.
    pub first_load_bytes: u64,
    /// Bytes of the site, the page itself included.
    pub site_bytes: u64,
    /// Memory of the page, once loaded.
    pub page_memory_bytes: u64,
    /// Memory of the build.
    pub build_memory_bytes: u64,
    /// Papers whose embeddings are in the cache.
    pub embedded: u64,
    /// Embeddings a second, measured now on all cores; absent where none is missing.
    pub papers_per_second: Option<f64>,
    /// Seconds of embedding what is missing.
    pub embed_seconds: f64,
    /// Seconds of linking.
    pub link_seconds: f64,
    /// Seconds of laying out the map.
    pub map_seconds: f64,
    /// Seconds of reading the papers, as now.
    pub read_seconds: f64,
    /// Of papers like these, how many a site of GitHub Pages holds.
    pub most_papers_on_pages: u64,
    /// And how many were abstracts left out.
    pub most_papers_without_abstracts: u64,
    /// And how many were the places of words left out as well, so that phrases could not be asked for.
    pub most_papers_without_places: u64,
}

/// Reads the papers, measures, and adds up.
///
/// # Errors
/// Bad input, no base encoder, or no paper that passes.
pub fn plan(config: &PlanConfig) -> Result<Plan> {
    let prepared = model::prepare(&config.model)?;
    let model = &prepared.model;
    let kept = EmbeddingCache::kept_for_user(model)?;
    // Before the papers are counted, by what is known: a few bytes of abstracts depend on it.
    let expected = (config.papers_like).or(config.selection.sample.map(|(n, _)| n as u64));
    let may_be_in_shards = config.tier.in_shards(expected.unwrap_or_default() as usize);
    let chunk_papers = if may_be_in_shards {
        SHARD_CHUNK_PAPERS
    } else {
        CHUNK_PAPERS
    };
    let mut corpus = Corpus::new(model, &kept, chunk_papers, config.papers_like.is_some());
    let started = Instant::now();
    let read = gather(config, &mut corpus)?;
    let read_seconds = started.elapsed().as_secs_f64();
    if corpus.n == 0 {
        bail!("no paper is left to index: {read}");
    }

    let n = config.papers_like.unwrap_or(corpus.n);
    let share = n as f64 / corpus.n as f64;
    let times = |count: u64| (count as f64 * share).round() as u64;
    let n_missing = n.saturating_sub(corpus.n_embedded);
    let in_shards = config.tier.in_shards(n as usize);
    let papers_per_second = (n_missing > 0).then(|| speed(model, &corpus.texts));
    let model_bytes = prepared.bytes.len() as u64;
    let dim = model.meta().architecture.dim;
    let (ids, cards) = (times(corpus.id_bytes), times(corpus.card_bytes));
    let n_categories = times(corpus.n_category_entries);
    let vectors_bytes = if in_shards {
        estimate::clusters_bytes(n, dim)
    } else {
        estimate::index_bytes(n, dim)
    };
    let index_bytes = vectors_bytes + golden::bytes(dim);
    let (shards_bytes, leaves_bytes) = if in_shards {
        let leaves = estimate::leaves_bytes(n, dim, cards);
        (estimate::shards_bytes(n, dim), leaves)
    } else {
        (0, 0)
    };
    let columns = if in_shards {
        estimate::papers_bytes_in_shards(n, ids, n_categories)
    } else {
        estimate::papers_bytes(n, ids + cards, n_categories)
    };
    let papers_bytes = columns
        + corpus
            .categories
            .iter()
            .map(|code| code.len() as u64 + 3)
            .sum::<u64>();
    let abstracts_bytes = times(corpus.chunk_bytes());
    let classifier_bytes = match &config.classifier {
        Some(path) => std::fs::metadata(path)
            .with_context(|| format!("reading {}", path.display()))?
            .len(),
        None => build::shipped_classifier_bytes(model),
    };
    let words = corpus.word_bytes();
    let words = WordBytes {
        table: times(words.table),
        words: times(words.words),
        places: times(words.places),
    };
    let fixed = model_bytes + classifier_bytes;
    let growing = index_bytes + papers_bytes + words.table;
    let first_load_bytes = fixed + growing;
    let (map_bytes, map_seconds) = match config.map {
        MapChoice::Without => (0, 0.0),
        _ => (estimate::map_bytes(n), estimate::map_seconds(n)),
    };
    let pieces = shards_bytes + leaves_bytes;
    let later_bytes = words.words + words.places + abstracts_bytes + map_bytes + pieces;
    let on_pages = |without: u64| {
        let a_paper = (growing + later_bytes - without) as f64 / n as f64;
        (PAGES_BYTES.saturating_sub(fixed + SHELL_BYTES) as f64 / a_paper) as u64
    };
    Ok(Plan {
        papers: n,
        read,
        model_bytes,
        in_shards,
        index_bytes,
        shards_bytes,
        leaves_bytes,
        papers_bytes,
        classifier_bytes,
        table_bytes: words.table,
        words_bytes: words.words,
        places_bytes: words.places,
        map_bytes,
        abstracts_bytes,
        first_load_bytes,
        site_bytes: first_load_bytes + later_bytes + SHELL_BYTES,
        page_memory_bytes: estimate::page_memory(first_load_bytes, n, dim, in_shards),
        build_memory_bytes: estimate::build_memory(
            n,
            dim,
            ids + cards + times(corpus.abstract_bytes),
        ),
        embedded: corpus.n_embedded,
        papers_per_second,
        embed_seconds: papers_per_second.map_or(0.0, |speed| n_missing as f64 / speed),
        link_seconds: if in_shards && map_bytes == 0 {
            0.0
        } else {
            estimate::link_seconds(n)
        },
        map_seconds,
        read_seconds: read_seconds * share,
        most_papers_on_pages: on_pages(0),
        most_papers_without_abstracts: on_pages(abstracts_bytes),
        most_papers_without_places: on_pages(abstracts_bytes + words.places),
    })
}

/// All papers that the selection takes: only a sample is ever held in memory.
fn gather(config: &PlanConfig, corpus: &mut Corpus) -> Result<papers::ReadReport> {
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} reading: {human_pos} papers, {per_sec}")
            .expect("a valid template"),
    );
    let selection = &config.selection;
    let read = if selection.sample.is_some() {
        let (papers, report) = select(&config.papers, selection)?;
        for paper in papers {
            bar.inc(1);
            corpus.add(paper);
        }
        report.read
    } else {
        papers::read_while(&papers::resolve(&config.papers)?, &mut |paper| {
            if selection.passes(&paper) {
                bar.inc(1);
                corpus.add(paper);
            }
            Ok(match selection.limit {
                Some(limit) if corpus.n >= limit as u64 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        })?
    };
    bar.finish_and_clear();
    Ok(read)
}

/// Texts embedded a second on all cores.
fn speed(model: &Arc<Model>, texts: &[String]) -> f64 {
    let embed = |encoder: &mut Encoder, text: &String| {
        // What has no token takes no time.
        let _ = encoder.embed(text);
    };
    let started = Instant::now();
    texts
        .par_iter()
        .for_each_init(|| Encoder::new(Arc::clone(model)), embed);
    texts.len() as f64 / started.elapsed().as_secs_f64().max(1e-9)
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = |seconds: f64| HumanDuration(Duration::from_secs_f64(seconds)).to_string();
        // A connection's bits a second, in bytes.
        let load = |mbit: f64| about(self.first_load_bytes as f64 / (mbit * 1e6 / 8.0));
        let read = self.read.to_string();
        writeln!(f, "papers      {}", self.papers)?;
        writeln!(
            f,
            "read        {}",
            read.trim_end().replace('\n', "\n            ")
        )?;
        writeln!(f, "\nfiles")?;
        for (name, bytes) in [
            ("model", self.model_bytes),
            (
                if self.in_shards { "clusters" } else { "index" },
                self.index_bytes,
            ),
            ("papers", self.papers_bytes),
            ("classifier", self.classifier_bytes),
            ("table", self.table_bytes),
        ] {
            writeln!(f, "  {name:<10}{:>9}", megabytes(bytes))?;
        }
        writeln!(
            f,
            "  first load{:>9}, {} at 10 Mbit/s, {} at 50 Mbit/s; once, then it is on the device",
            megabytes(self.first_load_bytes),
            load(10.0),
            load(50.0),
        )?;
        for (name, bytes, when) in [
            (
                "shards",
                self.shards_bytes,
                "fetched as questions need them",
            ),
            ("leaves", self.leaves_bytes, "fetched as answers need them"),
            ("words", self.words_bytes, "fetched as they are asked for"),
            ("places", self.places_bytes, "fetched for phrases"),
            ("map", self.map_bytes, "fetched when it is opened"),
            (
                "abstracts",
                self.abstracts_bytes,
                "fetched as they are read",
            ),
        ] {
            if bytes > 0 {
                writeln!(f, "  {name:<10}{:>9}, {when}", megabytes(bytes))?;
            }
        }
        writeln!(
            f,
            "  site      {:>9} with the page itself; GitHub Pages takes 1,000 MB",
            megabytes(self.site_bytes)
        )?;
        writeln!(f, "\nmemory")?;
        writeln!(f, "  page      {:>9}", megabytes(self.page_memory_bytes))?;
        writeln!(f, "  build     {:>9}", megabytes(self.build_memory_bytes))?;
        writeln!(f, "\ntime of a build on this machine")?;
        writeln!(f, "  reading   {}", about(self.read_seconds))?;
        match self.papers_per_second {
            Some(speed) => writeln!(
                f,
                "  embedding {} ({:.0} papers a second, measured now; {} of {} are in the cache)",
                about(self.embed_seconds),
                speed,
                self.embedded,
                self.papers
            )?,
            None => writeln!(f, "  embedding none: all are in the cache")?,
        }
        writeln!(f, "  linking   {}, on one core", about(self.link_seconds))?;
        writeln!(f, "  map       {}", about(self.map_seconds))?;
        if self.site_bytes > PAGES_BYTES {
            writeln!(
                f,
                "\nToo large for GitHub Pages: of papers like these it holds about {}. Take fewer with --sample or --where.\n\
                 Were abstracts on another site it would hold {}, and {} without the places of words, which phrases need.",
                self.most_papers_on_pages,
                self.most_papers_without_abstracts,
                self.most_papers_without_places
            )?;
        }
        Ok(())
    }
}

/// Bytes in megabytes of 10⁶, as download sizes are given.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
