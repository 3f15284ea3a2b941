//! Titles and names made safe to be read by BibTeX and LaTeX.
//!
//! Mathematics, `$…$`, is left as it is: a `$` without its partner opens none.

use std::str::Chars;

use crate::latex::text::math;

/// The text as the inside of a BibTeX field: braces balance, no sign starts a comment, a table cell
/// or a subscript by accident, and a formula is still one.
pub(super) fn safe(text: &str) -> String {
    let text = with_powers(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars();
    let mut in_math = false;
    // Signs so far that may have a partner, in the order of `partners`.
    let mut partner = partners(&text).into_iter();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escaped(&mut out, &mut chars, &mut partner),
            '$' => {
                if partner.next() == Some(true) {
                    in_math = !in_math;
                    out.push('$');
                } else {
                    out.push_str("\\$");
                }
            }
            '{' | '}' => {
                if partner.next() == Some(true) {
                    out.push(c);
                }
            }
            '%' | '#' => out.extend(['\\', c]),
            '&' | '_' if !in_math => out.extend(['\\', c]),
            '^' if !in_math => out.push_str("\\^{}"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A backslash with what belongs to it.
fn escaped(out: &mut String, chars: &mut Chars, partner: &mut impl Iterator<Item = bool>) {
    match chars.next() {
        // It would take the field's own brace with it.
        None => out.push_str("\\textbackslash{}"),
        // BibTeX counts braces, escaped or not.
        Some(brace @ ('{' | '}')) => match (partner.next(), brace) {
            (Some(true), _) => out.extend(['\\', brace]),
            (_, '{') => out.push_str("\\lbrace{}"),
            _ => out.push_str("\\rbrace{}"),
        },
        Some(c) if c.is_control() => out.push_str("\\ "),
        Some(c) => out.extend(['\\', c]),
    }
}

/// The text with powers outside of mathematics as formulas: `^{199}Hg` was meant to be `$^{199}$Hg`.
fn with_powers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let n = match c {
            '$' => math(rest).map_or(1, str::len),
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '^' => {
                if let Some(power) = power(&rest[1..]) {
                    out.push_str("$^");
                    out.push_str(power);
                    out.push('$');
                    rest = &rest[1 + power.len()..];
                    continue;
                }
                1
            }
            c => c.len_utf8(),
        };
        out.push_str(&rest[..n]);
        rest = &rest[n..];
    }
    out
}

/// A letter, a digit or a plain group at the start of a text.
fn power(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    if first.is_ascii_alphanumeric() {
        return Some(&text[..1]);
    }
    let group = text.strip_prefix('{')?;
    let end = group.find(|c: char| !c.is_ascii_alphanumeric() && !"+-*/., ".contains(c))?;
    group[end..].starts_with('}').then(|| &text[..end + 2])
}

/// For every brace, escaped brace and dollar of a text, in order, whether it has its partner.
fn partners(text: &str) -> Vec<bool> {
    let mut found = Vec::new();
    let (mut open, mut open_escaped, mut dollar) = (Vec::new(), Vec::new(), None::<usize>);
    let mut escaped = false;
    for c in text.chars() {
        let at = found.len();
        let braces = if escaped {
            &mut open_escaped
        } else {
            &mut open
        };
        match c {
            '{' => {
                braces.push(at);
                found.push(false);
            }
            '}' => {
                let other = braces.pop();
                if let Some(other) = other {
                    found[other] = true;
                }
                found.push(other.is_some());
            }
            '$' if !escaped => {
                let other = dollar.take();
                match other {
                    Some(other) => found[other] = true,
                    None => dollar = Some(at),
                }
                found.push(other.is_some());
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_bibtex_would_misread_is_made_safe() {
        for (text, wanted) in [
            (
                "A 2.4% Q&A on #P and SLE_k",
                "A 2.4\\% Q\\&A on \\#P and SLE\\_k",
            ),
            ("A 2.4\\% Q\\&A", "A 2.4\\% Q\\&A"),
            ("$a_1 \\& b$ and $x^2$", "$a_1 \\& b$ and $x^2$"),
            ("moment of ^{199}Hg, 10^5", "moment of $^{199}$Hg, 10$^5$"),
            ("a^~b, a^{\\circ}", "a\\^{}~b, a\\^{}{\\circ}"),
            ("costs $5", "costs \\$5"),
            ("a {b} c} {d", "a {b} c d"),
            ("\\{a\\} and \\{b", "\\{a\\} and \\lbrace{}b"),
            ("end\\", "end\\textbackslash{}"),
        ] {
            assert_eq!(safe(text), wanted, "{text:?}");
        }
    }

    /// Depth of BibTeX's braces at the end; `None` where one closes what is not open.
    fn depth(text: &str) -> Option<usize> {
        text.chars().try_fold(0_usize, |depth, c| match c {
            '{' => Some(depth + 1),
            '}' => depth.checked_sub(1),
            _ => Some(depth),
        })
    }

    proptest! {
        /// Whatever a title holds, its field ends where we end it.
        #[test]
        fn braces_balance_and_no_sign_is_left_bare(text in r"[a-zA-Z ${}\\%#&_^~\n'é]{0,40}") {
            let safe = safe(&text);
            prop_assert_eq!(depth(&safe), Some(0), "{:?} became {:?}", text, safe);
            let mut before = false;
            let mut in_math = false;
            for c in safe.chars() {
                if !before {
                    in_math ^= c == '$';
                    let is_bare = "%#".contains(c) || (!in_math && "&_".contains(c));
                    prop_assert!(!is_bare, "{text:?} became {safe:?}, with a bare {c}");
                }
                before = c == '\\' && !before;
            }
            prop_assert!(!in_math && !before, "{text:?} became {safe:?}");
        }
    }
}
