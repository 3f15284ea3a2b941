//! From papers and their stored vectors to a folder that the page loads: what `build` and `update`
//! have in common.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use ingest::papers::ReadReport;
use shared::manifest::{CorpusEntry, PROTOCOL, QualityEntry, SearchEntry, SiteEntry};
use shared::quant::{Int8Vector, NotFinite};
use shared::{Encoder, Manifest, Map, Model, Paper, Papers, Query, Sha256};

use super::chunks::{CHUNK_PAPERS, SHARD_CHUNK_PAPERS, write_abstracts, write_words};
use super::vectors;
use crate::embed::Embedded;
use crate::feeds::{self, SavedQuery};
use crate::golden;
use crate::landscape::{Facts, Landscape, Start};
use crate::pack::OutFolder;
use crate::recall::Recall;
use crate::report::{Changes, Part, Report};
use crate::shards;

/// Titles that recall is measured with.
const RECALL_QUERIES: usize = 200;

/// What decides every byte of a build.
pub(crate) struct Ingredients<'a> {
    /// The corpus, in order.
    pub(crate) papers: &'a [Paper],
    /// `[papers]`: what the index stores of each; `None` where there was nothing to embed.
    pub(crate) vectors: &'a [Option<Int8Vector>],
    /// The encoder that made them.
    pub(crate) model: &'a Arc<Model>,
    /// Its artifact.
    pub(crate) model_bytes: &'a [u8],
    /// How well it searches judged questions.
    pub(crate) judged: Vec<SearchEntry>,
    /// The classifier's artifact.
    pub(crate) classifier: Option<Vec<u8>>,
    /// Reads the reference's artifact, when it is its turn: it is the largest of all.
    pub(crate) reference: Option<&'a dyn Fn() -> Result<Vec<u8>>>,
    /// Where the map's points begin; no map where absent.
    pub(crate) map: Option<Start>,
    /// Whether the corpus is cut into pieces, of which the page loads what a question needs.
    pub(crate) in_shards: bool,
    /// What the page calls itself.
    pub(crate) site: Option<SiteEntry>,
    /// Queries that have a feed.
    pub(crate) feeds: &'a [SavedQuery],
    /// Name of the corpus.
    pub(crate) name: String,
}

/// A finished build, as its report needs it.
#[derive(Debug)]
pub(crate) struct Assembled {
    manifest: Manifest,
    n_chunks: usize,
    n_nodes: usize,
    without_vector: usize,
    link_seconds: f64,
    mean_links: f64,
    recall: Vec<Recall>,
    map: Option<Facts>,
}

/// How a build came about, for its report.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    /// How the papers were chosen, as on the command line.
    pub(crate) selection: String,
    /// What the readers saw and dropped.
    pub(crate) read: ReadReport,
    /// What an update did to the papers.
    pub(crate) changes: Option<Changes>,
    /// What was embedded.
    pub(crate) embedded: &'a Embedded,
    /// The encoder and where it came from.
    pub(crate) model: String,
    /// When all began.
    pub(crate) started: Instant,
}

