//! The start of an abstract, read when the card has stood still for a moment.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{EngineError, Reply, Request, Term};
use crate::latex::{head, parts, until};
use crate::state::Page;
use crate::view::marked::Words;
use crate::view::sentence::{nearest_sentence, set_off};

/// Cards that flash by while someone types fetch nothing.
const STILL: Duration = Duration::from_millis(250);
/// Characters that the preview shows.
const LENGTH: usize = 280;

/// The preview with its "more".
#[component]
pub(crate) fn Preview(
    /// Id of the paper.
    id: String,
    /// Words of the question, which are marked.
    asked: Signal<Vec<Term>>,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let engine = expect_context::<Engine>();
    if page
        .corpus
        .with_untracked(|info| info.as_ref().is_some_and(|info| info.abstracts_bytes == 0))
    {
        return ().into_any();
    }
    let known = page
        .abstracts
        .with_value(|abstracts| abstracts.get(&id).cloned());
    let text = RwSignal::new(known.map(Ok::<_, EngineError>));
    let id = StoredValue::new(id);
    let engine = StoredValue::new(engine);
    let read = move || {
        let (engine, id) = (engine.get_value(), id.get_value());
        spawn_local(async move {
            let answer = match engine.request(Request::Abstract { id: id.clone() }).await {
                Ok(Reply::Abstract { text, .. }) => Ok(text),
                Ok(_) | Err(EngineError::Cancelled) => return,
                Err(error) => Err(error),
            };
            if let Ok(text) = &answer {
                page.abstracts.update_value(|abstracts| {
                    abstracts.insert(id, text.clone());
                });
            }
            // The card may be gone by now.
            let _ = text.try_set(Some(answer));
        });
    };
    if text.with_untracked(Option::is_none)
        && let Ok(timer) = set_timeout_with_handle(read, STILL)
    {
        on_cleanup(move || timer.clear());
    }
    let open = RwSignal::new(false);
    view! {
        {move || match text.get() {
            None => view! { <p class="abstract waiting" aria-hidden="true"></p> }.into_any(),
            Some(Ok(text)) if text.trim().is_empty() => ().into_any(),
            Some(Ok(text)) => folding(text, open, asked).into_any(),
            Some(Err(error)) => view! {
                <p class="abstract muted" data-testid="abstract">
                    {format!("Abstract not at hand: {error}. ")}
                    <button
                        type="button"
                        class="plain"
                        on:click=move |_| {
                            text.set(None);
                            read();
                        }
                    >
                        "Try again"
                    </button>
                </p>
            }.into_any(),
        }}
    }
    .into_any()
}

fn folding(text: String, open: RwSignal<bool>, asked: Signal<Vec<Term>>) -> impl IntoView {
    let parts = parts(&text);
    let head = head(&text, &parts, LENGTH).map(|end| until(&parts, end));
    let is_whole = head.is_none();
    let words = Words::of(&text);
    let sentence = nearest_sentence(&text, &parts, open.into());
    let shown = move || {
        let (within, end) = match &head {
            Some(head) if !open.get() => (head, "… "),
            _ => (&parts, " "),
        };
        let places = asked.with(|asked| words.places(asked));
        let sentence = sentence.get().filter(|_| open.get());
        (set_off(&text, within, &places, sentence.as_ref()), end)
    };
    if is_whole {
        return view! { <p class="abstract" data-testid="abstract">{shown}</p> }.into_any();
    }
    view! {
        <p class="abstract" data-testid="abstract">
            {shown}
            <button
                type="button"
                class="plain"
                data-testid="more"
                data-key="a"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || if open.get() { "less" } else { "more" }}
                <span class="hidden">" of the abstract"</span>
            </button>
        </p>
    }
    .into_any()
}
