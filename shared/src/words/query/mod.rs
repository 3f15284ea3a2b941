//! The language of queries.
//!
//! | query                         | finds                                                             |
//! |-------------------------------|-------------------------------------------------------------------|
//! | `deep learning`               | papers with either word, those with both first                    |
//! | `"deep learning"`             | this phrase                                                       |
//! | `+deep -learning`             | what must be there, what must not (`NOT learning` too)            |
//! | `neuro*`                      | words that begin so                                               |
//! | `ti: abs: au:`                | a word, a phrase or `(…)` in title, abstract or authors           |
//! | `cat:cs.LG` `cat:cs.*`        | a category, an archive                                            |
//! | `year:2015..2020` `year:>=2019` | years of first submission                                       |
//! | `id:2310.06825`               | the paper of this id                                              |
//! | `a AND b` `a OR b` `(…)`      | `AND` binds closer than `OR`, words in a row closer than `AND`    |
//!
//! Words in a row are wishes; quotations and fields in a row are demands, as they are wherever people
//! search. All operators come down to one form, a group of items each of which is wished for, demanded
//! or excluded: `a AND NOT b` is `+a -b`, `a OR b` is `a b`. So the form that [`Query`] prints is short,
//! and reading what was printed gives the same query.
//!
//! Start at [`Query::parse`], or at [`read`] for what is still being typed.

mod atoms;
mod error;
mod lexer;
mod name;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::field::Field;
pub use error::{QueryError, QueryErrorKind};
pub use name::Name;

/// The most terms of a query.
pub const MAX_TERMS: usize = 64;
/// The most groups in each other.
pub const MAX_DEPTH: usize = 32;

/// A query as it was understood.
///
/// ```
/// use shared::words::Query;
/// let query = Query::parse("Deep AND (nets OR kernels) NOT ti:survey year:>=2019")?;
/// assert_eq!(query.to_string(), "+deep +((nets kernels) -ti:survey +year:2019..)");
/// assert_eq!(Query::parse(&query.to_string())?, query);
/// # Ok::<_, shared::words::QueryError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// What is asked; `None` where the text has no word.
    pub root: Option<Node>,
}

/// A part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// One demand.
    Leaf(Leaf),
    /// Several: a paper has every required item and no excluded one; where nothing but facts is
    /// required, it has at least one of the soft ones, if there are any. At least two items, and at
    /// least one is not excluded.
    Group(Vec<Item>),
}

/// A part of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whether it must be there.
    pub mark: Mark,
    /// What.
    pub node: Node,
}

/// Whether a part of a group must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It adds to the score.
    Soft,
    /// It must be there, and adds to the score.
    Required,
    /// It must not be there.
    Excluded,
}

/// A demand, and where in the query it stands. Two leaves are equal that demand the same.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// What is asked.
    pub demand: Demand,
    /// The bytes of the query's text that ask it, its field included.
    pub bytes: Range<usize>,
}

impl PartialEq for Leaf {
    fn eq(&self, other: &Self) -> bool {
        self.demand == other.demand
    }
}

impl Eq for Leaf {}

/// What a leaf asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Terms, as [`super::terms`] cuts them; at least one.
    Words(Words),
    /// An author by surname and given names or initials: `au:"Noether, E"`.
    Author(Name),
    /// A year in this range, both ends included; 0 and [`u16::MAX`] are open ends.
    Years {
        /// First year.
        from: u16,
        /// Last year.
        to: u16,
    },
    /// A category: this code, and where it is an archive, those of the archive.
    Category {
        /// As it was written, without the asterisk.
        code: String,
        /// Whether any code will do that begins so.
        open: bool,
    },
    /// A paper's id; the canonical form where it is arXiv's.
    Id(String),
}

/// Terms that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Where they are to stand; anywhere where `None`.
    pub field: Option<Field>,
    /// At least one; several of a quotation or of a word such as `x-ray`.
    pub terms: Vec<String>,
    /// Whether several must stand in a row: in quotes, or of a word that is demanded or excluded. Of a
    /// word that is a wish, all terms must be there.
    pub quoted: bool,
    /// Whether any term will do that begins as the last one.
    pub open: bool,
}

/// A query that is still being typed: its best reading, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// What can be searched for as it stands.
    pub query: Query,
    /// What is wrong, by place in the text; empty for a query that [`Query::parse`] takes.
    pub errors: Vec<QueryError>,
}

/// Reads any text: what is open is taken as closed, what means nothing is left out.
///
/// ```
/// let half = shared::words::read("\"deep lear");
/// assert_eq!(half.query.to_string(), "\"deep lear*\"");
/// assert_eq!(half.errors.len(), 1);
/// ```
pub fn read(text: &str) -> Reading {
    parser::read(text)
}

