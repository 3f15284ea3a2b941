//! One tiny file of every kind and version: opened, or refused by its number.
//!
//! `OFFPRINT_BLESS=1 cargo test -p offprint-tests golden` writes the files of a version that has
//! none yet; it never replaces one. A file that no longer comes out the same means that the format
//! has changed: see "When a version goes up" in `docs/FORMAT.md`.

use std::path::PathBuf;
use std::sync::Once;

use shared::artifact::{AbstractChunk, Kind, Reads, ReferenceWeights};
use shared::words::{Chunk, Query, WordIndex, WordSearch};
use shared::{ArtifactError, Classifier, Clusters, Index, Map, Model, PaperId, Papers, Sha256};

use super::container::{self, KINDS};
use super::sample::{self, shards};

fn path(version: u16, name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/formats");
    folder.join(format!("v{version}/{name}.bin"))
}

/// Kinds that version 1 did not have.
const LATER: [Kind; 7] = [
    Kind::Words,
    Kind::Map,
    Kind::Table,
    Kind::Places,
    Kind::Shard,
    Kind::Clusters,
    Kind::Leaf,
];

/// Writes the file of every kind's version where there is none, if asked to.
fn bless() {
    if std::env::var_os("OFFPRINT_BLESS").is_none() {
        return;
    }
    for (kind, name) in KINDS {
        let path = path(kind.version(), name);
        if !path.exists() {
            let folder = path.parent().expect("it has a folder");
            std::fs::create_dir_all(folder).expect("the folder can be made");
            std::fs::write(&path, sample::file(kind)).expect("the file can be written");
        }
    }
}

fn golden(version: u16, name: &str) -> Vec<u8> {
    static BLESSED: Once = Once::new();
    BLESSED.call_once(bless);
    let path = path(version, name);
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; OFFPRINT_BLESS=1 writes the files of a new version",
            path.display()
        )
    })
}

#[test]
fn the_writer_gives_the_published_bytes() {
    for (kind, name) in KINDS {
        let (bytes, published) = (sample::file(kind), golden(kind.version(), name));
        let first = bytes.iter().zip(&published).position(|(a, b)| a != b);
        assert!(
            bytes == published,
            "{name}: {} bytes, published {}; they part at byte {first:?}: the format changed",
            bytes.len(),
            published.len()
        );
    }
}

#[test]
fn files_of_a_version_that_is_no_longer_read_are_refused_with_the_remedy() {
    for (kind, name) in KINDS {
        let first = if LATER.contains(&kind) { 2 } else { 1 };
        for found in first..kind.version() {
            let error = sample::open(kind, golden(found, name)).expect_err("an older version");
            let wanted = kind.version();
            assert_eq!(error, ArtifactError::Version { found, wanted }, "{name}");
        }
    }
}

/// The file of this kind, as this build reads it.
fn read(kind: Kind) -> Vec<u8> {
    let (_, name) = container::kind(kind as u8);
    golden(kind.version(), name)
}

