//! Which files make a build, where they come from, and what to do when one fails.
//!
//! The manifest comes from the network first; without a network the one kept on this device is
//! used, which is written only once its build is complete and open. Where the two name different
//! builds, the kept one opens and the newer one is offered: nobody downloads it unasked. A file that
//! is missing or not what the manifest promises means, mostly, that the site was just replaced: the
//! manifest is fetched once more past every cache, and the files with it. If that fails too, the
//! last complete build opens.

use futures::future::join_all;
use shared::Manifest;
use shared::manifest::{FileEntry, abstracts_file};
use web_sys::RequestCache;

use super::cache::Kept;
use super::download::{self, Stop, Trouble};
use super::progress::{OnProgress, Reporter};
use super::protocol::{EngineError, Source};

/// The one file without a content hash in its name.
pub(super) const MANIFEST: &str = "manifest.json";

/// Where a corpus' artifacts are, and what this device keeps of them.
#[derive(Clone)]
pub(super) struct Site {
    /// Address of the folder, with a final `/`.
    folder: String,
    /// Whether the weights in f32 are wanted with the rest.
    with_reference: bool,
    /// What this device keeps.
    pub(super) kept: Kept,
}

/// A manifest with the bytes it came as.
#[derive(Clone)]
struct Read {
    manifest: Manifest,
    bytes: Vec<u8>,
    source: Source,
}

/// The verified bytes of one build.
pub(super) struct Fetched {
    /// The manifest.
    pub(super) manifest: Manifest,
    /// Its bytes, to be kept once the build is open.
    manifest_bytes: Vec<u8>,
    /// The files, in the order of [`Manifest::files`]; the weights in f32 last, where wanted.
    pub(super) files: Vec<Vec<u8>>,
    /// Whether the site did not give its manifest, so that the one kept here counts.
    pub(super) site_unreachable: bool,
    /// The build that the site offers, where it could not be had or was not asked for.
    pub(super) missed: Option<Manifest>,
}

type Outcome = Result<Vec<u8>, Trouble>;

impl Site {
    /// The site of this manifest address.
    pub(super) async fn open(manifest_url: &str, with_reference: bool) -> Self {
        let folder = manifest_url
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let folder = format!("{folder}/");
        Self {
            kept: Kept::open(&folder).await,
            folder,
            with_reference,
        }
    }

    /// Brings every file of a build: of the one that this device keeps whole, unless it keeps none
    /// or the `newest` is wanted; else of the newest that can be had.
    ///
    /// # Errors
    /// [`EngineError::Fetch`] and [`EngineError::Damaged`] name the file;
    /// [`EngineError::Cancelled`] after `stop`.
    pub(super) async fn fetch_build(
        &self,
        newest: bool,
        stop: &Stop,
        on_progress: OnProgress<'_>,
    ) -> Result<Fetched, EngineError> {
        let mut first = self.read_manifest(RequestCache::NoCache).await;
        if matches!(first, Err(EngineError::Damaged { .. })) {
            first = self.read_manifest(RequestCache::NoStore).await;
        }
        let first = match first {
            Ok(read) => read,
            Err(error) => self.kept_manifest().await.ok_or(error)?,
        };
        if !newest
            && first.source == Source::Network
            && let Some(kept) = self
                .last_complete_build(first.manifest.clone(), stop, on_progress)
                .await
        {
            return Ok(kept);
        }
        if self.with_reference && first.manifest.reference.is_none() {
            return Err(EngineError::NoReference);
        }
        let none = self.parts(&first.manifest).map(|_| None).collect();
        let outcomes = self
            .fetch_files(
                &first.manifest,
                none,
                RequestCache::Default,
                stop,
                on_progress,
            )
            .await;
        let (read, outcomes) = if stop.get() || outcomes.iter().all(Result::is_ok) {
            (first, outcomes)
        } else {
            self.fetch_again(first, outcomes, stop, on_progress).await
        };
        let error = self.first_error(&read.manifest, &outcomes);
        let Some(error) = error else {
            return Ok(Fetched {
                site_unreachable: read.source == Source::Device,
                manifest: read.manifest,
                manifest_bytes: read.bytes,
                files: outcomes.into_iter().flatten().collect(),
                missed: None,
            });
        };
        if error == EngineError::Cancelled {
            return Err(error);
        }
        self.last_complete_build(read.manifest, stop, on_progress)
            .await
            .ok_or(error)
    }

