//! Whether artifacts are what their site's file gives, and whether a command may replace them.

use std::time::SystemTime;

use anyhow::{Context, Result};

use super::inputs::{Inputs, modified};
use super::mark::{self, Mark};
use crate::folders::Folders;
use crate::workspace::{Workspace, read};

/// The starter corpus' name, by which artifacts from before there was a mark are known.
pub(super) const STARTER_NAME: &str = "Offprint starter";
/// Compiled into index-builder.
const SHIPPED: [&str; 2] = [
    "models/arxiv-minilm/classifier.bin",
    "models/arxiv-minilm/adapter_model.safetensors",
];
/// In the artifacts' folder while a build of them is not finished; it says what is built.
pub(super) const UNFINISHED: &str = "unfinished.txt";

/// What a finished build says of itself.
struct Built {
    corpus: String,
    build: String,
    protocol: u32,
    at: SystemTime,
}

/// What is to be done about artifacts, where no papers are named.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They are what the site's file gives.
    Current,
    /// They are missing, or their inputs or the page have changed since.
    Outdated,
    /// They were built from papers that the site's file does not name.
    OtherPapers,
    /// So they were, and this page cannot read them.
    OtherPapersOutdated,
    /// A build of such papers was begun, and is not finished.
    OtherPapersUnfinished,
}

/// How the artifacts stand, and what they were built from.
pub(super) fn standing(workspace: &Workspace, folders: &Folders) -> Result<(Standing, String)> {
    let inputs = Inputs::read(&folders.config)?;
    let mark = Mark::read(folders);
    // Before the manifest is read: that of an older build may still be there.
    if folders.artifacts.join(UNFINISHED).exists() {
        let is_ours = mark.is_some_and(|mark| mark.is_begun);
        let standing = if is_ours {
            Standing::Outdated
        } else {
            Standing::OtherPapersUnfinished
        };
        return Ok((standing, String::new()));
    }
    let Some(built) = built(folders)? else {
        return Ok((Standing::Outdated, String::new()));
    };
    let shipped = SHIPPED.map(|path| modified(&workspace.root.join(path)).ok());
    let shipped = shipped.into_iter().flatten().max();
    let shipped = shipped.unwrap_or(SystemTime::UNIX_EPOCH);
    let source = read(&workspace.root.join("shared/src/manifest.rs"))?;
    let protocol = number_after(&source, "PROTOCOL: u32 =")
        .context("shared/src/manifest.rs no longer says `PROTOCOL: u32 = …`")?;
    let listed = inputs.listed(&folders.config);
    let same_files = |mark: &Mark| mark.inputs.is_empty() || mark.inputs == listed;
    let newest = if mark.as_ref().is_none_or(same_files) {
        inputs.newest().max(shipped)
    } else {
        // Files came or went, which is as new as can be.
        SystemTime::now().max(built.at)
    };
    let ours = is_ours(&built, inputs.name.as_deref(), mark.as_ref());
    let standing = judge(&built, ours, newest, protocol);
    Ok((standing, built.corpus))
}

/// Marks the artifacts that are there now as those of the site's own file, built from `inputs`.
pub(super) fn mark_as_ours(folders: &Folders, inputs: Vec<String>) -> Result<()> {
    let build = built(folders)?.map(|built| built.build);
    mark::finish(folders, build, inputs)
}

/// The build that is there; an unreadable manifest is an unfinished one, nobody's hour of work.
fn built(folders: &Folders) -> Result<Option<Built>> {
    let path = folders.artifacts.join("manifest.json");
    if !path.is_file() {
        return Ok(None);
    }
    Ok(parse_manifest(&read(&path)?, modified(&path)?))
}

/// Whether the site's own file gave them: the mark says so. Where there is none, it is the starter that
/// was built before there were marks, if the site's file names the starter.
fn is_ours(built: &Built, name: Option<&str>, mark: Option<&Mark>) -> bool {
    match mark.and_then(|mark| mark.build.as_deref()) {
        Some(marked) => built.build == marked,
        None => built.corpus == STARTER_NAME && name == Some(STARTER_NAME),
    }
}

