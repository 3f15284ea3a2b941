//! Corpora at the edge of sense, and what later writers may add.

use shared::artifact::{ChunkEntry, Golden, IndexParts};
use shared::quant::{Int8Vector, NotFinite};
use shared::{AbstractChunk, Index, Paper, PaperId, Papers, Query, Searcher, Sha256};

use super::container::{KINDS, Parts};
use super::sample;

/// The papers found on both roads, asked for all.
fn found(parts: &IndexParts, query: &[f32]) -> [Vec<u32>; 2] {
    let index = Index::parse(parts.to_bytes()).expect("a fresh index opens");
    let query = Query::new(query).expect("finite");
    let k = index.n_papers() + 1;
    let walked = index.search(&mut Searcher::default(), &query, k, index.default_ef());
    let scanned = index.search_exact(&query, k, |_| true);
    [walked, scanned].map(|hits| hits.iter().map(|hit| hit.paper.0).collect())
}

#[test]
fn an_empty_corpus_opens_and_finds_nothing() {
    let parts = IndexParts {
        nodes: Vec::new(),
        vectors: Vec::new(),
        links: Vec::new(),
        ..sample::ring(1, Vec::new())
    };
    let index = Index::parse(parts.to_bytes()).expect("an empty index opens");
    assert_eq!((index.n_papers(), index.n_nodes()), (0, 0));
    assert_eq!(
        found(&parts, &sample::along(0)),
        [const { Vec::<u32>::new() }; 2]
    );

    let papers = Papers::parse(Papers::to_bytes(&[], 256, &[])).expect("no papers open");
    assert!(papers.is_empty() && papers.all().next().is_none() && papers.find("").is_none());
    let chunk = AbstractChunk::parse(AbstractChunk::to_bytes(std::iter::empty()));
    let chunk = chunk.expect("no abstracts open");
    assert!(chunk.is_empty() && chunk.get(0).is_none());
}

#[test]
fn papers_of_which_none_has_a_vector_are_never_found() {
    let parts = IndexParts {
        nodes: vec![None; 3],
        vectors: Vec::new(),
        links: Vec::new(),
        ..sample::ring(1, Vec::new())
    };
    let index = Index::parse(parts.to_bytes()).expect("an index without a node opens");
    assert_eq!(index.n_papers(), 3);
    assert_eq!(index.vector(PaperId(2)), None);
    assert_eq!(
        found(&parts, &sample::along(0)),
        [const { Vec::<u32>::new() }; 2]
    );
}

#[test]
fn golden_vectors_come_back_to_the_bit_and_may_be_missing() {
    let plain = sample::ring(2, vec![Some(0), Some(1)]);
    let index = Index::parse(plain.to_bytes()).expect("an index without golden vectors opens");
    assert!(index.golden().is_empty());
    let golden = ["spin", "Schrödinger's \"cat\""].map(|text| Golden {
        text: text.into(),
        vector: sample::along(text.len() % sample::DIM),
    });
    let parts = IndexParts {
        golden: golden.to_vec(),
        ..plain
    };
    let index = Index::parse(parts.to_bytes()).expect("an index with golden vectors opens");
    assert_eq!(index.golden(), golden);
}

#[test]
fn a_lone_paper_is_found() {
    let parts = sample::ring(1, vec![Some(0)]);
    assert_eq!(found(&parts, &sample::along(0)), [vec![0], vec![0]]);
    // Even by the question that is farthest from it.
    let opposite: Vec<f32> = sample::along(0).iter().map(|x| -x).collect();
    assert_eq!(found(&parts, &opposite), [vec![0], vec![0]]);
}

#[test]
fn every_duplicate_is_found_and_knows_its_vector() {
    let parts = sample::ring(1, vec![Some(0); 1000]);
    let all: Vec<u32> = (0..1000).collect();
    assert_eq!(
        found(&parts, &sample::along(0)),
        [all.clone(), all],
        "duplicates share a node, and none may be lost"
    );
    let index = Index::parse(parts.to_bytes()).expect("a fresh index opens");
    assert_eq!(index.vector(PaperId(0)), index.vector(PaperId(999)));
}

