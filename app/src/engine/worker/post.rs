//! The worker's way out: answers as JSON text, vectors beside them as transferred buffers.

use js_sys::{Array, Float32Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use crate::engine::protocol::{Answer, ENGINE, Envelope, PROTOCOL};

fn envelope(request: u64, corpus: &str, answer: &Answer) -> JsValue {
    let envelope = Envelope {
        protocol: PROTOCOL,
        request,
        engine: ENGINE.to_owned(),
        corpus: corpus.to_owned(),
        body: answer,
    };
    let json = serde_json::to_string(&envelope).expect("answers have no unwritable value");
    JsValue::from_str(&json)
}

/// Sends an answer.
pub(super) fn answer(
    scope: &DedicatedWorkerGlobalScope,
    request: u64,
    corpus: &str,
    answer: &Answer,
) {
    let message = Array::of1(&envelope(request, corpus, answer));
    scope.post_message(&message).expect("text can be posted");
}

/// Sends an answer with a vector, whose buffer moves to the page.
pub(super) fn with_vector(
    scope: &DedicatedWorkerGlobalScope,
    request: u64,
    corpus: &str,
    answer: &Answer,
    vector: &Float32Array,
) {
    let message = Array::of2(&envelope(request, corpus, answer), vector);
    let moved = Array::of1(&vector.buffer());
    scope
        .post_message_with_transfer(&message, &moved)
        .expect("text and a buffer can be posted");
}

/// Tells the page what broke, since a trap itself carries no message.
pub(super) fn announce_panics() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        answer(&scope, 0, "", &Answer::Dying(panic.to_string()));
    }));
}
