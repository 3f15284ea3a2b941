//! What is broken in the rendered book: whatever is asked of another site, and links that lead nowhere.
//!
//! The sources were checked already; this looks at what readers get, mdBook's own templates included.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::check::{Fault, THE_PAGE, is_elsewhere};
use crate::files_below;

/// An attribute that names a resource or a place.
struct Reference<'a> {
    element: &'a str,
    target: &'a str,
    line: usize,
}

/// Everything broken in a rendered book.
pub(crate) fn faults(book: &Path) -> Result<Vec<Fault>> {
    let mut ids = BTreeMap::new();
    let mut texts = Vec::new();
    for path in files_below(book)? {
        let name = path.strip_prefix(book)?.to_owned();
        let ending = name.extension().and_then(OsStr::to_str).unwrap_or_default();
        if matches!(ending, "html" | "css" | "svg") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            if ending == "html" {
                ids.insert(name.clone(), ids_of(&text));
            }
            texts.push((name, text));
        }
    }
    let mut faults = Vec::new();
    for (name, text) in &texts {
        let mut add = |line, what| {
            let file = name.clone();
            faults.push(Fault { file, line, what });
        };
        match name.extension().and_then(OsStr::to_str) {
            Some("html") => {
                for reference in references(text) {
                    let line = reference.line;
                    follow(book, &ids, name, &reference).unwrap_or_else(|what| add(line, what));
                }
            }
            Some("svg") if text.contains("<script") => add(1, "a picture runs a script".to_owned()),
            _ => {}
        }
        for (at, line) in text.lines().enumerate() {
            for fetched in ["url(http", "url('http", "url(\"http", "url(//", "@import"] {
                if line.contains(fetched) {
                    add(
                        at + 1,
                        format!("{fetched}…: nothing may come from another site"),
                    );
                }
            }
        }
    }
    Ok(faults)
}

fn follow(
    book: &Path,
    ids: &BTreeMap<PathBuf, BTreeSet<String>>,
    from: &Path,
    reference: &Reference<'_>,
) -> Result<(), String> {
    let Reference {
        element, target, ..
    } = *reference;
    if is_elsewhere(target) {
        // A link is followed when a reader wants it; everything else is fetched at once.
        return if element == "a" || target.starts_with("data:") {
            Ok(())
        } else {
            Err(format!(
                "<{element}> fetches {target}: nothing may come from another site"
            ))
        };
    }
    if target == THE_PAGE {
        return Ok(());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        from.to_owned()
    } else {
        from.parent().unwrap_or(Path::new("")).join(path)
    };
    if !book.join(&path).is_file() {
        return Err(format!(
            "<{element}> names {target:?}, which is no file of the book"
        ));
    }
    let known = ids.get(&path);
    if !anchor.is_empty() && !known.is_some_and(|ids| ids.contains(anchor)) {
        return Err(format!(
            "<{element}> names {target:?}, and no element has that id"
        ));
    }
    Ok(())
}

/// Every `href` and `src`, as mdBook's serializer writes them: in double quotes, `&` and `"` escaped.
fn references(html: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for (at, tag) in tags(html) {
        let element = tag
            .split(|c: char| c.is_whitespace())
            .next()
            .unwrap_or_default();
        for name in [" href=\"", " src=\""] {
            if let Some((_, rest)) = tag.split_once(name)
                && let Some((target, _)) = rest.split_once('"')
            {
                let line = html[..at].matches('\n').count() + 1;
                found.push(Reference {
                    element,
                    target,
                    line,
                });
            }
        }
    }
    found
}

fn ids_of(html: &str) -> BTreeSet<String> {
    let ids = tags(html).filter_map(|(_, tag)| {
        let (_, rest) = tag.split_once(" id=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    ids.collect()
}

/// Opening tags without their brackets, each with where it begins.
fn tags(html: &str) -> impl Iterator<Item = (usize, &str)> {
    html.match_indices('<').filter_map(|(at, _)| {
        let rest = &html[at + 1..];
        let is_tag = rest.starts_with(|c: char| c.is_ascii_alphabetic());
        is_tag.then(|| (at, rest.split('>').next().unwrap_or_default()))
    })
}
