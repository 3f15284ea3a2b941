//! Citations: a paper's facts as BibTeX, RIS or CSL-JSON.
//!
//! [`write()`] is the way in. Names are taken apart in `name`, LaTeX is read and made safe in `latex`, keys
//! follow arXiv's rule in `key`; `bibtex`, `ris` and `csl` are one format each. All of it is text in,
//! text out.

mod bibtex;
mod capitals;
mod csl;
mod key;
mod latex;
mod name;
mod ris;

use shared::arxiv_id;

use crate::engine::protocol::Hit;
use name::Name;

/// What is known of a paper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Id as the corpus gives it: arXiv's, a DOI, or the corpus' own.
    pub id: String,
    /// Title; may hold LaTeX.
    pub title: String,
    /// Authors, separated by `, `; may be empty.
    pub authors: String,
    /// Category codes, primary first.
    pub categories: Vec<String>,
    /// Year of first submission.
    pub year: Option<u16>,
}

impl From<&Hit> for Facts {
    fn from(hit: &Hit) -> Self {
        Self {
            id: hit.id.clone(),
            title: hit.title.clone(),
            authors: hit.authors.clone(),
            categories: hit.categories.clone(),
            year: hit.year,
        }
    }
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `@misc{…}`, as arXiv itself gives it.
    BibTex,
    /// Tagged lines, read by every reference manager.
    Ris,
    /// The JSON of the Citation Style Language, for Zotero and pandoc.
    CslJson,
}

impl Format {
    /// Every format, the most asked for first.
    pub const ALL: [Self; 3] = [Self::BibTex, Self::Ris, Self::CslJson];

    /// The format's name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::BibTex => "BibTeX",
            Self::Ris => "RIS",
            Self::CslJson => "CSL-JSON",
        }
    }

    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::BibTex => "bib",
            Self::Ris => "ris",
            Self::CslJson => "json",
        }
    }

    /// The media type of a file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::BibTex => "application/x-bibtex",
            Self::Ris => "application/x-research-info-systems",
            Self::CslJson => "application/vnd.citationstyles.csl+json",
        }
    }
}

/// One text that cites `papers`, in their order.
///
/// ```
/// use app::cite::{Facts, Format, write};
/// let paper = Facts {
///     id: "1710.10903".to_owned(),
///     title: "Graph Attention Networks".to_owned(),
///     authors: "Petar Veličković, Guillem Cucurull".to_owned(),
///     categories: vec!["stat.ML".to_owned(), "cs.LG".to_owned()],
///     year: Some(2017),
/// };
/// let cited = write(Format::BibTex, &[paper]);
/// assert!(cited.starts_with("@misc{veličković2017graphattentionnetworks,\n"));
/// assert!(cited.contains("author={Petar Veličković and Guillem Cucurull}"));
/// ```
pub fn write(format: Format, papers: &[Facts]) -> String {
    let works: Vec<Work> = papers.iter().map(Work::of).collect();
    let keys = key::distinct(papers.iter().zip(&works).map(|(paper, work)| {
        let first = work.authors.first();
        key::of(first, paper.year, &paper.title)
    }));
    let cited: Vec<Cited> = papers
        .iter()
        .zip(works)
        .zip(keys)
        .map(|((paper, work), key)| Cited { paper, work, key })
        .collect();
    match format {
        Format::BibTex => bibtex::write(&cited),
        Format::Ris => ris::write(&cited),
        Format::CslJson => csl::write(&cited),
    }
}

/// Where a paper is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// On arXiv, under this id without version.
    Arxiv(String),
    /// Behind this DOI.
    Doi(String),
    /// The corpus knows; the id says no more.
    Corpus,
}

impl Place {
    fn of(id: &str) -> Self {
        if let Some(found) = arxiv_id::parse(id) {
            return Self::Arxiv(found.id);
        }
        let bare = id.trim();
        let starts = ["https://doi.org/", "http://doi.org/", "doi:"];
        let bare = starts
            .iter()
            .find_map(|start| bare.strip_prefix(start))
            .unwrap_or(bare);
        // https://www.doi.org/the-identifier/resources/handbook: a directory of digits, a slash, a name.
        let is_doi = bare
            .strip_prefix("10.")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(registrant, name)| {
                registrant.starts_with(|c: char| c.is_ascii_digit())
                    && !name.is_empty()
                    && !name.contains(char::is_whitespace)
            });
        if is_doi {
            Self::Doi(bare.to_owned())
        } else {
            Self::Corpus
        }
    }

    /// Address of the paper's page.
    fn url(&self) -> Option<String> {
        match self {
            Self::Arxiv(id) => Some(format!("https://arxiv.org/abs/{id}")),
            Self::Doi(doi) => Some(format!("https://doi.org/{doi}")),
            Self::Corpus => None,
        }
    }
}

/// What every format wants to know of a paper.
struct Work {
    place: Place,
    authors: Vec<Name>,
}

impl Work {
    fn of(paper: &Facts) -> Self {
        Self {
            place: Place::of(&paper.id),
            authors: name::names(&paper.authors),
        }
    }
}

/// A paper with its key in this text.
struct Cited<'a> {
    paper: &'a Facts,
    work: Work,
    key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A paper with these facts and nothing else.
    pub(super) fn paper(id: &str, title: &str, authors: &str, year: u16) -> Facts {
        Facts {
            id: id.to_owned(),
            title: title.to_owned(),
            authors: authors.to_owned(),
            categories: Vec::new(),
            year: Some(year),
        }
    }

    #[test]
    fn an_id_says_where_its_paper_is() {
        for (id, place) in [
            ("1706.03762v5", Place::Arxiv("1706.03762".to_owned())),
            ("hep-th/9901001", Place::Arxiv("hep-th/9901001".to_owned())),
            ("math.GT/0309136", Place::Arxiv("math/0309136".to_owned())),
            (
                "10.1103/PhysRev.47.777",
                Place::Doi("10.1103/PhysRev.47.777".to_owned()),
            ),
            ("doi:10.1000/182", Place::Doi("10.1000/182".to_owned())),
            ("10.5/a b", Place::Corpus),
            ("paper-17", Place::Corpus),
            ("", Place::Corpus),
        ] {
            assert_eq!(Place::of(id), place, "{id:?}");
        }
    }

    #[test]
    fn papers_that_would_share_a_key_get_letters_in_every_format() {
        let twins = [
            paper("2001.00001", "On Spin", "A. Bee", 2020),
            paper("2001.00002", "On spin", "B. Bee", 2020),
        ];
        for format in Format::ALL {
            let text = write(format, &twins);
            for key in ["bee2020spin", "bee2020spina"] {
                let found = text
                    .split(|c: char| !c.is_alphanumeric())
                    .filter(|word| *word == key)
                    .count();
                assert_eq!(found, 1, "{key} in {}:\n{text}", format.name());
            }
        }
    }

    #[test]
    fn nothing_at_all_is_known_and_every_format_still_says_something() {
        for format in Format::ALL {
            let text = write(format, &[Facts::default()]);
            assert!(text.contains("unknown"), "{}: {text}", format.name());
        }
        assert_eq!(write(Format::BibTex, &[]), "");
        assert_eq!(write(Format::CslJson, &[]), "[]\n");
    }
}
