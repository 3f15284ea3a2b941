//! How much of the exact answer the graph finds, the breadth that it needs for that, and how near papers are.

use shared::artifact::Index;
use shared::{PaperId, Query, Searcher};

/// Share of the exact ten nearest that unfiltered search must find.
pub const TARGET: f64 = 0.99;
/// Breadths tried, ascending.
const BREADTHS: [usize; 9] = [32, 48, 64, 96, 128, 192, 256, 384, 512];

/// Papers whose nearest other one is looked for.
const NEIGHBORED: usize = 2000;
/// With fewer, the hundredth part is nobody.
const ENOUGH: usize = 100;

/// Recall at one breadth.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Recall {
    /// Breadth of the walk.
    pub ef: usize,
    /// Share of the exact ten nearest found, 0 to 1.
    pub recall_at_10: f64,
    /// Queries it was measured with.
    pub queries: usize,
}

/// Tries breadths, narrowest first, until [`TARGET`] is met; the last row is the one to use.
pub fn tune(index: &Index, queries: &[Query]) -> Vec<Recall> {
    let exact: Vec<_> = queries
        .iter()
        .map(|query| index.search_exact(query, 10, |_| true))
        .collect();
    let mut searcher = Searcher::default();
    let mut rows = Vec::new();
    for ef in BREADTHS {
        let (mut found, mut wanted) = (0, 0);
        for (query, exact) in queries.iter().zip(&exact) {
            // Papers as similar as the tenth are as good as it: ties are not misses.
            let Some(last) = exact.last() else { continue };
            let hits = index.search(&mut searcher, query, 10, ef);
            found += hits
                .iter()
                .filter(|hit| hit.similarity >= last.similarity)
                .count();
            wanted += exact.len();
        }
        let recall_at_10 = if wanted == 0 {
            1.0
        } else {
            found as f64 / wanted as f64
        };
        rows.push(Recall {
            ef,
            recall_at_10,
            queries: queries.len(),
        });
        if recall_at_10 >= TARGET {
            break;
        }
    }
    rows
}

/// Cosine similarity that 99 % of the papers reach with their nearest other one, of papers spread over the
/// corpus; `None` where they are too few to tell.
pub fn nearest_at_99(index: &Index, ef: usize) -> Option<f32> {
    let step = index.n_papers().div_ceil(NEIGHBORED).max(1);
    let mut searcher = Searcher::default();
    let mut nearest = Vec::new();
    for paper in (0..index.n_papers() as u32).step_by(step).map(PaperId) {
        let Some(query) = index
            .vector(paper)
            .and_then(|vector| Query::new(&vector).ok())
        else {
            continue;
        };
        let hits = index.search(&mut searcher, &query, 2, ef);
        let other = hits.iter().find(|hit| hit.paper != paper);
        nearest.extend(other.map(|hit| hit.similarity));
    }
    nearest.sort_by(f32::total_cmp);
    (nearest.len() >= ENOUGH).then(|| nearest[nearest.len() / 100])
}
