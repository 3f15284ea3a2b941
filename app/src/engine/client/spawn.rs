//! Starts a worker, and ends it.
//!
//! The worker is a `blob:` module that imports the engine's file by its absolute address, because
//! a `<meta>` content security policy binds such a worker and not one that is loaded by URL.

use std::rc::Rc;

use js_sys::Array;
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Blob, BlobPropertyBag, ErrorEvent, HtmlMetaElement, MessageEvent, RequestCache, Url, Worker,
    WorkerOptions, WorkerType,
};

use super::line::Line;
use crate::engine::download;
use crate::engine::protocol::EngineError;

/// The engine's file where the build's hook has not renamed it.
const PLAIN_NAME: &str = "engine_simd.js";

/// A running worker with the closures that it calls.
pub(super) struct Live {
    worker: Worker,
    /// Address of the module that the worker was started from.
    module: String,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
    _on_message_error: Closure<dyn Fn()>,
}

impl Live {
    /// Starts a worker that reports to `line`.
    pub(super) fn start(line: &Rc<Line>) -> Result<Self, JsValue> {
        let module = blob_module(&engine_address())?;
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name("offprint-engine");
        let worker = Worker::new_with_options(&module, &options)?;
        let to = Rc::clone(line);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            to.hear(&event.data());
        });
        let to = Rc::clone(line);
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            // A module that cannot be fetched fires a plain `Event`, which has no message.
            let message = js_sys::Reflect::get(&event, &JsValue::from_str("message"));
            to.broke(
                message
                    .ok()
                    .and_then(|message| message.as_string())
                    .filter(|m| !m.is_empty()),
            );
        });
        let to = Rc::clone(line);
        let on_message_error = Closure::<dyn Fn()>::new(move || {
            to.broke(Some("a message could not be read".to_owned()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_message_error.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            module,
            _on_message: on_message,
            _on_error: on_error,
            _on_message_error: on_message_error,
        })
    }

    /// Sends a message. To a worker that has ended it goes nowhere, as the watch will notice.
    pub(super) fn post(&self, text: &str) {
        self.worker
            .post_message(&JsValue::from_str(text))
            .expect("text can be posted");
    }

    /// Ends the worker without a word to anyone.
    pub(super) fn terminate(&self) {
        self.worker.terminate();
    }

    /// Ends the worker and lets go of it.
    pub(super) fn retire(self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
        // One of the closures may be what is running now: they go a moment later.
        spawn_local(async move { drop(self) });
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // An address that is gone already needs no revoking.
        let _ = Url::revoke_object_url(&self.module);
    }
}

/// Why a worker broke before it said hello. A look at its two files past the HTTP cache tells, and
/// replaces an error page that the cache may hold in their place.
pub(super) async fn why_not_started(cause: Option<String>) -> EngineError {
    let module = engine_address();
    let wasm = module.replace(".js", "_bg.wasm");
    for address in [module, wasm] {
        if let Err(trouble) = download::fetch(&address, RequestCache::NoCache).await {
            return trouble.of_file(address.rsplit('/').next().unwrap_or_default());
        }
    }
    let cause =
        cause.unwrap_or_else(|| "it does not start, and the browser gives no reason".to_owned());
    EngineError::Crashed { cause }
}

/// Absolute address of the engine's file.
fn engine_address() -> String {
    let named = document()
        .query_selector("meta[name=offprint-engine]")
        .ok()
        .flatten()
        .and_then(|found| found.dyn_into::<HtmlMetaElement>().ok())
        .map(|meta| meta.content())
        .filter(|name| !name.is_empty());
    absolute(&named.unwrap_or_else(|| PLAIN_NAME.to_owned()))
}

/// Where the artifacts begin, beside the page.
pub(super) const MANIFEST: &str = "artifacts/manifest.json";

/// The address of a file beside the page, whatever path the page is served under.
pub(super) fn absolute(relative: &str) -> String {
    let base = document().base_uri().ok().flatten();
    let base = base.unwrap_or_else(|| window().location().href().unwrap_or_default());
    Url::new_with_base(relative, &base).map_or_else(|_| relative.to_owned(), |url| url.href())
}

fn blob_module(engine: &str) -> Result<String, JsValue> {
    // JSON's string is JavaScript's. A failure inside a promise must reach the page, too.
    let code = format!(
        "import init from {};\n\
         addEventListener('unhandledrejection', (event) => reportError(event.reason));\n\
         init().catch(reportError);\n",
        serde_json::Value::from(engine)
    );
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let parts = Array::of1(&JsValue::from_str(&code));
    Url::create_object_url_with_blob(&Blob::new_with_str_sequence_and_options(&parts, &options)?)
}
