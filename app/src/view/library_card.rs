//! A paper of the library: the facts that were kept with its star, its tags, its note.

use leptos::ev::KeyboardEvent;
use leptos::html::Button;
use leptos::prelude::*;

use crate::engine::protocol::Hit;
use crate::library::{Change, Entry, Library, typed_tags};
use crate::state::Page;
use crate::view::authors::AuthorLine;
use crate::view::browser;
use crate::view::card::{MetadataLine, Tags, Title};
use crate::view::citing::Cite;
use crate::view::star::{self, ReadMark, Star};

/// The card.
#[component]
pub(crate) fn LibraryCard(entry: Entry) -> impl IntoView {
    let page = expect_context::<Page>();
    let paper = entry.facts();
    let is_read = star::is_read(&paper.id);
    let opened = star::opened(paper.clone());
    let id = paper.id.clone();
    let heading = format!("kept-{}", paper.id.replace(char::is_whitespace, "_"));
    let starred = entry.starred_ms.map(browser::day);
    let more_like = {
        let hit = Hit {
            id: paper.id.clone(),
            title: paper.title.clone(),
            authors: paper.authors.clone(),
            categories: paper.categories.clone(),
            year: paper.year,
            similarity: Some(1.0),
            ..Hit::default()
        };
        move |_| page.more_like(hit.clone())
    };
    let label = format!("More like this: {}", paper.title);
    view! {
        <article
            class="card"
            class:read=is_read
            tabindex="-1"
            data-testid="library-paper"
            data-id=id
            aria-labelledby=heading.clone()
            on:click=opened.clone()
            on:auxclick=opened
        >
            <div class="meta kept">
                <MetadataLine id=paper.id.clone()/>
                <Tags codes=paper.categories.clone()/>
                {starred.map(|day| view! { <span>"starred " <time>{day}</time></span> })}
            </div>
            <h2 id=heading.clone() data-testid="library-title">
                <Title id=paper.id.clone() title=paper.title.clone()/>
            </h2>
            <AuthorLine authors=paper.authors.clone() year=paper.year/>
            <Remarks id=paper.id.clone() title=paper.title.clone()/>
            <div class="actions">
                <button type="button" class="plain" data-testid="similar" data-key="m" aria-label=label on:click=more_like>
                    "More like this"
                </button>
                <Star paper=paper.clone()/>
                <Cite paper=paper.clone()/>
                <ReadMark paper=paper/>
            </div>
        </article>
    }
}

/// Tags and note: as they are, or to be edited.
#[component]
fn Remarks(id: String, title: String) -> impl IntoView {
    let library = expect_context::<Library>();
    let papers = library.papers();
    let id = StoredValue::new(id);
    let tags = Memo::new(move |_| {
        let entry = papers.with(|papers| papers.get(&id.get_value()).cloned());
        entry.map(|entry| entry.tags).unwrap_or_default()
    });
    let note = Memo::new(move |_| {
        let entry = papers.with(|papers| papers.get(&id.get_value()).cloned());
        entry.map(|entry| entry.note).unwrap_or_default()
    });
    let change = move |change: Change| library.change(&id.get_value(), change);
    let open = RwSignal::new(false);
    let button = NodeRef::<Button>::new();
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    let (tags_label, note_label) = (format!("Tags: {title}"), format!("Note: {title}"));
    let of = format!(": {title}");
    let editor = move || {
        let (tags_label, note_label) = (tags_label.clone(), note_label.clone());
        view! {
            <div class="remarks-editor" on:keydown=escape>
                <label>
                    <span>"Tags, separated by commas"</span>
                    <input
                        type="text"
                        autocomplete="off"
                        data-testid="tags"
                        aria-label=tags_label
                        prop:value=move || tags.with(|tags| tags.join(", "))
                        on:change:target=move |event| change(Change::Tags(typed_tags(&event.target().value())))
                    />
                </label>
                <label>
                    <span>"Note"</span>
                    <textarea
                        rows="4"
                        data-testid="note"
                        aria-label=note_label
                        prop:value=note
                        on:input:target=move |event| change(Change::Note(event.target().value()))
                    ></textarea>
                </label>
            </div>
        }
    };
    let lines = move || {
        let tags = tags.get();
        let tags = (!tags.is_empty()).then(|| {
            let tag = |tag| view! { <li class="own-tag">{tag}</li> };
            view! {
                <ul class="own-tags" data-testid="own-tags" aria-label="Tags">
                    {tags.into_iter().map(tag).collect_view()}
                </ul>
            }
        });
        let note = note.get();
        let note = (!note.trim().is_empty())
            .then(|| view! { <p class="own-note" data-testid="own-note">{note}</p> });
        (tags, note)
    };
    view! {
        <div class="remarks">
            {move || if open.get() { editor().into_any() } else { lines().into_any() }}
            <button
                type="button"
                class="plain"
                node_ref=button
                data-testid="remarks"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || if open.get() { "Done" } else { "Tags and note" }}
                <span class="hidden">{of}</span>
            </button>
        </div>
    }
}
