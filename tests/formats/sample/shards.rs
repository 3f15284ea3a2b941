//! A corpus in pieces: six papers in three leaves, and these in two clusters.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use shared::artifact::{
    ChunkEntry, ClusterParts, ClustersParts, Golden, Kind, Leaf, Leaves, LeavesParts, Reads,
    shard_bytes,
};
use shared::quant::Int8Vector;
use shared::{ArtifactError, Clusters, Paper, Papers, Sha256};

use super::{DIM, along, model};

/// Papers of each leaf.
const LEAVES: [Range<usize>; 3] = [0..2, 2..3, 3..6];
/// Leaves of each cluster, and papers.
const CLUSTERS: [(u32, Range<usize>); 2] = [(2, 0..3), (1, 3..6)];
/// The leaf that is the sample's file.
pub(in crate::formats) const LEAF: usize = 2;
/// The cluster whose shard is the sample's file.
pub(in crate::formats) const CLUSTER: usize = 1;

/// The whole file of this kind.
pub(super) fn file(kind: Kind) -> Vec<u8> {
    match kind {
        Kind::Shard => shard(CLUSTER),
        Kind::Clusters => clusters().to_bytes(),
        Kind::Leaf => leaf(LEAF),
        reserved => panic!("{reserved:?} has no layout yet"),
    }
}

/// Opens a file as this kind.
pub(super) fn open(kind: Kind, bytes: Vec<u8>) -> Result<(), ArtifactError> {
    // Leaves deflate slowly, and a file is opened for each of its bytes.
    static LEAVES_HERE: LazyLock<Arc<Leaves>> = LazyLock::new(leaves);
    static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| file(Kind::Clusters));
    let parse = |bytes| Clusters::parse(bytes, Arc::clone(&LEAVES_HERE));
    match kind {
        Kind::Shard => {
            let clusters = parse(TABLE.clone()).expect("the sample's clusters are whole");
            clusters.insert_shard(CLUSTER as u32, bytes)
        }
        Kind::Clusters => parse(bytes).map(drop),
        Kind::Leaf => Leaf::parse(bytes, LEAVES[LEAF].len()).map(drop),
        reserved => panic!("{reserved:?} has no layout yet"),
    }
}

/// The sample's papers and three more; there is nothing to embed of the last but one.
pub(in crate::formats) fn papers() -> Vec<Paper> {
    let more = |id: &str, title: &str, authors: &str| Paper {
        id: id.into(),
        title: title.into(),
        authors: authors.into(),
        ..Paper::default()
    };
    let mut papers = super::papers();
    papers.extend([
        more("four", "Ω of everything", "C. Cee, D. Dee"),
        more("five", "", ""),
        more("six", "Six alone", "Ö. Øre"),
    ]);
    papers
}

/// Entries of both signs, another pattern for each paper.
pub(in crate::formats) fn signed(paper: usize) -> Vec<f32> {
    let entries = along(paper).into_iter().enumerate();
    let sign = |at: usize| (at * (paper + 2) + paper) % 7 < 3;
    entries
        .map(|(at, x)| if sign(at) { -x } else { x })
        .collect()
}

/// The papers' vectors.
pub(in crate::formats) fn vectors() -> Vec<Option<Int8Vector>> {
    let stored = |paper| Int8Vector::quantize(&signed(paper)).expect("finite");
    (0..6)
        .map(|paper| (paper != 4).then(|| stored(paper)))
        .collect()
}

/// The file of a leaf.
pub(in crate::formats) fn leaf(number: usize) -> Vec<u8> {
    let (papers, vectors) = (papers(), vectors());
    let range = LEAVES[number].clone();
    let papers: Vec<&Paper> = papers[range.clone()].iter().collect();
    let vectors: Vec<_> = vectors[range].iter().map(Option::as_ref).collect();
    Leaf::to_bytes(&papers, &vectors, DIM)
}

/// The file of a cluster's shard.
pub(in crate::formats) fn shard(cluster: usize) -> Vec<u8> {
    let (_, range) = CLUSTERS[cluster].clone();
    let vectors = vectors();
    let vectors: Vec<_> = vectors[range].iter().map(Option::as_ref).collect();
    shard_bytes(&vectors, DIM)
}

fn entry(bytes: &[u8]) -> ChunkEntry {
    ChunkEntry {
        sha256: Sha256::of(bytes),
        bytes: bytes.len() as u32,
    }
}

/// The papers artifact, with its titles and authors in leaves.
pub(in crate::formats) fn papers_file() -> Vec<u8> {
    let files = [0, 1, 2].map(|number| entry(&leaf(number)));
    let parts = LeavesParts {
        sizes: &LEAVES.map(|range| range.len() as u32),
        files: &files,
        examples: &["Spin glasses".into()],
    };
    let abstracts = [b"first", b"later", b"last!"].map(|name| entry(name));
    Papers::to_bytes_with_leaves(&papers(), 2, &abstracts, parts)
}

/// The leaves of [`papers_file`], of which none is here.
pub(in crate::formats) fn leaves() -> Arc<Leaves> {
    let papers = Papers::parse(papers_file()).expect("fresh papers open");
    Arc::clone(papers.leaves().expect("they have leaves"))
}

/// The table of clusters.
pub(in crate::formats) fn clusters() -> ClustersParts {
    let vectors = vectors();
    let middle = |range: Range<usize>| {
        let members = || vectors[range.clone()].iter().flatten();
        let sum = |at: usize| members().map(|of| of.dequantize()[at]).sum::<f32>();
        let sums: Vec<f32> = (0..DIM).map(sum).collect();
        let length = sums.iter().map(|x| x * x).sum::<f32>().sqrt();
        let middle: Vec<f32> = sums.iter().map(|x| x / length).collect();
        Int8Vector::quantize(&middle).expect("finite")
    };
    let cluster = |(number, (leaves, range)): (usize, (u32, Range<usize>))| ClusterParts {
        middle: middle(range),
        leaves,
        shard: entry(&shard(number)),
    };
    ClustersParts {
        model_sha256: Sha256::of(&model().to_bytes()),
        papers: 6,
        dim: DIM,
        reads: Reads {
            clusters: 1,
            leaves: 2,
        },
        clusters: CLUSTERS.into_iter().enumerate().map(cluster).collect(),
        golden: vec![Golden {
            text: "spin".into(),
            vector: along(4),
        }],
    }
}
