//! The card of the paper that is open on the map, and the line of a draft that lies on it.

use leptos::prelude::*;

use super::atlas::Atlas;
use crate::state::{Page, Step};
use crate::view::card::Card;

/// The card.
#[component]
pub(super) fn OpenPaper() -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let named = Memo::new(move |_| page.shown.with(|query| query.map.paper.clone()));
    let paper = Memo::new(move |_| {
        let id = named.get()?;
        let open = atlas.open_paper.get()?;
        (open.paper.id == id).then_some(open.paper)
    });
    let unknown = Memo::new(move |_| {
        named
            .get()
            .filter(|_| paper.with(Option::is_none) && atlas.unknown_paper.get())
    });
    let close = move |_| page.edit(Step::Push, |query| query.map.paper = None);
    let button = move || {
        view! {
            <button type="button" class="icon" data-testid="map-close" aria-label="Close the paper" title="Close" on:click=close>
                <span aria-hidden="true">"×"</span>
            </button>
        }
    };
    view! {
        {move || paper.get().map(|hit| {
            let id = hit.id.clone();
            view! {
                <div class="open-paper" data-testid="open-paper" data-id=id>
                    {button()}
                    <Card hit=hit apart=true/>
                </div>
            }
        })}
        {move || unknown.get().map(|id| view! {
            <div class="open-paper">{button()}<p>{format!("No paper {id} is in this corpus.")}</p></div>
        })}
    }
}

/// What is said of the draft.
#[component]
pub(super) fn DraftLine() -> impl IntoView {
    let atlas = expect_context::<Atlas>();
    let is_here = move || {
        let draft = atlas.draft.get()?;
        let world = atlas.world()?;
        (draft.build == world.build).then_some(draft)
    };
    move || {
        is_here().map(|draft| {
            let near = draft.near.clone();
            let list = move |_| {
                let mut papers = near.to_vec();
                papers.sort_unstable();
                atlas.choose(papers);
            };
            view! {
                <div class="notice draft-line" data-testid="draft-line">
                    <p>
                        "The cross is your draft, in the middle of the papers nearest to it by meaning. The ring is how far those lie apart: a wide one says that the place is uncertain. It never left this device."
                    </p>
                    <p class="choices">
                        <button type="button" class="plain" data-testid="draft-near" on:click=list>"List these papers"</button>
                        <button type="button" class="plain" on:click=move |_| atlas.draft.set(None)>"Take it off the map"</button>
                    </p>
                </div>
            }
        })
    }
}
