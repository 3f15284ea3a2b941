//! What the page knows: the query, the last answer, the draft, and whether there is a network.
//!
//! [`Page`] is a handful of signals, given to every view through leptos' context.

use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::*;

use crate::engine::client::{Choice, Engine, EngineState};
use crate::engine::protocol::{By, EngineError, Filter, Hit, Hits, Info, Sort};
use crate::query::{Like, PAGE_OF_HITS, Query, Side, View};
use crate::view::browser;

/// How a change of the query enters the browser's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A deliberate step: "back" undoes it.
    Push,
    /// Typing: "back" leaves the whole of it.
    Replace,
}

/// What the engine is asked, free of what only concerns the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The query text, trimmed.
    pub text: String,
    /// The papers of "more like this".
    pub like: Like,
    /// Which papers may be found.
    pub filter: Filter,
    /// Hits wanted.
    pub k: usize,
    /// Which lists answer.
    pub by: By,
    /// What comes first.
    pub sort: Sort,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was asked.
    pub question: Question,
    /// What came.
    pub outcome: Result<Arc<Hits>, EngineError>,
}

/// The text to classify. It lives in the tab and nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Title; may be empty.
    pub title: String,
    /// Abstract.
    pub abstract_text: String,
}

/// A paper whose details are open in a sheet, as they are on a narrow screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The paper.
    pub hit: Hit,
    /// Whether it is no hit of the last answer.
    pub apart: bool,
}

/// What is open beside and over the lists.
#[derive(Debug, Clone, Copy)]
pub struct Panels {
    /// Whether the filter panel is open on a narrow screen.
    pub filters_open: RwSignal<bool>,
    /// Whether the help dialog is open.
    pub help_open: RwSignal<bool>,
    /// Whether the screen is too narrow for details within a list.
    pub narrow: RwSignal<bool>,
    /// The paper in the sheet.
    pub details: RwSignal<Option<Details>>,
}

/// The page's state.
#[derive(Clone, Copy)]
pub struct Page {
    query: RwSignal<Query>,
    /// Whether the text was sent with Enter: typing on is a new step.
    sent: StoredValue<bool>,
    /// The query as the views read it.
    pub shown: ReadSignal<Query>,
    /// Chosen categories, apart from the text: there are hundreds of boxes and many keystrokes.
    pub categories: Memo<Vec<String>>,
    /// What is asked now; `None` where nothing is.
    pub question: Memo<Option<Question>>,
    /// The last answer; stays in sight until the next one comes.
    pub found: RwSignal<Option<Found>>,
    /// Whether an answer is under way.
    pub pending: RwSignal<bool>,
    /// Counts "try again".
    pub retries: RwSignal<usize>,
    /// Papers of "more like this" whose cards were at hand.
    pub seeds: RwSignal<Vec<Hit>>,
    /// The text to classify.
    pub draft: RwSignal<Draft>,
    panels: StoredValue<Panels>,
    /// Whether the browser believes in a network.
    pub online: RwSignal<bool>,
    /// The open build, with its model.
    pub info: Memo<Option<Arc<Info>>>,
    /// The build whose words can be searched, perhaps before its model is open.
    pub corpus: Memo<Option<Arc<Info>>>,
    /// Abstracts read so far, by paper id.
    pub abstracts: StoredValue<HashMap<String, String>>,
}

impl Page {
    /// Reads the address bar and whatever was typed before the page was alive.
    pub fn open(engine: &Engine, typed: Option<String>) -> Self {
        let mut first = Query::parse(&browser::search());
        if let Some(typed) = typed.filter(|typed| !typed.trim().is_empty() && *typed != first.text)
        {
            first = Query {
                text: typed,
                view: View::Search,
                like: Like::default(),
                build: None,
                ..first
            };
            browser::write_history(Step::Replace, &first.to_search());
        }
        let query = RwSignal::new(first);
        let status = engine.status();
        Self {
            query,
            sent: StoredValue::new(false),
            shown: query.read_only(),
            categories: Memo::new(move |_| query.with(|query| query.categories.clone())),
            question: Memo::new(move |_| query.with(question)),
            found: RwSignal::new(None),
            pending: RwSignal::new(false),
            retries: RwSignal::new(0),
            seeds: RwSignal::new(Vec::new()),
            draft: RwSignal::new(Draft::default()),
            panels: StoredValue::new(Panels {
                filters_open: RwSignal::new(false),
                help_open: RwSignal::new(false),
                narrow: RwSignal::new(browser::is_narrow()),
                details: RwSignal::new(None),
            }),
            online: RwSignal::new(browser::is_online()),
            info: Memo::new(move |_| match status.get() {
                EngineState::Ready(info) => Some(info),
                EngineState::Loading { .. } | EngineState::Failed { .. } => None,
            }),
            corpus: Memo::new(move |_| status.with(|status| status.corpus().cloned())),
            abstracts: StoredValue::new(HashMap::new()),
        }
    }

