//! LaTeX as arXiv's titles and abstracts have it: formulas as MathML, the text around them as it reads.
//!
//! [`parts`] takes a text apart; [`formula()`] sets one of its formulas. Which dollar signs open mathematics
//! is said in `find`, what commands of running text show in `text` and `prose`, how authors
//! write formulas in `dialect`, and what of the converter's output reaches the page in `gate`. All of it is text in, values out.

mod dialect;
mod find;
mod gate;
mod mathml;
mod prose;
mod sentences;
pub(crate) mod text;

use std::ops::Range;

pub use find::{Display, Formula};
pub use gate::Event;
pub use mathml::{Failure, convert, formula};
pub use sentences::sentences;

/// A piece of a text. Places are in bytes of the whole text, ascending and apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that shows itself.
    Plain(Range<usize>),
    /// A command and what it shows; never taken apart.
    Sign {
        /// Where the command stands.
        source: Range<usize>,
        /// What it shows; may be empty.
        shown: String,
    },
    /// Mathematics.
    Formula(Formula),
}

impl Part {
    /// Where the part stands.
    pub fn source(&self) -> Range<usize> {
        match self {
            Self::Plain(source) | Self::Sign { source, .. } => source.clone(),
            Self::Formula(formula) => formula.source.clone(),
        }
    }
}

/// Takes a text apart: formulas, and the text between them read as it shows. Braces and commands that
/// show nothing belong to no part.
///
/// # Examples
/// ```
/// use app::latex::{Part, parts};
/// let parts = parts(r#"Schr\"odinger at $x^2$, for \$5"#);
/// assert!(matches!(&parts[1], Part::Sign { shown, .. } if shown == "ö"));
/// assert!(matches!(&parts[3], Part::Formula(formula) if formula.tex == (18..21)));
/// assert_eq!(parts.len(), 7);
/// ```
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    for formula in find::formulas(text) {
        prose::read(text, from..formula.source.start, &mut parts);
        from = formula.source.end;
        parts.push(Part::Formula(formula));
    }
    prose::read(text, from..text.len(), &mut parts);
    parts
}

/// The beginning of a text that shows about `n_chars` characters, cut between words and never within a
/// formula; `None` where all of it fits.
pub fn head(text: &str, parts: &[Part], n_chars: usize) -> Option<usize> {
    let mut room = n_chars;
    // Where a word ended last.
    let mut end = 0;
    for part in parts {
        let source = part.source();
        match part {
            Part::Plain(_) => {
                for (at, c) in text[source.clone()].char_indices() {
                    if c.is_whitespace() {
                        let loose = |c: char| c.is_whitespace() || ",;:".contains(c);
                        let words = text[source.start..source.start + at].trim_end_matches(loose);
                        end = source.start + words.len();
                    }
                    if room == 0 {
                        return Some(if end == 0 { source.start + at } else { end });
                    }
                    room -= 1;
                }
            }
            Part::Sign { shown, .. } => room = room.saturating_sub(shown.chars().count()),
            Part::Formula(formula) => {
                // A command sets one sign, and half of the others only say where.
                let n_shown = formula.tex.len() / 2;
                if n_shown > room && end > 0 {
                    return Some(end);
                }
                room = room.saturating_sub(n_shown);
            }
        }
    }
    None
}

/// The parts in front of `end`, the last one cut there.
pub fn until(parts: &[Part], end: usize) -> Vec<Part> {
    between(parts, 0..end)
}

