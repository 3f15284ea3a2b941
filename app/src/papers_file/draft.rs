//! One text out of a file: title and abstract of a draft, and in words what was taken.

use super::{Refused, Text, bibliography, names};

/// A larger file holds more than a draft.
pub const MOST_BYTES: u64 = 5_000_000;
/// A first line that is longer is no title.
const MOST_OF_A_TITLE: usize = 300;

/// What was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Title; may be empty.
    pub title: String,
    /// Abstract; may be empty where the title is not.
    pub abstract_text: String,
    /// Where they stood, for people.
    pub taken: &'static str,
}

/// Reads a draft; the name's ending says how: `.tex`, `.md`, `.bib`, anything else as plain text.
///
/// # Errors
/// [`Refused`] says why nothing is taken.
pub fn read(name: &str, bytes: Vec<u8>) -> Result<Draft, Refused> {
    let text = Text::of(bytes)?.text;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "tex" | "ltx" | "latex" => latex(&text),
        "md" | "markdown" => Ok(markdown(&text)),
        "bib" | "bibtex" => bib(name, text),
        _ => Ok(plain(&text)),
    }
}

/// The first of a bibliography that has a text.
fn bib(name: &str, text: String) -> Result<Draft, Refused> {
    let found = super::read(name, text.into_bytes(), &super::Labels::None)?;
    let n = found.rows.len();
    let row = found.rows.into_iter().find(super::Row::has_text);
    let row = row.ok_or(Refused::Empty)?;
    Ok(Draft {
        taken: match (row.abstract_text.is_empty(), n) {
            (true, 1) => "the title of its entry, which has no abstract",
            (false, 1) => "title and abstract of its entry",
            (true, _) => "the title of its first entry, which has no abstract",
            (false, _) => "title and abstract of its first entry",
        },
        title: row.title,
        abstract_text: row.abstract_text,
    })
}

fn latex(source: &str) -> Result<Draft, Refused> {
    let source = without_comments(source);
    let title = argument_of(&source, "\\title").map(|title| tidy(&title));
    let begun = source.split_once("\\begin{abstract}").map(|(_, rest)| rest);
    let environment = begun.and_then(|rest| Some(rest.split_once("\\end{abstract}")?.0.to_owned()));
    let abstract_text = environment.or_else(|| argument_of(&source, "\\abstract"));
    let abstract_text = abstract_text.map(|text| tidy(&text));
    let taken = match (&title, &abstract_text) {
        (Some(_), Some(_)) => "\\title and the abstract",
        (Some(_), None) => "\\title; there is no \\begin{abstract}",
        (None, Some(_)) => "the abstract; there is no \\title",
        (None, None) => return Err(Refused::NoAbstract),
    };
    Ok(Draft {
        title: title.unwrap_or_default(),
        abstract_text: abstract_text.unwrap_or_default(),
        taken,
    })
}

/// The source without what stands behind a `%`.
fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for line in source.lines() {
        let mut escaped = false;
        let comment = line.char_indices().find(|(_, c)| {
            let begins = *c == '%' && !escaped;
            escaped = *c == '\\' && !escaped;
            begins
        });
        out.push_str(comment.map_or(line, |(at, _)| &line[..at]));
        out.push('\n');
    }
    out
}

/// What stands in braces behind a command, an optional argument in brackets passed over.
fn argument_of(source: &str, command: &str) -> Option<String> {
    let mut rest = source;
    loop {
        rest = &rest[rest.find(command)? + command.len()..];
        // `\titlerunning` is another command.
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let mut after = rest.trim_start();
        if let Some(optional) = after.strip_prefix('[') {
            after = optional.split_once(']')?.1.trim_start();
        }
        if let Some(found) = braced(after) {
            return Some(found[1..found.len() - 1].to_owned());
        }
    }
}

/// The text from its opening brace to the one that closes it.
fn braced(text: &str) -> Option<&str> {
    if !text.starts_with('{') {
        return None;
    }
    let mut depth = 0;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[..=at]);
        }
    }
    None
}

/// The text without footnotes, thanks and line breaks: what a reader of the abstract page sees.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let (command, behind) = rest.split_at(rest.len() - name.len());
        match command {
            "\\thanks" | "\\footnote" | "\\label" => {
                let argument = behind.trim_start();
                rest = &argument[braced(argument).map_or(0, str::len)..];
            }
            "\\" if behind.starts_with('\\') => {
                out.push(' ');
                rest = &behind[1..];
            }
            // With the sign that it escapes.
            _ => {
                let n = behind.chars().next().map_or(0, char::len_utf8);
                let n = if command.len() > 1 { 0 } else { n };
                out.push_str(&rest[..command.len() + n]);
                rest = &behind[n..];
            }
        }
    }
    out.push_str(rest);
    bibliography::plain(&out)
}

