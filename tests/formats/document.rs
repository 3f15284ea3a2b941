//! `docs/FORMAT.md` and the code say the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use shared::AbstractChunk;
use shared::artifact::{Kind, Writer};

use super::container::Parts;

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests stand in the workspace").into()
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/FORMAT.md")).expect("docs/FORMAT.md is there")
}

/// Every text with a space in the code of this source file, but for tests and messages to people.
fn texts(source: &str) -> BTreeSet<String> {
    const MESSAGES: [&str; 8] = [
        "#[error(",
        "#[expect(",
        "expect(",
        "assert!(",
        "assert_eq!(",
        "debug_assert!(",
        "panic!(",
        "format!(",
    ];
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    let mut rest = code;
    // Parentheses that are open since a message began.
    let mut in_message = 0;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').expect("a text ends");
            assert!(
                !quoted[..end].contains('\\'),
                "escapes are not read: {}",
                &quoted[..end]
            );
            if in_message == 0 && quoted[..end].contains(' ') {
                found.insert(quoted[..end].to_owned());
            }
            rest = &quoted[end + 1..];
        } else if in_message == 0 && MESSAGES.iter().any(|opening| rest.starts_with(opening)) {
            in_message = 1;
            rest = rest.split_once('(').expect("every opening has one").1;
        } else {
            if in_message > 0 {
                in_message += i32::from(next == '(') - i32::from(next == ')');
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    found
}

/// The texts of `ArtifactError::Malformed`.
pub(super) fn rules_in_sources() -> BTreeSet<String> {
    let folder = root().join("shared/src/artifact");
    let entries = [
        folder.clone(),
        folder.join("classifier"),
        folder.join("index"),
        folder.join("model"),
        folder.join("shards"),
        folder.join("words"),
    ];
    let entries = entries
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the formats' sources are there"));
    let rules: BTreeSet<String> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .flat_map(|path| texts(&std::fs::read_to_string(path).expect("a readable source")))
        .collect();
    assert!(
        rules.len() >= 30,
        "only {} rules found: {rules:?}",
        rules.len()
    );
    rules
}

/// The last column of every table of rules: `| rule |` heads it.
fn rules_in_document(document: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut in_rules = false;
    for line in document.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells[..] {
            [_, .., "rule", ""] => in_rules = true,
            [_, .., rule, ""] if in_rules && !rule.starts_with("---") => {
                found.insert(rule.to_owned());
            }
            [_, .., _, ""] => {}
            _ => in_rules = false,
        }
    }
    found
}

#[test]
fn every_rule_of_the_code_stands_in_the_document_and_the_other_way_round() {
    let (code, document) = (rules_in_sources(), rules_in_document(&document()));
    let unwritten: Vec<_> = code.difference(&document).collect();
    assert!(unwritten.is_empty(), "docs/FORMAT.md lacks {unwritten:#?}");
    let dead: Vec<_> = document.difference(&code).collect();
    assert!(dead.is_empty(), "no code enforces {dead:#?}");
}

#[test]
fn no_other_source_makes_rules_of_its_own() {
    let mut folders = vec![root().join("shared/src")];
    let mut n_sources = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.parent().is_some_and(|folder| {
                let of_formats = [
                    "artifact",
                    "artifact/classifier",
                    "artifact/index",
                    "artifact/model",
                    "artifact/shards",
                    "artifact/words",
                ];
                !of_formats.iter().any(|of| folder.ends_with(of))
            }) {
                let source = std::fs::read_to_string(&path).expect("a readable source");
                let made = source.contains("ArtifactError::Malformed");
                assert!(
                    !made,
                    "{}: rules stand in shared/src/artifact",
                    path.display()
                );
                n_sources += 1;
            }
        }
    }
    assert!(n_sources > 10, "only {n_sources} sources read");
}

/// The example's bytes: hexadecimal pairs, `(n × 00)` for a run of zeros, `#` before a remark.
fn example() -> Vec<u8> {
    let document = document();
    let (_, after) = document.split_once("## Example").expect("an example");
    let block = after.split("```").nth(1).expect("a block of code");
    let mut bytes = Vec::new();
    for line in block.lines().skip(1) {
        let code = line.split('#').next().unwrap_or_default();
        let code = code.replace(" × 00)", "×");
        for token in code.split_whitespace() {
            let run = token
                .strip_prefix('(')
                .and_then(|run| run.strip_suffix('×'));
            match run {
                Some(n) => bytes.resize(bytes.len() + n.parse::<usize>().expect("a number"), 0),
                None => bytes.push(u8::from_str_radix(token, 16).expect("hexadecimal")),
            }
        }
    }
    bytes
}

#[test]
fn the_example_parses_to_what_it_says_and_is_what_the_writer_gives() {
    let bytes = example();
    let chunk = AbstractChunk::parse(bytes.clone()).expect("the example opens");
    assert_eq!((chunk.len(), chunk.get(0)), (1, Some("abc")));
    let parts = Parts::of(&bytes);
    assert_eq!(parts.get(b"OFFS"), [0, 0, 0, 0, 3, 0, 0, 0]);
    let written = Writer::new(Kind::Abstracts)
        .u32s(b"OFFS", &[0, 3])
        .section(b"TEXT", parts.get(b"TEXT").to_vec())
        .to_bytes();
    assert_eq!(bytes, written, "the example is not what Writer gives");
    assert_eq!(bytes, AbstractChunk::to_bytes(["abc"].into_iter()));
}

