//! Where mathematics stands in a text, and which dollar signs are money.
//!
//! As arXiv sets it: `$…$` and `\(…\)` in the line; `$$…$$`, `\[…\]` and the environments for equations on
//! lines of their own. A `$` behind a backslash is a dollar.

use std::ops::Range;

/// How a formula is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Display {
    /// In the line of text.
    Inline,
    /// On a line of its own.
    Block,
}

/// A formula of a text; places are bytes of that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// With its delimiters.
    pub source: Range<usize>,
    /// The mathematics alone.
    pub tex: Range<usize>,
    /// How it is meant to be set.
    pub display: Display,
}

/// Longest formula, in bytes: what is longer has lost its other end.
const LONGEST: usize = 3000;

/// Environments that are mathematics by themselves.
const ENVIRONMENTS: [&str; 12] = [
    "equation",
    "equation*",
    "align",
    "align*",
    "gather",
    "gather*",
    "multline",
    "multline*",
    "eqnarray",
    "eqnarray*",
    "displaymath",
    "math",
];

/// The formulas of a text, in order.
pub(super) fn formulas(text: &str) -> Vec<Formula> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['$', '\\']) {
        at += next;
        let formula = if text[at..].starts_with('$') {
            dollars(text, at)
        } else {
            delimited(text, at)
        };
        if let Some(formula) = formula {
            at = formula.source.end;
            found.push(formula);
        } else {
            // Two signs that open nothing close nothing either.
            at += if text[at..].starts_with("$$") {
                2
            } else if text[at..].starts_with('$') {
                1
            } else {
                1 + text[at + 1..].chars().next().map_or(0, char::len_utf8)
            };
        }
    }
    found
}

/// A formula whose delimiters are as long as said; none where nothing stands between them.
fn between(
    text: &str,
    open: Range<usize>,
    close: Range<usize>,
    display: Display,
) -> Option<Formula> {
    let tex = open.end..close.start;
    let is_there = tex.len() <= LONGEST && !text[tex.clone()].trim().is_empty();
    is_there.then_some(Formula {
        source: open.start..close.end,
        tex,
        display,
    })
}

/// The formula that a `$` opens.
fn dollars(text: &str, at: usize) -> Option<Formula> {
    if text[at..].starts_with("$$") {
        let from = at + 2;
        let end = from + text[from..].find("$$")?;
        return between(text, at..from, end..end + 2, Display::Block);
    }
    let from = at + 1;
    let end = from + closing(&text[from..])?;
    let behind = text[end + 1..].chars().next();
    if is_prose(&text[from..end], behind) {
        return None;
    }
    between(text, at..from, end..end + 1, Display::Inline)
}

/// Where the `$` stands that closes a formula: outside of braces, since `\mbox{$x$}` has its own; where
/// braces do not balance, the next one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut first = None;
    let mut escaped = false;
    for (at, c) in text.char_indices().take_while(|(at, _)| *at <= LONGEST) {
        match c {
            _ if escaped => {}
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '$' if depth == 0 => return Some(at),
            '$' => first = first.or(Some(at)),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    first
}

/// Whether what stands between two dollar signs is text, and so the first of them money: `$5 million to $`.
fn is_prose(between: &str, behind: Option<char>) -> bool {
    if between.contains(['\\', '^', '_', '{', '=', '<', '>']) {
        return false;
    }
    let is_word = |word: &&str| {
        let word = word.trim_matches([',', '.', ';', ':', '(', ')', '-']);
        word.len() >= 2 && word.chars().all(char::is_alphabetic)
    };
    let n_words = between.split_whitespace().filter(is_word).count();
    let amount = between.starts_with(|c: char| c.is_ascii_digit());
    let next_amount = behind.is_some_and(|c| c.is_ascii_digit());
    let open_end = between.ends_with(char::is_whitespace);
    match n_words {
        0 => amount && next_amount && between.contains(char::is_whitespace),
        1 => amount && (open_end || next_amount),
        2 => amount || open_end,
        _ => true,
    }
}

/// The formula that `\(`, `\[` or `\begin{…}` opens.
fn delimited(text: &str, at: usize) -> Option<Formula> {
    let rest = &text[at..];
    for (open, close, display) in [
        (r"\(", r"\)", Display::Inline),
        (r"\[", r"\]", Display::Block),
    ] {
        if rest.starts_with(open) {
            let from = at + 2;
            let end = from + text[from..].find(close)?;
            return between(text, at..from, end..end + 2, display);
        }
    }
    let name = rest.strip_prefix(r"\begin{")?;
    let name = &name[..name.find('}')?];
    if !ENVIRONMENTS.contains(&name) {
        return None;
    }
    let close = format!("\\end{{{name}}}");
    let end = at + rest.find(&close)? + close.len();
    // The environment is part of the mathematics: it says how lines are set.
    between(text, at..at, end..end, Display::Block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let formulas = formulas(text).into_iter();
        formulas.map(|formula| &text[formula.source]).collect()
    }

    #[test]
    fn money_is_no_mathematics() {
        for text in [
            "from $5 million to $10 million a year",
            "US$30 and US$40 tickets",
            "costs between $1,000 and $2,000",
            "a $ sign and another $ sign",
            r"an investment of \$ 50000 or \$5",
            "one $ alone",
            "$$ and $ $",
            "at $20 per share, and $x left open",
        ] {
            assert_eq!(found(text), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn formulas_stand_beside_money_and_in_each_other() {
        for (text, wanted) in [
            ("costs $5 and $x^2$ more", vec!["$x^2$"]),
            ("for $n$ log $n$ steps", vec!["$n$", "$n$"]),
            (
                "$O(n log n)$ or $10$ GeV, $ p $",
                vec!["$O(n log n)$", "$10$", "$ p $"],
            ),
            (r"$a \mbox{ if $b$} c$ d", vec![r"$a \mbox{ if $b$} c$"]),
            (r"$\$5$ and \\(x\\) or \(x\)", vec![r"$\$5$", r"\(x\)"]),
            (
                r"so \begin{align*} a &= b \end{align*} holds",
                vec![r"\begin{align*} a &= b \end{align*}"],
            ),
            (r"\begin{itemize} $x$ \end{itemize}", vec!["$x$"]),
            (
                "$1/2$, $3$ and $4$-fold; $2$D",
                vec!["$1/2$", "$3$", "$4$", "$2$"],
            ),
        ] {
            assert_eq!(found(text), wanted, "{text:?}");
        }
    }
}
