//! The topics as a tree to unfold: the map for keyboards and screen readers, down to each paper.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::html::Ul;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

use super::atlas::Atlas;
use crate::engine::protocol::{Hit, MapAnswer, MapQuestion};
use crate::map::topics::{papers_of, papers_right_in};
use crate::map::{NO_TOPIC, World, group_at};
use crate::state::{Page, Step};
use crate::view::browser;
use crate::view::wording::{count, counted};

/// Papers of a topic shown at once.
const SOME: usize = 20;

/// The tree.
#[component]
pub(super) fn Topics() -> impl IntoView {
    let atlas = expect_context::<Atlas>();
    let tree = NodeRef::<Ul>::new();
    let walk = move |event: KeyboardEvent| {
        if press(tree, &event) {
            event.prevent_default();
        }
    };
    move || {
        let world = atlas.world()?;
        let rows: Vec<_> = (world.tree.roots.iter())
            .map(|&topic| row(Arc::clone(&world), topic))
            .collect();
        let without = papers_right_in(&world.sheet, NO_TOPIC);
        Some(view! {
            <ul class="topics" data-testid="topics" aria-label="Topics" node_ref=tree on:keydown=walk>
                {rows}
                {(!without.is_empty()).then(|| rest(&world, without))}
            </ul>
        })
    }
}

/// A topic with what is under it, once it is unfolded.
fn row(world: Arc<World>, number: u16) -> AnyView {
    let atlas = expect_context::<Atlas>();
    let topic = world.topics[usize::from(number)].clone();
    let open = RwSignal::new(false);
    let group = group_at(topic.group).map_or("none", |group| group.slug());
    let fly = Arc::clone(&world);
    let toggle = move |_| {
        open.update(|open| *open = !*open);
        if open.get_untracked() {
            atlas.fly_to(&papers_of(&fly.sheet, &fly.tree, number));
        }
    };
    let under = move || {
        open.get().then(|| {
            let children: Vec<_> = (world.tree.under(number).iter())
                .map(|&child| row(Arc::clone(&world), child))
                .collect();
            let all = Arc::clone(&world);
            let list = move |_| atlas.choose(papers_of(&all.sheet, &all.tree, number));
            let own = papers_right_in(&world.sheet, number);
            view! {
                <ul>
                    <li>
                        <button type="button" class="plain" data-walk="" data-testid="topic-list" on:click=list>
                            {format!("List all {}", counted(topic.papers as usize, "paper"))}
                        </button>
                    </li>
                    {children}
                    {(!own.is_empty()).then(|| view! { <Papers numbers=own/> })}
                </ul>
            }
        })
    };
    view! {
        <li>
            <button
                type="button"
                class=format!("topic g-{group}")
                data-walk=""
                data-testid="topic"
                data-level=topic.level.to_string()
                aria-expanded=move || open.get().to_string()
                on:click=toggle
            >
                <span class="name">{topic.text.clone()}</span>
                <span class="count">{count(topic.papers as usize)}<span class="hidden">" papers"</span></span>
            </button>
            {under}
        </li>
    }
    .into_any()
}

/// Papers of no topic.
fn rest(world: &Arc<World>, numbers: Vec<u32>) -> AnyView {
    let open = RwSignal::new(false);
    let n = numbers.len();
    let is_all = n == world.sheet.len();
    view! {
        <li>
            <button
                type="button"
                class="topic g-none"
                data-walk=""
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <span class="name">{if is_all { "All papers" } else { "In no topic" }}</span>
                <span class="count">{count(n)}<span class="hidden">" papers"</span></span>
            </button>
            {move || open.get().then(|| view! { <ul><Papers numbers=numbers.clone()/></ul> })}
        </li>
    }
    .into_any()
}

/// Papers as rows, a few at first.
#[component]
fn Papers(numbers: Vec<u32>) -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let shown = RwSignal::new(Vec::<Hit>::new());
    let n = numbers.len();
    let numbers = StoredValue::new(numbers);
    let more = move || {
        let from = shown.with_untracked(Vec::len);
        let numbers = numbers.with_value(|all| all[from..n.min(from + SOME)].to_vec());
        spawn_local(async move {
            if let Ok(MapAnswer::Papers(papers)) = atlas.ask(MapQuestion::Papers { numbers }).await
            {
                // Folded again by now, or asked for twice.
                let _ = shown.try_update(|shown| {
                    if shown.len() == from {
                        shown.extend(papers);
                    }
                });
            }
        });
    };
    more();
    let paper = move |hit: Hit| {
        let id = hit.id.clone();
        let open = move |_| {
            let id = id.clone();
            page.edit(Step::Push, |query| {
                query.map.at = None;
                query.map.paper = Some(id);
            });
        };
        let year = hit.year.map(|year| format!(" ({year})"));
        view! {
            <li>
                <button type="button" class="topic-paper" data-walk="" data-testid="topic-paper" data-id=hit.id on:click=open>
                    {hit.title}
                    <span class="muted">{year}</span>
                </button>
            </li>
        }
    };
    view! {
        <For each=move || shown.get() key=|hit| hit.id.clone() children=paper/>
        {move || {
            let left = n - shown.with(Vec::len);
            (left > 0 && left < n).then(|| view! {
                <li>
                    <button type="button" class="plain" data-walk="" on:click=move |_| more()>
                        {format!("{} more of {}", count(left.min(SOME)), count(n))}
                    </button>
                </li>
            })
        }}
    }
}

/// Takes a key in the tree; whether it was one: up and down walk it, right unfolds, left folds or goes up.
fn press(tree: NodeRef<Ul>, event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let Some(focused) = browser::focused().and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    let expanded = focused.get_attribute("aria-expanded");
    match (event.key().as_str(), expanded.as_deref()) {
        ("ArrowDown", _) => step(tree, &focused, |at, n| (at + 1).min(n - 1)),
        ("ArrowUp", _) => step(tree, &focused, |at, _| at.saturating_sub(1)),
        ("Home", _) => step(tree, &focused, |_, _| 0),
        ("End", _) => step(tree, &focused, |_, n| n - 1),
        ("ArrowRight", Some("false")) | ("ArrowLeft", Some("true")) => {
            focused.click();
            true
        }
        ("ArrowRight", Some(_)) => step(tree, &focused, |at, n| (at + 1).min(n - 1)),
        ("ArrowLeft", _) => parent_of(&focused).is_some_and(|parent| parent.focus().is_ok()),
        _ => false,
    }
}

/// The button of the topic that a row stands under.
fn parent_of(row: &HtmlElement) -> Option<HtmlElement> {
    let list = row.closest("ul").ok().flatten()?;
    let above = list.previous_element_sibling()?;
    above.dyn_into().ok()
}

fn step(
    tree: NodeRef<Ul>,
    focused: &HtmlElement,
    next: impl FnOnce(usize, usize) -> usize,
) -> bool {
    let rows = tree
        .get_untracked()
        .and_then(|tree| tree.query_selector_all("[data-walk]").ok());
    let Some(rows) = rows.filter(|rows| rows.length() > 0) else {
        return false;
    };
    let n = rows.length();
    let is_focused = |at: &u32| rows.item(*at).is_some_and(|row| ***focused == row);
    let at = (0..n).find(is_focused).unwrap_or(0);
    let to = rows.item(next(at as usize, n as usize) as u32);
    to.and_then(|to| to.dyn_into::<HtmlElement>().ok())
        .is_some_and(|to| to.focus().is_ok())
}
