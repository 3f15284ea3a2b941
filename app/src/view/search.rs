//! The search view: filters beside the list, and in the list's place whatever state there is.

use leptos::prelude::*;

use crate::engine::client::{Engine, EngineState};
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

/// The paper whose neighbors are shown.
#[component]
pub(crate) fn Seed() -> impl IntoView {
    let page = expect_context::<Page>();
    let like = Memo::new(move |_| page.shown.with(|query| query.like.clone()));
    let back = move |_| page.edit(Step::Push, |query| query.like = None);
    move || {
        let id = like.get()?;
        // A card brings the title at once; of a link only the id is known until the answer comes.
        let answered = page.found.with(|found| {
            let hits = found.as_ref()?.outcome.as_ref().ok()?;
            hits.like.clone()
        });
        let title = [page.seed.get(), answered]
            .into_iter()
            .flatten()
            .find(|seed| seed.id == id)
            .map(|seed| seed.title);
        let back_name = if page
            .shown
            .with_untracked(|query| query.text.trim().is_empty())
        {
            "Back to search"
        } else {
            "Back to results"
        };
        Some(view! {
            <section class="seed" data-testid="seed" aria-labelledby="seed-title">
                <p class="label">"More like"</p>
                <h2 id="seed-title">
                    {match title {
                        Some(title) => view! { <Title id=id.clone() title=title/> }.into_any(),
                        None => view! { <span>{id.clone()}</span> }.into_any(),
                    }}
                </h2>
                <div class="meta"><MetadataLine id=id/></div>
                <button type="button" class="plain" data-testid="back" on:click=back>
                    <span aria-hidden="true">"←"</span>
                    {back_name}
                </button>
            </section>
        })
    }
}
