//! Capitals that must outlive a style which prints titles in small letters.
//!
//! BibTeX's plain styles keep the first letter of a title and of what follows a colon; every other one
//! becomes small unless it stands in braces. A word is put in braces where small letters would be wrong
//! for certain: `BERT`, `GPUs`, `arXiv`, a formula, and any capital in a title that is otherwise small.

/// The title, already made safe, with braces around words that keep their capitals.
pub(super) fn protect(title: &str) -> String {
    let parts = parts(title);
    let sentence = is_sentence_case(&parts);
    let mut out = String::with_capacity(title.len() + 16);
    let mut starts = true;
    for part in parts {
        let (head, core, tail) = trimmed(part);
        let capital = core.starts_with(char::is_uppercase);
        let keeps = has_inner_capital(core) || (capital && sentence && !starts);
        out.push_str(head);
        match keeps {
            // To BibTeX a group that begins with a command is a letter, which it makes small as well.
            true if core.starts_with('\\') => out.extend(["{{", core, "}}"]),
            true => out.extend(["{", core, "}"]),
            false => out.push_str(core),
        }
        out.push_str(tail);
        if part != " " {
            starts = tail.ends_with(':');
        }
    }
    out
}

/// The title cut behind spaces and hyphens that stand neither in braces nor in a formula.
fn parts(title: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut in_math, mut escaped, mut start) = (0_usize, false, false, 0);
    for (at, c) in title.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '$' if !escaped => in_math = !in_math,
            ' ' | '-' if depth == 0 && !in_math && !escaped => {
                // The separator is a part of its own.
                parts.extend([&title[start..at], &title[at..=at]]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&title[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// A part without the punctuation around it, and that before and behind it.
fn trimmed(part: &str) -> (&str, &str, &str) {
    let rest = part.trim_start_matches(['(', '[', '"', '\'', '`', '“', '‘']);
    let (head, rest) = part.split_at(part.len() - rest.len());
    let mut end = rest.len();
    while let Some(c) = rest[..end].chars().next_back() {
        let before = &rest[..end - c.len_utf8()];
        if !".,:;?!)]\"'’”".contains(c) || before.ends_with('\\') {
            break;
        }
        end = before.len();
    }
    (head, &rest[..end], &rest[end..])
}

/// Whether a letter behind the first is large, outside of braces, or one of a formula is.
fn has_inner_capital(core: &str) -> bool {
    let (mut depth, mut in_math, mut first) = (0_usize, false, true);
    for c in core.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '$' => in_math = !in_math,
            c if c.is_uppercase() && depth == 0 && (in_math || !first) => return true,
            c if c.is_uppercase() && in_math => return true,
            _ => {}
        }
        first = false;
    }
    false
}

/// Whether most words are small: then a capital is a name's.
fn is_sentence_case(parts: &[&str]) -> bool {
    // Short words are small in either way to write.
    let long = parts
        .iter()
        .map(|part| trimmed(part).1)
        .filter(|core| core.chars().count() > 3 && core.chars().all(char::is_alphabetic))
        .skip(1);
    let (mut n, mut n_small) = (0, 0);
    for word in long {
        n += 1;
        n_small += usize::from(word.starts_with(char::is_lowercase));
    }
    n_small * 2 > n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn capitals_are_kept_where_small_letters_would_be_wrong() {
        for (title, wanted) in [
            ("Attention Is All You Need", "Attention Is All You Need"),
            (
                "BERT: Pre-training of Deep Bidirectional Transformers",
                "{BERT}: Pre-training of Deep Bidirectional Transformers",
            ),
            (
                "Direct detection of the 229Th nuclear clock transition near Munich",
                "Direct detection of the {229Th} nuclear clock transition near {Munich}",
            ),
            (
                "Bose-Einstein condensation of chromium",
                "Bose-{Einstein} condensation of chromium",
            ),
            (
                "Big Data meets Chemistry: The $\\Delta$-Machine Learning Approach",
                "Big Data meets Chemistry: The {$\\Delta$}-Machine Learning Approach",
            ),
            (
                "Ground states: The case of (MnO), etc.",
                "Ground states: The case of ({MnO}), etc.",
            ),
            ("{BERT} and \\LaTeX", "{BERT} and {{\\LaTeX}}"),
            ("$x$-rays and $\\bar{P}$", "$x$-rays and {$\\bar{P}$}"),
        ] {
            assert_eq!(protect(title), wanted);
        }
    }

    proptest! {
        /// Nothing but braces is added, and they balance.
        #[test]
        fn only_braces_are_added(title in r"[a-zA-Z $:(),-]{0,40}") {
            let protected = protect(&title);
            prop_assert_eq!(protected.replace(['{', '}'], ""), title);
            prop_assert_eq!(protected.matches('{').count(), protected.matches('}').count());
        }
    }
}
