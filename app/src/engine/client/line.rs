//! The worker of the moment, what was asked of it, and what happens when it breaks.

mod hear;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::oneshot;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::asked::{Listener, Outcome};
use super::spawn::{Binary, Live, why_not_started};
use super::{Choice, EngineState, Ticket};
use crate::engine::protocol::{EngineError, Envelope, Hits, PROTOCOL, Progress, Request};

/// So many crashes within [`CRASH_WINDOW_MS`] are given up on.
const MAX_CRASHES: usize = 3;
const CRASH_WINDOW_MS: f64 = 60_000.0;
/// The pause before the first restart; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// One worker after another, and what is unanswered.
pub(super) struct Line {
    pub(super) status: RwSignal<EngineState>,
    pub(super) keeping: RwSignal<Option<Progress>>,
    pub(super) update: RwSignal<Option<String>>,
    /// The last answer that is not whole yet, and whose it is.
    pub(super) partial: RwSignal<Option<(Ticket, Hits)>>,
    /// Whether the open build is this device's because the site gave none.
    pub(super) unreachable: RwSignal<bool>,
    live: RefCell<Option<Live>>,
    /// The binaries that may run here, the best first.
    binaries: RefCell<Vec<Binary>>,
    /// The reference engine, while it is wanted in their place.
    reference: RefCell<Option<Binary>>,
    /// Counts starts and ends: what was planned for an earlier worker is void.
    generation: Cell<u32>,
    /// Whether a newer build than the kept one is to be fetched.
    newest: bool,
    /// Whether the visitor's own corpus is to be opened.
    own: bool,
    /// Whether the rest of a build was given up, so that words alone are loaded.
    pub(super) only_words: Cell<bool>,
    /// Whether the worker of the moment has said hello.
    greeted: Cell<bool>,
    /// Whether anything was heard since the watch last looked.
    pub(super) heard: Cell<bool>,
    last_ticket: Cell<Ticket>,
    unanswered: RefCell<BTreeMap<Ticket, oneshot::Sender<Outcome>>>,
    /// Who wants to know how far long work is.
    listeners: RefCell<BTreeMap<Ticket, Listener>>,
    /// What waits for an open build.
    held: RefCell<Vec<(Ticket, Request)>>,
    loading: Cell<Ticket>,
    pub(super) keeping_ticket: Cell<Option<Ticket>>,
    crashes_ms: RefCell<Vec<f64>>,
}

impl Line {
    pub(super) fn new(newest: bool, choice: Choice, own: bool) -> Rc<Self> {
        let line = Self::without_worker(newest, own);
        line.choose(choice);
        line
    }

    fn without_worker(newest: bool, own: bool) -> Rc<Self> {
        Rc::new(Self {
            status: RwSignal::new(fresh()),
            keeping: RwSignal::new(None),
            update: RwSignal::new(None),
            partial: RwSignal::new(None),
            unreachable: RwSignal::new(false),
            generation: Cell::new(0),
            live: RefCell::default(),
            binaries: RefCell::new(Binary::offered()),
            reference: RefCell::default(),
            newest,
            own,
            only_words: Cell::new(false),
            greeted: Cell::new(false),
            heard: Cell::new(false),
            last_ticket: Cell::new(0),
            unanswered: RefCell::default(),
            listeners: RefCell::default(),
            held: RefCell::default(),
            loading: Cell::new(0),
            keeping_ticket: Cell::new(None),
            crashes_ms: RefCell::default(),
        })
    }

    /// Starts a worker; it loads once it says hello.
    pub(super) fn open(self: &Rc<Self>) {
        self.retire();
        self.status.set(fresh());
        self.greeted.set(false);
        match Live::start(self, &self.binary()) {
            Ok(live) => *self.live.borrow_mut() = Some(live),
            Err(error) => self.fail(&EngineError::Crashed {
                cause: format!("{error:?}"),
            }),
        }
    }

    /// The binary that runs, or starts next.
    pub(super) fn binary(&self) -> Binary {
        let reference = self.reference.borrow().clone();
        reference.unwrap_or_else(|| self.binaries.borrow()[0].clone())
    }

    /// Takes this engine from the next start on; false where it is the one that runs, or the page
    /// lacks it.
    fn choose(&self, choice: Choice) -> bool {
        let wanted = match choice {
            Choice::Fast => None,
            Choice::Reference => Binary::reference(),
        };
        let before = self.reference.replace(wanted);
        before != *self.reference.borrow()
    }

