//! The keyboard: one listener on the window, silent while someone types.
//!
//! Keys of a card press that card's own buttons and links, marked `data-key`, so that key and
//! pointer cannot drift apart.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

use crate::query::View;
use crate::state::{Page, Step};
use crate::view::browser;
use crate::view::header::SEARCH_BOX;

/// The keys as the help dialog lists them.
pub(crate) const KEYS: [(&str, &str); 16] = [
    ("/", "Go to the search box"),
    ("Esc", "Clear the search box"),
    ("j", "Next result"),
    ("k", "Previous result"),
    ("o or Enter", "Open the paper's abstract page"),
    ("p", "Open its PDF"),
    ("m", "More like this"),
    ("a", "Unfold its abstract"),
    ("c", "Copy its BibTeX"),
    ("s", "Give it a star, or take it away"),
    ("r", "Mark it as read, or as not read"),
    ("f", "Go to the filters"),
    ("g m", "Go to the map"),
    ("g l", "Go to the library"),
    ("u", "Undo what was just removed"),
    ("?", "This help"),
];

/// How long `g` waits for the letter of a place, in milliseconds.
const PLACE_MS: f64 = 1500.0;

/// Listens until the page goes.
pub(crate) fn listen(page: Page) {
    let went = StoredValue::new(0.0);
    let listener = window_event_listener(ev::keydown, move |event| press(page, went, &event));
    on_cleanup(move || listener.remove());
}

/// Takes a key; `went` is when `g` was pressed last.
fn press(page: Page, went: StoredValue<f64>, event: &KeyboardEvent) {
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    if modified || event.is_composing() || event.default_prevented() || is_typing(event) {
        return;
    }
    if page.help_open.get_untracked() {
        return;
    }
    let view = page.shown.with_untracked(|query| query.view);
    let now_ms = browser::now_ms();
    let goes = now_ms - went.get_value() < PLACE_MS;
    went.set_value(if event.key() == "g" { now_ms } else { 0.0 });
    let taken = match event.key().as_str() {
        "l" if goes => {
            page.edit(Step::Push, |query| query.view = View::Library);
            true
        }
        "m" if goes => {
            page.edit(Step::Push, |query| query.view = View::Map);
            true
        }
        "u" => undo(),
        "/" => {
            browser::focus(SEARCH_BOX);
            true
        }
        "?" => {
            page.help_open.set(true);
            true
        }
        _ if !matches!(view, View::Search | View::Map | View::Library) => false,
        "j" => walk(1),
        "k" => walk(-1),
        "o" => click("o"),
        // On a button or link inside the card, Enter is that one's own.
        "Enter" => {
            browser::focused().is_some_and(|e| e.class_list().contains("card")) && click("o")
        }
        "m" => click("m"),
        "a" => click("a"),
        "c" => click("c"),
        "s" => click("s"),
        "r" => click("r"),
        "p" => click("p"),
        "f" if matches!(view, View::Search | View::Map) => {
            page.filters_open.set(true);
            request_animation_frame(|| browser::focus("filters"));
            true
        }
        _ => false,
    };
    if taken {
        event.prevent_default();
    }
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

fn click(key: &str) -> bool {
    let button = current_card()
        .and_then(|card| {
            card.query_selector(&format!("[data-key={key}]"))
                .ok()
                .flatten()
        })
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
