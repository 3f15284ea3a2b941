//! `index-builder build`: from papers to a folder that the page loads.

mod chunks;
mod words;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Error, Result};
use ingest::model_files::Which;
use ingest::select::{Selection, select};
use shared::artifact::{Index, IndexParts};
use shared::manifest::{CorpusEntry, PROTOCOL, QualityEntry, SiteEntry};
use shared::quant::Int8Vector;
use shared::{AbstractChunk, Classifier, Encoder, Manifest, Model, Paper, Papers, Query, Sha256};

use crate::embed::{EmbeddingCache, embed_all};
use crate::graph;
use crate::model::{self, PreparedModel, Reference};
use crate::pack::{Existing, OutFolder};
use crate::recall;
use crate::report::{Part, Report};
use chunks::{check_abstracts, write_abstracts, write_words};
use words::{corpus_name, describe, what};

pub(crate) use chunks::CHUNK_PAPERS;

/// Titles that recall is measured with.
const RECALL_QUERIES: usize = 200;
/// Seed of the graph's levels.
const GRAPH_SEED: u64 = 1;
/// The fitted classifier that this repository ships, for the encoder that it ships.
const SHIPPED_CLASSIFIER: &[u8] = include_bytes!("../../corpus/classifier.bin");

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildConfig {
    /// Files of papers.
    pub papers: Vec<PathBuf>,
    /// Folder to write.
    pub out: PathBuf,
    /// Which papers.
    pub selection: Selection,
    /// The encoder.
    pub model: Which,
    /// A classifier of one's own; the shipped one where absent and where it fits the model.
    pub classifier: Option<PathBuf>,
    /// Whether the page can fetch the weights in f32 as well.
    pub reference: Reference,
    /// Name of the corpus; the first file's where absent.
    pub name: Option<String>,
    /// What the page calls itself; its own name where absent.
    pub site: Option<SiteEntry>,
    /// What to do with a folder that holds something.
    pub existing: Existing,
    /// Folder of the embedding cache; this user's where absent.
    pub embeddings: Option<PathBuf>,
}

/// Builds, and says what was done.
///
/// # Errors
/// Bad input, no base encoder, a full disk, Ctrl-C. The folder then has no manifest, or the older
/// build's; the embeddings made so far are kept.
pub fn build(config: &BuildConfig) -> Result<Report> {
    run(config).map_err(with_remedy)
}

/// A full disk is the one failure that the command can be repeated after, as it is.
fn with_remedy(error: Error) -> Error {
    let full = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::StorageFull)
    };
    if error.chain().any(full) {
        return error.context(
            "the disk is full; what was finished is kept: free some space, then run the same command with --resume",
        );
    }
    error
}