    /// The manifest once more, past every cache; then whatever did not come, past them too.
    async fn fetch_again(
        &self,
        first: Read,
        outcomes: Vec<Outcome>,
        stop: &Stop,
        on_progress: OnProgress<'_>,
    ) -> (Read, Vec<Outcome>) {
        let Ok(again) = self.read_manifest(RequestCache::NoStore).await else {
            return (first, outcomes);
        };
        let have = if again.manifest.build == first.manifest.build {
            outcomes.into_iter().map(Result::ok).collect()
        } else {
            self.parts(&again.manifest).map(|_| None).collect()
        };
        let outcomes = self
            .fetch_files(
                &again.manifest,
                have,
                RequestCache::Reload,
                stop,
                on_progress,
            )
            .await;
        (again, outcomes)
    }

    /// The build that this device keeps whole, where it is another than `missed`.
    async fn last_complete_build(
        &self,
        missed: Manifest,
        stop: &Stop,
        on_progress: OnProgress<'_>,
    ) -> Option<Fetched> {
        let Read {
            manifest, bytes, ..
        } = self.kept_manifest().await?;
        if manifest.build == missed.build {
            return None;
        }
        let mut files = Vec::new();
        if self.with_reference && manifest.reference.is_none() {
            return None;
        }
        for (part, entry) in self.parts(&manifest) {
            let report = Reporter::new(part, entry, on_progress);
            let on_bytes = |done, source| report.tell(done, source);
            files.push(
                download::from_device(&self.kept, entry, stop, &on_bytes)
                    .await
                    .ok()??,
            );
        }
        Some(Fetched {
            manifest,
            manifest_bytes: bytes,
            files,
            site_unreachable: false,
            missed: Some(missed),
        })
    }

    /// Every file that is not at hand, side by side.
    async fn fetch_files(
        &self,
        manifest: &Manifest,
        have: Vec<Option<Vec<u8>>>,
        cache: RequestCache,
        stop: &Stop,
        on_progress: OnProgress<'_>,
    ) -> Vec<Outcome> {
        let names = self.kept.names().await;
        let reporters: Vec<Reporter> = self
            .parts(manifest)
            .map(|(part, entry)| Reporter::new(part, entry, on_progress))
            .collect();
        // What it costs is said before the first byte is fetched.
        for (reporter, have) in reporters.iter().zip(&have) {
            match have {
                Some(bytes) => reporter.tell(bytes.len() as u64, Source::Network),
                None if names.contains(&reporter.entry.file) => reporter.tell(0, Source::Device),
                None => reporter.tell(0, Source::Network),
            }
        }
        let fetch = async |(reporter, have): (&Reporter<'_>, Option<Vec<u8>>)| {
            if let Some(bytes) = have {
                return Ok(bytes);
            }
            let on_bytes = |done, source| reporter.tell(done, source);
            download::file(
                &self.kept,
                &self.folder,
                reporter.entry,
                cache,
                stop,
                &on_bytes,
            )
            .await
        };
        join_all(reporters.iter().zip(have).map(fetch)).await
    }

    /// Remembers an open build as the one to fall back to, and forgets every other.
    pub(super) async fn settle(&self, fetched: &mut Fetched, chunks: &[FileEntry]) {
        if fetched.missed.is_some() {
            return;
        }
        let before = self.kept.names().await;
        // Where there was no room for all of it, the older build stays the one to fall back to.
        let mut files = fetched.manifest.files();
        if !files.all(|entry| before.contains(&entry.file)) {
            return self.make_room(&fetched.manifest, &before).await;
        }
        if !self.kept.put(MANIFEST, &mut fetched.manifest_bytes).await {
            return;
        }
        let ours = |name: &String| {
            name == MANIFEST
                || fetched
                    .manifest
                    .files()
                    .chain(&fetched.manifest.reference)
                    .chain(chunks)
                    .any(|entry| entry.file == *name)
        };
        for name in before.iter().filter(|name| !ours(name)) {
            self.kept.delete(name).await;
        }
    }

