//! The library: papers with a star, tags, a note, a read mark; kept on this device.
//!
//! An [`Entry`] holds the facts of its paper too, so that the library works with any corpus and without a
//! network. A [`Change`] is applied to what the device holds at that moment, one paper at a time, so that
//! two tabs cannot undo each other's work. `backup` is the file, `list` what a view shows, `ranking` the order
//! that other lists take from it, `store` the device, and [`Library`] the page's handle to all of it; only
//! those last two touch the browser.

mod backup;
mod list;
mod ranking;
mod shelf;
mod store;

use serde::{Deserialize, Serialize};

use crate::cite::Facts;

pub use backup::{BackupError, parse, to_json};
pub use list::{Order, listed, tags};
pub use ranking::{Likeness, Placed, shares};
pub use shelf::{Kept, Library};

/// A paper of the library.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// Id as the corpus gave it.
    pub id: String,
    /// Title.
    pub title: String,
    /// Authors, separated by `, `.
    #[serde(default)]
    pub authors: String,
    /// Category codes, primary first.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Year of first submission.
    #[serde(default)]
    pub year: Option<u16>,
    /// When it got its star, in milliseconds since 1970; `None` for a paper that is only marked as read.
    #[serde(default)]
    pub starred_ms: Option<u64>,
    /// When anything of it was changed last, in milliseconds since 1970.
    pub edited_ms: u64,
    /// Tags, without repetition.
    #[serde(default)]
    pub tags: Vec<String>,
    /// A note.
    #[serde(default)]
    pub note: String,
    /// When it was opened first, in milliseconds since 1970.
    #[serde(default)]
    pub read_ms: Option<u64>,
}

/// What happens to a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It gets a star.
    Star(Facts),
    /// It loses its star, and tags and note with it.
    Remove,
    /// It is marked as read.
    Read(Facts),
    /// The mark goes.
    Unread,
    /// It gets these tags.
    Tags(Vec<String>),
    /// It gets this note.
    Note(String),
    /// What another device, or this one earlier, knew of it is joined in.
    Merge(Entry),
}

impl Entry {
    fn new(facts: &Facts) -> Self {
        Self {
            id: facts.id.clone(),
            title: facts.title.clone(),
            authors: facts.authors.clone(),
            categories: facts.categories.clone(),
            year: facts.year,
            ..Self::default()
        }
    }

    /// What a citation wants to know.
    pub fn facts(&self) -> Facts {
        Facts {
            id: self.id.clone(),
            title: self.title.clone(),
            authors: self.authors.clone(),
            categories: self.categories.clone(),
            year: self.year,
        }
    }

    /// What is known of a paper in two places: the newer edit wins, and where it has nothing, the other's
    /// star, tags, note or mark stays.
    ///
    /// The order of the two does not matter, nor how often one is joined in.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        // Of two edits at one instant neither is newer; any rule will do that both devices share.
        let is_newer = (self.edited_ms, &self) >= (other.edited_ms, &other);
        let (newer, older) = if is_newer {
            (self, other)
        } else {
            (other, self)
        };
        Self {
            starred_ms: newer.starred_ms.or(older.starred_ms),
            tags: if newer.tags.is_empty() {
                older.tags
            } else {
                newer.tags
            },
            note: if newer.note.is_empty() {
                older.note
            } else {
                newer.note
            },
            read_ms: newer.read_ms.or(older.read_ms),
            ..newer
        }
    }

    /// Whether there is anything to keep.
    fn says_something(&self) -> bool {
        self.starred_ms.is_some() || self.read_ms.is_some()
    }
}

/// What becomes of a paper; `None` where nothing of it is kept.
pub fn changed(current: Option<Entry>, change: &Change, now_ms: u64) -> Option<Entry> {
    let edited = |entry: Entry| Entry {
        // A clock that was set back makes no edit older than the one before.
        edited_ms: now_ms.max(entry.edited_ms),
        ..entry
    };
    let or_new = |current: Option<Entry>, facts: &Facts| {
        edited(current.unwrap_or_else(|| Entry::new(facts)))
    };
    let after = match change {
        Change::Star(facts) => {
            let entry = or_new(current, facts);
            Entry {
                starred_ms: entry.starred_ms.or(Some(now_ms)),
                ..entry
            }
        }
        Change::Read(facts) => {
            let entry = or_new(current, facts);
            Entry {
                read_ms: entry.read_ms.or(Some(now_ms)),
                ..entry
            }
        }
        Change::Remove => Entry {
            starred_ms: None,
            tags: Vec::new(),
            note: String::new(),
            ..edited(current?)
        },
        Change::Unread => Entry {
            read_ms: None,
            ..edited(current?)
        },
        Change::Tags(tags) => Entry {
            tags: tags.clone(),
            ..edited(current?)
        },
        Change::Note(note) => Entry {
            note: note.clone(),
            ..edited(current?)
        },
        Change::Merge(entry) => match current {
            Some(current) => current.merged(entry.clone()),
            None => entry.clone(),
        },
    };
    after.says_something().then_some(after)
}

