//! Links inside the page: real addresses, followed without a reload.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::query::Query;
use crate::state::{Page, Step};
use crate::view::browser;

/// The address of a query.
pub(crate) fn address(query: &Query) -> String {
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
