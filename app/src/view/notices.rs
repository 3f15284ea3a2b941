//! What is worth a line under the header: no network, a new index, a link of another one, a batch under way elsewhere.

use leptos::prelude::*;

use crate::engine::client::Engine;
use crate::state::Page;
use crate::view::batch::BatchNotice;
use crate::view::browser;
use crate::view::link::LinkNotice;
use crate::view::own::OwnNotice;
use crate::view::reference::ReferenceNotice;

/// The lines.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    let page = expect_context::<Page>();
    let engine = expect_context::<Engine>();
    let keeping = engine.keeping();
    let update = engine.update();
    let later = RwSignal::new(false);
    let abstracts = move || match keeping.get() {
        Some(progress) if progress.total > 0 && progress.done >= progress.total => "yes",
        Some(_) | None => "partly",
    };
    // A browser knows its own network only; a site that does not answer is noticed by the engine.
    let unreachable = engine.unreachable();
    let offline = move || {
        let why = if page.online.get() {
            "This site's index cannot be reached"
        } else {
            "Offline"
        };
        let text = if page.corpus.with(Option::is_some) {
            format!(
                "{why}: search and classification work from this device; abstracts kept: {}.",
                abstracts(),
            )
        } else {
            format!("{why}: the index is not on this device yet; it loads once there is a network.")
        };
        view! { <p class="notice" data-testid="offline">{text}</p> }
    };
    let offer = move |what: String| {
        view! {
            <p class="notice" data-testid="update">
                <span>{format!("{what} is available.")}</span>
                <span class="choices">
                    <button
                        type="button"
                        class="plain"
                        data-testid="update-now"
                        on:click=|_| browser::reload_for_update()
                    >
                        "Update"
                    </button>
                    <button type="button" class="plain" on:click=move |_| later.set(true)>
                        "Later"
                    </button>
                </span>
            </p>
        }
    };
    view! {
        <div class="notices" role="status" aria-live="polite">
            <OwnNotice/>
            <ReferenceNotice/>
            <LinkNotice/>
            <BatchNotice/>
            {move || (!page.online.get() || unreachable.get()).then(offline)}
            {move || update.get().filter(|_| !later.get()).map(offer)}
        </div>
    }
}
