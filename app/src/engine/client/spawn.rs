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
use crate::engine::protocol::{EngineError, EngineId};

/// The engines that do the page's work, the fastest first, with the names of the shell's `<meta>`
/// that hold their modules' names. The boot script has taken away what this browser cannot run.
const ENGINES: [(EngineId, &str); 2] = [
    (EngineId::Int8Relaxed, "offprint-engine-relaxed"),
    (EngineId::Int8Simd, "offprint-engine-simd"),
];

/// The engine that is started when it is asked for; a page may lack it.
const REFERENCE: (EngineId, &str) = (EngineId::F32Candle, "offprint-engine-reference");

/// Whether this page has the reference engine.
pub fn has_reference() -> bool {
    named_in_shell(REFERENCE.1).is_some()
}

/// An engine's binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binary {
    /// Which engine it is.
    pub(super) id: EngineId,
    /// Absolute address of its module.
    address: String,
}

impl Binary {
    fn named((id, name): (EngineId, &str)) -> Option<Self> {
        let address = absolute(&named_in_shell(name)?);
        Some(Self { id, address })
    }

    /// The reference engine, where this page has it.
    pub(super) fn reference() -> Option<Self> {
        Self::named(REFERENCE)
    }

    /// What this page offers to this browser, the fastest first; never empty.
    pub(super) fn offered() -> Vec<Self> {
        let mut offered: Vec<_> = ENGINES.into_iter().filter_map(Self::named).collect();
        if offered.is_empty() {
            // A shell that names no engine is not one that the build's hook has finished.
            offered.push(Self {
                id: EngineId::Int8Simd,
                address: absolute("engine_simd.js"),
            });
        }
        offered
    }
}

/// What a `<meta>` of the shell says.
fn named_in_shell(name: &str) -> Option<String> {
    let selector = format!("meta[name={name}]");
    let found = document().query_selector(&selector).ok().flatten()?;
    let content = found.dyn_into::<HtmlMetaElement>().ok()?.content();
    (!content.is_empty()).then_some(content)
}

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
    /// Starts a worker of this binary that reports to `line`.
    pub(super) fn start(line: &Rc<Line>, binary: &Binary) -> Result<Self, JsValue> {
        let module = blob_module(&binary.address)?;
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
pub(super) async fn why_not_started(binary: &Binary, cause: Option<String>) -> EngineError {
    let wasm = binary.address.replace(".js", "_bg.wasm");
    for address in [&binary.address, &wasm] {
        if let Err(trouble) = download::fetch(address, RequestCache::NoCache).await {
            return trouble.of_file(address.rsplit('/').next().unwrap_or_default());
        }
    }
    let cause =
        cause.unwrap_or_else(|| "it does not start, and the browser gives no reason".to_owned());
    EngineError::Crashed { cause }
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
