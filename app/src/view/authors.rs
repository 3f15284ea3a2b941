//! The author line of a card: eight names, then how many more.

/// Names shown before the rest is folded.
pub(crate) const SHOWN: usize = 8;

/// An author list cut in two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authors<'a> {
    /// The first names, as the corpus separates them.
    pub(crate) first: &'a str,
    /// The others; empty where all fit.
    pub(crate) rest: &'a str,
    /// How many the others are.
    pub(crate) n_rest: usize,
}

/// Cuts `authors`, names separated by `, `, after the eighth.
pub(crate) fn cut(authors: &str) -> Authors<'_> {
    let authors = authors.trim().trim_end_matches(',');
    match authors.match_indices(", ").nth(SHOWN - 1) {
        Some((at, separator)) => {
            let rest = &authors[at + separator.len()..];
            Authors {
                first: &authors[..at],
                rest,
                n_rest: rest.split(", ").count(),
            }
        }
        None => Authors {
            first: authors,
            rest: "",
            n_rest: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> String {
        (0..n)
            .map(|i| format!("A. Üthor{i}"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn eight_names_are_shown_whole() {
        for n in [0, 1, 8] {
            let all = names(n);
            assert_eq!(
                cut(&all),
                Authors {
                    first: &all,
                    rest: "",
                    n_rest: 0
                },
                "{n} names"
            );
        }
    }

    #[test]
    fn the_others_are_counted_and_none_is_lost() {
        let all = names(25);
        let cut = cut(&all);
        assert_eq!(cut.n_rest, 17);
        assert_eq!(cut.first.split(", ").count(), SHOWN);
        assert_eq!(format!("{}, {}", cut.first, cut.rest), all);
    }
}
