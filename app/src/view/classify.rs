//! The classify view: a draft in, suggested categories out.

use std::time::Duration;

use leptos::ev::SubmitEvent;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{Classification, EngineError, Reply, Request};
use crate::state::{Draft, Page};
use crate::view::draft_file::{self, DraftFile};
use crate::view::error_panel::ErrorPanel;
use crate::view::load_progress::LoadProgress;
use crate::view::map::draft::ShowOnTheMap;
use crate::view::remedy::Doing;
use crate::view::search::LoadFailure;
use crate::view::suggestion::SuggestionCard;
use crate::view::taking::{allow_drop, dropped};
use crate::view::wording::counted;

/// A pause this long ends a burst of typing; classification is dearer than search.
const PAUSE: Duration = Duration::from_millis(400);
/// Papers shown as evidence.
const N_EVIDENCE: usize = 5;
/// Fewer words than this say little.
const FEW_WORDS: usize = 20;

/// What came of a draft.
type Outcome = Option<(Draft, Result<Classification, EngineError>)>;

/// The view.
#[component]
pub(crate) fn Classify() -> impl IntoView {
    let page = expect_context::<Page>();
    let engine = StoredValue::new(expect_context::<Engine>());
    let outcome = RwSignal::new(None as Outcome);
    let pending = RwSignal::new(false);
    let ticket = StoredValue::new(0_u64);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let ask = move || {
        let draft = page.draft.get_untracked();
        ticket.update_value(|ticket| *ticket += 1);
        let mine = ticket.get_value();
        if words(&draft) == 0 {
            outcome.set(None);
            pending.set(false);
            return;
        }
        pending.set(true);
        let request = Request::Classify {
            title: draft.title.clone(),
            abstract_text: draft.abstract_text.clone(),
            evidence: N_EVIDENCE,
        };
        spawn_local(async move {
            let answer = match engine.get_value().request(request).await {
                Ok(Reply::Classification(classification)) => Ok(classification),
                Ok(_) => Err(EngineError::Crashed {
                    cause: "it answered another question".to_owned(),
                }),
                Err(error) => Err(error),
            };
            // The view may be gone, or the draft another one.
            if ticket.try_get_value() == Some(mine) {
                outcome.set(Some((draft, answer)));
                pending.set(false);
            }
        });
    };
    let cancel_timer = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    Effect::new(move |before: Option<bool>| {
        page.draft.track();
        let ready = page.info.with(Option::is_some);
        cancel_timer();
        if ready {
            // A draft that is there already when the view opens needs no pause.
            let pause = if before == Some(true) {
                PAUSE
            } else {
                Duration::ZERO
            };
            timer.set_value(set_timeout_with_handle(ask, pause).ok());
        }
        ready
    });
    on_cleanup(cancel_timer);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        cancel_timer();
        ask();
    };
    let retry = Callback::new(move |()| ask());
    let came = RwSignal::new(None);
    let no_classifier = move || {
        page.info
            .with(|info| info.as_ref().is_some_and(|info| info.classifier.is_none()))
    };
    let thin = move || {
        let n_words = page.draft.with(words);
        (n_words > 0 && n_words < FEW_WORDS).then(|| {
            let text = format!(
                "{} so far. Under {FEW_WORDS} words a suggestion says little; paste the whole abstract.",
                counted(n_words, "word"),
            );
            view! { <p class="notice" data-testid="thin">{text}</p> }
        })
    };

    view! {
        <div
            class="classify-view"
            on:dragover=move |event| allow_drop(&event)
            on:drop=move |event| if let Some(file) = dropped(&event) { draft_file::take(page, came, file) }
        >
            <div>
                <form class="draft" on:submit=submit>
                    <h1>"Which category would it suit?"</h1>
                    <p class="promise">"Nothing you paste leaves this device."</p>
                    <label for="draft-title">"Title"</label>
                    <input
                        id="draft-title"
                        type="text"
                        autocomplete="off"
                        data-testid="classify-title"
                        prop:value=move || page.draft.with(|draft| draft.title.clone())
                        on:input:target=move |event| {
                            let title = event.target().value();
                            page.draft.update(|draft| draft.title = title);
                        }
                    />
                    <label for="draft-abstract">"Abstract"</label>
                    <textarea
                        id="draft-abstract"
                        rows="12"
                        data-testid="classify-abstract"
                        prop:value=move || page.draft.with(|draft| draft.abstract_text.clone())
                        on:input:target=move |event| {
                            let text = event.target().value();
                            page.draft.update(|draft| draft.abstract_text = text);
                        }
                    ></textarea>
                    <p class="actions buttons">
                        <button type="submit" class="solid main" data-testid="classify-submit">
                            "Suggest categories"
                        </button>
                        <ShowOnTheMap/>
                    </p>
                    {thin}
                </form>
                <DraftFile came=came/>
            </div>
            <div class="verdict" aria-live="polite" aria-busy=move || pending.get().to_string()>
                <LoadProgress/>
                <LoadFailure/>
                {move || no_classifier().then(|| view! {
                    <p class="notice">"This build has no classifier: search works, suggestions do not."</p>
                })}
                <div class:stale=move || pending.get()>
                    {move || outcome.get().map(|(draft, outcome)| match outcome {
                        Ok(classification) => {
                            view! { <SuggestionCard classification=classification draft=draft/> }.into_any()
                        }
                        Err(EngineError::NoTokens) => {
                            view! { <p class="muted">"There is no word in it yet."</p> }.into_any()
                        }
                        Err(error) => view! {
                            <ErrorPanel error=error doing=Doing::Classifying retry=retry/>
                        }.into_any(),
                    })}
                </div>
            </div>
        </div>
    }
}

fn words(draft: &Draft) -> usize {
    let count = |text: &str| text.split_whitespace().count();
    count(&draft.title) + count(&draft.abstract_text)
}
