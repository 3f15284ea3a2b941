//! Words that a question needs and that are not here yet: fetched before it is answered.

use std::pin::pin;
use std::rc::Rc;

use futures::future::{join_all, select};
use gloo_timers::future::TimeoutFuture;
use shared::manifest::FileEntry;
use shared::words::Chunk;
use wasm_bindgen_futures::spawn_local;

use super::{Open, Queued, Worker};
use crate::engine::download::Stop;
use crate::engine::protocol::{Answer, By, EngineError, Request};

/// A question waits so long for its words; then it is answered without those that are missing.
const PATIENCE_MS: u32 = 4000;

impl Worker {
    /// The question as it is where its words are here; otherwise they are fetched first, and it comes back
    /// to the front of the queue.
    pub(super) fn with_words(self: &Rc<Self>, queued: Queued) -> Option<Queued> {
        let open = self.open.borrow().clone();
        let Some(open) = open else {
            return Some(queued);
        };
        let missing = match &queued.request {
            Request::Search { text, by, .. } if *by != By::Meaning && !queued.has_words => {
                open.build.borrow().missing_words(text)
            }
            _ => Vec::new(),
        };
        if missing.is_empty() {
            return Some(queued);
        }
        let stop = Stop::default();
        self.stops
            .borrow_mut()
            .insert(queued.number, Rc::clone(&stop));
        let worker = Rc::clone(self);
        spawn_local(async move {
            // What meaning finds does not wait for a network that is silent.
            let patience = TimeoutFuture::new(PATIENCE_MS);
            select(pin!(open.bring_words(&missing, &stop)), patience).await;
            worker.stops.borrow_mut().remove(&queued.number);
            if stop.get() {
                let cancelled = Answer::Failed(EngineError::Cancelled);
                return worker.answer(queued.number, &cancelled);
            }
            // Whatever did not come is said to be missing in the answer.
            worker.queue.borrow_mut().push_front(Queued {
                has_words: true,
                ..queued
            });
            worker.ask_for_turn();
        });
        None
    }
}

impl Open {
    /// Fetches chunks of words and adds them, as far as they come.
    async fn bring_words(&self, missing: &[(Chunk, FileEntry)], stop: &Stop) {
        let fetched = missing
            .iter()
            .map(|(_, entry)| self.chunks.fetch(&self.site, entry, stop));
        let fetched = join_all(fetched).await;
        for ((chunk, entry), bytes) in missing.iter().zip(fetched) {
            let Ok(bytes) = bytes else { continue };
            let inserted = self.build.borrow_mut().insert_words(*chunk, bytes);
            // One of this device is not hashed again: what became of it shows here.
            if inserted.is_err() {
                self.site.kept.delete(&entry.file).await;
                if let Ok(bytes) = self.chunks.fetch(&self.site, entry, stop).await {
                    let _ = self.build.borrow_mut().insert_words(*chunk, bytes);
                }
            }
        }
    }
}
