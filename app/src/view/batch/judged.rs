//! How suggestions compare with the labels of the file: figures, confusions, reliability.

use leptos::prelude::*;
use shared::metrics::Bin;

use super::work::{Batch, State};
use crate::batch::Task;
use crate::batch::judge::{self, Judgement, Pair, Table};
use crate::view::wording::{count, counted, percent};

/// Width of the plot's unit; the picture scales.
const SIDE: f64 = 240.0;

/// The section, once something with a label is done and the work stands still.
#[component]
pub(crate) fn Judged() -> impl IntoView {
    let batch = expect_context::<Batch>();
    let judged = Memo::new(move |_| {
        batch.papers.track();
        // Figures that change with every row cannot be read.
        let still = batch.state.with(|state| *state != State::Running);
        let is_classified = batch.task.get() == Task::Classify;
        let some = batch.done.get() > 0;
        (still && is_classified && some)
            .then(|| batch.with_run(judge::judge).flatten())
            .flatten()
    });
    move || {
        judged
            .get()
            .map(|judged| view! { <Figures judged=judged/> })
    }
}

#[component]
fn Figures(judged: Judgement) -> impl IntoView {
    let Judgement {
        n,
        n_unlabelled,
        top_1,
        top_5,
        macro_f1,
        calibration_error,
        named,
        in_set,
        reliability,
        confused,
        table,
    } = judged;
    let line = |name: &'static str, value: String| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let (n_named, n_right) = named;
    let when_named = (n_named > 0).then(|| {
        let right = share(n_right as f64 / n_named as f64);
        line(
            "Where named",
            format!("{right} right, of {}", counted(n_named, "row")),
        )
    });
    let in_set = in_set.map(|held| line("In its prediction set", share(held)));
    let left_out = (n_unlabelled > 0).then(|| {
        let text = format!(
            "{} left out: no label, or one that is none of the classifier's categories.",
            counted(n_unlabelled, "row")
        );
        view! { <p class="muted">{text}</p> }
    });
    view! {
        <section class="judged" data-testid="judged" aria-labelledby="judged-title">
            <h2 id="judged-title">"Against the known categories"</h2>
            <p class="muted">
                {format!("{} compared. Where a label has several categories, the first one counts.", counted(n, "row"))}
            </p>
            {left_out}
            <dl class="facts">
                {line("Accuracy", share(top_1))}
                {line("In the first five", share(top_5))}
                {line("Macro-F1", format!("{macro_f1:.3}"))}
                {line("Calibration error", format!("{calibration_error:.3}"))}
                {when_named}
                {in_set}
            </dl>
            <div class="judged-tables">
                <Reliability bins=reliability/>
                <Confused pairs=confused/>
            </div>
            <Matrix table=table/>
        </section>
    }
}

fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[component]
fn Reliability(bins: Vec<(f64, Bin)>) -> impl IntoView {
    let most = bins.iter().map(|(_, bin)| bin.n).max().unwrap_or(1);
    let bars: Vec<_> = bins
        .iter()
        .map(|(from, bin)| {
            // A dot's area says how many rows it stands for: one alone means little.
            let radius = 1.5 + 4.0 * (bin.n as f64 / most as f64).sqrt();
            let height = bin.accuracy * SIDE;
            let width = SIDE / shared::metrics::N_BINS as f64;
            view! {
                <rect
                    x=format!("{:.1}", from * SIDE + 1.0)
                    y=format!("{:.1}", SIDE - height)
                    width=format!("{:.1}", width - 2.0)
                    height=format!("{height:.1}")
                ></rect>
                <circle
                    cx=format!("{:.1}", bin.stated * SIDE)
                    cy=format!("{:.1}", SIDE - height)
                    r=format!("{radius:.1}")
                ></circle>
            }
        })
        .collect();
    let rows: Vec<_> = bins
        .iter()
        .map(|(_, bin)| {
            view! {
                <tr>
                    <td>{percent(bin.stated)}</td>
                    <td>{share(bin.accuracy)}</td>
                    <td>{count(bin.n)}</td>
                </tr>
            }
        })
        .collect();
    let view_box = format!("-4 -4 {} {}", SIDE + 8.0, SIDE + 8.0);
    let side = SIDE.to_string();
    view! {
        <div>
            <h3>"Stated probability, and how often it was right"</h3>
            <svg class="reliability" viewBox=view_box aria-hidden="true">
                <rect class="frame" x="0" y="0" width=side.clone() height=side.clone()></rect>
                <line x1="0" y1=side.clone() x2=side y2="0"></line>
                <g>{bars}</g>
            </svg>
            <p class="muted">"Up: how often right. To the right: the probability stated. On the diagonal both are equal. The larger a dot, the more rows."</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Reliability">
                <table data-testid="reliability">
                    <thead><tr><th scope="col">"Stated"</th><th scope="col">"Right"</th><th scope="col">"Rows"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}

#[component]
fn Confused(pairs: Vec<Pair>) -> impl IntoView {
    (!pairs.is_empty()).then(|| {
        let rows: Vec<_> = pairs
            .into_iter()
            .map(|pair| {
                view! {
                    <tr>
                        <th scope="row"><code>{pair.label}</code></th>
                        <td><code>{pair.taken_for}</code></td>
                        <td>{format!("{} of {}", count(pair.n as usize), count(pair.of as usize))}</td>
                    </tr>
                }
            })
            .collect();
        view! {
            <div>
                <h3>"Taken for another most often"</h3>
                <div class="scroll" tabindex="0" role="region" aria-label="Largest confusions">
                    <table data-testid="confused">
                        <thead><tr><th scope="col">"Filed as"</th><th scope="col">"Taken for"</th><th scope="col">"Rows"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </div>
        }
    })
}

#[component]
fn Matrix(table: Table) -> impl IntoView {
    let Table { classes, rows } = table;
    let head: Vec<_> = classes
        .iter()
        .map(|class| view! { <th scope="col"><code>{class.clone()}</code></th> })
        .collect();
    let body: Vec<_> = classes
        .iter()
        .zip(rows)
        .enumerate()
        .map(|(at, (class, row))| {
            let cells: Vec<_> = row
                .into_iter()
                .enumerate()
                .map(|(to, n)| {
                    let shown = (n > 0).then(|| count(n as usize));
                    view! { <td class:right=to == at>{shown}</td> }
                })
                .collect();
            view! { <tr><th scope="row"><code>{class.clone()}</code></th>{cells}</tr> }
        })
        .collect();
    view! {
        <h3>"Confusion matrix of the most frequent categories"</h3>
        <p class="muted">"A line is a known category, a column what it was taken for."</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
            <table class="matrix" data-testid="matrix">
                <thead><tr><td></td>{head}<th scope="col">"other"</th></tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}
