//! Files: what was fetched of them, and what this device keeps.

use super::{Line, Verdict};
use crate::engine::protocol::{FileFound, Files, Kept};
use crate::view::wording::{bytes, count, counted};

/// Files of a kind together, in their order: what stands before the `-` is the kind.
fn by_kind(files: &[FileFound]) -> Vec<(String, Vec<&FileFound>)> {
    let mut kinds: Vec<(String, Vec<&FileFound>)> = Vec::new();
    for file in files {
        let kind = file.file.split('-').next().unwrap_or_default();
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, of_kind)) => of_kind.push(file),
            None => kinds.push((kind.to_owned(), vec![file])),
        }
    }
    for (name, of_kind) in &mut kinds {
        match of_kind[..] {
            [alone] => name.clone_from(&alone.file),
            _ => *name = format!("{name}: {}", counted(of_kind.len(), "file")),
        }
    }
    kinds
}

/// What was fetched.
pub(super) fn of_bytes(files: &Files, code: &[(String, u64)]) -> Line {
    let again: Vec<&FileFound> = (files.files.iter())
        .filter(|file| file.fetched > file.bytes)
        .collect();
    let code: Vec<&(String, u64)> = code.iter().chain(&files.code).collect();
    let of_build: u64 = files.files.iter().map(|file| file.fetched).sum();
    let of_page: u64 = code.iter().map(|(_, n_bytes)| n_bytes).sum();
    let mut rows: Vec<Vec<String>> = by_kind(&files.files)
        .into_iter()
        .map(|(name, of_kind)| {
            let sum = |part: fn(&FileFound) -> u64| of_kind.iter().map(|file| part(file)).sum();
            vec![
                name,
                bytes(sum(|file| file.bytes)),
                bytes(sum(|file| file.fetched)),
            ]
        })
        .collect();
    rows.extend(
        code.iter()
            .map(|(name, n_bytes)| vec![name.clone(), "–".to_owned(), bytes(*n_bytes)]),
    );
    Line {
        id: "bytes",
        title: "Bytes fetched",
        verdict: Verdict::of(again.is_empty()),
        figure: match again.first() {
            None => format!(
                "In this visit {} of the build and, by the browser's count, {} of the page itself; nothing came twice.",
                bytes(of_build),
                bytes(of_page)
            ),
            Some(file) => format!(
                "In this visit {} of the build and, by the browser's count, {} of the page itself; {} came more than once.",
                bytes(of_build),
                bytes(of_page),
                file.file
            ),
        },
        head: vec!["File", "Size", "Fetched"],
        rows,
    }
}

/// What is kept.
pub(super) fn of_digests(files: &Files) -> Line {
    let n = |kept: Kept| files.files.iter().filter(|file| file.kept == kept).count();
    let same = files.files.iter().filter(|file| file.kept == Kept::Same);
    let n_bytes: u64 = same.map(|file| file.bytes).sum();
    let other = files.files.iter().find(|file| file.kept == Kept::Other);
    let absent = match n(Kept::Absent) {
        0 => String::new(),
        n => format!("; {} not kept here", counted_are(n)),
    };
    let rows = by_kind(&files.files).into_iter().map(|(name, of_kind)| {
        let states = [
            (Kept::Same, "as the build names it"),
            (Kept::Other, "other bytes"),
            (Kept::Absent, "not here"),
        ];
        let said = states.into_iter().filter_map(|(kept, what)| {
            let n = of_kind.iter().filter(|file| file.kept == kept).count();
            match (n, of_kind.len()) {
                (0, _) => None,
                (n, all) if n == all => Some(what.to_owned()),
                (n, _) => Some(format!("{} {what}", count(n))),
            }
        });
        vec![name, said.collect::<Vec<_>>().join(", ")]
    });
    Line {
        id: "digests",
        title: "SHA-256 of files",
        verdict: match (other, n(Kept::Same)) {
            (Some(_), _) => Verdict::Differs,
            (None, 0) => Verdict::Skipped,
            (None, _) => Verdict::Passed,
        },
        figure: match (other, n(Kept::Same)) {
            (Some(file), _) => format!(
                "{} is kept with other bytes than the build names: clear this site's data, and it is fetched anew.",
                file.file
            ),
            (None, 0) if !files.keeps => {
                "This browser keeps no files. Each was compared with the manifest when it was fetched.".to_owned()
            }
            (None, 0) => "No file of this build is kept here.".to_owned(),
            (None, n) => format!(
                "{}, {}, are the bytes that the build names{absent}.",
                counted(n, "file"),
                bytes(n_bytes)
            ),
        },
        head: vec!["File", "Bytes kept here"],
        rows: rows.collect(),
    }
}

/// `1 file is`, `3 files are`.
fn counted_are(n: usize) -> String {
    let verb = if n == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(n, "file"))
}
