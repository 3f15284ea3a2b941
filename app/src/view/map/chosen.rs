//! Papers that were chosen on the map, as a list with its export.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::atlas::Atlas;
use crate::cite::Facts;
use crate::engine::protocol::{EngineError, Hit, MapAnswer, MapQuestion};
use crate::view::card::Card;
use crate::view::citing::Export;
use crate::view::error_panel::ErrorPanel;
use crate::view::remedy::Doing;
use crate::view::wording::{count, counted};

/// Cards shown at once.
const SOME: usize = 20;
/// Papers read at once, so that a question is never far behind.
const PIECE: usize = 2_000;
/// A list of more papers than this helps nobody, and is more than a citation manager takes.
const MOST: usize = 20_000;

/// How far the list is.
#[derive(Debug, Clone, PartialEq)]
enum Read {
    UnderWay,
    Whole(Arc<Vec<Hit>>),
    Failed(EngineError),
}

/// The list.
#[component]
pub(super) fn Chosen() -> impl IntoView {
    let atlas = expect_context::<Atlas>();
    let read = RwSignal::new(Read::UnderWay);
    let n_shown = RwSignal::new(SOME);
    let ticket = StoredValue::new(0_u64);
    let ask = move || {
        let chosen = atlas.chosen.get().unwrap_or_default();
        ticket.update_value(|ticket| *ticket += 1);
        let mine = ticket.get_value();
        read.set(Read::UnderWay);
        n_shown.set(SOME);
        if chosen.len() > MOST {
            return;
        }
        spawn_local(async move {
            let outcome = papers(atlas, &chosen).await;
            // Others are chosen by now, or the list is gone.
            if ticket.try_get_value() == Some(mine) {
                read.set(outcome.map_or_else(Read::Failed, |hits| Read::Whole(Arc::new(hits))));
            }
        });
    };
    Effect::new(move |_| ask());
    let retry = Callback::new(move |()| untrack(ask));
    let n = move || {
        atlas
            .chosen
            .with(|chosen| chosen.as_ref().map_or(0, |chosen| chosen.len()))
    };
    let hits = Memo::new(move |_| match read.get() {
        Read::Whole(hits) => hits,
        Read::UnderWay | Read::Failed(_) => Arc::default(),
    });
    let facts =
        move |()| hits.with_untracked(|hits| hits.iter().map(Facts::from).collect::<Vec<_>>());
    let label = Signal::derive(move || {
        format!("Export {}", counted(hits.with(|hits| hits.len()), "paper"))
    });
    let is_whole = Memo::new(move |_| matches!(read.get(), Read::Whole(_)));
    view! {
        <div class="chosen-list" data-testid="chosen">
            <div class="result-head">
                <p class="result-line" role="status" data-testid="chosen-line">
                    {move || format!("{} chosen on the map", counted(n(), "paper"))}
                </p>
                <button type="button" class="plain" data-testid="chosen-clear" on:click=move |_| atlas.clear()>"Clear"</button>
                {move || is_whole.get().then(|| view! {
                    <Export label=label file="offprint-map" papers=Callback::new(facts)/>
                })}
            </div>
            {move || (n() > MOST).then(|| view! {
                <p class="notice">{format!("A list holds at most {}: come nearer, or draw a smaller line.", counted(MOST, "paper"))}</p>
            })}
            {move || match read.get() {
                Read::Failed(error) => Some(view! { <ErrorPanel error=error doing=Doing::Mapping retry=retry/> }),
                Read::UnderWay | Read::Whole(_) => None,
            }}
            <div class="results" aria-busy=move || (!is_whole.get()).to_string()>
                <For
                    each=move || hits.with(|hits| hits.iter().take(n_shown.get()).cloned().collect::<Vec<_>>())
                    key=|hit| hit.id.clone()
                    children=|hit| view! { <Card hit=hit apart=true/> }
                />
            </div>
            {move || {
                let left = hits.with(|hits| hits.len()).saturating_sub(n_shown.get());
                (left > 0).then(|| view! {
                    <p class="show-more">
                        <button type="button" class="solid" on:click=move |_| n_shown.update(|n| *n += SOME)>
                            {format!("Show {} more", count(left.min(SOME)))}
                        </button>
                    </p>
                })
            }}
        </div>
    }
}

/// What cards show of these papers, the newest first.
async fn papers(atlas: Atlas, numbers: &[u32]) -> Result<Vec<Hit>, EngineError> {
    let mut hits = Vec::with_capacity(numbers.len());
    for piece in numbers.chunks(PIECE) {
        let numbers = piece.to_vec();
        if let MapAnswer::Papers(papers) = atlas.ask(MapQuestion::Papers { numbers }).await? {
            hits.extend(papers);
        }
    }
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.year));
    Ok(hits)
}
