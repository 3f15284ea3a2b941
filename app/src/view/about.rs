//! The about view: what is indexed, by which model, how good it is, what leaves the device.

use std::sync::Arc;

use leptos::prelude::*;

use crate::engine::protocol::{Info, Method};
use crate::query::View;
use crate::state::Page;
use crate::view::browser;
use crate::view::link::Go;
use crate::view::load_progress::LoadProgress;
use crate::view::reference::ReferenceOffer;
use crate::view::search::LoadFailure;
use crate::view::wording::{at_least, bytes, count, years};

/// The view.
#[component]
pub(crate) fn About() -> impl IntoView {
    let page = expect_context::<Page>();
    // A site of its own name says what it is; what follows is about the program behind it.
    let described = (browser::site_title() != "Offprint")
        .then(|| browser::meta("description"))
        .flatten()
        .map(|text| view! { <p data-testid="about-site">{text}</p> });
    let book = browser::meta("offprint-book").map(|book| {
        view! {
            <p>
                <a href=book data-testid="about-book">"The guide"</a>
                " says how to search well, how to put papers of your own on such a page, and how every file is laid out."
            </p>
        }
    });
    view! {
        <article class="about-view" data-testid="about">
            <h1>{format!("About {}", browser::site_title())}</h1>
            {described}
            <p>
                "Offprint finds research papers by their words and by their meaning. A small language model runs in this tab: it turns what you write into a vector, and the papers whose vectors point the same way come first, together with those that have the words."
            </p>
            {book}
            <LoadProgress/>
            <LoadFailure/>
            {move || page.info.get().map(|info| view! { <Build info=info/> })}
            <Feeds/>
            <h2>"Privacy"</h2>
            <p>
                "What you type or paste stays in this tab. The page fetches its own files from the place it was loaded from and nothing from anywhere else; its content security policy makes the browser enforce that. There is no account, no cookie, no counter. A search is part of the address, so that you can share it; once the page is kept on this device, an ordinary reload, or opening such a link, does not tell the site what is searched for. A pasted abstract is never in the address. The index is kept in this browser's storage until you clear it."
            </p>
            <h2>"Sources and licences"</h2>
            <ul>
                <li>
                    "Paper metadata come from arXiv under CC0. Thank you to arXiv for use of its open access interoperability. E-prints stay at arXiv: this page links to them. Offprint is not affiliated with arXiv."
                </li>
                <li>
                    "The typeface is IBM Plex, Copyright IBM Corp., under the "
                    <a href="fonts/OFL.txt">"SIL Open Font License 1.1"</a>
                    "."
                </li>
                <li>"Offprint's code is under MIT or Apache-2.0, as you prefer."</li>
            </ul>
        </article>
    }
}

/// The feeds of saved queries, where the site has any.
#[component]
fn Feeds() -> impl IntoView {
    let feeds = browser::feeds();
    (!feeds.is_empty()).then(|| {
        let item = |(title, address): (String, String)| {
            view! { <li><a href=address data-testid="feed">{title}</a></li> }
        };
        let items: Vec<_> = feeds.into_iter().map(item).collect();
        view! {
            <h2>"Feeds"</h2>
            <p>"Atom feeds of saved queries, made with the index: the newest papers that match. Paste an address into a feed reader to subscribe."</p>
            <ul>{items}</ul>
        }
    })
}

