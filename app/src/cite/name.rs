//! Names of authors, taken apart as reference managers want them.
//!
//! A corpus gives one line of names in the order in which they are spoken. Particles are found by
//! BibTeX's rule, lower-case words before the surname, and by a list where they stand first or are
//! written large; what is no person's name stays whole.

use crate::latex::text::to_unicode;

/// One author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// A person.
    Person {
        /// Given names and initials; may be empty.
        given: String,
        /// `van der`; may be empty.
        particle: String,
        /// Surname.
        family: String,
        /// `Jr.`, `III`; may be empty.
        suffix: String,
        /// All words but the suffix, in order.
        words: Vec<String>,
    },
    /// A collaboration, or whatever else stays whole.
    Group(String),
}

/// Particles that are known without their small letters.
const PARTICLES: [&str; 24] = [
    "af", "da", "dal", "das", "de", "degli", "del", "dela", "della", "den", "der", "di", "do",
    "dos", "du", "la", "le", "ten", "ter", "van", "vander", "von", "zu", "zur",
];

const SUFFIXES: [&str; 9] = ["Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV", "jr.", "sr."];

/// Last words of what is no person.
const GROUPS: [&str; 9] = [
    "collaboration",
    "collaborations",
    "consortium",
    "group",
    "groups",
    "project",
    "team",
    "teams",
    "survey",
];

/// The authors of a line of names separated by `, `; affiliations in brackets are left out.
pub(super) fn names(line: &str) -> Vec<Name> {
    let line = to_unicode(line);
    let mut found: Vec<String> = Vec::new();
    for part in outside_brackets(&line).split(',') {
        // "Planck Collaboration: P. A. R. Ade".
        for part in part.split(": ") {
            let part = spaced(part);
            let is_suffix = SUFFIXES.contains(&&*part);
            match found.last_mut() {
                Some(last) if is_suffix => {
                    last.push(' ');
                    last.push_str(&part);
                }
                _ if part.is_empty() || is_et_al(&part) => {}
                _ => found.push(part),
            }
        }
    }
    found.iter().map(|name| parse(name)).collect()
}

/// The line without what stands in round or square brackets.
fn outside_brackets(line: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// One space between words, and behind the dot of an initial: `J.R. Bee` is `J. R. Bee`.
fn spaced(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        let mut before = None;
        for c in word.chars() {
            if before == Some('.') && c.is_alphabetic() {
                out.push(' ');
            }
            out.push(c);
            before = Some(c);
        }
    }
    out
}

fn is_et_al(name: &str) -> bool {
    matches!(
        &*name.to_lowercase(),
        "et al" | "et al." | "et. al." | "others"
    )
}

fn parse(name: &str) -> Name {
    let mut words: Vec<String> = name.split(' ').map(str::to_owned).collect();
    let is_group = |word: &String| GROUPS.contains(&&*word.to_lowercase());
    if words.len() > 1 && words.last().is_some_and(is_group) {
        return Name::Group(name.to_owned());
    }
    let has_suffix = words.len() > 2
        && words
            .last()
            .is_some_and(|last| SUFFIXES.contains(&&**last) || last == "V");
    let suffix = has_suffix.then(|| words.pop()).flatten();
    let last = words.len() - 1;
    let small = |word: &str| {
        let letter = word.chars().find(|c| c.is_alphabetic());
        letter.is_some_and(char::is_lowercase)
    };
    let known = |word: &str| PARTICLES.contains(&&*word.to_lowercase());
    // A name may begin with its particle: "van Dam". Other small words there are a way to write.
    let starts = (0..last).find(|&at| {
        let word = &*words[at];
        if at == 0 {
            small(word) && known(word)
        } else {
            small(word) || known(word)
        }
    });
    let start = starts.unwrap_or(last);
    let end = (start..last)
        .rev()
        .find(|&at| small(&words[at]))
        .map_or(start, |at| at + 1);
    Name::Person {
        given: words[..start].join(" "),
        particle: words[start..end].join(" "),
        family: words[end..].join(" "),
        suffix: suffix.unwrap_or_default(),
        words,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `given|particle|family|suffix`, or `=group`.
    fn shown(line: &str) -> Vec<String> {
        let show = |name: Name| match name {
            Name::Person {
                given,
                particle,
                family,
                suffix,
                ..
            } => format!("{given}|{particle}|{family}|{suffix}"),
            Name::Group(group) => format!("={group}"),
        };
        names(line).into_iter().map(show).collect()
    }

    #[test]
    fn names_fall_into_their_parts() {
        for (line, wanted) in [
            ("Ada Lovelace", vec!["Ada||Lovelace|"]),
            (
                "Ada Lovelace, Alan M. Turing,",
                vec!["Ada||Lovelace|", "Alan M.||Turing|"],
            ),
            ("J.R.R. Tolkien", vec!["J. R. R.||Tolkien|"]),
            (
                "Ulf-G. Meißner, J.-P. Bouchaud",
                vec!["Ulf-G.||Meißner|", "J.-P.||Bouchaud|"],
            ),
            ("Jan van der Berg", vec!["Jan|van der|Berg|"]),
            (
                "Joran van Apeldoorn, van Dam",
                vec!["Joran|van|Apeldoorn|", "|van|Dam|"],
            ),
            (
                "Juan de la Cruz Hernandez",
                vec!["Juan|de la|Cruz Hernandez|"],
            ),
            ("J. H. van 't Hoff", vec!["J. H.|van 't|Hoff|"]),
            ("Alessandro De Angelis", vec!["Alessandro||De Angelis|"]),
            ("Muhammad al-Khwarizmi", vec!["Muhammad||al-Khwarizmi|"]),
            ("danah boyd", vec!["danah||boyd|"]),
            ("Madonna", vec!["||Madonna|"]),
            (
                "John Bee Jr., Ann Dee, III, A. V",
                vec!["John||Bee|Jr.", "Ann||Dee|III", "A.||V|"],
            ),
            ("C. Bal\\'azs", vec!["C.||Balázs|"]),
            (
                "A. Bee (Oxford, York), C. Dee (1), et al.",
                vec!["A.||Bee|", "C.||Dee|"],
            ),
            (
                "Planck Collaboration: R. Adam, the Virgo Collaboration",
                vec![
                    "=Planck Collaboration",
                    "R.||Adam|",
                    "=the Virgo Collaboration",
                ],
            ),
            ("Team Rocket", vec!["Team||Rocket|"]),
            ("", vec![]),
        ] {
            assert_eq!(shown(line), wanted, "{line:?}");
        }
    }

    proptest! {
        /// Taking a name apart loses no word of it, and gives everybody a surname.
        #[test]
        fn no_word_of_a_name_is_lost(line in "[A-Za-zäé.' -]{1,40}") {
            for name in names(&line) {
                if let Name::Person { given, particle, family, suffix, .. } = name {
                    prop_assert!(!family.is_empty(), "{line:?} has no surname");
                    let parts = [given, particle, family, suffix];
                    let together: String = parts.concat().split_whitespace().collect();
                    prop_assert_eq!(together, line.split_whitespace().collect::<String>());
                }
            }
        }
    }
}
