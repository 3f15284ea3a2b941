//! One feed as XML.

use std::fmt::Write as _;

use shared::{PaperId, Sha256, arxiv_id};

use super::{SavedQuery, Source};

/// The feed of a query and its papers, newest first.
pub(super) fn feed(saved: &SavedQuery, source: Source, papers: &[PaperId]) -> String {
    let SavedQuery { title, query } = saved;
    let file = saved.file();
    let newest = papers.first().copied();
    // Without a paper the corpus' own newest tells when there still was none.
    let newest = newest.or_else(|| {
        let all = source.columns.all();
        all.max_by_key(|&paper| source.columns.first_submitted(paper))
    });
    let mut xml = Xml::default();
    xml.open("feed xmlns=\"http://www.w3.org/2005/Atom\"");
    xml.element("title", title);
    let from = format!("Newest papers of {} that match: {query}", source.corpus);
    xml.element("subtitle", &from);
    xml.element("id", &uuid(&[source.site, source.corpus, &file]));
    xml.element(
        "updated",
        &newest.map_or_else(epoch, |paper| date(source, paper)),
    );
    xml.open("author");
    xml.element("name", source.site);
    xml.close("author");
    xml.link("self", "application/atom+xml", &file);
    let page = format!("../?q={}&by=words&sort=newest", encoded(query));
    xml.link("alternate", "text/html", &page);
    for &paper in papers {
        entry(&mut xml, source, paper);
    }
    xml.close("feed");
    xml.text
}

fn entry(xml: &mut Xml, source: Source, paper: PaperId) {
    let columns = source.columns;
    let (id, title) = (columns.id(paper), columns.title(paper));
    xml.open("entry");
    xml.element("title", if title.is_empty() { id } else { &title });
    let arxiv = arxiv_id::parse(id).map(|found| format!("https://arxiv.org/abs/{}", found.id));
    match &arxiv {
        Some(address) => xml.element("id", address),
        None => xml.element("id", &uuid(&[source.corpus, id])),
    }
    xml.element("updated", &date(source, paper));
    let authors = columns.authors(paper);
    for name in authors.split(", ").filter(|name| !name.is_empty()) {
        xml.open("author");
        xml.element("name", name);
        xml.close("author");
    }
    for code in columns.categories(paper) {
        let code = escaped(code);
        xml.line(&format!("<category term=\"{code}\"/>"));
    }
    if let Some(address) = &arxiv {
        xml.link("alternate", "text/html", address);
    }
    // An entry without an address needs its content here.
    xml.element("content", &source.papers[paper.0 as usize].abstract_);
    xml.close("entry");
}

/// The first day of the month, or of the year, in which a paper was submitted.
fn date(source: Source, paper: PaperId) -> String {
    match source.columns.first_submitted(paper) {
        (0, ..) => epoch(),
        (year, month, _) => format!("{year:04}-{:02}-01T00:00:00Z", month.max(1)),
    }
}

/// Where no date is known.
fn epoch() -> String {
    "1970-01-01T00:00:00Z".to_owned()
}

/// A name of these parts alone: a UUID of version 8 (RFC 9562), whose bits are ours to choose.
fn uuid(parts: &[&str]) -> String {
    let mut bytes = Sha256::of(parts.join("\n").as_bytes()).0;
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = Sha256(bytes).to_string();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32],
    ];
    format!("urn:uuid:{}", parts.join("-"))
}

/// A value of the page's address.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("writing to a string succeeds"),
        }
    }
    out
}

/// A text between tags or in quotes, without what XML 1.0 has no room for.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

/// Lines of XML, each as deep as it stands.
struct Xml {
    text: String,
    depth: usize,
}

impl Default for Xml {
    fn default() -> Self {
        Self {
            text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned(),
            depth: 0,
        }
    }
}

impl Xml {
    fn line(&mut self, line: &str) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn open(&mut self, tag: &str) {
        self.line(&format!("<{tag}>"));
        self.depth += 1;
    }

    fn close(&mut self, tag: &str) {
        self.depth -= 1;
        self.line(&format!("</{tag}>"));
    }

    fn element(&mut self, tag: &str, text: &str) {
        let text = escaped(text);
        self.line(&format!("<{tag}>{text}</{tag}>"));
    }

    fn link(&mut self, relation: &str, media_type: &str, address: &str) {
        let address = escaped(address);
        self.line(&format!(
            "<link rel=\"{relation}\" type=\"{media_type}\" href=\"{address}\"/>"
        ));
    }
}
