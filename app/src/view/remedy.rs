//! Each error as a sentence, what still works, and what to do.

use crate::engine::protocol::EngineError;

/// What the page was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Opening the build.
    Loading,
    /// Opening what search by meaning needs, while words are open.
    LoadingMeaning,
    /// Searching.
    Searching,
    /// Suggesting categories.
    Classifying,
    /// Opening the map, or asking something about it.
    Mapping,
    /// Making a corpus of the visitor's own.
    Indexing,
    /// Checking the build on this device.
    Checking,
}

impl Doing {
    fn is_loading(self) -> bool {
        matches!(self, Self::Loading | Self::LoadingMeaning)
    }
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start the page anew.
    Reload,
    /// Ask the same again.
    Retry,
    /// Nothing a button could do: other words are needed.
    Rephrase,
}

/// An error as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remedy {
    /// What does not work.
    pub(crate) title: &'static str,
    /// Why.
    pub(crate) cause: String,
    /// What still works, or what to do.
    pub(crate) advice: &'static str,
    /// The button.
    pub(crate) action: Action,
    /// What to quote in a report: the same error gives the same id.
    pub(crate) id: String,
}

/// The remedy of an error.
pub(crate) fn remedy(error: &EngineError, doing: Doing) -> Remedy {
    let action = match error {
        EngineError::Protocol { .. } => Action::Reload,
        EngineError::NoTokens
        | EngineError::UnknownPaper { .. }
        | EngineError::NoClassifier
        | EngineError::NoMap
        | EngineError::InPieces
        | EngineError::NoOwnCorpus
        | EngineError::NoReference => Action::Rephrase,
        _ => Action::Retry,
    };
    let cause = sentence(&error.to_string());
    let digest = shared::Sha256::of(cause.as_bytes()).to_string();
    Remedy {
        title: title(error, doing),
        advice: advice(error, doing),
        action,
        id: format!("{}-{}", error.code(), &digest[..8]),
        cause,
    }
}

fn title(error: &EngineError, doing: Doing) -> &'static str {
    match (error, doing) {
        (EngineError::NoTokens, Doing::Searching) => "Nothing to search by",
        (EngineError::NoTokens, Doing::Mapping) => "Nothing to place",
        (EngineError::NoTokens, _) => "Nothing to classify",
        (EngineError::UnknownPaper { .. }, _) => "This paper is not in the index",
        (EngineError::NoClassifier, _) => "No category suggestions in this build",
        (EngineError::NoMap, _) => "This build has no map",
        (EngineError::InPieces, _) => "This corpus is fetched in pieces",
        (EngineError::NoOwnCorpus, _) => "There is no corpus of your own on this device",
        (EngineError::NoReference, _) => "This build has no reference engine",
        (EngineError::Cancelled, Doing::Loading) => {
            "Search and classification are off: you cancelled the download"
        }
        (EngineError::Cancelled, Doing::LoadingMeaning) => {
            "Search by words works; meaning is off: you cancelled the download"
        }
        (_, Doing::LoadingMeaning) => {
            "Search by words works; meaning and classification are off: the model did not load"
        }
        (_, Doing::Loading) => "Search and classification are off: the index did not load",
        (_, Doing::Searching) => "The search gave no answer",
        (_, Doing::Classifying) => "The classifier gave no answer",
        (_, Doing::Mapping) => "The map did not come",
        (_, Doing::Indexing) => "Your corpus is not made yet",
        (_, Doing::Checking) => "The check was not finished",
    }
}

fn advice(error: &EngineError, doing: Doing) -> &'static str {
    match error {
        EngineError::NoTokens => "Write a word or two.",
        EngineError::UnknownPaper { .. } => "The link may come from another build of the index.",
        EngineError::NoClassifier | EngineError::NoMap => "Search works.",
        EngineError::InPieces => {
            "Files and golden texts can be checked; the roads need all vectors."
        }
        EngineError::NoOwnCorpus => {
            "Go back to the site's corpus and make one there, of a file under “Many papers at once”."
        }
        EngineError::NoRoom => {
            "Private windows keep nothing; otherwise remove other sites' data, and go on: what is done is kept."
        }
        EngineError::NoReference => "Go back to the fast engine: it finds the same papers.",
        EngineError::Protocol { .. } => "Reloading fetches one version of both.",
        EngineError::Fetch { .. } if doing.is_loading() => {
            "Check the connection and try again: what has arrived is kept."
        }
        EngineError::Cancelled if doing.is_loading() => {
            "What has arrived is kept: trying again goes on from there."
        }
        EngineError::Damaged { .. } => "Trying again downloads the file anew.",
        EngineError::Crashed { .. } if !doing.is_loading() => {
            "The engine is being restarted; the page keeps your text."
        }
        _ => "The rest of the page works.",
    }
}

/// A capital in front and a full stop behind; file names keep their case.
fn sentence(message: &str) -> String {
    let first_word = message.split_whitespace().next().unwrap_or_default();
    let mut text = message.trim_end_matches('.').to_owned();
    if !first_word.contains(['.', '-']) && text.is_char_boundary(1) && !text.is_empty() {
        text[..1].make_ascii_uppercase();
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetch() -> EngineError {
        EngineError::Fetch {
            file: "model-0123.bin".to_owned(),
            cause: "status 503".to_owned(),
        }
    }

    #[test]
    fn a_failed_load_names_the_file_and_the_degraded_mode() {
        let remedy = remedy(&fetch(), Doing::Loading);
        assert_eq!(
            remedy.cause,
            "model-0123.bin could not be fetched: status 503."
        );
        assert!(
            remedy.title.contains("off"),
            "the degraded mode is not named: {}",
            remedy.title
        );
        assert_eq!(remedy.action, Action::Retry);
    }

    #[test]
    fn where_only_the_model_failed_the_page_says_that_words_work() {
        for error in [fetch(), EngineError::Cancelled] {
            let title = remedy(&error, Doing::LoadingMeaning).title;
            assert!(title.starts_with("Search by words works"), "{title}");
        }
    }

    #[test]
    fn only_two_versions_need_a_reload() {
        assert_eq!(remedy(&fetch(), Doing::Searching).action, Action::Retry);
        let versions = EngineError::Protocol { page: 1, engine: 2 };
        assert_eq!(remedy(&versions, Doing::Searching).action, Action::Reload);
    }

    #[test]
    fn an_error_keeps_its_id_and_two_errors_do_not_share_one() {
        let id = |error: &EngineError| remedy(error, Doing::Loading).id;
        assert_eq!(id(&fetch()), id(&fetch()));
        let other = EngineError::Fetch {
            file: "x.bin".to_owned(),
            cause: "status 503".to_owned(),
        };
        assert_ne!(id(&fetch()), id(&other));
        assert!(id(&fetch()).starts_with("fetch-"));
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("the engine stopped: x"), "The engine stopped: x.");
        assert_eq!(sentence(""), ".");
    }
}
