//! What was typed, read once for all who answer it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::words::query::{Demand, Item, Leaf, Mark, Node, Words};
use crate::words::terms::terms;
use crate::words::{Chunk, Field, Query, QueryError, Reading, WordIndex, WordSearch, read};

/// Words of a question that a title must have, all of them, to stand first: with fewer it is a topic.
const TITLE_WORDS: RangeInclusive<usize> = 3..=24;
/// Words of a question that a title may be as a whole.
const WHOLE_TITLE: RangeInclusive<usize> = 1..=64;

/// A question: what it demands of papers, what it means, what else it may be.
///
/// ```
/// use shared::hybrid::Question;
/// let wish = Question::read("why do glasses age?");
/// assert!(!wish.demands());
/// assert_eq!(wish.meaning(), Some("why do glasses age?"));
/// let demand = Question::read("au:hopfield \"neural networks\" year:..1990");
/// assert!(demand.demands());
/// assert_eq!(demand.meaning(), Some("neural networks"));
/// assert_eq!(Question::read("cat:cs.LG").meaning(), None);
/// ```
#[derive(Debug, Clone)]
pub struct Question {
    text: String,
    reading: Reading,
    demands: bool,
    meaning: Option<String>,
    pub(super) author: Option<Query>,
    pub(super) in_title: Option<Query>,
    pub(super) whole_title: Option<WholeTitle>,
}

/// A question that may be a title as a whole.
#[derive(Debug, Clone)]
pub(super) struct WholeTitle {
    /// Finds titles that have all its words.
    pub(super) query: Query,
    /// Its terms, in a row.
    pub(super) terms: Vec<String>,
}

impl WholeTitle {
    fn of(reading: &Reading, text: &str, is_plain: bool) -> Option<Self> {
        let phrase = reading.query.phrase().filter(|words| !words.open);
        let row: Vec<String> = match phrase {
            Some(words) => words.terms.clone(),
            None if is_plain => terms(text).into_iter().map(|term| term.text).collect(),
            None => return None,
        };
        let distinct: BTreeSet<&str> = row.iter().map(String::as_str).collect();
        let all = distinct.iter().map(|term| word(Field::Title, term));
        let query = conjunction(all.collect());
        (WHOLE_TITLE.contains(&row.len())).then_some(Self { query, terms: row })
    }

    /// Whether it is this title.
    pub(super) fn is(&self, title: &str) -> bool {
        // Terms are letters and digits of the title, mostly all of them.
        let n_bytes: usize = self.terms.iter().map(|term| term.len() + 1).sum();
        let may_be = title.len() <= 4 * n_bytes + 16 && 2 * title.len() + 16 >= n_bytes;
        may_be && terms(title).iter().map(|term| &term.text).eq(&self.terms)
    }
}

impl Question {
    /// Reads any text; what is wrong with it is in [`Self::errors`].
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        // Whoever pastes a title in capitals means its AND and NOT as words.
        let is_shouted = text.split_whitespace().nth(2).is_some()
            && !text.contains(char::is_lowercase)
            && !text.contains(['"', ':', '(']);
        let reading = if is_shouted {
            read(&text.to_lowercase())
        } else {
            read(text)
        };
        let demands = reading.query.demands();
        let meaning = if demands {
            reading.query.topic()
        } else {
            text.to_owned()
        };
        let is_plain = !demands && reading.errors.is_empty();
        Self {
            author: is_plain.then(|| by_author(text)).flatten(),
            in_title: is_plain.then(|| in_title(&reading.query)).flatten(),
            whole_title: WholeTitle::of(&reading, text, is_plain),
            meaning: Some(meaning).filter(|meaning| !meaning.is_empty()),
            demands,
            reading,
            text: text.to_owned(),
        }
    }

    /// The text, trimmed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The question as a query by words.
    pub fn query(&self) -> &Query {
        &self.reading.query
    }

    /// What is wrong with the text, by place in [`Self::text`].
    pub fn errors(&self) -> &[QueryError] {
        &self.reading.errors
    }

    /// Whether papers must have something of it, or must not: then only those are answers.
    pub fn demands(&self) -> bool {
        self.demands
    }

    /// What is to be embedded: all of a text in plain words, else the words that papers are to be about;
    /// `None` where there are none.
    pub fn meaning(&self) -> Option<&str> {
        self.meaning.as_deref()
    }

    /// The chunks that its words are in, here or not.
    pub fn needs(&self, words: &WordIndex, search: &WordSearch) -> BTreeSet<Chunk> {
        let mut needs = words.needs(self.query(), search);
        // Names and titles are asked by the same words, but not by the same cutting of them.
        let whole_title = self.whole_title.iter().map(|title| &title.query);
        for other in self.author.iter().chain(&self.in_title).chain(whole_title) {
            needs.append(&mut words.needs(other, search));
        }
        needs
    }
}

/// The text as an author's name that somebody has: given names in full must be among the author's, since
/// `strong field` is no `S. Field`.
fn by_author(text: &str) -> Option<Query> {
    let query = Query::by_author(text)?;
    let Some(Node::Leaf(leaf)) = query.root else {
        return None;
    };
    let Demand::Author(name) = &leaf.demand else {
        return None;
    };
    let in_full = name.given.iter().filter(|given| given.chars().count() > 1);
    let mut all: Vec<Node> = in_full.map(|given| word(Field::Authors, given)).collect();
    all.push(Node::Leaf(leaf));
    Some(conjunction(all))
}

/// A wish of a few words as a demand on titles.
fn in_title(query: &Query) -> Option<Query> {
    let asked: BTreeSet<&str> = query
        .leaves()
        .into_iter()
        .filter_map(|leaf| match &leaf.demand {
            Demand::Words(words) if !words.open => Some(words.terms.iter().map(String::as_str)),
            _ => None,
        })
        .flatten()
        .collect();
    let all = asked.iter().map(|term| word(Field::Title, term)).collect();
    TITLE_WORDS.contains(&asked.len()).then(|| conjunction(all))
}

fn word(field: Field, term: &str) -> Node {
    Node::Leaf(Leaf {
        demand: Demand::Words(Words {
            field: Some(field),
            terms: vec![term.to_owned()],
            quoted: false,
            open: false,
        }),
        bytes: 0..0,
    })
}

/// All of these.
fn conjunction(mut all: Vec<Node>) -> Query {
    let root = if all.len() == 1 {
        all.pop()
    } else {
        let required = |node| Item {
            mark: Mark::Required,
            node,
        };
        Some(Node::Group(all.into_iter().map(required).collect()))
    };
    Query { root }
}
