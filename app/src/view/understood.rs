//! How the question was understood: its shortest form, what is wrong with it, and which lists answer.

use std::sync::Arc;

use leptos::prelude::*;

use crate::engine::protocol::{By, Hits, NEWEST_OF, Sort, TextError};
use crate::latex::Part;
use crate::query::PAGE_OF_HITS;
use crate::state::{Page, Step};
use crate::view::marked::{Lines, marked};

/// The lines above the hits of a question.
#[component]
pub(crate) fn Understood(
    /// The answer.
    hits: Memo<Option<Arc<Hits>>>,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let understood = Memo::new(move |_| {
        hits.with(|hits| hits.as_ref().and_then(|hits| hits.understood.clone()))
    });
    let asked = Memo::new(move |_| {
        page.found.with(|found| {
            let question = found.as_ref().map(|found| &found.question);
            question.map(|question| question.text.clone())
        })
    });
    move || {
        let understood = understood.get()?;
        let text = asked.get().unwrap_or_default();
        let form = understood.demands.then(|| {
            let query = understood.query.clone();
            view! {
                <p class="understood" data-testid="understood">
                    "Understood as "
                    <code>{query}</code>
                    {(!understood.errors.is_empty()).then_some(", as far as it can be read")}
                </p>
            }
        });
        let errors: Vec<_> = understood
            .errors
            .iter()
            .map(|error| error_line(&text, error))
            .collect();
        let cuts = (!understood.cut_prefixes.is_empty()).then(|| {
            let stems: Vec<String> = understood
                .cut_prefixes
                .iter()
                .map(|stem| format!("{stem}*"))
                .collect();
            let text = format!(
                "{} stands for more words than were looked for: write more of it.",
                stems.join(", ")
            );
            view! { <p class="notice">{text}</p> }
        });
        let incomplete = understood.incomplete.then(|| {
            view! {
                <p class="notice" data-testid="incomplete">
                    "Some words of this index could not be fetched: papers that only they would find are missing."
                </p>
            }
        });
        Some(view! {
            {form}
            {errors}
            {cuts}
            {incomplete}
        })
    }
}

/// The question with the place marked, and what to do about it.
fn error_line(text: &str, error: &TextError) -> impl IntoView + use<> {
    let message = error.message.clone();
    view! {
        <p class="notice" data-testid="query-error">
            <q>{marked(text, &[Part::Plain(0..text.len())], &[(error.start, error.end)], Lines::One)}</q>
            " "
            {message}
        </p>
    }
}

/// Words, meaning, or both.
#[component]
pub(crate) fn Lists() -> impl IntoView {
    let page = expect_context::<Page>();
    let by = Memo::new(move |_| page.shown.with(|query| query.by));
    let like = Memo::new(move |_| page.shown.with(|query| query.like.is_some()));
    let choice = move |this: By, name: &'static str, title: &'static str| {
        view! {
            <label title=title>
                <input
                    type="radio"
                    name="by"
                    prop:checked=move || by.get() == this
                    on:change=move |_| page.edit(Step::Push, |query| {
                        query.by = this;
                        query.k = PAGE_OF_HITS;
                    })
                />
                <span>{name}</span>
            </label>
        }
    };
    move || {
        (!like.get()).then(|| {
            view! {
                <fieldset class="lists" data-testid="lists">
                    <legend class="hidden">"Find papers by"</legend>
                    {choice(By::Both, "Words and meaning", "Both lists, fused")}
                    {choice(By::Words, "Words", "Only papers that have the words")}
                    {choice(By::Meaning, "Meaning", "The text as it stands, by what it says")}
                </fieldset>
            }
        })
    }
}

/// The best first, or the newest.
#[component]
pub(crate) fn Sorting() -> impl IntoView {
    let page = expect_context::<Page>();
    let sort = Memo::new(move |_| page.shown.with(|query| query.sort));
    let choice = move |this: Sort, name: &'static str, title: String| {
        view! {
            <label title=title>
                <input
                    type="radio"
                    name="sort"
                    prop:checked=move || sort.get() == this
                    on:change=move |_| page.edit(Step::Push, |query| {
                        query.sort = this;
                        query.k = PAGE_OF_HITS;
                    })
                />
                <span>{name}</span>
            </label>
        }
    };
    let newest = format!(
        "The newest first: of all that match where something is demanded, of the {NEWEST_OF} best otherwise"
    );
    view! {
        <fieldset class="lists" data-testid="sort">
            <legend class="hidden">"Sort by"</legend>
            {choice(Sort::Relevance, "Relevance", "The best first".to_owned())}
            {choice(Sort::Newest, "Newest", newest)}
        </fieldset>
    }
}
