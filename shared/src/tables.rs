//! Tables as people keep their papers in, for whoever reads them: where a record ends, and what a column is called.

/// Whether a column is called so, `known` in small letters: case does not count, and `-` or a space is as good as `_`,
/// since tables are made by hand.
pub fn is_called(name: &str, known: &str) -> bool {
    let same = |byte: u8| match byte.to_ascii_lowercase() {
        b'-' | b' ' => b'_',
        byte => byte,
    };
    let name = name.trim_ascii();
    name.len() == known.len() && name.bytes().zip(known.bytes()).all(|(a, b)| same(a) == b)
}

/// How a line of a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// The record is whole.
    Closed,
    /// A quoted field goes on in the next line.
    Open,
    /// The quote that closed a field of several lines is followed by something else.
    Broken,
}

/// How a line ends that is a record's first, or, where a quoted field is open in front of it, another one.
pub fn line_end(line: &[u8], delimiter: u8, mut in_quotes: bool) -> LineEnd {
    let mut is_continued = in_quotes;
    let mut rest = line;
    loop {
        if in_quotes {
            let Some(quote) = memchr::memchr(b'"', rest) else {
                return LineEnd::Open;
            };
            rest = &rest[quote + 1..];
            match rest.first() {
                None => return LineEnd::Closed,
                // A doubled quote is a quote of the text.
                Some(b'"') => {
                    rest = &rest[1..];
                    continue;
                }
                Some(&next) if next == delimiter => {}
                Some(_) if is_continued => return LineEnd::Broken,
                Some(_) => {}
            }
        } else if rest.first() == Some(&b'"') {
            in_quotes = true;
            is_continued = false;
            rest = &rest[1..];
            continue;
        }
        let Some(next) = memchr::memchr(delimiter, rest) else {
            return LineEnd::Closed;
        };
        rest = &rest[next + 1..];
        in_quotes = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_ends_with_its_line_unless_a_quote_is_open() {
        for (line, wanted) in [
            ("a,b", LineEnd::Closed),
            ("", LineEnd::Closed),
            ("\"a,b\",c", LineEnd::Closed),
            ("a,\"b", LineEnd::Open),
            ("a,\"b\"\"", LineEnd::Open),
            ("a,\"b\"\"\"", LineEnd::Closed),
            ("a,b\"c", LineEnd::Closed),
            ("\"a\" b,c", LineEnd::Closed),
            ("\"a\" b,\"c", LineEnd::Open),
        ] {
            assert_eq!(line_end(line.as_bytes(), b',', false), wanted, "{line:?}");
        }
        for (line, wanted) in [
            ("", LineEnd::Open),
            ("a,b", LineEnd::Open),
            ("a\"", LineEnd::Closed),
            ("a\",b", LineEnd::Closed),
            ("a\",\"b", LineEnd::Open),
            ("a\"b", LineEnd::Broken),
            ("2,\"Title\",c", LineEnd::Broken),
        ] {
            assert_eq!(line_end(line.as_bytes(), b',', true), wanted, "{line:?}");
        }
    }
}
