//! What this device keeps: artifacts in the Cache API, under their content-hashed addresses.
//!
//! A browser may refuse (private window, no space, no secure context). Then nothing is kept and
//! everything else works: every call here answers instead of failing.

use gloo_net::http::Response;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage};

/// Name of the cache. The service worker's caches have other names, so neither deletes the other's.
const NAME: &str = "offprint-artifacts-v1";

/// The cache, as far as there is one.
#[derive(Clone)]
pub(super) struct Kept {
    cache: Option<Cache>,
    /// Address of the artifacts' folder: pages of one origin share a cache, each minds its own.
    folder: String,
}

impl Kept {
    /// Opens the cache of the artifacts under `folder`, an address that ends with `/`.
    pub(super) async fn open(folder: &str) -> Self {
        // Typed getters would trap where the property is missing, as it is without a secure context.
        let storage = Reflect::get(&js_sys::global(), &JsValue::from_str("caches"));
        let cache = match storage
            .ok()
            .and_then(|found| found.dyn_into::<CacheStorage>().ok())
        {
            None => None,
            Some(storage) => JsFuture::from(storage.open(NAME))
                .await
                .ok()
                .and_then(|cache| cache.dyn_into().ok()),
        };
        Self {
            cache,
            folder: folder.to_owned(),
        }
    }

    /// Opens the cache of the visitor's own corpus beside the artifacts under `folder`.
    pub(super) async fn own(folder: &str) -> Self {
        Self::open(&format!("{folder}own/")).await
    }

    /// Whether this browser keeps anything at all.
    pub(super) fn is_open(&self) -> bool {
        self.cache.is_some()
    }

    fn address(&self, file: &str) -> String {
        format!("{}{file}", self.folder)
    }

    /// The kept file of this name.
    pub(super) async fn get(&self, file: &str) -> Option<Response> {
        let found = self.cache.as_ref()?.match_with_str(&self.address(file));
        let found = JsFuture::from(found).await.ok()?;
        found
            .dyn_into::<web_sys::Response>()
            .ok()
            .map(Response::from)
    }

    /// Keeps a file; says whether the browser agreed. Takes the bytes mutably because the
    /// binding's view of WebAssembly memory asks for it; they do not change.
    pub(super) async fn put(&self, file: &str, bytes: &mut [u8]) -> bool {
        let Some(cache) = &self.cache else {
            return false;
        };
        // The response copies the bytes at once: the only copy besides ours.
        let Ok(response) = web_sys::Response::new_with_opt_u8_array(Some(bytes)) else {
            return false;
        };
        JsFuture::from(cache.put_with_str(&self.address(file), &response))
            .await
            .is_ok()
    }

    /// Forgets a file.
    pub(super) async fn delete(&self, file: &str) {
        if let Some(cache) = &self.cache {
            // A refusal leaves the file where it is; the next visit tries again.
            let _ = JsFuture::from(cache.delete_with_str(&self.address(file))).await;
        }
    }

    /// Names of the kept files of this folder.
    pub(super) async fn names(&self) -> Vec<String> {
        let Some(cache) = &self.cache else {
            return Vec::new();
        };
        let Ok(keys) = JsFuture::from(cache.keys()).await else {
            return Vec::new();
        };
        Array::from(&keys)
            .iter()
            .filter_map(|key| key.dyn_into::<web_sys::Request>().ok())
            .filter_map(|key| key.url().strip_prefix(&self.folder).map(str::to_owned))
            // What lies in a folder below is another's.
            .filter(|name| !name.contains('/'))
            .collect()
    }
}