/// The parts within a stretch, text cut at its ends; a command or a formula is in it where it begins there.
pub fn between(parts: &[Part], within: Range<usize>) -> Vec<Part> {
    let cut = |part: &Part| match part {
        Part::Plain(source) => {
            let cut = source.start.max(within.start)..source.end.min(within.end);
            (cut.start < cut.end).then_some(Part::Plain(cut))
        }
        other => (within.contains(&other.source().start)).then(|| other.clone()),
    };
    parts.iter().filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a text shows, formulas as their source.
    fn shown(text: &str) -> String {
        let shown = |part: Part| match part {
            Part::Plain(range) => text[range].to_owned(),
            Part::Sign { shown, .. } => shown,
            Part::Formula(formula) => format!("⟨{}⟩", &text[formula.tex]),
        };
        parts(text).into_iter().map(shown).collect()
    }

    #[test]
    fn formulas_and_signs_are_told_from_text() {
        for (text, wanted) in [
            (
                r"Pole at $m_\pi$ in \(a\) and \[b\] $$c$$",
                r"Pole at ⟨m_\pi⟩ in ⟨a⟩ and ⟨b⟩ ⟨c⟩",
            ),
            (
                r"Erd\H{o}s--R\'enyi, {\it Planck}'s 5\%",
                "Erdős–Rényi, Planck's 5%",
            ),
            (
                r"{\alpha} Centauri, 70 {\mu}m, [O{\sc iii}]",
                "α Centauri, 70 μm, [Oiii]",
            ),
            (r"a \emph{very \textbf{bold}} claim", "a very bold claim"),
            (
                r"moment of ^{199}Hg, K_{3}, \foo{x}",
                r"moment of ^{199}Hg, K_{3}, \foo{x}",
            ),
            (
                "``T.~Bee'' has ~10 kpc---or so",
                "“T.\u{a0}Bee” has ~10 kpc—or so",
            ),
            (
                r"10830 \AA\ line, Gau\ss ian, \url{a.org/~b}",
                "10830 Å line, Gaußian, a.org/~b",
            ),
            (r"in\-ter\-face, 21\,cm", "interface, 21\u{2009}cm"),
            (r"a {lone brace and \", "a {lone brace and \\"),
        ] {
            assert_eq!(shown(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_head_ends_between_words_and_never_within_a_formula() {
        let cut = |text: &str, n| head(text, &parts(text), n).map(|end| text[..end].to_owned());
        assert_eq!(cut("short", 10), None);
        assert_eq!(cut("one two, three", 10).as_deref(), Some("one two"));
        assert_eq!(cut("äöü ßßß ñññ", 8).as_deref(), Some("äöü ßßß"));
        assert_eq!(cut("unbreakable", 4).as_deref(), Some("unbr"));
        let text = r"with $\sum_{i=1}^n x_i^2 + y$ it ends";
        assert_eq!(cut(text, 9).as_deref(), Some("with"));
        assert_eq!(
            cut(text, 16).as_deref(),
            Some(r"with $\sum_{i=1}^n x_i^2 + y$")
        );
    }

    proptest! {
        /// Whatever a text holds: parts ascend, lie apart, and end between characters.
        #[test]
        fn parts_lie_in_the_text_in_order(text in r"[a-z5 $\\{}()\[\]~'^_éß-]{0,60}", n in 0_usize..40) {
            let parts = parts(&text);
            let mut from = 0;
            for part in &parts {
                let source = part.source();
                prop_assert!(source.start >= from && source.end > source.start, "{:?} of {:?}", parts, text);
                prop_assert!(text.get(source.clone()).is_some(), "{:?} of {:?}", part, text);
                from = source.end;
            }
            if let Some(end) = head(&text, &parts, n) {
                prop_assert!(text.get(..end).is_some());
                let within = |part: &Part| {
                    let source = part.source();
                    !matches!(part, Part::Plain(_)) && source.start < end && end < source.end
                };
                prop_assert!(!parts.iter().any(within), "{:?} cut at {}", text, end);
            }
        }

        /// Plain words are one part, shown as they are.
        #[test]
        fn words_show_themselves(text in "[a-zA-Zéß.,:;()0-9 ]{1,60}") {
            prop_assert_eq!(parts(&text), vec![Part::Plain(0..text.len())]);
        }
    }
}
