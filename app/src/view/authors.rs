//! The author line of a card: eight names, then how many more. A name leads to its papers.

use leptos::prelude::*;

use crate::engine::protocol::{By, Sort};
use crate::latex::text::to_unicode;
use crate::query::{PAGE_OF_HITS, Query, View};
use crate::state::Page;
use crate::view::link::{address, follow};

/// Names shown before the rest is folded.
pub(crate) const SHOWN: usize = 8;

/// An author list cut in two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authors<'a> {
    /// The first names, as the corpus separates them.
    pub(crate) first: &'a str,
    /// The others; empty where all fit.
    pub(crate) rest: &'a str,
    /// How many the others are.
    pub(crate) n_rest: usize,
}

/// Cuts `authors`, names separated by `, `, after the eighth.
pub(crate) fn cut(authors: &str) -> Authors<'_> {
    let authors = authors.trim().trim_end_matches(',');
    match authors.match_indices(", ").nth(SHOWN - 1) {
        Some((at, separator)) => {
            let rest = &authors[at + separator.len()..];
            Authors {
                first: &authors[..at],
                rest,
                n_rest: rest.split(", ").count(),
            }
        }
        None => Authors {
            first: authors,
            rest: "",
            n_rest: 0,
        },
    }
}

/// Authors and year.
#[component]
pub(crate) fn AuthorLine(authors: String, year: Option<u16>) -> impl IntoView {
    let open = RwSignal::new(false);
    let cut = cut(&authors);
    let (first, rest, n_rest) = (cut.first.to_owned(), cut.rest.to_owned(), cut.n_rest);
    let tail = move || {
        if n_rest == 0 {
            return ().into_any();
        }
        if open.get() {
            return (", ", names(&rest)).into_any();
        }
        view! {
            ", "
            <button
                type="button"
                class="plain"
                aria-label=format!("Show {n_rest} more authors")
                on:click=move |_| open.set(true)
            >
                {format!("+{n_rest}")}
            </button>
        }
        .into_any()
    };
    let year = year.map(|year| {
        view! { <time datetime=year.to_string()>{format!(" ({year})")}</time> }
    });
    view! {
        <p class="authors">
            {names(&first)}
            {tail}
            {year}
        </p>
    }
}

/// Names as links, separated as the corpus has them.
fn names(list: &str) -> Vec<AnyView> {
    let names = list.split(", ").filter(|name| !name.is_empty()).enumerate();
    let view = |(at, name): (usize, &str)| {
        let comma = if at == 0 { "" } else { ", " };
        (comma, view! { <AuthorLink name=name.to_owned()/> }).into_any()
    };
    names.map(view).collect()
}

/// A name that leads to all its papers.
#[component]
fn AuthorLink(name: String) -> impl IntoView {
    let page = expect_context::<Page>();
    let Some(asked) = question(&name) else {
        return name.into_any();
    };
    let title = format!("Papers by {name}");
    let to = StoredValue::new(asked);
    let change = move |query: &mut Query| papers_by(query, &to.get_value());
    let href = move || {
        let mut query = page.shown.get();
        change(&mut query);
        address(&query)
    };
    view! {
        <a
            class="author"
            data-testid="author"
            href=href
            title=title
            on:click=move |event| follow(page, &event, change)
        >
            {name}
        </a>
    }
    .into_any()
}

/// The question for an author's papers; none for a name without a letter.
fn question(name: &str) -> Option<String> {
    let name: String = to_unicode(name).chars().filter(|c| *c != '"').collect();
    let name = name.trim();
    name.contains(char::is_alphabetic)
        .then(|| format!("au:\"{name}\""))
}

/// All papers of an author, the newest first, whatever was filtered before.
fn papers_by(query: &mut Query, asked: &str) {
    let kept = std::mem::take(query);
    *query = Query {
        view: View::Search,
        text: asked.to_owned(),
        by: By::Both,
        sort: Sort::Newest,
        k: PAGE_OF_HITS,
        engine: kept.engine,
        other: kept.other,
        ..Query::default()
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> String {
        (0..n)
            .map(|i| format!("A. Üthor{i}"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn eight_names_are_shown_whole() {
        for n in [0, 1, 8] {
            let all = names(n);
            assert_eq!(
                cut(&all),
                Authors {
                    first: &all,
                    rest: "",
                    n_rest: 0
                },
                "{n} names"
            );
        }
    }

    #[test]
    fn the_others_are_counted_and_none_is_lost() {
        let all = names(25);
        let cut = cut(&all);
        assert_eq!(cut.n_rest, 17);
        assert_eq!(cut.first.split(", ").count(), SHOWN);
        assert_eq!(format!("{}, {}", cut.first, cut.rest), all);
    }

    #[test]
    fn a_name_asks_for_its_papers_and_filters_go() {
        assert_eq!(
            question("Petar Veličković").as_deref(),
            Some("au:\"Petar Veličković\"")
        );
        assert_eq!(
            question(r#"J. "Joe" Doe"#).as_deref(),
            Some("au:\"J. Joe Doe\"")
        );
        assert_eq!(
            question(r#"E. Schr\"odinger"#).as_deref(),
            Some("au:\"E. Schrödinger\"")
        );
        assert_eq!((question(""), question("–")), (None, None));
        let mut query = Query::parse("?q=spin&cat=cs.LG&from=1999&cross=no&by=words&keep=1");
        papers_by(&mut query, "au:\"A\"");
        assert_eq!(
            query.to_search(),
            Query::parse("?q=au%3A%22A%22&sort=newest&keep=1").to_search()
        );
    }
}
