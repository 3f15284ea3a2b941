//! The library view: starred papers, by tag and in an order, and the files they are saved in.

use leptos::prelude::*;

use crate::library::{Entry, Kept, Library, Order, listed, tags};
use crate::view::bindings::Action;
use crate::view::citing::Export;
use crate::view::keys::Keys;
use crate::view::library_card::LibraryCard;
use crate::view::library_files::Files;
use crate::view::library_near::Near;
use crate::view::wording::{count, counted};

/// The view.
#[component]
pub(crate) fn LibraryView() -> impl IntoView {
    let library = expect_context::<Library>();
    let keys = expect_context::<Keys>();
    let papers = library.papers();
    let order = RwSignal::new(Order::default());
    let chosen = RwSignal::new(None::<String>);
    let all_tags = Memo::new(move |_| papers.with(tags));
    // The last paper with a tag may lose it.
    let tag = Memo::new(move |_| {
        let known = |tag: &String| all_tags.with(|all| all.iter().any(|(other, _)| other == tag));
        chosen.get().filter(known)
    });
    let shown = Memo::new(move |_| {
        tag.with(|tag| papers.with(|papers| listed(papers, tag.as_deref(), order.get())))
    });
    let n_starred =
        Memo::new(move |_| papers.with(|papers| listed(papers, None, Order::Title).len()));
    let any = Memo::new(move |_| n_starred.get() > 0);
    let facts = move |()| shown.with_untracked(|shown| shown.iter().map(Entry::facts).collect());
    let label =
        Signal::derive(move || format!("Export {}", counted(shown.with(Vec::len), "paper")));
    let line = move || {
        let all = counted(n_starred.get(), "paper");
        match tag.get() {
            Some(tag) => format!("{} of {all} · {tag}", count(shown.with(Vec::len))),
            None => all,
        }
    };
    view! {
        <div class="library-view" data-testid="library">
            <h1>"Library"</h1>
            <KeptLine/>
            {move || if any.get() {
                view! {
                    <TagFilter all=all_tags tag=tag chosen=chosen/>
                    <div class="result-head">
                        <p class="result-line" role="status" data-testid="library-line">{line}</p>
                        <Ordering order=order/>
                        <Export label=label file="offprint-library" papers=Callback::new(facts)/>
                    </div>
                    <div class="library-list">
                        <For
                            each=move || shown.get()
                            key=|entry| entry.id.clone()
                            children=|entry| view! { <LibraryCard entry=entry/> }
                        />
                    </div>
                    <Near/>
                }.into_any()
            } else if library.kept().get() == Kept::Opening {
                ().into_any()
            } else {
                view! {
                    <p data-testid="library-empty">
                        "No paper has a star yet. ☆ Star on a result, or the key "
                        <kbd>{move || keys.key(Action::Star)}</kbd>
                        ", puts it here, where it can have tags and a note."
                    </p>
                }.into_any()
            }}
            <Files/>
        </div>
    }
}

/// How long the library lasts.
#[component]
fn KeptLine() -> impl IntoView {
    let library = expect_context::<Library>();
    let kept = library.kept();
    move || {
        match kept.get() {
        Kept::Opening => ().into_any(),
        Kept::OnDevice => view! {
            <p class="muted promise" data-testid="kept">"Kept on this device, sent nowhere."</p>
        }
        .into_any(),
        Kept::InTab => view! {
            <p class="notice" data-testid="kept">
                "This browser keeps nothing for this page, as in a private window: the library lasts as long as this tab. A backup saves it."
            </p>
        }
        .into_any(),
    }
    }
}

/// One chip a tag; the one that is pressed is the filter.
#[component]
fn TagFilter(
    all: Memo<Vec<(String, usize)>>,
    tag: Memo<Option<String>>,
    chosen: RwSignal<Option<String>>,
) -> impl IntoView {
    let chip = move |(name, n): (String, usize)| {
        let is_chosen = {
            let name = name.clone();
            Memo::new(move |_| tag.with(|tag| tag.as_deref() == Some(&name)))
        };
        let toggle = {
            let name = name.clone();
            move |_| {
                let next = (!is_chosen.get_untracked()).then(|| name.clone());
                chosen.set(next);
            }
        };
        view! {
            <li>
                <button
                    type="button"
                    class="chip"
                    data-testid="tag-filter"
                    aria-pressed=move || is_chosen.get().to_string()
                    on:click=toggle
                >
                    {name}
                    <span class="count">{count(n)}</span>
                </button>
            </li>
        }
    };
    move || {
        let all = all.get();
        (!all.is_empty()).then(|| {
            view! {
                <ul class="chips" aria-label="Tags">
                    {all.into_iter().map(chip).collect_view()}
                </ul>
            }
        })
    }
}

/// The choice of an order.
#[component]
fn Ordering(order: RwSignal<Order>) -> impl IntoView {
    let choose = move |value: String| {
        order.set(match value.as_str() {
            "year" => Order::Year,
            "title" => Order::Title,
            _ => Order::Starred,
        });
    };
    view! {
        <label class="ordering">
            "Sort by "
            <select data-testid="library-order" on:change:target=move |event| choose(event.target().value())>
                <option value="starred">"date of the star"</option>
                <option value="year">"year"</option>
                <option value="title">"title"</option>
            </select>
        </label>
    }
}
