//! An artifact folder, opened natively as the page opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use shared::artifact::ReferenceWeights;
use shared::manifest::{FileEntry, leaf_file, shard_file, word_chunk};
use shared::words::{Chunk, WordIndex};
use shared::{
    AbstractChunk, Classifier, Clusters, Index, Manifest, Map, Model, Paper, PaperId, Papers,
    Sha256, Vectors,
};

use crate::pack::MANIFEST;

/// A build, open: every file's digest was compared with the manifest's.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// What binds the build.
    pub manifest: Manifest,
    /// Encoder and tokenizer.
    pub model: Arc<Model>,
    /// Vectors, with a graph or in pieces, all of which are open.
    pub vectors: Vectors,
    /// Columns of the result card.
    pub papers: Papers,
    /// The category classifier, where the build has one.
    pub classifier: Option<Classifier>,
}

impl Folder {
    /// Opens a build.
    ///
    /// # Errors
    /// Where a file is missing, is not what the manifest promises, breaks its format, or was made
    /// for another model.
    pub fn open(path: &Path) -> Result<Self> {
        let manifest = manifest(path)?;
        let model_bytes = read(path, &manifest.model)?;
        let named = |entry: &FileEntry| format!("in {}", path.join(&entry.file).display());
        let model = Model::parse(model_bytes, manifest.model.sha256)
            .with_context(|| named(&manifest.model))?;
        let papers = Papers::parse(read(path, &manifest.papers)?)
            .with_context(|| named(&manifest.papers))?;
        let vectors = vectors(path, &manifest, &papers)?;
        (vectors.check_model(model.sha256())).with_context(|| named(&manifest.index))?;
        ensure!(
            papers.len() == vectors.n_papers() && papers.len() == manifest.corpus.papers as usize,
            "{}: {} papers in the manifest, {} in the columns, {} in the index: they are of several builds",
            path.display(),
            manifest.corpus.papers,
            papers.len(),
            vectors.n_papers(),
        );
        let classifier = match &manifest.classifier {
            Some(entry) => {
                let classifier =
                    Classifier::parse(read(path, entry)?).with_context(|| named(entry))?;
                classifier
                    .check_model(model.sha256())
                    .with_context(|| named(entry))?;
                Some(classifier)
            }
            None => None,
        };
        Ok(Self {
            path: path.to_owned(),
            manifest,
            model: Arc::new(model),
            vectors,
            papers,
            classifier,
        })
    }

    /// Opens the weights in f32, where the build has them.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reference(&self) -> Result<Option<ReferenceWeights>> {
        let Some(entry) = &self.manifest.reference else {
            return Ok(None);
        };
        let named = || format!("in {}", self.path.join(&entry.file).display());
        let reference = ReferenceWeights::parse(read(&self.path, entry)?).with_context(named)?;
        reference
            .check_model(self.model.sha256())
            .with_context(named)?;
        Ok(Some(reference))
    }

    /// Opens the landscape, where the build has one.
    ///
    /// # Errors
    /// As [`Self::open`], and where it is of another index.
    pub fn map(&self) -> Result<Option<Map>> {
        let Some(entry) = &self.manifest.map else {
            return Ok(None);
        };
        let named = || format!("in {}", self.path.join(&entry.file).display());
        let map = Map::parse(read(&self.path, entry)?).with_context(named)?;
        map.check_index(self.manifest.index.sha256)
            .with_context(named)?;
        ensure!(
            map.len() == self.papers.len(),
            "{}: places of {} papers, where the build has {}",
            self.path.display(),
            map.len(),
            self.papers.len()
        );
        Ok(Some(map))
    }

    /// Opens all words of the corpus; `None` for builds of before there were any.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn words(&self) -> Result<Option<WordIndex>> {
        let Some(entry) = self.manifest.table() else {
            return Ok(None);
        };
        let named = |entry: &FileEntry| format!("in {}", self.path.join(&entry.file).display());
        let mut words = WordIndex::open(read(&self.path, entry)?).with_context(|| named(entry))?;
        ensure!(
            words.table().n_papers() as usize == self.papers.len(),
            "{}: words of {} papers, where the build has {}",
            self.path.display(),
            words.table().n_papers(),
            self.papers.len()
        );
        for at in 0..words.table().n_chunks() as u32 {
            for chunk in [Chunk::Words(at), Chunk::Places(at)] {
                let entry = word_chunk(&words, chunk);
                let bytes = read(&self.path, &entry)?;
                words.insert(chunk, bytes).with_context(|| named(&entry))?;
            }
        }
        Ok(Some(words))
    }

    /// Opens abstract chunk number `at`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn chunk(&self, at: usize) -> Result<AbstractChunk> {
        let entry = self.papers.abstracts()[at];
        let file = shared::manifest::abstracts_file(&entry.sha256);
        let entry = FileEntry {
            bytes: u64::from(entry.bytes),
            sha256: entry.sha256,
            file,
        };
        let named = || format!("in {}", self.path.join(&entry.file).display());
        AbstractChunk::parse(read(&self.path, &entry)?).with_context(named)
    }

    /// All papers, with their abstracts, as a build was given them; `split` is not kept.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn all_papers(&self) -> Result<Vec<Paper>> {
        let columns = &self.papers;
        let mut chunk = None;
        let mut papers = Vec::with_capacity(columns.len());
        for paper in columns.all() {
            let (at, place) = columns.chunk_of(paper);
            // Papers of one chunk follow each other: each is inflated once.
            let abstracts = match chunk.take() {
                Some((open, abstracts)) if open == at => abstracts,
                _ => self.chunk(at)?,
            };
            papers.push(Paper {
                id: columns.id(paper).to_owned(),
                title: columns.title(paper).into_owned(),
                abstract_: self.text(&abstracts, at, place)?,
                authors: columns.authors(paper).into_owned(),
                categories: columns.categories(paper).map(str::to_owned).collect(),
                year: columns.year(paper),
                split: None,
            });
            chunk = Some((at, abstracts));
        }
        Ok(papers)
    }

    /// The bytes of a file of this build.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn bytes(&self, entry: &FileEntry) -> Result<Vec<u8>> {
        read(&self.path, entry)
    }

    /// A paper's abstract.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn abstract_of(&self, paper: PaperId) -> Result<String> {
        let (chunk, place) = self.papers.chunk_of(paper);
        self.text(&self.chunk(chunk)?, chunk, place)
    }

    /// Abstract number `place` of chunk number `at`.
    fn text(&self, chunk: &AbstractChunk, at: usize, place: usize) -> Result<String> {
        let text = chunk.get(place).map(str::to_owned);
        text.with_context(|| {
            format!(
                "abstract chunk {at} of {} is too short",
                self.path.display()
            )
        })
    }
}

