//! One row as its file holds it, and the rules that make it a paper.

use std::borrow::Cow;

use shared::Paper;

use super::DropReason;
use super::fields::{Field, N_FIELDS, Named};
use super::value::Value;
use super::withdrawn;
use crate::{arxiv_id, clean};

/// One row, before cleaning; every layout offers what it has.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    fields: [Option<(Named, Value<'a>)>; N_FIELDS],
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

    pub(super) fn not_utf8(error: std::str::Utf8Error) -> Self {
        Self::malformed(format!("not UTF-8 from byte {}", error.valid_up_to() + 1))
    }

    pub(super) fn duplicate(id: &str) -> Self {
        Self {
            reason: DropReason::DuplicateId,
            note: Some(id.to_owned()),
        }
    }
}

impl<'a> Record<'a> {
    /// Takes a value, unless the field has one that counts more.
    pub(super) fn offer(&mut self, named: Named, value: Value<'a>) {
        let place = &mut self.fields[named.field as usize];
        let is_better = match place {
            Some((held, _)) => named.rank < held.rank,
            None => true,
        };
        if is_better && value.says() {
            *place = Some((named, value));
        }
    }

    /// The paper that the row is.
    pub(super) fn into_paper(mut self) -> Result<Paper, Unusable> {
        let id = self.id().map_err(Unusable::malformed)?;
        if id.is_empty() {
            return Err(Unusable {
                reason: DropReason::NoId,
                note: None,
            });
        }
        let mut text = |field| self.text(field).map_err(Unusable::malformed);
        let title = clean::line(&text(Field::Title)?);
        let abstract_ = clean::line(&text(Field::Abstract)?);
        let split = clean::line(&text(Field::Split)?);
        if title.is_empty() && abstract_.is_empty() {
            return Err(Unusable {
                reason: DropReason::NoText,
                note: Some(id),
            });
        }
        // What is no text is no notice either.
        let comments = text(Field::Comments).unwrap_or_default();
        if withdrawn::is_notice(&comments) || withdrawn::is_notice(&abstract_) {
            return Err(Unusable {
                reason: DropReason::Withdrawn,
                note: Some(id),
            });
        }
        let authors = self.authors().map_err(Unusable::malformed)?;
        let categories = self.categories().map_err(Unusable::malformed)?;
        let year = self.year().map_err(Unusable::malformed)?;
        let year = year
            .or_else(|| arxiv_id::parse(&id).map(|found| found.year))
            .or_else(|| self.date());
        Ok(Paper {
            id,
            title,
            abstract_,
            authors,
            categories,
            year,
            split: (!split.is_empty()).then_some(split),
        })
    }

    fn take(&mut self, field: Field) -> (&'static str, Value<'a>) {
        self.fields[field as usize]
            .take()
            .map_or(("", Value::Null), |(named, value)| (named.name, value))
    }

