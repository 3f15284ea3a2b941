//! What a build stores of its vectors: an index that is loaded, or clusters with their shards and leaves.

use std::time::Instant;

use anyhow::{Context as _, Result};
use shared::artifact::{
    ChunkEntry, ClusterParts, Clusters, ClustersParts, Golden, Index, IndexParts, Leaf,
    LeavesParts, Reads, shard_bytes,
};
use shared::manifest::{QualityEntry, ShardsEntry};
use shared::quant::Int8Vector;
use shared::{Paper, Papers, Query, Sha256};

use super::assemble::distinct;
use super::chunks::SHARD_CHUNK_PAPERS;
use crate::graph::{self, Graph};
use crate::pack::OutFolder;
use crate::recall::{self, Breadth, Judge, Recall};
use crate::shards::{Cluster, Cut};

/// Seed of the graph's levels.
const GRAPH_SEED: u64 = 1;

/// What vectors are made into.
pub(super) struct Stored {
    /// The index, or the table of clusters.
    pub(super) bytes: Vec<u8>,
    /// The pieces, where there are any.
    pub(super) pieces: Option<Pieces>,
    /// All vectors, for whoever lays out a map.
    pub(super) index: Index,
    /// What was measured.
    pub(super) quality: Option<QualityEntry>,
    /// Recall by breadth.
    pub(super) recall: Vec<Recall>,
    /// Distinct vectors.
    pub(super) n_nodes: usize,
    pub(super) link_seconds: f64,
    pub(super) mean_links: f64,
}

/// The leaves of a corpus in pieces, written.
pub(super) struct Pieces {
    sizes: Vec<u32>,
    files: Vec<ChunkEntry>,
    shards: Vec<ChunkEntry>,
    /// What the manifest says of them.
    pub(super) entry: ShardsEntry,
}

impl Pieces {
    /// As the papers artifact is written with them.
    pub(super) fn parts<'a>(&'a self, examples: &'a [String]) -> LeavesParts<'a> {
        LeavesParts {
            sizes: &self.sizes,
            files: &self.files,
            examples,
        }
    }
}

/// What both tiers are made of.
pub(super) struct Source<'a> {
    pub(super) papers: &'a [Paper],
    /// `[papers]`.
    pub(super) vectors: &'a [Option<Int8Vector>],
    pub(super) model_sha256: Sha256,
    pub(super) dim: usize,
    pub(super) golden: Vec<Golden>,
    /// What recall is measured with.
    pub(super) queries: &'a [Query],
}

/// Links the vectors: everything is loaded.
pub(super) fn loaded(out: &OutFolder, of: &Source) -> Result<Stored> {
    let started = Instant::now();
    let (mut parts, n_nodes) = linked(out, of, true)?;
    let link_seconds = started.elapsed().as_secs_f64();
    let index = Index::parse(parts.to_bytes()).context("the index just written does not open")?;
    let judge = Judge::new(&index, of.queries);
    let recall = [judge.tune_graph(), judge.tune_codes()];
    for row in recall.iter().filter_map(|rows| rows.last()) {
        match row.breadth {
            Breadth::Graph { ef } => parts.ef = ef,
            Breadth::Codes { depth } => parts.depth = Some(depth),
            Breadth::Shards(_) => {}
        }
    }
    let n_links = parts.links.iter().map(Vec::len).sum::<usize>();
    let quality = match [&recall[0], &recall[1]].map(|rows| rows.last()) {
        [Some(graph), Some(codes)] if !of.queries.is_empty() => Some(QualityEntry {
            recall_at_10: graph.recall_at_10,
            ef: parts.ef as u32,
            recall_by_codes: Some(codes.recall_at_10),
            depth: parts.depth.map(|depth| depth as u32),
            queries: of.queries.len() as u32,
            nearest_at_99: recall::nearest_at_99(&index),
            search: Vec::new(),
        }),
        _ => None,
    };
    Ok(Stored {
        bytes: parts.to_bytes(),
        pieces: None,
        mean_links: n_links as f64 / parts.links.len().max(1) as f64,
        index,
        quality,
        recall: recall.concat(),
        n_nodes,
        link_seconds,
    })
}

/// Writes shards and leaves of papers that stand as `cut` has them; `with_graph` links the vectors as well, for the
/// map alone.
pub(super) fn sharded(
    out: &mut OutFolder,
    of: &Source,
    clusters: &[Cluster],
    with_graph: bool,
) -> Result<Stored> {
    let started = Instant::now();
    let (parts, n_nodes) = linked(out, of, with_graph)?;
    let link_seconds = started.elapsed().as_secs_f64();
    let index = Index::parse(parts.to_bytes()).context("the vectors do not open")?;
    let n_links = parts.links.iter().map(Vec::len).sum::<usize>();
    let mean_links = n_links as f64 / parts.links.len().max(1) as f64;
    drop(parts);

    let pieces = write_pieces(out, of, clusters)?;
    let mut table = ClustersParts {
        model_sha256: of.model_sha256,
        papers: of.papers.len() as u32,
        dim: of.dim,
        reads: Reads {
            clusters: 1,
            leaves: 1,
        },
        clusters: (clusters.iter().zip(&pieces.shards))
            .map(|(cluster, &shard)| {
                Ok(ClusterParts {
                    middle: Int8Vector::quantize(&cluster.middle)?,
                    leaves: cluster.leaves.len() as u32,
                    shard,
                })
            })
            .collect::<Result<_>>()?,
        golden: of.golden.clone(),
    };
    let opened = open(out, of, &table, &pieces)?;
    let judge = Judge::new(&index, of.queries);
    let recall = judge.tune_shards(&opened);
    let last = recall.last().copied();
    if let Some(Breadth::Shards(reads)) = last.map(|row| row.breadth) {
        table.reads = reads;
    }
    let quality = last.filter(|_| !of.queries.is_empty());
    let quality = quality.map(|row| QualityEntry {
        recall_at_10: row.recall_at_10,
        ef: 0,
        recall_by_codes: None,
        depth: None,
        queries: of.queries.len() as u32,
        nearest_at_99: recall::nearest_at_99(&index),
        search: Vec::new(),
    });
    Ok(Stored {
        bytes: table.to_bytes(),
        pieces: Some(pieces),
        index,
        quality,
        recall,
        n_nodes,
        link_seconds,
        mean_links,
    })
}

