//! Which way unfiltered search goes: whatever finds most in a moment.

use super::{Neighbor, Searcher};
use crate::artifact::{Index, Reads};
use crate::quant::Query;

/// Papers up to which every one is compared with a question; of more the signs of all are held in memory, a bit
/// for each of their numbers.
pub const MOST_COMPARED: usize = 50_000;

// Times as multiples of that of comparing one vector where all are compared in turn: 39 ns in Chromium on one core of
// an AMD EPYC (`cargo xtask bench indexes`; the table stands in `docs/quality.md`).
/// What a search may take before it makes do with less than everything: 2 ms there.
const BUDGET: f64 = MOST_COMPARED as f64;
/// Counting the unlike bits of a code.
const CODE: f64 = 0.14;
/// Comparing a vector somewhere else in memory.
const ELSEWHERE: f64 = 5.0;
/// A node that a walk of the graph keeps, with the links that it looks along.
const KEPT: f64 = 57.0;

/// Vectors compared for each hit at least, where many are wanted.
const DEPTH_PER_HIT: usize = 20;
/// The depth of builds that measured none, a node.
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
    /// Of a corpus in pieces, the nearest clusters are looked into.
    Shards(Reads),
}

impl Index {
    /// The road to the `k` nearest papers of all: the first of exact search and codes that takes some 2 ms at most;
    /// of papers that are too many for both, whichever of codes and graph is quicker at the breadths that the build
    /// measured.
    pub fn road(&self, k: usize) -> Road {
        let n = self.n_nodes() as f64;
        if n <= BUDGET {
            return Road::Exact;
        }
        let (depth, ef) = (self.depth_for(k), self.default_ef().max(k));
        let by_codes = n * CODE + depth as f64 * ELSEWHERE;
        if by_codes <= BUDGET.max(ef as f64 * KEPT) {
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
            // Nothing of a loaded index is in pieces.
            Road::Exact | Road::Shards(_) => self.search_exact(query, k, |_| true),
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
    fn the_road_that_finds_most_in_a_moment_is_taken() {
        let n = BUDGET as u32;
        assert_eq!(of_many(n, 16, 1).road(10), Road::Exact);
        let more = of_many(n + 1, 16, 1);
        assert_eq!(more.road(10), Road::Codes { depth: LEAST_DEPTH });
        assert_eq!(more.road(100), Road::Codes { depth: 2000 });
        // Of very many the quicker one: a narrow walk is, a broad one is not.
        assert_eq!(of_many(8 * n, 16, 100).road(10), Road::Graph { ef: 100 });
        let broad = of_many(8 * n, 16, 2000);
        assert_eq!(broad.road(10), Road::Codes { depth: 2000 });
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
