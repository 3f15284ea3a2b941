//! Fields as people typed them → one clean line each.

mod subjects;

use std::borrow::Cow;

use crate::arxiv_id;

pub use subjects::{categories, category_list};

/// One line: runs of white space become one space, control characters go, ends are trimmed.
///
/// Direction marks go too: in a result list one title could otherwise reorder its neighbors.
///
/// ```
/// assert_eq!(ingest::clean::line(" Spin\n  glass\u{0}es "), "Spin glasses");
/// ```
pub fn line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut gap = false;
    let mut rest = text;
    loop {
        // Runs of letters without anything special are most of a text.
        let n_plain = rest
            .bytes()
            .position(|byte| !byte.is_ascii_graphic())
            .unwrap_or(rest.len());
        let (kept, next) = match rest[n_plain..].chars().next() {
            _ if n_plain > 0 => (&rest[..n_plain], n_plain),
            None => return clean,
            Some(c) if c.is_whitespace() || is_invisible(c) => {
                gap |= c.is_whitespace();
                ("", c.len_utf8())
            }
            Some(c) => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        if !kept.is_empty() {
            if gap && !clean.is_empty() {
                clean.push(' ');
            }
            gap = false;
            clean.push_str(kept);
        }
        rest = &rest[next..];
    }
}

fn is_invisible(c: char) -> bool {
    let is_direction_mark = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || c == '\u{feff}' || is_direction_mark
}

/// An identifier: arXiv's in canonical form, any other as it is, on one line.
///
/// ```
/// assert_eq!(ingest::clean::id("arXiv:2310.06825v3"), "2310.06825");
/// assert_eq!(ingest::clean::id(" doc 7v3 "), "doc 7v3");
/// ```
pub fn id(text: &str) -> String {
    let text = line(text);
    arxiv_id::parse(&text).map_or(text, |found| found.id)
}

/// Authors on one line, separated by `, `: semicolons and " and " outside brackets are separators.
///
/// Brackets hold affiliations, in which neither separates people.
///
/// ```
/// use ingest::clean::authors;
/// assert_eq!(authors("A. Bee, C. Dee,\n and E. Eff"), "A. Bee, C. Dee, E. Eff");
/// assert_eq!(authors("A. Bee (Oxford and York); C. Dee"), "A. Bee (Oxford and York), C. Dee");
/// ```
pub fn authors(text: &str) -> String {
    let text = line(text);
    // "The CDF and D0 Collaborations" is one name.
    let separates = |rest: &str| rest.starts_with(" and ") && !rest.ends_with(" Collaborations");
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' | ';' if depth == 0 => {
                names.push(&text[start..at]);
                start = at + 1;
            }
            ' ' if depth == 0 && separates(&text[at..]) => {
                names.push(&text[start..at]);
                start = at + " and".len();
            }
            _ => {}
        }
    }
    names.push(&text[start..]);
    let names = names.into_iter().map(|name| {
        let name = name.trim();
        name.strip_prefix("and ").unwrap_or(name)
    });
    names
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The code by which a category is counted: canonical where arXiv has one, else as it stands.
pub fn canonical_code(code: &str) -> Cow<'_, str> {
    shared::taxonomy::canonical(code).map_or(Cow::Borrowed(code), |row| Cow::Borrowed(row.code))
}

/// Puts the primary category first and drops what is another name for it.
///
/// ```
/// let codes = vec!["cs.NA".to_owned(), "cs.LG".to_owned()];
/// assert_eq!(ingest::clean::with_primary(codes, "math.NA"), ["math.NA", "cs.LG"]);
/// ```
pub fn with_primary(mut codes: Vec<String>, primary: &str) -> Vec<String> {
    let primary = line(primary);
    if primary.is_empty() || codes.first() == Some(&primary) {
        return codes;
    }
    codes.retain(|code| canonical_code(code) != canonical_code(&primary));
    codes.insert(0, primary);
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_white_space_is_one_space_and_control_characters_vanish() {
        for (text, wanted) in [
            ("", ""),
            ("\u{feff}\u{0}\t\n", ""),
            ("a\r\n  b\tc", "a b c"),
            ("a\u{2028}b\u{a0}c\u{85}d", "a b c d"),
            ("na\u{0}ive \u{1b}[1mx", "naive [1mx"),
            ("a \u{7}  b", "a b"),
            ("\u{202e}cba\u{202c}", "cba"),
            ("$\\alpha$ — é 中", "$\\alpha$ — é 中"),
        ] {
            assert_eq!(line(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn authors_are_separated_by_a_comma_and_a_space_however_they_were() {
        for (text, wanted) in [
            ("", ""),
            ("Ada Lovelace", "Ada Lovelace"),
            ("A. Bee and C. Dee", "A. Bee, C. Dee"),
            ("A and B and C", "A, B, C"),
            ("A, B and C", "A, B, C"),
            ("A, B, and C", "A, B, C"),
            ("A;B; C;", "A, B, C"),
            ("A. Sand, B. Andrews", "A. Sand, B. Andrews"),
            (
                "A (1), B (2) ((1) X and Y; Z, (2) W)",
                "A (1), B (2) ((1) X and Y; Z, (2) W)",
            ),
            ("A) and B", "A), B"),
            (
                "The CDF and D0 Collaborations",
                "The CDF and D0 Collaborations",
            ),
        ] {
            assert_eq!(authors(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn the_primary_category_comes_first_and_stands_once_under_one_name() {
        let rows: [(&str, &str, &[&str]); 7] = [
            ("cs.LG stat.ML", "", &["cs.LG", "stat.ML"]),
            ("cs.LG stat.ML", "cs.LG", &["cs.LG", "stat.ML"]),
            ("cs.LG, stat.ML; cs.LG", "stat.ML", &["stat.ML", "cs.LG"]),
            ("cs.NA math.NA", "math.NA", &["math.NA"]),
            ("alg-geom hep-th", "math.AG", &["math.AG", "hep-th"]),
            ("", "astro-ph", &["astro-ph"]),
            ("x.Y", "cs.LG", &["cs.LG", "x.Y"]),
        ];
        for (codes, primary, wanted) in rows {
            let found = with_primary(categories(codes), primary);
            assert_eq!(found, wanted, "{codes:?} with primary {primary:?}");
        }
    }
}
