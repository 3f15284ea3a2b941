//! What the worker says, sorted.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Float32Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::super::EngineState;
use super::super::asked::Answered;
use super::super::spawn::{MANIFEST, absolute};
use super::Line;
use crate::engine::protocol::{
    Answer, EngineError, Envelope, Info, PROTOCOL, Progress, Reply, Request,
};

impl Line {
    /// Takes a message of the worker. What nobody waits for any more is dropped.
    pub(in super::super) fn hear(self: &Rc<Self>, message: &JsValue) {
        self.heard.set(true);
        let parts = Array::from(message);
        let Some(text) = parts.get(0).as_string() else {
            return;
        };
        let envelope = match serde_json::from_str::<Envelope<Answer>>(&text) {
            Ok(envelope) if envelope.protocol == PROTOCOL => envelope,
            found => {
                let engine = found.map_or(0, |envelope| envelope.protocol);
                return self.fail(&EngineError::Protocol {
                    page: PROTOCOL,
                    engine,
                });
            }
        };
        if envelope.engine != self.binary().id {
            return;
        }
        let ticket = envelope.request;
        match envelope.body {
            Answer::Hello => {
                self.greeted.set(true);
                let manifest_url = absolute(MANIFEST);
                let (newest, only_words) = (self.newest, self.only_words.get());
                self.loading.set(self.tell(Request::Load {
                    manifest_url,
                    newest,
                    only_words,
                    own: self.own,
                }));
            }
            Answer::Dying(cause) => self.broke(Some(cause)),
            Answer::NewBuild(name) => self.update.set(Some(name)),
            Answer::Progress(progress) if ticket == self.loading.get() => self.note(progress),
            Answer::Progress(progress) => {
                if Some(ticket) == self.keeping_ticket.get() {
                    self.keeping.set(Some(progress));
                }
            }
            Answer::WordsOpen(info) => self.open_words(*info),
            Answer::Steps { done, total } => self.tell_listener(ticket, done, total),
            Answer::Partial(Reply::Hits(hits)) => self.partial.set(Some((ticket, *hits))),
            Answer::Partial(_) => {}
            Answer::Done(Reply::Loaded(info)) if ticket == self.loading.get() => {
                self.unreachable.set(info.site_unreachable);
                self.status.set(EngineState::Ready(Arc::new(*info)));
                for (ticket, request) in self.held.take() {
                    self.post(ticket, request);
                }
            }
            Answer::Failed(error) if ticket == self.loading.get() => self.fail(&error),
            Answer::Done(_) | Answer::Failed(_) if Some(ticket) == self.keeping_ticket.get() => {
                self.keeping_ticket.set(None);
                if let Answer::Failed(_) = envelope.body {
                    self.keeping.set(None);
                }
            }
            Answer::Done(reply) => {
                let vectors = parts.get(1).dyn_into::<Float32Array>().ok();
                let bytes = parts.get(1).dyn_into::<Uint8Array>().ok();
                self.settle(
                    ticket,
                    Ok(Answered {
                        reply,
                        vectors,
                        bytes,
                    }),
                );
            }
            Answer::Failed(error) => self.settle(ticket, Err(error)),
        }
    }

    /// Words can be searched while the rest loads; what waits for them goes.
    fn open_words(&self, info: Info) {
        self.status.update(|status| {
            if let EngineState::Loading { words, .. } = status {
                *words = Some(Arc::new(info));
            }
        });
        let held = self.held.take();
        let (goes, waits): (Vec<_>, Vec<_>) =
            (held.into_iter()).partition(|(_, request)| request.needs_no_model());
        *self.held.borrow_mut() = waits;
        for (ticket, request) in goes {
            self.post(ticket, request);
        }
    }

    /// Puts one file's progress in its line of the load.
    fn note(&self, progress: Progress) {
        self.status.update(|status| {
            let EngineState::Loading { files, .. } = status else {
                return;
            };
            match files.iter_mut().find(|known| known.part == progress.part) {
                Some(known) => *known = progress,
                None => files.push(progress),
            }
        });
    }
}
