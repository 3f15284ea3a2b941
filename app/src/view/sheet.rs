//! A paper's details on a narrow screen: a sheet over the list, which Escape, the browser's "back" and a tap beside it
//! close.

use leptos::ev::MouseEvent;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::web_sys::EventTarget;

use crate::cite::Facts;
use crate::state::{Details, Page};
use crate::view::authors::AuthorLine;
use crate::view::browser;
use crate::view::by_library::BroughtUp;
use crate::view::card::{Actions, MetadataLine, Standing, Tags, Title};
use crate::view::preview::Whole;
use crate::view::said::SaidLine;
use crate::view::star;
use crate::view::why::Why;

/// Id of the title, which takes the focus.
const TITLE: &str = "sheet-title";

/// The sheet; opens with [`Panels::details`](crate::state::Panels).
#[component]
pub(crate) fn Sheet() -> impl IntoView {
    let page = expect_context::<Page>();
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let is_wanted = page.panels().details.with(Option::is_some);
        let Some(dialog) = dialog.get() else { return };
        if is_wanted && !dialog.open() {
            let _ = dialog.show_modal();
            // The title is there only after this change is shown.
            request_animation_frame(|| browser::focus(TITLE));
        } else if !is_wanted && dialog.open() {
            // The browser puts the focus back where it was.
            dialog.close();
        }
    });
    // The dialog itself is under a pointer only beside the sheet.
    let beside = move |event: MouseEvent| {
        let (Some(dialog), Some(target)) = (dialog.get_untracked(), event.target()) else {
            return;
        };
        let dialog: &EventTarget = dialog.as_ref();
        if *dialog == target {
            page.close_details();
        }
    };
    view! {
        <dialog
            class="sheet"
            node_ref=dialog
            aria-labelledby=TITLE
            on:close=move |_| page.close_details()
            on:click=beside
        >
            {move || page.panels().details.get().map(|details| view! { <Paper details=details/> })}
        </dialog>
    }
}

/// The paper, with its whole abstract.
#[component]
fn Paper(details: Details) -> impl IntoView {
    let page = expect_context::<Page>();
    let Details { hit, apart } = details;
    let opened = star::opened(Facts::from(&hit));
    let Standing { now, asked } = Standing::of(&hit, apart);
    let marks = Signal::derive(move || now.with(|hit| hit.title_marks.clone()));
    view! {
        <div class="sheet-bar">
            <span class="label">"Paper"</span>
            <button
                type="button"
                class="icon"
                data-testid="sheet-close"
                aria-label="Close"
                on:click=move |_| page.close_details()
            >
                <span aria-hidden="true">"×"</span>
            </button>
        </div>
        <article
            class="card"
            data-testid="sheet"
            data-id=hit.id.clone()
            aria-labelledby=TITLE
            on:click=opened.clone()
            on:auxclick=opened
        >
            <div class="meta">
                <MetadataLine id=hit.id.clone()/>
                <Tags codes=hit.categories.clone()/>
            </div>
            <h2 id=TITLE tabindex="-1">
                <Title id=hit.id.clone() title=hit.title.clone() marks=marks/>
            </h2>
            <AuthorLine authors=hit.authors.clone() year=hit.year/>
            <Actions hit=hit.clone()/>
            <Whole id=hit.id.clone() asked=asked.into()/>
            <Why hit=now/>
            {(!apart).then(|| view! { <BroughtUp id=hit.id.clone()/> })}
        </article>
        <SaidLine/>
    }
}
