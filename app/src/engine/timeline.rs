//! What the browser's own timeline says was fetched for this thread: code, style and fonts, which are no artifacts.

use js_sys::{Array, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};

/// Code, style and fonts with the bytes that came over the network for them: none where they were kept.
pub(crate) fn code() -> Vec<(String, u64)> {
    entries().unwrap_or_default()
}

fn entries() -> Option<Vec<(String, u64)>> {
    // Workers have no window, and their scope's binding no such call.
    let property = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let performance = property(&global(), "performance")?;
    let ask: js_sys::Function = property(&performance, "getEntriesByType")?
        .dyn_into()
        .ok()?;
    let entries = ask
        .call1(&performance, &JsValue::from_str("resource"))
        .ok()?;
    let code = Array::from(&entries).into_iter().filter_map(|entry| {
        let address = property(&entry, "name")?.as_string()?;
        let name = address.split(['?', '#']).next()?.rsplit('/').next()?;
        let is_code = [".js", ".wasm", ".css", ".woff2", ".svg"];
        let is_code = is_code.iter().any(|ending| name.ends_with(ending));
        let bytes = property(&entry, "transferSize")?.as_f64()?;
        is_code.then(|| (name.to_owned(), bytes as u64))
    });
    Some(code.collect())
}
