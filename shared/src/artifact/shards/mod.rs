//! Kinds 8, 12 and 13: a corpus too large to load, in pieces.
//!
//! Papers that are near in meaning stand together. Some three hundred of them are a cluster, and some thirty of
//! a cluster are a leaf. The table of clusters (kind 12) is loaded; it has the middle of every cluster, and names
//! the shards (kind 8), which have the 1-bit codes of a cluster's papers. Leaves (kind 13), which the papers artifact
//! names, have their vectors, titles and authors. A search reads the shards of the clusters nearest to it, and then
//! the leaves of the papers whose codes are nearest: [`crate::search`] has the how.

mod leaf;
mod paged;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::index::{Golden, golden};
use super::papers::chunk_entries;
use super::{Artifact, ArtifactError, ChunkEntry, Kind, Tag, Writer};
use crate::quant::Int8Vector;
use crate::{PaperId, Sha256};
pub use leaf::{Leaf, Leaves};
use paged::Paged;

/// What a search of shards reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reads {
    /// Clusters whose codes are compared.
    pub clusters: u32,
    /// Leaves whose vectors are compared.
    pub leaves: u32,
}

/// `META` of a table of clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meta {
    model_sha256: Sha256,
    papers: u32,
    dim: u32,
    reads: Reads,
    golden: Vec<String>,
}

/// One cluster as its writer takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterParts {
    /// The middle of its vectors.
    pub middle: Int8Vector,
    /// Leaves that it has.
    pub leaves: u32,
    /// Its shard.
    pub shard: ChunkEntry,
}

/// Everything that a table of clusters holds, as its writer takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClustersParts {
    /// The model that made the vectors.
    pub model_sha256: Sha256,
    /// Papers of all leaves together.
    pub papers: u32,
    /// Width of a vector; a multiple of 16, at most 512.
    pub dim: usize,
    /// What the build found enough to read.
    pub reads: Reads,
    /// The clusters, in the order of their leaves.
    pub clusters: Vec<ClusterParts>,
    /// Texts with their vectors.
    pub golden: Vec<Golden>,
}

impl ClustersParts {
    /// Writes the artifact; the inverse of [`Clusters::parse`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let meta = Meta {
            model_sha256: self.model_sha256,
            papers: self.papers,
            dim: self.dim as u32,
            reads: self.reads,
            golden: self.golden.iter().map(|of| of.text.clone()).collect(),
        };
        let middles = || self.clusters.iter().map(|cluster| &cluster.middle);
        let steps = middles().flat_map(|of| bytemuck::cast_slice(&of.steps).iter().copied());
        let scales: Vec<f32> = middles().map(|of| of.scale).collect();
        let leaves: Vec<u32> = self.clusters.iter().map(|of| of.leaves).collect();
        let entries = self.clusters.iter().map(|cluster| cluster.shard);
        let entries = entries.flat_map(|of| of.sha256.0.into_iter().chain(of.bytes.to_le_bytes()));
        let vectors = self.golden.iter().flat_map(|of| of.vector.iter().copied());
        Writer::new(Kind::Clusters)
            .json(b"META", &meta)
            .section(b"MIDQ", steps.collect())
            .f32s(b"MIDS", &scales)
            .u32s(b"SIZE", &leaves)
            .section(b"CHNK", entries.collect())
            .f32s(b"GOLD", &vectors.collect::<Vec<f32>>())
            .to_bytes()
    }
}

/// The 1-bit codes of a cluster's papers: bit *j* of a code is set where entry *j* of the vector is negative.
#[derive(Debug)]
pub(crate) struct Shard {
    artifact: Artifact,
    codes: Range<usize>,
}