#[test]
fn every_published_file_opens_and_says_what_it_said() {
    let model = Model::parse(read(Kind::Model), Sha256::default()).expect("the model opens");
    assert_eq!(model.meta(), &sample::model().meta);
    assert_eq!(
        model.tokenizer().tokenize("Spin glasses.").ids,
        [2, 4, 5, 6, 7, 3]
    );
    let model_sha256 = Sha256::of(&read(Kind::Model));

    let index = Index::parse(read(Kind::Index)).expect("the index opens");
    let written = sample::index();
    assert_eq!(index.check_model(model_sha256), Ok(()));
    assert_eq!(index.default_ef(), 32);
    for (at, node) in written.nodes.iter().enumerate() {
        let vector = node.map(|node| written.vectors[node as usize].dequantize());
        assert_eq!(index.vector(PaperId(at as u32)), vector, "paper {at}");
    }

    let papers = Papers::parse(read(Kind::Papers)).expect("the papers open");
    assert_eq!(papers.find("third paper"), Some(PaperId(2)));
    assert_eq!(papers.authors(PaperId(0)), "Ä. Ång, B. Bee");
    assert_eq!(
        papers.categories(PaperId(0)).collect::<Vec<_>>(),
        ["cond-mat.dis-nn", "cs.LG"]
    );
    assert_eq!(papers.year(PaperId(1)), Some(65_535));

    let chunk = AbstractChunk::parse(read(Kind::Abstracts)).expect("the abstracts open");
    assert_eq!(chunk.get(1), Some("Ψ without a title"));

    let classifier = Classifier::parse(read(Kind::Classifier)).expect("the classifier opens");
    assert_eq!(classifier.check_model(model_sha256), Ok(()));
    let (best, _) = classifier.classify(&sample::along(2), &[])[0];
    assert_eq!(classifier.classes()[best], "math.CO");

    let reference = ReferenceWeights::parse(read(Kind::Reference)).expect("the weights open");
    assert_eq!(reference.check_model(model_sha256), Ok(()));
    assert_eq!(reference.meta().config["hidden_size"], sample::DIM);
    assert_eq!(reference.safetensors(), sample::TENSORS);

    let map = Map::parse(read(Kind::Map)).expect("the map opens");
    assert_eq!(map.check_index(Sha256::of(sample::MAPPED)), Ok(()));
    assert_eq!((map.len(), map.x(1), map.y(1)), (6, 40_000, 300));
    assert_eq!((map.topic(0), map.topic_at(0, 0)), (Some(2), Some(0)));
    assert_eq!(map.labels(), sample::labels());

    let mut words = WordIndex::open(read(Kind::Table)).expect("the table opens");
    assert_eq!((words.table().n_papers(), words.table().n_chunks()), (3, 2));
    for (chunk, kind) in [
        (Chunk::Words(0), Kind::Words),
        (Chunk::Places(0), Kind::Places),
    ] {
        let file = read(kind);
        assert_eq!(words.file(chunk).sha256, Sha256::of(&file));
        words.insert(chunk, file).expect("the chunk opens");
    }
    let query = Query::parse("\"b bee\"").expect("a phrase");
    let search = WordSearch::default();
    assert_eq!(words.missing(&words.needs(&query, &search)), []);
    let found = words.search(&query, &search, &papers, |_| true);
    assert_eq!((found.hits[0].paper, found.n_matching), (PaperId(0), 1));
}

#[test]
fn published_pieces_open_and_say_what_they_said() {
    // The table names no leaves: a papers artifact does, which is written afresh.
    let papers = Papers::parse(shards::papers_file()).expect("the papers open");
    let leaves = papers.leaves().expect("they have leaves");
    let clusters = Clusters::parse(read(Kind::Clusters), leaves.clone());
    let clusters = clusters.expect("the clusters open");
    assert_eq!(
        clusters.model_sha256(),
        Sha256::of(&golden(2, "model")),
        "the model that they were made with"
    );
    assert_eq!((clusters.n_papers(), clusters.len()), (6, 2));
    let reads = Reads {
        clusters: 1,
        leaves: 2,
    };
    assert_eq!(clusters.reads(), reads);
    assert_eq!(clusters.golden(), shards::clusters().golden);

    let (shard, leaf) = (read(Kind::Shard), read(Kind::Leaf));
    let (cluster, number) = (shards::CLUSTER as u32, shards::LEAF as u32);
    assert_eq!(clusters.shard_entry(cluster).sha256, Sha256::of(&shard));
    assert_eq!(leaves.entry(number).sha256, Sha256::of(&leaf));
    clusters.insert_shard(cluster, shard).expect("it opens");
    leaves.insert(number, leaf).expect("it opens");

    let query = shared::Query::new(&shards::signed(5)).expect("finite");
    let hits = clusters.search(&query, 9, reads, None);
    let found: Vec<u32> = hits.iter().map(|hit| hit.paper.0).collect();
    assert_eq!(found, [5, 3], "paper 4 has no vector");
    assert_eq!(papers.title(PaperId(3)), "Ω of everything");
    assert_eq!(papers.authors(PaperId(5)), "Ö. Øre");
}
