//! Nearness between the nodes themselves: what a landscape is made of.

use super::{Candidate, Nearest, Searcher};
use crate::PaperId;
use crate::artifact::Index;
use crate::math::Kernel;
use crate::quant::Query;

/// A node near another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearNode {
    /// Which node.
    pub node: u32,
    /// Cosine of the two stored vectors.
    pub similarity: f32,
}

impl Index {
    /// The node of a paper, which papers with the same vector share; `None` for a paper without one.
    pub fn node(&self, paper: PaperId) -> Option<u32> {
        self.node_of(paper)
    }

    /// The stored vector of a node, `[dim]`.
    pub fn vector_of_node(&self, node: u32) -> Vec<f32> {
        let (steps, scale) = self.node_vector(node);
        steps.iter().map(|&step| f32::from(step) * scale).collect()
    }

    /// Cosines of a node's vector with those of all nodes, `[nodes]`; costs one dot product each.
    pub fn similarities(&self, node: u32) -> Vec<f32> {
        let (kernel, query) = (Kernel::best(), self.as_query(node));
        let nodes = 0..self.n_nodes() as u32;
        nodes
            .map(|other| self.similarity(kernel, &query, other))
            .collect()
    }

    /// The `k` nodes nearest to a node, without itself: best first, ties by smaller number.
    ///
    /// Compares it with every node.
    pub fn nearest_nodes_exact(&self, node: u32, k: usize) -> Vec<NearNode> {
        let (kernel, query) = (Kernel::best(), self.as_query(node));
        let mut nearest = Nearest::new(k);
        for other in (0..self.n_nodes() as u32).filter(|&other| other != node) {
            let similarity = self.similarity(kernel, &query, other);
            nearest.offer(Candidate {
                similarity,
                node: other,
            });
        }
        near(nearest.into_sorted())
    }

    /// The same by a walk over the graph of breadth `ef`: fast, and not always the nearest.
    pub fn nearest_nodes(
        &self,
        searcher: &mut Searcher,
        node: u32,
        k: usize,
        ef: usize,
    ) -> Vec<NearNode> {
        // The node itself is among those found.
        let mut found = self.walk(searcher, &self.as_query(node), (k + 1).max(ef));
        found.retain(|found| found.node != node);
        found.truncate(k);
        near(found)
    }

    fn as_query(&self, node: u32) -> Query {
        Query::new(&self.vector_of_node(node)).expect("a stored vector is finite")
    }
}

fn near(found: Vec<Candidate>) -> Vec<NearNode> {
    let near = |found: Candidate| NearNode {
        node: found.node,
        similarity: found.similarity,
    };
    found.into_iter().map(near).collect()
}