/// Links or cuts, measures and writes: the same ingredients give the same bytes.
///
/// # Errors
/// Where the disk is full, or what was just written does not open.
pub(crate) fn assemble(mut out: OutFolder, of: &Ingredients) -> Result<Assembled> {
    let (model, dim) = (of.model, of.model.meta().architecture.dim);
    let cut = of.in_shards.then(|| {
        let ids: Vec<&str> = of.papers.iter().map(|paper| &*paper.id).collect();
        shards::cut(of.vectors, &ids, dim)
    });
    let ordered = (cut.as_ref()).map(|cut| vectors::in_order(cut, of.papers, of.vectors));
    let (papers, stored) = match &ordered {
        Some((papers, vectors)) => (&papers[..], &vectors[..]),
        None => (of.papers, of.vectors),
    };
    let queries = title_queries(papers, model);
    let source = vectors::Source {
        papers,
        vectors: stored,
        model_sha256: model.sha256(),
        dim,
        golden: golden::of(model)?,
        queries: &queries,
    };
    let without_vector = stored.iter().filter(|vector| vector.is_none()).count();
    let stored = match &cut {
        None => vectors::loaded(&out, &source)?,
        Some(cut) => vectors::sharded(&mut out, &source, &cut.clusters, of.map.is_some())?,
    };

    let chunk_papers = match stored.pieces {
        Some(_) => SHARD_CHUNK_PAPERS,
        None => CHUNK_PAPERS,
    };
    let (chunks, abstracts_bytes) = write_abstracts(&mut out, papers, chunk_papers)?;
    let model_file = out.add("model", of.model_bytes)?;
    let kind = match stored.pieces {
        Some(_) => "clusters",
        None => "index",
    };
    let index_file = out.add(kind, &stored.bytes)?;
    let landscape = of.map.as_ref().map(|start| {
        tracing::info!("laying out the map");
        Landscape::of(&stored.index, papers, start)
    });
    let columns = match &stored.pieces {
        None => Papers::to_bytes(papers, chunk_papers as u32, &chunks),
        Some(pieces) => {
            let examples = examples_of(papers);
            let leaves = pieces.parts(&examples);
            Papers::to_bytes_with_leaves(papers, chunk_papers as u32, &chunks, leaves)
        }
    };
    let papers_file = out.add("papers", &columns)?;
    let classifier_file = match &of.classifier {
        Some(bytes) => Some(out.add("classifier", bytes)?),
        None => None,
    };
    let (words_file, words) = write_words(&mut out, papers)?;
    if !of.feeds.is_empty() {
        // With titles and authors, wherever the page has them.
        let columns = Papers::to_bytes(papers, chunk_papers as u32, &chunks);
        let columns = Papers::parse(columns).context("the papers just written do not open")?;
        let source = feeds::Source {
            site: of.site.as_ref().map_or("Offprint", |site| &site.title),
            corpus: &of.name,
            papers,
            columns: &columns,
            words: &words,
        };
        feeds::write(&mut out, of.feeds, source)?;
    }
    let reference_file = match of.reference {
        Some(read) => Some(out.add("reference", &read()?)?),
        None => None,
    };
    let map_file = match &landscape {
        Some(landscape) => {
            let bytes = landscape.to_bytes(index_file.sha256);
            Map::parse(bytes.clone()).context("the map just written does not open")?;
            Some(out.add("map", &bytes)?)
        }
        None => None,
    };

    let mut manifest = Manifest {
        protocol: PROTOCOL,
        build: Sha256::default(),
        builder: env!("CARGO_PKG_VERSION").into(),
        site: of.site.clone(),
        corpus: CorpusEntry {
            name: of.name.clone(),
            papers: papers.len() as u32,
            years: years(papers),
        },
        model: model_file,
        index: index_file,
        papers: papers_file,
        words: Some(words_file),
        classifier: classifier_file,
        reference: reference_file,
        map: map_file,
        abstracts_bytes,
        quality: stored.quality.map(|quality| QualityEntry {
            search: of.judged.clone(),
            ..quality
        }),
        shards: stored.pieces.map(|pieces| pieces.entry),
    };
    let files = manifest.files().chain(manifest.on_demand());
    let digests: Vec<u8> = files.flat_map(|entry| entry.sha256.0).collect();
    manifest.build = Sha256::of(&digests);
    let bytes = manifest.to_bytes();
    Manifest::parse(&bytes).context("the manifest just written does not open")?;
    out.finish(&bytes)?;
    Ok(Assembled {
        manifest,
        n_chunks: chunks.len(),
        n_nodes: stored.n_nodes,
        without_vector,
        link_seconds: stored.link_seconds,
        mean_links: stored.mean_links,
        recall: stored.recall,
        map: landscape.map(|landscape| landscape.facts()),
    })
}

impl Assembled {
    /// What was done, with how it came about.
    pub(crate) fn report(self, account: Account) -> Report {
        let (manifest, embedded) = (self.manifest, account.embedded);
        let n_papers = manifest.corpus.papers as usize;
        let parts = parts_of(&manifest, self.n_chunks, n_papers);
        Report {
            corpus: manifest.corpus.name,
            selection: account.selection,
            read: account.read,
            papers: n_papers,
            changes: account.changes,
            without_vector: self.without_vector,
            nodes: self.n_nodes,
            cut: embedded.n_cut,
            embedded: embedded.n_computed,
            embed_seconds: embedded.seconds,
            papers_per_second: embedded.n_computed as f64 / embedded.seconds.max(1e-9),
            link_seconds: self.link_seconds,
            seconds: account.started.elapsed().as_secs_f64(),
            mean_links: self.mean_links,
            recall: self.recall,
            map: self.map,
            bytes: parts.iter().map(|part| part.bytes).sum(),
            parts,
            model: account.model,
            build: manifest.build.to_string(),
        }
    }
}

