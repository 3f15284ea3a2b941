//! A corpus of the visitor's own: made of the file at hand, searched in place of the site's, erased.

use std::collections::HashSet;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::{Paper, taxonomy};

use crate::engine::MOST_OWN_PAPERS;
use crate::engine::client::{Engine, Ticket};
use crate::engine::protocol::{EngineError, OwnAnswer, OwnCorpus, OwnQuestion, Reply, Request};
use crate::papers_file::{PapersFile, Row};
use crate::state::Page;
use crate::view::batch::work::Batch;
use crate::view::browser;
use crate::view::error_panel::ErrorPanel;
use crate::view::remedy::Doing;
use crate::view::wording::{count, counted, time_left};

/// Papers that are embedded and kept together: some seconds' work.
const PART_PAPERS: usize = 32;

/// How the making stands.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Not under way.
    Still,
    /// Papers are being embedded, or the corpus is put together.
    Running,
    /// The engine gave no answer.
    Failed(EngineError),
}

/// The own corpus of this device; given to every view through leptos' context.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    engine: Engine,
    /// Whether the page shows it in place of the site's.
    is_open: bool,
    kept: RwSignal<Option<OwnCorpus>>,
    state: RwSignal<State>,
    /// Papers embedded, and in all.
    done: RwSignal<(usize, usize)>,
    /// Counts starts and stops: what answers an earlier one is void.
    generation: StoredValue<u64>,
    ticket: StoredValue<Option<Ticket>>,
    since_ms: StoredValue<f64>,
}

impl Own {
    /// Nothing is known of it before [`Self::look`].
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            is_open: browser::asks_for_own(),
            kept: RwSignal::new(None),
            state: RwSignal::new(State::Still),
            done: RwSignal::new((0, 0)),
            generation: StoredValue::new(0),
            ticket: StoredValue::new(None),
            since_ms: StoredValue::new(0.0),
        }
    }

    /// Asks the engine what this device keeps.
    fn look(self) {
        spawn_local(async move {
            if let Ok(OwnAnswer::Kept(kept)) = self.ask(OwnQuestion::What).await {
                self.kept.set(kept);
            }
        });
    }

    async fn ask(self, question: OwnQuestion) -> Result<OwnAnswer, EngineError> {
        let asked = self.engine.ask(Request::Own(question));
        self.ticket.set_value(Some(asked.ticket()));
        match asked.await?.reply {
            Reply::Own(answer) => Ok(answer),
            _ => Err(EngineError::Crashed {
                cause: "it answered another question".to_owned(),
            }),
        }
    }

    /// Makes a corpus of a file; parts that were done before take no time.
    fn start(self, file: &PapersFile, name: String) {
        let mine = self.void();
        let papers = papers_of(&file.rows);
        self.state.set(State::Running);
        self.done.set((0, papers.len()));
        self.since_ms.set_value(browser::now_ms());
        spawn_local(async move {
            let made = self.make(mine, papers, name).await;
            if self.generation.get_value() != mine {
                return;
            }
            match made {
                Ok(kept) => {
                    self.kept.set(kept);
                    self.state.set(State::Still);
                }
                Err(error) => self.state.set(State::Failed(error)),
            }
        });
    }

    async fn make(
        self,
        mine: u64,
        papers: Vec<Paper>,
        name: String,
    ) -> Result<Option<OwnCorpus>, EngineError> {
        let mut parts = Vec::new();
        for papers in papers.chunks(PART_PAPERS) {
            let papers = papers.to_vec();
            let n = papers.len();
            let OwnAnswer::Part { name } = self.ask(OwnQuestion::Part { papers }).await? else {
                break;
            };
            if self.generation.get_value() != mine {
                return Err(EngineError::Cancelled);
            }
            parts.push(name);
            self.done.update(|(done, _)| *done += n);
        }
        match self.ask(OwnQuestion::Make { name, parts }).await? {
            OwnAnswer::Kept(kept) => Ok(kept),
            OwnAnswer::Part { .. } => Ok(None),
        }
    }

    /// Stops; parts that are done stay.
    fn cancel(self) {
        self.void();
        self.state.set(State::Still);
        if let Some(ticket) = self.ticket.get_value() {
            self.engine.cancel(ticket);
        }
    }

    fn erase(self) {
        self.void();
        spawn_local(async move {
            match self.ask(OwnQuestion::Erase).await {
                Ok(_) => {
                    self.kept.set(None);
                    self.state.set(State::Still);
                    self.done.set((0, 0));
                }
                Err(error) => self.state.set(State::Failed(error)),
            }
        });
    }

    fn void(self) -> u64 {
        self.generation.update_value(|n| *n += 1);
        self.generation.get_value()
    }
}

