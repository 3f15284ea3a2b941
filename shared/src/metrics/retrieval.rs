//! How good a ranking is: whether what is relevant stands in it, and how early.
//!
//! A ranking is given as what each of its results is worth, best rank first. Means over queries are
//! the caller's, except where the definition is one over all queries.

/// Share of the first `k` results that are relevant. Places that nothing was found for count as misses.
pub fn precision(ranked: &[bool], k: usize) -> f64 {
    hits(ranked, k) as f64 / k.max(1) as f64
}

/// Share of all `n_relevant` documents that stand among the first `k` results; 0 where nothing is
/// relevant.
pub fn recall(ranked: &[bool], n_relevant: usize, k: usize) -> f64 {
    hits(ranked, k) as f64 / n_relevant.max(1) as f64
}

/// One over the rank of the first relevant result; 0 where none stands among the first `k`. Its mean
/// over queries is MRR@k.
pub fn reciprocal_rank(ranked: &[bool], k: usize) -> f64 {
    let first = ranked.iter().take(k).position(|&relevant| relevant);
    first.map_or(0.0, |rank| 1.0 / (rank + 1) as f64)
}

fn hits(ranked: &[bool], k: usize) -> usize {
    ranked.iter().take(k).filter(|&&relevant| relevant).count()
}

/// A query with the categories of what lies near it.
#[derive(Debug, Clone, Copy)]
pub struct Neighborhood<'a> {
    /// The query's own category.
    pub category: usize,
    /// Those of its neighbors, nearest first.
    pub neighbors: &'a [usize],
}

impl Neighborhood<'_> {
    /// Share of the `k` nearest that are of the query's category.
    pub fn precision(&self, k: usize) -> f64 {
        let same: Vec<bool> = (self.neighbors.iter().take(k))
            .map(|&category| category == self.category)
            .collect();
        precision(&same, k)
    }
}

/// Precision@k by category: the mean over queries of the share of their `k` nearest that are of their
/// own category.
pub fn category_precision(queries: &[Neighborhood], k: usize) -> f64 {
    let total: f64 = queries.iter().map(|query| query.precision(k)).sum();
    total / queries.len().max(1) as f64
}

/// Normalized discounted cumulative gain of the first `k` results, 0 to 1, with linear gain
/// (Järvelin and Kekäläinen 2002).
///
/// `ranked` holds the gain of each result, best rank first, 0 where it is not relevant; `judged`
/// holds the gain of every document that was judged for the question, in any order. It is 0 where
/// nothing is relevant.
pub fn ndcg(ranked: &[f64], judged: &[f64], k: usize) -> f64 {
    let sum = |gains: &[f64]| -> f64 {
        let discounted = |(rank, gain): (usize, &f64)| gain / libm::log2(rank as f64 + 2.0);
        gains.iter().take(k).enumerate().map(discounted).sum()
    };
    let mut ideal = judged.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = sum(&ideal);
    if best > 0.0 { sum(ranked) / best } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_stay_empty_are_misses() {
        assert_eq!(precision(&[true, false], 4), 0.25);
        assert_eq!(precision(&[], 10), 0.0);
        assert_eq!(recall(&[true, false, true], 4, 2), 0.25);
        assert_eq!(recall(&[], 0, 10), 0.0);
    }

    #[test]
    fn only_the_first_relevant_result_within_k_counts() {
        assert_eq!(reciprocal_rank(&[false, false, true, true], 10), 1.0 / 3.0);
        assert_eq!(reciprocal_rank(&[false, false, true], 2), 0.0);
    }

    #[test]
    fn neighbors_of_the_own_category_are_counted_query_by_query() {
        let of = |category, neighbors| Neighborhood {
            category,
            neighbors,
        };
        let queries = [of(7, &[7, 7, 1, 7]), of(1, &[2, 2, 1, 1])];
        assert_eq!(category_precision(&queries, 1), 0.5);
        assert_eq!(category_precision(&queries, 4), f64::midpoint(0.75, 0.5));
        assert_eq!(category_precision(&[], 4), 0.0);
    }

    #[test]
    fn ndcg_agrees_with_hand_and_with_scikit_learn() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        // Gains 0, 2, 1 in that order: (2/log2(3) + 1/2) over (2 + 1/log2(3)).
        let third = 1.0 / 3.0_f64.log2();
        let wanted = (2.0 * third + 0.5) / (2.0 + third);
        close(ndcg(&[0.0, 2.0, 1.0], &[1.0, 2.0], 10), wanted);
        // `sklearn.metrics.ndcg_score([[3, 0, 2, 0, 1, 4]], [[.9, .8, .7, .6, .5, .4]], k=5)`.
        close(
            ndcg(&[3.0, 0.0, 2.0, 0.0, 1.0, 4.0], &[3.0, 2.0, 1.0, 4.0], 5),
            0.5990132152976562,
        );
        close(ndcg(&[1.0, 1.0], &[1.0; 12], 2), 1.0);
        close(ndcg(&[0.0; 10], &[1.0], 10), 0.0);
        close(ndcg(&[0.0; 10], &[], 10), 0.0);
    }
}
