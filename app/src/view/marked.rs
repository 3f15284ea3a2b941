//! Titles and abstracts as they read: formulas set, words of the question marked.
//!
//! Nodes are made one by one, never from a string of markup; see [`crate::latex`] for what may be among them.

use std::ops::Range;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::web_sys::Element;

use shared::words::terms;

use crate::engine::protocol::Term;
use crate::latex::{Display, Event, Formula, Part, formula};
use crate::view::browser;

/// The namespace of MathML.
const MATHML: &str = "http://www.w3.org/1998/Math/MathML";

/// Signs that a narrow screen has room for in one line; a formula with more gets a box that scrolls.
const LINE: usize = 24;

/// Whether formulas may stand on lines of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// All in the line: titles.
    One,
    /// As they were written.
    AsWritten,
}

/// A text with its formulas set and a mark around each place, in bytes, ascending and apart. A place that does
/// not lie in the text, in the middle of a character or within a formula stays unmarked.
pub(crate) fn marked(
    text: &str,
    parts: &[Part],
    places: &[(usize, usize)],
    lines: Lines,
) -> Vec<AnyView> {
    let pieces = pieces(text, parts, places).into_iter();
    pieces.map(|piece| piece.view(text, lines)).collect()
}

/// The words of a text, to find those of a question among them.
#[derive(Debug, Clone)]
pub(crate) struct Words(Vec<terms::Term>);

impl Words {
    /// Reads a text, once for all questions.
    pub(crate) fn of(text: &str) -> Self {
        Self(terms::terms(text))
    }

    /// Where the words asked for stand, in bytes.
    pub(crate) fn places(&self, asked: &[Term]) -> Vec<(usize, usize)> {
        let is_asked = |word: &&terms::Term| {
            asked.iter().any(|asked| {
                asked.text == word.text || asked.open && word.text.starts_with(&asked.text)
            })
        };
        let found = self.0.iter().filter(is_asked);
        found
            .map(|word| (word.bytes.start, word.bytes.end))
            .collect()
    }
}

/// What is shown at once.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Marked(&'a str),
    Formula(&'a Formula),
}

impl Piece<'_> {
    fn view(self, text: &str, lines: Lines) -> AnyView {
        match self {
            Self::Text(shown) => shown.to_owned().into_any(),
            Self::Marked(shown) => view! { <mark>{shown.to_owned()}</mark> }.into_any(),
            Self::Formula(found) => set(text, found, lines),
        }
    }
}

/// A formula; its source where it cannot be set.
fn set(text: &str, found: &Formula, lines: Lines) -> AnyView {
    let display = match lines {
        Lines::One => Display::Inline,
        Lines::AsWritten => found.display,
    };
    let source = text[found.source.clone()].to_owned();
    let tex = text[found.tex.clone()].to_owned();
    let Some(events) = formula(&tex, display) else {
        return source.into_any();
    };
    let n_signs: usize = events.iter().map(n_signs).sum();
    let (is_block, is_long) = (display == Display::Block, n_signs > LINE);
    let nodes = Nodes {
        events,
        tex,
        display,
    };
    view! {
        <span
            class="formula"
            class:block=is_block
            class:long=is_long
            data-testid="formula"
            data-source=source
            use:fill=nodes
        ></span>
    }
    .into_any()
}

fn n_signs(event: &Event) -> usize {
    match event {
        Event::Text(text) => text.chars().count(),
        Event::Open { .. } | Event::Close => 0,
    }
}

/// A formula as it enters the page.
#[derive(Clone)]
struct Nodes {
    events: Arc<[Event]>,
    tex: String,
    display: Display,
}

/// Fills an element with a formula, in place of another one that was there.
fn fill(place: Element, nodes: Nodes) {
    // A title is shown anew at every letter of the question, its formulas are not.
    let annotation = place.query_selector("annotation").ok().flatten();
    if annotation.is_some_and(|there| there.text_content().as_deref() == Some(&nodes.tex)) {
        return;
    }
    place.set_text_content(None);
    // Only a name that is no name could be refused, and all of them are ours.
    let _ = browser::append(&place, MATHML, "math").and_then(|math| {
        if nodes.display == Display::Block {
            math.set_attribute("display", "block")?;
        }
        let both = browser::append(&math, MATHML, "semantics")?;
        let mut open = vec![browser::append(&both, MATHML, "mrow")?];
        for event in nodes.events.iter() {
            let Some(inner) = open.last() else { break };
            match event {
                Event::Open { name, attributes } => {
                    let element = browser::append(inner, MATHML, name)?;
                    for (name, value) in attributes {
                        element.set_attribute(name, value)?;
                    }
                    open.push(element);
                }
                Event::Text(text) => inner.set_text_content(Some(text)),
                Event::Close => drop(open.pop()),
            }
        }
        let source = browser::append(&both, MATHML, "annotation")?;
        source.set_attribute("encoding", "application/x-tex")?;
        source.set_text_content(Some(&nodes.tex));
        Ok(())
    });
}

