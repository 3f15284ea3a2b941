//! A formula as MathML: read by the converter, passed by the gate.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use super::Display;
use super::dialect::{MACROS, plain};
use super::gate::{Event, events};

/// Why a formula stays its source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Groups in each other, deeper than anyone writes.
    #[error("nested too deep")]
    Deep,
    /// The converter does not know it.
    #[error("{0}")]
    Tex(String),
    /// The converter's output holds something that is not on the list.
    #[error("the output holds {0}")]
    Output(String),
}

/// Groups in each other that are read: the converter calls itself for each.
const DEEPEST: usize = 100;

/// A formula's nodes, or that it has none.
type Set = Option<Arc<[Event]>>;

thread_local! {
    static CONVERTER: LatexToMathML = converter();
    static SET: RefCell<HashMap<(String, Display), Set>> = RefCell::default();
}

fn converter() -> LatexToMathML {
    let macros = MACROS.map(|(name, meaning)| (name.to_owned(), meaning.to_owned()));
    let config = MathCoreConfig {
        macros: macros.into(),
        ..MathCoreConfig::default()
    };
    LatexToMathML::new(config).expect("the macros are well formed")
}

/// Formulas that are kept set, so that lists that come again with every letter cost nothing.
const KEPT: usize = 1000;

/// The nodes of a formula inside of `math`; none where it stays its source.
pub fn formula(tex: &str, display: Display) -> Option<Arc<[Event]>> {
    SET.with_borrow_mut(|set| {
        let key = (tex.to_owned(), display);
        if let Some(known) = set.get(&key) {
            return known.clone();
        }
        if set.len() >= KEPT {
            set.clear();
        }
        let nodes = convert(tex, display).ok().map(Arc::from);
        set.insert(key, nodes.clone());
        nodes
    })
}

/// As [`formula`], with the reason.
///
/// # Errors
/// Where the formula is not LaTeX that the converter knows, or its output not known MathML.
pub fn convert(tex: &str, display: Display) -> Result<Vec<Event>, Failure> {
    if depth(tex) > DEEPEST {
        return Err(Failure::Deep);
    }
    let tex = plain(tex);
    let display = match display {
        Display::Inline => MathDisplay::Inline,
        Display::Block => MathDisplay::Block,
    };
    let converted = CONVERTER.with(|converter| converter.convert_with_local_state(&tex, display));
    let converted = converted.map_err(|error| Failure::Tex(error.error_message()))?;
    let inner = converted.mathml.strip_suffix("</math>").and_then(|mathml| {
        let (_, inner) = mathml.split_once('>')?;
        Some(inner)
    });
    events(inner.unwrap_or_default()).map_err(Failure::Output)
}