impl Shard {
    /// Opens the shard of `n` papers.
    fn parse(bytes: Vec<u8>, n: usize, dim: usize) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Shard)?;
        let codes = artifact.range(b"CODE")?;
        if codes.len() != n * (dim / 8) {
            return Err(ArtifactError::Malformed {
                part: Tag(*b"CODE"),
                rule: "dim / 8 bytes a paper of the cluster",
            });
        }
        Ok(Self { artifact, codes })
    }

    /// The codes, `[papers, dim / 8]`.
    pub(crate) fn codes(&self) -> &[u8] {
        &self.artifact.bytes()[self.codes.clone()]
    }
}

/// Writes the shard of a cluster: the signs of its papers' vectors, zeros where there is none.
pub fn shard_bytes(vectors: &[Option<&Int8Vector>], dim: usize) -> Vec<u8> {
    let mut codes = Vec::with_capacity(vectors.len() * dim / 8);
    for vector in vectors {
        match vector {
            None => codes.resize(codes.len() + dim / 8, 0),
            Some(vector) => codes.extend(vector.steps.chunks(8).map(|eight| {
                let bits = eight.iter().enumerate();
                bits.fold(0_u8, |byte, (at, &step)| byte | u8::from(step < 0) << at)
            })),
        }
    }
    Writer::new(Kind::Shard).section(b"CODE", codes).to_bytes()
}

/// A verified table of clusters with the pieces that are here; `shared::search` searches it.
#[derive(Debug)]
pub struct Clusters {
    artifact: Artifact,
    meta: Meta,
    middles: Range<usize>,
    scales: Vec<f32>,
    /// Where each cluster's leaves begin, and where the last one's end.
    starts: Vec<u32>,
    entries: Vec<ChunkEntry>,
    golden: Vec<Golden>,
    shards: Paged<Shard>,
    leaves: Arc<Leaves>,
}