/// The text in pieces.
fn pieces<'a>(text: &'a str, parts: &'a [Part], places: &[(usize, usize)]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for part in parts {
        match part {
            Part::Plain(source) => plain(text, source.clone(), places, &mut pieces),
            Part::Sign { source, shown } => {
                let within =
                    |&(start, end): &(usize, usize)| start < source.end && end > source.start;
                pieces.push(if places.iter().any(within) {
                    Piece::Marked(shown)
                } else {
                    Piece::Text(shown)
                });
            }
            Part::Formula(formula) => pieces.push(Piece::Formula(formula)),
        }
    }
    pieces.retain(|piece| !matches!(piece, Piece::Text("") | Piece::Marked("")));
    pieces
}

/// Pieces of a stretch that shows itself.
fn plain<'a>(
    text: &'a str,
    within: Range<usize>,
    places: &[(usize, usize)],
    pieces: &mut Vec<Piece<'a>>,
) {
    let mut from = within.start;
    for &(start, end) in places {
        let (start, end) = (start.max(within.start), end.min(within.end));
        if start < from || start >= end {
            continue;
        }
        if let (Some(before), Some(piece)) = (text.get(from..start), text.get(start..end)) {
            pieces.extend([Piece::Text(before), Piece::Marked(piece)]);
            from = end;
        }
    }
    pieces.push(Piece::Text(&text[from..within.end]));
}

#[cfg(test)]
mod tests {
    use super::Piece::{Marked, Text};
    use super::*;
    use crate::latex::parts;

    #[test]
    fn pieces_are_the_text_and_places_that_make_no_sense_mark_nothing() {
        let text = "Étale spin glass";
        let parts = parts(text);
        let places = [(0, 1), (7, 11), (9, 12), (99, 100)];
        assert_eq!(
            pieces(text, &parts, &places),
            [Text("Étale "), Marked("spin"), Text(" glass")]
        );
        assert_eq!(pieces("", &[], &[(0, 0)]), []);
    }

    #[test]
    fn words_of_a_question_are_found_however_they_are_written() {
        let text = r#"Schr\"odinger operators on $\mathbb{R}^d$, and operator algebras"#;
        let term = |text: &str, open| Term {
            text: text.to_owned(),
            open,
            fields: Vec::new(),
        };
        let words = Words::of(text);
        let asked = [term("schrodinger", false), term("operator", true)];
        let found: Vec<&str> = (words.places(&asked).into_iter())
            .map(|(start, end)| &text[start..end])
            .collect();
        assert_eq!(found, [r#"Schr\"odinger"#, "operators", "operator"]);
        assert_eq!(words.places(&[term("operator", false)]).len(), 1);
    }

    #[test]
    fn marks_leave_formulas_alone_and_take_signs_whole() {
        let text = r"Poincar\'e maps of $spin$ and {\it spin} glass";
        let parts = parts(text);
        let all: Vec<(usize, usize)> = vec![(0, 10), (20, 24), (35, 39)];
        let shown = pieces(text, &parts, &all);
        let formulas: Vec<&Piece> = (shown.iter())
            .filter(|piece| matches!(piece, Piece::Formula(_)))
            .collect();
        assert_eq!(formulas.len(), 1, "{shown:?}");
        assert_eq!(
            shown[..3],
            [Marked("Poincar"), Marked("é"), Text(" maps of ")]
        );
        assert!(shown[4..].contains(&Marked("spin")), "{shown:?}");
        assert_eq!(
            shown
                .iter()
                .filter(|piece| matches!(piece, Marked(_)))
                .count(),
            3,
            "{shown:?}"
        );
    }
}
