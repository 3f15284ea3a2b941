//! RIS: two letters, two spaces, a hyphen, a space, the value; lines end with CR LF.
//!
//! Source: the RIS format specification of Research Information Systems, 2011.

use super::name::Name;
use super::{Cited, Place};
use crate::latex::text::to_unicode;

pub(super) fn write(papers: &[Cited]) -> String {
    papers.iter().map(record).collect::<Vec<_>>().join("\r\n")
}

fn record(cited: &Cited) -> String {
    let Cited { paper, work, key } = cited;
    let mut lines = Vec::new();
    let mut put = |tag: &str, value: &str| lines.push(format!("{tag}  - {}\r\n", one_line(value)));
    // A preprint claims no journal; of other papers nothing is known.
    put(
        "TY",
        match work.place {
            Place::Arxiv(_) => "UNPB",
            Place::Doi(_) | Place::Corpus => "GEN",
        },
    );
    put("ID", key);
    put("TI", &to_unicode(&paper.title));
    for author in &work.authors {
        put("AU", &name(author));
    }
    if let Some(year) = paper.year {
        put("PY", &year.to_string());
    }
    match &work.place {
        Place::Arxiv(id) => {
            put("AN", &format!("arXiv:{id}"));
            put("PB", "arXiv");
        }
        Place::Doi(doi) => put("DO", doi),
        Place::Corpus if paper.id.trim().is_empty() => {}
        Place::Corpus => put("AN", &paper.id),
    }
    for category in &paper.categories {
        put("KW", category);
    }
    if let Some(url) = work.place.url() {
        put("UR", &url);
    }
    put("ER", "");
    lines.concat()
}

/// `Family, Given, Suffix`; a group as it is.
fn name(name: &Name) -> String {
    match name {
        Name::Group(group) => group.clone(),
        Name::Person {
            given,
            particle,
            family,
            suffix,
            ..
        } => {
            let surname = [&**particle, family].join(" ");
            let parts = [surname.trim(), given, suffix];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(", ")
        }
    }
}

fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::paper;
    use super::super::{Format, write};

    #[test]
    fn a_record_is_lines_of_tags_that_end_with_cr_and_lf() {
        let mut paper = paper(
            "hep-th/9901001",
            "El Ni\\~no in\n$d=4$",
            "Jan van der Berg, John Bee Jr., the Virgo Collaboration, Madonna",
            1999,
        );
        paper.categories = vec!["hep-th".to_owned(), "math.AG".to_owned()];
        let wanted = [
            "TY  - UNPB",
            "ID  - vanderberg1999elninod4",
            "TI  - El Niño in $d=4$",
            "AU  - van der Berg, Jan",
            "AU  - Bee, John, Jr.",
            "AU  - the Virgo Collaboration",
            "AU  - Madonna",
            "PY  - 1999",
            "AN  - arXiv:hep-th/9901001",
            "PB  - arXiv",
            "KW  - hep-th",
            "KW  - math.AG",
            "UR  - https://arxiv.org/abs/hep-th/9901001",
            "ER  - ",
            "",
        ];
        assert_eq!(write(Format::Ris, &[paper]), wanted.join("\r\n"));
    }

    #[test]
    fn papers_of_elsewhere_claim_no_arxiv() {
        let papers = [
            paper("10.1000/182", "T", "A. Bee", 1999),
            paper("lab-17", "T", "A. Bee", 1999),
        ];
        let text = write(Format::Ris, &papers);
        assert!(!text.contains("arXiv"), "{text}");
        assert!(
            text.contains("DO  - 10.1000/182\r\nUR  - https://doi.org/10.1000/182\r\n"),
            "{text}"
        );
        assert!(text.contains("ER  - \r\n\r\nTY  - GEN\r\n"), "{text}");
        assert!(text.contains("AN  - lab-17\r\n"), "{text}");
    }
}
