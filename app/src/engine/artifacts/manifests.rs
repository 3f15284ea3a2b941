//! The one file without a content hash in its name: the site's, and this device's.

use shared::Manifest;
use web_sys::RequestCache;

use super::{MANIFEST, Site};
use crate::engine::download;
use crate::engine::protocol::{EngineError, Source};

/// A manifest with the bytes it came as.
#[derive(Clone)]
pub(super) struct Read {
    pub(super) manifest: Manifest,
    pub(super) bytes: Vec<u8>,
    pub(super) source: Source,
}

impl Site {
    /// The site's manifest past every cache, where it binds another build than `open`.
    pub(in crate::engine) async fn newer_than(&self, open: &Manifest) -> Option<Manifest> {
        if self.is_own {
            return None;
        }
        let read = self.read_manifest(RequestCache::NoStore).await.ok()?;
        (read.manifest.build != open.build).then_some(read.manifest)
    }

    /// A build's name for people, with what it costs, for the line that offers it.
    pub(in crate::engine) async fn name(&self, manifest: &Manifest) -> String {
        let kept = self.kept.names().await;
        let missing = manifest.files().filter(|entry| !kept.contains(&entry.file));
        let mut bytes: u64 = missing.map(|entry| entry.bytes).sum();
        // Other papers have other abstracts and another map, which come last.
        if !kept.contains(&manifest.papers.file) {
            bytes += manifest.abstracts_bytes;
            bytes += manifest.map.as_ref().map_or(0, |entry| entry.bytes);
        }
        format!(
            "A new index ({}, {} papers, {:.1} MB)",
            manifest.corpus.name,
            manifest.corpus.papers,
            bytes as f64 / 1e6
        )
    }

    /// The manifest of the site, or of the own corpus.
    pub(super) async fn read_manifest(&self, cache: RequestCache) -> Result<Read, EngineError> {
        if self.is_own {
            return self.kept_manifest().await.ok_or(EngineError::NoOwnCorpus);
        }
        let response = download::fetch(&format!("{}{MANIFEST}", self.folder), cache)
            .await
            .map_err(|trouble| trouble.of_file(MANIFEST))?;
        let bytes = response
            .binary()
            .await
            .map_err(|error| EngineError::Fetch {
                file: MANIFEST.to_owned(),
                cause: error.to_string(),
            })?;
        let manifest = Manifest::parse(&bytes).map_err(|error| EngineError::Damaged {
            file: MANIFEST.to_owned(),
            cause: error.to_string(),
        })?;
        Ok(Read {
            manifest,
            bytes,
            source: Source::Network,
        })
    }

    /// The manifest of the last complete build on this device.
    pub(super) async fn kept_manifest(&self) -> Option<Read> {
        let bytes = self.kept.get(MANIFEST).await?.binary().await.ok()?;
        let manifest = Manifest::parse(&bytes).ok()?;
        Some(Read {
            manifest,
            bytes,
            source: Source::Device,
        })
    }
}
