//! What a file holds, what is to be done with it, and how far that is.

use std::sync::Arc;

use leptos::prelude::*;

use super::work::{Batch, State};
use crate::batch::Task;
use crate::batch::table::to_csv;
use crate::papers_file::{Kind, Labels, PapersFile, Row};
use crate::state::Page;
use crate::view::browser;
use crate::view::error_panel::ErrorPanel;
use crate::view::remedy::Doing;
use crate::view::said::Said;
use crate::view::wording::{count, counted};

/// Rows that could not be read that are listed; the outcome's file has all.
const N_FAULTS: usize = 20;
/// The value of the choice of no column.
const NO_COLUMN: &str = "";

/// The file's part of the view.
#[component]
pub(crate) fn Plan(papers: Arc<PapersFile>) -> impl IntoView {
    let batch = expect_context::<Batch>();
    let running = Memo::new(move |_| batch.state.with(|state| *state == State::Running));
    let choice = move |this: Task, name: &'static str| {
        view! {
            <label>
                <input
                    type="radio"
                    name="task"
                    data-testid=match this {
                        Task::Classify => "task-classify",
                        Task::Match => "task-match",
                    }
                    prop:checked=move || batch.task.get() == this
                    on:change=move |_| batch.choose(this)
                />
                <span>{name}</span>
            </label>
        }
    };
    let labels =
        (!papers.columns.is_empty()).then(|| view! { <LabelColumn papers=papers.clone()/> });
    let failure = move || match batch.state.get() {
        State::Failed(error) => {
            let retry = Callback::new(move |()| batch.start());
            let doing = match batch.task.get_untracked() {
                Task::Classify => Doing::Classifying,
                Task::Match => Doing::Searching,
            };
            Some(view! { <ErrorPanel error=error doing=doing retry=retry/> })
        }
        State::Still | State::Running => None,
    };
    let n_rows = papers.rows.len();
    view! {
        <section class="plan" aria-labelledby="plan-title">
            <h2 id="plan-title">{batch.name.get_untracked()}</h2>
            <p data-testid="batch-holds">
                {move || batch.papers.with(|papers| papers.as_deref().map(holds))}
            </p>
            <Faults papers=papers/>
            <div class="choosing">
                <fieldset class="lists" data-testid="task">
                    <legend class="hidden">"What to do with each paper"</legend>
                    {choice(Task::Classify, "Suggest a category")}
                    {choice(Task::Match, "Find the nearest papers")}
                </fieldset>
                {labels}
            </div>
            <Buttons n_rows=n_rows running=running/>
            <Progress n_rows=n_rows running=running/>
            {failure}
        </section>
    }
}

/// `A table of 1,200 papers: 1,190 with a text, 1,150 with an id.`
fn holds(papers: &PapersFile) -> String {
    let rows = &papers.rows;
    let kind = match papers.kind {
        Kind::Table => "A table",
        Kind::JsonLines => "JSON lines",
        Kind::Bibliography => "A bibliography",
        Kind::Ids => "A list of ids",
    };
    let with_text = rows.iter().filter(|row| row.has_text()).count();
    let with_id = rows.iter().filter(|row| !row.id.is_empty()).count();
    let mut parts = vec![
        format!("{} with a text", count(with_text)),
        format!("{} with an id", count(with_id)),
    ];
    if let Some(label) = &papers.label {
        let labelled = |row: &&Row| !row.label.is_empty();
        let n = rows.iter().filter(labelled).count();
        parts.push(format!("{} with a label in {label}", count(n)));
    }
    let n = counted(rows.len(), "paper");
    format!("{kind} of {n}: {}.", parts.join(", "))
}

/// Rows that could not be read, each with its line.
#[component]
fn Faults(papers: Arc<PapersFile>) -> impl IntoView {
    let n = papers.faults.len();
    let shown: Vec<_> = papers
        .faults
        .iter()
        .take(N_FAULTS)
        .map(|fault| {
            let text = format!("Line {}: {}.", count(fault.line), fault.reason);
            view! { <li>{text}</li> }
        })
        .collect();
    let rest = n.saturating_sub(N_FAULTS);
    (n > 0).then(|| {
        view! {
            <details class="notice faults" data-testid="batch-faults">
                <summary>{format!("{} could not be read; the others are here", counted(n, "row"))}</summary>
                <ul>
                    {shown}
                    {(rest > 0).then(|| view! {
                        <li>{format!("And {} more, all of them in the outcome's file.", count(rest))}</li>
                    })}
                </ul>
            </details>
        }
    })
}

