//! The library as a file: saved, read back, and everything erased.

use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::File;
use wasm_bindgen_futures::JsFuture;

use crate::library::{self, Library};
use crate::view::browser;
use crate::view::said::Said;
use crate::view::wording::{bytes, counted};

/// Name of the backup.
const FILE: &str = "offprint-library.json";
/// A larger file is something else: a library of 100,000 papers is half of it.
const MOST_BYTES: f64 = 64e6;

/// The buttons.
#[component]
pub(crate) fn Files() -> impl IntoView {
    let library = expect_context::<Library>();
    let said = expect_context::<Said>();
    let fault = RwSignal::new(None::<String>);
    let input = NodeRef::<Input>::new();
    let save = move |_| {
        let (text, n) = library.papers().with_untracked(|papers| {
            let all: Vec<_> = papers.values().collect();
            let now_ms = browser::now_ms() as u64;
            (library::to_json(&all, now_ms), all.len())
        });
        match browser::save(FILE, "application/json", &text) {
            Ok(()) => said.say(format!("{} in {FILE}", counted(n, "paper"))),
            Err(_) => said.say(format!("The browser made no file of {FILE}")),
        }
    };
    let restore = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        spawn_local(async move {
            let name = file.name();
            let outcome = read(file).await;
            // The same file may be chosen again.
            input.set_value("");
            match outcome {
                Ok(entries) => {
                    let known = library.papers().get_untracked();
                    let n_new = entries
                        .iter()
                        .filter(|entry| !known.contains_key(&entry.id))
                        .count();
                    said.say(format!(
                        "{} read from {name}, {n_new} of them new",
                        counted(entries.len(), "paper")
                    ));
                    library.merge(entries);
                    fault.set(None);
                }
                Err(why) => fault.set(Some(format!(
                    "{name} was not read: {why}. Nothing was changed."
                ))),
            }
        });
    };
    view! {
        <section class="library-files" aria-labelledby="files-title">
            <h2 id="files-title">"Backup"</h2>
            <p class="muted">
                "The whole library as one file: papers, tags, notes, read marks. Reading one joins it with what is here: the newer edit of a paper wins, and nothing is lost."
            </p>
            <div class="buttons">
                <button type="button" class="solid" data-testid="backup" on:click=save>
                    "Save a backup"
                </button>
                <label class="solid file">
                    "Read a backup"
                    <input
                        type="file"
                        class="hidden"
                        accept=".json,application/json"
                        node_ref=input
                        data-testid="restore"
                        on:change=restore
                    />
                </label>
                <Erase/>
            </div>
            <div role="alert">
                {move || fault.get().map(|fault| view! {
                    <p class="notice" data-testid="restore-fault">{fault}</p>
                })}
            </div>
        </section>
    }
}

/// The papers of a file, or what is wrong with it.
async fn read(file: File) -> Result<Vec<library::Entry>, String> {
    if file.size() > MOST_BYTES {
        return Err(format!(
            "it has {}, more than any library",
            bytes(file.size() as u64)
        ));
    }
    let text = JsFuture::from(file.text()).await;
    let text = text.ok().and_then(|text| text.as_string());
    let text = text.ok_or("the browser could not read it")?;
    library::parse(&text, browser::now_ms() as u64).map_err(|error| error.to_string())
}

/// The button that erases everything, once it was confirmed.
#[component]
fn Erase() -> impl IntoView {
    let library = expect_context::<Library>();
    let said = expect_context::<Said>();
    let papers = library.papers();
    let dialog = NodeRef::<Dialog>::new();
    let ask = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            let _ = dialog.show_modal();
        }
    };
    let erase = move |_| {
        library.erase();
        said.say("The library is erased");
    };
    let what = move || {
        let n = papers.with(std::collections::BTreeMap::len);
        format!(
            "{} with tags, notes and read marks will be gone from this device. This cannot be undone.",
            counted(n, "paper")
        )
    };
    let nothing = move || papers.with(std::collections::BTreeMap::is_empty);
    view! {
        <button type="button" class="solid" data-testid="erase" disabled=nothing on:click=ask>
            "Erase the library"
        </button>
        <dialog class="help" node_ref=dialog aria-labelledby="erase-title">
            <form method="dialog">
                <h2 id="erase-title">"Erase the library?"</h2>
                <p>{what}</p>
                <div class="buttons">
                    <button type="submit" class="solid" autofocus>"Keep it"</button>
                    <button type="submit" class="solid danger" data-testid="erase-now" on:click=erase>
                        "Erase it"
                    </button>
                </div>
            </form>
        </dialog>
    }
}
