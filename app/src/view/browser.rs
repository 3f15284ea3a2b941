//! The few things of the browser that leptos has no word for: history, storage, focus, network,
//! clipboard, files.
//!
//! Storage and history can be refused (private mode, sandboxed frames); then the page works on
//! without memory, so refusals are let pass.

use std::time::Duration;

use js_sys::Reflect;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{
    Blob, BlobPropertyBag, Clipboard, Element, HtmlAnchorElement, HtmlElement, HtmlInputElement,
    Url,
};
use wasm_bindgen_futures::JsFuture;

use crate::engine::client::Choice;
use crate::query::Query;
use crate::state::Step;

/// Key of the theme in local storage; the boot script reads it before the first paint.
const THEME_KEY: &str = "offprint-theme";
/// Key of a visitor's own keys in local storage.
const KEYS_KEY: &str = "offprint-keys";

/// `location.search`.
pub(crate) fn search() -> String {
    location().search().unwrap_or_default()
}

/// Writes a query string to the address bar.
pub(crate) fn write_history(step: Step, search: &str) {
    let path = location().pathname().unwrap_or_default();
    let address = if search.is_empty() {
        path
    } else {
        format!("{path}?{search}")
    };
    let nothing = JsValue::NULL;
    let _ = window().history().and_then(|history| match step {
        Step::Push => history.push_state_with_url(&nothing, "", Some(&address)),
        Step::Replace => history.replace_state_with_url(&nothing, "", Some(&address)),
    });
}

/// The whole address of this page with a query string, for whoever is sent it.
pub(crate) fn address_of(search: &str) -> String {
    let origin = location().origin().unwrap_or_default();
    let path = location().pathname().unwrap_or_default();
    if search.is_empty() {
        format!("{origin}{path}")
    } else {
        format!("{origin}{path}?{search}")
    }
}

/// As the browser's own button does.
pub(crate) fn go_back() {
    let _ = window().history().and_then(|history| history.back());
}

/// Whether the screen is narrow; the style sheet has the same width.
pub(crate) fn is_narrow() -> bool {
    let asked = window().match_media("(max-width: 719px)");
    asked.ok().flatten().is_some_and(|asked| asked.matches())
}

/// Whether some text is selected.
pub(crate) fn has_selection() -> bool {
    let selection = window().get_selection().ok().flatten();
    selection.is_some_and(|selection| !selection.is_collapsed())
}

/// Whether the browser believes in a network.
pub(crate) fn is_online() -> bool {
    window().navigator().on_line()
}

/// Whether the visitor asks the system for no motion.
pub(crate) fn wants_no_motion() -> bool {
    let asked = window().match_media("(prefers-reduced-motion: reduce)");
    asked.ok().flatten().is_some_and(|asked| asked.matches())
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// The day of an instant, as `2026-11-22`.
pub(crate) fn day(ms: u64) -> String {
    let instant = js_sys::Date::new(&JsValue::from_f64(ms as f64));
    let (year, month, day) = (
        instant.get_full_year(),
        instant.get_month() + 1,
        instant.get_date(),
    );
    format!("{year:04}-{month:02}-{day:02}")
}

/// Starts the page anew.
pub(crate) fn reload() {
    let _ = location().reload();
}

/// What the address ends with while the page starts anew for a newer build.
const UPDATE: &str = "#update";

/// Starts the page anew, with the newest build.
pub(crate) fn reload_for_update() {
    // In the entry that is there: a fragment starts nothing, but outlives the reload.
    let search = search();
    write_history(
        Step::Replace,
        &format!("{}{UPDATE}", search.trim_start_matches('?')),
    );
    reload();
}

/// Whether this start is to take the newest build, as "Update" asks; the address says so only once.
pub fn takes_update() -> bool {
    let takes = location().hash().is_ok_and(|hash| hash == UPDATE);
    if takes {
        let search = search();
        write_history(Step::Replace, search.trim_start_matches('?'));
    }
    takes
}

/// The engine that the address asks for.
pub fn asked_engine() -> Choice {
    Query::parse(&search()).engine
}

/// The parameter of the address that asks for the visitor's own corpus. It passes through every other change of
/// the address, and a page is of one corpus as long as it lives.
pub(crate) const OWN: (&str, &str) = ("corpus", "own");

/// Whether the address asks for the visitor's own corpus.
pub fn asks_for_own() -> bool {
    let query = Query::parse(&search());
    (query.other.iter()).any(|(name, value)| (&**name, &**value) == OWN)
}

/// Back to the top, without animation.
pub(crate) fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The theme kept on this device: `light`, `dark`, or `None` for the system's.
pub(crate) fn kept_theme() -> Option<String> {
    kept(THEME_KEY)
}

/// The visitor's own keys, as they were kept.
pub(crate) fn kept_keys() -> Option<String> {
    kept(KEYS_KEY)
}

/// Keeps a visitor's own keys, or forgets them.
pub(crate) fn keep_keys(keys: Option<&str>) {
    keep(KEYS_KEY, keys);
}

fn kept(key: &str) -> Option<String> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item(key).ok().flatten()
}

