//! The help dialog: every key, and how to choose another one.

use leptos::ev::{Event, KeyboardEvent};
use leptos::html::Dialog;
use leptos::prelude::*;

use crate::state::Page;
use crate::view::bindings::{Action, BEFORE, KEYS};
use crate::view::keys::Keys;

/// A key that is being chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choosing {
    action: Action,
    /// Whether `g` was pressed, so that this is a key of two.
    after_g: bool,
}

/// What the dialog says of the last choice.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Done(String),
    Refused(String),
}

/// The dialog; opens with [`Panels::help_open`](crate::state::Panels).
#[component]
pub(crate) fn Help() -> impl IntoView {
    let page = expect_context::<Page>();
    let keys = expect_context::<Keys>();
    let dialog = NodeRef::<Dialog>::new();
    let choosing = RwSignal::new(None::<Choosing>);
    let told = RwSignal::new(None::<Told>);
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if page.panels().help_open.get() && !dialog.open() {
            let _ = dialog.show_modal();
        }
    });
    let closed = move |_| {
        page.panels().help_open.set(false);
        choosing.set(None);
        told.set(None);
    };
    let hear = move |event: KeyboardEvent| {
        if let Some(now) = choosing.get_untracked() {
            take(keys, choosing, told, now, &event);
        }
    };
    // Escape leaves the choice of a key, and only then the dialog.
    let cancel = move |event: Event| {
        if choosing.get_untracked().is_some() {
            event.prevent_default();
            choosing.set(None);
        }
    };
    let put_back = move |_| {
        keys.put_back();
        choosing.set(None);
        told.set(Some(Told::Done(
            "All keys are as they were at first.".to_owned(),
        )));
    };
    let rows = KEYS.map(|(.., action)| view! { <Row action=action choosing=choosing told=told/> });
    view! {
        <dialog
            class="help"
            node_ref=dialog
            aria-labelledby="help-title"
            on:close=closed
            on:cancel=cancel
            on:keydown=hear
        >
            <form method="dialog">
                <h2 id="help-title">"Keyboard"</h2>
                <dl class="keys-list">{rows}</dl>
                <div class="keys-told" role="status">
                    {move || told.get().map(|told| match told {
                        Told::Done(text) => view! { <p class="muted" data-testid="key-done">{text}</p> }.into_any(),
                        Told::Refused(text) => view! { <p class="notice" data-testid="key-refused">{text}</p> }.into_any(),
                    })}
                </div>
                <p class="muted">"Keys of a result act on the one that has the focus. Your own keys stay on this device."</p>
                <p class="muted">
                    "A draft, or a file of many papers, is classified under "<i>"Classify"</i>": paste it, drop it or choose it there."
                </p>
                <div class="buttons">
                    <button type="submit" class="solid" data-testid="help-close" autofocus>"Close"</button>
                    <button
                        type="button"
                        class="solid"
                        data-testid="keys-back"
                        on:click=put_back
                    >
                        "Put all keys back"
                    </button>
                </div>
            </form>
        </dialog>
    }
}

/// An action with its key, and the button to change it.
#[component]
fn Row(
    action: Action,
    choosing: RwSignal<Option<Choosing>>,
    told: RwSignal<Option<Told>>,
) -> impl IntoView {
    let keys = expect_context::<Keys>();
    let chosen = Memo::new(move |_| choosing.get().filter(|now| now.action == action));
    let button = move || {
        let says = move || match chosen.get() {
            None => "Change".to_owned(),
            Some(Choosing { after_g: false, .. }) => "Press a key".to_owned(),
            Some(Choosing { after_g: true, .. }) => format!("{BEFORE} and …"),
        };
        let toggle = move |_| {
            told.set(None);
            let after_g = false;
            let next = chosen.get_untracked().is_none();
            choosing.set(next.then_some(Choosing { action, after_g }));
        };
        view! {
            <button
                type="button"
                class="plain"
                data-testid="rebind"
                data-action=action.first_key()
                aria-pressed=move || chosen.get().is_some().to_string()
                on:click=toggle
                on:blur=move |_| if chosen.get_untracked().is_some() { choosing.set(None) }
            >
                {says}
                <span class="hidden">{format!(": {}", action.what())}</span>
            </button>
        }
    };
    view! {
        <div>
            <dt><kbd>{move || keys.key(action)}</kbd></dt>
            <dd>{action.what()}</dd>
            <dd>{(!action.is_fixed()).then(button)}</dd>
        </div>
    }
}

/// Takes the key that was pressed for an action.
fn take(
    keys: Keys,
    choosing: RwSignal<Option<Choosing>>,
    told: RwSignal<Option<Told>>,
    now: Choosing,
    event: &KeyboardEvent,
) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return;
    }
    let key = event.key();
    match key.as_str() {
        // On to the next button, and half of a sign: nothing is chosen yet.
        "Tab" | "Shift" | "CapsLock" | "Dead" => return,
        "Escape" => choosing.set(None),
        BEFORE if !now.after_g => choosing.set(Some(Choosing {
            after_g: true,
            ..now
        })),
        _ => {
            let key = if now.after_g {
                format!("{BEFORE} {key}")
            } else {
                key
            };
            match keys.change(now.action, &key) {
                Ok(()) => {
                    choosing.set(None);
                    told.set(Some(Told::Done(format!("{key}: {}", now.action.what()))));
                }
                Err(refusal) => {
                    choosing.set(Some(Choosing {
                        after_g: false,
                        ..now
                    }));
                    told.set(Some(Told::Refused(refusal.to_string())));
                }
            }
        }
    }
    event.prevent_default();
    event.stop_propagation();
}