/// Names of an object's fields.
fn fields(json: &serde_json::Value) -> BTreeSet<&str> {
    let object = json.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// Rows of the first table in a part of the document whose header begins so.
fn rows<'a>(part: &'a str, header: &str) -> Vec<Vec<&'a str>> {
    part.lines()
        .skip_while(|line| !line.starts_with(header))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The texts in backticks, in order.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn each_kind_has_the_sections_the_fields_and_the_number_that_the_document_says() {
    let document = document();
    let kinds = rows(&document, "| kind |");
    for (kind, name) in super::container::KINDS {
        let bytes = super::sample::file(kind);
        let number = bytes[10].to_string();
        let row = kinds.iter().find(|row| row[0] == name);
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table of kinds"));
        assert_eq!(row[1], number, "the number of {name}");
        let version = kind.version().to_string();
        assert_eq!(row[2], version, "the version of {name}");
        assert_eq!(
            quoted(row[3]),
            [format!("{name}-….bin")],
            "the file of {name}"
        );

        let heading = format!("\n## Kind {number}, {name}\n");
        let (_, after) = document
            .split_once(&heading)
            .unwrap_or_else(|| panic!("no heading {heading:?}"));
        let part = after.split("\n## ").next().expect("a part");
        let sections = rows(part, "| tag |");
        let described: Vec<&str> = sections.iter().flat_map(|row| quoted(row[0])).collect();
        let parts = Parts::of(&bytes);
        let written: Vec<&str> = parts
            .sections
            .iter()
            .map(|(tag, _)| std::str::from_utf8(tag).expect("a tag is ASCII"))
            .collect();
        assert_eq!(described, written, "the sections of {name}, in order");

        let Some(meta) = parts.meta() else { continue };
        let of_meta = rows(part, "| `META` | meaning |");
        let described: BTreeSet<&str> = if of_meta.is_empty() {
            let row = sections.iter().find(|row| quoted(row[0]) == ["META"]);
            quoted(row.expect("META has a row")[3])
                .into_iter()
                .collect()
        } else {
            of_meta.iter().flat_map(|row| quoted(row[0])).collect()
        };
        assert_eq!(described, fields(&meta), "the fields of {name}'s META");
    }
}

#[test]
fn the_manifest_has_the_fields_that_the_document_says() {
    let document = document();
    let described: BTreeSet<&str> = rows(&document, "| field | type | meaning |")
        .iter()
        .flat_map(|row| quoted(row[0]))
        .collect();
    let entry = || shared::manifest::FileEntry {
        file: "model-0.bin".into(),
        bytes: 1,
        sha256: shared::Sha256::default(),
    };
    let manifest = shared::Manifest {
        protocol: shared::manifest::PROTOCOL,
        build: shared::Sha256::default(),
        builder: "0".into(),
        site: Some(shared::manifest::SiteEntry {
            title: "none".into(),
            description: None,
        }),
        corpus: shared::manifest::CorpusEntry {
            name: "none".into(),
            papers: 0,
            years: None,
        },
        model: entry(),
        index: entry(),
        shards: Some(shared::manifest::ShardsEntry {
            shards_bytes: 0,
            leaves_bytes: 0,
        }),
        papers: entry(),
        words: Some(shared::manifest::WordsEntry {
            table: entry(),
            words_bytes: 0,
            places_bytes: 0,
        }),
        classifier: Some(entry()),
        reference: Some(entry()),
        map: Some(entry()),
        abstracts_bytes: 0,
        quality: None,
    };
    let json: serde_json::Value =
        serde_json::from_slice(&manifest.to_bytes()).expect("the manifest is JSON");
    assert_eq!(described, fields(&json));
}

#[test]
fn the_header_lies_where_the_document_says() {
    let document = document();
    let bytes = super::sample::file(Kind::Papers);
    let number = |at: usize, size: usize| {
        let mut word = [0; 8];
        word[..size].copy_from_slice(&bytes[at..at + size]);
        u64::from_le_bytes(word)
    };
    let n_sections = number(12, 4);
    let mut end = 0;
    for row in rows(&document, "| offset | size | field |") {
        let at: usize = row[0].parse().expect("an offset");
        assert_eq!(at, end, "{} begins where the one before ends", row[2]);
        let Ok(size) = row[1].parse::<usize>() else {
            assert_eq!((at, row[1], row[2]), (32, "24 · n", "table"));
            return;
        };
        end = at + size;
        let found = number(at, size);
        match row[2] {
            "magic" => {
                let magic: Vec<u8> = quoted(row[3])[0]
                    .split(' ')
                    .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
                    .collect();
                assert_eq!(bytes[at..end], magic);
            }
            "version" => assert_eq!(found, u64::from(Kind::Papers.version())),
            "kind" => assert_eq!(found, 3),
            "n_sections" => assert_eq!(found as usize, Parts::of(&bytes).sections.len()),
            "file_len" => assert_eq!(found, bytes.len() as u64),
            "head_crc" => {
                let table = &bytes[32..32 + 24 * n_sections as usize];
                let checked = [&bytes[..24], &bytes[28..32], table].concat();
                assert_eq!(found, u64::from(crc32fast::hash(&checked)));
            }
            "reserved" => assert_eq!(found, 0),
            other => panic!("what is {other}?"),
        }
    }
    panic!("the table of the header has no last row");
}
