//! Which files make a build, where they come from, and what to do when one fails.
//!
//! The manifest comes from the network first; without a network the one kept on this device is
//! used, which is written only once its build is complete and open. Where the two name different
//! builds, the kept one opens and the newer one is offered: nobody downloads it unasked. A file that
//! is missing or not what the manifest promises means, mostly, that the site was just replaced: the
//! manifest is fetched once more past every cache, and the files with it. If that fails too, the
//! last complete build opens.

mod manifests;
mod settle;

use futures::future::join_all;
use shared::Manifest;
use shared::manifest::{FileEntry, abstracts_file};
use web_sys::RequestCache;

use super::build::MeaningFiles;
use super::cache::Kept;
use super::download::{self, Stop, Trouble};
use super::progress::{OnProgress, Reporter};
use super::protocol::{EngineError, Source};
use manifests::Read;

/// The one file without a content hash in its name.
pub(super) const MANIFEST: &str = "manifest.json";

/// First parts of the names of chunks, which papers and tables name.
const CHUNKS: [&str; 5] = ["abstracts-", "words-", "places-", "shard-", "leaf-"];

/// Where a corpus' artifacts are, and what this device keeps of them.
#[derive(Clone)]
pub(super) struct Site {
    /// Address of the folder, with a final `/`.
    folder: String,
    /// Whether the weights in f32 are wanted with the rest.
    with_reference: bool,
    /// Whether nothing is wanted but what words need.
    only_words: bool,
    /// Whether this is the visitor's own corpus, of which there is nothing but what this device keeps.
    pub(super) is_own: bool,
    /// What this device keeps.
    pub(super) kept: Kept,
}

/// The verified bytes of one build.
pub(super) struct Fetched {
    /// The manifest.
    pub(super) manifest: Manifest,
    /// Its bytes, to be kept once the build is open.
    manifest_bytes: Vec<u8>,
    /// What search by meaning needs; papers and words were given as they came.
    pub(super) files: MeaningFiles,
    /// Whether the site did not give its manifest, so that the one kept here counts.
    pub(super) site_unreachable: bool,
    /// The build that the site offers, where it could not be had or was not asked for.
    pub(super) missed: Option<Manifest>,
}

type Outcome = Result<Vec<u8>, Trouble>;

/// Takes papers and the table of words of a build, as soon as both are here.
pub(super) type OnFirst<'a> = &'a dyn Fn(&Manifest, Vec<u8>, Option<Vec<u8>>);

impl Site {
    /// The site of this manifest address, or the own corpus beside it.
    pub(super) async fn open(
        manifest_url: &str,
        with_reference: bool,
        only_words: bool,
        is_own: bool,
    ) -> Self {
        let folder = manifest_url
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let folder = format!("{folder}/");
        Self {
            kept: if is_own {
                Kept::own(&folder).await
            } else {
                Kept::open(&folder).await
            },
            folder,
            with_reference,
            only_words,
            is_own,
        }
    }