#[component]
fn Build(info: Arc<Info>) -> impl IntoView {
    let span = info
        .years
        .map_or_else(|| "not known".to_owned(), |(a, b)| years(a, b));
    let recall = recall(&info);
    let search = judged_search(&info.search);
    let classifier = info
        .classifier
        .clone()
        .unwrap_or_else(|| "none in this build".to_owned());
    let model = format!(
        "{} ({} dimensions, {} tokens)",
        info.model, info.dim, info.max_tokens
    );
    let rows = [
        ("Corpus", info.corpus.clone()),
        ("Papers", count(info.papers)),
        ("Years", span),
        ("Categories", count(info.category_counts.len())),
        ("Model", model),
        ("Its licence", info.model_licence.clone()),
        ("Classifier", classifier),
        ("Recall@10", recall),
        ("Search by meaning", search),
        (
            "Engine",
            format!(
                "{} on {}, {} of memory",
                info.engine.name(),
                info.kernel,
                bytes(info.wasm_bytes)
            ),
        ),
        ("Built by", format!("index-builder {}", info.builder)),
    ];
    let rows = rows.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    let files: Vec<_> = info
        .files
        .iter()
        .map(|(name, n_bytes, sha256)| {
            view! {
                <tr data-testid="about-file">
                    <th scope="row">{name.clone()}</th>
                    <td>{bytes(*n_bytes)}</td>
                    <td><Digest sha256=sha256.clone()/></td>
                </tr>
            }
        })
        .collect();
    let first = info
        .files
        .iter()
        .map(|(_, n_bytes, _)| n_bytes)
        .sum::<u64>();
    let total = format!(
        "{}: {} before the first search by meaning, {} of words as they are asked for, {} of abstracts as they are read{}",
        bytes(first + info.words_bytes + info.abstracts_bytes + info.map_bytes.unwrap_or(0)),
        bytes(first),
        bytes(info.words_bytes),
        bytes(info.abstracts_bytes),
        info.map_bytes.map_or_else(String::new, |n_bytes| format!(
            ", {} of the map",
            bytes(n_bytes)
        )),
    );
    view! {
        <h2>"About this index"</h2>
        <dl class="facts" data-testid="about-index">
            {rows}
            <div><dt>"Build"</dt><dd><code class="copyable">{info.build.clone()}</code></dd></div>
            <div><dt>"Size"</dt><dd data-testid="about-size">{total}</dd></div>
        </dl>
        <h2>"Verify"</h2>
        <p>
            <Go to=|query| query.view = View::Verify>"Verify on this device"</Go>
            " measures recall and time here, hashes the files that are kept, and compares vectors with those of the build."
        </p>
        <ReferenceOffer n_bytes=info.reference_bytes/>
        <h2>"Files"</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Files of this build">
            <table>
                <thead>
                    <tr><th scope="col">"File"</th><th scope="col">"Size"</th><th scope="col">"SHA-256"</th></tr>
                </thead>
                <tbody>{files}</tbody>
            </table>
        </div>
    }
}

/// The beginning of a digest, which opens to all of it.
#[component]
fn Digest(sha256: String) -> impl IntoView {
    let short = sha256.chars().take(12).collect::<String>();
    view! {
        <details class="digest">
            <summary title=sha256.clone()><code>{short}"…"</code></summary>
            <code class="copyable">{sha256}</code>
        </details>
    }
}

/// How well the encoder answers questions that people judged.
fn judged_search(sets: &[(String, f64)]) -> String {
    let sets: Vec<String> = sets
        .iter()
        .map(|(set, ndcg)| format!("{set} {ndcg:.3}"))
        .collect();
    if sets.is_empty() {
        return "not judged".to_owned();
    }
    format!(
        "nDCG@10 {}: how well the model alone orders the answers to judged questions; 1 is the best order",
        sets.join(", ")
    )
}

/// What search by meaning finds without a filter, and how.
fn recall(info: &Info) -> String {
    let (share, how) = match info.method {
        Some(Method::Exact) => return "1: every paper is compared".to_owned(),
        Some(Method::Codes { depth }) => (
            info.recall_by_codes,
            format!(
                "the signs of all vectors are compared, then the {} best of them whole",
                count(depth)
            ),
        ),
        Some(Method::Shards { clusters, leaves }) => (
            info.recall_at_10,
            format!(
                "the codes of the {} nearest clusters are compared, then the vectors of {} leaves",
                count(clusters as usize),
                count(leaves as usize)
            ),
        ),
        _ => (
            info.recall_at_10,
            "a graph of neighbors is walked".to_owned(),
        ),
    };
    match share {
        Some(share) => format!(
            "{}: share of the exact ten nearest that is found, measured at build; {how}",
            at_least(share, 3)
        ),
        None => format!("not measured; {how}"),
    }
}
