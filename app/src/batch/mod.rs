//! The papers of a file, classified or matched one after the other. No browser in it.
//!
//! A [`Run`] says what to ask of the engine next and takes its answers; whoever drives it may stop at any row and
//! go on later. [`judge`] compares what came with labels, [`table`] writes it as CSV.

pub mod judge;
pub mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::protocol::{Classification, EngineError, Hit, Reply, Request};
use crate::papers_file::PapersFile;

/// Papers that each row is matched with, beside itself.
pub const N_NEAREST: usize = 5;
/// Classes kept of each suggestion at least; as many as its set has, where these are more.
const N_KEPT: usize = 5;

/// What becomes of each row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Task {
    /// A category is suggested for its text.
    #[default]
    Classify,
    /// The papers of the corpus that are nearest are found.
    Match,
}

/// A suggestion, as much of it as is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The most probable classes, by number, with their probabilities: all of the set, and five at least.
    pub ranked: Vec<(u16, f64)>,
    /// How many of them are in the prediction set; none where the classifier knows no sets.
    pub set: Option<usize>,
    /// Whether the first one is sure enough to be named.
    pub names: bool,
    /// Whether the text is farther from every paper than papers are from each other.
    pub is_far: bool,
}

impl Placed {
    /// Whether a category is suggested.
    pub fn is_named(&self) -> bool {
        self.names && !self.is_far
    }

    /// The classes of the prediction set.
    pub fn set(&self) -> &[(u16, f64)] {
        let n = self.set.unwrap_or(0);
        self.ranked.get(..n).unwrap_or(&self.ranked)
    }
}

/// A paper that was found for a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its categories, primary first.
    pub categories: Vec<String>,
    /// Cosine with the row; none for the row's own paper.
    pub similarity: Option<f32>,
}

/// What came of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Categories.
    Placed(Placed),
    /// Papers, the row's own first where the corpus has it.
    Matched(Vec<Found>),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// One task on one file: the rows done so far and what came of them.
#[derive(Debug, Clone)]
pub struct Run {
    /// The file.
    pub file: Arc<PapersFile>,
    /// What becomes of its rows.
    pub task: Task,
    /// One a row done, in the order of the file.
    pub outcomes: Vec<Outcome>,
    /// The classifier's classes, by number, in the order of their names.
    pub classes: Vec<String>,
    numbers: HashMap<String, u16>,
}

impl Run {
    /// Nothing is done yet.
    pub fn new(file: Arc<PapersFile>, task: Task) -> Self {
        Self {
            file,
            task,
            outcomes: Vec::new(),
            classes: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// Rows done, and in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.outcomes.len(), self.file.rows.len())
    }

    /// Whether every row is done.
    pub fn is_done(&self) -> bool {
        self.outcomes.len() == self.file.rows.len()
    }

    /// What to ask for the next row; rows that nothing can be asked for are done on the way. `None` at the end.
    pub fn ask(&mut self) -> Option<Request> {
        loop {
            let row = self.file.rows.get(self.outcomes.len())?;
            match self.task {
                Task::Classify if row.has_text() => {
                    return Some(Request::Classify {
                        title: row.title.clone(),
                        abstract_text: row.abstract_text.clone(),
                        evidence: 0,
                    });
                }
                Task::Classify => self
                    .outcomes
                    .push(Outcome::Nothing("no title and no abstract")),
                Task::Match => {
                    return Some(Request::Match {
                        id: row.id.clone(),
                        title: row.title.clone(),
                        abstract_text: row.abstract_text.clone(),
                        k: N_NEAREST,
                    });
                }
            }
        }
    }

    /// Takes the answer to [`Self::ask`].
    ///
    /// # Errors
    /// What is no fault of the row: it is not done, and the same is asked again when the run goes on.
    pub fn take(&mut self, answer: Result<Reply, EngineError>) -> Result<(), EngineError> {
        let outcome = match answer {
            Ok(Reply::Classification(found)) => Outcome::Placed(self.placed(found)),
            Ok(Reply::Matched { itself, nearest }) => {
                let own = itself.into_iter().map(|hit| Found {
                    similarity: None,
                    ..found(hit)
                });
                Outcome::Matched(own.chain(nearest.into_iter().map(found)).collect())
            }
            Ok(_) => {
                let cause = "it answered another question".to_owned();
                return Err(EngineError::Crashed { cause });
            }
            Err(EngineError::NoTokens) => Outcome::Nothing("no word in it"),
            Err(EngineError::UnknownPaper { .. }) => {
                Outcome::Nothing("not in the corpus, and no text to match by")
            }
            Err(error) => return Err(error),
        };
        self.outcomes.push(outcome);
        Ok(())
    }

    fn placed(&mut self, found: Classification) -> Placed {
        if self.classes.is_empty() {
            let names = found.suggestions.iter().map(|one| one.category.clone());
            self.classes = names.collect();
            self.classes.sort_unstable();
            let numbered = self.classes.iter().cloned().zip(0..);
            self.numbers = numbered.collect();
        }
        let verdict = found.held_out;
        let set = verdict.as_ref().map(|verdict| verdict.set);
        let kept = found.suggestions.iter().take(set.unwrap_or(0).max(N_KEPT));
        Placed {
            ranked: kept
                .filter_map(|one| Some((*self.numbers.get(&one.category)?, one.probability)))
                .collect(),
            set,
            names: verdict.is_none_or(|verdict| verdict.names),
            is_far: found.is_far,
        }
    }
}

fn found(hit: Hit) -> Found {
    Found {
        id: hit.id,
        title: hit.title,
        categories: hit.categories,
        similarity: hit.similarity,
    }
}