/// What the index stores of each vector.
///
/// # Errors
/// Where a vector holds what is no finite number.
pub fn quantized(vectors: &[Option<Vec<f32>>]) -> Result<Vec<Option<Int8Vector>>, NotFinite> {
    let quantize = |vector: &Option<Vec<f32>>| vector.as_deref().map(Int8Vector::quantize);
    vectors
        .iter()
        .map(|vector| quantize(vector).transpose())
        .collect()
}

/// Each paper's node, and the distinct vectors: equal ones share a node, since HNSW makes sinks of them.
pub fn distinct(vectors: &[Option<Int8Vector>]) -> (Vec<Option<u32>>, Vec<Int8Vector>) {
    let mut known: HashMap<(&[i8], u32), u32> = HashMap::new();
    let mut distinct = Vec::new();
    let mut nodes = Vec::with_capacity(vectors.len());
    for vector in vectors {
        let Some(vector) = vector else {
            nodes.push(None);
            continue;
        };
        let node = *known
            .entry((&vector.steps, vector.scale.to_bits()))
            .or_insert(distinct.len() as u32);
        if node as usize == distinct.len() {
            distinct.push(vector.clone());
        }
        nodes.push(Some(node));
    }
    (nodes, distinct)
}

/// Titles spread over the corpus, embedded as questions.
fn title_queries(papers: &[Paper], model: &Arc<Model>) -> Vec<Query> {
    let mut encoder = Encoder::new(Arc::clone(model));
    let step = papers.len().div_ceil(RECALL_QUERIES).max(1);
    papers
        .iter()
        .step_by(step)
        .filter_map(|paper| encoder.embed_query(&paper.title).ok())
        .filter_map(|embedding| Query::new(&embedding.vector).ok())
        .collect()
}

/// Titles for the page to offer, where it does not load all of them.
fn examples_of(papers: &[Paper]) -> Vec<String> {
    shared::examples(
        papers.len(),
        |at| (&*papers[at].title).into(),
        |at| papers[at].categories.first().map(String::as_str),
    )
}

fn years(papers: &[Paper]) -> Option<(u16, u16)> {
    let years = || papers.iter().filter_map(|paper| paper.year);
    Some((years().min()?, years().max()?))
}

fn parts_of(manifest: &Manifest, n_chunks: usize, n_papers: usize) -> Vec<Part> {
    let per_paper = |bytes: u64| bytes as f64 / n_papers.max(1) as f64;
    let mut parts: Vec<Part> = manifest
        .files()
        .chain(manifest.on_demand())
        .map(|entry| Part {
            part: entry.file.split('-').next().unwrap_or_default().to_owned(),
            file: entry.file.clone(),
            bytes: entry.bytes,
            bytes_per_paper: per_paper(entry.bytes),
            sha256: Some(entry.sha256.to_string()),
        })
        .collect();
    let words = manifest.words.as_ref();
    let shards = manifest.shards.as_ref();
    let sums = [
        ("shards", shards.map_or(0, |of| of.shards_bytes)),
        ("leaves", shards.map_or(0, |of| of.leaves_bytes)),
        ("words", words.map_or(0, |words| words.words_bytes)),
        ("places", words.map_or(0, |words| words.places_bytes)),
        ("abstracts", manifest.abstracts_bytes),
    ];
    let of_shards = ["shards", "leaves"];
    for (part, bytes) in sums {
        if shards.is_none() && of_shards.contains(&part) {
            continue;
        }
        parts.push(Part {
            part: part.into(),
            file: if part == "abstracts" {
                format!("{n_chunks} files")
            } else {
                "in pieces".into()
            },
            bytes,
            bytes_per_paper: per_paper(bytes),
            sha256: None,
        });
    }
    parts
}
