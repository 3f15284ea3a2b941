//! Looks after the line: is the worker still there, is the network back, what to do when idle.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::Reflect;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::EngineState;
use super::line::Line;
use super::spawn::{MANIFEST, absolute};
use crate::engine::protocol::{EngineError, EngineId, Method, Request};

/// How often the worker is asked whether it listens, while it owes an answer.
const BEAT: Duration = Duration::from_secs(2);
/// Unanswered beats after which it counts as gone. Beats are counted instead of seconds, so that a
/// tab that slept does not blame the worker. A long text is embedded within a second.
const PATIENCE: u32 = 2;
/// The same of the reference engine, in which it takes seconds.
const PATIENCE_REFERENCE: u32 = 15;
/// The same while files are opened, which may block a slow device for seconds.
const PATIENCE_LOADING: u32 = 8;
/// The same before the first word: its code, 2.5 MB, may come over a slow network.
const PATIENCE_STARTING: u32 = 150;
/// The first query goes before what is kept for later.
const IDLE: Duration = Duration::from_secs(3);

/// Starts the watch, for the page's life.
pub(super) fn start(line: &Rc<Line>) {
    let (watched, missed) = (Rc::clone(line), Cell::new(None));
    set_interval(move || beat(&watched, &missed), BEAT);

    let (status, line) = (line.status, StoredValue::new_local(Rc::clone(line)));
    let _listens_for_the_pages_life = window_event_listener(ev::online, move |_| {
        if let EngineState::Failed {
            error: EngineError::Fetch { .. },
            ..
        } = status.get_untracked()
        {
            line.get_value().retry();
        }
        // The network may have gone while chunks were fetched.
        keep_chunks(&line.get_value());
        ask_for_the_site(&line.get_value());
    });
    Effect::new(move |asked_before: Option<bool>| {
        let ready = status.with(|status| matches!(status, EngineState::Ready(_)));
        let asked_before = asked_before.unwrap_or(false);
        if ready {
            if !asked_before {
                ask_to_persist();
            }
            set_timeout(move || keep_chunks(&line.get_value()), IDLE);
        }
        asked_before || ready
    });
}

/// One beat: `missed` counts those without a word of the worker, from the first that it owed one.
fn beat(line: &Rc<Line>, missed: &Cell<Option<u32>>) {
    if !line.is_owed() {
        missed.set(None);
        return;
    }
    let n = match missed.get() {
        Some(n) if !line.heard.get() => n + 1,
        _ => 0,
    };
    let patience = if !line.is_greeted() {
        PATIENCE_STARTING
    } else if line.is_loading() {
        PATIENCE_LOADING
    } else if line.binary().id == EngineId::F32Candle {
        PATIENCE_REFERENCE
    } else {
        PATIENCE
    };
    if n >= patience {
        missed.set(None);
        line.broke(Some(format!(
            "no sign of life for {} seconds",
            n * BEAT.as_secs() as u32
        )));
        return;
    }
    missed.set(Some(n));
    line.heard.set(false);
    if line.is_greeted() {
        line.tell(Request::Ping);
    }
}

/// Starts to keep words, abstracts and the map, unless that runs, is done, or the visitor saves data.
fn keep_chunks(line: &Rc<Line>) {
    let EngineState::Ready(info) = line.status.get_untracked() else {
        return;
    };
    let done = line
        .keeping
        .with_untracked(|kept| kept.as_ref().is_some_and(|p| p.done == p.total));
    // Nobody wants all of a corpus that is too large to load.
    if matches!(info.method, Some(Method::Shards { .. })) {
        return;
    }
    let later = info.abstracts_bytes + info.words_bytes + info.map_bytes.unwrap_or(0);
    if later > 0 && line.keeping_ticket.get().is_none() && !done && !saves_data() {
        line.keeping_ticket
            .set(Some(line.tell(Request::KeepChunks)));
    }
}

/// Where the site gave no index when the page loaded, tries whether it does now.
fn ask_for_the_site(line: &Rc<Line>) {
    if !line.unreachable.get_untracked() {
        return;
    }
    let unreachable = line.unreachable;
    leptos::task::spawn_local(async move {
        let manifest = gloo_net::http::Request::get(&absolute(MANIFEST))
            .cache(web_sys::RequestCache::NoStore)
            .send()
            .await;
        if manifest.is_ok_and(|manifest| manifest.ok()) {
            unreachable.set(false);
        }
    });
}

/// Asks the browser not to evict what this device keeps. A refusal changes nothing here.
fn ask_to_persist() {
    let storage = property(window().navigator().as_ref(), "storage");
    if let Some(storage) = storage.and_then(|it| it.dyn_into::<web_sys::StorageManager>().ok())
        && let Ok(promise) = storage.persist()
    {
        leptos::task::spawn_local(async move {
            let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
        });
    }
}

fn saves_data() -> bool {
    property(window().navigator().as_ref(), "connection")
        .and_then(|connection| property(&connection, "saveData"))
        .is_some_and(|saves| saves.is_truthy())
}

/// A property that not every browser has.
fn property(of: &JsValue, name: &str) -> Option<JsValue> {
    let found = Reflect::get(of, &JsValue::from_str(name)).ok()?;
    (!found.is_undefined()).then_some(found)
}