/// Opens the index, or the table of clusters with all of its shards and leaves.
fn vectors(path: &Path, manifest: &Manifest, papers: &Papers) -> Result<Vectors> {
    let named = |entry: &FileEntry| format!("in {}", path.join(&entry.file).display());
    let bytes = read(path, &manifest.index)?;
    let Some(shards) = &manifest.shards else {
        let index = Index::parse(bytes).with_context(|| named(&manifest.index))?;
        return Ok(Vectors::Loaded(index));
    };
    let leaves = papers.leaves().with_context(|| {
        let file = path.join(&manifest.papers.file);
        format!(
            "{} names no leaves, but the corpus is in pieces",
            file.display()
        )
    })?;
    let clusters =
        Clusters::parse(bytes, leaves.clone()).with_context(|| named(&manifest.index))?;
    clusters.keep_all();
    let mut sums = [0, 0];
    for number in 0..clusters.len() as u32 {
        let entry = shard_file(clusters.shard_entry(number));
        sums[0] += entry.bytes;
        let inserted = clusters.insert_shard(number, read(path, &entry)?);
        inserted.with_context(|| named(&entry))?;
    }
    for number in 0..leaves.len() as u32 {
        let entry = leaf_file(leaves.entry(number));
        sums[1] += entry.bytes;
        let inserted = leaves.insert(number, read(path, &entry)?);
        inserted.with_context(|| named(&entry))?;
    }
    ensure!(
        sums == [shards.shards_bytes, shards.leaves_bytes],
        "{}: shards and leaves have {} and {} bytes, the manifest promises {} and {}",
        path.display(),
        sums[0],
        sums[1],
        shards.shards_bytes,
        shards.leaves_bytes,
    );
    Ok(Vectors::Sharded(clusters))
}

/// Reads a folder's manifest.
///
/// # Errors
/// Where there is none, or it is not one.
pub fn manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "reading {}: `index-builder build --out {}` writes it last",
            path.display(),
            folder.display()
        )
    })?;
    Manifest::parse(&bytes).with_context(|| format!("in {}", path.display()))
}

/// Reads a file and compares it with what the manifest promises.
fn read(folder: &Path, entry: &FileEntry) -> Result<Vec<u8>> {
    let path = folder.join(&entry.file);
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let found = Sha256::of(&bytes);
    ensure!(
        found == entry.sha256 && bytes.len() as u64 == entry.bytes,
        "{} is damaged: {} bytes with SHA-256 {found}, where the manifest promises {} bytes with {}: build it again",
        path.display(),
        bytes.len(),
        entry.bytes,
        entry.sha256,
    );
    Ok(bytes)
}