/// The tags that somebody typed, separated by commas.
///
/// ```
/// use app::library::typed_tags;
/// assert_eq!(typed_tags(" to read,graphs,, To  Read"), ["to read", "graphs"]);
/// ```
pub fn typed_tags(text: &str) -> Vec<String> {
    distinct_tags(text.split(','))
}

/// Tags with single spaces; of two that differ in capitals only, the first.
fn distinct_tags<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = |other: &String| other.to_lowercase() == tag.to_lowercase();
        if !tag.is_empty() && !found.iter().any(known) {
            found.push(tag);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts() -> Facts {
        Facts {
            id: "1710.10903".to_owned(),
            title: "Graph Attention Networks".to_owned(),
            ..Facts::default()
        }
    }

    #[test]
    fn a_star_is_kept_from_its_first_day_and_takes_tags_and_note_with_it() {
        let starred = changed(None, &Change::Star(facts()), 10);
        assert_eq!(
            starred.as_ref().and_then(|entry| entry.starred_ms),
            Some(10)
        );
        let again = changed(starred, &Change::Star(facts()), 20);
        assert_eq!(again.as_ref().and_then(|entry| entry.starred_ms), Some(10));
        let noted = changed(again, &Change::Note("why".to_owned()), 30);
        let tagged = changed(noted, &Change::Tags(vec!["a".to_owned()]), 25).expect("it stays");
        assert_eq!((tagged.edited_ms, &*tagged.note), (30, "why"));
        assert_eq!(changed(Some(tagged.clone()), &Change::Remove, 40), None);
        let read = changed(Some(tagged), &Change::Read(facts()), 50);
        let removed = changed(read, &Change::Remove, 60).expect("a read mark stays");
        assert_eq!((removed.read_ms, removed.starred_ms), (Some(50), None));
        assert!(removed.tags.is_empty() && removed.note.is_empty());
        assert_eq!(changed(Some(removed), &Change::Unread, 70), None);
    }

    #[test]
    fn what_is_not_in_the_library_gets_no_note() {
        assert_eq!(changed(None, &Change::Note("x".to_owned()), 1), None);
        assert_eq!(changed(None, &Change::Remove, 1), None);
    }

    #[test]
    fn of_two_devices_the_newer_edit_wins_and_nothing_is_lost() {
        let here = Entry {
            id: "a".to_owned(),
            starred_ms: Some(1),
            edited_ms: 5,
            tags: vec!["old".to_owned()],
            note: "kept".to_owned(),
            ..Entry::default()
        };
        let there = Entry {
            starred_ms: None,
            edited_ms: 9,
            tags: vec!["new".to_owned()],
            note: String::new(),
            read_ms: Some(7),
            ..here.clone()
        };
        let wanted = Entry {
            starred_ms: Some(1),
            note: "kept".to_owned(),
            ..there.clone()
        };
        assert_eq!(here.clone().merged(there.clone()), wanted);
        assert_eq!(there.merged(here), wanted);
    }

    prop_compose! {
        fn entry()(
            starred_ms in prop::option::of(0_u64..4),
            edited_ms in 0_u64..4,
            tags in prop::collection::vec("[ab]", 0..2),
            note in "[xy]{0,1}",
            read_ms in prop::option::of(0_u64..4),
        ) -> Entry {
            Entry { id: "1".to_owned(), starred_ms, edited_ms, tags, note, read_ms, ..Entry::default() }
        }
    }

    proptest! {
        /// Backups may be read in any order, and twice.
        #[test]
        fn merging_knows_no_order(a in entry(), b in entry()) {
            let merged = a.clone().merged(b.clone());
            prop_assert_eq!(&merged, &b.clone().merged(a.clone()));
            prop_assert_eq!(&merged, &merged.clone().merged(b.clone()));
            let had = |of: fn(&Entry) -> bool| of(&a) || of(&b);
            prop_assert_eq!(merged.starred_ms.is_some(), had(|e| e.starred_ms.is_some()));
            prop_assert_eq!(merged.tags.is_empty(), !had(|e| !e.tags.is_empty()));
            prop_assert_eq!(merged.note.is_empty(), !had(|e| !e.note.is_empty()));
            prop_assert_eq!(merged.read_ms.is_some(), had(|e| e.read_ms.is_some()));
        }
    }
}
