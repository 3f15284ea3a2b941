//! A corpus in pieces: what its files say comes back, also at the edge of sense.

use std::sync::Arc;

use shared::artifact::{ClustersParts, Kind, Leaf, LeavesParts, Reads, shard_bytes};
use shared::quant::Int8Vector;
use shared::{Clusters, Paper, PaperId, Papers, Query};

use super::container::Parts;
use super::sample::{self, shards};

/// The table with all leaves and shards of the sample.
fn whole(parts: &ClustersParts) -> Clusters {
    let clusters = Clusters::parse(parts.to_bytes(), shards::leaves()).expect("it opens");
    for cluster in 0..2 {
        let inserted = clusters.insert_shard(cluster, shards::shard(cluster as usize));
        inserted.expect("a fresh shard opens");
    }
    for leaf in 0..3 {
        let inserted = clusters.leaves().insert(leaf, shards::leaf(leaf as usize));
        inserted.expect("a fresh leaf opens");
    }
    clusters
}

fn found(clusters: &Clusters, near: usize, reads: Reads) -> Vec<u32> {
    let query = Query::new(&shards::signed(near)).expect("finite");
    let hits = clusters.search(&query, 9, reads, None);
    hits.iter().map(|hit| hit.paper.0).collect()
}

#[test]
fn a_set_bit_of_a_code_is_a_negative_entry() {
    for (cluster, papers) in [(0, 0..3), (1, 3..6)] {
        let parts = Parts::of(&shards::shard(cluster));
        let codes = parts.get(b"CODE").chunks_exact(sample::DIM / 8);
        assert_eq!(codes.len(), papers.len());
        for (paper, code) in papers.zip(codes) {
            for at in 0..sample::DIM {
                let is_set = code[at / 8] >> (at % 8) & 1 == 1;
                let is_negative = paper != 4 && shards::signed(paper)[at] < 0.0;
                assert_eq!(is_set, is_negative, "entry {at} of paper {paper}");
            }
        }
    }
}

#[test]
fn papers_in_leaves_come_back_as_their_leaves_come() {
    let papers = Papers::parse(shards::papers_file()).expect("fresh papers open");
    let leaves = papers.leaves().expect("they have leaves");
    assert_eq!((papers.len(), leaves.len()), (6, 3));
    assert_eq!(papers.examples(), ["Spin glasses"]);
    assert_eq!(papers.find("six"), Some(PaperId(5)));
    assert_eq!(papers.year(PaperId(0)), Some(2001));
    for leaf in 0..3 {
        let place = |paper| leaves.place_of(PaperId(paper));
        for (at, paper) in leaves.papers(leaf).enumerate() {
            assert_eq!(place(paper), (leaf, at));
            assert!(!papers.has_card(PaperId(paper)));
            assert_eq!(papers.title(PaperId(paper)), "", "its leaf is not here");
        }
        assert_eq!(leaves.take_wanted(), [leaf]);
        let file = shards::leaf(leaf as usize);
        let entry = leaves.entry(leaf);
        assert_eq!(entry.sha256, shared::Sha256::of(&file));
        assert_eq!(entry.bytes as usize, file.len());
        leaves.insert(leaf, file).expect("a fresh leaf opens");
    }
    for (at, written) in shards::papers().iter().enumerate() {
        let paper = PaperId(at as u32);
        assert!(papers.has_card(paper));
        assert_eq!(papers.title(paper), *written.title);
        assert_eq!(papers.authors(paper), *written.authors);
    }
}

#[test]
fn a_leaf_is_refused_where_another_belongs() {
    let leaves = shards::leaves();
    assert!(
        leaves.insert(0, shards::leaf(2)).is_err(),
        "two papers, not three"
    );
    assert!(!leaves.has(0));
}

#[test]
fn vectors_come_back_to_the_bit_and_none_where_there_was_nothing_to_embed() {
    let clusters = whole(&shards::clusters());
    for (at, written) in shards::vectors().into_iter().enumerate() {
        assert_eq!(
            clusters.int8_vector(PaperId(at as u32)),
            written,
            "paper {at}"
        );
    }
    for near in [0, 1, 2, 3, 5] {
        let found = found(&clusters, near, Reads::ALL);
        assert_eq!(found[0] as usize, near);
        assert_eq!(found.len(), 5, "paper 4 has no vector");
    }
}

