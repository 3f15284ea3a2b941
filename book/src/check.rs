//! What is broken in the sources: pages that nobody can reach, and links that lead nowhere.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::files_below;
use crate::markdown::{Link, Page};

/// One broken place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as seen from the root of the clone.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// The only link that leaves the book: the page itself, one folder up from it.
pub(crate) const THE_PAGE: &str = "../";

/// The folder of the sources, and in it the list of pages.
const DOCS: &str = "docs";
const SUMMARY: &str = "docs/SUMMARY.md";
/// What has links into the book without being a page of it.
const BESIDE: [&str; 1] = ["README.md"];

/// Everything broken in `docs/` of a clone and in its README's links.
///
/// # Errors
/// Where a file cannot be read.
pub fn faults(repository: &Path) -> Result<Vec<Fault>> {
    let mut pages = BTreeMap::new();
    for path in files_below(&repository.join(DOCS))? {
        if path.extension().is_some_and(|ending| ending == "md") {
            let name = path.strip_prefix(repository)?.to_owned();
            pages.insert(name, read(&path)?);
        }
    }
    let mut faults = unlisted(&pages);
    for beside in BESIDE {
        let path = repository.join(beside);
        if path.is_file() {
            pages.insert(beside.into(), read(&path)?);
        }
    }
    for (name, page) in &pages {
        for link in &page.links {
            if let Err(what) = follow(repository, &pages, name, link) {
                let (file, line) = (name.clone(), link.line);
                faults.push(Fault { file, line, what });
            }
        }
    }
    faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(faults)
}

fn read(path: &Path) -> Result<Page> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Page::read(&text))
}

/// Pages that the list lacks or has twice. One that it names and nobody wrote is a link like others.
fn unlisted(pages: &BTreeMap<PathBuf, Page>) -> Vec<Fault> {
    let summary = Path::new(SUMMARY);
    let none = Page::default();
    let listed: Vec<_> = pages
        .get(summary)
        .unwrap_or(&none)
        .links
        .iter()
        .map(|link| (normal(&Path::new(DOCS).join(&link.target)), link.line))
        .collect();
    let mut faults = Vec::new();
    for name in pages.keys().filter(|name| *name != summary) {
        let lines: Vec<_> = listed
            .iter()
            .filter(|(path, _)| path.as_ref() == Some(name))
            .map(|(_, line)| *line)
            .collect();
        match lines[..] {
            [] => faults.push(Fault {
                file: name.clone(),
                line: 1,
                what: format!("{SUMMARY} does not list this page, so no reader finds it: add it"),
            }),
            [_] => {}
            [_, again, ..] => faults.push(Fault {
                file: summary.to_owned(),
                line: again,
                what: format!("{} is listed twice", name.display()),
            }),
        }
    }
    faults
}

/// Says why a link leads nowhere.
fn follow(
    repository: &Path,
    pages: &BTreeMap<PathBuf, Page>,
    from: &Path,
    link: &Link,
) -> Result<(), String> {
    let target = &*link.target;
    let in_book = from.starts_with(DOCS);
    if is_elsewhere(target) || (in_book && target == THE_PAGE) {
        return Ok(());
    }
    if target.starts_with('/') {
        return Err(format!(
            "{target:?} begins at the root of the site, where a project's page does not lie: make it relative"
        ));
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let folder = from.parent().unwrap_or(Path::new(""));
    let path = if path.is_empty() {
        from.to_owned()
    } else {
        normal(&folder.join(path)).ok_or(format!("{target:?} leads out of the clone"))?
    };
    if in_book && !path.starts_with(DOCS) {
        return Err(format!(
            "{target:?} leads out of the book: say the path as code instead"
        ));
    }
    let found = repository.join(&path);
    // A folder is something to read on GitHub, but no page of a book.
    if !found.is_file() && (in_book || !found.is_dir()) {
        return Err(format!(
            "{target:?} leads nowhere: there is no {}",
            path.display()
        ));
    }
    match anchor {
        Some(anchor)
            if !pages
                .get(&path)
                .is_some_and(|page| page.anchors.contains(anchor)) =>
        {
            Err(format!(
                "{target:?} leads nowhere: {} has no heading #{anchor}",
                path.display()
            ))
        }
        _ => Ok(()),
    }
}

/// Whether a link has a scheme of its own, such as `https:`.
pub(crate) fn is_elsewhere(target: &str) -> bool {
    target.starts_with("//")
        || target.split_once(':').is_some_and(|(scheme, _)| {
            scheme.len() > 1
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
}

/// `a/b/../c` as `a/c`; `None` where it climbs out.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            part => normal.push(part),
        }
    }
    Some(normal)
}
