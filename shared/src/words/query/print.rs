//! A query as text, the way that it was understood.

use std::fmt::{Display, Formatter, Result};

use super::{Demand, Item, Leaf, Mark, Node, Query, Words};
use crate::words::field::Field;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(f))
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let items = match self {
            Self::Leaf(leaf) => return leaf.fmt(f),
            Self::Group(items) => items,
        };
        // In a row these would be demands.
        let is_soft_demand = |item: &Item| item.mark == Mark::Soft && item.node.is_demand();
        let between = if items.iter().any(is_soft_demand) {
            " OR "
        } else {
            " "
        };
        items.iter().enumerate().try_for_each(|(at, item)| {
            if at > 0 {
                f.write_str(between)?;
            }
            item.fmt(f)
        })
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self.mark {
            Mark::Soft => "",
            Mark::Required => "+",
            Mark::Excluded => "-",
        })?;
        match &self.node {
            Node::Leaf(leaf) => leaf.fmt(f),
            group @ Node::Group(_) => write!(f, "({group})"),
        }
    }
}

impl Display for Leaf {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.demand.fmt(f)
    }
}

impl Display for Demand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Words(words) => words.fmt(f),
            Self::Author(name) => {
                let (surname, given) = (name.surname.join(" "), name.given.join(" "));
                write!(f, "au:\"{surname}, {given}\"")
            }
            Self::Years { from, to } if from == to => write!(f, "year:{from}"),
            Self::Years { from, to: u16::MAX } => write!(f, "year:{from}.."),
            Self::Years { from: 0, to } => write!(f, "year:..{to}"),
            Self::Years { from, to } => write!(f, "year:{from}..{to}"),
            Self::Category { code, open } => {
                let star = if *open { "*" } else { "" };
                value(f, "cat", &format!("{code}{star}"))
            }
            Self::Id(id) => value(f, "id", id),
        }
    }
}

impl Display for Words {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self.field {
            None => "",
            Some(Field::Title) => "ti:",
            Some(Field::Abstract) => "abs:",
            Some(Field::Authors) => "au:",
        })?;
        let star = if self.open { "*" } else { "" };
        if self.quoted {
            write!(f, "\"{}{star}\"", self.terms.join(" "))
        } else {
            write!(f, "{}{star}", self.terms.join("-"))
        }
    }
}

/// A value that is no words; in quotes where it would not be read as one otherwise.
fn value(f: &mut Formatter<'_>, field: &str, value: &str) -> Result {
    if value.contains(|c: char| c.is_whitespace() || "()".contains(c))
        || value.ends_with([',', ';'])
    {
        write!(f, "{field}:\"{value}\"")
    } else {
        write!(f, "{field}:{value}")
    }
}
