//! `window.offprint`: the engine for scripts and for the browser's console.
//!
//! `docs/api.md` describes every call with an example. Every call but `terminate` gives a promise;
//! a rejection is an `Error` whose `code` is that of [`EngineError`]. Values have the shape of
//! [`crate::engine::protocol`]'s types.

mod arguments;
mod batch;

use std::future::Future;

use js_sys::{Function, JSON, Object, Reflect};
use leptos::prelude::window;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::future_to_promise;

use crate::engine::client::Engine;
use crate::engine::protocol::{EngineError, Reply, Request};

/// Nearest labelled papers that `classify` gives as evidence.
const EVIDENCE: usize = 5;

/// Puts `offprint` on the window, for the page's life.
pub fn install(engine: Engine) {
    let api = Object::new();
    set(
        &api,
        "version",
        &JsValue::from_str(env!("CARGO_PKG_VERSION")),
    );
    let info = move |_, _| promise(async move { to_js(&engine.info().await?) });
    method(&api, "ready", info);
    method(&api, "info", info);
    method(&api, "embed", move |text, _| {
        promise(async move {
            let vector = engine.embed(arguments::text(&text, "text")?).await?;
            Ok(vector.into())
        })
    });
    method(&api, "embedBatch", move |texts, options| {
        promise(batch::embed(engine, texts, options))
    });
    method(&api, "search", move |text, options| {
        promise(async move {
            let text = arguments::text(&text, "text")?;
            let (by, order, sort, k, filter) = arguments::search_options(&options)?;
            let request = Request::Search {
                text,
                by,
                k,
                filter,
                order,
                sort,
            };
            hits(engine.request(request).await?)
        })
    });
    method(&api, "similar", move |ids, options| {
        promise(async move {
            let near = arguments::ids(&ids, "id")?;
            let (away, sort, k, filter) = arguments::similar_options(&options)?;
            let request = Request::Similar {
                near,
                away,
                k,
                filter,
                sort,
            };
            hits(engine.request(request).await?)
        })
    });
    method(&api, "classify", move |text, _| {
        promise(async move {
            let (title, abstract_text) = arguments::paper(&text)?;
            let request = Request::Classify {
                title,
                abstract_text,
                evidence: EVIDENCE,
            };
            match engine.request(request).await? {
                Reply::Classification(found) => to_js(&found),
                other => Err(surprising(&other)),
            }
        })
    });
    method(&api, "terminate", move |_, _| {
        engine.terminate();
        JsValue::UNDEFINED
    });
    set(&window(), "offprint", &Object::freeze(&api));
}

fn hits(reply: Reply) -> Result<JsValue, EngineError> {
    match reply {
        Reply::Hits(hits) => to_js(&*hits),
        other => Err(surprising(&other)),
    }
}

fn surprising(reply: &Reply) -> EngineError {
    EngineError::Crashed {
        cause: format!("it answered {reply:?}"),
    }
}

/// A value of the protocol as a plain object.
fn to_js(value: &impl Serialize) -> Result<JsValue, EngineError> {
    let json = serde_json::to_string(value).expect("the protocol has no unwritable value");
    // Only a browser without memory refuses its own format.
    JSON::parse(&json).map_err(|_| EngineError::Crashed {
        cause: "the answer did not fit in memory".to_owned(),
    })
}

fn promise(work: impl Future<Output = Result<JsValue, EngineError>> + 'static) -> JsValue {
    future_to_promise(async move {
        work.await.map_err(|error| {
            let thrown = js_sys::Error::new(&error.to_string());
            thrown.set_name("OffprintError");
            set(&thrown, "code", &JsValue::from_str(error.code()));
            thrown.into()
        })
    })
    .into()
}

fn method(on: &Object, name: &str, call: impl Fn(JsValue, JsValue) -> JsValue + 'static) {
    let closure = Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(call);
    let function: Function = wasm_bindgen::JsCast::unchecked_into(closure.into_js_value());
    set(on, name, &function);
}

fn set(on: &JsValue, name: &str, value: &JsValue) {
    Reflect::set(on, &JsValue::from_str(name), value).expect("our own objects take properties");
}
