//! Updates that end early: the older build is whole, and the same command goes on.

use std::fs;
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::thread::sleep;
#[cfg(unix)]
use std::time::Duration;

use index_builder::folder::Folder;
use index_builder::update::{UpdateConfig, update};

use super::{Desk, OLD, assert_same, built, files};
#[cfg(unix)]
use super::{many, rows};
use crate::fixtures::base_model;
#[cfg(unix)]
use crate::programs::tool;

#[test]
fn an_update_that_fails_leaves_the_older_build_and_may_be_repeated() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let new = [("8", "Cold lasers", "physics.optics")];
    let config = desk.config(&[desk.papers("new", &new)]);
    desk.build(&[desk.papers("all", &[&OLD[..], &new].concat())], "full");
    let site = desk.path("site");
    let before = files(&site);
    // A cache that is no folder: the first thing to fail once the update has begun.
    let no_folder = desk.path("no-folder");
    fs::write(&no_folder, "").expect("written");
    let failing = UpdateConfig {
        embeddings: Some(no_folder),
        ..config.clone()
    };
    update(&failing).expect_err("there is no cache");
    // One file that the new build must write cannot be written: the last but the manifest.
    let full = files(&desk.path("full"));
    let table = full.keys().find(|name| name.starts_with("table-"));
    let table = site.join(table.expect("words have a table"));
    fs::create_dir(&table).expect("made");
    update(&config).expect_err("a file cannot be written");
    fs::remove_dir(&table).expect("removed");
    let begun = files(&site);
    for (name, bytes) in &before {
        assert!(begun.get(name) == Some(bytes), "{name} was touched");
    }
    assert!(begun.len() > before.len(), "it failed before it had begun");
    assert_eq!(Folder::open(&site).expect("opens").papers.len(), OLD.len());

    assert_eq!(built(update(&config).expect("updates")).embedded, 0);
    assert_same(&site, &desk.path("full"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_update_leaves_the_older_build_and_goes_on() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let many = many();
    let rows = rows(&many);
    let new = desk.papers("new", &rows);
    desk.build(&[desk.path("old.jsonl"), new.clone()], "full");
    let (site, cache) = (desk.path("site"), desk.path("cache"));
    let before = files(&site);
    let update = || {
        let mut update = tool("index-builder").expect("it is built");
        update.arg("update").arg("--artifacts").arg(&site);
        update.arg("--papers").arg(&new);
        update.env("OFFPRINT_CACHE", &cache);
        // Batches of one length on every machine: 64 embeddings.
        update.env("RAYON_NUM_THREADS", "2");
        update.stdout(Stdio::null()).stderr(Stdio::piped());
        update
    };
    let has_some = || {
        let kept = fs::read_dir(cache.join("embeddings"));
        let kept = kept.into_iter().flatten().flatten();
        kept.map(|entry| entry.metadata().map_or(0, |about| about.len()))
            .any(|n_bytes| n_bytes > 10_000)
    };
    let mut child = update().spawn().expect("it starts");
    while !has_some() {
        let ended = child.try_wait().expect("it can be asked");
        assert!(ended.is_none(), "it ended at once");
        sleep(Duration::from_millis(1));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
    let output = child.wait_with_output().expect("it has ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("run the same command again"), "{said}");
    let begun = files(&site);
    for (name, bytes) in &before {
        assert!(begun.get(name) == Some(bytes), "{name} was touched");
    }
    assert_eq!(Folder::open(&site).expect("opens").papers.len(), OLD.len());

    let output = update().output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report = fs::read(desk.path("site.report.json")).expect("a report beside the folder");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("it is JSON");
    let n_embedded = report["embedded"].as_u64().expect("a number");
    assert!(n_embedded < rows.len() as u64, "all were embedded again");
    assert_eq!(report["added"].as_u64(), Some(rows.len() as u64));
    assert_same(&site, &desk.path("full"));
}
