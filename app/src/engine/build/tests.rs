//! A build of eight papers and a model that knows eleven words, each a direction of its own.

mod map;
mod matching;
mod model;
mod newest;
mod occluding;
mod own;
mod pieces;
mod questions;
mod similar;
mod verify;

use std::sync::Arc;

use shared::artifact::{ChunkEntry, ClassifierMeta, IndexParts};
use shared::manifest::{CorpusEntry, WordsEntry};
use shared::math::Kernel;
use shared::quant::Int8Vector;
use shared::words::{InvertedIndex, WordFiles};
use shared::{Encoder, Paper, Sha256};

use super::*;
use crate::engine::embed::Int8;
use crate::engine::protocol::{By, Listed, Order};
use crate::engine::protocol::{Filter, Hits, Method, Occluded, Sort};
use model::model;

const DIM: usize = 16;
const MAX_TOKENS: usize = 8;

/// Title, categories, year.
const PAPERS: [(&str, &[&str], Option<u16>); 8] = [
    ("spin glass", &["cond-mat.dis-nn"], Some(1999)),
    (
        "spin glass network",
        &["cond-mat.dis-nn", "cs.LG"],
        Some(2004),
    ),
    ("galaxy dust", &["astro-ph.GA"], Some(2010)),
    ("neural network", &["cs.LG", "stat.ML"], Some(2015)),
    ("number proof", &["math.NA", "cs.NA"], Some(2001)),
    ("market price", &["q-fin.GN"], None),
    ("cell network", &[], Some(2020)),
    ("galaxy number", &["astro-ph.CO"], Some(1995)),
];

fn entry(file: &str, bytes: &[u8]) -> FileEntry {
    FileEntry {
        file: file.to_owned(),
        bytes: bytes.len() as u64,
        sha256: Sha256::of(bytes),
    }
}

/// The index of the papers, which says that it was made by `index_model`.
fn index_parts(index_model: Sha256) -> IndexParts {
    let model = model();
    let model_sha256 = Sha256::of(&model);
    let parsed = Model::parse(model.clone(), model_sha256).expect("the writer's own bytes");
    let mut encoder = Encoder::new(Arc::new(parsed));
    let vectors = PAPERS
        .iter()
        .map(|(title, ..)| {
            let found = encoder.embed_document(title, "").expect("known words");
            Int8Vector::quantize(&found.vector).expect("finite numbers")
        })
        .collect();
    let n = PAPERS.len() as u32;
    IndexParts {
        model_sha256: index_model,
        dim: DIM,
        ef: 4,
        depth: None,
        nodes: (0..n).map(Some).collect(),
        vectors,
        links: (0..n)
            .map(|node| (0..n).filter(|&other| other != node).collect())
            .collect(),
        upper: Vec::new(),
        golden: Vec::new(),
    }
}

/// The files, with an index that says it was made by `index_model`.
fn files(index_model: Option<Sha256>) -> (Manifest, Files) {
    let model = model();
    let model_sha256 = Sha256::of(&model);
    let index = index_parts(index_model.unwrap_or(model_sha256)).to_bytes();
    let n = PAPERS.len() as u32;
    let papers: Vec<Paper> = PAPERS
        .iter()
        .zip(0..)
        .map(|((title, categories, year), at)| Paper {
            id: format!("p{at}"),
            title: (*title).to_owned(),
            categories: categories.iter().map(|&code| code.to_owned()).collect(),
            year: *year,
            ..Paper::default()
        })
        .collect();
    let chunk = ChunkEntry {
        sha256: Sha256::default(),
        bytes: 0,
    };
    let words = InvertedIndex::of(&papers).to_files(InvertedIndex::CHUNK_BYTES);
    let papers = Papers::to_bytes(&papers, n, &[chunk]);
    let meta = ClassifierMeta {
        model_sha256,
        dim: DIM,
        classes: vec!["cond-mat.dis-nn".to_owned(), "astro-ph.GA".to_owned()],
        temperature: 1.0,
        by_confidence: None,
        description: "two classes for a test".to_owned(),
        held_out: None,
        words: None,
        cross: None,
    };
    // One class likes "spin", the other "galaxy".
    let mut weights = vec![0.0; 2 * DIM];
    (weights[3], weights[DIM + 5]) = (8.0, 8.0);
    let classifier = Classifier::new(&meta, &weights, &[0.0, 0.0], None)
        .expect("shapes fit")
        .to_bytes();
    let manifest = Manifest {
        protocol: shared::manifest::PROTOCOL,
        build: Sha256::of(b"a build"),
        builder: "test".to_owned(),
        site: None,
        corpus: CorpusEntry {
            name: "eight".to_owned(),
            papers: n,
            years: Some((1995, 2020)),
        },
        model: entry("model.bin", &model),
        index: entry("index.bin", &index),
        papers: entry("papers.bin", &papers),
        words: Some(WordsEntry {
            table: entry("table.bin", &words.table),
            words_bytes: words.words.iter().map(|bytes| bytes.len() as u64).sum(),
            places_bytes: words.places.iter().map(|bytes| bytes.len() as u64).sum(),
        }),
        classifier: Some(entry("classifier.bin", &classifier)),
        reference: None,
        map: None,
        abstracts_bytes: 0,
        quality: None,
        shards: None,
    };
    let files = Files {
        papers,
        meaning: MeaningFiles {
            model,
            index,
            classifier: Some(classifier),
            reference: None,
        },
        words,
    };
    (manifest, files)
}

