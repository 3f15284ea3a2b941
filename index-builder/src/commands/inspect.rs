//! `index-builder inspect`: what a build holds, or what an artifact's container says.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use shared::{Vectors, artifact};

use crate::folder::Folder;

/// Prints what is at `path`: a build's folder, or one artifact.
///
/// # Errors
/// Where it is neither, or `to` cannot be written.
pub fn inspect(path: &Path, to: &mut dyn Write) -> Result<()> {
    if path.is_dir() {
        folder(&Folder::open(path)?, to)
    } else {
        file(path, to)
    }
}

fn folder(folder: &Folder, to: &mut dyn Write) -> Result<()> {
    let (manifest, meta) = (&folder.manifest, folder.model.meta());
    writeln!(
        to,
        "corpus      {}: {} papers",
        manifest.corpus.name, manifest.corpus.papers
    )?;
    if let Some((first, last)) = manifest.corpus.years {
        writeln!(to, "years       {first} to {last}")?;
    }
    writeln!(
        to,
        "build       {} (protocol {}, index-builder {})",
        manifest.build, manifest.protocol, manifest.builder
    )?;
    writeln!(
        to,
        "model       {}, {} dimensions, {} tokens; {}; {}",
        meta.name, meta.architecture.dim, meta.max_tokens, meta.licence, meta.attribution
    )?;
    match &folder.vectors {
        Vectors::Loaded(index) => writeln!(
            to,
            "index       {} distinct vectors, ef {}",
            index.n_nodes(),
            index.default_ef()
        )?,
        Vectors::Sharded(clusters) => writeln!(
            to,
            "index       in pieces: {} clusters and {} leaves, of which a search reads {} and {}",
            clusters.len(),
            clusters.leaves().len(),
            clusters.reads().clusters,
            clusters.reads().leaves
        )?,
    }
    if let (Some(shards), Some(quality)) = (&manifest.shards, &manifest.quality) {
        writeln!(
            to,
            "quality     recall@10 {:.4} over {} titles; shards {} bytes, leaves {} bytes",
            quality.recall_at_10, quality.queries, shards.shards_bytes, shards.leaves_bytes
        )?;
    } else if let Some(quality) = &manifest.quality {
        let by_codes = quality.recall_by_codes.zip(quality.depth);
        let by_codes = by_codes.map_or_else(String::new, |(recall, depth)| {
            format!(", {recall:.4} by codes at depth {depth}")
        });
        writeln!(
            to,
            "quality     recall@10 {:.4} by the graph at ef {}{} over {} titles",
            quality.recall_at_10, quality.ef, by_codes, quality.queries
        )?;
    }
    match &folder.classifier {
        Some(classifier) => writeln!(
            to,
            "classifier  {} classes; {}",
            classifier.classes().len(),
            classifier.meta().description
        )?,
        None => writeln!(to, "classifier  none")?,
    }
    let mut archives: BTreeMap<&str, usize> = BTreeMap::new();
    for paper in folder.papers.all() {
        let primary = folder
            .papers
            .categories(paper)
            .next()
            .map_or("(none)", shared::taxonomy::archive_of);
        *archives.entry(primary).or_default() += 1;
    }
    let archives: Vec<String> = archives
        .iter()
        .map(|(archive, n)| format!("{archive} {n}"))
        .collect();
    writeln!(to, "archives    {}", archives.join(", "))?;
    for entry in manifest.files().chain(manifest.on_demand()) {
        writeln!(
            to,
            "file        {:<34} {:>12} bytes  {}",
            entry.file, entry.bytes, entry.sha256
        )?;
    }
    if let Some(map) = folder.map()? {
        let labels = map.labels();
        let levels = labels.last().map_or(0, |label| label.level + 1);
        write!(to, "map         {} topics on {levels} levels", labels.len())?;
        match map.meta().trustworthiness_at_15 {
            Some(share) => writeln!(
                to,
                "; trustworthiness@15 {share:.4}, measured on {} papers",
                map.meta().sampled
            )?,
            None => writeln!(to)?,
        }
    }
    if let Some(words) = &manifest.words {
        writeln!(
            to,
            "words       {} bytes, and {} of places",
            words.words_bytes, words.places_bytes
        )?;
    }
    writeln!(
        to,
        "abstracts   {} files, {} bytes",
        folder.papers.abstracts().len(),
        manifest.abstracts_bytes
    )?;
    Ok(())
}

fn file(path: &Path, to: &mut dyn Write) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let summary = artifact::summarize(bytes).with_context(|| format!("in {}", path.display()))?;
    writeln!(
        to,
        "kind {} ({}), format {}",
        summary.kind, summary.kind_name, summary.version
    )?;
    for (tag, len) in &summary.sections {
        writeln!(to, "  {tag}  {len:>12} bytes")?;
    }
    Ok(())
}
