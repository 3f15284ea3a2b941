//! Pieces of a corpus that is too large to load: an answer is tried, what it lacked is fetched, and it is tried again.

use std::pin::pin;
use std::rc::Rc;

use futures::future::{Either, join_all, select};
use gloo_timers::future::TimeoutFuture;
use shared::manifest::FileEntry;
use wasm_bindgen_futures::spawn_local;

use super::{Open, Queued, Worker};
use crate::engine::build::Piece;
use crate::engine::download::Stop;
use crate::engine::protocol::{Answer, EngineError, Reply};

/// Times that an answer is tried again: codes, vectors, titles of what only words found, and once more.
const MOST_ROUNDS: usize = 6;
/// Pieces are waited for so long; then the answer is made of what is here.
const PATIENCE_MS: u32 = 8000;

/// How far the pieces for an answer are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rounds {
    done: usize,
    /// Whether a piece did not come: nothing else is waited for.
    gave_up: bool,
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
        let mut rounds = queued.rounds;
        if let Ok(Reply::Hits(hits)) = &mut reply {
            rounds.embed_ms += hits.embed_ms;
            hits.embed_ms = rounds.embed_ms;
        }
        if wanted.is_empty() || rounds.gave_up || rounds.done >= MOST_ROUNDS {
            if let Ok(Reply::Hits(hits)) = &mut reply {
                hits.lacking = wanted.len();
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
            rounds.gave_up = !open.bring_pieces(&wanted, &stop).await;
            worker.stops.borrow_mut().remove(&queued.number);
            if stop.get() {
                let cancelled = Answer::Failed(EngineError::Cancelled);
                return worker.answer(queued.number, &cancelled);
            }
            rounds.done += 1;
            queued.rounds = rounds;
            worker.queue.borrow_mut().push_front(queued);
            worker.ask_for_turn();
        });
        None
    }
}

impl Open {
    /// Fetches pieces and adds them, as far as they come in time; says whether all did.
    pub(super) async fn bring_pieces(&self, wanted: &[(Piece, FileEntry)], stop: &Stop) -> bool {
        let bring = wanted
            .iter()
            .map(|(piece, entry)| self.bring_piece(*piece, entry, stop));
        let all = join_all(bring);
        match select(pin!(all), TimeoutFuture::new(PATIENCE_MS)).await {
            Either::Left((came, _)) => came.into_iter().all(|came| came),
            Either::Right(_) => false,
        }
    }

    async fn bring_piece(&self, piece: Piece, entry: &FileEntry, stop: &Stop) -> bool {
        let insert = |bytes| self.build.borrow().insert_piece(piece, bytes).is_ok();
        let Ok(bytes) = self.chunks.fetch(&self.site, entry, stop).await else {
            return false;
        };
        if insert(bytes) {
            return true;
        }
        // One of this device is not hashed again: what became of it shows here.
        self.site.kept.delete(&entry.file).await;
        match self.chunks.fetch(&self.site, entry, stop).await {
            Ok(bytes) => insert(bytes),
            Err(_) => false,
        }
    }
}