/// The first heading, and what stands under a heading "Abstract", or else before the next heading.
fn markdown(text: &str) -> Draft {
    let heading = |line: &str| {
        let name = line.trim_start_matches('#');
        (name.len() < line.len() && name.starts_with(' '))
            .then(|| name.trim().trim_end_matches('#').trim().to_owned())
    };
    let is_abstract = |name: &str| name.trim_end_matches(':').eq_ignore_ascii_case("abstract");
    let lines: Vec<&str> = text.lines().collect();
    let headings: Vec<(usize, String)> = (lines.iter().enumerate())
        .filter_map(|(at, line)| Some((at, heading(line.trim_end())?)))
        .collect();
    let until_next = |from: usize| {
        let next = headings.iter().map(|(at, _)| *at).find(|at| *at > from);
        names::one_line(&lines[from + 1..next.unwrap_or(lines.len())].join("\n"))
    };
    let title = headings.iter().find(|(_, name)| !is_abstract(name));
    let found = headings.iter().find(|(_, name)| is_abstract(name));
    match (title, found) {
        (None, None) => plain(text),
        (title, Some((at, _))) => Draft {
            title: title.map_or_else(String::new, |(_, name)| name.clone()),
            abstract_text: until_next(*at),
            taken: "the first heading, and what stands under \"Abstract\"",
        },
        (Some((at, name)), None) => Draft {
            title: name.clone(),
            abstract_text: until_next(*at),
            taken: "the first heading, and what stands under it",
        },
    }
}

/// A short first line with a blank one behind it is a title.
fn plain(text: &str) -> Draft {
    let text = text.trim();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_title = first.chars().count() <= MOST_OF_A_TITLE
        && rest
            .lines()
            .next()
            .is_some_and(|line| line.trim().is_empty())
        && !rest.trim().is_empty();
    let (title, body) = if is_title { (first, rest) } else { ("", text) };
    let body = names::one_line(body);
    let n_label = "abstract".len();
    let is_labelled = body
        .get(..n_label)
        .is_some_and(|word| word.eq_ignore_ascii_case("abstract"))
        && body[n_label..].starts_with([':', '.', ' ', '—', '-']);
    let body = if is_labelled {
        body[n_label..].trim_start_matches(|c: char| ":.—-".contains(c) || c.is_whitespace())
    } else {
        &body
    };
    Draft {
        title: names::one_line(title),
        abstract_text: body.to_owned(),
        taken: if is_title {
            "the first line as the title, the rest as the abstract"
        } else {
            "all of it as the abstract"
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(name: &str, text: &str) -> (String, String) {
        let draft = read(name, text.as_bytes().to_vec()).expect("it has a text");
        (draft.title, draft.abstract_text)
    }

    #[test]
    fn of_latex_title_and_abstract_are_taken_where_they_stand() {
        let source = "\\documentclass{article} % \\title{Not this}\n\\titlerunning{Short}\n\
            \\title[Short]{Spin \\\\ of {Schr\\\"o}dinger's $x_{1}$\\thanks{Grant {7}}}\n\
            \\begin{document}\\maketitle\n\\begin{abstract}\nWe study 5\\% of it. % really\n  Twice.\n\\end{abstract}\nBody";
        let (title, abstract_text) = taken("paper.TEX", source);
        assert_eq!(title, "Spin of Schrödinger's $x_{1}$");
        assert_eq!(abstract_text, "We study 5% of it. Twice.");
        let (title, abstract_text) = taken("a.tex", "\\abstract{One {two}.}");
        assert_eq!((&*title, &*abstract_text), ("", "One two."));
        let none = read("a.tex", b"\\section{Nothing}".to_vec());
        assert_eq!(none, Err(Refused::NoAbstract));
    }

    #[test]
    fn of_markdown_the_first_heading_and_the_abstract_are_taken() {
        let text = "# A title #\n\nAuthors\n\n## Abstract\n\nOne\ntwo.\n\n## 1 Introduction\nMore";
        assert_eq!(
            taken("a.md", text),
            ("A title".to_owned(), "One two.".to_owned())
        );
        assert_eq!(
            taken("a.md", "# T\nOne.\n# Next\nx"),
            ("T".to_owned(), "One.".to_owned())
        );
        assert_eq!(taken("a.md", "Words alone").1, "Words alone");
    }

    #[test]
    fn of_text_a_short_first_line_is_the_title() {
        assert_eq!(
            taken("a.txt", "\u{feff}A title\r\n\r\nAbstract: One\r\ntwo.\r\n"),
            ("A title".to_owned(), "One two.".to_owned())
        );
        assert_eq!(
            taken("a.txt", "One line\nand another"),
            (String::new(), "One line and another".to_owned())
        );
        assert_eq!(
            taken("a.txt", "Abstraction matters").1,
            "Abstraction matters"
        );
    }

    #[test]
    fn of_a_bibliography_the_first_entry_is_taken() {
        let text = "@string{x = \"y\"}\n@misc{k, title={The {T}itle}, abstract=\"Words.\"}\n@misc{l, title={L}}";
        let draft = read("a.bib", text.into()).expect("it has a text");
        assert_eq!(
            (&*draft.title, &*draft.abstract_text),
            ("The Title", "Words.")
        );
        assert!(draft.taken.contains("first entry"), "{}", draft.taken);
    }

    #[test]
    fn what_is_no_text_is_refused_with_what_to_do() {
        for (name, bytes, wanted) in [
            ("a.pdf", &b"%PDF-1.7"[..], Refused::Pdf),
            ("a.docx", b"PK\x03\x04", Refused::Packed),
            ("a.txt", b"\xff\xfea\0", Refused::Utf16),
            ("a.txt", b" \n", Refused::Empty),
        ] {
            assert_eq!(read(name, bytes.to_vec()), Err(wanted), "{name}");
        }
    }
}
