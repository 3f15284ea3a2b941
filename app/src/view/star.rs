//! A paper's star and its read mark, on every card.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;

use crate::cite::Facts;
use crate::library::{Change, Entry, Library};
use crate::view::said::Said;

/// The star: a button that is pressed or not.
#[component]
pub(crate) fn Star(paper: Facts) -> impl IntoView {
    let library = expect_context::<Library>();
    let said = expect_context::<Said>();
    let label = format!("Star: {}", paper.title);
    let id = paper.id.clone();
    let starred = Memo::new(move |_| {
        let papers = library.papers();
        papers.with(|papers| {
            papers
                .get(&id)
                .is_some_and(|entry| entry.starred_ms.is_some())
        })
    });
    let toggle = move |_| match library
        .papers()
        .with_untracked(|papers| papers.get(&paper.id).cloned())
    {
        Some(entry) if entry.starred_ms.is_some() => remove(library, said, entry),
        _ => {
            library.change(&paper.id, Change::Star(paper.clone()));
            said.say("Starred");
        }
    };
    view! {
        <button
            type="button"
            class="plain star"
            data-testid="star"
            data-key="s"
            aria-label=label
            aria-pressed=move || starred.get().to_string()
            on:click=toggle
        >
            <span aria-hidden="true">{move || if starred.get() { "★" } else { "☆" }}</span>
            "Star"
        </button>
    }
}

/// Takes a paper out of the library, and offers to bring it back.
fn remove(library: Library, said: Said, entry: Entry) {
    library.change(&entry.id, Change::Remove);
    said.offer("Removed from the library", move || {
        let now_ms = js_sys::Date::now() as u64;
        let back = Entry {
            edited_ms: now_ms,
            ..entry.clone()
        };
        library.change(&entry.id, Change::Merge(back));
    });
}

/// Whether a paper is marked as read.
pub(crate) fn is_read(id: &str) -> Memo<bool> {
    let library = expect_context::<Library>();
    let id = id.to_owned();
    Memo::new(move |_| {
        let papers = library.papers();
        papers.with(|papers| papers.get(&id).is_some_and(|entry| entry.read_ms.is_some()))
    })
}

/// Listens to clicks in a card: whoever opens the paper has read it.
pub(crate) fn opened(paper: Facts) -> impl Fn(MouseEvent) + Clone + 'static {
    let library = expect_context::<Library>();
    move |event: MouseEvent| {
        // The right button opens a menu, not the link.
        let link = event
            .target()
            .filter(|_| event.button() < 2)
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|element| element.closest("a[data-opens]").ok().flatten());
        if link.is_some() {
            library.change(&paper.id, Change::Read(paper.clone()));
        }
    }
}

/// The mark of a paper that was read; its key sets it too.
#[component]
pub(crate) fn ReadMark(paper: Facts) -> impl IntoView {
    let library = expect_context::<Library>();
    let is_read = is_read(&paper.id);
    let label = format!("Marked as read: {}", paper.title);
    let toggle = move |_| {
        let change = if is_read.get_untracked() {
            Change::Unread
        } else {
            Change::Read(paper.clone())
        };
        library.change(&paper.id, change);
    };
    view! {
        <button
            type="button"
            class="plain read-mark"
            data-testid="read"
            data-key="r"
            aria-label=label
            aria-pressed=move || is_read.get().to_string()
            title="You opened this paper. Press to take the mark away."
            hidden=move || !is_read.get()
            on:click=toggle
        >
            "Read"
        </button>
    }
}
