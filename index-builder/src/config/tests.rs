use shared::Sha256;
use shared::manifest::{
    CorpusEntry, FileEntry, MAX_BYTES, Manifest, PROTOCOL, QualityEntry, SearchEntry, SiteEntry,
    WordsEntry,
};

use super::*;
use crate::model::LONGEST_SET;

fn parsed(text: &str) -> Result<Config> {
    let path = Path::new("fork/offprint.toml");
    parse(&Source { path, text }, Path::new("fork"))
}

#[test]
fn the_file_of_this_repository_names_the_starter_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = Config::read(&root.join("offprint.toml")).expect("our own file");
    assert_eq!(config.papers, [root.join("corpus/starter.jsonl")]);
    assert_eq!(config.name.as_deref(), Some("Offprint starter"));
    let site = config.site.expect("it has a title");
    assert_eq!(site.title, "Offprint");
    assert_eq!((config.categories, config.sample), (None, None));
}

#[test]
fn a_build_has_a_map_unless_the_file_says_otherwise() {
    let with = |lines: &str| parsed(&format!("[corpus]\npapers = ['a.jsonl']\n{lines}"));
    for lines in ["", "[map]\n", "[map]\nbuild = true\n"] {
        let config = with(lines).expect("it is as it should be");
        assert_eq!(config.map, MapChoice::New, "{lines:?}");
    }
    assert!(
        with("[map]\nfrom = 'x'\n").is_err(),
        "an unknown key passed"
    );
}

#[test]
fn feeds_are_queries_that_can_be_read_under_names_of_their_own() {
    let with = |lines: &str| parsed(&format!("[corpus]\npapers = ['a.jsonl']\n{lines}"));
    let feed =
        |title: &str, query: &str| format!("[[feeds]]\ntitle = '{title}'\nquery = '{query}'\n");
    let config = with(&(feed("Spin", "\"spin glass\"") + &feed("New", "year:2020..")));
    let config = config.expect("two feeds");
    let wanted = [("Spin", "\"spin glass\""), ("New", "year:2020..")];
    let found = config
        .feeds
        .iter()
        .map(|saved| (&*saved.title, &*saved.query));
    assert!(found.eq(wanted), "{:?}", config.feeds);
    assert_eq!(
        config.clone().with_papers(vec!["b".into()]).feeds,
        config.feeds
    );

    let many: String = (0..=MAX_FEEDS)
        .map(|at| feed(&format!("f{at}"), "spin"))
        .collect();
    for (lines, line, remedy) in [
        (feed("Spin", "\"spin"), 5, "closing"),
        (feed("Spin", ""), 5, "at least one word"),
        (feed("", "spin"), 4, "at least one word"),
        (
            feed("Spin!", "spin") + &feed("spin", "glass"),
            7,
            "another title",
        ),
        (many, 4 + 3 * MAX_FEEDS, "at most 20"),
        ("[[feeds]]\ntitle = 'a'\n".to_owned(), 3, "query"),
    ] {
        let error = with(&lines).expect_err("it is wrong");
        let error = format!("{error:#}");
        assert!(error.contains(&format!("line {line}")), "{lines}: {error}");
        assert!(error.contains(remedy), "{lines}: {error}");
    }
}

#[test]
fn paths_are_of_the_files_folder_and_addresses_stay() {
    let config = parsed(
        "[site]\ntitle = ' Lab '\n[corpus]\nname = 'Ours'\n\
         papers = ['a.jsonl', '/data/b.csv', 'shards/*.parquet', 'hf://datasets/o/n@main/*.parquet']\n\
         categories = ['cs.*', 'stat.ML']\nsample = 7\nseed = 3\n\
         [model]\nfolder = 'models/mine'\nclassifier = 'c.bin'\nreference = true\n\
         [map]\nbuild = false\n",
    )
    .expect("a complete file");
    let wanted = [
        "fork/a.jsonl",
        "/data/b.csv",
        "fork/shards/*.parquet",
        "hf://datasets/o/n@main/*.parquet",
    ];
    let papers: Vec<_> = config.papers.iter().map(|path| path.to_str()).collect();
    assert_eq!(papers, wanted.map(Some));
    assert_eq!(config.categories, "cs.*,stat.ML".parse().ok());
    assert_eq!((config.sample, config.seed), (Some(7), Some(3)));
    assert_eq!(config.model, Which::In("fork/models/mine".into()));
    assert_eq!(config.classifier, Some("fork/c.bin".into()));
    assert_eq!(config.reference, Reference::With);
    assert_eq!(config.map, MapChoice::Without);
    let site = SiteEntry {
        title: "Lab".into(),
        description: None,
    };
    assert_eq!(config.site, Some(site.clone()));

    let other = config.with_papers(vec!["x.bib".into()]);
    let wanted = Config {
        site: Some(site),
        papers: vec!["x.bib".into()],
        model: Which::In("fork/models/mine".into()),
        classifier: Some("fork/c.bin".into()),
        reference: Reference::With,
        map: MapChoice::Without,
        ..Config::default()
    };
    assert_eq!(other, wanted, "other papers have a corpus of their own");
}

