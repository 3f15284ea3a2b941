//! CSL-JSON, version 1.0.2 of its schema: an array of items of type `article`, a preprint's.

use serde::Serialize;

use super::name::Name;
use super::{Cited, Place};
use crate::latex::text::to_unicode;

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Issued>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<&'a str>,
    #[serde(rename = "DOI", skip_serializing_if = "Option::is_none")]
    doi: Option<&'a str>,
    #[serde(rename = "URL", skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Author<'a> {
    Person {
        family: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        given: &'a str,
        #[serde(
            rename = "non-dropping-particle",
            skip_serializing_if = "str::is_empty"
        )]
        particle: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        suffix: &'a str,
    },
    Whole {
        literal: &'a str,
    },
}

#[derive(Serialize)]
struct Issued {
    #[serde(rename = "date-parts")]
    date_parts: [[u16; 1]; 1],
}

pub(super) fn write(papers: &[Cited]) -> String {
    let items: Vec<Item> = papers.iter().map(item).collect();
    let text = serde_json::to_string_pretty(&items).expect("an item has no unwritable value");
    format!("{text}\n")
}

fn item<'a>(cited: &'a Cited) -> Item<'a> {
    let Cited { paper, work, key } = cited;
    let (number, publisher, doi) = match &work.place {
        Place::Arxiv(id) => (Some(format!("arXiv:{id}")), Some("arXiv"), None),
        Place::Doi(doi) => (None, None, Some(&**doi)),
        Place::Corpus => {
            let id = paper.id.trim();
            ((!id.is_empty()).then(|| id.to_owned()), None, None)
        }
    };
    Item {
        id: key,
        kind: "article",
        title: to_unicode(&paper.title),
        author: work.authors.iter().map(author).collect(),
        issued: paper.year.map(|year| Issued {
            date_parts: [[year]],
        }),
        number,
        publisher,
        doi,
        url: work.place.url(),
    }
}

fn author(name: &Name) -> Author<'_> {
    match name {
        Name::Group(group) => Author::Whole { literal: group },
        // One name alone is neither a given one nor a surname.
        Name::Person {
            given,
            particle,
            family,
            suffix,
            ..
        } if given.is_empty() && particle.is_empty() && suffix.is_empty() => {
            Author::Whole { literal: family }
        }
        Name::Person {
            given,
            particle,
            family,
            suffix,
            ..
        } => Author::Person {
            family,
            given,
            particle,
            suffix,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::paper;
    use super::super::{Facts, Format, write};

    fn items(papers: &[Facts]) -> Value {
        serde_json::from_str(&write(Format::CslJson, papers)).expect("it is JSON")
    }

    #[test]
    fn an_item_has_what_a_style_asks_for() {
        let authors = "Jan van der Berg, John Bee Jr., ATLAS Collaboration, Madonna";
        let paper = paper("1706.03762v2", "Ni\\~no \"quoted\" $\\mu$", authors, 2017);
        let wanted = json!([{
            "id": "vanderberg2017ninoquotedmu",
            "type": "article",
            "title": "Niño \"quoted\" $\\mu$",
            "author": [
                {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
                {"family": "Bee", "given": "John", "suffix": "Jr."},
                {"literal": "ATLAS Collaboration"},
                {"literal": "Madonna"},
            ],
            "issued": {"date-parts": [[2017]]},
            "number": "arXiv:1706.03762",
            "publisher": "arXiv",
            "URL": "https://arxiv.org/abs/1706.03762",
        }]);
        assert_eq!(items(&[paper]), wanted);
    }

    #[test]
    fn papers_of_elsewhere_claim_no_arxiv() {
        let found = items(&[
            paper("10.1000/182", "T", "A. Bee", 1999),
            paper("lab-17", "U", "", 1999),
        ]);
        assert_eq!(found[0]["DOI"], "10.1000/182");
        assert_eq!(found[0]["publisher"], Value::Null);
        assert_eq!(found[1]["number"], "lab-17");
        assert_eq!(found[1].get("URL"), None);
        assert_eq!(found[1].get("author"), None);
    }
}