/// The files of a build.
struct Files {
    papers: Vec<u8>,
    words: WordFiles,
    meaning: MeaningFiles,
}

/// Opens papers and the table of words.
fn begin(manifest: &Manifest, papers: Vec<u8>, table: &[u8]) -> Result<Build, EngineError> {
    let table = Some(table.to_vec());
    Build::begin(manifest, papers, table, EngineId::Int8Simd, || 0.0)
}

/// Opens all of a build, its chunks of words too.
fn open(manifest: &Manifest, files: Files) -> Result<Build, EngineError> {
    let mut build = begin(manifest, files.papers, &files.words.table)?;
    for chunk in files.words.chunks() {
        let bytes = files.words.chunk(chunk).to_vec();
        build
            .insert_words(chunk, bytes)
            .expect("a chunk of this table");
    }
    build.complete(manifest, files.meaning, &engine())?;
    Ok(build)
}

fn engine() -> Int8 {
    Int8 {
        id: EngineId::Int8Simd,
        kernel: Kernel::best(),
    }
}

fn build() -> Build {
    let (manifest, files) = files(None);
    open(&manifest, files).expect("a build that fits together")
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| &*hit.id).collect()
}

fn within(categories: &[&str]) -> Filter {
    Filter {
        categories: categories.iter().map(|&code| code.to_owned()).collect(),
        ..Filter::default()
    }
}

fn primary(categories: &[&str]) -> Filter {
    Filter {
        listed: Listed::Primary,
        ..within(categories)
    }
}

#[test]
fn of_a_few_papers_all_are_compared_and_the_paper_itself_comes_first() {
    let found = build()
        .search(
            "Spin Glass",
            By::Meaning,
            3,
            &Filter::default(),
            Order::Nearest,
            Sort::Relevance,
        )
        .expect("known words");
    assert_eq!(ids(&found.hits)[..2], ["p0", "p1"], "{:?}", found.hits);
    assert_eq!((found.hits.len(), found.passing), (3, 8));
    assert_eq!(found.method, Method::Exact);
    let similarity = found.hits[0].similarity.expect("both have vectors");
    assert!((similarity - 1.0).abs() < 0.01, "{similarity}");
}

#[test]
fn a_filter_is_answered_exactly_and_says_how_many_pass() {
    let mut build = build();
    for (filter, wanted) in [
        (within(&["cs.LG"]), vec!["p1", "p3"]),
        (within(&["cs"]), vec!["p1", "p3", "p4"]),
        (primary(&["cs"]), vec!["p3"]),
        (primary(&["cs", "cond-mat"]), vec!["p0", "p1", "p3"]),
        (primary(&["stat.ML"]), vec![]),
        (within(&["math.NA"]), vec!["p4"]),
        (within(&["astro-ph", "q-fin.GN"]), vec!["p2", "p5", "p7"]),
        (within(&["no.such"]), vec![]),
        (
            Filter {
                years: Some((1999, 2004)),
                ..Filter::default()
            },
            vec!["p0", "p1", "p4"],
        ),
        (
            Filter {
                years: Some((2000, 2010)),
                ..within(&["cs"])
            },
            vec!["p1", "p4"],
        ),
    ] {
        let found = build
            .search(
                "spin",
                By::Meaning,
                10,
                &filter,
                Order::Nearest,
                Sort::Relevance,
            )
            .expect("a known word");
        let mut found_ids = ids(&found.hits);
        found_ids.sort_unstable();
        assert_eq!(found_ids, wanted, "{filter:?}");
        assert_eq!(
            (found.method, found.passing),
            (Method::Exact, wanted.len()),
            "{filter:?}"
        );
    }
}

