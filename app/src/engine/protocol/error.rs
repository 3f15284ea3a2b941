//! What can go wrong, as the page hears it.

use serde::{Deserialize, Serialize};

/// Why a request has no result. Each becomes a sentence and an action on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EngineError {
    /// Page and worker come from two builds.
    #[error("page and engine are of two versions ({page} and {engine}): reload the page")]
    Protocol {
        /// The page's number.
        page: u32,
        /// The worker's number.
        engine: u32,
    },
    /// A file could not be fetched.
    #[error("{file} could not be fetched: {cause}")]
    Fetch {
        /// Its name.
        file: String,
        /// What the browser said.
        cause: String,
    },
    /// A file came, but is not what the manifest promises, or breaks its format.
    #[error("{file} is damaged: {cause}")]
    Damaged {
        /// Its name.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// There is nothing to embed.
    #[error("the text has no word to search by")]
    NoTokens,
    /// No paper of the corpus has this id.
    #[error("no paper {id:?} in this corpus")]
    UnknownPaper {
        /// The id asked for.
        id: String,
    },
    /// The build holds no words.
    #[error("this build has no words to search by: build it again with index-builder")]
    NoWords,
    /// The build holds no classifier.
    #[error("this build has no classifier")]
    NoClassifier,
    /// The reference engine was asked for, but the build has no weights for it.
    #[error("this build has no reference engine")]
    NoReference,
    /// The build holds no map.
    #[error("this build has no map")]
    NoMap,
    /// The corpus comes in pieces, and this needs all of it.
    #[error("this corpus is fetched in pieces, and this needs all of it")]
    InPieces,
    /// The visitor's own corpus was asked for, but this device keeps none.
    #[error("this device keeps no corpus of your own")]
    NoOwnCorpus,
    /// The browser keeps no files, or no more of them.
    #[error("this browser keeps no files, or has no room for more")]
    NoRoom,
    /// The engine is not ready.
    #[error("the engine has not opened a build yet")]
    NotLoaded,
    /// The request was cancelled.
    #[error("the request was cancelled")]
    Cancelled,
    /// The engine stopped: a bug of ours, or memory ran out. It is being restarted.
    #[error("the engine stopped: {cause}")]
    Crashed {
        /// What is known of it.
        cause: String,
    },
    /// A call of `window.offprint` with wrong arguments.
    #[error("{message}")]
    BadArgument {
        /// What was wrong with it.
        message: String,
    },
}

impl EngineError {
    /// The error's short name, the same as its `code` in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Protocol { .. } => "protocol",
            Self::Fetch { .. } => "fetch",
            Self::Damaged { .. } => "damaged",
            Self::NoTokens => "no_tokens",
            Self::UnknownPaper { .. } => "unknown_paper",
            Self::NoWords => "no_words",
            Self::NoClassifier => "no_classifier",
            Self::NoReference => "no_reference",
            Self::NoMap => "no_map",
            Self::InPieces => "in_pieces",
            Self::NoOwnCorpus => "no_own_corpus",
            Self::NoRoom => "no_room",
            Self::NotLoaded => "not_loaded",
            Self::Cancelled => "cancelled",
            Self::Crashed { .. } => "crashed",
            Self::BadArgument { .. } => "bad_argument",
        }
    }
}
