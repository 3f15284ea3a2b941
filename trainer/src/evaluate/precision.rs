//! Precision@k by category: whether a paper's neighbors are of its own category.

use serde::Serialize;
use shared::metrics::{Neighborhood, category_precision};

use super::nearest::nearest;
use super::papers::{PaperVectors, rows};

/// Papers of `valid-report` asked over `train` and `valid-cal`.
#[derive(Debug, Clone, Serialize)]
pub struct Precision {
    /// Papers asked with.
    pub queries: usize,
    /// Papers searched.
    pub documents: usize,
    /// Share of nearest papers that are of the same primary category.
    pub at_1: f64,
    /// The same of the nearest five.
    pub at_5: f64,
    /// The same of the nearest ten.
    pub at_10: f64,
    /// Precision@10 of each query, for comparisons.
    #[serde(skip)]
    pub each_at_10: Vec<f64>,
}

impl Precision {
    /// Finds every query's ten nearest, exactly.
    pub fn of(vectors: &PaperVectors) -> Self {
        let found = nearest(&rows(&vectors.report), &rows(&vectors.base), 10);
        let neighbors: Vec<Vec<usize>> = (found.iter())
            .map(|places| places.iter().map(|&at| vectors.base[at].label).collect())
            .collect();
        let queries: Vec<Neighborhood> = (vectors.report.iter().zip(&neighbors))
            .map(|(paper, neighbors)| Neighborhood {
                category: paper.label,
                neighbors,
            })
            .collect();
        Self {
            queries: queries.len(),
            documents: vectors.base.len(),
            at_1: category_precision(&queries, 1),
            at_5: category_precision(&queries, 5),
            at_10: category_precision(&queries, 10),
            each_at_10: queries.iter().map(|query| query.precision(10)).collect(),
        }
    }
}
