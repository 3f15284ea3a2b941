//! Data sets from a server in a thread, with all that the hub does and a bad network may.

mod environment;
mod killed;
mod token;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use shared::Sha256;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::http::Token;
use crate::http::stand_in::{Answer, StandIn, quick_client};

const SPEC: &str = "hf://datasets/ada/papers";
/// Two commits.
const OLD: &str = "0123456789012345678901234567890123456789";
const NEW: &str = "abcdefabcdefabcdefabcdefabcdefabcdefabcd";

const API: &str = "/hub/api/datasets/ada/papers";

fn bytes(seed: &str) -> Vec<u8> {
    seed.bytes().cycle().take(70_000).collect()
}

/// A file in LFS, as the hub lists it.
fn in_lfs(path: &str, bytes: &[u8]) -> Value {
    let lfs =
        json!({ "oid": Sha256::of(bytes).to_string(), "size": bytes.len(), "pointerSize": 134 });
    json!({ "type": "file", "oid": "0".repeat(40), "size": bytes.len(), "path": path, "lfs": lfs, "xetHash": "1" })
}

/// A file in git itself.
fn in_git(path: &str, bytes: &[u8]) -> Value {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    let oid: Vec<_> = hasher
        .finalize()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    json!({ "type": "file", "oid": oid.concat(), "size": bytes.len(), "path": path })
}

fn tree_at(commit: &str) -> String {
    format!("{API}/tree/{commit}?recursive=true")
}

fn file_at(commit: &str, path: &str) -> String {
    format!("/hub/datasets/ada/papers/resolve/{commit}/{path}")
}

fn set_time(path: &Path, time: SystemTime) {
    let file = fs::File::options().append(true).open(path);
    let set = file.and_then(|file| file.set_modified(time));
    set.expect("the time of a file can be set");
}

/// A hub with the data set at one commit, and somewhere to keep it.
struct World {
    server: StandIn,
    cache: TempDir,
    data_sets: DataSets,
}

impl World {
    /// With three shards, of which the hub hands out the first from elsewhere.
    fn new() -> Self {
        let world = Self::empty();
        world.publish(OLD, &[("data/1.parquet", "one"), ("data/2.parquet", "two")]);
        world
    }

    fn empty() -> Self {
        let server = StandIn::start([]);
        let cache = tempdir().expect("a folder");
        let data_sets = DataSets {
            hub: Hub {
                endpoint: format!("{}/hub/", server.url),
                token: None,
                cache: None,
            },
            cache: cache.path().to_owned(),
            client: quick_client(),
        };
        Self {
            server,
            cache,
            data_sets,
        }
    }

    /// Makes `commit`, with these files and their seeds, what `main` is.
    fn publish(&self, commit: &str, files: &[(&str, &str)]) {
        let folder = json!({ "type": "directory", "oid": "2", "size": 0, "path": "data" });
        let files = files.iter().map(|(path, seed)| {
            self.server
                .set(file_at(commit, path), Answer::Bytes(bytes(seed)));
            in_lfs(path, &bytes(seed))
        });
        let tree: Vec<_> = [folder].into_iter().chain(files).collect();
        self.server.set(tree_at(commit), Answer::json(&json!(tree)));
        self.set_main(commit);
    }

    fn set_main(&self, commit: &str) {
        let about = json!({ "id": "ada/papers", "sha": commit, "siblings": [] });
        self.server
            .set(format!("{API}/revision/main"), Answer::json(&about));
    }

    /// Fetches, and gives what the files hold, and what was asked for.
    fn fetch(&self, spec: &str) -> (Vec<Vec<u8>>, Vec<String>) {
        let paths = self.data_sets.fetch(spec);
        let paths = paths.expect("the hub has it");
        let read = |path: &PathBuf| fs::read(path).expect("it is there");
        let asked = self.server.take_log().into_iter();
        let path = |line: String| line.split(' ').next().unwrap_or_default().to_owned();
        (paths.iter().map(read).collect(), asked.map(path).collect())
    }

    fn message(&self, spec: &str) -> String {
        let failed = self.data_sets.fetch(spec);
        format!("{:#}", failed.expect_err("the hub does not have it"))
    }

    /// The same cache, and no network.
    fn offline(&self) -> DataSets {
        let mut data_sets = self.data_sets.clone();
        data_sets.hub.endpoint = "http://127.0.0.1:9".to_owned();
        data_sets
    }

    fn at(&self, commit: &str, path: &str) -> PathBuf {
        let folder = self.cache.path().join("data_sets/ada+papers");
        folder.join(commit).join(path)
    }
}

