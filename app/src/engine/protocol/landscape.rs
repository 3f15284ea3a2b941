//! What is asked and answered about the map.

use serde::{Deserialize, Serialize};

use super::{Filter, Hit};
use crate::map::place::Placed;
use crate::map::topics::Topic;

/// A question about the map. Papers go by number here: their place in the corpus' order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum MapQuestion {
    /// Fetch and open it. Answered by [`MapAnswer::Opened`] with the columns of
    /// [`crate::map::Sheet`] beside it.
    Open,
    /// The numbers of papers.
    Numbers {
        /// Their ids.
        ids: Vec<String>,
    },
    /// What cards show of papers.
    Papers {
        /// Their numbers.
        numbers: Vec<u32>,
    },
    /// Which papers pass a filter. Answered by [`MapAnswer::Passing`] with a byte a paper beside it.
    Passing {
        /// The filter.
        filter: Filter,
    },
    /// A paper, and who is near to it by meaning, wherever they lie.
    Look {
        /// Its number.
        paper: u32,
        /// Neighbors wanted.
        near: usize,
    },
    /// Where a text would lie.
    Place {
        /// Title; may be empty.
        title: String,
        /// Abstract; may be empty where the title is not.
        abstract_text: String,
    },
}

impl MapQuestion {
    /// Whether it can be answered as soon as words are open; neighbors are missing until meaning is.
    pub fn needs_no_model(&self) -> bool {
        !matches!(self, Self::Place { .. })
    }

    /// Whether the map must be opened first.
    pub fn needs_the_map(&self) -> bool {
        matches!(self, Self::Open | Self::Place { .. })
    }
}

/// An answer about the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", content = "answer", rename_all = "snake_case")]
pub enum MapAnswer {
    /// The map is open; its columns are the message's second part.
    Opened(Landscape),
    /// The papers' numbers, in the order of their ids; none for ids that are not in the corpus.
    Numbers(Vec<Option<u32>>),
    /// The papers, in the order of their numbers.
    Papers(Vec<Hit>),
    /// A byte a paper is the message's second part: 1 where it passes.
    Passing {
        /// How many pass.
        n: usize,
    },
    /// A paper with its neighbors.
    Looked {
        /// The paper.
        paper: Hit,
        /// Numbers of those near to it, the nearest first; none before meaning is open.
        near: Vec<u32>,
    },
    /// Where the text lies; none where nobody near to it has a place.
    Placed {
        /// Its place.
        place: Option<Placed>,
        /// Numbers of those near to it, the nearest first.
        near: Vec<u32>,
    },
}

/// The map but for its columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// Its topics, by number.
    pub topics: Vec<Topic>,
    /// How far 15 neighbors on the map are neighbors by meaning, 0 to 1, as the build measured it.
    pub trustworthiness_at_15: Option<f64>,
}
