//! Long work: load a build, keep all chunks, read an abstract, open the map, compare files, make an own corpus.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use shared::Manifest;

use super::{Chunks, Open, Worker};
use crate::engine::artifacts::{Fetched, Site};
use crate::engine::build::Build;
use crate::engine::download::Stop;
use crate::engine::protocol::{Answer, EngineError, Progress, Reply, Request, Source};

impl Worker {
    /// Runs a request that downloads; `None` where its answer is sent already.
    pub(super) async fn run_long(
        &self,
        number: u64,
        request: Request,
        stop: &Stop,
    ) -> Result<Option<Reply>, EngineError> {
        if let Request::Load {
            manifest_url,
            newest,
            only_words,
            own,
        } = request
        {
            let reference = self.engine.reads_reference();
            let site = Site::open(&manifest_url, reference, only_words, own).await;
            return self.load(number, site, newest, stop).await.map(Some);
        }
        let open = self.open.borrow().clone().ok_or(EngineError::NotLoaded)?;
        let outcome = match request {
            Request::KeepChunks => self.keep_chunks(number, &open, stop).await.map(Some),
            Request::Abstract { id } => read_abstract(&open, id, stop).await.map(Some),
            Request::Own(question) => self.run_own(&open, question, stop).await.map(Some),
            Request::Map(question) => self.run_with_map(number, &open, question, stop).await,
            Request::Verify { .. } => self.compare_files(number, &open, stop).await.map(Some),
            other => unreachable!("{other:?} is not long work"),
        };
        // Chunks that are gone mean, mostly, that the site was replaced.
        if let Err(EngineError::Fetch { .. } | EngineError::Damaged { .. }) = outcome
            && let Some(newer) = open.site.newer_than(&open.manifest).await
        {
            self.answer(number, &Answer::NewBuild(open.site.name(&newer).await));
        }
        outcome
    }

    async fn load(
        &self,
        number: u64,
        site: Site,
        newest: bool,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        let tell = |progress| self.answer(number, &Answer::Progress(progress));
        let begun = RefCell::new(None);
        // What words need comes first, and is searched while the rest is under way.
        let begin = |manifest: &Manifest, papers, table| {
            let engine = self.post.engine;
            let opened = Build::begin(manifest, papers, table, engine, now_ms).map(|build| {
                let has_words = manifest.words.is_some();
                let open = Rc::new(Open {
                    chunks: Chunks::of(build.papers()),
                    map: RefCell::default(),
                    build: RefCell::new(build),
                    manifest: manifest.clone(),
                    site: site.clone(),
                    site_unreachable: Cell::new(false),
                });
                if has_words {
                    *self.open.borrow_mut() = Some(Rc::clone(&open));
                    self.answer(number, &Answer::WordsOpen(Box::new(open.info())));
                }
                open
            });
            *begun.borrow_mut() = Some(opened);
        };
        let complete = |fetched: &mut Fetched| {
            let open = begun.take().unwrap_or(Err(EngineError::NotLoaded))?;
            let files = std::mem::take(&mut fetched.files);
            let mut build = open.build.borrow_mut();
            build.complete(&fetched.manifest, files, &*self.engine)?;
            drop(build);
            Ok(open)
        };
        let mut fetched = site.fetch_build(newest, stop, &tell, &begin).await?;
        let mut opened = complete(&mut fetched);
        // Files of this device are not hashed again: what became of them shows here.
        if let Err(EngineError::Damaged { file, .. }) = &opened {
            site.kept.delete(file).await;
            fetched = site.fetch_build(newest, stop, &tell, &begin).await?;
            opened = complete(&mut fetched);
        }
        // A kept build that this engine refuses must not bar the way to the site's.
        if opened.is_err() && fetched.missed.is_some() && !newest {
            fetched = site.fetch_build(true, stop, &tell, &begin).await?;
            opened = complete(&mut fetched);
        }
        let open = opened?;
        let chunks = open.later_files();
        site.settle(&mut fetched, &chunks).await;
        if let Some(missed) = &fetched.missed {
            self.answer(number, &Answer::NewBuild(site.name(missed).await));
        }
        open.site_unreachable.set(fetched.site_unreachable);
        let info = open.info();
        *self.open.borrow_mut() = Some(open);
        Ok(Reply::Loaded(Box::new(info)))
    }

    /// Downloads whatever chunk this device does not keep yet, one after the other.
    async fn keep_chunks(
        &self,
        number: u64,
        open: &Open,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        let refused = || EngineError::Fetch {
            file: "abstracts and words".to_owned(),
            cause: "this browser keeps no files (a private window, or no space)".to_owned(),
        };
        if !open.site.kept.is_open() {
            return Err(refused());
        }
        let kept = open.site.kept.names().await;
        let files = open.later_files();
        let (here, missing): (Vec<_>, Vec<_>) =
            files.iter().partition(|entry| kept.contains(&entry.file));
        let total = files.iter().map(|entry| entry.bytes).sum();
        let mut done = here.iter().map(|entry| entry.bytes).sum();
        let tell = |done, file: &str| {
            let progress = Progress {
                part: "Abstracts and words".to_owned(),
                file: file.to_owned(),
                done,
                total,
                source: if done == total {
                    Source::Device
                } else {
                    Source::Network
                },
            };
            self.answer(number, &Answer::Progress(progress));
        };
        tell(done, "");
        for entry in missing {
            if stop.get() {
                return Err(EngineError::Cancelled);
            }
            open.chunks.fetch(&open.site, entry, stop).await?;
            if open.site.kept.get(&entry.file).await.is_none() {
                return Err(refused());
            }
            done += entry.bytes;
            tell(done, &entry.file);
        }
        Ok(Reply::ChunksKept)
    }
}

async fn read_abstract(open: &Open, id: String, stop: &Stop) -> Result<Reply, EngineError> {
    let place = {
        let build = open.build.borrow();
        let papers = build.papers();
        papers.find(&id).map(|paper| papers.chunk_of(paper))
    };
    let Some((chunk, at)) = place else {
        return Err(EngineError::UnknownPaper { id });
    };
    let chunk = open.chunks.open(&open.site, chunk, stop).await?;
    let text = chunk.get(at).unwrap_or_default().to_owned();
    Ok(Reply::Abstract { id, text })
}

/// Milliseconds on this worker's clock.
pub(in crate::engine) fn now_ms() -> f64 {
    use wasm_bindgen::JsCast;
    let scope: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    scope
        .performance()
        .map_or(0.0, |performance| performance.now())
}
