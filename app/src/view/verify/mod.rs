//! The view of what is checked on this device: a button, how far the checks are, and a verdict for each.

pub(crate) mod work;

use leptos::prelude::*;

use self::work::Verification;
use crate::engine::client::{Choice, has_reference};
use crate::engine::protocol::EngineId;
use crate::query::View;
use crate::state::{Page, Step};
use crate::verify::{Line, Verdict, checks_of, doing};
use crate::view::error_panel::ErrorPanel;
use crate::view::link::Go;
use crate::view::load_progress::LoadProgress;
use crate::view::remedy::Doing;
use crate::view::said::Said;
use crate::view::search::LoadFailure;
use crate::view::wording::{bytes, count};

/// The view.
#[component]
pub(crate) fn VerifyView() -> impl IntoView {
    let page = expect_context::<Page>();
    let verification = expect_context::<Verification>();
    let is_reference = Memo::new(move |_| {
        let info = page.info.get();
        info.is_some_and(|info| info.engine == EngineId::F32Candle)
    });
    // The engine that was asked for is here.
    Effect::new(move |_| {
        if is_reference.get() && verification.awaits_reference.get() {
            verification.awaits_reference.set(false);
            start(page, verification);
        }
    });
    let lines = Memo::new(move |_| {
        let offered = reference_bytes(page).is_some();
        verification
            .findings
            .with(|findings| findings.lines(offered))
    });
    let failure = move || {
        let retry = Callback::new(move |()| start(page, verification));
        verification.error.get().map(|error| {
            view! { <ErrorPanel error=error doing=Doing::Checking retry=retry/> }
        })
    };
    view! {
        <article class="verify-view" data-testid="verify">
            <h1>"Verify on this device"</h1>
            <p>
                "Everything runs in this tab, so this tab can check it: what the quick searches find of what comparing every paper finds and how long they take, what was fetched, whether the files kept here are those of the build, and whether texts get the very vectors that they got when the index was built. Questions that you ask meanwhile go first."
            </p>
            <p class="muted">
                "What is indexed, and by which model, is said under "
                <Go to=|query| query.view = View::About>"About this index"</Go>
                "."
            </p>
            <LoadProgress/>
            <LoadFailure/>
            <Buttons has_lines=Memo::new(move |_| lines.with(|lines| !lines.is_empty()))/>
            <Progress/>
            {failure}
            <For
                each=move || lines.get()
                // Anew where anything of it is new.
                key=|line| format!("{line:?}")
                children=|line| view! { <Outcome line=line/> }
            />
        </article>
    }
}

/// Begins whatever the engine of the moment checks.
fn start(page: Page, verification: Verification) {
    let checks = (page.info).with_untracked(|info| info.as_ref().map(|info| checks_of(info)));
    if let Some(checks) = checks {
        verification.start(checks);
    }
}

/// What the engine in f32 costs, where page and build have it and it does not run.
fn reference_bytes(page: Page) -> Option<u64> {
    let info = page.info.get()?;
    let can = info.engine != EngineId::F32Candle && has_reference();
    info.reference_bytes.filter(|_| can)
}

#[component]
fn Buttons(has_lines: Memo<bool>) -> impl IntoView {
    let page = expect_context::<Page>();
    let verification = expect_context::<Verification>();
    let said = expect_context::<Said>();
    let running = Memo::new(move |_| verification.check.with(Option::is_some));
    let label = move || match (running.get(), has_lines.get()) {
        (true, _) => "Stop",
        (false, false) => "Run the checks",
        (false, true) => "Run them again",
    };
    let press = move |_| {
        if running.get_untracked() {
            verification.stop();
        } else {
            start(page, verification);
        }
    };
    let copy = move |_| {
        let offered = untrack(|| reference_bytes(page)).is_some();
        if let Some(info) = page.info.get_untracked() {
            let findings = verification.findings;
            let text = findings.with_untracked(|findings| findings.to_text(&info, offered));
            said.copy("Results", text);
        }
    };
    view! {
        <div class="buttons">
            // One button, so that the focus stays on it.
            <button
                type="button"
                class="solid"
                class:main=move || !running.get()
                data-testid=move || if running.get() { "verify-stop" } else { "verify-start" }
                disabled=move || page.info.with(Option::is_none)
                on:click=press
            >
                {label}
            </button>
            <button
                type="button"
                class="solid"
                data-testid="verify-copy"
                disabled=move || !has_lines.get()
                on:click=copy
            >
                "Copy the results"
            </button>
        </div>
    }
}

#[component]
fn Progress() -> impl IntoView {
    let verification = expect_context::<Verification>();
    let check = verification.check;
    let steps = verification.steps;
    // Numbers that run are for the eye; what is read out is what is done.
    let said = Memo::new(move |_| match check.get() {
        Some(check) => doing(check),
        None => verification.ended.get(),
    });
    view! {
        <p class="hidden" role="status" aria-live="polite" data-testid="verify-says">{said}</p>
        {move || check.get().map(|check| view! {
            <div class="batch-progress">
                <p class="amount" data-testid="verify-progress">
                    {move || {
                        let (done, total) = steps.get();
                        format!("{}: {} of {}", doing(check), count(done), count(total))
                    }}
                </p>
                <progress
                    aria-label=doing(check)
                    max=move || steps.get().1.max(1).to_string()
                    prop:value=move || steps.get().0 as f64
                ></progress>
            </div>
        })}
    }
}

/// A check: its verdict, its figure, and its table where it has one.
#[component]
fn Outcome(line: Line) -> impl IntoView {
    let page = expect_context::<Page>();
    let verification = expect_context::<Verification>();
    let compare = move |_| {
        verification.awaits_reference.set(true);
        page.choose_engine(Step::Push, Choice::Reference);
    };
    let is_reference = line.id == "reference";
    let offer = move || {
        let n_bytes = reference_bytes(page).filter(|_| is_reference)?;
        Some(view! {
            <button type="button" class="solid" data-testid="verify-reference" on:click=compare>
                {format!("Fetch it and compare ({})", bytes(n_bytes))}
            </button>
        })
    };
    let class = match line.verdict {
        Verdict::Passed => "outcome passed",
        Verdict::Differs => "outcome differs",
        Verdict::Skipped => "outcome",
    };
    let testid = format!("verify-{}-line", line.id);
    view! {
        <section class=class data-testid=testid>
            <h2>
                <span class="outcome-verdict">{line.verdict.name()}</span>
                " "
                {line.title}
            </h2>
            <p>{line.figure.clone()}</p>
            {offer}
            <Table line=line/>
        </section>
    }
}

#[component]
fn Table(line: Line) -> impl IntoView {
    (!line.head.is_empty()).then(|| {
        let head = line.head.iter().map(|&name| view! { <th scope="col">{name}</th> });
        let head: Vec<_> = head.collect();
        let row = |row: Vec<String>| {
            let mut cells = row.into_iter();
            let first = cells.next();
            let rest: Vec<_> = cells.map(|cell| view! { <td>{cell}</td> }).collect();
            view! { <tr><th scope="row">{first}</th>{rest}</tr> }
        };
        let rows: Vec<_> = line.rows.into_iter().map(row).collect();
        view! {
            <details>
                <summary>"Figures"</summary>
                <div class="scroll" tabindex="0" role="region" aria-label=format!("Figures: {}", line.title)>
                    <table>
                        <thead><tr>{head}</tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </details>
        }
    })
}
