//! One page of Markdown as the checks see it: its anchors, its links and its code, with their lines.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What a page offers and what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// What stands behind `#` in a link to one of its headings.
    pub anchors: BTreeSet<String>,
    /// Links and images, in their order.
    pub links: Vec<Link>,
    /// Fenced code, in its order.
    pub fences: Vec<Fence>,
    /// Code inside a line, in its order.
    pub codes: Vec<Code>,
}

/// A link or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// As it is written: an address, a path, an anchor.
    pub target: String,
    /// Line of the file, from 1.
    pub line: usize,
}

/// A fenced block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// What stands behind the opening marks, such as `sh` or `sh,network`.
    pub info: String,
    /// The code.
    pub text: String,
    /// Line of the opening marks, from 1: the code begins on the next one.
    pub line: usize,
}

/// Code inside a line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub text: String,
    /// Line of the file, from 1.
    pub line: usize,
}

impl Page {
    /// Reads a page with the extensions that mdBook renders.
    pub fn read(text: &str) -> Self {
        let line_at = lines(text);
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        let mut in_fence = false;
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_GFM;
        for (event, Range { start, .. }) in Parser::new_ext(text, options).into_offset_iter() {
            let line = line_at(start);
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let target = dest_url.into_string();
                    page.links.push(Link { target, line });
                }
                Event::Start(Tag::Heading { id: Some(id), .. }) => {
                    page.anchors.insert(id.into_string());
                }
                Event::Start(Tag::Heading { id: None, .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some(title) = heading.take() {
                        page.add_anchor(&title);
                    }
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let (info, text) = (info.into_string(), String::new());
                    page.fences.push(Fence { info, text, line });
                    in_fence = true;
                }
                Event::End(TagEnd::CodeBlock) => in_fence = false,
                Event::Text(text) => match (&mut heading, page.fences.last_mut()) {
                    (Some(title), _) => title.push_str(&text),
                    (None, Some(fence)) if in_fence => fence.text.push_str(&text),
                    _ => {}
                },
                Event::Code(code) => {
                    if let Some(title) = &mut heading {
                        title.push_str(&code);
                    }
                    let text = code.into_string();
                    page.codes.push(Code { text, line });
                }
                _ => {}
            }
        }
        page
    }

    /// The second heading of a name gets a number, as mdBook and GitHub number them.
    fn add_anchor(&mut self, title: &str) {
        let name = anchor(title);
        let numbered = (1..).map(|n| format!("{name}-{n}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|name| !self.anchors.contains(name));
        self.anchors.extend(free);
    }
}

/// A heading's anchor: letters, digits, `-` and `_` in lower case, white space as `-`, nothing else.
fn anchor(title: &str) -> String {
    let name = title.trim().to_lowercase();
    let kept = name.chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

/// Which line, from 1, a byte of `text` stands on.
fn lines(text: &str) -> impl Fn(usize) -> usize {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    move |byte| ends.partition_point(|end| *end < byte) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_that_mdbook_and_github_make() {
        let page = Page::read(
            "# `offprint.search(text, {k})`\n\n## What always holds\n\n## What always holds\n\n## A {#short}\n",
        );
        let wanted = [
            "offprintsearchtext-k",
            "short",
            "what-always-holds",
            "what-always-holds-1",
        ];
        assert_eq!(page.anchors, wanted.map(str::to_owned).into());
    }

    #[test]
    fn links_images_codes_and_fences_come_with_their_lines() {
        let page = Page::read(
            "one `code`\n[two](a.md#b)\n\n| t |\n|---|\n| ![five](c.svg) |\n\n- item\n\n  ```sh,network\n  run \\\n    it\n  ```\n\ntext\n\n    [no link](x)\n",
        );
        let links: Vec<_> = page.links.iter().map(|l| (&*l.target, l.line)).collect();
        assert_eq!(links, [("a.md#b", 2), ("c.svg", 6)]);
        let code = Code {
            text: "code".to_owned(),
            line: 1,
        };
        assert_eq!(page.codes, [code]);
        let wanted = Fence {
            info: "sh,network".to_owned(),
            text: "run \\\n  it\n".to_owned(),
            line: 10,
        };
        assert_eq!(page.fences, [wanted]);
    }
}