fn keep(key: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}

/// Keeps the theme and shows it.
pub(crate) fn apply_theme(theme: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
    keep(THEME_KEY, theme);
}

/// What the shell's head says under this name.
pub(crate) fn meta(name: &str) -> Option<String> {
    let selector = format!("meta[name={name}]");
    let found = document().query_selector(&selector).ok().flatten()?;
    found.get_attribute("content")
}

/// The site's name, as the shell has it.
pub(crate) fn site_title() -> String {
    meta("application-name").unwrap_or_else(|| "Offprint".to_owned())
}

/// The site's feeds, as the shell's head names them: title and address.
pub(crate) fn feeds() -> Vec<(String, String)> {
    let links = document().query_selector_all("link[type='application/atom+xml']");
    let Ok(links) = links else {
        return Vec::new();
    };
    let links = (0..links.length()).filter_map(|at| links.get(at)?.dyn_into::<Element>().ok());
    links
        .filter_map(|link| Some((link.get_attribute("title")?, link.get_attribute("href")?)))
        .collect()
}

/// Saves a text as a file on this device; it never was anywhere else.
///
/// # Errors
/// What the browser says, where it makes no file of the text.
pub(crate) fn save(name: &str, media_type: &str, text: &str) -> Result<(), JsValue> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let file = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let address = Url::create_object_url_with_blob(&file)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser reads the file after this returns.
    set_timeout(
        move || _ = Url::revoke_object_url(&address),
        Duration::from_mins(1),
    );
    Ok(())
}

/// Puts a text on the clipboard.
///
/// # Errors
/// Where the page may not: no permission, or a page that did not come by a secure way.
pub(crate) async fn copy(text: &str) -> Result<(), JsValue> {
    let navigator = window().navigator();
    // Absent where the page did not come by a secure way, which its binding does not know.
    let clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard"))?;
    let clipboard = clipboard.dyn_into::<Clipboard>()?;
    JsFuture::from(clipboard.write_text(text)).await.map(drop)
}

/// The element with this id, as one that takes the focus.
pub(crate) fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Puts the focus on an element.
pub(crate) fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        let _ = element.focus();
    }
}

/// The element that has the focus.
pub(crate) fn focused() -> Option<Element> {
    document().active_element()
}

/// A new element, behind all others of `place`.
///
/// # Errors
/// Where the name is no name.
pub(crate) fn append(place: &Element, namespace: &str, name: &str) -> Result<Element, JsValue> {
    let element = document().create_element_ns(Some(namespace), name)?;
    place.append_child(&element)?;
    Ok(element)
}

/// What the search box of the static shell holds, and whether it has the focus.
pub(crate) fn shell_text() -> (Option<String>, bool) {
    let text = document()
        .get_element_by_id("q")
        .and_then(|element| element.dyn_into::<HtmlInputElement>().ok())
        .map(|input| input.value());
    (text, focused().is_some_and(|element| element.id() == "q"))
}
