//! Links inside the page, real addresses that are followed without a reload; and links to it, which say the build that
//! they were made with.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::query::{BUILD_DIGITS, Query};
use crate::state::{Page, Step};
use crate::view::browser;
use crate::view::said::Said;

/// The address of a query. It is this page's own, whatever build a link to it was made with.
pub(crate) fn address(query: &Query) -> String {
    let query = Query {
        build: None,
        ..query.clone()
    };
    match query.to_search().as_str() {
        "" => "./".to_owned(),
        search => format!("?{search}"),
    }
}

/// Follows a plain click; leaves new tabs and windows to the browser.
pub(crate) fn follow(page: Page, event: &MouseEvent, change: impl FnOnce(&mut Query)) {
    let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if modified || event.button() != 0 {
        return;
    }
    event.prevent_default();
    page.edit(Step::Push, change);
    browser::scroll_to_top();
}

/// A link that changes the query.
#[component]
pub(crate) fn Go(
    /// The change.
    to: fn(&mut Query),
    /// Classes of the link.
    #[prop(default = "")]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let href = move || {
        let mut query = page.shown.get();
        to(&mut query);
        address(&query)
    };
    view! {
        <a class=class href=href on:click=move |event| follow(page, &event, to)>
            {children()}
        </a>
    }
}

/// Copies a link to what is shown, after a `change`, with the build that it is shown of.
pub(crate) fn copy_link(page: Page, said: Said, change: impl FnOnce(&mut Query)) {
    let mut query = page.shown.get_untracked();
    change(&mut query);
    query.build = build_of(page);
    said.copy("Link", browser::address_of(&query.to_search()));
}

/// First digits of the open build.
fn build_of(page: Page) -> Option<String> {
    let corpus = page.corpus.get();
    corpus.map(|info| info.build.chars().take(BUILD_DIGITS).collect())
}

/// "Copy link" over a list.
#[component]
pub(crate) fn CopyLink() -> impl IntoView {
    let page = expect_context::<Page>();
    let said = expect_context::<Said>();
    view! {
        <button
            type="button"
            class="plain"
            data-testid="copy-link"
            on:click=move |_| untrack(|| copy_link(page, said, |_| ()))
        >
            "Copy link"
        </button>
    }
}

/// The line where a link was made with another build than the open one.
#[component]
pub(crate) fn LinkNotice() -> impl IntoView {
    let page = expect_context::<Page>();
    let other = Memo::new(move |_| {
        let linked = page.shown.with(|query| query.build.clone())?;
        let open = build_of(page)?;
        (open != linked).then_some(linked)
    });
    let dismiss = move |_| page.edit(Step::Replace, |query| query.build = None);
    move || {
        other.get().map(|linked| {
            view! {
                <p class="notice" data-testid="other-build">
                    <span>
                        {format!("This link was made with another index (build {linked}): what it finds here may differ.")}
                    </span>
                    <span class="choices">
                        <button type="button" class="plain" on:click=dismiss>"Dismiss"</button>
                    </span>
                </p>
            }
        })
    }
}
