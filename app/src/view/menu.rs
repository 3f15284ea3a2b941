//! A menu behind a button: Enter or a click opens it, arrows walk it, Escape closes it, and the
//! focus comes back to the button.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::html::{Button, Div};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, Node};

use crate::view::browser;

/// One line of a menu.
#[derive(Clone)]
pub(crate) struct Choice {
    /// What it says.
    pub(crate) name: &'static str,
    /// Its `data-testid`.
    pub(crate) testid: String,
    /// What it does.
    pub(crate) run: Callback<()>,
}

/// The button with its menu.
#[component]
pub(crate) fn Menu(
    /// What the button says.
    #[prop(into)]
    label: Signal<String>,
    /// What the button is called where its label alone would be one of many.
    #[prop(optional, into)]
    name: Option<String>,
    /// `data-testid` of the button.
    testid: &'static str,
    /// The menu's lines, made when it opens.
    choices: Callback<(), Vec<Choice>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let frame = NodeRef::<Div>::new();
    let button = NodeRef::<Button>::new();
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let toggle = move |_| {
        open.update(|open| *open = !*open);
        if open.get_untracked() {
            // The lines exist only after this change is shown.
            request_animation_frame(move || {
                walk(frame, |_, _| 0);
            });
        }
    };
    let leave = move |event: FocusEvent| {
        let to = event
            .related_target()
            .and_then(|to| to.dyn_into::<Node>().ok());
        // A list that goes takes the focus out of its menu: then nothing of it is left.
        let inside =
            (frame.try_get_untracked().flatten()).is_some_and(|frame| frame.contains(to.as_ref()));
        if !inside {
            // The card may be gone by now.
            let _ = open.try_set(false);
        }
    };
    let key = move |event: KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        let taken = match event.key().as_str() {
            "Escape" => {
                close();
                true
            }
            "ArrowDown" => walk(frame, |at, n| (at + 1) % n),
            "ArrowUp" => walk(frame, |at, n| (at + n - 1) % n),
            "Home" => walk(frame, |_, _| 0),
            "End" => walk(frame, |_, n| n - 1),
            _ => false,
        };
        if taken {
            event.prevent_default();
        }
    };
    let line = move |choice: Choice| {
        view! {
            <button
                type="button"
                role="menuitem"
                tabindex="-1"
                data-testid=choice.testid
                on:click=move |_| {
                    close();
                    choice.run.run(());
                }
            >
                {choice.name}
            </button>
        }
    };
    view! {
        <div class="menu" node_ref=frame on:focusout=leave on:keydown=key>
            <button
                type="button"
                class="plain"
                node_ref=button
                data-testid=testid
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=name
                on:click=toggle
            >
                {label}
            </button>
            {move || open.get().then(|| view! {
                <div class="menu-list" role="menu" aria-label=label>
                    {choices.run(()).into_iter().map(line).collect_view()}
                </div>
            })}
        </div>
    }
}

/// Moves the focus to the line that `next` names, of the line that has it and of how many there are.
fn walk(frame: NodeRef<Div>, next: impl FnOnce(usize, usize) -> usize) -> bool {
    let Some(lines) = frame
        .get_untracked()
        .and_then(|frame| frame.query_selector_all("[role=menuitem]").ok())
    else {
        return false;
    };
    let n = lines.length();
    if n == 0 {
        return false;
    }
    let focused = browser::focused();
    let is_focused = |at: &u32| {
        let line = lines.item(*at);
        line.is_some_and(|line| focused.as_ref().is_some_and(|focused| **focused == line))
    };
    let at = (0..n).find(is_focused).unwrap_or(0);
    let to = lines.item(next(at as usize, n as usize) as u32);
    to.and_then(|to| to.dyn_into::<HtmlElement>().ok())
        .is_some_and(|to| to.focus().is_ok())
}
