//! The lists beside the map: the open paper, the topics, the results, and what was chosen.

use leptos::prelude::*;

use super::atlas::Atlas;
use super::chosen::Chosen;
use super::paper::{DraftLine, OpenPaper};
use super::topics::Topics;
use crate::state::Page;
use crate::view::chips::Chips;
use crate::view::filters::Filters;
use crate::view::load_progress::LoadProgress;
use crate::view::results::Results;
use crate::view::search::{LoadFailure, Seed};
use crate::view::wording::{count, counted};

/// Which list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Topics,
    Results,
    Chosen,
}

/// The lists.
#[component]
pub(super) fn Panel() -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let asks = Memo::new(move |_| page.question.with(Option::is_some));
    let has_choice = Memo::new(move |_| atlas.chosen.with(Option::is_some));
    let wanted = RwSignal::new(List::Topics);
    // What has just come is what one wants to see.
    Effect::new(move |_| {
        let to = if asks.get() {
            List::Results
        } else {
            List::Topics
        };
        wanted.set(to);
    });
    Effect::new(move |before: Option<bool>| {
        let (has, had) = (has_choice.get(), before == Some(true));
        if has {
            wanted.set(List::Chosen);
        } else if had {
            let to = if asks.get_untracked() {
                List::Results
            } else {
                List::Topics
            };
            wanted.set(to);
        }
        has
    });
    let list = Memo::new(move |_| match wanted.get() {
        List::Results if !asks.get() => List::Topics,
        List::Chosen if !has_choice.get() => List::Topics,
        list => list,
    });
    let choice = move |of: List, name: Signal<String>, testid: &'static str| {
        view! {
            <label>
                <input
                    type="radio"
                    name="map-list"
                    data-testid=testid
                    prop:checked=move || list.get() == of
                    on:change=move |_| wanted.set(of)
                />
                <span>{name}</span>
            </label>
        }
    };
    let n_results = Signal::derive(move || {
        let n = atlas
            .results
            .with(|results| results.as_ref().map(|found| found.len()));
        n.map_or_else(|| "Results".to_owned(), |n| format!("Results {}", count(n)))
    });
    let n_chosen = Signal::derive(move || {
        let n = atlas
            .chosen
            .with(|chosen| chosen.as_ref().map_or(0, |chosen| chosen.len()));
        format!("Chosen {}", count(n))
    });
    let passing = move || {
        let passing = atlas.passing.get()?;
        let text = format!(
            "{} pass the filters; the others stand back.",
            counted(passing.n, "paper")
        );
        Some(view! { <p class="muted" data-testid="map-passing">{text}</p> })
    };
    view! {
        <section class="map-panel" aria-label="Papers and topics">
            <LoadProgress/>
            <LoadFailure/>
            <OpenPaper/>
            <DraftLine/>
            <div class="map-lists">
                <fieldset class="lists">
                    <legend class="hidden">"List"</legend>
                    {choice(List::Topics, Signal::stored("Topics".to_owned()), "list-topics")}
                    {move || asks.get().then(|| choice(List::Results, n_results, "list-results"))}
                    {move || has_choice.get().then(|| choice(List::Chosen, n_chosen, "list-chosen"))}
                </fieldset>
                {move || page.corpus.with(Option::is_some).then(|| view! { <Filters/> })}
            </div>
            <Chips/>
            {passing}
            // Kept while another list is shown, so that what is unfolded stays so.
            <div hidden=move || list.get() != List::Topics><Topics/></div>
            {move || (list.get() == List::Results).then(|| view! { <div class="list"><Seed/><Results/></div> })}
            {move || (list.get() == List::Chosen).then(|| view! { <Chosen/> })}
        </section>
    }
}
