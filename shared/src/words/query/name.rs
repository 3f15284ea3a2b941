//! Names of authors, as people write them.

use crate::words::terms::terms;

/// An author's name: surname, and given names or initials.
///
/// Whether a query is a name is for the searcher to decide: it is one where an author has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Terms of the surname; at least one.
    pub surname: Vec<String>,
    /// Terms of the given names, each whole or an initial; at least one.
    pub given: Vec<String>,
}

impl Name {
    /// The most terms of a text that may be a name.
    const MAX_TERMS: usize = 5;

    /// The name that `text` may be: `Surname, Given`, or given names before a surname.
    ///
    /// ```
    /// use shared::words::query::Name;
    /// let name = Name::of("Noether, E.").expect("a name");
    /// assert_eq!((&*name.surname[0], &*name.given[0]), ("noether", "e"));
    /// assert_eq!(Name::of("Emmy Noether").expect("a name").surname, name.surname);
    /// assert_eq!(Name::of("noether"), None);
    /// ```
    pub fn of(text: &str) -> Option<Self> {
        let is_of_a_name = |c: char| c.is_alphabetic() || " .,-'’".contains(c);
        if !text.chars().all(is_of_a_name) {
            return None;
        }
        let name = Self::with_comma(text).or_else(|| {
            let mut given = texts(text);
            let surname = given.pop()?;
            Self::new(vec![surname], given).filter(|_| !text.contains(','))
        })?;
        (name.surname.len() + name.given.len() <= Self::MAX_TERMS).then_some(name)
    }

    /// `Surname, Given`, with one comma.
    pub(super) fn with_comma(text: &str) -> Option<Self> {
        let (surname, given) = text.split_once(',')?;
        Self::new(texts(surname), texts(given)).filter(|_| !given.contains(','))
    }

    /// `surname_given`, as arXiv's interface for programs has it.
    pub(super) fn with_underscore(text: &str) -> Option<Self> {
        let (surname, given) = text.split_once('_')?;
        Self::new(texts(surname), texts(&given.replace('_', " ")))
    }

    fn new(surname: Vec<String>, given: Vec<String>) -> Option<Self> {
        (!surname.is_empty() && !given.is_empty()).then_some(Self { surname, given })
    }

    /// Whether one of the authors, separated by comma and space, has this name.
    ///
    /// The author's name ends with the surname; each given name is one of the author's, in their
    /// order, where an initial stands for any name that it begins.
    pub fn is_among(&self, authors: &str) -> bool {
        authors.split(", ").any(|author| self.is(&texts(author)))
    }

    fn is(&self, author: &[String]) -> bool {
        let Some(theirs) = author.strip_suffix(&*self.surname) else {
            return false;
        };
        let mut theirs = theirs.iter();
        let stands_for =
            |short: &str, long: &str| short.chars().nth(1).is_none() && long.starts_with(short);
        self.given.iter().all(|given| {
            theirs.any(|name| name == given || stands_for(given, name) || stands_for(name, given))
        })
    }
}

fn texts(text: &str) -> Vec<String> {
    terms(text).into_iter().map(|term| term.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_stand_for_names_and_names_for_initials() {
        let line = "J. R. Müller-Lyer, Emmy Noether, Łukasz van der Berg";
        for text in [
            "Noether, Emmy",
            "noether, e.",
            "Emmy Noether",
            "E Noether",
            "Müller-Lyer, J. R.",
            "Muller-Lyer, R.",
            "Lyer, Johannes",
            "van der Berg, L.",
            "Lukasz Berg",
        ] {
            let name = Name::of(text).expect(text);
            assert!(name.is_among(line), "{text:?} is {name:?}");
        }
        for text in [
            "Noether, F.",
            "Emmy Berg",
            "Emma Noether",
            "Lyer, R. J.",
            "Noether, Emmy A.",
        ] {
            let name = Name::of(text).expect(text);
            assert!(!name.is_among(line), "{text:?} is {name:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_none() {
        for text in [
            "",
            "noether",
            "a, b, c",
            ", b",
            "b,",
            "gpt 4",
            "a AND (b)",
            "one two three four five six",
        ] {
            assert_eq!(Name::of(text), None, "{text:?}");
        }
    }
}
