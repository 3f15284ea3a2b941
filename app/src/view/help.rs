//! The help dialog: every key.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::state::Page;
use crate::view::keys::KEYS;

/// The dialog; opens with [`Page::help_open`].
#[component]
pub(crate) fn Help() -> impl IntoView {
    let page = expect_context::<Page>();
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if page.help_open.get() && !dialog.open() {
            let _ = dialog.show_modal();
        }
    });
    let rows = KEYS.map(|(key, what)| {
        view! {
            <div>
                <dt><kbd>{key}</kbd></dt>
                <dd>{what}</dd>
            </div>
        }
    });
    view! {
        <dialog
            class="help"
            node_ref=dialog
            aria-labelledby="help-title"
            on:close=move |_| page.help_open.set(false)
        >
            <form method="dialog">
                <h2 id="help-title">"Keyboard"</h2>
                <dl class="keys-list">{rows}</dl>
                <p class="muted">"Keys of a result act on the one that has the focus."</p>
                <p class="muted">
                    "A draft, or a file of many papers, is classified under "<i>"Classify"</i>": paste it, drop it or choose it there."
                </p>
                <button type="submit" class="plain">"Close"</button>
            </form>
        </dialog>
    }
}
