//! What the docs quote from the code is there, word for word.

use std::fs;
use std::path::Path;

use crate::fixtures::repository;

fn read(name: &str) -> String {
    let path = repository().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Rust strings as they are at run time: a `\` at the end of a line swallows the white space that follows, and escaped
/// quotes are quotes.
fn unfolded(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut lines = source.lines();
    while let Some(mut line) = lines.next() {
        while let Some(start) = line.strip_suffix('\\') {
            text.push_str(start);
            line = lines.next().unwrap_or_default().trim_start();
        }
        text.push_str(line);
        text.push('\n');
    }
    text.replace("\\\"", "\"")
}

/// Every source of the workspace, one text.
fn sources() -> String {
    let mut text = String::new();
    let mut folders: Vec<_> = [
        "app",
        "index-builder",
        "ingest",
        "shared",
        "static",
        "trainer",
        "xtask",
    ]
    .map(|folder| repository().join(folder))
    .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_dir() && !is_built(&path) {
                folders.push(path);
            } else if matches!(ending, Some("rs" | "js" | "mjs")) {
                text.push_str(&unfolded(&fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    text
}

/// Built or fetched: what it says is not ours.
fn is_built(folder: &Path) -> bool {
    ["artifacts", "node_modules", "target"]
        .iter()
        .any(|name| folder.ends_with(name))
}

#[test]
fn errors_are_quoted_as_the_code_says_them() {
    let sources = sources();
    let (mut missing, mut n) = (Vec::new(), 0);
    for row in read("docs/failing.md").lines() {
        let Some(row) = row.strip_prefix("| ") else {
            continue;
        };
        let first = row.split(" | ").next().unwrap_or_default();
        // Every second piece between back ticks is code; of it, every piece between names and numbers is the code's.
        for quoted in first.split('`').skip(1).step_by(2) {
            for piece in quoted.split('…').map(str::trim) {
                n += 1;
                if !sources.contains(piece) {
                    missing.push(piece.to_owned());
                }
            }
        }
    }
    assert!(missing.is_empty(), "no source says {missing:#?}");
    assert!(n > 10, "only {n} quotations were found");
}

#[test]
fn every_key_of_the_page_is_in_the_guide() {
    let source = read("app/src/view/bindings.rs");
    let (_, table) = source.split_once("KEYS: [").expect("the table of keys");
    let (table, _) = table.split_once("\n];").expect("its end");
    let guide = read("docs/using.md");
    let rows: Vec<&str> = table.lines().filter(|line| line.contains("(\"")).collect();
    assert!(rows.len() >= 10, "{} keys", rows.len());
    for row in rows {
        let mut strings = row.split('"').skip(1).step_by(2);
        let (key, what) = (strings.next(), strings.next());
        let (key, what) = key.zip(what).expect("a key and what it does");
        let wanted = format!("| `{key}` | {what} |");
        assert!(guide.contains(&wanted), "docs/using.md has no row {wanted}");
    }
}

#[test]
fn the_policy_is_quoted_whole() {
    let page = read("static/index.html");
    let (_, policy) = page
        .split_once("Content-Security-Policy\" content=\"")
        .expect("the page has a policy");
    let policy = policy.split('"').next().expect("its end");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = words(&read("docs/privacy.md"));
    assert!(
        quoted.contains(&words(policy)),
        "docs/privacy.md does not quote {policy}"
    );
}

#[test]
fn every_name_under_which_the_page_keeps_something_is_on_the_privacy_page() {
    let privacy = read("docs/privacy.md");
    for (file, before) in [
        ("app/src/engine/cache.rs", "const NAME: &str = \""),
        ("app/src/library/store.rs", "const NAME: &str = \""),
        ("app/src/view/browser.rs", "const THEME_KEY: &str = \""),
        ("app/src/view/browser.rs", "const KEYS_KEY: &str = \""),
        ("static/sw.js", "const PREFIX = \""),
    ] {
        let source = read(file);
        let (_, name) = source
            .split_once(before)
            .unwrap_or_else(|| panic!("{file} has no {before}"));
        let name = name.split('"').next().expect("its end");
        assert!(
            privacy.contains(&format!("`{name}`")),
            "docs/privacy.md does not name {name}"
        );
    }
}

#[test]
fn every_promise_of_the_page_has_its_tests() {
    let page = read("docs/acceptance.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 27, "one line a feature");
    for row in rows {
        let [number, name, _, state, tests] = row[..] else {
            panic!("{row:?} has not five cells");
        };
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert_eq!(state == "not yet", tests.is_empty(), "{number} {name}");
        for test in tests {
            let (file, function) = test.split_once("::").expect("a file and a function");
            let source = read(&format!("tests/browser/{file}.rs"));
            let is_there = source.contains(&format!("#[test]\nfn {function}() {{"));
            assert!(is_there, "{number} {name}: there is no test {test}");
        }
    }
}
