//! Kind 2: stored vectors, the HNSW graph over them, and which papers each stands for.

mod links;
mod nodes;

use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactError, Kind, Tag, Writer};
use crate::quant::Int8Vector;
use crate::search::Codes;
use crate::{PaperId, Sha256};
use links::LinkLists;
use nodes::NO_NODE;

/// `META` of an index artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meta {
    model_sha256: Sha256,
    papers: u32,
    nodes: u32,
    dim: u32,
    ef: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
    upper_layers: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    golden: Vec<String>,
}

/// A text with the vector that the build's encoder gave it, to the bit: what every engine has to give too.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// The text, embedded as it stands.
    pub text: String,
    /// `[dim]`, of length one.
    pub vector: Vec<f32>,
}

/// Everything that an index artifact holds, as its writer takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexParts {
    /// The model that made the vectors.
    pub model_sha256: Sha256,
    /// Width of a vector; a multiple of 16, at most 512.
    pub dim: usize,
    /// Breadth that the build measured to be enough for unfiltered search.
    pub ef: usize,
    /// Vectors that have to be compared where 1-bit codes chose them, as the build measured.
    pub depth: Option<usize>,
    /// `[papers]`: each paper's node; `None` where there was nothing to embed.
    pub nodes: Vec<Option<u32>>,
    /// `[nodes]`.
    pub vectors: Vec<Int8Vector>,
    /// `[nodes]`: neighbors on the ground layer.
    pub links: Vec<Vec<u32>>,
    /// The layers above, lowest first; layer `l` holds the first `upper[l].len()` nodes.
    /// Every walk enters at node 0.
    pub upper: Vec<Vec<Vec<u32>>>,
    /// Texts with their vectors; may be none.
    pub golden: Vec<Golden>,
}

impl IndexParts {
    /// Writes the artifact; the inverse of [`Index::parse`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let meta = Meta {
            model_sha256: self.model_sha256,
            papers: self.nodes.len() as u32,
            nodes: self.vectors.len() as u32,
            dim: self.dim as u32,
            ef: self.ef as u32,
            depth: self.depth.map(|depth| depth as u32),
            upper_layers: self.upper.iter().map(|layer| layer.len() as u32).collect(),
            golden: self
                .golden
                .iter()
                .map(|golden| golden.text.clone())
                .collect(),
        };
        let scales: Vec<f32> = self.vectors.iter().map(|vector| vector.scale).collect();
        let steps = self
            .vectors
            .iter()
            .flat_map(|vector| bytemuck::cast_slice(&vector.steps).iter().copied())
            .collect();
        let upper = self.upper.iter().flat_map(|layer| by_number(layer));
        let written = Writer::new(Kind::Index)
            .json(b"META", &meta)
            .section(b"NODB", nodes::encode(&self.nodes, meta.nodes))
            .section(b"VECQ", steps)
            .f32s(b"VECS", &scales)
            .section(b"LNKR", links::encode(by_number(&self.links)))
            .section(b"UPRR", links::encode(upper));
        if self.golden.is_empty() {
            return written.to_bytes();
        }
        let vectors = self.golden.iter().flat_map(|golden| &golden.vector);
        let vectors: Vec<f32> = vectors.copied().collect();
        written.f32s(b"GOLD", &vectors).to_bytes()
    }
}

/// A verified index; `shared::search` searches it.
#[derive(Debug)]
pub struct Index {
    artifact: Artifact,
    meta: Meta,
    nodes: Vec<u32>,
    /// Papers by node, and where each node's begin.
    papers: Vec<PaperId>,
    paper_offsets: Vec<u32>,
    steps: Range<usize>,
    scales: Vec<f32>,
    codes: OnceLock<Codes>,
    ground: LinkLists,
    upper: LinkLists,
    /// Where each upper layer's lists begin among all.
    upper_starts: Vec<usize>,
    golden: Vec<Golden>,
}

