//! One row as its file holds it, and the rules that make it a paper.

use shared::Paper;

use super::DropReason;
use crate::{arxiv_id, clean};

/// One row, before cleaning; every reader fills what its layout has.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) abstract_: String,
    pub(super) authors: Authors,
    /// Codes with anything [`clean::categories`] takes between them.
    pub(super) categories: String,
    pub(super) primary_category: String,
    pub(super) year: Option<i64>,
    /// A date that starts with its year; asked only where neither `year` nor the id says.
    pub(super) update_date: String,
    pub(super) split: String,
}

/// Authors in one text, or one text each.
#[derive(Debug)]
pub(super) enum Authors {
    Text(String),
    List(Vec<String>),
}

impl Default for Authors {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// Why a row is no paper.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) reason: DropReason,
    pub(super) note: Option<String>,
}

impl Unusable {
    pub(super) fn malformed(note: impl Into<String>) -> Self {
        Self {
            reason: DropReason::Malformed,
            note: Some(note.into()),
        }
    }

    pub(super) fn duplicate(id: &str) -> Self {
        Self {
            reason: DropReason::DuplicateId,
            note: Some(id.to_owned()),
        }
    }
}

impl Record {
    pub(super) fn into_paper(self) -> Result<Paper, Unusable> {
        let id = clean::id(&self.id);
        if id.is_empty() {
            return Err(Unusable {
                reason: DropReason::NoId,
                note: None,
            });
        }
        let title = clean::line(&self.title);
        let abstract_ = clean::line(&self.abstract_);
        if title.is_empty() && abstract_.is_empty() {
            return Err(Unusable {
                reason: DropReason::NoText,
                note: Some(id),
            });
        }
        let authors = match self.authors {
            Authors::Text(text) => clean::authors(&text),
            Authors::List(names) => names
                .iter()
                .map(|name| clean::line(name))
                .filter(|name| !name.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        };
        let year = self
            .year
            .and_then(plausible)
            .or_else(|| arxiv_id::parse(&id).map(|found| found.year))
            .or_else(|| plausible(self.update_date.trim().get(..4)?.parse().ok()?));
        let categories = clean::categories(&self.categories);
        let split = clean::line(&self.split);
        Ok(Paper {
            id,
            title,
            abstract_,
            authors,
            categories: clean::with_primary(categories, &self.primary_category),
            year,
            split: (!split.is_empty()).then_some(split),
        })
    }
}

/// Collections write 0 or 9999 where they do not know.
fn plausible(year: i64) -> Option<u16> {
    (1600..=2200).contains(&year).then_some(year as u16)
}
