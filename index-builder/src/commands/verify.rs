//! `index-builder verify`: every byte of a build against its manifest and its formats.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use shared::manifest::{abstracts_file, leaf_file, shard_file, word_chunk};
use shared::words::Chunk;

use crate::feeds;
use crate::folder::Folder;
use crate::golden;
use crate::pack::MANIFEST;

/// Opens everything that a build holds, abstract chunks too, and looks for what does not belong.
///
/// # Errors
/// The first thing that is wrong: file, and what was found and wanted.
pub fn verify(path: &Path, to: &mut dyn Write) -> Result<()> {
    let folder = Folder::open(path)?;
    let files = folder.manifest.files().chain(folder.manifest.on_demand());
    let mut known: BTreeSet<String> = files.map(|entry| entry.file.clone()).collect();
    known.insert(MANIFEST.to_owned());
    folder.reference()?;
    folder.map()?;
    golden::check(&folder.model, folder.vectors.golden())
        .with_context(|| format!("in {}", path.join(&folder.manifest.index.file).display()))?;
    if let Some(clusters) = folder.vectors.clusters() {
        let shards = (0..clusters.len() as u32).map(|at| shard_file(clusters.shard_entry(at)));
        let leaves = clusters.leaves();
        let leaves = (0..leaves.len() as u32).map(|at| leaf_file(leaves.entry(at)));
        known.extend(shards.chain(leaves).map(|entry| entry.file));
    }
    if let (Some(words), Some(entry)) = (folder.words()?, &folder.manifest.words) {
        let mut sums = [0, 0];
        for at in 0..words.table().n_chunks() as u32 {
            for (sum, chunk) in sums.iter_mut().zip([Chunk::Words(at), Chunk::Places(at)]) {
                let file = word_chunk(&words, chunk);
                *sum += file.bytes;
                known.insert(file.file);
            }
        }
        ensure!(
            sums == [entry.words_bytes, entry.places_bytes],
            "{}: words and their places have {} and {} bytes, the manifest promises {} and {}",
            path.display(),
            sums[0],
            sums[1],
            entry.words_bytes,
            entry.places_bytes,
        );
    }
    let (mut n_abstracts, mut n_bytes) = (0, 0);
    for (at, entry) in folder.papers.abstracts().iter().enumerate() {
        n_abstracts += folder.chunk(at)?.len();
        n_bytes += u64::from(entry.bytes);
        known.insert(abstracts_file(&entry.sha256));
    }
    ensure!(
        n_abstracts == folder.papers.len(),
        "{}: {n_abstracts} abstracts for {} papers",
        path.display(),
        folder.papers.len(),
    );
    ensure!(
        n_bytes == folder.manifest.abstracts_bytes,
        "{}: abstracts have {n_bytes} bytes, the manifest promises {}",
        path.display(),
        folder.manifest.abstracts_bytes,
    );
    known.extend(check_feeds(&folder, path)?);
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ensure!(
            known.contains(&name),
            "{} does not belong to this build: remove it",
            path.join(&name).display()
        );
    }
    writeln!(
        to,
        "{}: {} papers, build {}: all files are whole and belong together",
        path.display(),
        n_abstracts,
        folder.manifest.build
    )?;
    Ok(())
}

/// Compares feeds with what their queries give; their names.
fn check_feeds(folder: &Folder, path: &Path) -> Result<Vec<String>> {
    let queries = feeds::read(path)?;
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let manifest = &folder.manifest;
    let words = folder.words()?.context("feeds of a build without words")?;
    let source = feeds::Source {
        site: manifest
            .site
            .as_ref()
            .map_or("Offprint", |site| &site.title),
        corpus: &manifest.corpus.name,
        papers: &folder.all_papers()?,
        columns: &folder.papers,
        words: &words,
    };
    let mut names = Vec::new();
    for (name, bytes) in feeds::files(&queries, source) {
        let file = path.join(&name);
        let found = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        ensure!(
            found == bytes,
            "{} is not the feed of this build: build it again",
            file.display()
        );
        names.push(name);
    }
    Ok(names)
}