impl Index {
    /// Opens an index artifact.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Index)?;
        let meta: Meta = artifact.json(b"META")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let (n, dim) = (meta.nodes as usize, meta.dim as usize);
        if dim == 0 || dim > 512 || !dim.is_multiple_of(16) {
            return Err(malformed(b"META", "dim is a multiple of 16, at most 512"));
        }
        let (steps, scales) = (artifact.range(b"VECQ")?, artifact.f32s(b"VECS")?);
        if scales.len() != n || n.checked_mul(dim) != Some(steps.len()) {
            return Err(malformed(
                b"VECQ",
                "nodes × dim bytes, and one scale a node",
            ));
        }
        // −128 would overflow the 32-bit sums of the widest vectors.
        if artifact.bytes()[steps.clone()].contains(&0x80) {
            return Err(malformed(b"VECQ", "steps are −127..=127"));
        }
        let nodes = nodes::parse(&artifact, b"NODB", meta.papers, meta.nodes)?;
        let ground = LinkLists::parse(&artifact, b"LNKR", n, |at| (at as u32, meta.nodes))?;
        let sizes = &meta.upper_layers;
        let below = std::iter::once(&meta.nodes).chain(sizes);
        if sizes.len() > 64 || below.zip(sizes).any(|(&n, &size)| size == 0 || size > n) {
            return Err(malformed(
                b"META",
                "an upper layer has at least one node, and no more than the layer below",
            ));
        }
        let upper_starts: Vec<usize> = sizes
            .iter()
            .scan(0, |at, &size| {
                Some(std::mem::replace(at, *at + size as usize))
            })
            .collect();
        let n_upper = sizes.iter().map(|&size| size as usize).sum();
        let upper = LinkLists::parse(&artifact, b"UPRR", n_upper, |at| {
            let layer = upper_starts.partition_point(|&start| start <= at) - 1;
            ((at - upper_starts[layer]) as u32, sizes[layer])
        })?;
        let golden = golden(&artifact, &meta.golden, dim)?;
        let (paper_offsets, papers) = by_node(&nodes, n);
        Ok(Self {
            artifact,
            meta,
            nodes,
            papers,
            paper_offsets,
            steps,
            scales,
            codes: OnceLock::new(),
            ground,
            upper,
            upper_starts,
            golden,
        })
    }

    /// The model that made the vectors.
    pub fn model_sha256(&self) -> Sha256 {
        self.meta.model_sha256
    }

    /// Refuses another model than the one that made the vectors.
    ///
    /// # Errors
    /// [`ArtifactError::OtherModel`].
    pub fn check_model(&self, model: Sha256) -> Result<(), ArtifactError> {
        let recorded = self.meta.model_sha256;
        if model == recorded {
            Ok(())
        } else {
            Err(ArtifactError::OtherModel {
                found: model,
                recorded,
            })
        }
    }

    /// Papers, with a node or without.
    pub fn n_papers(&self) -> usize {
        self.nodes.len()
    }

    /// Distinct vectors.
    pub fn n_nodes(&self) -> usize {
        self.scales.len()
    }

    /// Width of a vector.
    pub fn dim(&self) -> usize {
        self.meta.dim as usize
    }

    /// Breadth that the build measured to be enough for unfiltered search.
    pub fn default_ef(&self) -> usize {
        self.meta.ef as usize
    }

    /// Vectors to compare where 1-bit codes chose them, as the build measured for ten hits.
    pub fn default_depth(&self) -> Option<usize> {
        self.meta.depth.map(|depth| depth as usize)
    }

    /// The signs of all vectors; made when first asked for.
    pub(crate) fn codes(&self) -> &Codes {
        self.codes.get_or_init(|| {
            let steps = &self.artifact.bytes()[self.steps.clone()];
            Codes::of(bytemuck::cast_slice(steps), self.dim())
        })
    }

    /// A paper's stored vector; `None` where there was nothing to embed.
    pub fn vector(&self, paper: PaperId) -> Option<Vec<f32>> {
        let (steps, scale) = self.node_vector(self.node_of(paper)?);
        Some(steps.iter().map(|&step| f32::from(step) * scale).collect())
    }

    /// A paper's vector as it is stored, to the bit; `None` where there was nothing to embed.
    pub fn int8_vector(&self, paper: PaperId) -> Option<Int8Vector> {
        let (steps, scale) = self.node_vector(self.node_of(paper)?);
        Some(Int8Vector {
            steps: steps.to_vec(),
            scale,
        })
    }

    /// Texts with the vectors that the build's encoder gave them; none in builds of before.
    pub fn golden(&self) -> &[Golden] {
        &self.golden
    }

    /// A paper's node; `None` where there was nothing to embed.
    pub(crate) fn node_of(&self, paper: PaperId) -> Option<u32> {
        Some(self.nodes[paper.0 as usize]).filter(|&node| node != NO_NODE)
    }

    pub(crate) fn node_vector(&self, node: u32) -> (&[i8], f32) {
        let (at, dim) = (node as usize, self.dim());
        let bytes = &self.artifact.bytes()[self.steps.start + at * dim..][..dim];
        (bytemuck::cast_slice(bytes), self.scales[at])
    }

    /// The papers that a node stands for, ascending.
    pub(crate) fn papers_of(&self, node: u32) -> &[PaperId] {
        let at = node as usize;
        &self.papers[self.paper_offsets[at] as usize..self.paper_offsets[at + 1] as usize]
    }

    pub(crate) fn n_upper_layers(&self) -> usize {
        self.upper_starts.len()
    }

    pub(crate) fn links(&self, node: u32) -> impl Iterator<Item = u32> {
        self.ground.get(&self.artifact, node as usize, node)
    }

    pub(crate) fn upper_links(&self, layer: usize, node: u32) -> impl Iterator<Item = u32> {
        let at = self.upper_starts[layer] + node as usize;
        self.upper.get(&self.artifact, at, node)
    }
}

/// A layer's lists, each with the number of its node.
fn by_number(lists: &[Vec<u32>]) -> impl Iterator<Item = (u32, &Vec<u32>)> {
    (0..).zip(lists)
}

/// Texts and their vectors, where there are any.
pub(super) fn golden(
    artifact: &Artifact,
    texts: &[String],
    dim: usize,
) -> Result<Vec<Golden>, ArtifactError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let vectors = artifact.f32s(b"GOLD")?;
    if texts.len().checked_mul(dim) != Some(vectors.len()) {
        return Err(ArtifactError::Malformed {
            part: Tag(*b"GOLD"),
            rule: "one vector a golden text",
        });
    }
    let pairs = texts.iter().zip(vectors.chunks_exact(dim));
    Ok(pairs
        .map(|(text, vector)| Golden {
            text: text.clone(),
            vector: vector.to_vec(),
        })
        .collect())
}

/// Papers grouped by node, in paper order, and where each group begins.
fn by_node(nodes: &[u32], n: usize) -> (Vec<u32>, Vec<PaperId>) {
    let mut offsets = vec![0_u32; n + 1];
    for &node in nodes.iter().filter(|&&node| node != NO_NODE) {
        offsets[node as usize + 1] += 1;
    }
    for at in 0..n {
        offsets[at + 1] += offsets[at];
    }
    let mut next = offsets.clone();
    let mut papers = vec![PaperId(0); offsets[n] as usize];
    for (paper, &node) in nodes
        .iter()
        .enumerate()
        .filter(|&(_, &node)| node != NO_NODE)
    {
        papers[next[node as usize] as usize] = PaperId(paper as u32);
        next[node as usize] += 1;
    }
    (offsets, papers)
}