    /// Goes over to another engine, which loads what it needs. What waits for an open build goes on
    /// waiting; what the engine of before owed is called off.
    pub(super) fn switch(self: &Rc<Self>, choice: Choice) {
        if !self.choose(choice) {
            return;
        }
        self.call_off_owed(&EngineError::Cancelled);
        self.crashes_ms.borrow_mut().clear();
        self.only_words.set(false);
        self.open();
    }

    /// Sends a request, or holds it until the build is open.
    pub(super) fn ask(
        &self,
        request: Request,
        listener: Option<Listener>,
    ) -> (Ticket, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        let ticket = self.next_ticket();
        let state = self.status.get_untracked();
        let goes = match &state {
            EngineState::Ready(_) => true,
            other => other.corpus().is_some() && request.needs_no_model(),
        };
        match state {
            // Whoever dropped the receiver does not want to know.
            EngineState::Failed { error, .. } if !goes => drop(sender.send(Err(error))),
            _ => {
                self.unanswered.borrow_mut().insert(ticket, sender);
                if let Some(listener) = listener {
                    self.listeners.borrow_mut().insert(ticket, listener);
                }
                if goes {
                    self.post(ticket, request);
                } else {
                    self.held.borrow_mut().push((ticket, request));
                }
            }
        }
        (ticket, receiver)
    }

    /// Sends a request whose answer [`Self::hear`] knows by its ticket.
    pub(super) fn tell(&self, request: Request) -> Ticket {
        let ticket = self.next_ticket();
        self.post(ticket, request);
        ticket
    }

    /// Stops a request and answers it.
    pub(super) fn cancel(&self, ticket: Ticket) {
        let sender = self.unanswered.borrow_mut().remove(&ticket);
        let Some(sender) = sender else { return };
        self.listeners.borrow_mut().remove(&ticket);
        let held = self
            .held
            .borrow()
            .iter()
            .position(|(held, _)| *held == ticket);
        match held {
            Some(at) => drop(self.held.borrow_mut().remove(at)),
            None => drop(self.tell(Request::Cancel { request: ticket })),
        }
        drop(sender.send(Err(EngineError::Cancelled)));
    }

    /// Loads again after a failure.
    pub(super) fn retry(self: &Rc<Self>) {
        if !self
            .status
            .with_untracked(|status| matches!(status, EngineState::Failed { .. }))
        {
            return;
        }
        self.crashes_ms.borrow_mut().clear();
        self.only_words.set(false);
        self.open();
    }

    /// Ends the worker of the moment, if there is one, and what was planned for it.
    fn retire(&self) {
        self.generation.set(self.generation.get() + 1);
        let live = self.live.borrow_mut().take();
        if let Some(live) = live {
            live.retire();
        }
    }

    /// Gives a load up, until [`Self::retry`]. What has arrived is kept.
    pub(super) fn cancel_load(self: &Rc<Self>) {
        if !self.is_loading() {
            return;
        }
        // A worker that ends takes its downloads with it; the next one opens the words that are here.
        let words = self
            .status
            .with_untracked(|status| status.corpus().is_some());
        if words {
            self.only_words.set(true);
            self.call_off_owed(&EngineError::Cancelled);
            return self.open();
        }
        self.retire();
        self.fail(&EngineError::Cancelled);
    }

    /// Ends the worker without taking note of it.
    pub(super) fn terminate(&self) {
        if let Some(live) = &*self.live.borrow() {
            live.terminate();
        }
    }

    /// Whether the worker of the moment has said hello.
    pub(super) fn is_greeted(&self) -> bool {
        self.greeted.get()
    }

    /// Whether a worker owes an answer, its first hello included.
    pub(super) fn is_owed(&self) -> bool {
        self.live.borrow().is_some()
            && (self.is_loading()
                || self.keeping_ticket.get().is_some()
                || !self.unanswered.borrow().is_empty())
    }

    /// Whether files are being fetched and opened.
    pub(super) fn is_loading(&self) -> bool {
        self.status
            .with_untracked(|status| matches!(status, EngineState::Loading { .. }))
    }