#[test]
fn files_come_over_pages_and_redirections_and_each_once() {
    let world = World::empty();
    let cdn = StandIn::start([("/blob?sig=1".to_owned(), Answer::Bytes(bytes("one")))]);
    let (first, second) = (in_lfs("b 1.jsonl", &bytes("one")), in_git("a.csv", b"id\n"));
    let readme = in_git("README.md", b"#");
    // As a mirror passes it on: the address of the hub itself.
    let next = "<https://huggingface.co/api/datasets/ada/papers/tree/x?recursive=true&cursor=c>; rel=\"next\"";
    let page = Answer::json(&json!([readme, first])).with("Link", next);
    world.server.set(tree_at(OLD), page);
    let page = Answer::json(&json!([second]));
    world.server.set(tree_at(OLD) + "&cursor=c", page);
    world.set_main(OLD);
    let to = Answer::Redirect(format!("{}/blob?sig=1", cdn.url));
    world.server.set(file_at(OLD, "b%201.jsonl"), to);
    world
        .server
        .set(file_at(OLD, "a.csv"), Answer::Bytes(b"id\n".to_vec()));

    let (files, asked) = world.fetch(SPEC);
    assert_eq!(files, [b"id\n".to_vec(), bytes("one")]);
    assert_eq!(
        asked,
        [
            format!("{API}/revision/main"),
            tree_at(OLD),
            tree_at(OLD) + "&cursor=c",
            file_at(OLD, "a.csv"),
            file_at(OLD, "b%201.jsonl"),
        ]
    );
    assert_eq!(cdn.log().len(), 1);

    let (_, asked) = world.fetch(SPEC);
    assert_eq!(asked, [format!("{API}/revision/main")], "a second start");
    let (_, asked) = world.fetch(&format!("{SPEC}@{OLD}/a.csv"));
    assert_eq!(asked, [""; 0], "a commit needs no asking");
}

#[test]
fn a_second_start_reads_no_file() {
    let world = World::new();
    world.fetch(SPEC);
    for path in ["data/1.parquet", "data/2.parquet"] {
        set_time(
            &world.at(OLD, path),
            SystemTime::now() - Duration::from_mins(1),
        );
    }
    world.fetch(SPEC);
    let n_hashed = crate::http::n_hashed();
    world.fetch(SPEC);
    assert_eq!(crate::http::n_hashed(), n_hashed, "files were hashed again");
}

#[test]
fn a_change_in_the_same_tick_of_the_clock_is_noticed() {
    let world = World::new();
    world.fetch(SPEC);
    let path = world.at(OLD, "data/2.parquet");
    // However long this test takes, at this time the file is new.
    let just_now = SystemTime::now() + Duration::from_hours(1);
    set_time(&path, just_now);
    world.fetch(SPEC);
    let mut changed = bytes("two");
    changed[9] ^= 1;
    fs::write(&path, changed).expect("it can be written");
    set_time(&path, just_now);
    let (files, asked) = world.fetch(SPEC);
    assert_eq!(files, [bytes("one"), bytes("two")]);
    assert_eq!(asked.last(), Some(&file_at(OLD, "data/2.parquet")));
}

#[test]
fn a_file_that_was_touched_is_read_and_one_that_was_changed_is_fetched_anew() {
    let world = World::new();
    world.fetch(SPEC);
    let [first, second] = ["data/1.parquet", "data/2.parquet"].map(|path| world.at(OLD, path));
    // Written again with the same bytes, and with one other byte of the same length.
    fs::write(&first, bytes("one")).expect("it can be written");
    let mut changed = bytes("two");
    changed[9] ^= 1;
    fs::write(&second, changed).expect("it can be written");
    for path in [&first, &second] {
        set_time(path, SystemTime::now() - Duration::from_mins(1));
    }
    let (files, asked) = world.fetch(SPEC);
    assert_eq!(files, [bytes("one"), bytes("two")]);
    let about = format!("{API}/revision/main");
    assert_eq!(asked, [about, file_at(OLD, "data/2.parquet")]);
}

#[test]
fn a_new_revision_fetches_only_what_is_new() {
    let world = World::new();
    world.fetch(SPEC);
    // The second shard has moved, the first is another one, the third is new.
    let files = [
        ("data/1.parquet", "one and a half"),
        ("data/old/2.parquet", "two"),
        ("data/3.parquet", "three"),
    ];
    world.publish(NEW, &files);
    let (files, asked) = world.fetch(SPEC);
    assert_eq!(
        files,
        [bytes("one and a half"), bytes("three"), bytes("two")]
    );
    let wanted = ["data/1.parquet", "data/3.parquet"].map(|path| file_at(NEW, path));
    let about = [format!("{API}/revision/main"), tree_at(NEW)];
    assert_eq!(asked, [about, wanted].concat());

    let (files, asked) = world.fetch(&format!("{SPEC}@{OLD}"));
    assert_eq!(files, [bytes("one"), bytes("two")], "revisions were mixed");
    assert_eq!(asked, [""; 0]);
}

