//! Data sets from a server in a thread, with all that the hub does and a bad network may.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, mem, thread};

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use shared::Sha256;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::http::stand_in::{Answer, StandIn, quick_client};
use crate::http::{Client, Token};

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
    let n_hashed = crate::http::n_hashed();
    world.fetch(SPEC);
    assert_eq!(crate::http::n_hashed(), n_hashed, "files were hashed again");
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

/// Everything that was logged, by us and by the libraries, down to the smallest word.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn take(&self) -> String {
        let bytes = mem::take(&mut *self.0.lock().expect("what was said"));
        String::from_utf8(bytes).expect("words")
    }
}

impl std::io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("what was said").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl log::Log for Said {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let line = format!("{} {}\n", record.target(), record.args());
        let _ = self.clone().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

#[test]
fn the_token_reaches_the_hub_and_nothing_else() {
    const SECRET: &str = "hf_wAtErMeLoN";
    let said = Said::default();
    let writer = said.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    log::set_boxed_logger(Box::new(said.clone())).expect("no other test sets it");
    log::set_max_level(log::LevelFilter::Trace);
    // Of all threads: what is said for the first time in another one would be lost otherwise.
    tracing::subscriber::set_global_default(subscriber).expect("no other test sets it");

    let mut world = World::new();
    world.data_sets.hub.token = Token::new(SECRET, "HF_TOKEN");
    let cdn = StandIn::start([]);
    let mut seen = format!("{:?}", world.data_sets);
    let file = file_at(OLD, "data/1.parquet");
    let elsewhere = Answer::Redirect(format!("{}/blob", cdn.url));
    for (own, others) in [
        (Answer::Status(403), Answer::Status(404)),
        (Answer::Status(429), Answer::Status(404)),
        (elsewhere.clone(), Answer::Status(403)),
        (elsewhere.clone(), Answer::Bytes(bytes("another"))),
        (elsewhere.clone(), Answer::Redirect("ftp://x/".to_owned())),
    ] {
        world.server.set(&file, own);
        cdn.set("/blob", others);
        let failed = world.data_sets.fetch(SPEC).expect_err("it cannot come");
        let root = failed.root_cause();
        seen.extend([format!("{failed} {failed:#} {failed:?} {root:?}")]);
    }
    cdn.set("/blob", Answer::Bytes(bytes("one")));
    world.data_sets.fetch(SPEC).expect("it can come");

    let log = said.take();
    for wanted in ["trying again in", "fetching 2 of them", "ureq"] {
        assert!(log.contains(wanted), "{wanted:?} was not said");
    }
    // There ureq writes down the bytes of each request, sixteen a line: no search finds a token.
    assert!(!log.contains("ureq_proto::util"), "requests were logged");
    seen += &log;
    for file in walk(world.cache.path()) {
        seen += &String::from_utf8_lossy(&fs::read(file).expect("a file"));
    }
    assert!(!seen.contains(SECRET), "the token was shown");
    let cdn = cdn.log().join("\n");
    assert!(cdn.contains("/blob"), "nothing was asked for there");
    assert!(!cdn.contains("Bearer"), "the token left its host: {cdn}");
    let own = world.server.log();
    assert!(own.iter().all(|line| line.ends_with(SECRET)), "{own:?}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

const ENDPOINT: &str = "OFFPRINT_TEST_ENDPOINT";
const CACHE: &str = "OFFPRINT_TEST_CACHE";

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let world = World::new();
    let stall = Answer::Stall(bytes("two"), 30_000);
    let answer = Answer::Bytes(bytes("two")).after(1, stall);
    let file = file_at(OLD, "data/2.parquet");
    world.server.set(&file, answer);
    let mut child = Command::new(env::current_exe().expect("this test has a path"))
        .args([
            "--exact",
            "--ignored",
            "data_sets::tests::fetches_until_killed",
        ])
        .env(ENDPOINT, &world.data_sets.hub.endpoint)
        .env(CACHE, world.cache.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test can be run");
    let parts = world.cache.path().join("data_sets/ada+papers/parts");
    let n_bytes = || {
        let entries = fs::read_dir(&parts).into_iter().flatten().flatten();
        let lengths = entries.filter_map(|entry| Some(entry.metadata().ok()?.len()));
        lengths.sum::<u64>()
    };
    for _ in 0..600 {
        if n_bytes() == 30_000 {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(n_bytes(), 30_000, "what had come was not written");

    world.server.take_log();
    let paths = world.data_sets.fetch(SPEC).expect("the hub has it");
    assert_eq!(fs::read(&paths[1]).expect("it is there"), bytes("two"));
    let about = format!("{API}/revision/main -");
    assert_eq!(world.server.log(), [about, format!("{file} bytes=30000-")]);
    assert_eq!(n_bytes(), 0, "a partial file was left");
}

#[test]
#[ignore = "run by the test that kills it"]
fn fetches_until_killed() {
    let (Some(endpoint), Some(cache)) = (env::var_os(ENDPOINT), env::var_os(CACHE)) else {
        return;
    };
    let data_sets = DataSets {
        hub: Hub {
            endpoint: endpoint.into_string().expect("an address"),
            token: None,
            cache: None,
        },
        cache: cache.into(),
        // Half a minute of silence: longer than it takes to be killed.
        client: Client::default(),
    };
    data_sets.fetch(SPEC).expect("it is killed before this");
}
