//! Which key does what, and which keys a visitor may choose instead. No browser in it.

use std::collections::BTreeMap;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Ask,
    Clear,
    Next,
    Previous,
    Open,
    Pdf,
    Similar,
    Near,
    Away,
    Abstract,
    Cite,
    Star,
    Read,
    Filters,
    Map,
    Library,
    Undo,
    Help,
}

/// The keys at first, what they do in the words of the help dialog, and what that is here.
pub(crate) const KEYS: [(&str, &str, Action); 18] = [
    ("/", "Go to the search box", Action::Ask),
    ("Esc", "Clear the search box", Action::Clear),
    ("j", "Next result", Action::Next),
    ("k", "Previous result", Action::Previous),
    (
        "o",
        "Open the paper's abstract page, as Enter does",
        Action::Open,
    ),
    ("p", "Open its PDF", Action::Pdf),
    ("m", "More like this", Action::Similar),
    ("+", "Like this too, in a list like others", Action::Near),
    ("-", "Less like this, in a list like others", Action::Away),
    ("a", "Unfold its abstract", Action::Abstract),
    ("c", "Copy its BibTeX", Action::Cite),
    ("s", "Give it a star, or take it away", Action::Star),
    ("r", "Mark it as read, or as not read", Action::Read),
    ("f", "Go to the filters", Action::Filters),
    ("g m", "Go to the map", Action::Map),
    ("g l", "Go to the library", Action::Library),
    ("u", "Undo what was just removed", Action::Undo),
    ("?", "This help", Action::Help),
];

/// What comes before the second letter of two: no key by itself.
pub(crate) const BEFORE: &str = "g";

impl Action {
    fn at(self) -> usize {
        let is_this = |(_, _, action): &(&str, &str, Action)| *action == self;
        KEYS.iter()
            .position(is_this)
            .expect("every action has a row")
    }

    /// The key that it has at first, which names it on this device and on cards (`data-key`).
    pub(crate) fn first_key(self) -> &'static str {
        KEYS[self.at()].0
    }

    /// What it does, in words.
    pub(crate) fn what(self) -> &'static str {
        KEYS[self.at()].1
    }

    /// Whether its key stays: dialogs, menus and editors take Escape, too.
    pub(crate) fn is_fixed(self) -> bool {
        self == Self::Clear
    }
}

/// Why a key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It does something else.
    #[error("{key} is the key of “{}” already: choose another one, or change that one first.", .has.what())]
    Taken {
        /// The key.
        key: String,
        /// What has it.
        has: Action,
    },
    /// It writes nothing, or moves about the page.
    #[error("Only letters, digits and signs can be keys, alone or after g.")]
    NoSign,
}

/// The keys of a visitor, in the order of [`KEYS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bindings(Vec<String>);

impl Default for Bindings {
    fn default() -> Self {
        Self(KEYS.iter().map(|(key, ..)| (*key).to_owned()).collect())
    }
}

impl Bindings {
    /// Reads what [`Self::to_json`] wrote. What makes no sense (any more) is left out, and so is all of it where
    /// two would have one key.
    pub(crate) fn parse(json: &str) -> Self {
        let changed: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
        let mut bindings = Self::default();
        for (at, (first, _, action)) in KEYS.iter().enumerate() {
            if let Some(key) = changed.get(*first)
                && is_key(key)
                && !action.is_fixed()
            {
                bindings.0[at].clone_from(key);
            }
        }
        let is_alone = |key: &String| bindings.0.iter().filter(|other| *other == key).count() == 1;
        if bindings.0.iter().all(is_alone) {
            bindings
        } else {
            Self::default()
        }
    }

    /// The keys that differ from those at first, by these; none where none does.
    pub(crate) fn to_json(&self) -> Option<String> {
        let pairs = KEYS.iter().map(|(first, ..)| *first).zip(&self.0);
        let changed: BTreeMap<&str, &String> = pairs.filter(|(first, key)| first != key).collect();
        let json = || serde_json::to_string(&changed).expect("texts have no unwritable value");
        (!changed.is_empty()).then(json)
    }

