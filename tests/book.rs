//! The docs and what they speak of: every command is run, and every quotation is true.
//!
//! A page is followed from its first line to its last, as a reader would, in a folder that looks like a
//! clone with some papers in it: ```` ```toml ```` is written to `offprint.toml`, ```` ```sh ```` is run.
//! Whatever no rule covers is a failure. `line` reads a line of shell, `rules` says who runs it, `clone`
//! makes the folder, `tools` builds the binaries, `quotations` holds tables of the docs against the code.

mod clone;
mod line;
mod quotations;
mod rules;

use std::fs;
use std::path::PathBuf;

use ::book::markdown::Page;

use self::clone::Clone;
use self::rules::Done;
use crate::fixtures::{base_model, repository, say};

/// What may stand behind the opening marks of a fence. One without a word could hide a command.
const SHELL: &str = "sh";
const NETWORK: &str = "sh,network";
const SETTINGS: &str = "toml";
const NOT_RUN: [&str; 6] = ["text", "js", "json", "csv", "bibtex", "http"];

/// README and the pages of the book, each with its path as seen from the root of the clone.
fn pages() -> Vec<(String, Page)> {
    let mut files = vec![PathBuf::from("README.md")];
    let docs = fs::read_dir(repository().join("docs")).expect("docs/ is there");
    for entry in docs {
        let name = PathBuf::from("docs").join(entry.expect("an entry").file_name());
        if name.extension().is_some_and(|ending| ending == "md") {
            files.push(name);
        }
    }
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(repository().join(&file)).expect("a page");
        (file.display().to_string(), Page::read(&text))
    };
    files.into_iter().map(read).collect()
}

#[test]
fn every_command_of_the_docs_runs() {
    let Some(_) = base_model() else { return };
    let (mut faults, mut run, mut checked) = (Vec::new(), 0, 0);
    for (file, page) in pages() {
        let mut clone = Clone::new().expect("a folder with papers");
        for fence in &page.fences {
            let at = |line: usize| format!("{file}:{}", fence.line + line);
            match &*fence.info {
                SETTINGS => clone.write("offprint.toml", &fence.text),
                SHELL | NETWORK => {}
                other if NOT_RUN.contains(&other) => {}
                other => faults.push(format!(
                    "{}: no rule for a fence {other:?}: mark commands {SHELL:?}, or {NETWORK:?} where \
                     they need a network; the rest {NOT_RUN:?} or {SETTINGS:?}",
                    at(0)
                )),
            }
            if ![SHELL, NETWORK].contains(&&*fence.info) {
                continue;
            }
            for (number, text) in line::lines(&fence.text) {
                let done = line::words(&text).and_then(|words| {
                    if fence.info == NETWORK {
                        rules::check(&clone, &words)
                    } else {
                        rules::follow(&mut clone, &words)
                    }
                });
                match done {
                    Ok(Done::Run) => run += 1,
                    Ok(Done::Checked(why)) => {
                        checked += 1;
                        let command = text.split("  #").next().unwrap_or_default().trim_end();
                        say(&format!("{}: `{command}` is not run: {why}", at(number)));
                    }
                    Err(why) => faults.push(format!("{}: `{text}`: {why}", at(number))),
                }
            }
        }
    }
    say(&format!(
        "{run} commands of the docs run, {checked} checked"
    ));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(run > 10, "only {run} commands were found");
}

#[test]
fn every_command_inside_a_sentence_is_one_that_its_tool_understands() {
    let clone = Clone::new().expect("a folder with papers");
    let (mut faults, mut n) = (Vec::new(), 0);
    for (file, page) in pages() {
        for code in &page.codes {
            let words = line::words(&code.text).unwrap_or_default();
            let is_command = matches!(
                words.first().map(String::as_str),
                Some("cargo" | "index-builder" | "trainer" | "git" | "trunk")
            );
            if !is_command || words.len() < 2 {
                continue;
            }
            n += 1;
            if let Err(why) = rules::check(&clone, &words) {
                faults.push(format!("{file}:{}: `{}`: {why}", code.line, code.text));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(n > 5, "only {n} commands were found");
}
