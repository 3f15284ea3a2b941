//! From papers and their stored vectors to a folder that the page loads: what `build` and `update`
//! have in common.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use ingest::papers::ReadReport;
use shared::artifact::{Index, IndexParts};
use shared::manifest::{CorpusEntry, PROTOCOL, QualityEntry, SearchEntry, SiteEntry};
use shared::quant::{Int8Vector, NotFinite};
use shared::{Encoder, Manifest, Map, Model, Paper, Papers, Query, Sha256};

use super::chunks::{CHUNK_PAPERS, write_abstracts, write_words};
use crate::embed::Embedded;
use crate::feeds::{self, SavedQuery};
use crate::golden;
use crate::graph;
use crate::landscape::{Facts, Landscape, Start};
use crate::pack::OutFolder;
use crate::recall::{self, Breadth, Judge, Recall};
use crate::report::{Changes, Part, Report};

/// Titles that recall is measured with.
const RECALL_QUERIES: usize = 200;
/// Seed of the graph's levels.
const GRAPH_SEED: u64 = 1;

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

/// Links, measures and writes: the same ingredients give the same bytes.
///
/// # Errors
/// Where the disk is full, or what was just written does not open.
pub(crate) fn assemble(mut out: OutFolder, of: &Ingredients) -> Result<Assembled> {
    let (papers, model) = (of.papers, of.model);
    let linking = Instant::now();
    let (nodes, distinct) = distinct(of.vectors);
    tracing::info!("linking {} distinct vectors", distinct.len());
    let graph = graph::build_or_resume(&distinct, GRAPH_SEED, out.path())?;
    let mut place = vec![0_u32; distinct.len()];
    for (at, &vector) in graph.order.iter().enumerate() {
        place[vector as usize] = at as u32;
    }
    let mut parts = IndexParts {
        model_sha256: model.sha256(),
        dim: model.meta().architecture.dim,
        ef: 64,
        depth: None,
        nodes: nodes
            .iter()
            .map(|node| node.map(|node| place[node as usize]))
            .collect(),
        vectors: graph
            .order
            .iter()
            .map(|&vector| distinct[vector as usize].clone())
            .collect(),
        links: graph.links,
        upper: graph.upper,
        golden: golden::of(model)?,
    };
    let link_seconds = linking.elapsed().as_secs_f64();
    let index = Index::parse(parts.to_bytes()).context("the index just written does not open")?;
    let queries = title_queries(papers, model);
    let judge = Judge::new(&index, &queries);
    let recall = [judge.tune_graph(), judge.tune_codes()];
    for row in recall.iter().filter_map(|rows| rows.last()) {
        match row.breadth {
            Breadth::Graph { ef } => parts.ef = ef,
            Breadth::Codes { depth } => parts.depth = Some(depth),
        }
    }
    let mean_links =
        parts.links.iter().map(Vec::len).sum::<usize>() as f64 / (parts.links.len().max(1)) as f64;

    let (chunks, abstracts_bytes) = write_abstracts(&mut out, papers)?;
    let model_file = out.add("model", of.model_bytes)?;
    let index_file = out.add("index", &parts.to_bytes())?;
    let landscape = of.map.as_ref().map(|start| {
        tracing::info!("laying out the map");
        Landscape::of(&index, papers, start)
    });
    let columns = Papers::to_bytes(papers, CHUNK_PAPERS as u32, &chunks);
    let papers_file = out.add("papers", &columns)?;
    let classifier_file = match &of.classifier {
        Some(bytes) => Some(out.add("classifier", bytes)?),
        None => None,
    };
    let (words_file, words) = write_words(&mut out, papers)?;
    if !of.feeds.is_empty() {
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
        quality: match [&recall[0], &recall[1]].map(|rows| rows.last()) {
            [Some(graph), Some(codes)] if !queries.is_empty() => Some(QualityEntry {
                recall_at_10: graph.recall_at_10,
                ef: parts.ef as u32,
                recall_by_codes: Some(codes.recall_at_10),
                depth: parts.depth.map(|depth| depth as u32),
                queries: queries.len() as u32,
                nearest_at_99: recall::nearest_at_99(&index),
                search: of.judged.clone(),
            }),
            _ => None,
        },
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
        n_nodes: distinct.len(),
        without_vector: nodes.iter().filter(|node| node.is_none()).count(),
        link_seconds,
        mean_links,
        recall: recall.concat(),
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
    let sums = [
        ("words", words.map_or(0, |words| words.words_bytes)),
        ("places", words.map_or(0, |words| words.places_bytes)),
        ("abstracts", manifest.abstracts_bytes),
    ];
    for (part, bytes) in sums {
        parts.push(Part {
            part: part.into(),
            file: if part == "abstracts" {
                format!("{n_chunks} files")
            } else {
                "in chunks".into()
            },
            bytes,
            bytes_per_paper: per_paper(bytes),
            sha256: None,
        });
    }
    parts
}