    fn text(&mut self, field: Field) -> Result<Cow<'a, str>, String> {
        let (name, value) = self.take(field);
        value.into_text(name)
    }

    fn id(&mut self) -> Result<String, String> {
        let (name, value) = self.take(Field::Id);
        Ok(clean::id(&value.into_name(name)?))
    }

    fn authors(&mut self) -> Result<String, String> {
        let (name, value) = self.take(Field::Authors);
        let Value::List(names) = value else {
            return Ok(clean::authors(&value.into_text(name)?));
        };
        let mut line = String::new();
        for author in names {
            // A listed name is one name, whatever is in it.
            let author = clean::line(&match author {
                Value::Object(author) => author.unwrap_or_default(),
                author => author.into_text(name)?,
            });
            if !line.is_empty() && !author.is_empty() {
                line.push_str(", ");
            }
            line.push_str(&author);
        }
        Ok(line)
    }

    fn categories(&mut self) -> Result<Vec<String>, String> {
        let codes = |(name, value): (&str, Value)| match value {
            Value::List(values) => {
                let texts: Result<Vec<_>, _> = values
                    .into_iter()
                    .map(|code| code.into_text(name))
                    .collect();
                Ok::<_, String>(clean::category_list(texts?.iter().map(|text| &**text)))
            }
            value => Ok(clean::categories(&value.into_text(name)?)),
        };
        let categories = codes(self.take(Field::Categories))?;
        // One category, so its words stay together.
        let primary = match self.take(Field::PrimaryCategory) {
            (name, Value::Text(text)) => (name, Value::List(vec![Value::Text(text)])),
            other => other,
        };
        let primary = codes(primary)?;
        let mut categories = match primary.first() {
            Some(primary) => clean::with_primary(categories, primary),
            None => categories,
        };
        for code in self.codes_in_keywords() {
            if !categories.contains(&code) {
                categories.push(code);
            }
        }
        Ok(categories)
    }

    /// The codes of arXiv among the keywords, alone or in brackets behind a name.
    ///
    /// Keywords are free words: "Logic" is a topic, and only "Logic (math.LO)" a category.
    fn codes_in_keywords(&mut self) -> Vec<String> {
        let texts = match self.take(Field::Keywords) {
            (_, Value::List(values)) => values,
            (_, value) => vec![value],
        };
        let mut codes = Vec::new();
        // What is no text holds no code.
        for text in texts.into_iter().filter_map(|text| text.into_text("").ok()) {
            let words = text.split(|c: char| c.is_whitespace() || ",;()[]".contains(c));
            let known = words.filter(|word| shared::taxonomy::canonical(word).is_some());
            codes.extend(known.map(str::to_owned));
        }
        codes
    }

    fn year(&mut self) -> Result<Option<u16>, String> {
        match self.take(Field::Year) {
            (_, Value::Null) => Ok(None),
            (_, Value::Whole(year)) => Ok(plausible(year)),
            (_, Value::Float(year)) if year.fract() == 0.0 => Ok(plausible(year as i64)),
            (name, Value::Float(year)) => Err(format!("`{name}` is {year}")),
            (_, Value::Text(text)) => Ok(year_in(&text)),
            (name, other) => Err(format!("`{name}` is {}", other.kind())),
        }
    }

    fn date(&mut self) -> Option<u16> {
        match self.take(Field::Date).1 {
            Value::Text(text) => year_in(&text),
            Value::Whole(year) => plausible(year),
            _ => None,
        }
    }
}

/// The first year in a text such as `2008-11-26`, `26 Nov 2008`, `20081126` or `2008.0`.
fn year_in(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| matches!(digits.len(), 4 | 8))
        .find_map(|digits| plausible(digits[..4].parse().ok()?))
}

/// Collections write 0 or 9999 where they do not know.
fn plausible(year: i64) -> Option<u16> {
    (1600..=2200).contains(&year).then_some(year as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_keywords_only_codes_are_categories() {
        for (keywords, wanted) in [
            ("applications, Logic; Optics", &[][..]),
            ("Quantum Physics", &[]),
            ("Logic (math.LO), sheep (and goats)", &["math.LO"]),
            (
                "cs.LG stat.ML, soil science; hep-th",
                &["cs.LG", "stat.ML", "hep-th"],
            ),
            (
                "Computational Engineering, Finance, and Science (cs.CE)",
                &["cs.CE"],
            ),
            ("MSC 03B.XX, math.XX, e.g. this", &[]),
        ] {
            let text = || Value::Text(Cow::Borrowed(keywords));
            for value in [text(), Value::List(vec![text()])] {
                let mut record = Record::default();
                let named = super::super::fields::named("keywords").expect("a known name");
                record.offer(named, value);
                let found = record.categories().expect("keywords are never refused");
                assert_eq!(found, wanted, "{keywords:?}");
            }
        }
    }

    #[test]
    fn the_year_of_a_date_is_found_however_it_is_written() {
        for (text, wanted) in [
            ("2008-11-26", Some(2008)),
            ("26 Nov 2008", Some(2008)),
            ("Mon, 2 Apr 2007 19:18:42 GMT", Some(2007)),
            ("11/26/2008", Some(2008)),
            ("20081126", Some(2008)),
            ("2008.0", Some(2008)),
            ("2008-11-26T19:18:42.000Z", Some(2008)),
            ("0000-00-00", None),
            ("9999", None),
            ("19", None),
            ("soon", None),
            ("1195000000", None),
            ("२००८", None),
        ] {
            assert_eq!(year_in(text), wanted, "{text:?}");
        }
    }
}
