//! Runs in the worker: messages in, work, messages out.
//!
//! Short work (a search, an embedding) waits in a queue and runs one piece a turn of the event
//! loop, so that a `Cancel` that is already under way overtakes it. What takes many embeddings, and checks of
//! the build, go on piece by piece while the queue is empty. Long work (loading, keeping
//! abstracts) consists of downloads; it runs beside the queue and looks at its stop flag between
//! two steps.

mod abstracts;
pub(super) mod long;
mod map;
mod own;
mod paging;
mod pieces;
mod post;
mod short;
mod verify;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use serde::Deserialize;
use shared::manifest::FileEntry;
use shared::{Manifest, Map};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageChannel, MessageEvent, MessagePort};

use self::abstracts::Chunks;
use self::paging::Rounds;
use self::pieces::Piecewise;
use self::post::Post;
use super::artifacts::Site;
use super::build::Build;
use super::download::Stop;
use super::embed::Open as OpenEngine;
use super::protocol::{Answer, Check, EngineError, Envelope, Info, PROTOCOL, Reply, Request};

/// Starts the engine: call once, from the worker's `main`.
pub fn run(engine: impl OpenEngine + 'static) {
    let post = Post::of(engine.id());
    post.announce_panics();
    let worker = Rc::new(Worker::new(post, Box::new(engine)));
    worker.listen();
    worker.answer(0, &Answer::Hello);
}

/// What is open.
struct Open {
    build: RefCell<Build>,
    manifest: Manifest,
    site: Site,
    site_unreachable: Cell<bool>,
    chunks: Chunks,
    /// The map, once it was asked for.
    map: RefCell<Option<Rc<Map>>>,
}

impl Open {
    /// What the build is, and whether the site gave it.
    fn info(&self) -> Info {
        Info {
            site_unreachable: self.site_unreachable.get(),
            ..self.build.borrow().info()
        }
    }

    /// Every file that may wait: the map, the chunks of words, of their places, of abstracts, the pieces of a corpus
    /// that is not loaded whole.
    fn later_files(&self) -> Vec<FileEntry> {
        let mut files = self.build.borrow().word_chunks();
        files.splice(0..0, self.manifest.map.clone());
        files.extend_from_slice(&self.chunks.files);
        files.extend(self.build.borrow().piece_files());
        files
    }
}

/// Short work that waits for its turn.
#[derive(Clone)]
struct Queued {
    number: u64,
    request: Request,
    /// Whether the words that it needs have been fetched, as far as they can be.
    has_words: bool,
    /// How far the pieces are that it needs, where the corpus comes in pieces.
    rounds: Rounds,
}

struct Worker {
    post: Post,
    engine: Box<dyn OpenEngine>,
    open: RefCell<Option<Rc<Open>>>,
    queue: RefCell<VecDeque<Queued>>,
    /// What is done piece by piece while the queue is empty.
    pieces: RefCell<VecDeque<Piecewise>>,
    /// Stop flags of the long work under way.
    stops: RefCell<HashMap<u64, Stop>>,
    /// A message through this port is the queue's next turn.
    turn: MessagePort,
    turn_taken: MessagePort,
    turn_pending: Cell<bool>,
}

impl Worker {
    fn new(post: Post, engine: Box<dyn OpenEngine>) -> Self {
        let channel = MessageChannel::new().expect("every worker can make a channel");
        Self {
            post,
            engine,
            open: RefCell::default(),
            queue: RefCell::default(),
            pieces: RefCell::default(),
            stops: RefCell::default(),
            turn: channel.port1(),
            turn_taken: channel.port2(),
            turn_pending: Cell::new(false),
        }
    }

