//! `index-builder update`: new papers for a finished build, without embedding the old ones again.
//!
//! The graph, the words and the columns are made anew, of the vectors that the build has stored: so
//! the bytes are those of `build` over the old papers and then the new ones, where that takes every
//! paper. A `--sample` would draw others from the larger corpus, which no update can know.

mod union;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use ingest::papers::{self, ReadReport};
use shared::quant::Int8Vector;
use shared::{AbstractChunk, Encoder, PaperId};

use crate::build::{
    Account, Ingredients, assemble, check_abstracts, embed_texts, quantized, texts, with_remedy,
};
use crate::feeds;
use crate::folder::{self, Folder};
use crate::landscape::MapChoice;
use crate::pack::{Existing, OutFolder};
use crate::report::{Changes, Report};
use union::Union;

/// Old papers that are embedded again, to see that this program computes as that of the build did.
const PROBES: usize = 3;

/// What to add, and to which build.
#[derive(Debug, Clone)]
pub struct UpdateConfig {
    /// Folder of the build.
    pub artifacts: PathBuf,
    /// Files of new papers.
    pub papers: Vec<PathBuf>,
    /// A list of ids, one a line, of papers that are taken out.
    pub remove: Option<PathBuf>,
    /// Folder to write; that of the build where absent.
    pub out: Option<PathBuf>,
    /// What to do with an [`Self::out`] that holds something.
    pub existing: Existing,
    /// A build whose map's places papers keep; laid out from scratch where absent.
    pub map_from: Option<PathBuf>,
    /// Name of the corpus; the build's where absent.
    pub name: Option<String>,
    /// Folder of the embedding cache; this user's where absent.
    pub embeddings: Option<PathBuf>,
}

/// What became of the build.
#[derive(Debug)]
pub enum Updated {
    /// Another one was written.
    Built(Box<Report>),
    /// There was nothing to change, and nothing was.
    Unchanged {
        /// What the readers saw and dropped.
        read: ReadReport,
        /// Papers that were given, all of which the build has just so.
        same: usize,
    },
}

/// Adds papers, and says what was done.
///
/// A paper with the id of an old one takes its place, and is embedded only where its text differs.
/// Model, classifier, reference weights, title, name and the queries of feeds stay those of the build, which has a map
/// again where it had one.
///
/// # Errors
/// No finished build, or one that this program cannot go on with; bad input, a full disk, Ctrl-C. The
/// older build then stays as it was; embeddings made so far are kept.
pub fn update(config: &UpdateConfig) -> Result<Updated> {
    run(config).map_err(|error| with_remedy(error, "run the same command again"))
}