/// The papers of rows that have a text, each with an id of its own.
fn papers_of(rows: &[Row]) -> Vec<Paper> {
    let mut known = HashSet::new();
    let with_text = rows.iter().filter(|row| row.has_text());
    let papers = with_text.map(|row| {
        let mut id = row.id.clone();
        if id.is_empty() || known.contains(&id) {
            let of_line = format!("{id} line {}", row.line);
            of_line.trim_start().clone_into(&mut id);
        }
        known.insert(id.clone());
        Paper {
            id,
            title: row.title.clone(),
            abstract_: row.abstract_text.clone(),
            authors: row.authors.clone(),
            categories: categories_of(&row.label),
            year: row.year,
            split: None,
        }
    });
    papers.collect()
}

/// The categories that a label names; none where it is a label of another kind.
fn categories_of(label: &str) -> Vec<String> {
    let words = label.split(|c: char| c.is_whitespace() || ",;|".contains(c));
    let words = words.filter(|word| !word.is_empty());
    let known = words.map(|word| taxonomy::canonical(word).map(|_| word.to_owned()));
    known.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// The part of the view of many papers that is about the own corpus.
#[component]
pub(crate) fn OwnCorpusPart() -> impl IntoView {
    let own = expect_context::<Own>();
    let batch = expect_context::<Batch>();
    own.look();
    let is_there = move || own.kept.with(Option::is_some) || batch.papers.with(Option::is_some);
    let failure = move || match own.state.get() {
        State::Failed(EngineError::Cancelled) | State::Still | State::Running => None,
        State::Failed(error) => {
            let retry = Callback::new(move |()| begin(own, &batch));
            Some(view! { <ErrorPanel error=error doing=Doing::Indexing retry=retry/> })
        }
    };
    move || {
        is_there().then(|| {
            view! {
                <section class="plan own" aria-labelledby="own-title" data-testid="own">
                    <h2 id="own-title">"A corpus of your own"</h2>
                    {move || own.kept.get().map(|kept| view! { <Kept kept=kept/> })}
                    {move || (!own.is_open).then(|| batch.papers.get().map(|papers| view! { <Make papers=papers/> }))}
                    {failure}
                </section>
            }
        })
    }
}

/// What is kept, with the way to it and its end.
#[component]
fn Kept(kept: OwnCorpus) -> impl IntoView {
    let own = expect_context::<Own>();
    let line = format!(
        "{} with {}, {:.1} MB, is on this device and nowhere else.",
        kept.name,
        counted(kept.papers as usize, "paper"),
        kept.bytes as f64 / 1e6,
    );
    let (name, value) = browser::OWN;
    let running = move || own.state.with(|state| *state == State::Running);
    view! {
        <p data-testid="own-kept">{line}</p>
        <div class="buttons">
            {(!own.is_open).then(|| view! {
                // A page is of one corpus as long as it lives: the browser loads it anew.
                <a class="solid" data-testid="own-open" href=format!("?{name}={value}")>"Search it"</a>
            })}
            <button
                type="button"
                class="solid"
                data-testid="own-erase"
                disabled=move || running() || own.is_open
                on:click=move |_| own.erase()
            >
                "Erase it"
            </button>
        </div>
    }
}

/// The button that makes one, and how far that is.
#[component]
fn Make(papers: Arc<PapersFile>) -> impl IntoView {
    let own = expect_context::<Own>();
    let batch = expect_context::<Batch>();
    let page = expect_context::<Page>();
    let n = papers.rows.iter().filter(|row| row.has_text()).count();
    let without = papers.rows.len() - n;
    let running = Memo::new(move |_| own.state.with(|state| *state == State::Running));
    let can = move || page.info.with(Option::is_some) && (1..=MOST_OWN_PAPERS).contains(&n);
    let what = match n {
        0 => "No paper of this file has a text: there is nothing to index.".to_owned(),
        n if n > MOST_OWN_PAPERS => format!(
            "This file has {} with a text; an own corpus holds at most {}.",
            counted(n, "paper"),
            count(MOST_OWN_PAPERS),
        ),
        n => {
            let left_out = match without {
                0 => String::new(),
                without => format!(" {} without a text are left out.", count(without)),
            };
            format!(
                "{} of this file become searchable by words and meaning, with filters, categories and their places \
                 on the map; offline, on this device alone.{left_out}",
                counted(n, "paper"),
            )
        }
    };
    let progress = move || {
        let (done, total) = own.done.get();
        let rows = format!("{} of {}", count(done), counted(total, "paper"));
        let elapsed = browser::now_ms() - own.since_ms.get_value();
        match time_left(done as u64, total as u64, elapsed) {
            _ if done == total => format!("{rows} · putting the index together"),
            Some(left) => format!("{rows} · {left}"),
            None => rows,
        }
    };
    let said = Memo::new(
        move |_| match (running.get(), own.kept.with(Option::is_some)) {
            (true, _) => "Indexing",
            (false, true) => "Your corpus is ready",
            (false, false) => "",
        },
    );
    view! {
        <p class="muted">{what}</p>
        <div class="buttons">
            // One button, so that the focus stays on it.
            <button
                type="button"
                class="solid"
                data-testid=move || if running.get() { "own-cancel" } else { "own-make" }
                disabled=move || !running.get() && !can()
                on:click=move |_| if running.get_untracked() { own.cancel() } else { begin(own, &batch) }
            >
                {move || match (running.get(), own.done.get().0) {
                    (true, _) => "Cancel",
                    (false, done) if done > 0 && own.kept.with(Option::is_none) => "Go on",
                    (false, _) => "Make it my corpus",
                }}
            </button>
        </div>
        <p class="hidden" role="status" aria-live="polite" data-testid="own-says">{said}</p>
        {move || running.get().then(|| view! {
            <div class="batch-progress">
                <p class="amount" data-testid="own-progress">{progress}</p>
                <progress
                    aria-label="Papers indexed"
                    max=move || own.done.get().1.to_string()
                    prop:value=move || own.done.get().0 as f64
                ></progress>
            </div>
        })}
    }
}

fn begin(own: Own, batch: &Batch) {
    let papers = batch.papers.get_untracked();
    if let Some(papers) = papers {
        own.start(&papers, batch.name.get_untracked());
    }
}

/// Where the page shows the own corpus, a line that says so and leads back.
#[component]
pub(crate) fn OwnNotice() -> impl IntoView {
    let own = expect_context::<Own>();
    let page = expect_context::<Page>();
    let line = move || {
        let corpus = page.corpus.get();
        corpus.map_or("Your own corpus".to_owned(), |info| {
            let n = counted(info.papers, "paper");
            format!(
                "Your own corpus: {}, {n}, on this device alone.",
                info.corpus
            )
        })
    };
    own.is_open.then(|| {
        view! {
            <p class="notice" data-testid="own-notice">
                <span>{line}</span>
                <span class="choices">
                    <a data-testid="own-leave" href="./">{format!("Back to {}", browser::site_title())}</a>
                </span>
            </p>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paper_has_an_id_of_its_own() {
        let row = |line: usize, id: &str, title: &str| Row {
            line,
            id: id.to_owned(),
            title: title.to_owned(),
            ..Row::default()
        };
        let rows = [
            row(2, "a", "x"),
            row(3, "", "y"),
            row(4, "a", "z"),
            row(5, "b", ""),
        ];
        let ids: Vec<String> = papers_of(&rows).into_iter().map(|paper| paper.id).collect();
        assert_eq!(
            ids,
            ["a", "line 3", "a line 4"],
            "a row without a text is no paper"
        );
    }

    #[test]
    fn labels_are_categories_where_all_of_them_are() {
        assert_eq!(categories_of("cs.LG stat.ML"), ["cs.LG", "stat.ML"]);
        assert_eq!(categories_of("math.CO, cs.DM"), ["math.CO", "cs.DM"]);
        assert!(categories_of("machine learning").is_empty());
        assert!(categories_of("").is_empty());
    }
}
