//! A file from the visitor: chosen by a button, or dropped. It is read here and goes nowhere.

use js_sys::Uint8Array;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::web_sys::{DragEvent, File};
use wasm_bindgen_futures::JsFuture;

/// A button that takes a file: a real input, so that keys and screen readers know it.
#[component]
pub(crate) fn TakeFile(
    /// What the button says.
    label: &'static str,
    /// Endings that the browser's dialog offers.
    accept: &'static str,
    /// `data-testid` of the input.
    testid: &'static str,
    /// What is done with the file.
    take: Callback<File>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            // The same file may be chosen again.
            input.set_value("");
            take.run(file);
        }
    };
    view! {
        <label class="solid file">
            {label}
            <input
                type="file"
                class="hidden"
                accept=accept
                node_ref=input
                data-testid=testid
                on:change=chosen
            />
        </label>
    }
}

/// Lets files be dropped where this event is heard; else the browser would open them in place of the page.
pub(crate) fn allow_drop(event: &DragEvent) {
    event.prevent_default();
}

/// The file of a drop. What is no file, such as dragged text, stays the browser's.
pub(crate) fn dropped(event: &DragEvent) -> Option<File> {
    let file = event.data_transfer()?.files()?.get(0)?;
    event.prevent_default();
    Some(file)
}

/// The bytes of a file; `None` where the browser cannot read it, as when it was moved meanwhile.
pub(crate) async fn bytes_of(file: &File) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
