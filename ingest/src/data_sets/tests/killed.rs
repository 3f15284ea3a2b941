//! A process that is killed while it downloads.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;
use crate::http::Client;

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
            "data_sets::tests::killed::fetches_until_killed",
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