/// How many calls of itself the converter needs at most: one for each group, pair of `\left` and `\right` or
/// environment that is open, and one for each command that may be the argument of the one before it.
fn depth(tex: &str) -> usize {
    let (mut deepest, mut depth) = (0, 0_usize);
    // What was open where each group began.
    let mut open = Vec::new();
    let mut rest = tex;
    while let Some(c) = rest.chars().next() {
        let mut n = c.len_utf8();
        let opens = match c {
            '\\' => {
                let name = rest[1..].find(|c: char| !c.is_ascii_alphabetic());
                let name = &rest[1..=name.unwrap_or(rest.len() - 1)];
                n += name
                    .len()
                    .max(rest[1..].chars().next().map_or(0, char::len_utf8));
                depth += 1;
                match name {
                    "left" | "begin" => Some(true),
                    "right" | "end" => Some(false),
                    _ => None,
                }
            }
            '{' => Some(true),
            '}' => Some(false),
            c => {
                if !c.is_whitespace() && !"^_".contains(c) {
                    depth = open.last().copied().unwrap_or(0);
                }
                None
            }
        };
        match opens {
            Some(true) => {
                depth += 1;
                open.push(depth);
            }
            Some(false) => {
                open.pop();
                depth = open.last().copied().unwrap_or(0);
            }
            None => {}
        }
        deepest = deepest.max(depth);
        rest = &rest[n..];
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::latex::gate;

    /// The nodes as text, elements in brackets.
    fn written(tex: &str) -> String {
        let events = convert(tex, Display::Inline).unwrap_or_else(|why| panic!("{tex:?}: {why}"));
        let mut out = String::new();
        for event in events {
            match event {
                Event::Open { name, attributes } => {
                    out.push_str(name);
                    for (name, value) in attributes {
                        out.extend([" ", name, "=", &value]);
                    }
                    out.push('(');
                }
                Event::Text(text) => out.push_str(&text),
                Event::Close => out.push(')'),
            }
        }
        out
    }

    #[test]
    fn formulas_become_nodes() {
        assert_eq!(written("x^2"), "msup(mi(x)mn(2))");
        assert_eq!(written(r"a<b \& c"), "mi(a)mo(<)mi(b)mo(&)mi(c)");
        let text = written(r"\text{if \textbf{so}}");
        assert!(text.contains("mtext class=tex-bold(so)"), "{text}");
        assert!(written(r"a\!b").contains("mspace class=tex-back()"));
    }

    #[test]
    fn hostile_sources_make_text_or_nothing() {
        for tex in [
            r"\text{<img src=x onerror=alert(1)>}",
            r#"\mathrm{"><script>alert(1)</script>}"#,
            r"\operatorname{<b>}",
            r"<script>",
            r"\text{&lt;b&gt;}",
            r#"\begin{equation}\label{a"onload=1}x\end{equation}"#,
            r"\href{javascript:alert(1)}{x}",
            r"\url{javascript:alert(1)}",
            r"\ref{x}\eqref{<a>}",
            r"\class{x}{y}\style{color:red}{z}",
            "\u{0}\u{202e}x",
        ] {
            let Ok(events) = convert(tex, Display::Block) else {
                continue;
            };
            for event in events {
                if let Event::Open { name, attributes } = event {
                    assert!(gate::ELEMENTS.contains(&name), "{tex:?} made <{name}>");
                    for (name, value) in attributes {
                        assert!(
                            gate::ATTRIBUTES.contains(&name)
                                || name == "class" && value.starts_with("tex-"),
                            "{tex:?} made {name}={value}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn no_source_is_nested_deeper_than_the_stack() {
        for piece in [
            "{",
            r"\sqrt",
            r"\left(",
            r"\bm{",
            "^{a_",
            r"\frac{1}",
            r"\begin{matrix}",
            r"\not\bar",
        ] {
            let tex = piece.repeat(1000);
            assert!(convert(&tex, Display::Inline).is_err(), "{piece:?}");
        }
        let deep = format!("{}x{}", r"\sqrt{".repeat(49), "}".repeat(49));
        assert!(convert(&deep, Display::Inline).is_ok());
        let wide = r"\alpha x".repeat(300);
        assert!(convert(&wide, Display::Inline).is_ok());
    }

    proptest! {
        /// Whatever stands between dollar signs, nothing panics, and elements open and close in turn.
        #[test]
        fn any_source_makes_a_tree_or_nothing(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    r"\frac", "{", "}", "^", "_", "x", "1", r"\left", r"\right", "(", ")", "[", "]", r"\text", r"\sqrt",
                    r"\begin{array}", r"\end{array}", "{c|c}", "&", r"\\", r"\hline", r"\mathbb", r"\operatorname", "<",
                    ">", "\"", "'", " ", r"\,", r"\!", r"\not", r"\href", r"\label", r"\tag", "#", "%", "$", "é", "𝒳",
                    r"\sum", r"\limits", r"\color{red}", r"\genfrac", r"\hspace{1em}", r"\substack", r"\middle|",
                    r"\over", r"\rm", r"\overset", r"\prescript", r"\binom", r"\big", r"\mbox", "~", r"\phantom",
                ]),
                0..25,
            ),
        ) {
            let tex = pieces.concat();
            if let Ok(events) = convert(&tex, Display::Block) {
                let mut open = 0_usize;
                for event in events {
                    match event {
                        Event::Open { .. } => open += 1,
                        Event::Text(_) => prop_assert!(open > 0),
                        Event::Close => {
                            prop_assert!(open > 0);
                            open -= 1;
                        }
                    }
                }
                prop_assert_eq!(open, 0);
            }
        }
    }
}
