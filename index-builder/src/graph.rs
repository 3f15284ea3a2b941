//! The HNSW graph: built by instant-distance, exported for our own reader.

mod kept;
mod order;

use std::path::Path;

use anyhow::{Context as _, Result};
use instant_distance::{Builder, Heuristic, Hnsw, Point};
use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;
use shared::quant::Int8Vector;

/// Breadth of the walk that finds a new node's neighbors.
const EF_CONSTRUCTION: usize = 100;
/// Share of a layer's nodes that the layer above has: `1/M` for the crate's `M` of 32.
const LAYER_SHARE: f32 = 1.0 / 32.0;
/// No link: how the crate fills a node's unused places.
const NONE: u32 = u32::MAX;

/// Stored vectors, widened so that two of them multiply exactly.
#[derive(Debug)]
struct Vectors {
    dim: usize,
    steps: Vec<f32>,
}

/// A node for the crate: a number, and the table that it points into.
#[derive(Clone, Serialize)]
struct Node<'a> {
    id: u32,
    #[serde(skip)]
    vectors: &'a Vectors,
}

impl Node<'_> {
    fn vector(&self) -> &[f32] {
        &self.vectors.steps[self.id as usize * self.vectors.dim..][..self.vectors.dim]
    }
}

impl Point for Node<'_> {
    fn distance(&self, other: &Self) -> f32 {
        1.0 - shared::math::dot(self.vector(), other.vector())
    }
}

/// What the crate serializes: its fields, by position.
#[derive(Deserialize)]
struct Export {
    _ef_search: usize,
    points: Vec<u32>,
    ground: Vec<GroundNode>,
    upper: Vec<Vec<[u32; 32]>>,
}

/// A ground node's links.
#[derive(Deserialize)]
struct GroundNode(#[serde(with = "BigArray")] [u32; 64]);

/// A finished graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// `[nodes]`: which of the given vectors each node is.
    pub order: Vec<u32>,
    /// `[nodes]`: neighbors on the ground layer.
    pub links: Vec<Vec<u32>>,
    /// The layers above, lowest first; a layer holds the first nodes.
    pub upper: Vec<Vec<Vec<u32>>>,
}

/// Links `vectors` as [`build`] does, unless an interrupted build left their graph in `folder`; keeps
/// the graph there until the build is finished.
///
/// # Errors
/// Those of [`build`], and where the disk is full.
pub fn build_or_resume(vectors: &[Int8Vector], seed: u64, folder: &Path) -> Result<Graph> {
    let key = kept::key(vectors, seed);
    if let Some(graph) = kept::read(folder, &key) {
        tracing::info!("the graph is there already");
        return Ok(graph);
    }
    let graph = build(vectors, seed)?;
    kept::write(folder, &key, &graph)?;
    Ok(graph)
}

/// Links `vectors`, which must be distinct (equal ones become sinks).
///
/// Runs on one thread, since the crate's parallel insertion gives other links every time.
///
/// # Errors
/// Where the crate's export does not read back, which a new version of it could bring about.
pub fn build(vectors: &[Int8Vector], seed: u64) -> Result<Graph> {
    let dim = vectors.first().map_or(0, |vector| vector.steps.len());
    let table = Vectors {
        dim,
        steps: vectors.iter().flat_map(Int8Vector::dequantize).collect(),
    };
    let nodes = (0..vectors.len() as u32)
        .map(|id| Node {
            id,
            vectors: &table,
        })
        .collect();
    let one_thread = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .context("starting a thread")?;
    let (hnsw, _): (Hnsw<Node>, _) = one_thread.install(|| {
        Builder::default()
            .seed(seed)
            .ef_construction(EF_CONSTRUCTION)
            .select_heuristic(Some(Heuristic {
                extend_candidates: false,
                keep_pruned: false,
            }))
            .ml(LAYER_SHARE)
            .build_hnsw(nodes)
    });
    let bytes = postcard::to_stdvec(&hnsw).context("exporting the graph")?;
    let export: Export = postcard::from_bytes(&bytes).context("reading the exported graph")?;
    let links = |all: &[u32]| {
        all.iter()
            .copied()
            .take_while(|&node| node != NONE)
            .collect::<Vec<_>>()
    };
    Ok(order::shorten(Graph {
        order: export.points,
        links: export.ground.iter().map(|node| links(&node.0)).collect(),
        upper: export
            .upper
            .iter()
            .map(|layer| layer.iter().map(|node| links(node)).collect())
            .collect(),
    }))
}
