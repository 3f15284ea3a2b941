//! Which way unfiltered search goes: whatever is quickest of what finds enough.

use super::{Neighbor, Searcher};
use crate::artifact::Index;
use crate::quant::Query;

/// Up to so many nodes all vectors are compared: that takes half a millisecond in a tab, where finding less
/// than everything would save nothing that anybody notices.
const ALL_NODES: usize = 32_768;

// Times as multiples of that of comparing one vector with the next one in memory already on its way. In
// Chromium on one core of an AMD EPYC that is 17 ns; `cargo xtask bench neighbors` measures all roads.
/// Counting the unlike bits of a code.
const CODE: f64 = 0.15;
/// Comparing a vector somewhere else in memory.
const ELSEWHERE: f64 = 6.0;
/// Following a link of the graph, and comparing the vector there.
const LINK: f64 = 12.0;
/// Links of a node that lead to one not yet seen, on the ground layer of a graph as builds link it.
const NEW_LINKS: f64 = 9.0;

/// For so many nodes and a hit more vectors are compared than for ten hits.
const DEPTH_PER_HIT: usize = 20;
/// The depth of builds that measured none, for each node.
const DEPTH_PER_NODE: f64 = 0.005;
/// The least depth of these.
const LEAST_DEPTH: usize = 1000;

/// How the nearest of all papers are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
    /// Every vector is compared: nothing can be missing.
    Exact,
    /// The signs of every vector are compared, and then so many vectors.
    Codes {
        /// Vectors compared.
        depth: usize,
    },
    /// The graph is walked.
    Graph {
        /// Breadth of the walk.
        ef: usize,
    },
}

impl Index {
    /// The quickest road to the `k` nearest papers of all, by the breadths that the build measured.
    pub fn road(&self, k: usize) -> Road {
        let n = self.n_nodes();
        if n <= ALL_NODES {
            return Road::Exact;
        }
        let (depth, ef) = (self.depth_for(k), self.default_ef().max(k));
        let by_codes = n as f64 * CODE + depth as f64 * ELSEWHERE;
        let by_graph = ef as f64 * NEW_LINKS * LINK;
        if by_codes <= by_graph {
            Road::Codes { depth }
        } else {
            Road::Graph { ef }
        }
    }

    /// Vectors to compare where codes chose them, for `k` hits.
    pub fn depth_for(&self, k: usize) -> usize {
        let measured = self.default_depth();
        let depth = measured
            .unwrap_or_else(|| LEAST_DEPTH.max((self.n_nodes() as f64 * DEPTH_PER_NODE) as usize));
        depth.max(DEPTH_PER_HIT.saturating_mul(k))
    }

    /// The `k` nearest papers of all by `road`, best first, ties by smaller paper number.
    ///
    /// # Panics
    /// As [`Index::search_exact`].
    pub fn search_by(
        &self,
        road: Road,
        searcher: &mut Searcher,
        query: &Query,
        k: usize,
    ) -> Vec<Neighbor> {
        match road {
            Road::Exact => self.search_exact(query, k, |_| true),
            Road::Codes { depth } => self.search_codes(searcher, query, k, depth),
            Road::Graph { ef } => self.search(searcher, query, k, ef),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::of_many;

    #[test]
    fn few_are_all_compared_and_of_many_the_quicker_road_is_taken() {
        let n = ALL_NODES as u32;
        assert_eq!(of_many(n, 16, 1).road(10), Road::Exact);
        let wide = of_many(n + 1, 16, 192);
        assert_eq!(wide.road(10), Road::Codes { depth: LEAST_DEPTH });
        assert_eq!(wide.road(100), Road::Codes { depth: 2000 });
        // A graph that narrow is walked in no time.
        assert_eq!(of_many(n + 1, 16, 10).road(10), Road::Graph { ef: 10 });
    }

    #[test]
    fn the_road_taken_is_the_one_asked_for() {
        let (index, mut searcher) = (of_many(300, 16, 8), Searcher::default());
        let query =
            Query::new(&index.vector(crate::PaperId(7)).expect("it has one")).expect("finite");
        let mut found = |road| index.search_by(road, &mut searcher, &query, 300).len();
        assert_eq!(found(Road::Exact), 300);
        assert_eq!(
            found(Road::Codes { depth: 1 }),
            300,
            "as many as are wanted"
        );
        assert_eq!(
            found(Road::Graph { ef: 8 }),
            1,
            "no link leads away from the entry"
        );
    }
}
