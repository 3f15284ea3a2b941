//! Long work: load a build, keep all abstracts, read one.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Chunks, Open, Worker};
use crate::engine::artifacts::{Fetched, Site};
use crate::engine::build::Build;
use crate::engine::download::Stop;
use crate::engine::protocol::{Answer, EngineError, Progress, Reply, Request, Source};

impl Worker {
    /// Runs a request that downloads.
    pub(super) async fn run_long(
        &self,
        number: u64,
        request: Request,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        if let Request::Load {
            manifest_url,
            newest,
        } = request
        {
            return self.load(number, &manifest_url, newest, stop).await;
        }
        let open = self.open.borrow().clone().ok_or(EngineError::NotLoaded)?;
        let outcome = match request {
            Request::KeepAbstracts => self.keep_abstracts(number, &open, stop).await,
            Request::Abstract { id } => read_abstract(&open, id, stop).await,
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
        manifest_url: &str,
        newest: bool,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        let site = Site::open(manifest_url, self.engine.reads_reference()).await;
        let tell = |progress| self.answer(number, &Answer::Progress(progress));
        let open = |fetched: &mut Fetched| {
            let files = std::mem::take(&mut fetched.files);
            Build::open(&fetched.manifest, files, &*self.engine, now_ms)
        };
        let mut fetched = site.fetch_build(newest, stop, &tell).await?;
        let mut opened = open(&mut fetched);
        // Files of this device are not hashed again: what became of them shows here.
        if let Err(EngineError::Damaged { file, .. }) = &opened {
            site.kept.delete(file).await;
            fetched = site.fetch_build(newest, stop, &tell).await?;
            opened = open(&mut fetched);
        }
        // A kept build that this engine refuses must not bar the way to the site's.
        if opened.is_err() && fetched.missed.is_some() && !newest {
            fetched = site.fetch_build(true, stop, &tell).await?;
            opened = open(&mut fetched);
        }
        let build = opened?;
        let chunks = Chunks::of(build.papers());
        site.settle(&mut fetched, &chunks.files).await;
        if let Some(missed) = &fetched.missed {
            self.answer(number, &Answer::NewBuild(site.name(missed).await));
        }
        let open = Open {
            build: RefCell::new(build),
            manifest: fetched.manifest,
            site,
            site_unreachable: fetched.site_unreachable,
            chunks,
        };
        let info = open.info();
        *self.open.borrow_mut() = Some(Rc::new(open));
        Ok(Reply::Loaded(Box::new(info)))
    }

    /// Downloads whatever chunk this device does not keep yet, one after the other.
    async fn keep_abstracts(
        &self,
        number: u64,
        open: &Open,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        let refused = || EngineError::Fetch {
            file: "abstracts".to_owned(),
            cause: "this browser keeps no files (a private window, or no space)".to_owned(),
        };
        if !open.site.kept.is_open() {
            return Err(refused());
        }
        let kept = open.site.kept.names().await;
        let files = &open.chunks.files;
        let (here, missing): (Vec<_>, Vec<_>) =
            files.iter().partition(|entry| kept.contains(&entry.file));
        let total = files.iter().map(|entry| entry.bytes).sum();
        let mut done = here.iter().map(|entry| entry.bytes).sum();
        let tell = |done, file: &str| {
            let progress = Progress {
                part: "Abstracts".to_owned(),
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
        Ok(Reply::AbstractsKept)
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
