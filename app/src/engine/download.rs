//! One file: fetched as a stream into one buffer, with progress, and verified.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{Either, select};
use gloo_net::http::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Promise, Reflect, Uint8Array};
use shared::Sha256;
use shared::manifest::FileEntry;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, ReadableStreamDefaultReader, RequestCache, SubtleCrypto};

use super::cache::Kept;
use super::protocol::{EngineError, Source};

/// A transfer that is silent for so long says once more how far it is.
const STALL_MS: u32 = 200;

thread_local! {
    /// Bytes of every file that this worker has asked the site for.
    static FETCHED: RefCell<BTreeMap<String, u64>> = RefCell::default();
}

/// Bytes of a file that this worker has asked the site for since it started.
pub(super) fn n_fetched(file: &str) -> u64 {
    FETCHED.with_borrow(|fetched| fetched.get(file).copied().unwrap_or(0))
}

/// Told about bytes at hand and where they come from.
pub(super) type OnBytes<'a> = &'a dyn Fn(u64, Source);

/// Set from outside to stop work between two steps.
pub(super) type Stop = Rc<Cell<bool>>;

/// Why one file did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No bytes: network, server, or not there.
    Fetch(String),
    /// Bytes, but not those that the manifest promises.
    Damaged(String),
    /// The page no longer wants it.
    Stopped,
}

impl Trouble {
    /// The error as the page hears it.
    pub(super) fn of_file(self, file: &str) -> EngineError {
        let file = file.to_owned();
        match self {
            Self::Fetch(cause) => EngineError::Fetch { file, cause },
            Self::Damaged(cause) => EngineError::Damaged { file, cause },
            Self::Stopped => EngineError::Cancelled,
        }
    }
}

/// Fetches an address; anything but a success is trouble.
pub(super) async fn fetch(address: &str, cache: RequestCache) -> Result<Response, Trouble> {
    let sent = Request::get(address).cache(cache).send().await;
    let response = sent.map_err(|error| match error {
        gloo_net::Error::JsError(error) => Trouble::Fetch(error.message),
        error @ gloo_net::Error::GlooError(_) => Trouble::Fetch(error.to_string()),
    })?;
    if response.ok() {
        Ok(response)
    } else {
        Err(Trouble::Fetch(format!("status {}", response.status())))
    }
}

/// One file: from this device where it is kept, else from the network, verified and then kept.
pub(super) async fn file(
    kept: &Kept,
    folder: &str,
    entry: &FileEntry,
    cache: RequestCache,
    stop: &Stop,
    on_bytes: OnBytes<'_>,
) -> Result<Vec<u8>, Trouble> {
    if let Some(bytes) = from_device(kept, entry, stop, on_bytes).await? {
        return Ok(bytes);
    }
    on_bytes(0, Source::Network);
    let response = fetch(&format!("{folder}{}", entry.file), cache).await?;
    let came = Cell::new(0);
    let read = body(&response, entry.bytes, stop, &|done| {
        came.set(done);
        on_bytes(done, Source::Network);
    })
    .await;
    // What broke off was fetched, too.
    FETCHED.with_borrow_mut(|fetched| {
        *fetched.entry(entry.file.clone()).or_default() += came.get();
    });
    let mut bytes = read?;
    verify(&mut bytes, &entry.sha256).await?;
    kept.put(&entry.file, &mut bytes).await;
    Ok(bytes)
}

/// One file, where this device keeps it; one of another length is deleted and `None`.
///
/// Its SHA-256 was compared when it was downloaded. What happened to it since shows when it is
/// opened, by the checksums of its sections.
pub(super) async fn from_device(
    kept: &Kept,
    entry: &FileEntry,
    stop: &Stop,
    on_bytes: OnBytes<'_>,
) -> Result<Option<Vec<u8>>, Trouble> {
    let Some(response) = kept.get(&entry.file).await else {
        return Ok(None);
    };
    on_bytes(0, Source::Device);
    let read = body(&response, entry.bytes, stop, &|done| {
        on_bytes(done, Source::Device);
    })
    .await;
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Trouble::Stopped) => Err(Trouble::Stopped),
        Err(_) => {
            kept.delete(&entry.file).await;
            Ok(None)
        }
    }
}