fn judge(built: &Built, ours: bool, newest_input: SystemTime, protocol: u32) -> Standing {
    match (ours, built.protocol == protocol) {
        (true, true) if built.at > newest_input => Standing::Current,
        (true, _) => Standing::Outdated,
        (false, true) => Standing::OtherPapers,
        (false, false) => Standing::OtherPapersOutdated,
    }
}

/// The fields that matter here, of a file that `shared` writes and reads in full.
fn parse_manifest(json: &str, at: SystemTime) -> Option<Built> {
    let (_, corpus) = json.split_once("\"corpus\"")?;
    Some(Built {
        corpus: text_after(corpus, "\"name\"")?,
        build: text_after(json, "\"build\"")?,
        protocol: number_after(json, "\"protocol\":")?,
        at,
    })
}

fn text_after(json: &str, mark: &str) -> Option<String> {
    let (_, rest) = json.split_once(mark)?;
    let rest = rest.trim_start().strip_prefix(':')?;
    let text = rest.trim_start().strip_prefix('"')?;
    Some(text.split('"').next()?.to_owned())
}

fn number_after(text: &str, mark: &str) -> Option<u32> {
    let (_, rest) = text.split_once(mark)?;
    let digits = rest
        .trim_start()
        .split(|c: char| !c.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn built(corpus: &str, protocol: u32) -> Built {
        Built {
            corpus: corpus.to_owned(),
            build: "b1".to_owned(),
            protocol,
            at: second(100),
        }
    }

    fn second(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn our_artifacts_last_until_an_input_or_the_page_changes() {
        let judged = |made, newest| judge(&built("Lab", made), true, second(newest), 3);
        assert_eq!(judged(3, 99), Standing::Current);
        assert_eq!(judged(3, 100), Standing::Outdated, "same second");
        assert_eq!(judged(3, 101), Standing::Outdated, "newer papers");
        assert_eq!(judged(2, 99), Standing::Outdated, "older page");
    }

    #[test]
    fn artifacts_of_other_papers_are_never_replaced_unasked() {
        for (protocol, newest, wanted) in [
            (3, 99, Standing::OtherPapers),
            (3, 101, Standing::OtherPapers),
            (2, 99, Standing::OtherPapersOutdated),
            (2, 101, Standing::OtherPapersOutdated),
        ] {
            let found = judge(&built("papers", protocol), false, second(newest), 3);
            assert_eq!(found, wanted, "protocol {protocol}, input {newest}");
        }
    }

    #[test]
    fn artifacts_are_ours_by_their_mark_and_by_no_name_but_the_starters() {
        let marked = |build: &str| Mark {
            build: Some(build.to_owned()),
            ..Mark::default()
        };
        let (lab, starter) = (Some("lab"), Some(STARTER_NAME));
        assert!(is_ours(
            &built("renamed since", 3),
            lab,
            Some(&marked("b1"))
        ));
        assert!(is_ours(&built(STARTER_NAME, 3), starter, None), "no mark");
        // Begun, and ended before anything was built.
        let begun = Mark::default();
        assert!(is_ours(&built(STARTER_NAME, 3), starter, Some(&begun)));

        assert!(!is_ours(&built(STARTER_NAME, 3), lab, None), "named lab");
        let other = Some(&marked("b0"));
        assert!(!is_ours(&built(STARTER_NAME, 3), starter, other), "by hand");
        // Somebody's lab.jsonl, whose corpus is named after its file.
        assert!(!is_ours(&built("lab", 3), lab, None), "by hand");
        assert!(!is_ours(&built("lab", 3), lab, other), "by hand");
    }

    #[test]
    fn a_fork_that_names_other_papers_gets_them_and_keeps_what_it_named_by_hand() {
        let (root, folders) = Folders::temporary("standing");
        fs::create_dir_all(&folders.artifacts).expect("a temporary folder");
        let workspace = Workspace::find().expect("tests run inside the clone");
        let config = |name: &str| {
            let text = format!("[corpus]\nname = '{name}'\npapers = ['hf://datasets/o/n']\n");
            fs::write(&folders.config, text).expect("it is writable");
        };
        let manifest = |corpus: &str, build: &str, age: Duration| {
            let path = folders.artifacts.join("manifest.json");
            let protocol = shared_protocol(&workspace);
            let json = format!(
                "{{\"protocol\": {protocol}, \"build\": \"{build}\", \"corpus\": {{\"name\": \"{corpus}\"}}}}"
            );
            fs::write(&path, json).expect("it is writable");
            let file = fs::File::options()
                .write(true)
                .open(&path)
                .expect("it is there");
            file.set_modified(SystemTime::now() - age + Duration::from_mins(1))
                .expect("a date can be set");
        };
        let found = || standing(&workspace, &folders).expect("all is readable").0;
        let (young, old) = (Duration::ZERO, Duration::from_secs(10_000));

        config("First");
        assert_eq!(found(), Standing::Outdated, "nothing is built yet");
        manifest("First", "b1", young);
        let own = |text: &str| {
            fs::write(root.join("own.jsonl"), text).expect("it is writable");
            let config = "[corpus]\nname = 'First'\npapers = ['*.jsonl']\n";
            fs::write(&folders.config, config).expect("it is writable");
        };
        own("1");
        fs::write(root.join("more.jsonl"), "1").expect("it is writable");
        let inputs = mark::begin(&folders).expect("it is writable");
        let note = folders.artifacts.join(UNFINISHED);
        fs::write(&note, "own").expect("it is writable");
        assert_eq!(found(), Standing::Outdated, "our own, unfinished");
        mark::leave(&folders).expect("it is writable");
        assert_eq!(found(), Standing::OtherPapersUnfinished);
        fs::remove_file(&note).expect("it is there");
        mark_as_ours(&folders, inputs).expect("it is writable");
        assert_eq!(found(), Standing::Current);
        fs::remove_file(root.join("more.jsonl")).expect("it is there");
        assert_eq!(found(), Standing::Outdated, "a file is gone");
        fs::write(root.join("more.jsonl"), "1").expect("it is writable");
        assert_eq!(found(), Standing::Current, "it is back");
        own("22");
        assert_eq!(found(), Standing::Outdated, "an older file of another size");
        // The file changes after the build: renamed, so that only the mark still tells.
        config("Second");
        manifest("First", "b1", old);
        assert_eq!(
            found(),
            Standing::Outdated,
            "the fork's own change is not taken"
        );
        manifest("by hand", "b2", old);
        assert_eq!(found(), Standing::OtherPapers);
        fs::remove_dir_all(&root).expect("it is ours");
    }

    fn shared_protocol(workspace: &Workspace) -> u32 {
        let source = read(&workspace.root.join("shared/src/manifest.rs")).expect("it is there");
        number_after(&source, "PROTOCOL: u32 =").expect("PROTOCOL has moved")
    }

    #[test]
    fn a_manifest_is_read_however_it_is_spaced() {
        for json in [
            r#"{"protocol":7,"build":"00","site":{"title":"\"corpus\""},"corpus":{"name":"starter","papers":2}}"#,
            "{\n  \"protocol\": 7,\n \"build\": \"00\", \"corpus\": {\n    \"name\": \"starter\"\n  }\n}",
        ] {
            let found = parse_manifest(json, second(1)).expect("all fields are there");
            assert_eq!(
                (found.protocol, &*found.corpus, &*found.build),
                (7, "starter", "00"),
                "from {json}"
            );
        }
        for damaged in [
            "",
            "{\"protocol\": 7",
            "{\"protocol\":\"x\",\"build\":\"00\",\"corpus\":{\"name\":\"a\"}}",
        ] {
            assert!(
                parse_manifest(damaged, second(1)).is_none(),
                "{damaged} passed for a build"
            );
        }
    }
}
