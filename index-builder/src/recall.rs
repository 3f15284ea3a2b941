//! How much of the exact answer each quick road finds, the breadth that it needs for that, and how near papers are.

use shared::artifact::{Clusters, Index, Reads};
use shared::{Neighbor, PaperId, Query, Road, Searcher};

/// Share of the exact ten nearest that a walk of the graph must find.
pub const GRAPH_TARGET: f64 = 0.99;
/// Share that codes must find: what is missed still is fetched at the price of a few microseconds.
pub const CODES_TARGET: f64 = 0.998;
/// Breadths tried, ascending.
const BREADTHS: [usize; 9] = [32, 48, 64, 96, 128, 192, 256, 384, 512];
/// Depths tried, ascending.
const DEPTHS: [usize; 8] = [125, 250, 500, 1000, 2000, 4000, 8000, 16_000];

/// Share that a search of shards must find: what it misses can be had for bytes that visitors wait for.
pub const SHARDS_TARGET: f64 = 0.97;
/// Clusters and leaves tried, ascending: of the last ones 2.4 MB are fetched.
const READS: [(u32, u32); 8] = [
    (4, 8),
    (8, 16),
    (12, 24),
    (16, 32),
    (24, 40),
    (32, 48),
    (48, 64),
    (64, 96),
];

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
    /// Of a search of shards.
    Shards(Reads),
}

impl std::fmt::Display for Breadth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Graph { ef } => write!(f, "ef {ef}"),
            Self::Codes { depth } => write!(f, "depth {depth}"),
            Self::Shards(Reads { clusters, leaves }) => {
                write!(f, "{clusters} clusters and {leaves} leaves")
            }
        }
    }
}

impl From<Breadth> for Road {
    fn from(breadth: Breadth) -> Self {
        match breadth {
            Breadth::Graph { ef } => Self::Graph { ef },
            Breadth::Codes { depth } => Self::Codes { depth },
            Breadth::Shards(reads) => Self::Shards(reads),
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
    /// Bytes of the pieces that a question reads which nobody asked before.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Fetched>,
}

/// Bytes that a question fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// On average.
    pub mean_bytes: u64,
    /// At most, of 95 of 100 questions.
    pub p95_bytes: u64,
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
        let mut searcher = Searcher::default();
        self.recall_of(|query| self.index.search_by(road, &mut searcher, query, 10))
    }

    /// Share of the exact ten nearest that a search finds.
    fn recall_of(&self, mut search: impl FnMut(&Query) -> Vec<Neighbor>) -> f64 {
        let (mut found, mut wanted) = (0, 0);
        for (query, exact) in self.queries.iter().zip(&self.exact) {
            // Papers as similar as the tenth are as good as it: ties are not misses.
            let Some(last) = exact.last() else { continue };
            let hits = search(query);
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

    /// Tries what to read of shards until [`SHARDS_TARGET`] is met; the last row is the one to use.
    pub fn tune_shards(&self, clusters: &Clusters) -> Vec<Recall> {
        let reads = READS.map(|(clusters, leaves)| Breadth::Shards(Reads { clusters, leaves }));
        let recall = |breadth| match breadth {
            Breadth::Shards(reads) => {
                self.recall_of(|query| clusters.search(query, 10, reads, None))
            }
            other => self.recall(other.into()),
        };
        let mut rows = self.tune_by(&reads, SHARDS_TARGET, recall);
        for row in &mut rows {
            if let Breadth::Shards(reads) = row.breadth {
                row.fetched = self.fetched(clusters, reads);
            }
        }
        rows
    }

    /// What the queries fetch, each alone.
    fn fetched(&self, clusters: &Clusters, reads: Reads) -> Option<Fetched> {
        let of_one = |query: &Query| -> u64 {
            let pieces = clusters.pieces(query, reads, None);
            let shards = pieces.clusters.iter().map(|&at| clusters.shard_entry(at));
            let leaves = pieces.leaves.iter().map(|&at| clusters.leaves().entry(at));
            shards
                .chain(leaves)
                .map(|entry| u64::from(entry.bytes))
                .sum()
        };
        let mut bytes: Vec<u64> = self.queries.iter().map(of_one).collect();
        bytes.sort_unstable();
        let last = bytes.len().checked_sub(1)?;
        Some(Fetched {
            mean_bytes: bytes.iter().sum::<u64>() / bytes.len() as u64,
            p95_bytes: bytes[last * 95 / 100],
        })
    }

    fn tune(&self, breadths: &[Breadth], target: f64) -> Vec<Recall> {
        self.tune_by(breadths, target, |breadth| self.recall(breadth.into()))
    }

    fn tune_by(
        &self,
        breadths: &[Breadth],
        target: f64,
        recall: impl Fn(Breadth) -> f64,
    ) -> Vec<Recall> {
        let mut rows = Vec::new();
        for &breadth in breadths {
            let recall_at_10 = recall(breadth);
            rows.push(Recall {
                breadth,
                recall_at_10,
                queries: self.queries.len(),
                fetched: None,
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
    let mut searcher = Searcher::default();
    // A corpus in pieces has no graph.
    let road = match index.road(2) {
        Road::Exact => Road::Exact,
        _ => Road::Codes {
            depth: index.depth_for(2),
        },
    };
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