/// Reads a body of exactly `wanted` bytes into one buffer, allocated once.
async fn body(
    response: &Response,
    wanted: u64,
    stop: &Stop,
    on_bytes: &dyn Fn(u64),
) -> Result<Vec<u8>, Trouble> {
    let damaged =
        |found: u64| Trouble::Damaged(format!("{found} bytes, but the manifest promises {wanted}"));
    let len = usize::try_from(wanted).map_err(|_| damaged(0))?;
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(len)
        .map_err(|_| Trouble::Fetch(format!("this tab has no memory for {wanted} bytes")))?;
    bytes.resize(len, 0);
    let stream = response.body().ok_or_else(|| damaged(0))?;
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut done = 0;
    loop {
        let read = JsFuture::from(reader.read());
        let step = match select(read, TimeoutFuture::new(STALL_MS)).await {
            Either::Left((step, _)) => step,
            // Reports are thinned out, and the last one before a stall may be among the dropped.
            Either::Right(((), read)) => {
                on_bytes(done as u64);
                read.await
            }
        };
        let step = step.map_err(|error| cause(&error))?;
        let value = Reflect::get(&step, &JsValue::from_str("value"));
        let Some(piece) = value
            .ok()
            .and_then(|piece| piece.dyn_into::<Uint8Array>().ok())
        else {
            break;
        };
        let end = done + piece.length() as usize;
        let trouble = if stop.get() {
            Trouble::Stopped
        } else if let Some(place) = bytes.get_mut(done..end) {
            piece.copy_to(place);
            done = end;
            on_bytes(done as u64);
            continue;
        } else {
            damaged(end as u64)
        };
        // Nobody reads on; a refusal to cancel changes nothing.
        let _ = JsFuture::from(reader.cancel()).await;
        return Err(trouble);
    }
    if done == len {
        Ok(bytes)
    } else {
        Err(damaged(done as u64))
    }
}

/// Compares the digest of `bytes`, computed by the browser where it does, with the promised one.
async fn verify(bytes: &mut [u8], promised: &Sha256) -> Result<(), Trouble> {
    let found = match browser_digest(bytes).await {
        Some(found) => found,
        // No secure context, as on plain http in a local network.
        None => Sha256::of(bytes),
    };
    if found == *promised {
        Ok(())
    } else {
        Err(Trouble::Damaged(format!(
            "SHA-256 {found}, but the manifest promises {promised}"
        )))
    }
}

/// The digest of a kept file, which stays outside of this memory where the browser computes it: WebAssembly's
/// never shrinks. `None` where the browser cannot read the file.
pub(super) async fn digest(response: Response) -> Option<Sha256> {
    let Some(subtle) = subtle() else {
        return Some(Sha256::of(&response.binary().await.ok()?));
    };
    let response = web_sys::Response::from(response);
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    let digest = subtle.digest_with_str_and_buffer_source("SHA-256", buffer.unchecked_ref());
    digest_of(digest.ok()?).await
}

async fn browser_digest(bytes: &mut [u8]) -> Option<Sha256> {
    let digest = subtle()?.digest_with_str_and_u8_array("SHA-256", bytes);
    digest_of(digest.ok()?).await
}

async fn digest_of(digest: Promise) -> Option<Sha256> {
    let digest = Uint8Array::new(&JsFuture::from(digest).await.ok()?).to_vec();
    Some(Sha256(digest.try_into().ok()?))
}

/// What computes digests, where this browser has it.
fn subtle() -> Option<SubtleCrypto> {
    let crypto = Reflect::get(&js_sys::global(), &JsValue::from_str("crypto")).ok()?;
    let crypto: Crypto = crypto.dyn_into().ok()?;
    // Typed `subtle()` would not say that it is missing.
    let subtle = Reflect::get(&crypto, &JsValue::from_str("subtle")).ok()?;
    subtle.dyn_into().ok()
}

fn cause(error: &JsValue) -> Trouble {
    let message = error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()));
    Trouble::Fetch(message.unwrap_or_else(|| "the transfer broke off".to_owned()))
}
