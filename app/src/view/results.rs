//! The answer: how it was found in one line, then the cards.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::engine::protocol::{Hits, Info, Method};
use crate::query::PAGE_OF_HITS;
use crate::state::{Found, Page, Step};
use crate::view::by_library::{ByLibrary, MadeOf};
use crate::view::card::Card;
use crate::view::citing::ExportResults;
use crate::view::error_panel::ErrorPanel;
use crate::view::link::CopyLink;
use crate::view::no_results::NoResults;
use crate::view::remedy::Doing;
use crate::view::reordering::Reordering;
use crate::view::understood::{Lists, Sorting, Understood};
use crate::view::wording::{at_least, count, counted, duration};

/// A line that has stood for so long is read out: results follow every letter, and a voice cannot.
const STILL: Duration = Duration::from_millis(700);

/// Answers that take longer than this leave the list dimmed meanwhile. By a timer and not by a transition's
/// delay: a transition that waits has the browser paint the whole list anew at every key.
const LATE: Duration = Duration::from_millis(120);

/// The list with its line.
#[component]
pub(crate) fn Results() -> impl IntoView {
    let page = expect_context::<Page>();
    let shown = expect_context::<Reordering>().shown;
    let hits = Memo::new(move |_| {
        page.found
            .with(|found| found.as_ref().and_then(|found| found.outcome.clone().ok()))
    });
    let error = Memo::new(move |_| {
        page.found
            .with(|found| found.as_ref().and_then(|found| found.outcome.clone().err()))
    });
    let line = Memo::new(move |_| match (hits.get(), page.corpus.get()) {
        (Some(hits), Some(info)) => {
            let waits = page.info.with(Option::is_none);
            result_line(&hits, &info, waits)
        }
        _ => String::new(),
    });
    let said = RwSignal::new(String::new());
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        let line = line.get();
        // The list may be gone by then.
        set_timeout_with_handle(move || drop(said.try_set(line)), STILL).ok()
    });
    let pending = Memo::new(move |_| page.pending.get());
    let late = RwSignal::new(false);
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        late.set(false);
        // The list may be gone by then.
        let dim = move || _ = late.try_set(true);
        let timer = || set_timeout_with_handle(dim, LATE).ok();
        pending.get().then(timer).flatten()
    });
    let none = move || hits.with(|hits| hits.as_ref().is_some_and(|hits| hits.hits.is_empty()));
    let retry = Callback::new(move |()| page.retries.update(|n| *n += 1));
    view! {
        <div class="result-head">
            <p class="result-line" data-testid="result-line">{line}</p>
            <div class="result-actions"><CopyLink/><ExportResults/></div>
        </div>
        <div class="choosing"><Lists/><Sorting/><ByLibrary/></div>
        <MadeOf/>
        <Understood hits=hits/>
        <p class="hidden" role="status" aria-live="polite">{said}</p>
        {move || hits.with(|hits| cut_notice(hits.as_deref()))}
        {move || hits.with(|hits| lacking_notice(hits.as_deref()))}
        {move || error.get().map(|error| view! {
            <ErrorPanel error=error doing=Doing::Searching retry=retry/>
        })}
        {move || none().then(|| view! { <NoResults/> })}
        <div class="results" class:stale=late aria-busy=move || pending.get().to_string()>
            <For
                each=move || shown.get()
                key=|hit| hit.id.clone()
                children=|hit| view! { <Card hit=hit/> }
            />
        </div>
        {move || page.found.with(|found| can_show_more(found.as_ref())).then(|| view! {
            <p class="show-more">
                <button
                    type="button"
                    class="solid"
                    data-testid="show-more"
                    on:click=move |_| page.edit(Step::Replace, |query| query.k += PAGE_OF_HITS)
                >
                    {format!("Show {PAGE_OF_HITS} more")}
                </button>
            </p>
        })}
    }
}

fn can_show_more(found: Option<&Found>) -> bool {
    found.is_some_and(|found| {
        found
            .outcome
            .as_ref()
            .is_ok_and(|hits| hits.hits.len() >= found.question.k && hits.passing > hits.hits.len())
    })
}

/// `20 of 453 papers · 31 have words of it · exact, all 120 that pass compared · 3 ms`; `waits`: meaning is
/// not open yet.
fn result_line(hits: &Hits, info: &Info, waits: bool) -> String {
    let demands = hits.understood.as_ref().is_some_and(|asked| asked.demands);
    let of = if demands { hits.passing } else { info.papers };
    let mut parts = vec![format!(
        "{} of {}",
        count(hits.hits.len()),
        if demands {
            format!("{} that match", counted(of, "paper"))
        } else {
            counted(of, "paper")
        }
    )];
    let recall = match hits.method {
        Method::Codes { .. } => info.recall_by_codes,
        _ => info.recall_at_10,
    };
    parts.push(match (hits.method, recall) {
        _ if hits.passing == 0 && demands => "none has what is asked for".to_owned(),
        _ if hits.passing == 0 => "none passes the filters".to_owned(),
        (Method::Words, _) if waits => "by words, until the model is here".to_owned(),
        (Method::Words, _) => "by words".to_owned(),
        (Method::Exact, _) if hits.passing == info.papers => "exact, all compared".to_owned(),
        (Method::Exact, _) if demands => "exact, all of them compared".to_owned(),
        (Method::Exact, _) => format!("exact, all {} that pass compared", count(hits.passing)),
        (Method::Codes { .. }, Some(recall)) => {
            let recall = at_least(recall, 2);
            format!("quick search, recall@10 {recall} measured at build")
        }
        (Method::Codes { .. }, None) => "quick search".to_owned(),
        (Method::Graph { .. }, Some(recall)) => {
            let recall = at_least(recall, 2);
            format!("graph search, recall@10 {recall} measured at build")
        }
        (Method::Graph { .. }, None) => "graph search".to_owned(),
        // What was measured is a search of all.
        (Method::Shards { .. }, Some(recall)) if hits.passing == info.papers => {
            let recall = at_least(recall, 2);
            format!("approximate: the pieces near it, recall@10 {recall} measured at build")
        }
        (Method::Shards { .. }, _) => "approximate: the pieces near it".to_owned(),
    });
    if let Some(n) = hits.newest_of {
        let all = demands || n >= hits.passing;
        parts.push(if all {
            "newest first".to_owned()
        } else {
            format!("the {} best, newest first", count(n))
        });
    }
    parts.push(duration(hits.embed_ms + hits.search_ms));
    parts.join(" · ")
}