#[test]
fn what_is_written_of_clusters_is_read_again() {
    let parts = shards::clusters();
    let clusters = Clusters::parse(parts.to_bytes(), shards::leaves()).expect("they open");
    assert_eq!(clusters.model_sha256(), parts.model_sha256);
    assert_eq!((clusters.n_papers(), clusters.dim()), (6, sample::DIM));
    assert_eq!(clusters.reads(), parts.reads);
    assert_eq!(clusters.golden(), parts.golden);
    assert_eq!(clusters.len(), 2);
    for (at, cluster) in parts.clusters.iter().enumerate() {
        assert_eq!(clusters.shard_entry(at as u32), cluster.shard);
    }
    let plain = ClustersParts {
        golden: Vec::new(),
        ..parts
    };
    let bytes = Parts::of(&plain.to_bytes()).without(b"GOLD").to_bytes();
    let clusters = Clusters::parse(bytes, shards::leaves()).expect("golden texts may be missing");
    assert!(clusters.golden().is_empty());
}

#[test]
fn a_search_reads_as_many_clusters_and_leaves_as_it_is_told() {
    let clusters = whole(&shards::clusters());
    let reads = |clusters, leaves| Reads { clusters, leaves };
    assert_eq!(found(&clusters, 5, reads(1, 9)), [5, 3]);
    assert_eq!(
        found(&clusters, 2, reads(2, 1)),
        [2],
        "the second leaf has one paper"
    );
    assert_eq!(found(&clusters, 2, reads(0, 9)), [0; 0]);
}

#[test]
fn a_cluster_whose_middle_has_no_length_is_passed_over() {
    let mut parts = shards::clusters();
    parts.clusters[1].middle = Int8Vector::quantize(&[0.0; sample::DIM]).expect("finite");
    let clusters = Clusters::parse(parts.to_bytes(), shards::leaves()).expect("they open");
    assert_eq!(found(&clusters, 5, Reads::ALL), [0; 0], "nothing is here");
    assert_eq!(
        clusters.take_wanted(),
        [0],
        "only the shard of the other cluster"
    );
    let mut all = found(&whole(&parts), 5, Reads::ALL);
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2]);
}

#[test]
fn leaves_of_another_width_have_no_vectors_but_titles() {
    let written = shards::papers();
    let papers: Vec<&Paper> = written[2..3].iter().collect();
    for dim in [0, 32] {
        let vector = Int8Vector {
            steps: vec![1; dim],
            scale: 1.0,
        };
        let clusters = whole(&shards::clusters());
        let leaf = Leaf::to_bytes(&papers, &[Some(&vector)], dim);
        clusters.leaves().insert(1, leaf).expect("it opens");
        assert_eq!(clusters.int8_vector(PaperId(2)), None);
        assert!(!found(&clusters, 2, Reads::ALL).contains(&2));
    }
}

#[test]
fn a_leaf_of_papers_without_any_text_comes_back() {
    let paper = Paper::default();
    let leaf = Leaf::parse(Leaf::to_bytes(&[&paper; 2], &[None; 2], sample::DIM), 2);
    let leaf = leaf.expect("it opens");
    assert_eq!((leaf.title(1), leaf.authors(1)), ("", ""));
}

#[test]
fn an_empty_corpus_in_pieces_opens_and_finds_nothing() {
    let none = LeavesParts {
        sizes: &[],
        files: &[],
        examples: &[],
    };
    let papers = Papers::to_bytes_with_leaves(&[], 256, &[], none);
    let papers = Papers::parse(papers).expect("no papers open");
    let leaves = papers
        .leaves()
        .expect("there are none, but they have their place");
    assert!(papers.is_empty() && leaves.is_empty() && papers.examples().is_empty());
    let parts = ClustersParts {
        papers: 0,
        clusters: Vec::new(),
        ..shards::clusters()
    };
    let clusters = Clusters::parse(parts.to_bytes(), Arc::clone(leaves)).expect("none open");
    assert!(clusters.is_empty() && clusters.n_papers() == 0);
    assert_eq!(found(&clusters, 0, Reads::ALL), [0; 0]);
    // The leaves of another corpus are refused.
    assert!(Clusters::parse(parts.to_bytes(), shards::leaves()).is_err());
    assert_eq!(Parts::of(&shard_bytes(&[], 16)).get(b"CODE"), [0; 0]);
    assert!(papers.find("").is_none());
}

#[test]
fn what_a_later_writer_adds_to_papers_in_leaves_is_skipped() {
    let mut parts = Parts::of(&shards::papers_file());
    parts.sections.insert(1, (*b"MORE", vec![1, 2, 3]));
    assert_eq!(sample::open(Kind::Papers, parts.to_bytes()), Ok(()));
}
