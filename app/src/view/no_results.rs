//! Where nothing passes: one button a filter, with what dropping it would leave.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{By, Order, Reply, Request, Sort};
use crate::query::{Like, Query};
use crate::state::Page;
use crate::view::chips::{self, Condition};
use crate::view::wording::counted;

/// The advice with its buttons.
#[component]
pub(crate) fn NoResults() -> impl IntoView {
    let page = expect_context::<Page>();
    let conditions = Memo::new(move |_| page.shown.with(chips::conditions));
    let advice = move || {
        if page
            .shown
            .with(|query| matches!((query.from, query.to), (Some(a), Some(b)) if a > b))
        {
            "The first year is after the last one. Drop a filter:"
        } else if conditions.with(Vec::is_empty) {
            "Nothing in the index is near this. Try other words."
        } else {
            "The filters leave nothing over. Drop one:"
        }
    };
    view! {
        <section class="none" data-testid="no-results">
            <h2>"No papers found"</h2>
            <p>{advice}</p>
            <ul class="chips">
                {move || conditions.get().into_iter().map(|condition| view! {
                    <li><Drop condition=condition/></li>
                }).collect_view()}
            </ul>
        </section>
    }
}

/// A button that drops one filter; the count comes a moment later.
#[component]
fn Drop(condition: Condition) -> impl IntoView {
    let page = expect_context::<Page>();
    let engine = expect_context::<Engine>();
    let left = RwSignal::new(None::<usize>);
    let mut without = page.shown.get_untracked();
    condition.drop_from(&mut without);
    // A hit has to be asked for to learn how many papers pass; which one does not matter.
    let request = match without.like.clone() {
        Like { near, away } if !near.is_empty() => Request::Similar {
            near,
            away,
            k: 1,
            filter: without.filter(),
            sort: Sort::Relevance,
        },
        _ => Request::Search {
            text: without.text.clone(),
            by: if page.info.with_untracked(Option::is_some) {
                without.by
            } else {
                By::Words
            },
            k: 1,
            filter: without.filter(),
            order: Order::Nearest,
            sort: Sort::Relevance,
        },
    };
    spawn_local(async move {
        if let Ok(Reply::Hits(hits)) = engine.request(request).await {
            // The button may be gone by now.
            let _ = left.try_set(Some(hits.passing));
        }
    });
    let name = condition.name();
    let count = move || {
        left.get()
            .map(|n| format!(" ({} left)", counted(n, "paper")))
    };
    view! {
        <button
            type="button"
            class="solid"
            data-testid="drop-filter"
            on:click=move |_| page.narrow(|query: &mut Query| condition.drop_from(query))
        >
            "Drop " {name} {count}
        </button>
    }
}
