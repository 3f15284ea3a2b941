//! More like the library: the papers of this corpus that are near those with a star.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{EngineError, Filter, Hit, Reply, Request, Sort};
use crate::library::{Library, Order, listed};
use crate::state::Page;
use crate::view::card::Card;
use crate::view::error_panel::ErrorPanel;
use crate::view::remedy::Doing;
use crate::view::wording::counted;

/// The newest stars that are asked about.
const N_NEAR: usize = 50;
/// Papers shown.
const K: usize = 20;

/// What came of the question, and how many papers of the library this corpus has.
type Outcome = Result<(Vec<Hit>, usize), EngineError>;

/// The button, and then the papers.
#[component]
pub(crate) fn Near() -> impl IntoView {
    let page = expect_context::<Page>();
    let engine = StoredValue::new(expect_context::<Engine>());
    let library = expect_context::<Library>();
    let outcome = RwSignal::new(None::<Outcome>);
    let pending = RwSignal::new(false);
    let ask = move || {
        let newest = library
            .papers()
            .with_untracked(|papers| listed(papers, None, Order::Starred));
        let ids = newest
            .into_iter()
            .take(N_NEAR)
            .map(|entry| entry.id)
            .collect();
        pending.set(true);
        spawn_local(async move {
            let answer = near(engine.get_value(), ids).await;
            // The view may be gone by now.
            let _ = outcome.try_set(Some(answer));
            let _ = pending.try_set(false);
        });
    };
    let retry = Callback::new(move |()| ask());
    let ready = move || page.info.with(Option::is_some);
    let cards = move |(hits, n_known): (Vec<Hit>, usize)| {
        if n_known == 0 {
            return view! { <p class="muted">"None of these papers is in this corpus."</p> }
                .into_any();
        }
        let line = format!(
            "Near {} of your library that this corpus has",
            counted(n_known, "paper")
        );
        let cards = hits
            .into_iter()
            .map(|hit| view! { <Card hit=hit apart=true/> })
            .collect_view();
        view! {
            <p class="result-line" role="status">{line}</p>
            <div class="results" data-testid="near-library">{cards}</div>
        }
        .into_any()
    };
    view! {
        <section class="near" aria-labelledby="near-title">
            <h2 id="near-title">"More like my library"</h2>
            <button
                type="button"
                class="solid"
                data-testid="near"
                disabled=move || !ready() || pending.get()
                on:click=move |_| ask()
            >
                "Find papers near these"
            </button>
            {move || outcome.get().map(|outcome| match outcome {
                Ok(found) => cards(found),
                Err(error) => view! {
                    <ErrorPanel error=error doing=Doing::Searching retry=retry/>
                }.into_any(),
            })}
        </section>
    }
}

/// Asks for what is near these papers. The engine names the first that its corpus lacks: those are left
/// out, one after the other.
async fn near(engine: Engine, mut ids: Vec<String>) -> Outcome {
    loop {
        if ids.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let request = Request::Similar {
            near: ids.clone(),
            away: Vec::new(),
            k: K,
            filter: Filter::default(),
            sort: Sort::Relevance,
        };
        match engine.request(request).await {
            Ok(Reply::Hits(hits)) => return Ok((hits.hits, ids.len())),
            Ok(_) => {
                return Err(EngineError::Crashed {
                    cause: "it answered another question".to_owned(),
                });
            }
            Err(EngineError::UnknownPaper { id }) if ids.contains(&id) => {
                ids.retain(|known| *known != id);
            }
            Err(error) => return Err(error),
        }
    }
}