fn run(config: &UpdateConfig) -> Result<Updated> {
    let started = Instant::now();
    let old = open(&config.artifacts)?;
    let (new, read) = match &*config.papers {
        [] => (Vec::new(), ReadReport::default()),
        inputs => papers::read_all(&papers::resolve(inputs)?)?,
    };
    let remove = match &config.remove {
        Some(path) => ids(path)?,
        None => Vec::new(),
    };
    let old_name = &old.manifest.corpus.name;
    let name = config.name.as_ref().unwrap_or(old_name);
    let of_old = old.all_papers()?;
    let union = Union::of(of_old, new, &remove, |paper| {
        old.model.meta().document(&paper.title, &paper.abstract_)
    });
    let Changes { same, .. } = union.changes;
    if !union.is_changed() && name == old_name {
        return Ok(Updated::Unchanged { read, same });
    }
    ensure!(
        !union.papers.is_empty(),
        "no paper would be left: keep one, or remove the folder"
    );
    tracing::info!("{}: {}", config.artifacts.display(), union.changes);
    check_abstracts(&union.papers, AbstractChunk::MAX_TEXT)?;
    check_encoder(&old, &union)?;
    let map = match (&old.manifest.map, &config.map_from) {
        (None, None) => MapChoice::Without,
        (Some(_), None) => MapChoice::New,
        (_, Some(folder)) => MapChoice::From(folder.clone()),
    };
    let map = map.open()?;

    let (folder, existing) = match &config.out {
        Some(out) => (&**out, config.existing),
        None => (&*config.artifacts, Existing::Replace),
    };
    let out = OutFolder::open(folder, existing)?;
    // Now that the folder is ours, it must still be what was read.
    ensure!(
        folder::manifest(&config.artifacts)? == old.manifest,
        "{} was built again meanwhile: run the same command again",
        config.artifacts.display()
    );
    let selection = what(config);
    out.begin(&selection)?;

    let missing = union.missing();
    let texts = texts(&old.model, missing.iter().map(|&at| &union.papers[at]));
    let embedded = embed_texts(&old.model, config.embeddings.as_deref(), &texts)?;
    drop(texts);
    let mut vectors: Vec<Option<Int8Vector>> = union
        .stored
        .iter()
        .map(|stored| old.vectors.int8_vector((*stored)?))
        .collect();
    for (at, vector) in missing.into_iter().zip(quantized(&embedded.vectors)?) {
        vectors[at] = vector;
    }

    let manifest = &old.manifest;
    let feeds = feeds::read(&config.artifacts)?;
    let reference = manifest.reference.as_ref().map(|entry| || old.bytes(entry));
    let classifier = manifest.classifier.as_ref();
    let assembled = assemble(
        out,
        &Ingredients {
            papers: &union.papers,
            vectors: &vectors,
            model: &old.model,
            model_bytes: &old.bytes(&manifest.model)?,
            judged: (manifest.quality.as_ref()).map_or_else(Vec::new, |of| of.search.clone()),
            classifier: classifier.map(|entry| old.bytes(entry)).transpose()?,
            reference: reference.as_ref().map(|read| read as _),
            map,
            in_shards: manifest.shards.is_some(),
            site: manifest.site.clone(),
            feeds: &feeds,
            name: name.clone(),
        },
    )?;
    Ok(Updated::Built(Box::new(assembled.report(Account {
        selection,
        read,
        changes: Some(union.changes),
        embedded: &embedded,
        model: format!("{} (the build's own)", old.model.meta().name),
        started,
    }))))
}

/// Opens a build that can be added to.
fn open(path: &Path) -> Result<Folder> {
    let shown = path.display();
    let build = Folder::open(path).with_context(|| {
        format!("{shown} holds no finished build to add papers to: name one with --artifacts")
    })?;
    ensure!(
        build.manifest.words.is_some(),
        "{shown} was built before builds held words: build it once more with `index-builder build`"
    );
    Ok(build)
}

/// Refuses a build whose vectors this program would not have made: new ones would not fit them.
fn check_encoder(old: &Folder, union: &Union) -> Result<()> {
    let kept: Vec<(usize, PaperId)> = (union.stored.iter().enumerate())
        .filter_map(|(at, stored)| Some((at, (*stored)?)))
        .collect();
    let mut encoder = Encoder::new(old.model.clone());
    for &(at, paper) in kept.iter().step_by(kept.len().div_ceil(PROBES).max(1)) {
        let text = texts(&old.model, [&union.papers[at]]).concat();
        let vector = match encoder.embed(&text) {
            Ok(embedding) => Some(Int8Vector::quantize(&embedding.vector)?),
            Err(_) => None,
        };
        ensure!(
            vector == old.vectors.int8_vector(paper),
            "the encoder of this index-builder gives {:?} another vector than that of version {}, which made the build: \
             build all papers again with `index-builder build`",
            union.papers[at].id,
            old.manifest.builder,
        );
    }
    Ok(())
}

/// Ids, one a line.
fn ids(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

/// What is done, as it stood on the command line.
fn what(config: &UpdateConfig) -> String {
    let mut words = vec!["an update".to_owned()];
    if !config.papers.is_empty() {
        words.push("--papers".into());
        words.extend(config.papers.iter().map(|path| path.display().to_string()));
    }
    if let Some(path) = &config.remove {
        words.push(format!("--remove {}", path.display()));
    }
    words.join(" ")
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Built(report) => report.fmt(f),
            Self::Unchanged { read, same } => {
                writeln!(f, "{}", read.to_string().trim_end())?;
                writeln!(
                    f,
                    "nothing to change: {same} papers are in the build just so, and no other was given"
                )
            }
        }
    }
}
