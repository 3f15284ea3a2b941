//! A request under way.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::channel::oneshot;
use js_sys::{Float32Array, Uint8Array};

use super::Ticket;
use super::line::Line;
use crate::engine::protocol::{EngineError, Reply, Request};

/// An answer, with the vector or the bytes that came beside it.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// The vector of [`Reply::Embedding`], the vectors of [`Reply::Embeddings`], or the cosines of
    /// [`Reply::Likeness`].
    pub vectors: Option<Float32Array>,
    /// The columns of the map, or the flags of papers that pass.
    pub bytes: Option<Uint8Array>,
}

/// Told how many steps of long work are done, and how many there are.
pub(super) type Listener = Rc<dyn Fn(usize, usize)>;

/// How a request ended.
pub(super) type Outcome = Result<Answered, EngineError>;

/// A request under way: a future of its answer. Dropped early, it cancels the request.
pub struct Asked {
    line: Rc<Line>,
    ticket: Ticket,
    receiver: oneshot::Receiver<Outcome>,
    answered: bool,
}

impl Asked {
    pub(super) fn new(line: Rc<Line>, request: Request, listener: Option<Listener>) -> Self {
        let (ticket, receiver) = line.ask(request, listener);
        Self {
            line,
            ticket,
            receiver,
            answered: false,
        }
    }

    /// The request's number, for [`super::Engine::cancel`].
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }
}

impl Future for Asked {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = Pin::new(&mut self.receiver).poll(context).map(|received| {
            // A line that drops the sender is gone, and the worker with it.
            let gone = EngineError::Crashed {
                cause: "the page let go of it".to_owned(),
            };
            received.unwrap_or(Err(gone))
        });
        self.answered = outcome.is_ready();
        outcome
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.answered {
            self.line.cancel(self.ticket);
        }
    }
}
