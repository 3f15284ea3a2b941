//! Asks the engine as the query changes: waits for a pause in typing, drops answers that come late.

use std::sync::Arc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::{Engine, Ticket};
use crate::engine::protocol::{EngineError, Reply, Request};
use crate::state::{Found, Page, Question};

/// A pause this long ends a burst of typing.
const PAUSE: Duration = Duration::from_millis(120);

/// Keeps [`Page::found`] in step with [`Page::question`] for the page's life.
pub(crate) fn start(page: Page, engine: Engine) {
    let turn = StoredValue::new(0_u64);
    let asked_last = StoredValue::new(None::<Ticket>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<Option<Question>>| {
        let question = page.question.get();
        let ready = page.info.with(Option::is_some);
        page.retries.track();
        // Whatever is under way answers an older question.
        turn.update_value(|turn| *turn += 1);
        if let Some(ticket) = asked_last.try_update_value(Option::take).flatten() {
            engine.cancel(ticket);
        }
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        match &question {
            None => {
                page.found.set(None);
                page.pending.set(false);
            }
            Some(_) if !ready => page.pending.set(true),
            Some(asked) => {
                page.pending.set(true);
                let typing = matches!(&before, Some(Some(old)) if old.text != asked.text);
                let asked = asked.clone();
                let mine = turn.get_value();
                let ask = move || {
                    let answer = engine.ask(request(&asked));
                    asked_last.set_value(Some(answer.ticket()));
                    spawn_local(async move {
                        let answer = answer.await;
                        if turn.get_value() == mine {
                            asked_last.set_value(None);
                            take(page, asked, answer.map(|answered| answered.reply));
                        }
                    });
                };
                if typing {
                    timer.set_value(set_timeout_with_handle(ask, PAUSE).ok());
                } else {
                    ask();
                }
            }
        }
        question
    });
}

fn request(question: &Question) -> Request {
    let (k, filter) = (question.k, question.filter.clone());
    match question.like.clone() {
        Some(id) => Request::Similar { id, k, filter },
        None => Request::Search {
            text: question.text.clone(),
            k,
            filter,
        },
    }
}

fn take(page: Page, question: Question, answer: Result<Reply, EngineError>) {
    let outcome = match answer {
        Ok(Reply::Hits(hits)) => Ok(Arc::new(hits)),
        Ok(_) => Err(EngineError::Crashed {
            cause: "it answered another question".to_owned(),
        }),
        Err(error) => Err(error),
    };
    page.found.set(Some(Found { question, outcome }));
    page.pending.set(false);
}
