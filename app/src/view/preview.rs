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
    /// Shows the whole of it elsewhere, where the list has no room for it.
    details: Callback<()>,
) -> impl IntoView {
    let Some(reading) = Reading::of(id) else {
        return ().into_any();
    };
    if reading.text.with_untracked(Option::is_none)
        && let Ok(timer) = set_timeout_with_handle(move || reading.start(), STILL)
    {
        on_cleanup(move || timer.clear());
    }
    let open = RwSignal::new(false);
    reading
        .view(move |text| folding(text, open, asked, details).into_any())
        .into_any()
}

/// The whole abstract.
#[component]
pub(crate) fn Whole(
    /// Id of the paper.
    id: String,
    /// Words of the question, which are marked.
    asked: Signal<Vec<Term>>,
) -> impl IntoView {
    let Some(reading) = Reading::of(id) else {
        return ().into_any();
    };
    if reading.text.with_untracked(Option::is_none) {
        reading.start();
    }
    let whole = move |text: String| {
        let parts = parts(&text);
        let words = Words::of(&text);
        let sentence = nearest_sentence(&text, &parts, Signal::stored(true));
        let shown = move || {
            let places = asked.with(|asked| words.places(asked));
            set_off(&text, &parts, &places, sentence.get().as_ref())
        };
        view! { <p class="abstract" data-testid="whole-abstract">{shown}</p> }.into_any()
    };
    reading.view(whole).into_any()
}

/// An abstract that is read once for all who show it.
#[derive(Clone, Copy)]
struct Reading {
    page: Page,
    engine: StoredValue<Engine>,
    id: StoredValue<String>,
    text: RwSignal<Option<Result<String, EngineError>>>,
}

impl Reading {
    /// What is known of a paper's abstract; none where the build has no abstracts.
    fn of(id: String) -> Option<Self> {
        let page = expect_context::<Page>();
        let has_none = page
            .corpus
            .with_untracked(|info| info.as_ref().is_some_and(|info| info.abstracts_bytes == 0));
        let known = page
            .abstracts
            .with_value(|abstracts| abstracts.get(&id).cloned());
        (!has_none).then(|| Self {
            page,
            engine: StoredValue::new(expect_context::<Engine>()),
            id: StoredValue::new(id),
            text: RwSignal::new(known.map(Ok)),
        })
    }

    fn start(self) {
        let (engine, id) = (self.engine.get_value(), self.id.get_value());
        spawn_local(async move {
            let answer = match engine.request(Request::Abstract { id: id.clone() }).await {
                Ok(Reply::Abstract { text, .. }) => Ok(text),
                Ok(_) | Err(EngineError::Cancelled) => return,
                Err(error) => Err(error),
            };
            if let Ok(text) = &answer {
                self.page.abstracts.update_value(|abstracts| {
                    abstracts.insert(id, text.clone());
                });
            }
            // The card may be gone by now.
            let _ = self.text.try_set(Some(answer));
        });
    }

    /// The text as `shown` has it, or what stands in its place.
    fn view(self, shown: impl Fn(String) -> AnyView + Send + 'static) -> impl IntoView {
        move || match self.text.get() {
            None => view! { <p class="abstract waiting" aria-hidden="true"></p> }.into_any(),
            Some(Ok(text)) if text.trim().is_empty() => ().into_any(),
            Some(Ok(text)) => shown(text),
            Some(Err(error)) => view! {
                <p class="abstract muted" data-testid="abstract">
                    {format!("Abstract not at hand: {error}. ")}
                    <button
                        type="button"
                        class="plain"
                        on:click=move |_| {
                            self.text.set(None);
                            self.start();
                        }
                    >
                        "Try again"
                    </button>
                </p>
            }
            .into_any(),
        }
    }
}

fn folding(
    text: String,
    open: RwSignal<bool>,
    asked: Signal<Vec<Term>>,
    details: Callback<()>,
) -> impl IntoView {
    let narrow = expect_context::<Page>().panels().narrow;
    let unfolded = Signal::derive(move || open.get() && !narrow.get());
    let parts = parts(&text);
    let head = head(&text, &parts, LENGTH).map(|end| until(&parts, end));
    let is_whole = head.is_none();
    let words = Words::of(&text);
    let sentence = nearest_sentence(&text, &parts, unfolded);
    let shown = move || {
        let (within, end) = match &head {
            Some(head) if !unfolded.get() => (head, "… "),
            _ => (&parts, " "),
        };
        let places = asked.with(|asked| words.places(asked));
        let sentence = sentence.get().filter(|_| unfolded.get());
        (set_off(&text, within, &places, sentence.as_ref()), end)
    };
    if is_whole {
        return view! { <p class="abstract" data-testid="abstract">{shown}</p> }.into_any();
    }
    let more = move |_| {
        if narrow.get_untracked() {
            details.run(());
        } else {
            open.update(|open| *open = !*open);
        }
    };
    view! {
        <p class="abstract" data-testid="abstract">
            {shown}
            <button
                type="button"
                class="plain"
                data-testid="more"
                data-key="a"
                aria-expanded=move || (!narrow.get()).then(|| open.get().to_string())
                aria-haspopup=move || narrow.get().then_some("dialog")
                on:click=more
            >
                {move || if unfolded.get() { "less" } else { "more" }}
                <span class="hidden">" of the abstract"</span>
            </button>
        </p>
    }
    .into_any()
}
