//! How much of the exact answer each quick road finds, the breadth that it needs for that, and how near papers are.

use shared::artifact::Index;
use shared::{Neighbor, PaperId, Query, Road, Searcher};

/// Share of the exact ten nearest that a walk of the graph must find.
pub const GRAPH_TARGET: f64 = 0.99;
/// Share that codes must find: what is missed still is fetched at the price of a few microseconds.
pub const CODES_TARGET: f64 = 0.998;
/// Breadths tried, ascending.
const BREADTHS: [usize; 9] = [32, 48, 64, 96, 128, 192, 256, 384, 512];
/// Depths tried, ascending.
const DEPTHS: [usize; 8] = [125, 250, 500, 1000, 2000, 4000, 8000, 16_000];

/// Papers whose nearest other one is looked for.
const NEIGHBORED: usize = 2000;
/// With fewer, the hundredth part is nobody.
const ENOUGH: usize = 100;

/// How broad a quick road is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Breadth {
    /// Of a walk of the graph.
    Graph {
        /// Nodes kept.
        ef: usize,
    },
    /// Of a search by 1-bit codes.
    Codes {
        /// Vectors compared after them.
        depth: usize,
    },
}

impl std::fmt::Display for Breadth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Graph { ef } => write!(f, "ef {ef}"),
            Self::Codes { depth } => write!(f, "depth {depth}"),
        }
    }
}

impl From<Breadth> for Road {
    fn from(breadth: Breadth) -> Self {
        match breadth {
            Breadth::Graph { ef } => Self::Graph { ef },
            Breadth::Codes { depth } => Self::Codes { depth },
        }
    }
}

/// Recall at one breadth.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Recall {
    /// How broad the search was.
    #[serde(flatten)]
    pub breadth: Breadth,
    /// Share of the exact ten nearest found, 0 to 1.
    pub recall_at_10: f64,
    /// Queries it was measured with.
    pub queries: usize,
}

/// What comparing every paper finds: the judge.
#[derive(Debug)]
pub struct Judge<'a> {
    index: &'a Index,
    queries: &'a [Query],
    exact: Vec<Vec<Neighbor>>,
}

impl<'a> Judge<'a> {
    /// Compares every paper with every query.
    pub fn new(index: &'a Index, queries: &'a [Query]) -> Self {
        let exact = queries.iter();
        let exact = exact.map(|query| index.search_exact(query, 10, |_| true));
        Self {
            index,
            queries,
            exact: exact.collect(),
        }
    }

    /// Share of the exact ten nearest that `road` finds; 1 where there is nothing to find.
    pub fn recall(&self, road: Road) -> f64 {
        let (mut found, mut wanted) = (0, 0);
        let mut searcher = Searcher::default();
        for (query, exact) in self.queries.iter().zip(&self.exact) {
            // Papers as similar as the tenth are as good as it: ties are not misses.
            let Some(last) = exact.last() else { continue };
            let hits = self.index.search_by(road, &mut searcher, query, 10);
            let as_good = hits.iter().filter(|hit| hit.similarity >= last.similarity);
            found += as_good.count();
            wanted += exact.len();
        }
        if wanted == 0 {
            1.0
        } else {
            found as f64 / wanted as f64
        }
    }

    /// Tries breadths of the graph, narrowest first, until [`GRAPH_TARGET`] is met; the last row is the one
    /// to use.
    pub fn tune_graph(&self) -> Vec<Recall> {
        let breadths = BREADTHS.map(|ef| Breadth::Graph { ef });
        self.tune(&breadths, GRAPH_TARGET)
    }

    /// Tries depths of the search by codes until [`CODES_TARGET`] is met, or all vectors are compared; the
    /// last row is the one to use.
    pub fn tune_codes(&self) -> Vec<Recall> {
        let n = self.index.n_nodes();
        let less = DEPTHS.iter().take_while(|&&depth| depth < n).count();
        let some = &DEPTHS[..DEPTHS.len().min(less + 1)];
        let depths: Vec<Breadth> = (some.iter().map(|&depth| Breadth::Codes { depth })).collect();
        self.tune(&depths, CODES_TARGET)
    }

    fn tune(&self, breadths: &[Breadth], target: f64) -> Vec<Recall> {
        let mut rows = Vec::new();
        for &breadth in breadths {
            let recall_at_10 = self.recall(breadth.into());
            rows.push(Recall {
                breadth,
                recall_at_10,
                queries: self.queries.len(),
            });
            if recall_at_10 >= target {
                break;
            }
        }
        rows
    }
}

/// Cosine similarity that 99 % of the papers reach with their nearest other one, of papers spread over the
/// corpus; `None` where they are too few to tell.
pub fn nearest_at_99(index: &Index) -> Option<f32> {
    let step = index.n_papers().div_ceil(NEIGHBORED).max(1);
    let (mut searcher, road) = (Searcher::default(), index.road(2));
    let mut nearest = Vec::new();
    for paper in (0..index.n_papers() as u32).step_by(step).map(PaperId) {
        let Some(query) = index
            .vector(paper)
            .and_then(|vector| Query::new(&vector).ok())
        else {
            continue;
        };
        let hits = index.search_by(road, &mut searcher, &query, 2);
        let other = hits.iter().find(|hit| hit.paper != paper);
        nearest.extend(other.map(|hit| hit.similarity));
    }
    nearest.sort_by(f32::total_cmp);
    (nearest.len() >= ENOUGH).then(|| nearest[nearest.len() / 100])
}
