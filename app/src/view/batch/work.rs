//! The file at hand and the work on it. It lives as long as the page: a question may be asked meanwhile, and
//! goes first, since of a batch one row at a time is with the engine.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::File;

use crate::batch::{Run, Task};
use crate::engine::client::{Engine, Ticket};
use crate::engine::protocol::EngineError;
use crate::papers_file::{self, Labels, PapersFile, Refused, Row};
use crate::view::browser;
use crate::view::taking::bytes_of;
use crate::view::wording::time_left;

/// Progress is told so often at most: rows are done faster than anybody reads.
const TELL_MS: f64 = 150.0;

/// How the work stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum State {
    /// Not begun, or stopped by the visitor, or done: which one the rows say.
    Still,
    /// Rows are being done.
    Running,
    /// The engine gave no answer.
    Failed(EngineError),
}

/// The file with its runs; given to every view through leptos' context.
#[derive(Clone, Copy)]
pub(crate) struct Batch {
    engine: Engine,
    file: StoredValue<Option<File>, LocalStorage>,
    /// One a task, so that nothing is done twice where the task is changed and changed back.
    runs: StoredValue<Vec<Run>>,
    /// The file's name.
    pub(crate) name: RwSignal<String>,
    /// Counts files taken.
    pub(crate) taken: RwSignal<usize>,
    /// What the file holds; anew where its labels come from another column.
    pub(crate) papers: RwSignal<Option<Arc<PapersFile>>>,
    /// Why a file was not read.
    pub(crate) fault: RwSignal<Option<String>>,
    /// Whether a file is being read.
    pub(crate) reading: RwSignal<bool>,
    /// What is done with the rows.
    pub(crate) task: RwSignal<Task>,
    /// How the work stands.
    pub(crate) state: RwSignal<State>,
    /// Rows done of the task chosen, as last told.
    pub(crate) done: RwSignal<usize>,
    /// Counts starts and stops: what answers an earlier one is void.
    generation: StoredValue<u64>,
    ticket: StoredValue<Option<Ticket>>,
    /// Rows done when the work began or went on, and when that was.
    since: StoredValue<(usize, f64)>,
}

