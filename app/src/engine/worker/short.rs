//! Short work, which waits in the queue: a search, an embedding, a classification.

use std::rc::Rc;

use js_sys::Float32Array;

use super::pieces::Batched;
use super::{Open, Queued, Worker};
use crate::engine::batch::Batch;
use crate::engine::protocol::{Answer, EngineError, Reply, Request};

/// What became of short work.
pub(super) enum Outcome {
    /// It is answered.
    Answer(Result<Reply, EngineError>),
    /// It is answered, and numbers go with it.
    WithVectors(Reply, Float32Array),
    /// It is answered, and bytes go with it.
    WithBytes(Reply, Vec<u8>),
    /// It goes on piece by piece.
    Begun,
}

impl Worker {
    /// Answers a request, or puts it back until the pieces that it needs are here.
    pub(super) fn run_short(self: &Rc<Self>, queued: Queued) {
        let number = queued.number;
        let open = self.open.borrow().clone();
        let Some(open) = open else {
            return self.answer(number, &Answer::Failed(EngineError::NotLoaded));
        };
        let again = open.build.borrow().is_in_pieces().then(|| queued.clone());
        if queued.rounds.done == 0 && again.is_some() {
            open.build.borrow().forget_lacking();
        }
        let mut outcome = self.work(&open, number, queued.request);
        if let Some(again) = again {
            let reply = match &outcome {
                Outcome::Answer(reply) => reply.clone(),
                Outcome::WithVectors(reply, _) | Outcome::WithBytes(reply, _) => Ok(reply.clone()),
                Outcome::Begun => return,
            };
            match self.whole_or_again(&open, again, reply) {
                None => return,
                Some(reply) => {
                    if let Outcome::Answer(answer) = &mut outcome {
                        *answer = reply;
                    }
                }
            }
        }
        match outcome {
            Outcome::Answer(reply) => {
                self.answer(number, &reply.map_or_else(Answer::Failed, Answer::Done));
            }
            Outcome::WithVectors(reply, vectors) => {
                let (done, corpus) = (Answer::Done(reply), self.corpus());
                self.post.with_vectors(number, &corpus, &done, &vectors);
            }
            Outcome::WithBytes(reply, bytes) => {
                let (done, corpus) = (Answer::Done(reply), self.corpus());
                self.post.with_bytes(number, &corpus, &done, &bytes);
            }
            Outcome::Begun => {}
        }
    }

    fn work(&self, open: &Open, number: u64, request: Request) -> Outcome {
        let mut build = open.build.borrow_mut();
        Outcome::Answer(match request {
            Request::Info => {
                drop(build);
                Ok(Reply::Loaded(Box::new(open.info())))
            }
            Request::Search {
                text,
                by,
                k,
                filter,
                order,
                sort,
            } => build
                .search(&text, by, k, &filter, order, sort)
                .map(|hits| Reply::Hits(Box::new(hits))),
            Request::Similar {
                near,
                away,
                k,
                filter,
                sort,
            } => build
                .similar(&near, &away, k, &filter, sort)
                .map(|hits| Reply::Hits(Box::new(hits))),
            Request::Likeness { papers, to } => match build.likeness(&papers, &to) {
                Err(error) => Err(error),
                Ok(cosines) => {
                    return Outcome::WithVectors(Reply::Likeness, Float32Array::from(&*cosines));
                }
            },
            Request::Classify {
                title,
                abstract_text,
                evidence,
            } => build
                .classify(&title, &abstract_text, evidence)
                .map(Reply::Classification),
            Request::Occlude {
                title,
                sentences,
                category,
            } => match build.occlusion(title, sentences, &category) {
                Err(error) => Err(error),
                Ok(occlusion) => {
                    // Someone looks at it, and it is short.
                    self.begin_before_others(number, occlusion);
                    return Outcome::Begun;
                }
            },
            Request::Match {
                id,
                title,
                abstract_text,
                k,
            } => build
                .find_match(&id, &title, &abstract_text, k)
                .map(|(itself, nearest)| Reply::Matched { itself, nearest }),
            Request::Embed { text } => match build.embed(&text) {
                Err(error) => Err(error),
                Ok(found) => {
                    let reply = Reply::Embedding {
                        n_tokens: found.n_tokens,
                        n_cut: found.n_cut,
                    };
                    return Outcome::WithVectors(reply, Float32Array::from(&*found.vector));
                }
            },
            Request::EmbedBatch { .. } if !build.is_complete() => Err(EngineError::NotLoaded),
            Request::EmbedBatch { texts } => {
                let dim = build.dim();
                let vectors = Float32Array::new_with_length((texts.len() * dim) as u32);
                let batch = Batch::new(texts);
                self.begin_pieces(number, Batched::new(batch, vectors, dim));
                return Outcome::Begun;
            }
            Request::Verify { check } => match build.begin_trial(check) {
                Ok(trial) => {
                    self.begin_pieces(number, trial);
                    return Outcome::Begun;
                }
                Err(error) => Err(error),
            },
            Request::Map(question) => return super::map::answer(&mut build, question),
            other => unreachable!("{other:?} is not short work"),
        })
    }
}
