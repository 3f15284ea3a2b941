//! What the page shows. Only here is the DOM touched.
//!
//! [`App`] is the frame; one file a part below it. `arxiv`, `authors`, `wording`, `tree` and `remedy`
//! are the pure rules, tested natively.

#![expect(
    unreachable_pub,
    reason = "the component macro makes every property struct public"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component's properties are its own"
)]

mod about;
mod arxiv;
mod asking;
mod authors;
mod batch;
mod bindings;
pub(crate) mod browser;
mod by_library;
mod card;
mod category;
mod chips;
mod citing;
mod classify;
mod copying;
mod deciding;
mod draft_file;
mod empty;
mod error_panel;
mod filters;
mod header;
mod help;
mod keys;
mod library;
mod library_card;
mod library_files;
mod library_near;
mod link;
mod load_progress;
mod map;
mod marked;
mod menu;
mod no_results;
mod notices;
mod own;
mod placing;
mod preview;
mod reference;
mod remedy;
mod reordering;
mod results;
mod said;
mod search;
mod sentence;
mod sheet;
mod star;
mod suggestion;
mod taking;
mod theme;
mod tree;
mod understood;
mod verify;
mod why;
pub(crate) mod wording;
mod years;

use leptos::ev;
use leptos::prelude::*;

use crate::engine::client::Engine;
use crate::library::Library;
use crate::query::{Query, View};
use crate::state::Page;
use crate::view::batch::work::Batch;
use crate::view::keys::Keys;
use crate::view::map::atlas::Atlas;
use crate::view::own::Own;
use crate::view::reordering::Reordering;
use crate::view::verify::work::Verification;

/// The page. Needs an [`Engine`] in context; takes over what was typed into the static shell.
#[component]
pub fn App() -> impl IntoView {
    let engine = expect_context::<Engine>();
    let (typed, was_focused) = browser::shell_text();
    let page = Page::open(&engine, typed);
    provide_context(page);
    provide_context(said::Said::new());
    let library = Library::open();
    provide_context(library);
    provide_context(Reordering::new(page, engine, library));
    provide_context(Atlas::new(engine));
    provide_context(Batch::new(engine));
    provide_context(Own::new(engine));
    provide_context(Verification::new(engine));
    theme::start();
    asking::start(page, engine);
    let keys = Keys::kept();
    provide_context(keys);
    keys::listen(page, keys);
    copying::listen();
    let history = window_event_listener(ev::popstate, move |_| page.follow_history());
    let resize = window_event_listener(ev::resize, move |_| {
        let is_narrow = browser::is_narrow();
        let narrow = page.panels().narrow;
        if narrow.get_untracked() != is_narrow {
            narrow.set(is_narrow);
        }
    });
    let online = window_event_listener(ev::online, move |_| page.online.set(true));
    let offline = window_event_listener(ev::offline, move |_| page.online.set(false));
    on_cleanup(move || {
        history.remove();
        resize.remove();
        online.remove();
        offline.remove();
    });
    let view = Memo::new(move |_| page.shown.with(|query| query.view));
    // What is behind the sheet is neither seen nor read out: it has a line of its own.
    let in_sheet = Memo::new(move |_| page.panels().details.with(Option::is_some));
    let choice = Memo::new(move |_| page.shown.with(|query| query.engine));
    Effect::new(move |_| engine.choose(choice.get()));
    let site = browser::site_title();
    Effect::new(move |_| {
        let shown = page.shown.with(|query| title(query, &site));
        document().set_title(&shown);
    });

    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <header::Header autofocus=was_focused/>
        <notices::Notices/>
        <main id="main" tabindex="-1" class:wide=move || view.get() == View::Map>
            {move || match view.get() {
                View::Search => view! { <search::Search/> }.into_any(),
                View::Map => view! { <map::MapView/> }.into_any(),
                View::Classify => view! { <classify::Classify/> }.into_any(),
                View::Batch => view! { <batch::BatchView/> }.into_any(),
                View::Library => view! { <library::LibraryView/> }.into_any(),
                View::About => view! { <about::About/> }.into_any(),
                View::Verify => view! { <verify::VerifyView/> }.into_any(),
            }}
        </main>
        <footer class="foot">
            <p>
                "Offprint runs in this tab: no account, no server, no tracking. Not affiliated with arXiv. "
                "Thank you to arXiv for use of its open access interoperability; paper metadata are CC0."
            </p>
        </footer>
        <help::Help/>
        <sheet::Sheet/>
        {move || (!in_sheet.get()).then(|| view! { <said::SaidLine/> })}
        <said::ByHand/>
    }
}

fn title(query: &Query, site: &str) -> String {
    match query.view {
        View::Map => format!("Map · {site}"),
        View::Classify => format!("Classify a draft · {site}"),
        View::Batch => format!("Many papers at once · {site}"),
        View::Library => format!("Library · {site}"),
        View::About => format!("About · {site}"),
        View::Verify => format!("Verify on this device · {site}"),
        View::Search => match (&query.like.near[..], query.text.trim()) {
            ([id], _) => format!("More like {id} · {site}"),
            ([first, rest @ ..], _) => {
                format!("More like {first} and {} more · {site}", rest.len())
            }
            // As in the static shell, so that nothing changes when the page comes alive.
            ([], "") => format!("{site}: search papers by words and meaning"),
            ([], text) => format!("{text} · {site}"),
        },
    }
}