    /// Forgets files that belong neither to the open build nor to the kept one. Chunks are spared:
    /// only an open build can tell whose they are.
    async fn make_room(&self, open: &Manifest, names: &[String]) {
        let kept = self.kept_manifest().await.map(|read| read.manifest);
        let used = |name: &String| {
            let builds = [Some(open), kept.as_ref()];
            let builds = builds.into_iter().flatten();
            let mut files = builds.flat_map(|build| build.files().chain(&build.reference));
            name == MANIFEST || name.starts_with("abstracts-") || files.any(|e| e.file == *name)
        };
        for name in names.iter().filter(|name| !used(name)) {
            self.kept.delete(name).await;
        }
    }

    /// One abstract chunk.
    pub(super) async fn chunk(
        &self,
        entry: &FileEntry,
        stop: &Stop,
    ) -> Result<Vec<u8>, EngineError> {
        let fetch = async |cache| {
            download::file(&self.kept, &self.folder, entry, cache, stop, &|_, _| ()).await
        };
        let outcome = match fetch(RequestCache::Default).await {
            Err(Trouble::Damaged(_)) => fetch(RequestCache::Reload).await,
            outcome => outcome,
        };
        outcome.map_err(|trouble| trouble.of_file(&entry.file))
    }

    /// The site's manifest past every cache, where it binds another build than `open`.
    pub(super) async fn newer_than(&self, open: &Manifest) -> Option<Manifest> {
        let read = self.read_manifest(RequestCache::NoStore).await.ok()?;
        (read.manifest.build != open.build).then_some(read.manifest)
    }

    /// A build's name for people, with what it costs, for the line that offers it.
    pub(super) async fn name(&self, manifest: &Manifest) -> String {
        let kept = self.kept.names().await;
        let missing = manifest.files().filter(|entry| !kept.contains(&entry.file));
        let mut bytes: u64 = missing.map(|entry| entry.bytes).sum();
        // Other papers have other abstracts, which come last.
        if !kept.contains(&manifest.papers.file) {
            bytes += manifest.abstracts_bytes;
        }
        format!(
            "A new index ({}, {} papers, {:.1} MB)",
            manifest.corpus.name,
            manifest.corpus.papers,
            bytes as f64 / 1e6
        )
    }

    /// The files that this engine needs, with their names for people.
    fn parts<'a>(
        &self,
        manifest: &'a Manifest,
    ) -> impl Iterator<Item = (&'static str, &'a FileEntry)> + use<'a> {
        let reference = manifest.reference.as_ref();
        let reference = reference.filter(|_| self.with_reference);
        let names = ["Model", "Index", "Papers", "Classifier"].into_iter();
        names
            .zip(manifest.files())
            .chain(reference.map(|entry| ("Weights in f32", entry)))
    }

    fn first_error(&self, manifest: &Manifest, outcomes: &[Outcome]) -> Option<EngineError> {
        let mut files = self.parts(manifest).zip(outcomes);
        files.find_map(|((_, entry), outcome)| {
            let trouble = outcome.as_ref().err()?;
            Some(trouble.clone().of_file(&entry.file))
        })
    }

    async fn read_manifest(&self, cache: RequestCache) -> Result<Read, EngineError> {
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

    async fn kept_manifest(&self) -> Option<Read> {
        let bytes = self.kept.get(MANIFEST).await?.binary().await.ok()?;
        let manifest = Manifest::parse(&bytes).ok()?;
        Some(Read {
            manifest,
            bytes,
            source: Source::Device,
        })
    }
}

/// The abstract chunks as files.
pub(super) fn chunk_files(papers: &shared::Papers) -> Vec<FileEntry> {
    papers
        .abstracts()
        .iter()
        .map(|chunk| FileEntry {
            file: abstracts_file(&chunk.sha256),
            bytes: u64::from(chunk.bytes),
            sha256: chunk.sha256,
        })
        .collect()
}
