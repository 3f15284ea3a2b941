//! The view of many papers at once: a file in, categories or nearest papers for each row, figures against labels.

mod judged;
mod outcome;
mod plan;
pub(crate) mod work;

use leptos::prelude::*;

use self::judged::Judged;
use self::outcome::Outcomes;
use self::plan::Plan;
use self::work::Batch;
use crate::papers_file::{MOST_BYTES, MOST_ROWS};
use crate::query::View;
use crate::state::Page;
use crate::view::link::Go;
use crate::view::load_progress::LoadProgress;
use crate::view::own::OwnCorpusPart;
use crate::view::search::LoadFailure;
use crate::view::taking::{TakeFile, allow_drop, dropped};
use crate::view::wording::count;

/// The view.
#[component]
pub(crate) fn BatchView() -> impl IntoView {
    let batch = expect_context::<Batch>();
    let take = Callback::new(move |file| batch.take(file));
    let limits = format!(
        "CSV or TSV whose first line names the columns, JSON lines, BibTeX, or a list of arXiv ids, one a line; at most {} MB and {} rows.",
        MOST_BYTES / 1_000_000,
        count(MOST_ROWS),
    );
    view! {
        <div
            class="batch-view"
            data-testid="batch"
            on:dragover=move |event| allow_drop(&event)
            on:drop=move |event| if let Some(file) = dropped(&event) { batch.take(file) }
        >
            <h1>"Many papers at once"</h1>
            <p class="promise">"The file is read on this device and goes nowhere."</p>
            <div class="drop">
                <p>"Drop a file of papers anywhere on this page, or choose one: every paper gets a suggested category, or the papers nearest to it."</p>
                <div class="buttons">
                    <TakeFile
                        label="Choose a file"
                        accept=".csv,.tsv,.tab,.txt,.jsonl,.ndjson,.json,.bib"
                        testid="batch-file"
                        take=take
                    />
                </div>
                <p class="muted">{limits}</p>
                <p class="muted">
                    "One paper alone: "
                    <Go to=|query| query.view = View::Classify>"paste its abstract"</Go>
                    "."
                </p>
            </div>
            <p class="hidden" role="status" aria-live="polite">
                {move || batch.reading.get().then_some("Reading the file")}
            </p>
            <div role="alert">
                {move || batch.fault.get().map(|fault| view! {
                    <p class="notice" data-testid="batch-fault">{fault}</p>
                })}
            </div>
            <LoadProgress/>
            <LoadFailure/>
            {move || {
                batch.taken.track();
                // Not anew for other labels: the choice of their column keeps the focus.
                batch.papers.get_untracked().map(|papers| view! { <Plan papers=papers/> })
            }}
            <OwnCorpusPart/>
            <Judged/>
            <Outcomes/>
        </div>
    }
}

/// Where a batch goes on while another view is open, a line that leads back to it.
#[component]
pub(crate) fn BatchNotice() -> impl IntoView {
    let page = expect_context::<Page>();
    let batch = expect_context::<Batch>();
    let elsewhere = Memo::new(move |_| {
        let is_shown = page.shown.with(|query| query.view == View::Batch);
        !is_shown && batch.state.with(|state| *state == work::State::Running)
    });
    move || {
        elsewhere.get().then(|| {
            view! {
                <p class="notice" data-testid="batch-notice">
                    <span>{format!("{} is being worked through; questions go first.", batch.name.get())}</span>
                    <span class="choices">
                        <Go to=|query| query.view = View::Batch>"Show"</Go>
                    </span>
                </p>
            }
        })
    }
}