impl Clusters {
    /// Opens a table of clusters over the `leaves` of its papers artifact.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes, and for the leaves of another corpus.
    pub fn parse(bytes: Vec<u8>, leaves: Arc<Leaves>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Clusters)?;
        let meta: Meta = artifact.json(b"META")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let dim = meta.dim as usize;
        if dim == 0 || dim > 512 || !dim.is_multiple_of(16) {
            return Err(malformed(b"META", "dim is a multiple of 16, at most 512"));
        }
        let (middles, scales) = (artifact.range(b"MIDQ")?, artifact.f32s(b"MIDS")?);
        if scales.len().checked_mul(dim) != Some(middles.len()) {
            let rule = "clusters × dim bytes, and one scale a cluster";
            return Err(malformed(b"MIDQ", rule));
        }
        if artifact.bytes()[middles.clone()].contains(&0x80) {
            return Err(malformed(b"MIDQ", "steps are −127..=127"));
        }
        let mut starts = vec![0_u32];
        for size in artifact.u32s(b"SIZE")? {
            let start = starts[starts.len() - 1].checked_add(size);
            let start = start.filter(|_| size > 0);
            let rule = "every cluster has a leaf, and all of them have all leaves";
            starts.push(start.ok_or(malformed(b"SIZE", rule))?);
        }
        let n_leaves = starts[starts.len() - 1] as usize;
        if starts.len() != scales.len() + 1 || n_leaves != leaves.len() {
            let rule = "every cluster has a leaf, and all of them have all leaves";
            return Err(malformed(b"SIZE", rule));
        }
        let entries = chunk_entries(artifact.section(b"CHNK")?);
        let entries = entries.filter(|entries| entries.len() == scales.len());
        let entries = entries.ok_or(malformed(b"CHNK", "36 bytes a cluster"))?;
        let n = (leaves.len() as u32)
            .checked_sub(1)
            .map_or(0, |last| leaves.papers(last).end);
        if n != meta.papers {
            return Err(malformed(b"META", "as many papers as all leaves have"));
        }
        let golden = golden(&artifact, &meta.golden, dim)?;
        Ok(Self {
            artifact,
            meta,
            middles,
            scales,
            starts,
            entries,
            golden,
            shards: Paged::default(),
            leaves,
        })
    }

    /// The model that made the vectors.
    pub fn model_sha256(&self) -> Sha256 {
        self.meta.model_sha256
    }

    /// Papers, with a vector or without.
    pub fn n_papers(&self) -> usize {
        self.meta.papers as usize
    }

    /// Width of a vector.
    pub fn dim(&self) -> usize {
        self.meta.dim as usize
    }

    /// Number of clusters.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there is no cluster.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// What the build found enough to read.
    pub fn reads(&self) -> Reads {
        self.meta.reads
    }

    /// Texts with the vectors that the build's encoder gave them.
    pub fn golden(&self) -> &[Golden] {
        &self.golden
    }

    /// The leaves.
    pub fn leaves(&self) -> &Arc<Leaves> {
        &self.leaves
    }

    /// Digest and length of a cluster's shard.
    pub fn shard_entry(&self, cluster: u32) -> ChunkEntry {
        self.entries[cluster as usize]
    }

    /// Adds a shard.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn insert_shard(&self, cluster: u32, bytes: Vec<u8>) -> Result<(), ArtifactError> {
        let n = self.papers(cluster).len();
        self.shards
            .put(cluster, Shard::parse(bytes, n, self.dim())?);
        Ok(())
    }

    /// Shards that were asked for and are not here, since this was last asked.
    pub fn take_wanted(&self) -> Vec<u32> {
        self.shards.take_wanted()
    }

    /// Whether a shard is here.
    pub fn has_shard(&self, cluster: u32) -> bool {
        self.shards.has(cluster)
    }

    /// Notes that a shard cannot be had: until that is forgotten it is not wanted.
    pub fn lack_shard(&self, cluster: u32) {
        self.shards.lack(cluster);
    }

    /// Whether a shard cannot be had.
    pub(crate) fn lacks_shard(&self, cluster: u32) -> bool {
        self.shards.lacks(cluster)
    }

    /// What could not be had may be had now; leaves have a note of their own.
    pub fn forget_lacking(&self) {
        self.shards.forget_lacking();
    }

    /// From here on every shard and leaf stays in memory.
    pub fn keep_all(&self) {
        self.shards.keep_all();
        self.leaves.keep_all();
    }

    /// Papers of a cluster, by number.
    pub(crate) fn papers(&self, cluster: u32) -> Range<u32> {
        let leaves = self.starts[cluster as usize]..self.starts[cluster as usize + 1];
        self.leaves.papers(leaves.start).start..self.leaves.papers(leaves.end - 1).end
    }

    /// The middle of a cluster, and the size of its steps.
    pub(crate) fn middle(&self, cluster: u32) -> (&[i8], f32) {
        let (at, dim) = (cluster as usize, self.dim());
        let bytes = &self.artifact.bytes()[self.middles.start + at * dim..][..dim];
        (bytemuck::cast_slice(bytes), self.scales[at])
    }

    /// A cluster's shard; where it is not here it is noted as wanted.
    pub(crate) fn shard(&self, cluster: u32) -> Option<Arc<Shard>> {
        self.shards.get(cluster)
    }

    /// A paper's vector as it is stored, to the bit; `None` where there was nothing to embed, or its leaf is not
    /// here.
    pub fn int8_vector(&self, paper: PaperId) -> Option<Int8Vector> {
        let (leaf, place) = self.leaves.of(paper)?;
        let (steps, scale) = self.vector_in(&leaf, place)?;
        Some(Int8Vector {
            steps: steps.to_vec(),
            scale,
        })
    }

    /// Stored vector number `at` of a leaf; `None` where there was nothing to embed, or it is of another corpus.
    pub(crate) fn vector_in<'a>(&self, leaf: &'a Leaf, at: usize) -> Option<(&'a [i8], f32)> {
        let vector = leaf.vector(at)?;
        (leaf.dim() == self.dim()).then_some(vector)
    }
}
