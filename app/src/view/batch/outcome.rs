//! What came of the first rows; the saved file has all.

use leptos::prelude::*;

use super::work::Batch;
use crate::batch::{Found, Outcome, Placed};
use crate::view::card::Title;
use crate::view::category::Tag;
use crate::view::wording::{count, counted, percent};

/// Rows shown.
const N_SHOWN: usize = 50;
/// Categories shown of a set; the rest is counted.
const N_SET: usize = 5;
/// Papers shown of a match.
const N_MATCHES: usize = 3;

/// A row as it is shown.
#[derive(Clone, PartialEq)]
struct Shown {
    line: usize,
    id: String,
    title: String,
    label: String,
    came: Came,
}

#[derive(Clone, PartialEq)]
enum Came {
    Placed(Suggested),
    Matched(Vec<Found>),
    Nothing(&'static str),
}

/// A suggestion with its categories by name.
#[derive(Clone, PartialEq)]
struct Suggested {
    best: String,
    p: f64,
    set: Vec<String>,
    unnamed: Option<&'static str>,
}

/// The list.
#[component]
pub(crate) fn Outcomes() -> impl IntoView {
    let batch = expect_context::<Batch>();
    let shown = Memo::new(move |_| {
        batch.papers.track();
        batch.task.track();
        let n = batch.done.get().min(N_SHOWN);
        batch
            .with_run(|run| {
                let rows = run.file.rows.iter().zip(&run.outcomes).take(n);
                let show = |(row, outcome): (&crate::papers_file::Row, &Outcome)| Shown {
                    line: row.line,
                    id: row.id.clone(),
                    title: row.title.clone(),
                    label: row.label.clone(),
                    came: match outcome {
                        Outcome::Placed(placed) => Came::Placed(suggested(placed, &run.classes)),
                        Outcome::Matched(found) => {
                            Came::Matched(found.iter().take(N_MATCHES).cloned().collect())
                        }
                        Outcome::Nothing(why) => Came::Nothing(why),
                    },
                };
                rows.map(show).collect::<Vec<_>>()
            })
            .unwrap_or_default()
    });
    let none = Memo::new(move |_| shown.with(Vec::is_empty));
    let rest = Memo::new(move |_| {
        batch.papers.with(|papers| {
            let n = papers.as_ref().map_or(0, |papers| papers.rows.len());
            n.saturating_sub(N_SHOWN)
        })
    });
    move || {
        (!none.get()).then(|| {
            view! {
                <section class="batch-outcomes" aria-labelledby="outcomes-title">
                    <h2 id="outcomes-title">"What came of it"</h2>
                    {move || (rest.get() > 0).then(|| view! {
                        <p class="muted">
                            {format!("The first {}; the saved file has all.", counted(N_SHOWN, "row"))}
                        </p>
                    })}
                    <ol>
                        {move || shown.get().into_iter().map(row).collect_view()}
                    </ol>
                </section>
            }
        })
    }
}

fn suggested(placed: &Placed, classes: &[String]) -> Suggested {
    let name = |&(class, _): &(u16, f64)| classes[usize::from(class)].clone();
    let best = placed.ranked.first();
    Suggested {
        best: best.map(name).unwrap_or_default(),
        p: best.map_or(0.0, |(_, p)| *p),
        set: placed.set().iter().map(name).collect(),
        unnamed: match (placed.is_named(), placed.is_far) {
            (true, _) => None,
            (false, true) => Some("No category: it is unlike every paper here."),
            (false, false) => Some("No category: too unsure."),
        },
    }
}

fn row(shown: Shown) -> impl IntoView {
    let Shown {
        line,
        id,
        title,
        label,
        came,
    } = shown;
    let name = match (&*title, &*id) {
        ("", "") => "Without a title".to_owned(),
        ("", id) => id.to_owned(),
        (title, _) => title.to_owned(),
    };
    let label = (!label.is_empty()).then(|| {
        view! { <span class="muted">"filed as "{label}</span> }
    });
    let came = match came {
        Came::Placed(suggested) => placed_line(suggested).into_any(),
        Came::Matched(found) => matched_list(found).into_any(),
        Came::Nothing(why) => {
            view! { <p class="muted">{format!("Nothing: {why}.")}</p> }.into_any()
        }
    };
    view! {
        <li data-testid="batch-row">
            <p class="batch-paper">
                <span class="muted">{format!("Line {}", count(line))}</span>
                " "
                <Title id=id title=name/>
                " "
                {label}
            </p>
            {came}
        </li>
    }
}

fn placed_line(suggested: Suggested) -> impl IntoView {
    let Suggested {
        best,
        p,
        set,
        unnamed,
    } = suggested;
    let more = set.len().saturating_sub(N_SET);
    let tags: Vec<_> = set
        .into_iter()
        .take(N_SET)
        .map(|code| view! { <Tag code=code/>" " })
        .collect();
    let set = (!tags.is_empty()).then(|| {
        view! {
            <span class="tags">
                <span class="muted">"one of"</span>
                {tags}
                {(more > 0).then(|| view! { <span class="muted">{format!("+{more}")}</span> })}
            </span>
        }
    });
    let first = match unnamed {
        None => view! { <Tag code=best primary=true/>" "<span class="percent">{percent(p)}</span> }
            .into_any(),
        Some(why) => {
            let text = format!("{why} The most probable one, {best}, has {}.", percent(p));
            view! { <span>{text}</span> }.into_any()
        }
    };
    view! { <p class="batch-came">{first}" "{set}</p> }
}

fn matched_list(found: Vec<Found>) -> impl IntoView {
    let papers: Vec<_> = found
        .into_iter()
        .map(|one| {
            let how = one.similarity.map_or_else(
                || "in the corpus: ".to_owned(),
                |similarity| format!("{similarity:.2} "),
            );
            view! {
                <li>
                    <span class="similar">{how}</span>
                    <Title id=one.id title=one.title/>
                </li>
            }
        })
        .collect();
    view! { <ul class="batch-found">{papers}</ul> }
}
