//! Tokens to a query. It never stops: what is wrong is noted, and read as it was probably meant.
//!
//! ```text
//! any  = all (OR all)*
//! all  = row (AND row)*
//! row  = ([+ | - | NOT] atom)+
//! atom = [field] (word | quotation | "(" any ")")
//! ```

use std::ops::Range;

use super::atoms::trimmed;
use super::error::{QueryError, QueryErrorKind};
use super::lexer::{self, Kind, Prefix, Token};
use super::{Demand, Item, Leaf, MAX_DEPTH, Mark, Node, Query, Reading};
use crate::arxiv_id;

/// Parentheses that are open at one time, at most; every group needs one, but not the other way round.
const MAX_PARENTHESES: usize = 4 * MAX_DEPTH;

pub(super) fn read(text: &str) -> Reading {
    if let Some(found) = arxiv_id::parse(text) {
        let leaf = Leaf {
            demand: Demand::Id(found.id),
            bytes: 0..text.len(),
        };
        return Reading {
            query: Query {
                root: Some(Node::Leaf(leaf)),
            },
            errors: Vec::new(),
        };
    }
    let mut errors = Vec::new();
    let tokens = lexer::tokens(text, &mut errors);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        n_open: 0,
        n_terms: 0,
        text,
        errors,
    };
    let root = match parser.any(None) {
        Part::Nothing => None,
        Part::Node(node) => Some(node),
        Part::Exclusions(_, bytes) => {
            parser.note(bytes, QueryErrorKind::OnlyExclusions);
            None
        }
    };
    let root = root.map(|root| as_id(root, text));
    let mut errors = parser.errors;
    errors.sort_by_key(|error| error.bytes.start);
    Reading {
        query: Query { root },
        errors,
    }
}

/// A single word that is arXiv's identifier, whatever stood around it.
fn as_id(root: Node, text: &str) -> Node {
    let Node::Leaf(leaf) = &root else { return root };
    let Demand::Words(words) = &leaf.demand else {
        return root;
    };
    if words.field.is_some() || words.quoted || words.open {
        return root;
    }
    let written = arxiv_id::parse(trimmed(&text[leaf.bytes.clone()]));
    match written.or_else(|| arxiv_id::parse(&words.terms.join("-"))) {
        Some(found) => Node::Leaf(Leaf {
            demand: Demand::Id(found.id),
            bytes: leaf.bytes.clone(),
        }),
        None => root,
    }
}

/// What a part of the text came to.
pub(super) enum Part {
    Nothing,
    Node(Node),
    /// Only what must not be there: a part of the group around it.
    Exclusions(Vec<Item>, Range<usize>),
}

pub(super) struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    /// Parentheses that are open.
    n_open: usize,
    pub(super) n_terms: usize,
    text: &'a str,
    pub(super) errors: Vec<QueryError>,
}