#[test]
fn a_site_has_the_shipped_encoder_unless_it_names_another() {
    for (line, wanted) in [
        ("", Which::Shipped),
        ("[model]\nfolder = 'shipped'\n", Which::Shipped),
        ("[model]\nfolder = 'base'\n", Which::Base),
        ("[model]\nfolder = 'mine'\n", Which::In("fork/mine".into())),
    ] {
        let config = parsed(&format!("[corpus]\npapers = ['a']\n{line}"));
        assert_eq!(config.expect("it is complete").model, wanted, "{line:?}");
    }
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_remedy() {
    let long = "x".repeat(MAX_TITLE + 1);
    for (text, line, remedy) in [
        ("[corpus]\n\npapers = []\n", 3, "papers.jsonl"),
        ("[corpus]\npapers = [\n'a',\n'']\n", 4, "name a file"),
        ("[corpus]\npapers = ['a']\nsample = 0\n", 3, "from 1"),
        (
            "[corpus]\npapers = ['a']\nsample = -1\n",
            3,
            "expected usize",
        ),
        (
            "[corpus]\npapers = ['a']\ncategories = ['cs.*',\n'cs.XX']\n",
            4,
            "did you mean",
        ),
        ("[corpus]\npapers = ['a']\npaper = 1\n", 3, "`papers`"),
        ("[corpus]\nname = 'a'\n", 1, "missing field `papers`"),
        ("[site]\ntitle = 'a'\n", 1, "missing field `corpus`"),
        (
            &format!("[site]\ntitle = '{long}'\n[corpus]\npapers = ['a']\n"),
            2,
            "at most 60",
        ),
        (
            "[site]\ntitle = \"a\\nb\"\n[corpus]\npapers = ['a']\n",
            2,
            "one line",
        ),
        (
            "[corpus]\npapers = ['a']\nname = ' '\n",
            3,
            "at least one word",
        ),
        (
            "[corpus]\npapers = ['a']\n[model]\nfolder = ''\n",
            4,
            "or remove it",
        ),
        ("[corpus\n", 1, "]"),
    ] {
        let error = parsed(text).expect_err("it is wrong");
        let error = format!("{error:#}");
        assert!(error.contains("fork/offprint.toml"), "{error}");
        assert!(error.contains(&format!("line {line}")), "{text:?}: {error}");
        assert!(error.contains(remedy), "{text:?} names no remedy: {error}");
    }
    let error = Config::read(Path::new("no/such.toml")).expect_err("it is not there");
    assert!(error.to_string().contains("no/such.toml"), "{error}");
}

#[test]
fn the_longest_names_leave_the_manifest_readable() {
    // Four bytes a character is the most that UTF-8 and JSON make of one.
    let longest = |n: usize| "\u{1F5D1}".repeat(n);
    let entry = |kind: &str| FileEntry {
        file: format!("{kind}-0123456789abcdef.bin"),
        bytes: u64::MAX,
        sha256: Sha256::default(),
    };
    let manifest = Manifest {
        shards: None,
        protocol: PROTOCOL,
        build: Sha256::default(),
        builder: "100.100.100".into(),
        site: Some(SiteEntry {
            title: longest(MAX_TITLE),
            description: Some(longest(MAX_DESCRIPTION)),
        }),
        corpus: CorpusEntry {
            name: longest(MAX_NAME),
            papers: u32::MAX,
            years: Some((1991, 2026)),
        },
        model: entry("model"),
        index: entry("index"),
        papers: entry("papers"),
        words: Some(WordsEntry {
            table: entry("table"),
            words_bytes: u64::MAX,
            places_bytes: u64::MAX,
        }),
        classifier: Some(entry("classifier")),
        reference: Some(entry("reference")),
        map: Some(entry("map")),
        abstracts_bytes: u64::MAX,
        quality: Some(QualityEntry {
            recall_at_10: 0.123_456_789_012_345_6,
            ef: u32::MAX,
            recall_by_codes: Some(0.1),
            depth: Some(u32::MAX),
            queries: u32::MAX,
            nearest_at_99: Some(0.123_456_7),
            search: vec![
                SearchEntry {
                    set: "n".repeat(LONGEST_SET),
                    ndcg_at_10: 0.1234,
                };
                QualityEntry::MOST_SETS
            ],
        }),
    };
    let bytes = manifest.to_bytes();
    assert!(bytes.len() <= MAX_BYTES, "{} bytes", bytes.len());
    assert_eq!(Manifest::parse(&bytes), Ok(manifest));
}
