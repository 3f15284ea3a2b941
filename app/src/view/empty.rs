//! Before the first query: what is indexed, and six ways to start.

use leptos::prelude::*;

use crate::query::View;
use crate::state::Page;
use crate::view::link::{Go, address, follow};
use crate::view::wording::{count, counted, years};

/// The empty state.
#[component]
pub(crate) fn Empty() -> impl IntoView {
    let page = expect_context::<Page>();
    move || {
        let info = page.corpus.get()?;
        let mut facts = vec![counted(info.papers, "paper")];
        if let Some((from, to)) = info.years {
            facts.push(years(from, to));
        }
        facts.push(match info.category_counts.len() {
            1 => "1 category".to_owned(),
            n => format!("{} categories", count(n)),
        });
        let examples: Vec<_> = info.examples.iter().cloned().map(example).collect();
        Some(view! {
            <section class="empty" data-testid="empty">
                <h2>"Search by words and meaning"</h2>
                <p>
                    "Write what you are after in your own words: papers are found by what they say as well as by the words they use. A title, an id or an author finds that paper first."
                </p>
                <p class="muted">
                    "Exactly: "<code>"\"spin glass\""</code>", "<code>"ti:quantum"</code>", "<code>"au:\"Noether, E\""</code>", "<code>"cat:cs.LG"</code>", "<code>"year:2015..2020"</code>", "<code>"neuro*"</code>", "<code>"AND OR NOT"</code>"."
                </p>
                <p class="label">"For example"</p>
                <ul class="examples">{examples}</ul>
                <p>
                    <Go to=|query| query.view = View::Classify>"Paste an abstract"</Go>
                    " to see which category it would suit, or "
                    <Go to=|query| query.view = View::Batch>"bring a file of papers"</Go>
                    "."
                </p>
                <p class="muted">
                    {format!("Indexed: {}. Everything runs on this device.", facts.join(" · "))}
                </p>
            </section>
        })
    }
}

fn example(text: String) -> impl IntoView {
    let page = expect_context::<Page>();
    let href = {
        let text = text.clone();
        move || {
            let mut query = page.shown.get();
            query.text.clone_from(&text);
            address(&query)
        }
    };
    let words = text.clone();
    view! {
        <li>
            <a
                href=href
                data-testid="empty-example"
                on:click=move |event| follow(page, &event, |query| query.text.clone_from(&words))
            >
                {text}
            </a>
        </li>
    }
}
