//! The whole road of `--papers hf://…`, with nothing but the environment to go by.

use std::env;
use std::process::Command;

use super::*;
use crate::papers;

const CHILD: &str = "OFFPRINT_TEST_CHILD";

#[test]
fn tools_find_papers_on_the_hub_that_the_environment_names() {
    let world = World::empty();
    let csv = b"id,title\na,On glaciers\nb,On axions\n";
    let tree = json!([in_git("papers.csv", csv)]);
    world.server.set(tree_at(OLD), Answer::json(&tree));
    world
        .server
        .set(file_at(OLD, "papers.csv"), Answer::Bytes(csv.to_vec()));
    world.set_main(OLD);
    let child = Command::new(env::current_exe().expect("this test has a path"))
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("data_sets::tests::environment::reads_what_the_environment_names")
        .env(CHILD, "1")
        .env("HF_ENDPOINT", &world.data_sets.hub.endpoint)
        .env("HF_TOKEN", "hf_environment")
        .env("HF_HOME", world.cache.path().join("huggingface"))
        .env("OFFPRINT_CACHE", world.cache.path())
        .output()
        .expect("this test can be run");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("On glaciers, On axions"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    let log = world.server.log();
    assert!(
        log.iter()
            .all(|line| line.ends_with("Bearer hf_environment")),
        "asked without the token: {log:?}"
    );
    assert!(world.at(OLD, "papers.csv").is_file());
}

#[test]
#[ignore = "run by the test that sets its environment"]
fn reads_what_the_environment_names() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let files = papers::resolve(&[SPEC.into()]).expect("the hub has it");
    let (papers, _) = papers::read_all(&files).expect("they are papers");
    let titles: Vec<_> = papers.iter().map(|paper| &*paper.title).collect();
    println!("{}", titles.join(", "));
}
