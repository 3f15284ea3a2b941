//! The keyboard: one listener on the window, silent while someone types.
//!
//! Keys of a card press that card's own buttons and links, so that key and pointer cannot drift apart; these are
//! marked with the key that the action has at first (`data-key`). Which keys there are, `bindings` says.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

use crate::query::View;
use crate::state::{Page, Step};
use crate::view::bindings::{Action, BEFORE, Bindings, Refusal};
use crate::view::browser;
use crate::view::header::SEARCH_BOX;

/// The keys of this device; given to every view through leptos' context.
#[derive(Clone, Copy)]
pub(crate) struct Keys(RwSignal<Bindings>);

impl Keys {
    /// The keys that this device keeps.
    pub(crate) fn kept() -> Self {
        let kept = browser::kept_keys();
        Self(RwSignal::new(kept.map_or_else(Bindings::default, |kept| {
            Bindings::parse(&kept)
        })))
    }

    /// The key of an action, as it is shown.
    pub(crate) fn key(self, action: Action) -> String {
        self.0.with(|bindings| bindings.key(action).to_owned())
    }

    /// Gives an action another key, and keeps that on this device.
    ///
    /// # Errors
    /// Where something else has that key, or it can be none.
    pub(crate) fn change(self, action: Action, key: &str) -> Result<(), Refusal> {
        let changed = self
            .0
            .with_untracked(|bindings| bindings.with(action, key))?;
        self.set(changed);
        Ok(())
    }

    /// Puts all back.
    pub(crate) fn put_back(self) {
        self.set(Bindings::default());
    }

    fn set(self, bindings: Bindings) {
        browser::keep_keys(bindings.to_json().as_deref());
        self.0.set(bindings);
    }

    /// What a key does.
    fn action(self, key: &str) -> Option<Action> {
        self.0.with_untracked(|bindings| bindings.action(key))
    }
}

/// How long `g` waits for the letter of a place, in milliseconds.
const PLACE_MS: f64 = 1500.0;

/// Listens until the page goes.
pub(crate) fn listen(page: Page, keys: Keys) {
    let went = StoredValue::new(0.0);
    let listener = window_event_listener(ev::keydown, move |event| press(page, keys, went, &event));
    on_cleanup(move || listener.remove());
}

/// Takes a key; `went` is when `g` was pressed last.
fn press(page: Page, keys: Keys, went: StoredValue<f64>, event: &KeyboardEvent) {
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    if modified || event.is_composing() || event.default_prevented() || is_typing(event) {
        return;
    }
    if page.panels().help_open.get_untracked() {
        return;
    }
    let view = page.shown.with_untracked(|query| query.view);
    let now_ms = browser::now_ms();
    let goes = now_ms - went.get_value() < PLACE_MS;
    let key = event.key();
    went.set_value(if key == BEFORE { now_ms } else { 0.0 });
    let in_sheet = page.panels().details.with_untracked(Option::is_some);
    let has_cards = matches!(view, View::Search | View::Map | View::Library);
    let has_filters = matches!(view, View::Search | View::Map);
    let of_two = goes.then(|| keys.action(&format!("{BEFORE} {key}")));
    let taken = match of_two.flatten().or_else(|| keys.action(&key)) {
        // Over the sheet only what acts on its paper has a key.
        Some(action) if in_sheet => click(action),
        Some(Action::Library) => go(page, View::Library),
        Some(Action::Map) => go(page, View::Map),
        Some(Action::Undo) => undo(),
        Some(Action::Ask) => {
            browser::focus(SEARCH_BOX);
            true
        }
        Some(Action::Help) => {
            page.panels().help_open.set(true);
            true
        }
        _ if !has_cards => false,
        Some(Action::Next) => walk(1),
        Some(Action::Previous) => walk(-1),
        Some(Action::Filters) if has_filters => {
            page.panels().filters_open.set(true);
            request_animation_frame(|| browser::focus("filters"));
            true
        }
        Some(action) => click(action),
        // On a button or link inside the card, Enter is that one's own.
        None if key == "Enter" => {
            let on_a_card = browser::focused().is_some_and(|e| e.class_list().contains("card"));
            on_a_card && click(Action::Open)
        }
        None => false,
    };
    if taken {
        event.prevent_default();
    }
}

fn go(page: Page, view: View) -> bool {
    page.edit(Step::Push, |query| query.view = view);
    true
}

fn is_typing(event: &KeyboardEvent) -> bool {
    let Some(element) = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
    else {
        return false;
    };
    match element.tag_name().as_str() {
        "INPUT" => !matches!(element.get_attribute("type").as_deref(), Some("checkbox")),
        "TEXTAREA" | "SELECT" => true,
        _ => element.is_content_editable(),
    }
}

/// The card that has the focus, or something inside it.
fn current_card() -> Option<Element> {
    browser::focused()?.closest(".card").ok().flatten()
}

fn walk(by: i32) -> bool {
    let cards = document().get_elements_by_class_name("card");
    let n_cards = cards.length();
    let current = current_card();
    let at = (0..n_cards).find(|&at| cards.item(at) == current && current.is_some());
    let next = match at {
        Some(at) => at.saturating_add_signed(by).min(n_cards.saturating_sub(1)),
        None => 0,
    };
    match cards
        .item(next)
        .and_then(|card| card.dyn_into::<HtmlElement>().ok())
    {
        Some(card) => card.focus().is_ok(),
        None => false,
    }
}

/// Presses what the card has for an action, if anything.
fn click(action: Action) -> bool {
    let selector = format!("[data-key='{}']", action.first_key());
    let button = current_card()
        .and_then(|card| card.query_selector(&selector).ok().flatten())
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    match button {
        Some(button) => {
            button.click();
            true
        }
        None => false,
    }
}

fn undo() -> bool {
    let button = document()
        .query_selector("[data-testid=undo]")
        .ok()
        .flatten();
    match button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        Some(button) => {
            button.click();
            true
        }
        None => false,
    }
}