    /// What is open beside and over the lists.
    pub fn panels(self) -> Panels {
        self.panels.get_value()
    }

    /// Changes the query and the address bar with it. A deliberate step from within the sheet closes it, and takes
    /// its place in the history.
    pub fn edit(self, step: Step, change: impl FnOnce(&mut Query)) {
        let before = self.query.get_untracked();
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return;
        }
        // A link's build is that of the list which the link asks for.
        if after.asks_otherwise(&before) {
            after.build = None;
        }
        let from_sheet =
            step == Step::Push && self.panels().details.with_untracked(Option::is_some);
        let step = if from_sheet { Step::Replace } else { step };
        if from_sheet {
            self.panels().details.set(None);
        }
        browser::write_history(step, &after.to_search());
        self.sent.set_value(false);
        self.query.set(after);
    }

    /// Opens a paper's details in the sheet: a step in the history, so that "back" closes it.
    pub fn open_details(self, details: Details) {
        if self.panels().details.with_untracked(Option::is_none) {
            let search = self.shown.with_untracked(Query::to_search);
            browser::write_history(Step::Push, &search);
        }
        self.panels().details.set(Some(details));
    }

    /// Closes the sheet, and takes its step back.
    pub fn close_details(self) {
        if self.panels().details.with_untracked(Option::is_some) {
            self.panels().details.set(None);
            browser::go_back();
        }
    }

    /// Chooses the engine that answers.
    pub fn choose_engine(self, step: Step, choice: Choice) {
        self.edit(step, |query| query.engine = choice);
    }

    /// Takes Enter in the search box: "back" will return to this text.
    pub fn send(self) {
        self.edit(Step::Push, |query| {
            query.view = query.view.that_asks();
            if query.like.is_some() && !query.text.trim().is_empty() {
                query.like = Like::default();
                query.k = PAGE_OF_HITS;
            }
        });
        self.sent.set_value(true);
    }

    /// Follows "back" and "forward".
    pub fn follow_history(self) {
        self.panels().details.set(None);
        self.query.set(Query::parse(&browser::search()));
    }

    /// Takes the text of the search box: a new question, wherever the page was.
    pub fn type_text(self, text: String) {
        let from_results = self
            .shown
            .with_untracked(|query| query.view.that_asks() == query.view && !query.like.is_some());
        let typing_on = from_results && !self.sent.get_value();
        let step = if typing_on { Step::Replace } else { Step::Push };
        self.edit(step, |query| {
            query.text = text;
            query.view = query.view.that_asks();
            query.like = Like::default();
            query.k = PAGE_OF_HITS;
        });
    }

    /// Changes the filters.
    pub fn narrow(self, change: impl FnOnce(&mut Query)) {
        self.edit(Step::Push, |query| {
            change(query);
            query.k = PAGE_OF_HITS;
        });
    }

    /// Shows the neighbors of a paper.
    pub fn more_like(self, hit: Hit) {
        let id = hit.id.clone();
        self.seeds.set(vec![hit]);
        self.edit(Step::Push, |query| {
            query.like = Like::one(id);
            query.view = query.view.that_asks();
            query.k = PAGE_OF_HITS;
        });
        browser::scroll_to_top();
    }

    /// Adds a paper to those that the list is near to, or keeps away from.
    pub fn lean(self, hit: Hit, side: Side) {
        let id = hit.id.clone();
        self.seeds.update(|seeds| seeds.push(hit));
        self.edit(Step::Push, |query| {
            query.like.put(id, side);
            query.k = PAGE_OF_HITS;
        });
        browser::scroll_to_top();
    }

    /// Takes a paper out of those that the list is near to, or keeps away from.
    pub fn lean_no_more(self, id: &str) {
        self.edit(Step::Push, |query| {
            query.like.take(id);
            query.k = PAGE_OF_HITS;
        });
    }
}

fn question(query: &Query) -> Option<Question> {
    query.asks().then(|| Question {
        text: query.text.trim().to_owned(),
        like: query.like.clone(),
        filter: query.filter(),
        k: query.k,
        by: query.by,
        sort: query.sort,
    })
}