impl<'t, 'a> Parser<'t, 'a> {
    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at)
    }

    pub(super) fn note(&mut self, bytes: Range<usize>, kind: QueryErrorKind) {
        self.errors.push(QueryError { bytes, kind });
    }

    fn lone(&mut self, operator: &'static str, bytes: Range<usize>) {
        self.note(bytes, QueryErrorKind::LoneOperator { operator });
    }

    fn any(&mut self, of: Option<Prefix>) -> Part {
        let start = self.start();
        let mut parts = Vec::new();
        self.operands(Kind::Or, "OR", |parser| match parser.all(of) {
            Part::Nothing => false,
            part => {
                parts.push(part);
                true
            }
        });
        if parts.len() < 2 {
            return parts.pop().unwrap_or(Part::Nothing);
        }
        let mut items = Vec::new();
        for part in parts {
            match part {
                Part::Nothing => {}
                Part::Node(node) => items.push(Item {
                    mark: Mark::Soft,
                    node,
                }),
                // Nearly every paper would be a choice.
                Part::Exclusions(_, bytes) => self.note(bytes, QueryErrorKind::OnlyExclusions),
            }
        }
        self.group(items, start)
    }

    fn all(&mut self, of: Option<Prefix>) -> Part {
        let start = self.start();
        let mut items = Vec::new();
        self.operands(Kind::And, "AND", |parser| match parser.row(of) {
            Part::Nothing => false,
            Part::Node(node) => {
                items.push(Item {
                    mark: Mark::Required,
                    node,
                });
                true
            }
            Part::Exclusions(excluded, _) => {
                items.extend(excluded);
                true
            }
        });
        if items.len() > 1 {
            for item in &mut items {
                let node = std::mem::replace(&mut item.node, Node::Group(Vec::new()));
                item.node = node.demanded();
            }
        }
        self.group(items, start)
    }

    /// Operands between operators of one kind; an operator beside nothing is noted.
    fn operands(
        &mut self,
        between: Kind<'static>,
        operator: &'static str,
        mut operand: impl FnMut(&mut Self) -> bool,
    ) {
        let mut before = operand(self);
        while let Some(token) = self.peek().filter(|token| token.kind == between) {
            let bytes = token.bytes.clone();
            self.at += 1;
            let behind = operand(self);
            if !before || !behind {
                self.lone(operator, bytes);
            }
            before |= behind;
        }
    }

    fn row(&mut self, of: Option<Prefix>) -> Part {
        let start = self.start();
        let mut items = Vec::new();
        while let Some(token) = self.peek() {
            let bytes = token.bytes.clone();
            let mark = match token.kind {
                Kind::And | Kind::Or => break,
                Kind::Close if self.n_open > 0 => break,
                Kind::Close => {
                    self.at += 1;
                    self.note(bytes, QueryErrorKind::UnopenedParenthesis);
                    continue;
                }
                Kind::Plus => Mark::Required,
                Kind::Minus | Kind::Not => Mark::Excluded,
                _ => Mark::Soft,
            };
            let is_not = token.kind == Kind::Not;
            if mark != Mark::Soft {
                self.at += 1;
            }
            let n_errors = self.errors.len();
            match self.atom(of) {
                Part::Nothing if is_not && self.errors.len() == n_errors => self.lone("NOT", bytes),
                Part::Nothing => {}
                Part::Node(node) if mark != Mark::Soft => {
                    let node = node.demanded();
                    items.push(Item { mark, node });
                }
                Part::Node(node) => {
                    let mark = if node.is_demand() {
                        Mark::Required
                    } else {
                        Mark::Soft
                    };
                    items.push(Item { mark, node });
                }
                Part::Exclusions(_, bytes) if mark == Mark::Excluded => {
                    self.note(bytes, QueryErrorKind::OnlyExclusions);
                }
                Part::Exclusions(excluded, _) => items.extend(excluded),
            }
        }
        self.group(items, start)
    }

    /// These items as one part, in its shortest form.
    fn group(&mut self, mut items: Vec<Item>, start: usize) -> Part {
        if items.iter().all(|item| item.mark == Mark::Excluded) {
            return if items.is_empty() {
                Part::Nothing
            } else {
                Part::Exclusions(items, start..self.end())
            };
        }
        let node = match items.pop() {
            Some(item) if items.is_empty() => item.node,
            last => {
                items.extend(last);
                Node::Group(items)
            }
        };
        if node.depth() > MAX_DEPTH {
            self.note(start..self.end(), QueryErrorKind::TooDeep);
            return Part::Nothing;
        }
        Part::Node(node)
    }

    fn atom(&mut self, of: Option<Prefix>) -> Part {
        let Some(token) = self.peek() else {
            return Part::Nothing;
        };
        let bytes = token.bytes.clone();
        match token.kind {
            Kind::Prefix(of, name) => {
                self.at += 1;
                let n_errors = self.errors.len();
                let found = match self.peek().map(|token| token.kind) {
                    Some(Kind::Word(_) | Kind::Quote { .. } | Kind::Open) => self.value(of, &bytes),
                    _ => Part::Nothing,
                };
                if matches!(found, Part::Nothing) && self.errors.len() == n_errors {
                    let field = name.to_owned();
                    self.note(bytes, QueryErrorKind::EmptyField { field });
                }
                found
            }
            Kind::Word(_) | Kind::Quote { .. } | Kind::Open => match of {
                Some(of) => self.value(of, &bytes),
                None => self.plain(&bytes),
            },
            // A second mark, or an operator where a word should be: the row sees to it.
            _ => Part::Nothing,
        }
    }

    /// A group behind its opening parenthesis.
    pub(super) fn parenthesized(&mut self, of: Option<Prefix>, open: &Range<usize>) -> Part {
        if self.n_open == MAX_PARENTHESES {
            self.note(open.clone(), QueryErrorKind::TooDeep);
            self.at = self.tokens.len();
            return Part::Nothing;
        }
        self.n_open += 1;
        let found = self.any(of);
        self.n_open -= 1;
        // What ends a group is its parenthesis, or the text.
        if self.take().is_none() {
            self.note(open.clone(), QueryErrorKind::UnclosedParenthesis);
        }
        found
    }

    pub(super) fn take(&mut self) -> Option<Kind<'a>> {
        let kind = self.peek()?.kind;
        self.at += 1;
        Some(kind)
    }

    /// Where the next token begins.
    fn start(&self) -> usize {
        self.peek()
            .map_or(self.text.len(), |token| token.bytes.start)
    }

    /// Where the last token ended.
    fn end(&self) -> usize {
        let last = self.at.checked_sub(1);
        last.map_or(0, |at| self.tokens[at].bytes.end)
    }
}