    /// What this device keeps of the visitor's own corpus.
    pub(super) async fn own(&self) -> Kept {
        Kept::own(&self.folder).await
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
        on_first: OnFirst<'_>,
    ) -> Result<Fetched, EngineError> {
        let mut first = self.read_manifest(RequestCache::NoCache).await;
        if matches!(first, Err(EngineError::Damaged { .. })) && !self.is_own {
            first = self.read_manifest(RequestCache::NoStore).await;
        }
        let first = match first {
            Ok(read) => read,
            Err(error) => self.kept_manifest().await.ok_or(error)?,
        };
        // Pieces of a kept build are gone from the site that has a newer one.
        let in_pieces = self.keeps_pieces().await;
        if !newest
            && !in_pieces
            && first.source == Source::Network
            && let Some(kept) = self
                .last_complete_build(first.manifest.clone(), stop, on_progress, on_first)
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
                on_first,
            )
            .await;
        let whole = outcomes.iter().all(Result::is_ok);
        let given_up = stop.get() || self.only_words && outcomes[0].is_ok();
        let (read, outcomes) = if whole || given_up {
            (first, outcomes)
        } else {
            self.fetch_again(first, outcomes, stop, on_progress, on_first)
                .await
        };
        let error = self.first_error(&read.manifest, &outcomes);
        let Some(error) = error else {
            let files = outcomes.into_iter().flatten().collect();
            return Ok(Fetched {
                site_unreachable: read.source == Source::Device && !self.is_own,
                files: self.meaning_files(&read.manifest, files),
                manifest: read.manifest,
                manifest_bytes: read.bytes,
                missed: None,
            });
        };
        if error == EngineError::Cancelled {
            return Err(error);
        }
        self.last_complete_build(read.manifest, stop, on_progress, on_first)
            .await
            .ok_or(error)
    }

    /// Whether the build that this device keeps is of a corpus in pieces, which the site has to give.
    async fn keeps_pieces(&self) -> bool {
        let kept = self.kept_manifest().await;
        kept.is_some_and(|read| read.manifest.shards.is_some())
    }

    /// The manifest once more, past every cache; then whatever did not come, past them too.
    async fn fetch_again(
        &self,
        first: Read,
        outcomes: Vec<Outcome>,
        stop: &Stop,
        on_progress: OnProgress<'_>,
        on_first: OnFirst<'_>,
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
                on_first,
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
        on_first: OnFirst<'_>,
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
        for (at, (part, entry)) in self.parts(&manifest).enumerate() {
            let report = Reporter::new(part, entry, on_progress);
            let on_bytes = |done, source| report.tell(done, source);
            files.push(
                download::from_device(&self.kept, entry, stop, &on_bytes)
                    .await
                    .ok()??,
            );
            if at + 1 == n_first(&manifest) {
                give_first(&manifest, &mut files, on_first);
            }
        }
        Some(Fetched {
            files: self.meaning_files(&manifest, files),
            manifest,
            manifest_bytes: bytes,
            site_unreachable: false,
            missed: Some(missed),
        })
    }

    /// Every file that is not at hand: papers and words, then the others side by side.
    async fn fetch_files(
        &self,
        manifest: &Manifest,
        have: Vec<Option<Vec<u8>>>,
        cache: RequestCache,
        stop: &Stop,
        on_progress: OnProgress<'_>,
        on_first: OnFirst<'_>,
    ) -> Vec<Outcome> {
        let names = self.kept.names().await;
        let reporters: Vec<Reporter> = self
            .parts(manifest)
            .map(|(part, entry)| Reporter::new(part, entry, on_progress))
            .collect();
        // What it costs is said before the first byte is fetched.
        for (reporter, have) in reporters.iter().zip(&have) {
            match have {
                Some(_) => reporter.tell(reporter.entry.bytes, Source::Network),
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
        let mut wanted = reporters.iter().zip(have);
        let first = wanted.by_ref().take(n_first(manifest)).map(fetch);
        let first = join_all(first).await;
        // Without them the rest is of no use, and the site has mostly just been replaced.
        if let Some(trouble) = first.iter().find_map(|outcome| outcome.as_ref().err()) {
            let rest = wanted.map(|(_, have)| have.ok_or_else(|| trouble.clone()));
            let rest: Vec<_> = rest.collect();
            return first.into_iter().chain(rest).collect();
        }
        let mut first: Vec<Vec<u8>> = first.into_iter().flatten().collect();
        give_first(manifest, &mut first, on_first);
        if self.only_words {
            let rest = wanted.map(|_| Err(Trouble::Stopped));
            return first.into_iter().map(Ok).chain(rest).collect();
        }
        let rest = join_all(wanted.map(fetch)).await;
        first.into_iter().map(Ok).chain(rest).collect()
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

    /// The files that this engine needs, with their names for people: first what words need.
    fn parts<'a>(
        &self,
        manifest: &'a Manifest,
    ) -> impl Iterator<Item = (&'static str, &'a FileEntry)> + use<'a> {
        let reference = manifest.reference.as_ref();
        let reference = reference.filter(|_| self.with_reference);
        std::iter::once(("Papers", &manifest.papers))
            .chain(manifest.table().map(|entry| ("Words", entry)))
            .chain([("Model", &manifest.model), ("Index", &manifest.index)])
            .chain(
                manifest
                    .classifier
                    .iter()
                    .map(|entry| ("Classifier", entry)),
            )
            .chain(reference.map(|entry| ("Weights in f32", entry)))
    }

    /// The files behind the first ones, sorted out.
    fn meaning_files(&self, manifest: &Manifest, files: Vec<Vec<u8>>) -> MeaningFiles {
        let mut files = files.into_iter().skip(n_first(manifest));
        let mut next = || files.next().expect("one buffer a part");
        MeaningFiles {
            model: next(),
            index: next(),
            classifier: manifest.classifier.as_ref().map(|_| next()),
            reference: (manifest.reference.as_ref())
                .filter(|_| self.with_reference)
                .map(|_| next()),
        }
    }

    fn first_error(&self, manifest: &Manifest, outcomes: &[Outcome]) -> Option<EngineError> {
        let mut files = self.parts(manifest).zip(outcomes);
        files.find_map(|((_, entry), outcome)| {
            let trouble = outcome.as_ref().err()?;
            Some(trouble.clone().of_file(&entry.file))
        })
    }
}

/// Parts that words need: papers, and the table where there is one.
fn n_first(manifest: &Manifest) -> usize {
    1 + usize::from(manifest.words.is_some())
}

/// Gives the first files away and leaves empty ones, unless that was done before.
fn give_first(manifest: &Manifest, files: &mut [Vec<u8>], on_first: OnFirst<'_>) {
    let mut taken = files.iter_mut().map(std::mem::take);
    let (papers, table) = (taken.next().unwrap_or_default(), taken.next());
    if !papers.is_empty() {
        on_first(manifest, papers, table);
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
