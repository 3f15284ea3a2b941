//! The header: wordmark, the search box that is always there, tabs, theme, help.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;

use crate::query::{Query, View};
use crate::state::Page;
use crate::view::bindings::Action;
use crate::view::browser;
use crate::view::keys::Keys;
use crate::view::link::{address, follow};
use crate::view::theme::ThemeSwitch;

/// Id of the search box, in the static shell as well.
pub(crate) const SEARCH_BOX: &str = "q";

/// The header.
#[component]
pub(crate) fn Header(
    /// Whether the static shell's box had the focus.
    autofocus: bool,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let keys = expect_context::<Keys>();
    if autofocus {
        // The box exists only after this view is mounted.
        request_animation_frame(|| browser::focus(SEARCH_BOX));
    }
    let home = move |query: &mut Query| {
        let other = std::mem::take(&mut query.other);
        *query = Query {
            engine: query.engine,
            other,
            ..Query::default()
        };
    };
    let home_address = move || {
        let mut query = page.shown.get();
        home(&mut query);
        address(&query)
    };
    // Most builds have one: its tab is there until it is known to lead nowhere.
    let has_map = Memo::new(move |_| {
        let corpus = page.corpus.get();
        corpus.is_none_or(|info| info.map_bytes.is_some())
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        page.send();
    };
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !page.shown.with_untracked(|query| query.text.is_empty()) {
            event.prevent_default();
            page.type_text(String::new());
        }
    };
    view! {
        <header class="top">
            <div class="bar">
                <a
                    class="wordmark"
                    href=home_address
                    on:click=move |event| follow(page, &event, home)
                >
                    {browser::site_title()}
                </a>
                <form class="ask" role="search" on:submit=submit>
                    <label class="hidden" for=SEARCH_BOX>"Search papers by words and meaning"</label>
                    <input
                        id=SEARCH_BOX
                        type="search"
                        name="q"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="search"
                        placeholder="A question, an idea, a title"
                        data-testid="search-box"
                        prop:value=move || page.shown.with(|query| query.text.clone())
                        on:input:target=move |event| page.type_text(event.target().value())
                        on:keydown=escape
                    />
                    <kbd aria-hidden="true">{move || keys.key(Action::Ask)}</kbd>
                </form>
                <nav class="tabs" aria-label="Views">
                    <Tab view=View::Search name="Search"/>
                    {move || has_map.get().then(|| view! { <Tab view=View::Map name="Map"/> })}
                    <Tab view=View::Classify name="Classify"/>
                    <Tab view=View::Library name="Library"/>
                    <Tab view=View::About name="About"/>
                </nav>
                <div class="tools">
                    <button
                        type="button"
                        class="icon keys"
                        data-testid="help"
                        aria-label="Keyboard help"
                        title=move || format!("Keyboard help ({})", keys.key(Action::Help))
                        on:click=move |_| page.panels().help_open.set(true)
                    >
                        "?"
                    </button>
                    <ThemeSwitch/>
                </div>
            </div>
        </header>
    }
}

#[component]
fn Tab(view: View, name: &'static str) -> impl IntoView {
    let page = expect_context::<Page>();
    let to = move |query: &mut Query| query.view = view;
    let href = move || {
        let mut query = page.shown.get();
        to(&mut query);
        address(&query)
    };
    // Files of papers and checks have no tabs of their own: they stand behind those of a draft and of the index.
    let current = move || match page.shown.with(|query| query.view) {
        shown if shown == view => Some("page"),
        View::Batch if view == View::Classify => Some("true"),
        View::Verify if view == View::About => Some("true"),
        _ => None,
    };
    view! {
        <a
            href=href
            data-testid=format!("tab-{}", view.slug())
            aria-current=current
            on:click=move |event| follow(page, &event, to)
        >
            {name}
        </a>
    }
}