/// The vectors with a graph, or with none.
fn linked(out: &OutFolder, of: &Source, with_graph: bool) -> Result<(IndexParts, usize)> {
    let (nodes, distinct) = distinct(of.vectors);
    let graph = if with_graph {
        tracing::info!("linking {} distinct vectors", distinct.len());
        graph::build_or_resume(&distinct, GRAPH_SEED, out.path())?
    } else {
        Graph {
            order: (0..distinct.len() as u32).collect(),
            links: vec![Vec::new(); distinct.len()],
            upper: Vec::new(),
        }
    };
    let mut place = vec![0_u32; distinct.len()];
    for (at, &vector) in graph.order.iter().enumerate() {
        place[vector as usize] = at as u32;
    }
    let n_nodes = distinct.len();
    let parts = IndexParts {
        model_sha256: of.model_sha256,
        dim: of.dim,
        ef: 64,
        depth: None,
        nodes: (nodes.iter())
            .map(|node| node.map(|node| place[node as usize]))
            .collect(),
        vectors: (graph.order.iter())
            .map(|&vector| distinct[vector as usize].clone())
            .collect(),
        links: graph.links,
        upper: graph.upper,
        golden: of.golden.clone(),
    };
    Ok((parts, n_nodes))
}

fn write_pieces(out: &mut OutFolder, of: &Source, clusters: &[Cluster]) -> Result<Pieces> {
    tracing::info!("writing {} clusters", clusters.len());
    let mut pieces = Pieces {
        sizes: Vec::new(),
        files: Vec::new(),
        shards: Vec::with_capacity(clusters.len()),
        entry: ShardsEntry {
            shards_bytes: 0,
            leaves_bytes: 0,
        },
    };
    let mut add = |kind, bytes: &[u8], sum: &mut u64| -> Result<ChunkEntry> {
        let entry = out.add(kind, bytes)?;
        *sum += entry.bytes;
        Ok(ChunkEntry {
            sha256: entry.sha256,
            bytes: entry.bytes as u32,
        })
    };
    let mut first = 0;
    for cluster in clusters {
        let begin = first;
        for &n in &cluster.leaves {
            let members = first..first + n as usize;
            let papers: Vec<&Paper> = of.papers[members.clone()].iter().collect();
            let vectors: Vec<_> = of.vectors[members].iter().map(Option::as_ref).collect();
            let bytes = Leaf::to_bytes(&papers, &vectors, of.dim);
            let entry = add("leaf", &bytes, &mut pieces.entry.leaves_bytes)?;
            pieces.files.push(entry);
            pieces.sizes.push(n);
            first += n as usize;
        }
        let vectors: Vec<_> = (of.vectors[begin..first].iter())
            .map(Option::as_ref)
            .collect();
        let bytes = shard_bytes(&vectors, of.dim);
        let entry = add("shard", &bytes, &mut pieces.entry.shards_bytes)?;
        pieces.shards.push(entry);
    }
    Ok(pieces)
}

/// Opens what was just written, as the page does.
fn open(out: &OutFolder, of: &Source, table: &ClustersParts, pieces: &Pieces) -> Result<Clusters> {
    let n_chunks = of.papers.len().div_ceil(SHARD_CHUNK_PAPERS);
    let chunks = vec![
        ChunkEntry {
            sha256: Sha256::default(),
            bytes: 0,
        };
        n_chunks
    ];
    let n = SHARD_CHUNK_PAPERS as u32;
    let columns = Papers::to_bytes_with_leaves(of.papers, n, &chunks, pieces.parts(&[]));
    let papers = Papers::parse(columns).context("the papers do not open")?;
    let leaves = papers.leaves().context("papers without leaves")?.clone();
    let clusters = Clusters::parse(table.to_bytes(), leaves.clone())
        .context("the clusters just written do not open")?;
    clusters.keep_all();
    for (number, &entry) in (0..).zip(&pieces.files) {
        let file = shared::manifest::leaf_file(entry).file;
        let bytes = std::fs::read(out.path().join(file))?;
        leaves
            .insert(number, bytes)
            .context("a leaf just written does not open")?;
    }
    for (number, &entry) in (0..).zip(&pieces.shards) {
        let file = shared::manifest::shard_file(entry).file;
        let bytes = std::fs::read(out.path().join(file))?;
        (clusters.insert_shard(number, bytes)).context("a shard just written does not open")?;
    }
    Ok(clusters)
}

/// The papers and vectors in the order of a cut.
pub(super) fn in_order(
    cut: &Cut,
    papers: &[Paper],
    vectors: &[Option<Int8Vector>],
) -> (Vec<Paper>, Vec<Option<Int8Vector>>) {
    let order = || cut.order.iter().map(|&at| at as usize);
    (
        order().map(|at| papers[at].clone()).collect(),
        order().map(|at| vectors[at].clone()).collect(),
    )
}
