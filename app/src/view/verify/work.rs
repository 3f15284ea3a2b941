//! The checks under way and what they have found. It lives as long as the page, so that a question may be asked meanwhile.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::{Engine, Ticket};
use crate::engine::protocol::{Check, EngineError, Reply};
use crate::engine::timeline;
use crate::verify::Findings;

/// Checks of this device; given to every view through leptos' context.
#[derive(Clone, Copy)]
pub(crate) struct Verification {
    engine: Engine,
    /// What was found so far.
    pub(super) findings: RwSignal<Findings>,
    /// What is under way.
    pub(super) check: RwSignal<Option<Check>>,
    /// Steps done of it, and in all.
    pub(super) steps: RwSignal<(usize, usize)>,
    /// How the last checks ended, for people; empty until they have.
    pub(super) ended: RwSignal<&'static str>,
    /// Why a check has no result.
    pub(super) error: RwSignal<Option<EngineError>>,
    /// Whether the engine in f32 is on its way to be compared with.
    pub(super) awaits_reference: RwSignal<bool>,
    ticket: StoredValue<Option<Ticket>>,
    /// Counts starts and stops: what answers an earlier one is void.
    generation: StoredValue<u64>,
}

impl Verification {
    /// Nothing is checked yet.
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            findings: RwSignal::new(Findings::default()),
            check: RwSignal::new(None),
            steps: RwSignal::new((0, 0)),
            ended: RwSignal::new(""),
            error: RwSignal::new(None),
            awaits_reference: RwSignal::new(false),
            ticket: StoredValue::new(None),
            generation: StoredValue::new(0),
        }
    }

    /// Makes these checks, one after the other.
    pub(super) fn start(self, checks: &'static [Check]) {
        let mine = self.void();
        self.error.set(None);
        self.ended.set("");
        spawn_local(async move {
            for &check in checks {
                self.check.set(Some(check));
                self.steps.set((0, 0));
                let asked = self.engine.verify(check, move |done, total| {
                    if self.generation.get_value() == mine {
                        self.steps.set((done, total));
                    }
                });
                self.ticket.set_value(Some(asked.ticket()));
                let answer = asked.await.map(|answered| answered.reply);
                if self.generation.get_value() != mine {
                    return;
                }
                match answer {
                    Ok(Reply::Verified(finding)) => self.findings.update(|findings| {
                        if check == Check::Files {
                            findings.code = timeline::code();
                        }
                        findings.take(finding);
                    }),
                    // The engine was changed meanwhile.
                    Err(EngineError::Cancelled) => {
                        self.ended.set("Stopped");
                        break;
                    }
                    Ok(other) => {
                        let cause = format!("it answered {other:?}");
                        self.error.set(Some(EngineError::Crashed { cause }));
                        break;
                    }
                    Err(error) => {
                        self.error.set(Some(error));
                        break;
                    }
                }
            }
            if self.ended.get_untracked().is_empty() {
                self.ended.set("Done");
            }
            self.check.set(None);
        });
    }

    /// Stops; what was found stays.
    pub(super) fn stop(self) {
        self.void();
        self.ended.set("Stopped");
        self.check.set(None);
        if let Some(ticket) = self.ticket.get_value() {
            self.ticket.set_value(None);
            self.engine.cancel(ticket);
        }
    }

    fn void(self) -> u64 {
        self.generation.update_value(|n| *n += 1);
        self.generation.get_value()
    }
}
