//! What is asked and answered about a corpus of the visitor's own.

use serde::{Deserialize, Serialize};
use shared::Paper;

/// A question about the own corpus of this device. Papers come in parts, each of which is kept as soon as it
/// is embedded: whoever is interrupted goes on behind the last one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum OwnQuestion {
    /// Which one is kept. Answered by [`OwnAnswer::Kept`].
    What,
    /// Embed papers and keep them. Answered by [`OwnAnswer::Part`], at once where they are kept already.
    Part {
        /// Papers whose ids are all different, in this part and in the others.
        papers: Vec<Paper>,
    },
    /// Make a corpus of parts, in place of the one of before. Answered by [`OwnAnswer::Kept`].
    Make {
        /// What it is called.
        name: String,
        /// Names of its parts, in order.
        parts: Vec<String>,
    },
    /// Forget the corpus and all parts. Answered by [`OwnAnswer::Kept`] with none.
    Erase,
}

/// An answer about the own corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", content = "answer", rename_all = "snake_case")]
pub enum OwnAnswer {
    /// The own corpus of this device.
    Kept(Option<OwnCorpus>),
    /// A part is kept.
    Part {
        /// Its name, for [`OwnQuestion::Make`].
        name: String,
    },
}

/// An own corpus, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCorpus {
    /// What it is called.
    pub name: String,
    /// Papers in it.
    pub papers: u32,
    /// What it takes on this device, without the model.
    pub bytes: u64,
}
