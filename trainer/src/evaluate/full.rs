//! The f32 encoder, whose embeddings are kept: they take minutes and never change.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use ingest::model_files::{self, Which};
use rayon::prelude::*;
use reference::Reference;
use shared::Sha256;
use shared::artifact::ModelMeta;

use super::Embedder;

/// Vectors by the digest of their text.
type Known = HashMap<Sha256, Vec<f32>>;

/// Texts between two writes.
const BATCH: usize = 64;
/// Where there is no terminal for a bar, a log has a line this often.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// The f32 encoder with what it has embedded already: the judge of the quantized one.
#[derive(Debug)]
pub struct FullEmbedder {
    name: String,
    meta: ModelMeta,
    sha256: Sha256,
    reference: Reference,
    known: Known,
    file: BufWriter<File>,
}

impl FullEmbedder {
    /// Opens an encoder and its embeddings in
    /// the cache folder. Their file is named after the encoder's files and its longest text, so another
    /// encoder has another. `meta` is that of the model quantized from the same files.
    ///
    /// # Errors
    /// Where no source has the encoder, or the cache folder cannot be written.
    pub fn open(which: &Which, meta: &ModelMeta) -> Result<Self> {
        let files = model_files::find(which)?;
        let read = |path: &Path| {
            std::fs::read(path).with_context(|| format!("reading {}", path.display()))
        };
        let (weights, config) = (read(&files.weights)?, read(&files.config)?);
        let tokenizer = read(&files.tokenizer)?;
        let max_tokens = meta.max_tokens;
        let name = [&weights[..], &config, &tokenizer]
            .map(|bytes| Sha256::of(bytes).0)
            .concat();
        let name = Sha256::of(&[&name[..], &max_tokens.to_le_bytes()].concat()).to_string();
        let kept = ingest::cache_dir()?.join("accuracy");
        let dim = meta.architecture.dim;
        let (known, file) = open_kept(&kept, &format!("f32-{}.bin", &name[..16]), dim)?;
        Ok(Self {
            name: format!("{} f32", meta.name),
            meta: meta.clone(),
            sha256: files.weights_sha256,
            reference: Reference::new(&weights, &config, &tokenizer, max_tokens)?,
            known,
            file,
        })
    }
}

impl Embedder for FullEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dim(&self) -> usize {
        self.meta.architecture.dim
    }

    fn sha256(&self) -> Option<Sha256> {
        Some(self.sha256)
    }

    fn document(&self, title: &str, abstract_: &str) -> String {
        self.meta.document(title, abstract_)
    }

    fn query(&self, query: &str) -> String {
        self.meta.query(query)
    }

    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let keys: Vec<Sha256> = texts
            .iter()
            .map(|text| Sha256::of(text.as_bytes()))
            .collect();
        let missing: Vec<(&Sha256, &String)> = (keys.iter().zip(texts))
            .filter(|(key, _)| !self.known.contains_key(key))
            .collect();
        let bar = ProgressBar::new(missing.len() as u64).with_style(
            ProgressStyle::with_template(
                "embedding in f32 {bar:32} {pos}/{len} texts, {per_sec}, {eta} left",
            )
            .expect("a valid template"),
        );
        let mut said = Instant::now();
        for (n_batches, batch) in missing.chunks(BATCH).enumerate() {
            if bar.is_hidden() && said.elapsed() >= SAY_EVERY {
                said = Instant::now();
                let done = n_batches * BATCH;
                tracing::info!("embedding in f32: {done} of {} texts", missing.len());
            }
            // Whole texts side by side: a text's own products are too small to share.
            let vectors: Vec<Vec<f32>> = (batch.par_iter())
                .map(|(_, text)| self.reference.embed(text))
                .collect::<Result<_>>()?;
            for (&(&key, _), vector) in batch.iter().zip(vectors) {
                let bytes = vector.iter().flat_map(|x| x.to_le_bytes());
                let record: Vec<u8> = key.0.into_iter().chain(bytes).collect();
                self.file
                    .write_all(&record)
                    .context("keeping f32 embeddings")?;
                self.known.insert(key, vector);
            }
            self.file.flush().context("keeping f32 embeddings")?;
            bar.inc(batch.len() as u64);
        }
        bar.finish_and_clear();
        Ok(keys.iter().map(|key| self.known[key].clone()).collect())
    }
}

/// Opens (or begins) a file of embeddings; a record that a killed run left half is cut off.
fn open_kept(folder: &Path, name: &str, dim: usize) -> Result<(Known, BufWriter<File>)> {
    let path = folder.join(name);
    let failed = || format!("opening {}", path.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(failed)?;
    file.lock().with_context(failed)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(failed)?;
    let record_len = 32 + 4 * dim;
    let records = bytes.chunks_exact(record_len);
    let whole = (bytes.len() - records.remainder().len()) as u64;
    file.set_len(whole).with_context(failed)?;
    file.seek(SeekFrom::Start(whole))?;
    let known = records
        .filter_map(|record| {
            let (key, vector) = record.split_first_chunk::<32>()?;
            let floats = vector.chunks_exact(4);
            let vector = floats.filter_map(|c| Some(f32::from_le_bytes(c.try_into().ok()?)));
            Some((Sha256(*key), vector.collect()))
        })
        .collect();
    Ok((known, BufWriter::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_was_not_finished_is_written_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (known, mut file) = open_kept(folder.path(), "x", 2).expect("begins");
        assert!(known.is_empty());
        let record = |key: u8| [&[key; 32][..], &1.5_f32.to_le_bytes(), &[0; 4]].concat();
        file.write_all(&record(1)).expect("written");
        file.write_all(&record(2)[..39]).expect("written");
        drop(file);
        let (known, mut file) = open_kept(folder.path(), "x", 2).expect("opens");
        assert_eq!(known[&Sha256([1; 32])], [1.5, 0.0]);
        assert_eq!(known.len(), 1);
        file.write_all(&record(3)).expect("written");
        drop(file);
        let (known, _) = open_kept(folder.path(), "x", 2).expect("opens");
        assert_eq!(known[&Sha256([3; 32])], [1.5, 0.0]);
    }
}
