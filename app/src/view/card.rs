//! A result: arXiv's metadata line, categories, title, authors, the abstract's start.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;
use shared::words::Field;

use crate::cite::Facts;
use crate::engine::protocol::{Hit, Term, Understood};
use crate::latex::parts;
use crate::query::{Query, Side, View};
use crate::state::{Details, Page};
use crate::view::arxiv;
use crate::view::authors::AuthorLine;
use crate::view::browser;
use crate::view::by_library::BroughtUp;
use crate::view::category::Tag;
use crate::view::citing::Cite;
use crate::view::link::{address, follow};
use crate::view::marked::{Lines, marked};
use crate::view::preview::Preview;
use crate::view::star::{self, ReadMark, Star};
use crate::view::why::Why;

/// A result card. What it says of the question follows the last answer, so that the card itself can stay.
#[component]
pub(crate) fn Card(
    hit: Hit,
    /// Whether it is no hit of the last answer.
    #[prop(optional)]
    apart: bool,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let paper = Facts::from(&hit);
    let is_read = star::is_read(&paper.id);
    let opened = star::opened(paper);
    let heading = format!("title-{}", hit.id.replace(char::is_whitespace, "_"));
    let Standing { now, asked } = Standing::of(&hit, apart);
    let similarity = move || {
        now.with(|hit| hit.similarity).map(|similarity| {
            view! {
                <span class="similarity" title="Cosine similarity with the query, at most 1">
                    <span class="hidden">"similarity "</span>
                    {format!("{similarity:.2}")}
                </span>
            }
        })
    };
    let marks = Signal::derive(move || now.with(|hit| hit.title_marks.clone()));
    let details = move || {
        page.open_details(Details {
            hit: now.get_untracked(),
            apart,
        });
    };
    let tapped = {
        let opened = opened.clone();
        move |event: MouseEvent| {
            if page.panels().narrow.get_untracked() && is_on_nothing(&event) {
                details();
            }
            opened(event);
        }
    };
    view! {
        <article
            class="card"
            class:read=is_read
            tabindex="-1"
            data-testid="result"
            data-id=hit.id.clone()
            aria-labelledby=heading.clone()
            on:click=tapped
            on:auxclick=opened
        >
            <div class="meta">
                <MetadataLine id=hit.id.clone()/>
                <Tags codes=hit.categories.clone()/>
                {similarity}
            </div>
            <h2 id=heading.clone() data-testid="result-title">
                <Title id=hit.id.clone() title=hit.title.clone() marks=marks/>
            </h2>
            <AuthorLine authors=hit.authors.clone() year=hit.year/>
            <Preview id=hit.id.clone() asked=asked.into() details=Callback::new(move |()| details())/>
            <Why hit=now/>
            {(!apart).then(|| view! { <BroughtUp id=hit.id.clone()/> })}
            <Actions hit=hit.clone()/>
        </article>
    }
}

/// What the last answer has of a paper.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    /// The paper as a hit of it, or as it came at first.
    pub(crate) now: Memo<Hit>,
    /// Words of the question, which are marked.
    pub(crate) asked: Memo<Vec<Term>>,
}

impl Standing {
    /// Follows the last answer; where the paper is `apart` from it, there is nothing to follow.
    pub(crate) fn of(hit: &Hit, apart: bool) -> Self {
        let page = expect_context::<Page>();
        let first = hit.clone();
        let now = Memo::new(move |_| {
            let later = page.found.with(|found| {
                let found = found.as_ref().filter(|_| !apart);
                let hits = found?.outcome.as_ref().ok()?;
                hits.hits.iter().find(|other| other.id == first.id).cloned()
            });
            later.unwrap_or_else(|| first.clone())
        });
        let asked = Memo::new(move |_| {
            page.found.with(|found| {
                let found = found.as_ref().filter(|_| !apart);
                let understood =
                    found.and_then(|found| found.outcome.as_ref().ok()?.understood.as_ref());
                understood.map(asked_of_abstracts).unwrap_or_default()
            })
        });
        Self { now, asked }
    }
}

/// Whether a click is on nothing that has a use of its own, and ends no selection.
fn is_on_nothing(event: &MouseEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let used = target.and_then(|target| target.closest("a, button, .menu").ok().flatten());
    used.is_none() && event.button() == 0 && !browser::has_selection()
}

/// What can be done with a paper.
#[component]
pub(crate) fn Actions(hit: Hit) -> impl IntoView {
    let page = expect_context::<Page>();
    let paper = Facts::from(&hit);
    let label = format!("More like this: {}", hit.title);
    let (id, title) = (hit.id.clone(), hit.title.clone());
    let leaning = hit.clone();
    let more_like = move |_| page.more_like(hit.clone());
    view! {
        <div class="actions">
            <button type="button" class="plain" data-testid="similar" data-key="m" aria-label=label on:click=more_like>
                "More like this"
            </button>
            <Leaning hit=leaning/>
            <OnTheMap id=id title=title/>
            <Star paper=paper.clone()/>
            <Cite paper=paper.clone()/>
            <ReadMark paper=paper/>
        </div>
    }
}