#[test]
fn without_the_network_the_last_whole_commit_is_used() {
    let world = World::new();
    world.fetch(SPEC);
    let offline = world.offline();
    let paths = offline.fetch(SPEC).expect("it is here");
    assert_eq!(paths[0], world.at(OLD, "data/1.parquet"));
    let spec = format!("{SPEC}@{OLD}");
    assert_eq!(offline.fetch(&spec).expect("it is here"), paths);

    // A newer commit is begun and not finished.
    let files = [("data/1.parquet", "new"), ("data/2.parquet", "newer")];
    world.publish(NEW, &files);
    let gone = Answer::Status(503);
    world.server.set(file_at(NEW, "data/2.parquet"), gone);
    let said = world.message(SPEC);
    assert!(
        said.contains("1 of them are here now; start again"),
        "{said}"
    );
    assert_eq!(offline.fetch(SPEC).expect("the old one is here"), paths);

    let spec = "hf://datasets/ada/others";
    let said = format!("{:#}", offline.fetch(spec).expect_err("it is not here"));
    assert!(
        said.contains("is not here whole") && said.contains("HF_ENDPOINT"),
        "{said}"
    );
}

#[test]
fn what_an_interrupted_download_has_serves_a_later_commit() {
    let world = World::new();
    let cut = Answer::Status(503).after(1, Answer::Cut(bytes("two"), 30_000));
    world.server.set(file_at(OLD, "data/2.parquet"), cut);
    world.message(SPEC);
    world.server.take_log();
    let files = [("data/1.parquet", "one"), ("data/2b.parquet", "two")];
    world.publish(NEW, &files);
    let paths = world.data_sets.fetch(SPEC).expect("the hub has it");
    assert_eq!(fs::read(&paths[1]).expect("it is there"), bytes("two"));
    let log = world.server.log();
    let wanted = format!("{} bytes=30000-", file_at(NEW, "data/2b.parquet"));
    assert_eq!(log.last(), Some(&wanted), "{log:?}");
}

#[test]
fn two_tools_at_once_fetch_each_file_once() {
    let world = World::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| world.data_sets.fetch(SPEC).expect("the hub has it"));
        }
    });
    for path in ["data/1.parquet", "data/2.parquet"] {
        let asked = format!("{} -", file_at(OLD, path));
        let log = world.server.log();
        let n = log.iter().filter(|line| **line == asked).count();
        assert_eq!(n, 1, "{log:?}");
    }
}

#[test]
fn what_the_hub_refuses_is_said_in_words_with_a_remedy() {
    let revision = format!("{API}/revision/main");
    let coded = |status, code: &str| Answer::Status(status).with("X-Error-Code", code);
    let token = || Token::new("hf_secret", "HF_TOKEN");
    for (at, answer, token, wanted) in [
        (
            &revision,
            Answer::Status(404),
            None,
            "there is no data set ada/papers with revision main",
        ),
        (
            &revision,
            coded(404, "RevisionNotFound"),
            None,
            "the data set ada/papers has no revision main",
        ),
        (
            &revision,
            coded(401, "RepoNotFound"),
            None,
            "does not exist, or it is private or gated; check the name, or set HF_TOKEN",
        ),
        (
            &revision,
            Answer::Status(401),
            token(),
            "(token from HF_TOKEN): check or unset the token",
        ),
        (
            &file_at(OLD, "data/1.parquet"),
            coded(403, "GatedRepo"),
            token(),
            "the data set ada/papers is gated: accept its terms at http://127.0.0.1",
        ),
        (
            &file_at(OLD, "data/1.parquet"),
            coded(404, "EntryNotFound"),
            None,
            "the data set ada/papers has no file data/1.parquet in revision 0123",
        ),
        (
            &file_at(OLD, "data/1.parquet"),
            Answer::Bytes(bytes("another")),
            None,
            "data/1.parquet has the SHA-256",
        ),
        (
            &revision,
            Answer::Page("text/html", "<html>".to_owned()),
            None,
            "answers what is not expected",
        ),
        (
            &revision,
            Answer::json(&json!({ "sha": "../../x" })),
            None,
            "for a commit",
        ),
        (
            &tree_at(OLD),
            Answer::json(&json!([in_git("../x.csv", b"")])),
            None,
            "is no path of a file",
        ),
    ] {
        let mut world = World::new();
        world.server.set(at, answer);
        world.data_sets.hub.token = token;
        let said = world.message(SPEC);
        assert!(said.contains(wanted), "{said:?} does not say {wanted:?}");
        let left = world.at(OLD, "data/1.parquet");
        assert!(!left.exists(), "a wrong file was left");
    }
}