/// Which column holds known categories.
#[component]
fn LabelColumn(papers: Arc<PapersFile>) -> impl IntoView {
    let batch = expect_context::<Batch>();
    let chosen = papers.label.clone().unwrap_or_default();
    let options: Vec<_> = papers
        .columns
        .iter()
        .map(|column| {
            let selected = *column == chosen;
            view! { <option value=column.clone() selected=selected>{column.clone()}</option> }
        })
        .collect();
    let choose = move |value: String| {
        batch.label_by(match &*value {
            NO_COLUMN => Labels::None,
            _ => Labels::Of(value),
        });
    };
    let none = chosen.is_empty();
    view! {
        <label class="ordering" hidden=move || batch.task.get() == Task::Match>
            "Known categories: "
            <select data-testid="label-column" on:change:target=move |event| choose(event.target().value())>
                <option value=NO_COLUMN selected=none>"none"</option>
                {options}
            </select>
        </label>
    }
}

#[component]
fn Buttons(n_rows: usize, running: Memo<bool>) -> impl IntoView {
    let batch = expect_context::<Batch>();
    let page = expect_context::<Page>();
    let said = expect_context::<Said>();
    let is_done = move || batch.done.get() >= n_rows;
    let label = move || match (running.get(), batch.task.get(), batch.done.get()) {
        (true, ..) => "Cancel",
        (false, _, done) if done >= n_rows => "All rows are done",
        (false, _, done) if done > 0 => "Go on",
        (false, Task::Classify, _) => "Suggest categories",
        (false, Task::Match, _) => "Find nearest papers",
    };
    let cannot = move || {
        let no_classifier = page
            .info
            .with(|info| info.as_ref().is_some_and(|info| info.classifier.is_none()));
        (no_classifier && batch.task.get() == Task::Classify).then(|| {
            view! {
                <p class="notice">"This build has no classifier: papers can be matched, categories not suggested."</p>
            }
        })
    };
    let save = move |_| {
        let name = file_name(&batch.name.get_untracked(), batch.task.get_untracked());
        let Some(text) = batch.with_run(to_csv) else {
            return;
        };
        match browser::save(&name, "text/csv", &text) {
            Ok(()) => said.say(format!(
                "{} in {name}",
                counted(batch.done.get_untracked(), "paper")
            )),
            Err(_) => said.say(format!("The browser made no file of {name}")),
        }
    };
    view! {
        {cannot}
        <div class="buttons">
            // One button, so that the focus stays on it.
            <button
                type="button"
                class="solid"
                class:main=move || !running.get() && !is_done()
                data-testid=move || if running.get() { "batch-cancel" } else { "batch-start" }
                disabled=is_done
                on:click=move |_| if running.get_untracked() { batch.cancel() } else { batch.start() }
            >
                {label}
            </button>
            <button
                type="button"
                class="solid"
                data-testid="batch-save"
                disabled=move || batch.done.get() == 0
                on:click=save
            >
                "Save the outcome as CSV"
            </button>
        </div>
    }
}

/// `papers.csv` becomes `papers-categories.csv`.
fn file_name(name: &str, task: Task) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match task {
        Task::Classify => format!("{stem}-categories.csv"),
        Task::Match => format!("{stem}-matches.csv"),
    }
}

#[component]
fn Progress(n_rows: usize, running: Memo<bool>) -> impl IntoView {
    let batch = expect_context::<Batch>();
    let line = move || {
        let done = batch.done.get();
        let rows = format!("{} of {}", count(done), counted(n_rows, "row"));
        let left = running
            .get()
            .then(|| batch.time_left(done, n_rows))
            .flatten();
        left.map_or(rows.clone(), |left| format!("{rows} · {left}"))
    };
    // Numbers that run are for the eye; what is read out is that it began, and how it ended.
    let said = Memo::new(move |_| {
        let is_running = running.get();
        let done = if is_running { 0 } else { batch.done.get() };
        match (is_running, done) {
            (true, _) => "Working".to_owned(),
            (false, 0) => String::new(),
            (false, done) if done >= n_rows => format!("Done: {}", counted(done, "row")),
            (false, done) => format!("Stopped after {}", counted(done, "row")),
        }
    });
    let has_begun = move || running.get() || batch.done.get() > 0;
    view! {
        <p class="hidden" role="status" aria-live="polite" data-testid="batch-says">{said}</p>
        {move || has_begun().then(|| view! {
            <div class="batch-progress">
                <p class="amount" data-testid="batch-progress">{line}</p>
                <progress
                    aria-label="Rows done"
                    max=n_rows.to_string()
                    prop:value=move || batch.done.get() as f64
                ></progress>
            </div>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::papers_file::read;

    #[test]
    fn what_a_file_holds_is_counted() {
        let text = "id,title,abstract,category\n1,a,b,cs.LG\n,c,,\n2,,,\n";
        let papers = read("a.csv", text.into(), &Labels::Found).expect("a table");
        assert_eq!(
            holds(&papers),
            "A table of 3 papers: 2 with a text, 2 with an id, 1 with a label in category."
        );
    }

    #[test]
    fn the_outcome_is_named_after_the_file() {
        assert_eq!(
            file_name("my.papers.csv", Task::Classify),
            "my.papers-categories.csv"
        );
        assert_eq!(file_name("ids", Task::Match), "ids-matches.csv");
    }
}