fn run(config: &BuildConfig) -> Result<Report> {
    let started = Instant::now();
    let mut out = OutFolder::open(&config.out, config.existing)?;
    let (papers, selected) = select(&config.papers, &config.selection)?;
    let prepared = model::prepare(&config.model)?;
    let model = &prepared.model;
    let classifier = classifier(config, &prepared)?;

    check_abstracts(&papers, AbstractChunk::MAX_TEXT)?;
    out.begin(&what(config))?;

    let mut cache = match &config.embeddings {
        Some(folder) => EmbeddingCache::open(folder, model)?,
        None => EmbeddingCache::open_for_user(model)?,
    };
    let texts: Vec<String> = papers
        .iter()
        .map(|paper| model.meta().document(&paper.title, &paper.abstract_))
        .collect();
    let embedded = embed_all(model, &mut cache, &texts)?;
    drop((texts, cache));

    let linking = Instant::now();
    let (nodes, distinct) = distinct(&embedded.vectors)?;
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
    };
    let link_seconds = linking.elapsed().as_secs_f64();
    let index = Index::parse(parts.to_bytes()).context("the index just written does not open")?;
    let recall = recall::tune(&index, &title_queries(&papers, &prepared));
    if let Some(row) = recall.last() {
        parts.ef = row.ef;
    }
    let mean_links =
        parts.links.iter().map(Vec::len).sum::<usize>() as f64 / (parts.links.len().max(1)) as f64;

    let (chunks, abstracts_bytes) = write_abstracts(&mut out, &papers)?;
    let model_file = out.add("model", &prepared.bytes)?;
    let index_file = out.add("index", &parts.to_bytes())?;
    let papers_file = out.add(
        "papers",
        &Papers::to_bytes(&papers, CHUNK_PAPERS as u32, &chunks),
    )?;
    let classifier_file = classifier
        .map(|classifier| out.add("classifier", &classifier.to_bytes()))
        .transpose()?;

    let words = write_words(&mut out, &papers)?;

    let reference_file = match config.reference {
        Reference::Without => None,
        Reference::With => Some(out.add("reference", &prepared.reference()?)?),
    };

    let mut manifest = Manifest {
        protocol: PROTOCOL,
        build: Sha256::default(),
        builder: env!("CARGO_PKG_VERSION").into(),
        site: config.site.clone(),
        corpus: CorpusEntry {
            name: corpus_name(config),
            papers: papers.len() as u32,
            years: years(&papers),
        },
        model: model_file,
        index: index_file,
        papers: papers_file,
        words: Some(words),
        classifier: classifier_file,
        reference: reference_file,
        abstracts_bytes,
        quality: recall
            .last()
            .filter(|row| row.queries > 0)
            .map(|row| QualityEntry {
                recall_at_10: row.recall_at_10,
                ef: row.ef as u32,
                queries: row.queries as u32,
            }),
    };
    let files = manifest.files().chain(&manifest.reference);
    let digests: Vec<u8> = files.flat_map(|entry| entry.sha256.0).collect();
    manifest.build = Sha256::of(&digests);
    let bytes = manifest.to_bytes();
    Manifest::parse(&bytes).context("the manifest just written does not open")?;
    out.finish(&bytes)?;

    let parts = parts_of(&manifest, chunks.len(), papers.len());
    Ok(Report {
        corpus: manifest.corpus.name.clone(),
        selection: describe(config),
        read: selected.read,
        papers: papers.len(),
        without_vector: nodes.iter().filter(|node| node.is_none()).count(),
        nodes: distinct.len(),
        cut: embedded.n_cut,
        embedded: embedded.n_computed,
        embed_seconds: embedded.seconds,
        papers_per_second: embedded.n_computed as f64 / embedded.seconds.max(1e-9),
        link_seconds,
        seconds: started.elapsed().as_secs_f64(),
        mean_links,
        recall,
        bytes: parts.iter().map(|part| part.bytes).sum(),
        parts,
        model: format!("{} ({})", model.meta().name, prepared.source),
        build: manifest.build.to_string(),
    })
}

/// The classifier asked for, or the shipped one where it fits; another's is refused.
fn classifier(config: &BuildConfig, prepared: &PreparedModel) -> Result<Option<Classifier>> {
    let model = prepared.model.sha256();
    if let Some(path) = &config.classifier {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let classifier =
            Classifier::parse(bytes).with_context(|| format!("in {}", path.display()))?;
        classifier
            .check_model(model)
            .with_context(|| format!("in {}", path.display()))?;
        return Ok(Some(classifier));
    }
    let shipped =
        Classifier::parse(SHIPPED_CLASSIFIER.to_vec()).context("the shipped classifier")?;
    match shipped.check_model(model) {
        Ok(()) => Ok(Some(shipped)),
        Err(why) => {
            tracing::warn!(
                "no category suggestions in this build: the shipped classifier was {why}; `trainer classifier` fits one"
            );
            Ok(None)
        }
    }
}

/// Bytes of the shipped classifier, where it fits `model`.
pub(crate) fn shipped_classifier_bytes(model: &Model) -> u64 {
    let shipped = Classifier::parse(SHIPPED_CLASSIFIER.to_vec());
    let fits = shipped.is_ok_and(|classifier| classifier.check_model(model.sha256()).is_ok());
    if fits {
        SHIPPED_CLASSIFIER.len() as u64
    } else {
        0
    }
}

/// Each paper's node, and the distinct vectors: equal ones share a node, since HNSW makes sinks of them.
///
/// # Errors
/// Where a vector holds what is no finite number.
pub fn distinct(vectors: &[Option<Vec<f32>>]) -> Result<(Vec<Option<u32>>, Vec<Int8Vector>)> {
    let mut known: HashMap<(Vec<i8>, u32), u32> = HashMap::new();
    let mut distinct = Vec::new();
    let mut nodes = Vec::with_capacity(vectors.len());
    for vector in vectors {
        let Some(vector) = vector else {
            nodes.push(None);
            continue;
        };
        let rounded = Int8Vector::quantize(vector)?;
        let node = *known
            .entry((rounded.steps.clone(), rounded.scale.to_bits()))
            .or_insert(distinct.len() as u32);
        if node as usize == distinct.len() {
            distinct.push(rounded);
        }
        nodes.push(Some(node));
    }
    Ok((nodes, distinct))
}

/// Titles spread over the corpus, embedded as questions.
fn title_queries(papers: &[Paper], prepared: &PreparedModel) -> Vec<Query> {
    let mut encoder = Encoder::new(prepared.model.clone());
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
        .chain(&manifest.reference)
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