/// Says that papers may be missing, where pieces of the corpus did not come.
fn lacking_notice(hits: Option<&Hits>) -> Option<impl IntoView + use<>> {
    let lacking = hits?.lacking;
    (lacking > 0).then(|| {
        let text = format!(
            "{} of the corpus could not be fetched: papers may be missing. Search again to try once more.",
            counted(lacking, "piece"),
        );
        view! { <p class="notice">{text}</p> }
    })
}

fn cut_notice(hits: Option<&Hits>) -> Option<impl IntoView + use<>> {
    let n_cut = hits?.n_cut;
    (n_cut > 0).then(|| {
        let text = format!(
            "The query is longer than the model's window: its last {} had no vote.",
            counted(n_cut, "token"),
        );
        view! { <p class="notice">{text}</p> }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::{EngineId, Understood};

    fn hits(method: Method, passing: usize) -> Hits {
        Hits {
            like: None,
            near: Vec::new(),
            away: Vec::new(),
            hits: Vec::new(),
            passing,
            method,
            embed_ms: 2.0,
            search_ms: 1.2,
            n_cut: 0,
            newest_of: None,
            lacking: 0,
            understood: None,
        }
    }

    fn info(recall_at_10: Option<f64>) -> Info {
        Info {
            corpus: "small".to_owned(),
            papers: 1453,
            years: None,
            year_counts: Vec::new(),
            category_counts: Vec::new(),
            archive_counts: Vec::new(),
            primary_counts: Vec::new(),
            primary_archive_counts: Vec::new(),
            build: String::new(),
            builder: String::new(),
            model: String::new(),
            model_licence: String::new(),
            dim: 384,
            max_tokens: 256,
            recall_at_10,
            recall_by_codes: recall_at_10,
            search: Vec::new(),
            method: None,
            engine: EngineId::Int8Simd,
            kernel: String::new(),
            classifier: None,
            files: Vec::new(),
            examples: Vec::new(),
            wasm_bytes: 0,
            reference_bytes: None,
            map_bytes: None,
            abstracts_bytes: 0,
            words_bytes: 0,
            site_unreachable: false,
        }
    }

    #[test]
    fn the_line_says_how_much_was_compared() {
        let all = result_line(&hits(Method::Exact, 1453), &info(None), false);
        assert_eq!(all, "0 of 1,453 papers · exact, all compared · 3 ms");
        let some = result_line(&hits(Method::Exact, 120), &info(None), false);
        assert_eq!(
            some,
            "0 of 1,453 papers · exact, all 120 that pass compared · 3 ms"
        );
    }

    #[test]
    fn what_is_demanded_is_counted_and_a_missing_model_is_said() {
        let mut found = hits(Method::Words, 12);
        let line = result_line(&found, &info(None), true);
        assert!(line.contains("of 1,453 papers · by words, until"), "{line}");
        found.understood = Some(Understood {
            demands: true,
            ..Understood::default()
        });
        let line = result_line(&found, &info(None), false);
        assert!(
            line.starts_with("0 of 12 papers that match · by words · "),
            "{line}"
        );
        found.passing = 0;
        let line = result_line(&found, &info(None), false);
        assert!(line.contains("none has what is asked for"), "{line}");
    }

    #[test]
    fn a_list_by_date_says_what_was_sorted() {
        let mut found = hits(Method::Exact, 1453);
        found.newest_of = Some(100);
        let line = result_line(&found, &info(None), false);
        assert!(line.contains(" · the 100 best, newest first · "), "{line}");
        found.newest_of = Some(1453);
        let line = result_line(&found, &info(None), false);
        assert!(line.contains(" · newest first · "), "{line}");
    }

    #[test]
    fn a_search_by_codes_claims_no_more_than_was_measured() {
        let codes = hits(Method::Codes { depth: 500 }, 1453);
        let line = result_line(&codes, &info(Some(0.9989)), false);
        assert_eq!(
            line,
            "0 of 1,453 papers · quick search, recall@10 0.99 measured at build · 3 ms"
        );
        assert!(!result_line(&codes, &info(None), false).contains("recall"));
    }

    #[test]
    fn a_graph_search_claims_no_more_than_was_measured() {
        let graph = hits(Method::Graph { ef: 64 }, 1453);
        let line = result_line(&graph, &info(Some(0.996)), false);
        assert_eq!(
            line,
            "0 of 1,453 papers · graph search, recall@10 0.99 measured at build · 3 ms"
        );
        assert!(!result_line(&graph, &info(None), false).contains("recall"));
    }
}
