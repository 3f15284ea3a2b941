//! The reference engine: offered where page and build bring it, named while it is chosen, and left
//! again.

use leptos::prelude::*;

use crate::engine::client::{Choice, has_reference};
use crate::state::{Page, Step};
use crate::view::wording::bytes;

/// The offer, in the about view.
#[component]
pub(crate) fn ReferenceOffer(
    /// The weights in f32, in bytes, where the build brings them.
    n_bytes: Option<u64>,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let offered = n_bytes.filter(|_| has_reference());
    let chosen = move || page.shown.with(|query| query.engine == Choice::Reference);
    move || {
        let n_bytes = offered.filter(|_| !chosen())?;
        Some(view! {
            <h2>"Reference engine"</h2>
            <p>
                "The encoder in f32, as it was before it was quantized. It is slow and large; it is there to compare. The papers' vectors stay those of the int8 encoder."
            </p>
            <button
                type="button"
                class="solid"
                data-testid="use-reference"
                on:click=move |_| page.choose_engine(Step::Push, Choice::Reference)
            >
                {format!("Use the reference engine (f32, {})", bytes(n_bytes))}
            </button>
        })
    }
}

/// The line while it is chosen, with the way back.
#[component]
pub(crate) fn ReferenceNotice() -> impl IntoView {
    let page = expect_context::<Page>();
    let chosen = Memo::new(move |_| page.shown.with(|query| query.engine == Choice::Reference));
    let text = move || {
        if !has_reference() {
            "This page has no reference engine: the int8 engine answers."
        } else if page.info.with(Option::is_some) {
            "The reference engine answers: f32, slow, there to compare."
        } else {
            "The reference engine is on its way."
        }
    };
    move || {
        chosen.get().then(|| {
            view! {
                <p class="notice" data-testid="reference">
                    <span>{text}</span>
                    <span class="choices">
                        <button
                            type="button"
                            class="plain"
                            data-testid="leave-reference"
                            on:click=move |_| page.choose_engine(Step::Push, Choice::Fast)
                        >
                            "Back to the fast engine"
                        </button>
                    </span>
                </p>
            }
        })
    }
}
