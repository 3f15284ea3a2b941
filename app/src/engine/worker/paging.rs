//! Pieces of a corpus that is too large to load: an answer is tried, what it lacked is fetched, and it is tried again.

use std::pin::pin;
use std::rc::Rc;

use futures::future::{join_all, select};
use gloo_timers::future::TimeoutFuture;
use shared::manifest::FileEntry;
use wasm_bindgen_futures::spawn_local;

use super::{Open, Queued, Worker};
use crate::engine::build::{Build, Piece};
use crate::engine::download::Stop;
use crate::engine::protocol::{Answer, EngineError, Reply};

/// Times that an answer is tried again: codes, vectors, titles of what only words found, and once more.
const MOST_ROUNDS: usize = 6;
/// Pieces are waited for so long; then the answer is made of what is here.
const PATIENCE_MS: u32 = 15_000;

/// How far the pieces for an answer are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rounds {
    pub(super) done: usize,
    /// Pieces that did not come.
    lacking: usize,
    /// Milliseconds that embedding took in the first round.
    embed_ms: f64,
}

impl Worker {
    /// Fetches what the answer lacked, and puts its request back to the front of the queue; gives the answer back where
    /// it lacks nothing, or nothing more can be had. What is there so far is told on the way.
    pub(super) fn whole_or_again(
        self: &Rc<Self>,
        open: &Rc<Open>,
        mut queued: Queued,
        mut reply: Result<Reply, EngineError>,
    ) -> Option<Result<Reply, EngineError>> {
        let wanted = open.build.borrow().take_wanted();
        let rounds = &mut queued.rounds;
        if let Ok(Reply::Hits(hits)) = &mut reply {
            rounds.embed_ms += hits.embed_ms;
            hits.embed_ms = rounds.embed_ms;
        }
        if wanted.is_empty() || rounds.done >= MOST_ROUNDS {
            let lacking = rounds.lacking + wanted.len();
            if let Ok(Reply::Hits(hits)) = &mut reply {
                hits.lacking = lacking;
            }
            // The papers asked about have words, but their vectors did not come.
            if reply == Err(EngineError::NoTokens) && lacking > 0 {
                reply = Err(EngineError::Fetch {
                    file: "a piece of the corpus".to_owned(),
                    cause: "the site did not give it".to_owned(),
                });
            }
            return Some(reply);
        }
        if let Ok(Reply::Hits(hits)) = &reply
            && !hits.hits.is_empty()
        {
            let partial = Answer::Partial(Reply::Hits(hits.clone()));
            self.answer(queued.number, &partial);
        }
        let stop = Stop::default();
        self.stops
            .borrow_mut()
            .insert(queued.number, Rc::clone(&stop));
        let (worker, open) = (Rc::clone(self), Rc::clone(open));
        spawn_local(async move {
            let lacking = open.bring_pieces(&wanted, &stop).await;
            worker.stops.borrow_mut().remove(&queued.number);
            if stop.get() {
                let cancelled = Answer::Failed(EngineError::Cancelled);
                return worker.answer(queued.number, &cancelled);
            }
            let is_first = queued.rounds.lacking == 0;
            queued.rounds.lacking += lacking;
            queued.rounds.done += 1;
            worker.queue.borrow_mut().push_front(queued);
            worker.ask_for_turn();
            // Pieces that are gone mean, mostly, that the site was replaced.
            if lacking > 0
                && is_first
                && let Some(newer) = open.site.newer_than(&open.manifest).await
            {
                worker.answer(0, &Answer::NewBuild(open.site.name(&newer).await));
            }
        });
        None
    }
}

impl Open {
    /// Does some work again and again, until the pieces that it looks for are here or cannot be had.
    pub(super) async fn with_pieces<T>(
        &self,
        stop: &Stop,
        mut work: impl FnMut(&mut Build) -> T,
    ) -> T {
        let mut outcome = work(&mut self.build.borrow_mut());
        for _ in 0..MOST_ROUNDS {
            let wanted = self.build.borrow().take_wanted();
            if wanted.is_empty() || stop.get() {
                break;
            }
            self.bring_pieces(&wanted, stop).await;
            outcome = work(&mut self.build.borrow_mut());
        }
        outcome
    }

    /// Fetches pieces and adds them, as far as they come in time; how many did not, which thereby are lacking.
    async fn bring_pieces(&self, wanted: &[(Piece, FileEntry)], stop: &Stop) -> usize {
        let bring = wanted
            .iter()
            .map(|(piece, entry)| self.bring_piece(*piece, entry, stop));
        let patience = TimeoutFuture::new(PATIENCE_MS);
        select(pin!(join_all(bring)), patience).await;
        let build = self.build.borrow();
        let mut lacking = 0;
        for &(piece, _) in wanted {
            if !build.has_piece(piece) {
                build.lack_piece(piece);
                lacking += 1;
            }
        }
        lacking
    }

    async fn bring_piece(&self, piece: Piece, entry: &FileEntry, stop: &Stop) {
        let insert = |bytes| self.build.borrow().insert_piece(piece, bytes).is_ok();
        let Ok(bytes) = self.chunks.fetch(&self.site, entry, stop).await else {
            return;
        };
        if insert(bytes) {
            return;
        }
        // One of this device is not hashed again: what became of it shows here.
        self.site.kept.delete(&entry.file).await;
        if let Ok(bytes) = self.chunks.fetch(&self.site, entry, stop).await {
            insert(bytes);
        }
    }
}