/// In a list of papers like others: also like this one, or less like it.
#[component]
fn Leaning(hit: Hit) -> impl IntoView {
    let page = expect_context::<Page>();
    let is_like = Memo::new(move |_| page.shown.with(|query| query.like.is_some()));
    let hit = StoredValue::new(hit);
    let choice = move |side: Side, name: &'static str, id: &'static str, key: &'static str| {
        let label = format!("{name}: {}", hit.with_value(|hit| hit.title.clone()));
        view! {
            <button
                type="button"
                class="plain"
                data-testid=id
                data-key=key
                aria-label=label
                on:click=move |_| page.lean(hit.get_value(), side)
            >
                {name}
            </button>
        }
    };
    move || {
        is_like.get().then(|| {
            view! {
                {choice(Side::Near, "Like this too", "lean-near", "+")}
                {choice(Side::Away, "Less like this", "lean-away", "-")}
            }
        })
    }
}

/// The way to a paper's place on the map, where the build has one.
#[component]
fn OnTheMap(id: String, title: String) -> impl IntoView {
    let page = expect_context::<Page>();
    let has_map = Memo::new(move |_| {
        let corpus = page.corpus.get();
        corpus.is_some_and(|info| info.map_bytes.is_some())
    });
    let to = move |query: &mut Query| {
        query.view = View::Map;
        query.map.at = None;
        query.map.paper = Some(id.clone());
    };
    let to = StoredValue::new(to);
    let href = move || {
        let mut query = page.shown.get();
        to.with_value(|to| to(&mut query));
        address(&query)
    };
    let label = StoredValue::new(format!("On the map: {title}"));
    move || {
        has_map.get().then(|| {
            view! {
                <a
                    class="plain"
                    data-testid="on-the-map"
                    href=href
                    aria-label=label.get_value()
                    on:click=move |event| follow(page, &event, |query| to.with_value(|to| to(query)))
                >
                    "On the map"
                </a>
            }
        })
    }
}

/// Words that stand in every abstract: marked, they would hide the others.
const COMMON: [&str; 32] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "has", "have", "how",
    "in", "into", "is", "it", "its", "of", "on", "or", "that", "the", "their", "this", "to", "was",
    "we", "what", "which", "with",
];

/// The words of a question that are marked in abstracts.
fn asked_of_abstracts(understood: &Understood) -> Vec<Term> {
    let terms = understood.terms.iter();
    let field = Field::Abstract.name();
    let is_marked = |term: &&Term| {
        let is_common = !term.open && COMMON.contains(&&*term.text);
        !is_common && term.fields.iter().any(|known| known == field)
    };
    terms.filter(is_marked).cloned().collect()
}

/// `arXiv:ID [pdf, html, other]`; an id that is not arXiv's stands alone.
#[component]
pub(crate) fn MetadataLine(id: String) -> impl IntoView {
    match arxiv::links(&id) {
        Some(links) => {
            let name = format!("arXiv:{}", arxiv::bare(&id));
            view! {
                <span class="id">
                    <a href=links.abs data-key="o" data-opens="">{name}</a>
                    <span class="formats">
                        " ["
                        <a href=links.pdf data-key="p" data-opens="">"pdf"</a>
                        ", "
                        <a href=links.html data-opens="">"html"</a>
                        ", "
                        <a href=links.other>"other"</a>
                        "]"
                    </span>
                </span>
            }
            .into_any()
        }
        None => view! { <span class="id">{id}</span> }.into_any(),
    }
}

/// A title, as a link where there is somewhere to go, with its formulas set and the words of the question marked.
#[component]
pub(crate) fn Title(
    id: String,
    title: String,
    #[prop(optional)] marks: Signal<Vec<(usize, usize)>>,
) -> impl IntoView {
    let parts = parts(&title);
    let text = move || marks.with(|marks| marked(&title, &parts, marks, Lines::One));
    match arxiv::links(&id) {
        Some(links) => view! { <a href=links.abs data-opens="">{text}</a> }.into_any(),
        None => view! { <span>{text}</span> }.into_any(),
    }
}

/// Tags, the primary category first.
#[component]
pub(crate) fn Tags(codes: Vec<String>) -> impl IntoView {
    let tags: Vec<_> = codes
        .into_iter()
        .enumerate()
        .map(|(at, code)| view! { <Tag code=code primary=at == 0/>" " })
        .collect();
    view! { <span class="tags">{tags}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_titles_alone_and_common_ones_are_not_marked_in_abstracts() {
        let term = |text: &str, open, fields: &[&str]| Term {
            text: text.to_owned(),
            open,
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
        };
        let understood = Understood {
            terms: vec![
                term("decay", false, &["title", "abstract"]),
                term("of", false, &["title", "abstract"]),
                term("in", true, &["title", "abstract"]),
                term("quark", false, &["title"]),
            ],
            ..Understood::default()
        };
        let marked = asked_of_abstracts(&understood);
        let marked: Vec<&str> = marked.iter().map(|term| &*term.text).collect();
        assert_eq!(marked, ["decay", "in"]);
    }
}
