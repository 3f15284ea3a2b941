//! `offprint.embedBatch`: many texts at once, with progress, and an end when the caller wants none.

use futures::future::{Either, select};
use js_sys::{Array, Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{arguments, set, surprising};
use crate::engine::client::Engine;
use crate::engine::protocol::{EngineError, Reply};

/// The vectors of `texts` as `{vectors, dim, empty, cut}`.
pub(super) async fn embed(
    engine: Engine,
    texts: JsValue,
    options: JsValue,
) -> Result<JsValue, EngineError> {
    let texts = arguments::texts(&texts)?;
    let (on_progress, signal) = arguments::batch_options(&options)?;
    let tell = move |done: usize, total: usize| {
        if let Some(on_progress) = &on_progress {
            let (done, total) = (done as f64, total as f64);
            // An error in the caller's own function is the caller's.
            let _ = on_progress.call2(&JsValue::NULL, &done.into(), &total.into());
        }
    };
    let asked = engine.embed_batch(texts, tell);
    let answered = match signal {
        None => asked.await?,
        Some(signal) if signal.aborted() => return Err(EngineError::Cancelled),
        Some(signal) => match select(asked, aborted(&signal)).await {
            Either::Left((answered, _)) => answered?,
            // Letting go of what is asked cancels it.
            Either::Right(_) => return Err(EngineError::Cancelled),
        },
    };
    let (reply, vectors) = (answered.reply, answered.vectors);
    match (reply, vectors) {
        (Reply::Embeddings { dim, empty, cut }, Some(vectors)) => {
            let value = Object::new();
            set(&value, "vectors", &vectors);
            set(&value, "dim", &(dim as f64).into());
            set(&value, "empty", &numbers(empty));
            let cut = cut.into_iter().map(|(at, n)| numbers([at, n]));
            set(&value, "cut", &cut.collect::<Array>());
            Ok(value.into())
        }
        (other, _) => Err(surprising(&other)),
    }
}

fn numbers(numbers: impl IntoIterator<Item = usize>) -> Array {
    let numbers = numbers.into_iter().map(|n| JsValue::from_f64(n as f64));
    numbers.collect()
}

/// Resolves when the caller gives up.
fn aborted(signal: &AbortSignal) -> JsFuture {
    let promise = Promise::new(&mut |resolve, _| {
        signal
            .add_event_listener_with_callback("abort", &resolve)
            .expect("every signal takes listeners");
    });
    JsFuture::from(promise)
}