impl Query {
    /// Reads a whole query. A text without words is an empty query.
    ///
    /// # Errors
    /// The first [`QueryError`] by its place in the text.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let Reading { query, errors } = read(text);
        errors.into_iter().next().map_or(Ok(query), Err)
    }

    /// The id that the query as a whole is: `2310.06825v2`, `hep-th/9901001`, `arXiv:…`, an address
    /// at arXiv, or `id:…`.
    pub fn id(&self) -> Option<&str> {
        match &self.root {
            Some(Node::Leaf(Leaf {
                demand: Demand::Id(id),
                ..
            })) => Some(id),
            _ => None,
        }
    }

    /// The text as the name of an author, where it may be one: it is one if this query finds papers.
    ///
    /// ```
    /// use shared::words::Query;
    /// let query = Query::by_author("Noether, E.").expect("a name");
    /// assert_eq!(query.to_string(), "au:\"noether, e\"");
    /// assert_eq!(Query::by_author("gpt-4"), None);
    /// ```
    pub fn by_author(text: &str) -> Option<Self> {
        let leaf = Leaf {
            demand: Demand::Author(Name::of(text)?),
            bytes: 0..text.len(),
        };
        Some(Self {
            root: Some(Node::Leaf(leaf)),
        })
    }

    /// The phrase that the query as a whole is.
    pub fn phrase(&self) -> Option<&Words> {
        match &self.root {
            Some(Node::Leaf(Leaf {
                demand: Demand::Words(words),
                ..
            })) => Some(words).filter(|words| words.quoted),
            _ => None,
        }
    }

    /// Whether a paper must have something of it, or must not: a quotation, a field, an operator.
    pub fn demands(&self) -> bool {
        self.root.as_ref().is_some_and(Node::demands)
    }

    /// The words that papers are to be about, without fields, operators, authors and what is excluded;
    /// may be empty.
    ///
    /// ```
    /// use shared::words::Query;
    /// let query = Query::parse("ti:\"spin glass\" AND theory NOT review au:Parisi year:1980..")?;
    /// assert_eq!(query.topic(), "spin glass theory");
    /// # Ok::<_, shared::words::QueryError>(())
    /// ```
    pub fn topic(&self) -> String {
        let mut words = Vec::new();
        if let Some(root) = &self.root {
            root.topic(&mut words);
        }
        words.join(" ")
    }

    /// Every leaf, in order of the text.
    pub fn leaves(&self) -> Vec<&Leaf> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            root.leaves(&mut found);
        }
        found
    }
}

impl Node {
    fn leaves<'a>(&'a self, to: &mut Vec<&'a Leaf>) {
        match self {
            Self::Leaf(leaf) => to.push(leaf),
            Self::Group(items) => items.iter().for_each(|item| item.node.leaves(to)),
        }
    }

    fn demands(&self) -> bool {
        match self {
            Self::Leaf(_) => self.is_demand(),
            Self::Group(items) => {
                (items.iter()).any(|item| item.mark != Mark::Soft || item.node.demands())
            }
        }
    }

    fn topic<'a>(&'a self, to: &mut Vec<&'a str>) {
        match self {
            Self::Leaf(leaf) => {
                if let Demand::Words(words) = &leaf.demand
                    && words.field != Some(Field::Authors)
                {
                    to.extend(words.terms.iter().map(String::as_str));
                }
            }
            Self::Group(items) => items
                .iter()
                .filter(|item| item.mark != Mark::Excluded)
                .for_each(|item| item.node.topic(to)),
        }
    }

    /// Whether it is a demand even without a mark: a quotation, a field, or a group of such.
    fn is_demand(&self) -> bool {
        match self {
            Self::Leaf(leaf) => match &leaf.demand {
                Demand::Words(words) => words.quoted || words.field.is_some(),
                _ => true,
            },
            Self::Group(items) => items
                .iter()
                .filter(|item| item.mark != Mark::Excluded)
                .all(|item| item.node.is_demand()),
        }
    }

    /// Whether it asks for facts only: a year, a category, an id.
    pub(super) fn is_filter(&self) -> bool {
        match self {
            Self::Leaf(leaf) => match leaf.demand {
                Demand::Words(_) | Demand::Author(_) => false,
                Demand::Years { .. } | Demand::Category { .. } | Demand::Id(_) => true,
            },
            Self::Group(items) => items.iter().all(|item| item.node.is_filter()),
        }
    }

    /// The same as a demand: a word of several parts is a phrase then.
    fn demanded(mut self) -> Self {
        if let Self::Leaf(leaf) = &mut self
            && let Demand::Words(words) = &mut leaf.demand
        {
            words.quoted |= words.terms.len() > 1;
        }
        self
    }

    /// Groups in each other, at most.
    fn depth(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Group(items) => {
                let inner = items.iter().map(|item| item.node.depth());
                1 + inner.max().unwrap_or(0)
            }
        }
    }
}
