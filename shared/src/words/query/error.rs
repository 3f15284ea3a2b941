//! What is wrong with a query, where, and what to do.

use std::ops::Range;

/// Why a query is not what its writer meant, or may not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (bytes {}..{})", .bytes.start, .bytes.end)]
pub struct QueryError {
    /// Where in the query.
    pub bytes: Range<usize>,
    /// What is wrong.
    pub kind: QueryErrorKind,
}

/// What is wrong with a query; the text says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryErrorKind {
    /// A quotation mark without its second.
    #[error("this quotation does not end: add a closing \"")]
    UnclosedQuote,
    /// `(` without `)`.
    #[error("this parenthesis does not end: add a closing )")]
    UnclosedParenthesis,
    /// `)` without `(`.
    #[error("this parenthesis was never opened: remove it, or add an opening (")]
    UnopenedParenthesis,
    /// A field without anything to look for.
    #[error("nothing follows {field}: write what to look for right behind the colon")]
    EmptyField {
        /// The prefix without its colon, as it was written.
        field: String,
    },
    /// A field that there is not.
    #[error(
        "there is no field {name}: use ti, abs, au, cat, id or year, or put the words in quotes"
    )]
    UnknownField {
        /// The prefix without its colon.
        name: String,
    },
    /// What follows `year:` is neither a year nor a range.
    #[error("{text} is no year: write year:2015, year:2015..2020 or year:>=2019")]
    BadYear {
        /// What follows.
        text: String,
    },
    /// `AND`, `OR` or `NOT` without something on a side where it needs it.
    #[error("{operator} stands alone: put words on both sides of it, or write it in small letters")]
    LoneOperator {
        /// As it was written.
        operator: &'static str,
    },
    /// Only words to leave out.
    #[error("this says only what to leave out: add what to look for")]
    OnlyExclusions,
    /// More than [`super::MAX_TERMS`].
    #[error("a query has at most 64 words: shorten it")]
    TooManyWords,
    /// Deeper than [`super::MAX_DEPTH`].
    #[error("parentheses are nested too deep: at most 32 levels")]
    TooDeep,
}
