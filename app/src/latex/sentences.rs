//! Where the sentences of an abstract stand.
//!
//! A full stop ends a sentence where what follows can begin one and what stands before it is no abbreviation
//! and no initial. Formulas are never taken apart; one may begin or end a sentence.

use std::ops::Range;

use super::Part;

/// What a full stop shortens, without the stop, in small letters.
const SHORT: [&str; 34] = [
    "al", "approx", "appl", "ca", "cf", "ch", "dr", "e.g", "eg", "eq", "eqs", "et", "etc", "fig",
    "figs", "i.e", "ie", "lett", "mr", "mrs", "ms", "no", "nos", "phys", "prof", "ref", "refs",
    "resp", "rev", "sec", "sect", "st", "vol", "vs",
];

/// The sentences of a text, in bytes, without the spaces between them.
///
/// # Examples
/// ```
/// use app::latex::{parts, sentences};
/// let text = "Following Lee et al. we set $n=3. 5$. Fig. 2 shows it.";
/// let found: Vec<&str> = sentences(text, &parts(text)).into_iter().map(|at| &text[at]).collect();
/// assert_eq!(found, ["Following Lee et al. we set $n=3. 5$.", "Fig. 2 shows it."]);
/// ```
pub fn sentences(text: &str, parts: &[Part]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in parts {
        let Part::Plain(plain) = part else { continue };
        for (at, c) in text[plain.clone()].char_indices() {
            let at = plain.start + at;
            if !".!?".contains(c) {
                continue;
            }
            // Brackets and quotation marks that close belong to the sentence that they stand behind.
            let behind = text[at + 1..].trim_start_matches([')', ']', '"', '\'', '”', '’']);
            let end = text.len() - behind.len();
            let is_within = end <= plain.end;
            if is_within && begins(behind) && !(c == '.' && is_short(&text[start..at])) {
                push(text, start..end, &mut found);
                start = end;
            }
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

/// Whether a sentence can begin with what stands behind another one's end.
fn begins(behind: &str) -> bool {
    let next = behind.trim_start();
    let is_apart = next.len() < behind.len();
    let first = next.chars().find(|c| !"([\"'“‘`".contains(*c));
    is_apart && first.is_some_and(|c| c.is_uppercase() || c.is_numeric() || "$\\".contains(c))
}

/// Whether the full stop behind a text shortens its last word: an abbreviation, or an initial.
fn is_short(text: &str) -> bool {
    let word = text
        .rsplit([' ', '\n', '\t', '(', '~', '[', ','])
        .next()
        .unwrap_or_default();
    let mut letters = word.chars();
    let is_initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    is_initial || SHORT.contains(&&*word.to_lowercase())
}

fn push(text: &str, at: Range<usize>, found: &mut Vec<Range<usize>>) {
    let sentence = &text[at.clone()];
    let start = at.end - sentence.trim_start().len();
    let end = start + sentence.trim().len();
    if end > start {
        found.push(start..end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::latex::parts;

    fn split(text: &str) -> Vec<&str> {
        let found = sentences(text, &parts(text)).into_iter();
        found.map(|at| &text[at]).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        for (text, wanted) in [
            (
                "One. Two! Three? Four",
                vec!["One.", "Two!", "Three?", "Four"],
            ),
            (
                "As J. Smith et al. showed, i.e. in Fig. 2. We agree.",
                vec!["As J. Smith et al. showed, i.e. in Fig. 2.", "We agree."],
            ),
            (
                "At 3.5 GeV vs. 4.5 GeV. $x$ is new.",
                vec!["At 3.5 GeV vs. 4.5 GeV.", "$x$ is new."],
            ),
            (
                "It is so (or not.) \"Why?\" asks Eq. 3.",
                vec!["It is so (or not.)", "\"Why?\" asks Eq. 3."],
            ),
            (
                "where $a. B$ holds. \\emph{Then} more.",
                vec!["where $a. B$ holds.", "\\emph{Then} more."],
            ),
            ("see arXiv.org. and so on", vec!["see arXiv.org. and so on"]),
            ("", vec![]),
        ] {
            assert_eq!(split(text), wanted, "{text:?}");
        }
    }

    proptest! {
        /// Sentences ascend, lie apart, and leave out nothing but space.
        #[test]
        fn nothing_is_lost_between_sentences(text in r"[A-Ca-c .?!$\\{}()3é]{0,60}") {
            let mut from = 0;
            for at in sentences(&text, &parts(&text)) {
                prop_assert!(at.start >= from && at.end > at.start);
                prop_assert!(text[from..at.start].trim().is_empty());
                from = at.end;
            }
            prop_assert!(text[from..].trim().is_empty());
        }
    }
}
