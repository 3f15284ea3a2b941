//! Search over a finished HNSW graph, straight from the artifact's links.
//!
//! Follows Algorithms 2 and 5 of Malkov and Yashunin (arXiv:1603.09320), except that the graph
//! never changes here, so nothing is locked, and nearness is a dot product, so larger is nearer.

use std::collections::BinaryHeap;

use super::codes::Fewest;
use super::{Candidate, Nearest, Neighbor};
use crate::artifact::Index;
use crate::math::Kernel;
use crate::quant::Query;

/// Every walk enters at this node, which is on every layer.
const ENTRY: u32 = 0;

/// State that searches reuse: one a thread.
#[derive(Debug, Default)]
pub struct Searcher {
    /// `[n_nodes]`: the last search that saw the node.
    stamps: Vec<u32>,
    search: u32,
    /// What the last search by codes left, for its room.
    pub(super) fewest: Fewest,
}

impl Searcher {
    /// Forgets what was seen, without touching every node.
    fn begin(&mut self, n_nodes: usize) {
        if self.stamps.len() != n_nodes || self.search == u32::MAX {
            self.stamps = vec![0; n_nodes];
            self.search = 0;
        }
        self.search += 1;
    }

    /// Whether the node is seen for the first time.
    fn is_new(&mut self, node: u32) -> bool {
        let stamp = &mut self.stamps[node as usize];
        let new = *stamp != self.search;
        *stamp = self.search;
        new
    }
}

impl Index {
    /// Walks the graph for the `k` nearest papers; `ef` is the walk's breadth, at least `k`.
    ///
    /// Hits are best first, ties by smaller paper number. Approximate: the build report says what
    /// share of the exact ten nearest it finds. A filter belongs to [`Index::search_exact`].
    pub fn search(
        &self,
        searcher: &mut Searcher,
        query: &Query,
        k: usize,
        ef: usize,
    ) -> Vec<Neighbor> {
        if k == 0 {
            return Vec::new();
        }
        self.papers(&self.walk(searcher, query, ef.max(k)), k, |_| true)
    }

    /// Walks the graph for the `ef` nearest nodes, best first.
    pub(super) fn walk(&self, searcher: &mut Searcher, query: &Query, ef: usize) -> Vec<Candidate> {
        if self.n_nodes() == 0 {
            return Vec::new();
        }
        let kernel = Kernel::best();
        let score = |node| Candidate {
            similarity: self.similarity(kernel, query, node),
            node,
        };
        let mut entry = score(ENTRY);
        for layer in (0..self.n_upper_layers()).rev() {
            loop {
                let nearer = self.upper_links(layer, entry.node).map(score).max();
                match nearer {
                    Some(nearer) if nearer > entry => entry = nearer,
                    _ => break,
                }
            }
        }
        searcher.begin(self.n_nodes());
        searcher.is_new(entry.node);
        let mut nearest = Nearest::new(ef);
        nearest.offer(entry);
        let mut open = BinaryHeap::from([entry]);
        while let Some(candidate) = open.pop() {
            if nearest.worst().is_some_and(|worst| candidate < worst) {
                break;
            }
            for node in self.links(candidate.node) {
                if searcher.is_new(node) {
                    let found = score(node);
                    if nearest.offer(found) {
                        open.push(found);
                    }
                }
            }
        }
        nearest.into_sorted()
    }
}
