//! The load, one line a file, with what it costs stated.

use std::time::Duration;

use leptos::prelude::*;

use crate::engine::client::{Choice, Engine, EngineState};
use crate::engine::protocol::{Progress, Source};
use crate::state::{Page, Step};
use crate::view::{browser, wording};

/// The panel; empty once the build is open.
#[component]
pub(crate) fn LoadProgress() -> impl IntoView {
    let page = expect_context::<Page>();
    let engine = expect_context::<Engine>();
    let status = engine.status();
    let loading = Memo::new(move |_| matches!(status.get(), EngineState::Loading { .. }));
    let files = Memo::new(move |_| match status.get() {
        EngineState::Loading { files, .. } => files,
        EngineState::Ready(_) | EngineState::Failed { .. } => Vec::new(),
    });
    let started = move || match status.get() {
        EngineState::Loading { started_ms, .. } => started_ms,
        EngineState::Ready(_) | EngineState::Failed { .. } => 0.0,
    };
    let waiting = move || page.question.with(Option::is_some);
    let words = move || page.corpus.with(Option::is_some);
    // Whoever gives the reference engine up has another one.
    let cancel = move || {
        if page
            .shown
            .with_untracked(|query| query.engine == Choice::Reference)
        {
            page.choose_engine(Step::Replace, Choice::Fast);
        } else {
            engine.cancel_load();
        }
    };
    move || {
        loading.get().then(|| {
            view! {
                <section class="loading" data-testid="loading" aria-labelledby="loading-title">
                    // Above whatever grows, so that a pointer finds the button where it saw it.
                    <div class="loading-head">
                        <h2 id="loading-title">{move || files.with(|files| headline(files))}</h2>
                        <button
                            type="button"
                            class="plain"
                            data-testid="loading-cancel"
                            on:click=move |_| cancel()
                        >
                            "Cancel"
                        </button>
                    </div>
                    <ul>
                        {move || {
                            let elapsed = browser::now_ms() - started();
                            files.get().into_iter().map(|file| line(&file, elapsed)).collect_view()
                        }}
                    </ul>
                    <p class="muted" role="status">
                        {move || if words() {
                            "Search by words works already; meaning joins as soon as this is done."
                        } else if waiting() {
                            "Your search runs as soon as this is done."
                        } else {
                            "You can type already: the search runs as soon as this is done."
                        }}
                    </p>
                    <p class="muted">"Kept on this device for the next visit."</p>
                </section>
            }
        })
    }
}

fn headline(files: &[Progress]) -> String {
    let total: u64 = files.iter().map(|file| file.total).sum();
    let download: u64 = files
        .iter()
        .filter(|file| file.source == Source::Network)
        .map(|file| file.total)
        .sum();
    match (total, download) {
        (0, _) => "Opening the index".to_owned(),
        (_, 0) => format!("Loading from this device: {}", wording::bytes(total)),
        _ => format!(
            "Loading the index: {} to download",
            wording::bytes(download)
        ),
    }
}

fn line(file: &Progress, elapsed_ms: f64) -> impl IntoView + use<> {
    let amount = wording::of_bytes(file.done, file.total);
    let note = match file.source {
        _ if file.total > 0 && file.done >= file.total => "ready".to_owned(),
        Source::Device => "from this device".to_owned(),
        Source::Network => {
            wording::time_left(file.done, file.total, elapsed_ms).unwrap_or_default()
        }
    };
    let note = if note.is_empty() {
        note
    } else {
        format!(" · {note}")
    };
    let label = format!("{}: {amount}{note}", file.part);
    view! {
        <li data-testid="loading-file">
            <span class="part">{file.part.clone()}</span>
            <span class="amount">{format!("{amount}{note}")}</span>
            <progress aria-label=label max=file.total.max(1).to_string() value=file.done.to_string()></progress>
        </li>
    }
}

/// The abstracts' own download, which stops nobody.
#[component]
pub(crate) fn KeepingLine() -> impl IntoView {
    let keeping = expect_context::<Engine>().keeping();
    let done_for_a_while = RwSignal::new(false);
    let done = Memo::new(move |_| {
        keeping.with(|keeping| {
            keeping
                .as_ref()
                .is_some_and(|p| p.total > 0 && p.done >= p.total)
        })
    });
    Effect::new(move |_| {
        if done.get() {
            set_timeout(move || done_for_a_while.set(true), Duration::from_secs(4));
        }
    });
    move || {
        let progress = keeping.get().filter(|_| !done_for_a_while.get())?;
        let text = if done.get() {
            "Abstracts and words are kept on this device.".to_owned()
        } else {
            let amount = wording::of_bytes(progress.done, progress.total);
            format!("Keeping abstracts and words for offline use: {amount}")
        };
        Some(view! { <p class="keeping muted">{text}</p> })
    }
}
