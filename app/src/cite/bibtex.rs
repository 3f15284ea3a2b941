//! BibTeX: `@misc` entries with the fields that arXiv gives.

use std::fmt::Write;

use super::name::Name;
use super::{Cited, Place, capitals, latex};

pub(super) fn write(papers: &[Cited]) -> String {
    let entries: Vec<String> = papers.iter().map(entry).collect();
    entries.join("\n")
}

fn entry(cited: &Cited) -> String {
    let Cited { paper, work, key } = cited;
    let mut fields = vec![("title", capitals::protect(&latex::safe(&paper.title)))];
    if !work.authors.is_empty() {
        let names: Vec<String> = work.authors.iter().map(name).collect();
        fields.push(("author", names.join(" and ")));
    }
    if let Some(year) = paper.year {
        fields.push(("year", year.to_string()));
    }
    match &work.place {
        Place::Arxiv(id) => {
            fields.push(("eprint", id.clone()));
            fields.push(("archivePrefix", "arXiv".to_owned()));
            if let Some(primary) = paper.categories.first() {
                fields.push(("primaryClass", latex::safe(primary)));
            }
        }
        Place::Doi(doi) => fields.push(("doi", verbatim(doi))),
        Place::Corpus if paper.id.trim().is_empty() => {}
        Place::Corpus => fields.push(("note", latex::safe(paper.id.trim()))),
    }
    if let Some(url) = work.place.url() {
        fields.push(("url", verbatim(&url)));
    }
    let mut out = format!("@misc{{{key}");
    for (name, value) in fields {
        write!(out, ",\n  {name}={{{value}}}").expect("writing to a string succeeds");
    }
    out.push_str("\n}\n");
    out
}

/// `Given Family` where BibTeX finds the parts by itself, else in its form with commas.
fn name(name: &Name) -> String {
    let (given, particle, family, suffix) = match name {
        Name::Group(group) => return format!("{{{}}}", latex::safe(group)),
        Name::Person {
            given,
            particle,
            family,
            suffix,
            ..
        } => (given, particle, family, suffix),
    };
    let joined = |parts: &[&String]| {
        let parts: Vec<String> = parts
            .iter()
            .filter(|part| !part.is_empty())
            .map(|part| latex::safe(part))
            .collect();
        parts.join(" ")
    };
    if suffix.is_empty() && !family.contains(' ') && !given.is_empty() {
        return joined(&[given, particle, family]);
    }
    let surname = joined(&[particle, family]);
    match (given.is_empty(), suffix.is_empty()) {
        (true, true) if surname.contains(' ') => format!("{{{surname}}}"),
        (true, true) => surname,
        (_, true) => format!("{surname}, {}", latex::safe(given)),
        (_, false) => format!("{surname}, {}, {}", latex::safe(suffix), latex::safe(given)),
    }
}

/// An address: nothing in it is LaTeX, but a brace would end the field.
fn verbatim(address: &str) -> String {
    address
        .replace('{', "%7B")
        .replace('}', "%7D")
        .replace('\\', "%5C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::paper;
    use super::super::{Facts, Format, write};

    fn bibtex(paper: Facts) -> String {
        write(Format::BibTex, &[paper])
    }

    #[test]
    fn an_entry_has_the_fields_that_arxiv_gives() {
        let mut paper = paper(
            "2305.05871",
            "Medical supervised masked autoencoders: A 5% better GPU",
            "Jiawei Mao, Jan van der Berg, John Bee Jr.",
            2023,
        );
        paper.categories = vec!["cs.CV".to_owned(), "cs.LG".to_owned()];
        let wanted = "\
@misc{mao2023medicalsupervisedmaskedautoencoders,
  title={Medical supervised masked autoencoders: A 5\\% better {GPU}},
  author={Jiawei Mao and Jan van der Berg and Bee, Jr., John},
  year={2023},
  eprint={2305.05871},
  archivePrefix={arXiv},
  primaryClass={cs.CV},
  url={https://arxiv.org/abs/2305.05871}
}
";
        assert_eq!(bibtex(paper), wanted);
    }

    #[test]
    fn old_ids_stay_whole_and_versions_go() {
        let text = bibtex(paper("hep-th/9901001v3", "Branes", "E. Bee", 1999));
        assert!(text.contains("eprint={hep-th/9901001},"), "{text}");
        assert!(
            text.contains("url={https://arxiv.org/abs/hep-th/9901001}\n"),
            "{text}"
        );
    }

    #[test]
    fn an_id_that_is_not_arxivs_is_no_eprint() {
        let doi = bibtex(paper("10.1000/a{b_c", "T", "A. Bee", 1999));
        assert!(
            doi.contains("  doi={10.1000/a%7Bb_c},\n  url={https://doi.org/10.1000/a%7Bb_c}\n}"),
            "{doi}"
        );
        let own = bibtex(paper("lab_17", "T", "A. Bee", 1999));
        assert!(own.contains("  note={lab\\_17}\n}"), "{own}");
        for text in [doi, own] {
            assert!(
                !text.contains("eprint") && !text.contains("arXiv"),
                "{text}"
            );
        }
    }

    #[test]
    fn names_are_written_so_that_bibtex_finds_their_parts() {
        let authors = "the Virgo Collaboration, Alessandro De Angelis, Madonna, van Dam, A. B_c";
        let text = bibtex(paper("1", "T", authors, 1999));
        let wanted = "author={{the Virgo Collaboration} and De Angelis, Alessandro and Madonna and \
                      {van Dam} and A. B\\_c}";
        assert!(text.contains(wanted), "{text}");
    }

    proptest! {
        /// An entry is one entry: its braces open and close once around everything.
        #[test]
        fn any_facts_give_one_whole_entry(
            id in r"[a-z0-9./{}\\\\ ]{0,12}",
            title in r"[a-zA-Z ${}\\\\%#&_^é:-]{0,30}",
            authors in r"[a-zA-Z ,.${}\\\\%#&_'()-]{0,30}",
        ) {
            let text = bibtex(paper(&id, &title, &authors, 2020));
            let mut depth = 0_i32;
            for (at, c) in text.char_indices() {
                depth += i32::from(c == '{') - i32::from(c == '}');
                let inside = at + 2 < text.len() && at >= "@misc{".len();
                prop_assert!(!inside || depth > 0, "closed at {at}: {text}");
            }
            prop_assert_eq!(depth, 0, "{}", text);
        }
    }
}
