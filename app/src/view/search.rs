//! The search view: filters beside the list, and in the list's place whatever state there is.

use leptos::prelude::*;

use crate::engine::client::{Engine, EngineState};
use crate::query::Like;
use crate::state::{Page, Step};
use crate::view::card::{MetadataLine, Title};
use crate::view::chips::Chips;
use crate::view::empty::Empty;
use crate::view::error_panel::ErrorPanel;
use crate::view::filters::Filters;
use crate::view::load_progress::{KeepingLine, LoadProgress};
use crate::view::remedy::Doing;
use crate::view::results::Results;

/// What stands in the list's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Nothing,
    Empty,
    Results,
}

/// The view.
#[component]
pub(crate) fn Search() -> impl IntoView {
    let page = expect_context::<Page>();
    let body = Memo::new(move |_| {
        let open = page.corpus.with(Option::is_some);
        match page.question.with(Option::is_some) {
            // What was found stays in sight while the engine restarts.
            true if open || page.found.with(Option::is_some) => Body::Results,
            false if open => Body::Empty,
            _ => Body::Nothing,
        }
    });
    view! {
        <div class="search-view">
            <div class="side">
                {move || page.corpus.with(Option::is_some).then(|| view! { <Filters/> })}
            </div>
            <div class="list">
                <h1 class="hidden">"Search papers"</h1>
                <LoadProgress/>
                <LoadFailure/>
                <Seed/>
                <Chips/>
                {move || match body.get() {
                    Body::Nothing => ().into_any(),
                    Body::Empty => view! { <Empty/> }.into_any(),
                    Body::Results => view! { <Results/> }.into_any(),
                }}
                <KeepingLine/>
            </div>
        </div>
    }
}

/// The error of a load that failed.
#[component]
pub(crate) fn LoadFailure() -> impl IntoView {
    let engine = expect_context::<Engine>();
    let status = engine.status();
    let retry = Callback::new(move |()| engine.retry());
    move || match status.get() {
        EngineState::Failed { error, words } => {
            let doing = if words.is_some() {
                Doing::LoadingMeaning
            } else {
                Doing::Loading
            };
            Some(view! { <ErrorPanel error=error doing=doing retry=retry/> })
        }
        EngineState::Loading { .. } | EngineState::Ready(_) => None,
    }
}

/// The papers whose neighbors are shown, and those that are kept away from.
#[component]
pub(crate) fn Seed() -> impl IntoView {
    let page = expect_context::<Page>();
    let like = Memo::new(move |_| page.shown.with(|query| query.like.clone()));
    let back = move |_| page.edit(Step::Push, |query| query.like = Like::default());
    move || {
        let like = like.get();
        if !like.is_some() {
            return None;
        }
        // A card brings the title at once; of a link only the id is known until the answer comes.
        let mut known = page.seeds.get();
        page.found.with(|found| {
            let hits = found.as_ref().and_then(|found| found.outcome.as_ref().ok());
            if let Some(hits) = hits {
                known.extend(hits.near.iter().chain(&hits.away).cloned());
            }
        });
        let several = like.near.len() + like.away.len() > 1;
        let seed = |id: &String| {
            let title = known.iter().find(|seed| seed.id == *id);
            let title = title.map(|seed| seed.title.clone());
            view! { <SeedPaper id=id.clone() title=title several=several/> }
        };
        let near: Vec<_> = like.near.iter().map(seed).collect();
        let away: Vec<_> = like.away.iter().map(seed).collect();
        let back_name = if page
            .shown
            .with_untracked(|query| query.text.trim().is_empty())
        {
            "Back to search"
        } else {
            "Back to results"
        };
        Some(view! {
            <section class="seed" data-testid="seed" aria-label="More like these">
                <p class="label">"More like"</p>
                <ul data-testid="seed-near">{near}</ul>
                {(!away.is_empty()).then(|| view! {
                    <p class="label">"Less like"</p>
                    <ul data-testid="seed-away">{away}</ul>
                })}
                <button type="button" class="plain" data-testid="back" on:click=back>
                    <span aria-hidden="true">"←"</span>
                    {back_name}
                </button>
            </section>
        })
    }
}

/// One of them, which can be taken out where there are several.
#[component]
fn SeedPaper(id: String, title: Option<String>, several: bool) -> impl IntoView {
    let page = expect_context::<Page>();
    let label = format!("Take out: {}", title.as_ref().unwrap_or(&id));
    let out = {
        let id = id.clone();
        move |_| page.lean_no_more(&id)
    };
    view! {
        <li>
            <h2>
                {match title {
                    Some(title) => view! { <Title id=id.clone() title=title/> }.into_any(),
                    None => view! { <span>{id.clone()}</span> }.into_any(),
                }}
            </h2>
            <div class="meta">
                <MetadataLine id=id/>
                {several.then(|| view! {
                    <button type="button" class="plain" data-testid="lean-no-more" aria-label=label on:click=out>
                        "Take out"
                    </button>
                })}
            </div>
        </li>
    }
}