#[test]
fn a_text_without_a_word_is_refused_and_a_long_one_says_what_was_cut() {
    let mut build = build();
    assert_eq!(
        build.search(
            "  ",
            By::Meaning,
            3,
            &Filter::default(),
            Order::Nearest,
            Sort::Relevance
        ),
        Err(EngineError::NoTokens)
    );
    assert_eq!(build.classify("", "", 3), Err(EngineError::NoTokens));
    let long = "spin ".repeat(10);
    let found = build
        .search(
            &long,
            By::Meaning,
            3,
            &Filter::default(),
            Order::Nearest,
            Sort::Relevance,
        )
        .expect("known words");
    assert_eq!(found.n_cut, 10 + 2 - MAX_TOKENS);
}

#[test]
fn categories_come_with_evidence_that_has_categories() {
    let found = build()
        .classify("galaxy", "cell network", 3)
        .expect("known words");
    assert_eq!(found.suggestions[0].category, "astro-ph.GA");
    let total: f64 = found
        .suggestions
        .iter()
        .map(|suggestion| suggestion.probability)
        .sum();
    assert!((total - 1.0).abs() < 1e-9, "probabilities sum to {total}");
    assert_eq!(found.evidence.len(), 3);
    assert!(
        !ids(&found.evidence).contains(&"p6"),
        "an unlabelled paper is no evidence"
    );
}

#[test]
fn a_build_without_a_classifier_says_so() {
    let (mut manifest, mut files) = files(None);
    manifest.classifier = None;
    files.meaning.classifier = None;
    let mut build = open(&manifest, files).expect("a classifier is optional");
    assert_eq!(
        build.classify("galaxy", "", 3),
        Err(EngineError::NoClassifier)
    );
    assert_eq!(build.info().classifier, None);
}

#[test]
fn files_made_apart_are_refused_by_name() {
    let (manifest, files) = files(Some(Sha256::of(b"another model")));
    let error = open(&manifest, files).err();
    let Some(EngineError::Damaged { file, cause }) = error else {
        panic!("an index of another model gave {error:?}");
    };
    assert_eq!(file, "index.bin");
    assert!(cause.contains("model"), "{cause}");
}

#[test]
fn a_damaged_file_is_named() {
    let names = [
        "model.bin",
        "index.bin",
        "papers.bin",
        "classifier.bin",
        "table.bin",
    ];
    for (at, name) in names.into_iter().enumerate() {
        let (manifest, mut files) = files(None);
        let classifier = files.meaning.classifier.as_mut().expect("there is one");
        let file = match at {
            0 => &mut files.meaning.model,
            1 => &mut files.meaning.index,
            2 => &mut files.papers,
            3 => classifier,
            _ => &mut files.words.table,
        };
        let middle = file.len() / 2;
        file[middle] ^= 0x40;
        let error = open(&manifest, files).err();
        assert!(
            matches!(&error, Some(EngineError::Damaged { file, .. }) if file == name),
            "a flipped bit of {name} gave {error:?}"
        );
    }
}

#[test]
fn the_build_describes_itself() {
    let info = build().info();
    assert_eq!(
        (info.papers, info.dim, info.max_tokens),
        (8, DIM, MAX_TOKENS)
    );
    assert_eq!(info.model_licence, "CC0-1.0: made up for this test");
    assert_eq!(info.category_counts[0].1, 2);
    assert_eq!(info.files.len(), 5);
    assert_eq!(info.build, Sha256::of(b"a build").to_string());
}
