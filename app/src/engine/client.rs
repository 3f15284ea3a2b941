//! The page's way to the engine: ask, wait, cancel; watch it load; survive its crashes.
//!
//! [`Engine`] is a handle that is copied freely and given to every view through leptos' context.
//! What it asks before the build is open waits until then. Behind it stands one `Line`: the worker
//! of the moment and what is still unanswered.

mod asked;
mod line;
mod spawn;
mod watch;

use std::rc::Rc;
use std::sync::Arc;

use js_sys::Float32Array;
use leptos::prelude::*;

pub use self::asked::Asked;
use self::line::Line;
pub use self::spawn::has_reference;
use super::protocol::{Check, EngineError, Hits, Info, Progress, Reply, Request};

/// Number of a request, unique in the page's life.
pub type Ticket = u64;

/// Which engine is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// The fastest that this browser runs.
    #[default]
    Fast,
    /// The encoder in f32, where page and build bring it.
    Reference,
}

/// How far the engine is.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineState {
    /// Files are being fetched and opened.
    Loading {
        /// One entry a file, in the order in which they were first heard of.
        files: Vec<Progress>,
        /// When loading began, in milliseconds since 1970.
        started_ms: f64,
        /// The build whose words can be searched meanwhile.
        words: Option<Arc<Info>>,
    },
    /// Requests are answered.
    Ready(Arc<Info>),
    /// Nothing but words works until [`Engine::retry`], or until the network is back.
    Failed {
        /// Why.
        error: EngineError,
        /// The build whose words can be searched all the same.
        words: Option<Arc<Info>>,
    },
}

impl EngineState {
    /// The build whose words can be searched, which all builds' can be that are open.
    pub fn corpus(&self) -> Option<&Arc<Info>> {
        match self {
            Self::Ready(info) => Some(info),
            Self::Loading { words, .. } | Self::Failed { words, .. } => words.as_ref(),
        }
    }
}

/// A handle to the engine.
#[derive(Clone, Copy)]
pub struct Engine {
    line: StoredValue<Rc<Line>, LocalStorage>,
    status: ReadSignal<EngineState>,
    keeping: ReadSignal<Option<Progress>>,
    update: ReadSignal<Option<String>>,
    partial: ReadSignal<Option<(Ticket, Hits)>>,
    unreachable: ReadSignal<bool>,
}

impl Engine {
    /// Starts the worker of the engine chosen and has it load the build beside this page: the
    /// `newest`, or one that this device keeps whole; or the visitor's `own` corpus.
    ///
    /// Call once, under a reactive owner that lives as long as the page.
    pub fn start(newest: bool, choice: Choice, own: bool) -> Self {
        let line = Line::new(newest, choice, own);
        let engine = Self {
            status: line.status.read_only(),
            keeping: line.keeping.read_only(),
            update: line.update.read_only(),
            partial: line.partial.read_only(),
            unreachable: line.unreachable.read_only(),
            line: StoredValue::new_local(Rc::clone(&line)),
        };
        watch::start(&line);
        line.open();
        engine
    }

    /// How far the engine is.
    pub fn status(&self) -> ReadSignal<EngineState> {
        self.status
    }

    /// How far the abstracts' download for offline use is; `None` before it began or where this
    /// browser keeps nothing.
    pub fn keeping(&self) -> ReadSignal<Option<Progress>> {
        self.keeping
    }

    /// Whether the open build is this device's because the site gave none, and has not since.
    pub fn unreachable(&self) -> ReadSignal<bool> {
        self.unreachable
    }

    /// Another build that the site offers, named for people.
    pub fn update(&self) -> ReadSignal<Option<String>> {
        self.update
    }

    /// The last answer that is not whole yet, with the number of its request: a better one follows.
    pub fn partial(&self) -> ReadSignal<Option<(Ticket, Hits)>> {
        self.partial
    }

    /// Asks; the answer is a future. Dropping that future cancels the request.
    pub fn ask(&self, request: Request) -> Asked {
        Asked::new(self.line.get_value(), request, None)
    }

    /// Asks and waits.
    ///
    /// # Errors
    /// What the engine says, or [`EngineError::Crashed`] where it stopped meanwhile.
    pub async fn request(&self, request: Request) -> Result<Reply, EngineError> {
        self.ask(request).await.map(|answered| answered.reply)
    }

    /// The embedding of a text as a question: a vector of length one.
    ///
    /// # Errors
    /// As [`Self::request`]; [`EngineError::NoTokens`] where there is nothing to embed.
    pub async fn embed(&self, text: String) -> Result<Float32Array, EngineError> {
        let answered = self.ask(Request::Embed { text }).await?;
        answered.vectors.ok_or_else(no_vector)
    }

    /// The embeddings of many texts, each as [`Self::embed`] gives it; `listener` hears how many are
    /// done, and of how many. The answer is that of [`Reply::Embeddings`] with its vectors. Other
    /// requests go first. Dropping the future cancels it.
    pub fn embed_batch(
        &self,
        texts: Vec<String>,
        listener: impl Fn(usize, usize) + 'static,
    ) -> Asked {
        let request = Request::EmbedBatch { texts };
        Asked::new(self.line.get_value(), request, Some(Rc::new(listener)))
    }

    /// Checks the open build; `listener` hears how many steps are done, and of how many. The answer is that of
    /// [`Reply::Verified`]. Other requests go first. Dropping the future cancels it.
    pub fn verify(&self, check: Check, listener: impl Fn(usize, usize) + 'static) -> Asked {
        let request = Request::Verify { check };
        Asked::new(self.line.get_value(), request, Some(Rc::new(listener)))
    }

    /// What is open; waits until something is.
    ///
    /// # Errors
    /// Why nothing could be opened.
    pub async fn info(&self) -> Result<Info, EngineError> {
        match self.request(Request::Info).await? {
            Reply::Loaded(info) => Ok(*info),
            other => Err(EngineError::Crashed {
                cause: format!("it answered {other:?}"),
            }),
        }
    }

    /// Stops a request; it ends with [`EngineError::Cancelled`].
    pub fn cancel(&self, ticket: Ticket) {
        self.line.get_value().cancel(ticket);
    }

    /// Goes over to this engine, unless it runs already.
    pub fn choose(&self, choice: Choice) {
        self.line.get_value().switch(choice);
    }

    /// Loads again after a failure.
    pub fn retry(&self) {
        self.line.get_value().retry();
    }

    /// Gives a load up, until [`Self::retry`].
    pub fn cancel_load(&self) {
        self.line.get_value().cancel_load();
    }

    /// Ends the worker the way an operating system short of memory does: without a word. The
    /// engine notices when the next request stays unanswered, and starts anew.
    pub fn terminate(&self) {
        self.line.get_value().terminate();
    }
}

fn no_vector() -> EngineError {
    EngineError::Crashed {
        cause: "it sent no vector".to_owned(),
    }
}
