//! Embeddings on disk, by model and text: an append-only file of which only what is damaged is forgotten.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufReader, BufWriter, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use shared::{Embedding, Encoder, Model, Sha256};

/// Set in a record's flags where the text was longer than the model's window.
const CUT: u8 = 1;
/// Set where the text has no token; its vector is zero.
const NO_TOKENS: u8 = 2;

/// Embedded once whenever a cache is opened. Its vector's digest stands in the file's name: where the
/// encoder's arithmetic changes, older embeddings are not found instead of being mixed with newer.
const PROBE: &str = "A cache of embeddings is only worth its space while the encoder gives the same \
    vector, to the last bit, that it gave when the cache was filled: α-helices, 3.14, naïve $x^2$.";

/// Embeddings of one model.
///
/// A record is the text's SHA-256, one byte of flags, `dim` little-endian `f32`, and the CRC-32 of
/// all that. All are of one length, so that a damaged one costs nothing but itself; an incomplete
/// one at the end is cut off. A killed run loses at most the batch it was in.
#[derive(Debug)]
pub struct EmbeddingCache {
    file: BufWriter<File>,
    places: HashMap<Sha256, u64>,
    end: u64,
    dim: usize,
}

impl EmbeddingCache {
    /// Opens this user's cache of `model`.
    ///
    /// # Errors
    /// Those of [`Self::open`], or where there is no folder for caches.
    pub fn open_for_user(model: &Arc<Model>) -> Result<Self> {
        Self::open(&ingest::cache_dir()?.join("embeddings"), model)
    }

    /// Opens (or begins) the cache of `model` in `folder`; waits while another process has it.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn open(folder: &Path, model: &Arc<Model>) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let path = path(folder, model)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("opening the embedding cache {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                tracing::warn!("another process uses {}: waiting for it", path.display());
                file.lock()
                    .with_context(|| format!("locking {}", path.display()))?;
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                tracing::warn!(
                    "{} cannot be locked: run one build at a time",
                    path.display()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
        let dim = model.meta().architecture.dim;
        let (places, end) = scan(&mut file, dim, &path);
        file.set_len(end)
            .with_context(|| format!("cutting {}", path.display()))?;
        file.seek(SeekFrom::Start(end))?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, file),
            places,
            end,
            dim,
        })
    }

    /// Digests of the texts whose embeddings of `model` this user has, without waiting for anybody.
    ///
    /// # Errors
    /// Where there is no folder for caches.
    pub fn kept_for_user(model: &Arc<Model>) -> Result<HashSet<Sha256>> {
        let path = path(&ingest::cache_dir()?.join("embeddings"), model)?;
        let Ok(mut file) = File::open(&path) else {
            return Ok(HashSet::new());
        };
        let (places, _) = scan(&mut file, model.meta().architecture.dim, &path);
        Ok(places.into_keys().collect())
    }

    /// Whether this text's embedding is known.
    pub fn contains(&self, text: &Sha256) -> bool {
        self.places.contains_key(text)
    }

    /// Appends an embedding; `None` where the text has no token.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn insert(&mut self, text: Sha256, embedding: Option<&Embedding>) -> Result<()> {
        let mut record = Vec::with_capacity(record_len(self.dim));
        record.extend(text.0);
        if let Some(embedding) = embedding {
            record.push(if embedding.n_cut > 0 { CUT } else { 0 });
            record.extend(embedding.vector.iter().flat_map(|x| x.to_le_bytes()));
        } else {
            record.push(NO_TOKENS);
            record.resize(record_len(self.dim) - 4, 0);
        }
        record.extend(crc32fast::hash(&record).to_le_bytes());
        self.file
            .write_all(&record)
            .context("writing the embedding cache")?;
        self.places.insert(text, self.end);
        self.end += record.len() as u64;
        Ok(())
    }

    /// Writes what is pending to disk.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn flush(&mut self) -> Result<()> {
        self.file.flush().context("writing the embedding cache")
    }

    /// A known embedding (`None`: the text has no token), and whether the text was cut.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn get(&mut self, text: &Sha256) -> Result<(Option<Vec<f32>>, bool)> {
        let place = *self
            .places
            .get(text)
            .context("the embedding was just made")?;
        let mut record = vec![0; record_len(self.dim)];
        self.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(place))
            .and_then(|_| file.read_exact(&mut record))
            .context("reading the embedding cache")?;
        file.seek(SeekFrom::Start(self.end))?;
        ensure!(
            record[..32] == text.0,
            "the embedding cache changed under this process: run again"
        );
        let vector = record[33..33 + 4 * self.dim]
            .chunks_exact(4)
            .map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]));
        let flags = record[32];
        Ok((
            (flags & NO_TOKENS == 0).then(|| vector.collect()),
            flags & CUT != 0,
        ))
    }
}

/// The file in `folder` for `model` as the encoder computes today.
fn path(folder: &Path, model: &Arc<Model>) -> Result<PathBuf> {
    Ok(folder.join(format!(
        "{}-{}.embeddings",
        model.sha256().short(),
        probe(model)?.short()
    )))
}

/// Where each whole record is, and where the last of them ends.
fn scan(file: &mut File, dim: usize, path: &Path) -> (HashMap<Sha256, u64>, u64) {
    let mut record = vec![0; record_len(dim)];
    let (mut places, mut end, mut n_damaged) = (HashMap::new(), 0, 0_usize);
    let mut reader = BufReader::with_capacity(1 << 20, file);
    while reader.read_exact(&mut record).is_ok() {
        let (body, crc) = record.split_at(record.len() - 4);
        if crc32fast::hash(body).to_le_bytes() == crc {
            places.insert(Sha256(body[..32].try_into().expect("32 bytes")), end);
        } else {
            n_damaged += 1;
        }
        end += record.len() as u64;
    }
    if n_damaged > 0 {
        tracing::warn!(
            "{n_damaged} damaged embeddings in {} are made again",
            path.display()
        );
    }
    (places, end)
}

/// Digest of the probe's vector.
fn probe(model: &Arc<Model>) -> Result<Sha256> {
    let embedding = Encoder::new(Arc::clone(model))
        .embed(PROBE)
        .context("the model has no token for any word of plain English")?;
    let bytes: Vec<u8> = embedding
        .vector
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    Ok(Sha256::of(&bytes))
}

fn record_len(dim: usize) -> usize {
    32 + 1 + 4 * dim + 4
}
