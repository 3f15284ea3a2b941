//! `index-builder build`: from papers to a folder that the page loads.

mod assemble;
mod chunks;
mod vectors;
mod words;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Error, Result};
use ingest::model_files::Which;
use ingest::select::{Selection, select};
use shared::manifest::SiteEntry;
use shared::{AbstractChunk, Classifier, Model, Paper};

use crate::embed::{Embedded, EmbeddingCache, embed_all};
use crate::feeds::SavedQuery;
use crate::interrupt::Interrupted;
use crate::landscape::MapChoice;
use crate::model::{self, PreparedModel, Reference};
use crate::pack::{Existing, OutFolder};
use crate::report::Report;
use words::{corpus_name, describe, what};

pub(crate) use assemble::{Account, Ingredients, assemble};
pub use assemble::{distinct, quantized};
pub(crate) use chunks::check_abstracts;
pub(crate) use chunks::{CHUNK_PAPERS, SHARD_CHUNK_PAPERS};

/// The fitted classifier that this repository ships, for the encoder that it ships.
const SHIPPED_CLASSIFIER: &[u8] = include_bytes!("../../models/arxiv-minilm/classifier.bin");

/// Papers up to which a page loads them all, where nobody says otherwise: some 90 MB with their vectors.
const MOST_LOADED: usize = 200_000;

/// What a page loads of a corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// All of it up to 200,000 papers, pieces of more.
    #[default]
    Auto,
    /// All of it: search by meaning is exact or nearly so, and works offline at once.
    Loaded,
    /// The pieces that a question needs: search by meaning is approximate.
    Sharded,
}

impl Tier {
    /// Whether a corpus of so many papers is cut into pieces.
    pub fn in_shards(self, n_papers: usize) -> bool {
        match self {
            Self::Auto => n_papers > MOST_LOADED,
            Self::Loaded => false,
            Self::Sharded => true,
        }
    }
}

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
    /// Whether there is a map, and where its points begin.
    pub map: MapChoice,
    /// Whether the page loads all of it, or pieces.
    pub tier: Tier,
    /// Name of the corpus; the first file's where absent.
    pub name: Option<String>,
    /// What the page calls itself; its own name where absent.
    pub site: Option<SiteEntry>,
    /// Queries that have a feed.
    pub feeds: Vec<SavedQuery>,
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
    run(config).map_err(|error| with_remedy(error, "run the same command with --resume"))
}

/// After a full disk and Ctrl-C the command can be repeated; `again` says how.
pub(crate) fn with_remedy(error: Error, again: &str) -> Error {
    let full = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::StorageFull)
    };
    if error.chain().any(full) {
        return error.context(format!(
            "the disk is full; what was finished is kept: free some space, then {again}"
        ));
    }
    if error.is::<Interrupted>() {
        return error.context(format!(
            "interrupted: the embeddings made so far are kept; {again} to go on"
        ));
    }
    error
}

fn run(config: &BuildConfig) -> Result<Report> {
    let started = Instant::now();
    let out = OutFolder::open(&config.out, config.existing)?;
    let (papers, selected) = select(&config.papers, &config.selection)?;
    let prepared = model::prepare(&config.model)?;
    let classifier = classifier(config, &prepared)?;
    let map = config.map.open()?;

    check_abstracts(&papers, AbstractChunk::MAX_TEXT)?;
    out.begin(&what(config))?;

    let texts = texts(&prepared.model, &papers);
    let embedded = embed_texts(&prepared.model, config.embeddings.as_deref(), &texts)?;
    drop(texts);

    let reference = || prepared.reference();
    let assembled = assemble(
        out,
        &Ingredients {
            vectors: &quantized(&embedded.vectors)?,
            papers: &papers,
            model: &prepared.model,
            model_bytes: &prepared.bytes,
            judged: prepared.judged.clone(),
            classifier: classifier.map(|classifier| classifier.to_bytes()),
            reference: match config.reference {
                Reference::Without => None,
                Reference::With => Some(&reference),
            },
            map,
            in_shards: config.tier.in_shards(papers.len()),
            site: config.site.clone(),
            feeds: &config.feeds,
            name: corpus_name(config),
        },
    )?;
    let model = format!("{} ({})", prepared.model.meta().name, prepared.source);
    Ok(assembled.report(Account {
        selection: describe(config),
        read: selected.read,
        changes: None,
        embedded: &embedded,
        model,
        started,
    }))
}

/// What is embedded of each paper.
pub(crate) fn texts<'a>(model: &Model, papers: impl IntoIterator<Item = &'a Paper>) -> Vec<String> {
    let text = |paper: &Paper| model.meta().document(&paper.title, &paper.abstract_);
    papers.into_iter().map(text).collect()
}

/// Embeds `texts` with the cache in `folder`, or with this user's.
pub(crate) fn embed_texts(
    model: &Arc<Model>,
    folder: Option<&Path>,
    texts: &[String],
) -> Result<Embedded> {
    let mut cache = match folder {
        Some(folder) => EmbeddingCache::open(folder, model)?,
        None => EmbeddingCache::open_for_user(model)?,
    };
    embed_all(model, &mut cache, texts)
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