    /// The worker broke.
    pub(super) fn broke(self: &Rc<Self>, cause: Option<String>) {
        if self.live.borrow().is_none() {
            return;
        }
        self.retire();
        if self.greeted.get() {
            let cause = cause.unwrap_or_else(|| "the browser gives no reason".to_owned());
            return self.recover(&EngineError::Crashed { cause });
        }
        let (line, generation) = (Rc::clone(self), self.generation.get());
        spawn_local(async move {
            let why = why_not_started(&line.binary(), cause).await;
            if line.generation.get() != generation {
                return;
            }
            // The files came, so the browser refuses what it was asked about beforehand.
            if matches!(why, EngineError::Crashed { .. }) && line.give_binary_up() {
                line.open();
            } else {
                line.recover(&why);
            }
        });
    }

    /// Goes over to the next best binary; false where there is none.
    fn give_binary_up(&self) -> bool {
        if self.reference.borrow().is_some() {
            return false;
        }
        let mut binaries = self.binaries.borrow_mut();
        let goes = binaries.len() > 1;
        if goes {
            binaries.remove(0);
        }
        goes
    }

    /// What a broken worker owed has failed; another one starts after a pause.
    fn recover(self: &Rc<Self>, error: &EngineError) {
        self.call_off_owed(error);
        let now = js_sys::Date::now();
        let n_crashes = {
            let mut crashes = self.crashes_ms.borrow_mut();
            crashes.retain(|at| now - at < CRASH_WINDOW_MS);
            crashes.push(now);
            crashes.len()
        };
        if n_crashes >= MAX_CRASHES {
            return self.fail(error);
        }
        self.status.set(fresh());
        let (line, generation) = (Rc::clone(self), self.generation.get());
        set_timeout(
            move || {
                if line.generation.get() == generation {
                    line.open();
                }
            },
            FIRST_PAUSE * 2_u32.pow(n_crashes as u32 - 1),
        );
    }

    /// Ends what was asked of the worker of the moment, and not what waits for an open build.
    fn call_off_owed(&self, error: &EngineError) {
        self.keeping_ticket.set(None);
        let held: Vec<Ticket> = self
            .held
            .borrow()
            .iter()
            .map(|(ticket, _)| *ticket)
            .collect();
        let owed: Vec<Ticket> = self.unanswered.borrow().keys().copied().collect();
        for ticket in owed.into_iter().filter(|ticket| !held.contains(ticket)) {
            self.settle(ticket, Err(error.clone()));
        }
    }

    /// Gives up until [`Self::retry`]. A worker that lives on searches by words.
    fn fail(&self, error: &EngineError) {
        let words = self
            .status
            .with_untracked(|status| status.corpus().cloned());
        let words = words.filter(|_| self.live.borrow().is_some());
        let goes_on = words.is_some();
        self.status.set(EngineState::Failed {
            error: error.clone(),
            words,
        });
        let held = self.held.take();
        if goes_on {
            for (ticket, _) in held {
                self.settle(ticket, Err(error.clone()));
            }
            return;
        }
        self.listeners.borrow_mut().clear();
        for (_, sender) in self.unanswered.take() {
            drop(sender.send(Err(error.clone())));
        }
    }

    /// Tells whoever asked for long work how far it is.
    fn tell_listener(&self, ticket: Ticket, done: usize, total: usize) {
        let listener = self.listeners.borrow().get(&ticket).cloned();
        if let Some(listener) = listener {
            listener(done, total);
        }
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome) {
        self.listeners.borrow_mut().remove(&ticket);
        let sender = self.unanswered.borrow_mut().remove(&ticket);
        if let Some(sender) = sender {
            drop(sender.send(outcome));
        }
    }

    fn next_ticket(&self) -> Ticket {
        self.last_ticket.set(self.last_ticket.get() + 1);
        self.last_ticket.get()
    }

    fn post(&self, ticket: Ticket, request: Request) {
        let envelope = Envelope {
            protocol: PROTOCOL,
            request: ticket,
            engine: self.binary().id,
            corpus: self.status.with_untracked(|status| {
                let open = status.corpus();
                open.map_or_else(String::new, |info| info.build.clone())
            }),
            body: request,
        };
        let text = serde_json::to_string(&envelope).expect("requests have no unwritable value");
        if let Some(live) = &*self.live.borrow() {
            live.post(&text);
        }
    }
}

/// Loading that begins now.
fn fresh() -> EngineState {
    EngineState::Loading {
        files: Vec::new(),
        started_ms: js_sys::Date::now(),
        words: None,
    }
}