impl Batch {
    /// No file yet.
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            file: StoredValue::new_local(None),
            runs: StoredValue::new(Vec::new()),
            name: RwSignal::new(String::new()),
            taken: RwSignal::new(0),
            papers: RwSignal::new(None),
            fault: RwSignal::new(None),
            reading: RwSignal::new(false),
            task: RwSignal::new(Task::Classify),
            state: RwSignal::new(State::Still),
            done: RwSignal::new(0),
            generation: StoredValue::new(0),
            ticket: StoredValue::new(None),
            since: StoredValue::new((0, 0.0)),
        }
    }

    /// Takes a file in place of the one at hand, once it turns out to be one of papers.
    pub(crate) fn take(self, file: File) {
        let name = file.name();
        self.reading.set(true);
        spawn_local(async move {
            let outcome = read(&file, Labels::Found).await;
            self.reading.set(false);
            match outcome {
                Ok(papers) => {
                    self.cancel();
                    let papers = Arc::new(papers);
                    let task = if papers.rows.iter().any(Row::has_text) {
                        Task::Classify
                    } else {
                        Task::Match
                    };
                    let runs = [Task::Classify, Task::Match];
                    let runs = runs.map(|task| Run::new(Arc::clone(&papers), task));
                    self.runs.set_value(runs.to_vec());
                    self.file.set_value(Some(file));
                    self.name.set(name);
                    self.fault.set(None);
                    self.task.set(task);
                    self.done.set(0);
                    self.state.set(State::Still);
                    self.papers.set(Some(papers));
                    self.taken.update(|n| *n += 1);
                }
                Err(why) => self.fault.set(Some(format!("{name} was not read: {why}."))),
            }
        });
    }

    /// Takes the labels from another column. What is done stays done.
    pub(crate) fn label_by(self, labels: Labels) {
        let Some(file) = self.file.get_value() else {
            return;
        };
        self.reading.set(true);
        spawn_local(async move {
            let outcome = read(&file, labels).await;
            self.reading.set(false);
            let n_rows = |papers: &PapersFile| (papers.rows.len(), papers.faults.len());
            let same = |papers: &PapersFile| {
                let known = self.papers.get_untracked();
                known.is_some_and(|known| n_rows(&known) == n_rows(papers))
            };
            match outcome {
                Ok(papers) if same(&papers) => {
                    let papers = Arc::new(papers);
                    self.runs.update_value(|runs| {
                        for run in runs {
                            run.file = Arc::clone(&papers);
                        }
                    });
                    self.papers.set(Some(papers));
                }
                // It may have been written anew, or be gone.
                _ => self.fault.set(Some(
                    "The file is no longer what it was: choose it again.".to_owned(),
                )),
            }
        });
    }

    /// Chooses the task; what was done of it before is still there.
    pub(crate) fn choose(self, task: Task) {
        self.cancel();
        self.task.set(task);
        self.tell();
    }

    /// Begins, or goes on with the first row that is not done.
    pub(crate) fn start(self) {
        let mine = self.void();
        let task = self.task.get_untracked();
        self.state.set(State::Running);
        self.tell();
        self.since
            .set_value((self.done.get_untracked(), browser::now_ms()));
        spawn_local(async move {
            let mut told = browser::now_ms();
            loop {
                let next = self.change(task, Run::ask).flatten();
                let Some(request) = next else { break };
                let asked = self.engine.ask(request);
                self.ticket.set_value(Some(asked.ticket()));
                let answer = asked.await.map(|answered| answered.reply);
                if self.generation.get_value() != mine {
                    return;
                }
                if let Some(Err(error)) = self.change(task, |run| run.take(answer)) {
                    self.state.set(State::Failed(error));
                    self.tell();
                    return;
                }
                let now = browser::now_ms();
                if now - told >= TELL_MS {
                    told = now;
                    self.tell();
                }
            }
            self.state.set(State::Still);
            self.tell();
        });
    }

    /// Stops; what is done stays.
    pub(crate) fn cancel(self) {
        self.void();
        if self.state.get_untracked() == State::Running {
            self.state.set(State::Still);
        }
        if let Some(ticket) = self.ticket.get_value() {
            self.ticket.set_value(None);
            self.engine.cancel(ticket);
        }
        self.tell();
    }

    /// Something of the run of the task chosen.
    pub(crate) fn with_run<T>(self, look: impl FnOnce(&Run) -> T) -> Option<T> {
        let task = self.task.get_untracked();
        self.runs
            .with_value(|runs| runs.iter().find(|run| run.task == task).map(look))
    }

    /// Time that the rest will take.
    pub(crate) fn time_left(self, done: usize, total: usize) -> Option<String> {
        let (before, at_ms) = self.since.get_value();
        let elapsed = browser::now_ms() - at_ms;
        let (done, total) = (done.checked_sub(before)?, total.checked_sub(before)?);
        time_left(done as u64, total as u64, elapsed)
    }

    fn change<T>(self, task: Task, change: impl FnOnce(&mut Run) -> T) -> Option<T> {
        let of_task =
            |runs: &mut Vec<Run>| runs.iter_mut().find(|run| run.task == task).map(change);
        self.runs.try_update_value(of_task).flatten()
    }

    fn void(self) -> u64 {
        self.generation.update_value(|n| *n += 1);
        self.generation.get_value()
    }

    fn tell(self) {
        let done = self.with_run(|run| run.progress().0);
        self.done.set(done.unwrap_or(0));
    }
}

async fn read(file: &File, labels: Labels) -> Result<PapersFile, String> {
    // Before its bytes are asked for: they might not fit.
    if file.size() > papers_file::MOST_BYTES as f64 {
        return Err(Refused::TooLarge.to_string());
    }
    let bytes = bytes_of(file).await.ok_or("the browser cannot read it")?;
    papers_file::read(&file.name(), bytes, &labels).map_err(|error| error.to_string())
}
