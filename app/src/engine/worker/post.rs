//! The worker's way out: answers as JSON text, vectors and columns beside them as transferred buffers.

use js_sys::{Array, ArrayBuffer, Float32Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use crate::engine::protocol::{Answer, EngineId, Envelope, PROTOCOL};

/// Where answers go, and whose they are.
#[derive(Clone)]
pub(super) struct Post {
    /// The worker's own scope.
    pub(super) scope: DedicatedWorkerGlobalScope,
    /// The engine that answers.
    pub(super) engine: EngineId,
}

impl Post {
    /// The way out of this worker.
    pub(super) fn of(engine: EngineId) -> Self {
        Self {
            scope: js_sys::global().unchecked_into(),
            engine,
        }
    }

    fn envelope(&self, request: u64, corpus: &str, answer: &Answer) -> JsValue {
        let envelope = Envelope {
            protocol: PROTOCOL,
            request,
            engine: self.engine,
            corpus: corpus.to_owned(),
            body: answer,
        };
        let json = serde_json::to_string(&envelope).expect("answers have no unwritable value");
        JsValue::from_str(&json)
    }

    /// Sends an answer.
    pub(super) fn answer(&self, request: u64, corpus: &str, answer: &Answer) {
        let message = Array::of1(&self.envelope(request, corpus, answer));
        self.scope
            .post_message(&message)
            .expect("text can be posted");
    }

    /// Sends an answer with vectors, whose buffer moves to the page.
    pub(super) fn with_vectors(
        &self,
        request: u64,
        corpus: &str,
        answer: &Answer,
        vectors: &Float32Array,
    ) {
        self.with_buffer(request, corpus, answer, vectors, &vectors.buffer());
    }

    /// Sends an answer with bytes, whose buffer moves to the page.
    pub(super) fn with_bytes(&self, request: u64, corpus: &str, answer: &Answer, bytes: &[u8]) {
        let bytes = Uint8Array::from(bytes);
        self.with_buffer(request, corpus, answer, &bytes, &bytes.buffer());
    }

    fn with_buffer(
        &self,
        request: u64,
        corpus: &str,
        answer: &Answer,
        view: &JsValue,
        buffer: &ArrayBuffer,
    ) {
        let message = Array::of2(&self.envelope(request, corpus, answer), view);
        let moved = Array::of1(buffer);
        self.scope
            .post_message_with_transfer(&message, &moved)
            .expect("text and a buffer can be posted");
    }

    /// Tells the page what broke, since a trap itself carries no message.
    pub(super) fn announce_panics(&self) {
        let engine = self.engine;
        std::panic::set_hook(Box::new(move |panic| {
            console_error_panic_hook::hook(panic);
            Self::of(engine).answer(0, "", &Answer::Dying(panic.to_string()));
        }));
    }
}
