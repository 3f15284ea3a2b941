//! Asks the engine as the query changes: at once while it is idle, and about the newest text as soon
//! as it has answered.
//!
//! While someone types, one question is under way and the newest one waits for its answer, which is
//! shown meanwhile: results follow as fast as this device embeds, and no question piles up. Any
//! other change drops what is under way.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::{Engine, Ticket};
use crate::engine::protocol::{By, EngineError, Info, Method, Order, Reply, Request};
use crate::query::Like;
use crate::state::{Found, Page, Question};

/// A question that the engine has not answered yet.
struct UnderWay {
    ticket: Ticket,
    question: Question,
}

/// Keeps [`Page::found`] in step with [`Page::question`] for the page's life.
pub(crate) fn start(page: Page, engine: Engine) {
    let under_way = StoredValue::new(None::<UnderWay>);
    let partial = engine.partial();
    // What is found so far is shown while the rest is fetched.
    Effect::new(move |_| {
        let Some((ticket, hits)) = partial.get() else {
            return;
        };
        let asked = under_way.with_value(|asked| {
            let asked = asked.as_ref().filter(|asked| asked.ticket == ticket);
            asked.map(|asked| asked.question.clone())
        });
        if let Some(question) = asked {
            take(page, question, Ok(Reply::Hits(Box::new(hits))));
        }
    });
    Effect::new(move |_| {
        let question = page.question.get();
        let ready = page.corpus.with(Option::is_some);
        // What words alone have answered is asked again once meaning is open.
        page.info.track();
        page.retries.track();
        let typing_on = under_way.with_value(|under_way| {
            let asked = under_way.as_ref().zip(question.as_ref());
            asked.is_some_and(|(asked, newer)| is_typing(&asked.question, newer))
        });
        // Where pieces have to be fetched for an answer, nobody waits for an older text's.
        let typing_on = typing_on
            && !page
                .info
                .with_untracked(|info| comes_in_pieces(info.as_deref()));
        if !typing_on && let Some(asked) = under_way.try_update_value(Option::take).flatten() {
            engine.cancel(asked.ticket);
        }
        page.pending.set(question.is_some());
        match question {
            None => page.found.set(None),
            Some(question) if ready && !typing_on => ask(page, engine, under_way, question),
            Some(_) => {}
        }
    });
}

/// Sends a question; whatever is asked by the time of its answer goes next.
fn ask(page: Page, engine: Engine, under_way: StoredValue<Option<UnderWay>>, question: Question) {
    let is_complete = page.info.with_untracked(Option::is_some);
    let answer = engine.ask(request(&question, is_complete));
    let ticket = answer.ticket();
    under_way.set_value(Some(UnderWay { ticket, question }));
    spawn_local(async move {
        let answer = answer.await.map(|answered| answered.reply);
        let mine = |asked: &mut UnderWay| asked.ticket == ticket;
        let asked = under_way.try_update_value(|under_way| under_way.take_if(mine));
        let Some(UnderWay { question, .. }) = asked.flatten() else {
            return;
        };
        match page.question.get_untracked() {
            Some(newer) if newer != question => {
                // An error may be the older text's alone.
                if answer.is_ok() {
                    take(page, question, answer);
                }
                // Otherwise it is asked once the engine is back.
                if page.corpus.with_untracked(Option::is_some) {
                    ask(page, engine, under_way, newer);
                }
            }
            // Called off with the engine that it was asked of: the next one is asked again.
            _ if answer == Err(EngineError::Cancelled) => {}
            _ => {
                take(page, question, answer);
                page.pending.set(false);
            }
        }
    });
}

/// Whether the corpus is fetched in pieces.
fn comes_in_pieces(info: Option<&Info>) -> bool {
    matches!(
        info.and_then(|info| info.method),
        Some(Method::Shards { .. })
    )
}

/// Whether nothing but the text differs.
fn is_typing(older: &Question, newer: &Question) -> bool {
    let same_text = Question {
        text: older.text.clone(),
        ..newer.clone()
    };
    older.text != newer.text && *older == same_text && !older.like.is_some()
}

/// The question as the engine can answer it now: until meaning is open, by words.
fn request(question: &Question, is_complete: bool) -> Request {
    let (k, filter) = (question.k, question.filter.clone());
    match question.like.clone() {
        Like { near, away } if !near.is_empty() => Request::Similar {
            near,
            away,
            k,
            filter,
            sort: question.sort,
        },
        _ => Request::Search {
            text: question.text.clone(),
            by: match question.by {
                By::Both if !is_complete => By::Words,
                by => by,
            },
            k,
            filter,
            order: Order::Nearest,
            sort: question.sort,
        },
    }
}

fn take(page: Page, question: Question, answer: Result<Reply, EngineError>) {
    let outcome = match answer {
        Ok(Reply::Hits(hits)) => Ok(Arc::from(hits)),
        Ok(_) => Err(EngineError::Crashed {
            cause: "it answered another question".to_owned(),
        }),
        Err(error) => Err(error),
    };
    page.found.set(Some(Found { question, outcome }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::{Filter, Sort};

    #[test]
    fn only_a_change_of_the_text_alone_waits_for_the_answer_under_way() {
        let older = Question {
            text: "spin gl".to_owned(),
            like: Like::default(),
            filter: Filter::default(),
            k: 20,
            by: By::Both,
            sort: Sort::Relevance,
        };
        let newer = Question {
            text: "spin glass".to_owned(),
            ..older.clone()
        };
        assert!(is_typing(&older, &newer));
        assert!(!is_typing(&older, &older), "a repeated question");
        let more = Question {
            k: 40,
            ..newer.clone()
        };
        assert!(!is_typing(&older, &more), "more hits");
        let filtered = Question {
            filter: Filter {
                years: Some((1999, 2004)),
                ..Filter::default()
            },
            ..newer.clone()
        };
        assert!(!is_typing(&older, &filtered), "other papers");
        let like = |question: Question| Question {
            like: Like::one("1801.01203".to_owned()),
            ..question
        };
        assert!(
            !is_typing(&like(older), &like(newer)),
            "of a seed the text is no part"
        );
    }
}
