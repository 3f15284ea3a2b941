//! What the page says for a moment, seen at its foot and spoken: what was copied, saved or removed.

use std::sync::Arc;
use std::time::Duration;

use leptos::html::{Dialog, Textarea};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::view::browser;

/// How long a line stays.
const STAYS: Duration = Duration::from_secs(5);
/// How long one that offers a way back stays.
const STAYS_TO_UNDO: Duration = Duration::from_secs(12);

/// A line with its way back, where there is one.
#[derive(Clone)]
struct Line {
    text: String,
    undo: Option<Undo>,
}

/// A way back. No callback of leptos': the card that made it, and all it owns, may be gone by then.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// What is said now; given to every view through leptos' context.
#[derive(Clone, Copy)]
pub(crate) struct Said {
    line: RwSignal<Option<Line>>,
    /// Counts lines, so that an older one's end does not take a newer one away.
    count: StoredValue<u64>,
    /// What has to be copied by hand.
    by_hand: RwSignal<Option<String>>,
}

impl Said {
    /// Nothing, so far.
    pub(crate) fn new() -> Self {
        Self {
            line: RwSignal::new(None),
            count: StoredValue::new(0),
            by_hand: RwSignal::new(None),
        }
    }

    /// Says a line.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.show(text.into(), None);
    }

    /// Says a line that can be taken back for a while.
    pub(crate) fn offer(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.show(text.into(), Some(Arc::new(undo)));
    }

    fn show(self, text: String, undo: Option<Undo>) {
        let stays = if undo.is_some() { STAYS_TO_UNDO } else { STAYS };
        self.count.update_value(|n| *n += 1);
        let mine = self.count.get_value();
        self.line.set(Some(Line { text, undo }));
        set_timeout(
            move || {
                if self.count.get_value() == mine {
                    self.line.set(None);
                }
            },
            stays,
        );
    }

    /// Copies a text and says so; where the browser refuses, shows it selected.
    pub(crate) fn copy(self, what: &'static str, text: String) {
        spawn_local(async move {
            match browser::copy(&text).await {
                Ok(()) => self.say(format!("{what} copied")),
                Err(_) => self.by_hand.set(Some(text)),
            }
        });
    }
}

/// The line.
#[component]
pub(crate) fn SaidLine() -> impl IntoView {
    let said = expect_context::<Said>();
    let way_back = move |undo: Undo| {
        let back = move |_| {
            said.line.set(None);
            undo();
        };
        view! {
            <button type="button" class="plain" data-testid="undo" on:click=back>
                "Undo"
            </button>
        }
    };
    // The region is there before anything is said: else nothing would be read out.
    view! {
        <div class="said">
            <div role="status" aria-live="polite" data-testid="said">
                {move || said.line.get().map(|line| view! {
                    <p>
                        <span>{line.text}</span>
                        {line.undo.map(way_back)}
                    </p>
                })}
            </div>
        </div>
    }
}

/// A text that the browser does not let the page copy, selected.
#[component]
pub(crate) fn ByHand() -> impl IntoView {
    let said = expect_context::<Said>();
    let dialog = NodeRef::<Dialog>::new();
    let area = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        let (Some(dialog), Some(area)) = (dialog.get(), area.get()) else {
            return;
        };
        if let Some(text) = said.by_hand.get() {
            area.set_value(&text);
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
            let _ = area.focus();
            area.select();
        }
    });
    view! {
        <dialog
            class="help by-hand"
            node_ref=dialog
            aria-labelledby="by-hand-title"
            on:close=move |_| said.by_hand.set(None)
        >
            <form method="dialog">
                <h2 id="by-hand-title">"Copy by hand"</h2>
                <p>"The browser does not let this page copy. The text is selected: press Ctrl+C, or ⌘C on a Mac."</p>
                <textarea readonly node_ref=area data-testid="by-hand" aria-label="Text to copy"></textarea>
                <button type="submit" class="plain">"Close"</button>
            </form>
        </dialog>
    }
}