    /// The key of an action.
    pub(crate) fn key(&self, action: Action) -> &str {
        &self.0[action.at()]
    }

    /// What a key does.
    pub(crate) fn action(&self, key: &str) -> Option<Action> {
        let at = self.0.iter().position(|known| known == key)?;
        Some(KEYS[at].2)
    }

    /// These, but for one action's key.
    ///
    /// # Errors
    /// Where something else has that key, or it can be none.
    pub(crate) fn with(&self, action: Action, key: &str) -> Result<Self, Refusal> {
        if !is_key(key) || action.is_fixed() {
            return Err(Refusal::NoSign);
        }
        match self.action(key) {
            Some(has) if has != action => Err(Refusal::Taken {
                key: key.to_owned(),
                has,
            }),
            _ => {
                let mut bindings = self.clone();
                key.clone_into(&mut bindings.0[action.at()]);
                Ok(bindings)
            }
        }
    }
}

/// Whether it is one sign, or one after `g`.
fn is_key(key: &str) -> bool {
    let mut words = key.split(' ');
    let sign = match (words.next(), words.next(), words.next()) {
        (Some(BEFORE), Some(sign), None) => sign,
        (Some(sign), None, None) if sign != BEFORE => sign,
        _ => return false,
    };
    let mut signs = sign.chars();
    let is_sign = |c: char| !c.is_control() && !c.is_whitespace();
    signs.next().is_some_and(is_sign) && signs.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key_of_its_own_that_can_be_read_back() {
        let bindings = Bindings::default();
        for (key, what, action) in KEYS {
            assert_eq!(bindings.action(key), Some(action), "{what}");
            assert!(is_key(key) || action.is_fixed(), "{key} of {what}");
        }
        assert_eq!(bindings.to_json(), None);
        let changed = bindings
            .with(Action::Next, "n")
            .and_then(|changed| changed.with(Action::Map, "g j"));
        let changed = changed.expect("both are free");
        assert_eq!(
            (changed.action("n"), changed.action("j")),
            (Some(Action::Next), None)
        );
        let json = changed.to_json().expect("two differ");
        assert_eq!(json, r#"{"g m":"g j","j":"n"}"#);
        assert_eq!(Bindings::parse(&json), changed);
    }

    #[test]
    fn a_key_that_has_its_action_is_refused_with_its_name() {
        let bindings = Bindings::default();
        let refused = bindings.with(Action::Next, "k").expect_err("k is taken");
        let wanted = "k is the key of “Previous result” already: choose another one, or change that one first.";
        assert_eq!(refused.to_string(), wanted);
        assert_eq!(bindings.with(Action::Next, "j").as_ref(), Ok(&bindings));
        // Once that one has another key, it is free.
        let moved = bindings.with(Action::Previous, "ö").expect("ö is free");
        assert!(moved.with(Action::Next, "k").is_ok());
    }

    #[test]
    fn what_writes_nothing_is_no_key() {
        let bindings = Bindings::default();
        for key in [
            "", " ", "g", "Enter", "ArrowUp", "\n", "g ", "g g g", "x y", "g Tab",
        ] {
            assert_eq!(
                bindings.with(Action::Next, key),
                Err(Refusal::NoSign),
                "{key:?}"
            );
        }
        assert_eq!(bindings.with(Action::Clear, "x"), Err(Refusal::NoSign));
    }

    #[test]
    fn what_this_device_kept_and_makes_no_sense_is_left_out() {
        let all = Bindings::default();
        for json in [
            "",
            "[]",
            "{",
            r#"{"j":7}"#,
            r#"{"zz":"x"}"#,
            r#"{"Esc":"x"}"#,
            r#"{"j":"Enter"}"#,
            r#"{"j":"k"}"#,
        ] {
            assert_eq!(Bindings::parse(json), all, "{json}");
        }
        let swapped = Bindings::parse(r#"{"j":"k","k":"j"}"#);
        assert_eq!(swapped.action("k"), Some(Action::Next));
    }
}
