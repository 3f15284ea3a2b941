//! What a query may ask of a paper beside its words.

use crate::artifact::Papers;
use crate::taxonomy::{archive_of, canonical};
use crate::{PaperId, words::Name};

/// Facts about papers.
pub trait Facts {
    /// Year of first submission, where it is known.
    fn year(&self, paper: PaperId) -> Option<u16>;
    /// Whether one of the paper's categories is one that `is` says yes to.
    fn has_category(&self, paper: PaperId, is: &dyn Fn(&str) -> bool) -> bool;
    /// The paper of an id.
    fn find(&self, id: &str) -> Option<PaperId>;
    /// Whether one of the paper's authors has this name; `None` where the names are not here.
    fn has_author(&self, paper: PaperId, name: &Name) -> Option<bool>;
}

impl Facts for Papers {
    fn year(&self, paper: PaperId) -> Option<u16> {
        self.year(paper)
    }

    fn has_category(&self, paper: PaperId, is: &dyn Fn(&str) -> bool) -> bool {
        self.categories(paper).any(is)
    }

    fn find(&self, id: &str) -> Option<PaperId> {
        self.find(id)
    }

    fn has_author(&self, paper: PaperId, name: &Name) -> Option<bool> {
        (self.has_card(paper)).then(|| name.is_among(&self.authors(paper)))
    }
}

/// Whether the category `code` is one that was `asked` for: the same in any case of letters, the same
/// under another name, or one of the archive asked for; and where the question is `open`, one that
/// begins so.
///
/// ```
/// use shared::words::is_category;
/// assert!(is_category("cs", false, "cs.LG") && is_category("cs.l", true, "cs.LG"));
/// assert!(is_category("cs.NA", false, "math.NA"));
/// assert!(!is_category("cs.L", false, "cs.LG"));
/// ```
pub fn is_category(asked: &str, open: bool, code: &str) -> bool {
    let begins = |code: &str| {
        let start = code.get(..asked.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(asked))
    };
    let is_same = |code: &str| code.eq_ignore_ascii_case(asked);
    let is_alias = || canonical(asked).is_some_and(|of| canonical(code) == Some(of));
    is_same(code) || is_same(archive_of(code)) || open && begins(code) || is_alias()
}
