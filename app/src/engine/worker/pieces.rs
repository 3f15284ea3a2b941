//! Work that is done piece by piece while the queue is empty: batches of texts, drafts without their sentences, and
//! checks of the build.

use js_sys::Float32Array;

use super::{Open, Worker};
use crate::engine::batch::Batch;
use crate::engine::build::Trial;
use crate::engine::occlusion::Occlusion;
use crate::engine::protocol::{Answer, EngineError, Reply};

/// Work under way, with the request that it answers.
pub(super) struct Piecewise {
    pub(super) request: u64,
    work: Work,
}

/// What is done.
pub(super) enum Work {
    /// Texts are embedded.
    Batch(Batched),
    /// A draft is embedded without its sentences.
    Occlusion(Box<Occlusion>),
    /// The build is checked.
    Trial(Trial),
}

/// A batch with where its vectors go: outside of this memory, since they go to the page.
pub(super) struct Batched {
    batch: Batch,
    vectors: Float32Array,
    dim: usize,
}

impl Batched {
    /// Nothing is embedded yet.
    pub(super) fn new(batch: Batch, vectors: Float32Array, dim: usize) -> Self {
        Self {
            batch,
            vectors,
            dim,
        }
    }
}

impl From<Batched> for Work {
    fn from(batched: Batched) -> Self {
        Self::Batch(batched)
    }
}

impl From<Occlusion> for Work {
    fn from(occlusion: Occlusion) -> Self {
        Self::Occlusion(Box::new(occlusion))
    }
}

impl From<Trial> for Work {
    fn from(trial: Trial) -> Self {
        Self::Trial(trial)
    }
}

impl Work {
    /// Does the next piece.
    fn step(&mut self, open: &Open) -> Result<(), EngineError> {
        let mut build = open.build.borrow_mut();
        match self {
            Self::Batch(Batched {
                batch,
                vectors,
                dim,
            }) => {
                build.embed_piece(batch, |at, vector| {
                    let start = (at * *dim) as u32;
                    let row = vectors.subarray(start, start + *dim as u32);
                    row.copy_from(vector);
                });
                Ok(())
            }
            Self::Occlusion(occlusion) => {
                build.occlude_piece(occlusion);
                Ok(())
            }
            Self::Trial(trial) => build.step_trial(trial),
        }
    }

    /// Steps done, and in all.
    fn progress(&self) -> (usize, usize) {
        match self {
            Self::Batch(batched) => batched.batch.progress(),
            // Nobody counts sentences: it is done, or not yet.
            Self::Occlusion(occlusion) => (usize::from(occlusion.is_done()), 1),
            Self::Trial(trial) => trial.progress(),
        }
    }
}

impl Worker {
    /// Puts work behind what is done piece by piece already.
    pub(super) fn begin_pieces(&self, request: u64, work: impl Into<Work>) {
        let work = work.into();
        let mut pieces = self.pieces.borrow_mut();
        pieces.push_back(Piecewise { request, work });
    }

    /// Puts work before what is done piece by piece already.
    pub(super) fn begin_before_others(&self, request: u64, work: impl Into<Work>) {
        let work = work.into();
        let mut pieces = self.pieces.borrow_mut();
        pieces.push_front(Piecewise { request, work });
    }

    /// Does the next piece of the oldest work.
    pub(super) fn run_piece(&self) {
        let next = self.pieces.borrow_mut().pop_front();
        let Some(Piecewise { request, mut work }) = next else {
            return;
        };
        let Some(open) = self.open.borrow().clone() else {
            return self.answer(request, &Answer::Failed(EngineError::NotLoaded));
        };
        let (done, total) = work.progress();
        if done < total
            && let Err(error) = work.step(&open)
        {
            return self.answer(request, &Answer::Failed(error));
        }
        let (done, total) = work.progress();
        if done < total {
            self.answer(request, &Answer::Steps { done, total });
            let mut pieces = self.pieces.borrow_mut();
            return pieces.push_front(Piecewise { request, work });
        }
        match work {
            Work::Batch(Batched {
                batch,
                vectors,
                dim,
            }) => {
                let reply = Answer::Done(batch.reply(dim));
                let corpus = self.corpus();
                self.post.with_vectors(request, &corpus, &reply, &vectors);
            }
            Work::Occlusion(occlusion) => {
                let reply = occlusion.found().map(Reply::Occluded);
                self.answer(request, &reply.map_or_else(Answer::Failed, Answer::Done));
            }
            Work::Trial(trial) => {
                let finding = open.build.borrow().end_trial(trial);
                self.answer(request, &Answer::Done(Reply::Verified(finding)));
            }
        }
    }
}