#[test]
fn both_roads_find_every_paper_of_a_small_corpus() {
    let [walked, scanned] = found(&sample::index(), &sample::along(1));
    assert_eq!(walked, scanned, "graph and exact scan disagree");
    assert_eq!(walked[..2], [1, 3], "the two papers of the nearest vector");
    let mut all = walked;
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 5], "paper 4 has no vector");
}

#[test]
fn a_vector_that_is_not_finite_is_refused_where_it_stands() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut vector = sample::along(0);
        vector[7] = bad;
        let refused = Some(NotFinite { at: 7 });
        assert_eq!(
            Int8Vector::quantize(&vector).err(),
            refused,
            "{bad} in a stored vector"
        );
        assert_eq!(Query::new(&vector).err(), refused, "{bad} in a query");
    }
}

#[test]
fn a_vector_of_zeros_is_stored_and_similar_to_nothing() {
    let mut parts = sample::ring(2, vec![Some(0), Some(1)]);
    parts.vectors[1] = Int8Vector::quantize(&[0.0; sample::DIM]).expect("finite");
    let index = Index::parse(parts.to_bytes()).expect("a fresh index opens");
    let query = Query::new(&sample::along(0)).expect("finite");
    let hits = index.search_exact(&query, 2, |_| true);
    assert_eq!(
        (hits[1].paper, hits[1].similarity),
        (PaperId(1), 0.0),
        "{hits:?}"
    );
}

#[test]
fn a_megabyte_of_abstract_comes_back() {
    let long: String = (0..250_000).map(|at| ["Ψ", "x ", "∞"][at % 3]).collect();
    let long = long.repeat(2);
    assert!(
        long.len() > 1_000_000,
        "only {} bytes are no test",
        long.len()
    );
    let rows = ["", &long, "short", ""];
    let chunk = AbstractChunk::parse(AbstractChunk::to_bytes(rows.into_iter()));
    let chunk = chunk.expect("a long abstract opens");
    for (at, row) in rows.iter().enumerate() {
        assert!(
            chunk.get(at) == Some(row),
            "abstract {at} came back changed"
        );
    }
    assert_eq!(chunk.get(rows.len()), None);
}

#[test]
fn columns_of_papers_come_back() {
    let written = sample::papers();
    let papers = Papers::to_bytes(&written, 2, &sample::chunks());
    let papers = Papers::parse(papers).expect("fresh papers open");
    for (at, paper) in written.iter().enumerate() {
        let id = papers.find(&paper.id).expect("every id is found");
        assert_eq!(id, PaperId(at as u32));
        let read = Paper {
            id: papers.id(id).into(),
            title: papers.title(id).into(),
            authors: papers.authors(id).into(),
            categories: papers.categories(id).map(String::from).collect(),
            year: papers.year(id),
            ..paper.clone()
        };
        assert_eq!(&read, paper);
    }
    assert_eq!(papers.abstracts(), sample::chunks());
    assert_eq!(
        papers.chunk_of(PaperId(2)),
        (1, 0),
        "two papers stand in a chunk"
    );
}

#[test]
fn a_corpus_of_one_paper_and_of_equal_papers_comes_back() {
    let chunk = ChunkEntry {
        sha256: Sha256::of(b""),
        bytes: 0,
    };
    let same = |n: usize| -> Vec<Paper> {
        let paper = &sample::papers()[0];
        (0..n)
            .map(|at| Paper {
                id: format!("{at}"),
                ..paper.clone()
            })
            .collect()
    };
    for n in [1, 256] {
        let papers = Papers::parse(Papers::to_bytes(&same(n), 256, &[chunk])).expect("they open");
        assert_eq!(papers.len(), n);
        assert_eq!(papers.title(PaperId(n as u32 - 1)), "Spin glasses");
    }
}

#[test]
fn what_a_later_writer_adds_is_skipped() {
    for (kind, name) in KINDS {
        let mut parts = Parts::of(&sample::file(kind));
        parts.sections.insert(1, (*b"MORE", vec![1, 2, 3]));
        if let Some(mut meta) = parts.meta() {
            meta["more"] = 1.into();
            parts = parts.with(
                b"META",
                serde_json::to_vec(&meta).expect("JSON is writable"),
            );
        }
        let opened = sample::open(kind, parts.to_bytes());
        assert_eq!(
            opened,
            Ok(()),
            "{name}: an unknown section or field of META must not matter"
        );
    }
}