    /// Hooks up both ports. The closures live as long as the worker.
    fn listen(self: &Rc<Self>) {
        let worker = Rc::clone(self);
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                worker.hear(&text);
            }
        });
        self.post
            .scope
            .set_onmessage(Some(hear.as_ref().unchecked_ref()));
        hear.forget();
        let worker = Rc::clone(self);
        let turn = Closure::<dyn Fn()>::new(move || worker.take_turn());
        self.turn_taken
            .set_onmessage(Some(turn.as_ref().unchecked_ref()));
        turn.forget();
    }

    fn hear(self: &Rc<Self>, text: &str) {
        /// What every protocol's envelope has.
        #[derive(Deserialize)]
        struct Head {
            protocol: u32,
            request: u64,
        }
        let Ok(head) = serde_json::from_str::<Head>(text) else {
            return;
        };
        let request = match serde_json::from_str::<Envelope<Request>>(text) {
            Ok(envelope) if envelope.protocol == PROTOCOL => {
                // Meant for another engine, or asked of a build that is not open here.
                let elsewhere = !envelope.corpus.is_empty() && envelope.corpus != self.corpus();
                if envelope.engine != self.post.engine || elsewhere {
                    return self.answer(head.request, &Answer::Failed(EngineError::NotLoaded));
                }
                envelope.body
            }
            _ => {
                let error = EngineError::Protocol {
                    page: head.protocol,
                    engine: PROTOCOL,
                };
                return self.answer(head.request, &Answer::Failed(error));
            }
        };
        match request {
            Request::Ping => self.answer(head.request, &Answer::Done(Reply::Pong)),
            Request::Cancel { request } => {
                self.stop(request);
                self.answer(head.request, &Answer::Done(Reply::Cancelled { request }));
            }
            Request::Load { .. }
            | Request::KeepChunks
            | Request::Abstract { .. }
            | Request::Own(_) => {
                self.start_long(head.request, request);
            }
            Request::Verify {
                check: Check::Files,
            } => self.start_long(head.request, request),
            Request::Map(question) if question.needs_the_map() => {
                self.start_long(head.request, Request::Map(question));
            }
            short => {
                self.queue.borrow_mut().push_back(Queued {
                    number: head.request,
                    request: short,
                    has_words: false,
                    rounds: Rounds::default(),
                });
                self.ask_for_turn();
            }
        }
    }

    /// Takes a request out of the queue, or tells long work to stop.
    fn stop(&self, request: u64) {
        let place = self
            .queue
            .borrow()
            .iter()
            .position(|queued| queued.number == request);
        if let Some(place) = place {
            self.queue.borrow_mut().remove(place);
            self.answer(request, &Answer::Failed(EngineError::Cancelled));
        } else if let Some(stop) = self.stops.borrow().get(&request) {
            stop.set(true);
        } else {
            let mut pieces = self.pieces.borrow_mut();
            let n = pieces.len();
            pieces.retain(|work| work.request != request);
            if pieces.len() < n {
                self.answer(request, &Answer::Failed(EngineError::Cancelled));
            }
        }
    }

    fn ask_for_turn(&self) {
        if !self.turn_pending.replace(true) {
            self.turn
                .post_message(&wasm_bindgen::JsValue::NULL)
                .expect("a port of our own takes null");
        }
    }

    fn take_turn(self: &Rc<Self>) {
        self.turn_pending.set(false);
        let next = self.queue.borrow_mut().pop_front();
        match next {
            Some(queued) => {
                if let Some(ready) = self.with_words(queued) {
                    self.run_short(ready);
                }
            }
            None => self.run_piece(),
        }
        if !self.queue.borrow().is_empty() || !self.pieces.borrow().is_empty() {
            self.ask_for_turn();
        }
    }

    /// Runs long work beside the queue.
    fn start_long(self: &Rc<Self>, number: u64, request: Request) {
        let stop = Stop::default();
        self.stops.borrow_mut().insert(number, Rc::clone(&stop));
        let worker = Rc::clone(self);
        spawn_local(async move {
            let reply = worker.run_long(number, request, &stop).await;
            worker.stops.borrow_mut().remove(&number);
            match reply {
                Ok(Some(reply)) => worker.answer(number, &Answer::Done(reply)),
                // It was sent with what goes beside it.
                Ok(None) => {}
                Err(error) => worker.answer(number, &Answer::Failed(error)),
            }
        });
    }

    fn answer(&self, request: u64, answer: &Answer) {
        self.post.answer(request, &self.corpus(), answer);
    }

    /// Name of the open build; empty where none is.
    fn corpus(&self) -> String {
        let open = self.open.borrow();
        open.as_ref()
            .map_or_else(String::new, |open| open.manifest.build.to_string())
    }
}
