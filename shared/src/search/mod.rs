//! Nearest papers to a query: exactly, by 1-bit codes, or by the graph.
//!
//! Similarity is the dot product of unit vectors, −1 to 1, larger is nearer; all roads compute it
//! the same way from the stored int8 vectors, so the exact scan judges the others. Vectors that
//! are equal share one node, and every paper of a node found is among the hits.

mod codes;
mod diverse;
mod graph;
mod like;
mod nodes;
mod road;
mod shards;
mod vectors;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::PaperId;
use crate::artifact::Index;
use crate::math::Kernel;
use crate::quant::Query;
pub(crate) use codes::Codes;
pub use graph::Searcher;
pub use nodes::NearNode;
pub use road::{MOST_COMPARED, Road};
pub use shards::Pieces;
pub use vectors::Vectors;

/// A paper found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbor {
    /// Which paper.
    pub paper: PaperId,
    /// Cosine with the query.
    pub similarity: f32,
}

/// A node with its similarity; ordered by similarity, then by smaller number.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    similarity: f32,
    node: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.similarity
            .total_cmp(&other.similarity)
            .then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

impl Index {
    /// Compares every paper that `passes`: nothing can be missing.
    ///
    /// Hits are best first, ties by smaller paper number. Costs one dot product a node.
    ///
    /// # Panics
    /// Where the query's width is not the index'; one model makes both.
    pub fn search_exact(
        &self,
        query: &Query,
        k: usize,
        passes: impl Fn(PaperId) -> bool,
    ) -> Vec<Neighbor> {
        let kernel = Kernel::best();
        let mut nearest = Nearest::new(k);
        for node in 0..self.n_nodes() as u32 {
            if self.papers_of(node).iter().any(|&paper| passes(paper)) {
                nearest.offer(Candidate {
                    similarity: self.similarity(kernel, query, node),
                    node,
                });
            }
        }
        self.papers(&nearest.into_sorted(), k, passes)
    }

    /// Cosine of the query and a paper's stored vector; `None` for a paper without one.
    ///
    /// # Panics
    /// As [`Self::search_exact`].
    pub fn similarity_to(&self, query: &Query, paper: PaperId) -> Option<f32> {
        let node = self.node_of(paper)?;
        Some(self.similarity(Kernel::best(), query, node))
    }

    /// Cosine of the query and a node's stored vector.
    fn similarity(&self, kernel: Kernel, query: &Query, node: u32) -> f32 {
        let (steps, scale) = self.node_vector(node);
        assert_eq!(
            steps.len(),
            query.steps.len(),
            "one model made index and query"
        );
        kernel.dot_i16_i8(&query.steps, steps) as f32 * (query.scale * scale)
    }

    /// The papers of these nodes, at most `k`.
    fn papers(
        &self,
        nodes: &[Candidate],
        k: usize,
        passes: impl Fn(PaperId) -> bool,
    ) -> Vec<Neighbor> {
        let mut hits: Vec<Neighbor> = nodes
            .iter()
            .flat_map(|found| {
                self.papers_of(found.node).iter().map(|&paper| Neighbor {
                    paper,
                    similarity: found.similarity,
                })
            })
            .filter(|hit| passes(hit.paper))
            .collect();
        hits.sort_by(|a, b| {
            b.similarity
                .total_cmp(&a.similarity)
                .then(a.paper.cmp(&b.paper))
        });
        hits.truncate(k);
        hits
    }
}

/// The `k` best candidates so far.
#[derive(Debug)]
struct Nearest {
    k: usize,
    heap: BinaryHeap<Reverse<Candidate>>,
}

impl Nearest {
    fn new(k: usize) -> Self {
        Self {
            k,
            heap: BinaryHeap::new(),
        }
    }

    /// Keeps the candidate where it is among the best; says whether it is.
    fn offer(&mut self, candidate: Candidate) -> bool {
        if self.heap.len() < self.k {
            self.heap.push(Reverse(candidate));
            return true;
        }
        match self.heap.peek_mut() {
            Some(mut worst) if worst.0 < candidate => {
                *worst = Reverse(candidate);
                true
            }
            _ => false,
        }
    }

    /// The worst of the best, once there are `k`.
    fn worst(&self) -> Option<Candidate> {
        (self.heap.len() >= self.k)
            .then(|| self.heap.peek().map(|worst| worst.0))
            .flatten()
    }

    fn into_sorted(self) -> Vec<Candidate> {
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(candidate)| candidate)
            .collect()
    }
}

/// An index of so many vectors that look random, and of no links.
#[cfg(test)]
fn of_many(n: u32, dim: usize, ef: usize) -> Index {
    use crate::artifact::IndexParts;
    use crate::quant::Int8Vector;

    let mut state = 1_u64;
    let mut next = || {
        // Knuth's constants, of the high half only: enough to point everywhere.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    let mut vector = || {
        let vector: Vec<f32> = (0..dim).map(|_| next()).collect();
        Int8Vector::quantize(&vector).expect("finite numbers")
    };
    let parts = IndexParts {
        model_sha256: crate::Sha256::default(),
        dim,
        ef,
        depth: None,
        nodes: (0..n).map(Some).collect(),
        vectors: (0..n).map(|_| vector()).collect(),
        links: vec![Vec::new(); n as usize],
        upper: Vec::new(),
        golden: Vec::new(),
    };
    Index::parse(parts.to_bytes()).expect("the writer's own bytes")
}
