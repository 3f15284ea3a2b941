//! Each node's nearest nodes, and how strongly they pull.

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use shared::search::NearNode;
use shared::{Index, Searcher};

/// Nodes up to which every pair is compared; beyond, the graph is walked.
const EXACT: usize = 20_000;
/// Steps of the search for a node's reach: it halves an interval each time.
const HALVINGS: usize = 64;

/// The `k` nearest nodes of every node, best first, `[nodes]`.
pub(super) fn nearest(index: &Index, k: usize) -> Vec<Vec<NearNode>> {
    let n = index.n_nodes();
    let bar = ProgressBar::new(n as u64).with_style(
        ProgressStyle::with_template("neighbors {bar:32} {pos}/{len} papers, {eta} left")
            .expect("a valid template"),
    );
    // The order of threads changes nothing: each node is asked for by itself.
    let all = (0..n as u32)
        .into_par_iter()
        .map_init(Searcher::default, |searcher, node| {
            let near = if n <= EXACT {
                index.nearest_nodes_exact(node, k)
            } else {
                index.nearest_nodes(searcher, node, k, index.default_ef())
            };
            bar.inc(1);
            near
        })
        .collect();
    bar.finish_and_clear();
    all
}

/// Two nodes that pull each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pull {
    pub(super) from: u32,
    pub(super) to: u32,
    /// 0 to 1.
    pub(super) strength: f32,
}

/// The weighted graph of UMAP (`McInnes`, Healy and Melville 2018, arXiv:1802.03426, §3.1): the
/// nearest neighbor pulls with 1, the others by how much further than it they are, so that the pulls
/// of a node sum to log₂ `k`; what two nodes feel for each other is joined as `a + b − ab`.
///
/// Each pair stands there in both directions, by node and then by neighbor.
pub(super) fn pulls(near: &[Vec<NearNode>]) -> Vec<Pull> {
    let mut felt: Vec<Vec<(u32, f64)>> = near.par_iter().map(|near| feel(near)).collect();
    for row in &mut felt {
        row.sort_unstable_by_key(|&(node, _)| node);
    }
    let feels = |from: u32, to: u32| {
        let row = &felt[from as usize];
        row.binary_search_by_key(&to, |&(node, _)| node)
            .map_or(0.0, |at| row[at].1)
    };
    let mut pulls = Vec::with_capacity(2 * near.len() * near.first().map_or(0, Vec::len));
    for (from, row) in felt.iter().enumerate() {
        let from = from as u32;
        for &(to, a) in row {
            let b = feels(to, from);
            let strength = (a + b - a * b) as f32;
            pulls.push(Pull { from, to, strength });
            // Otherwise the neighbor's own row brings this direction.
            if b == 0.0 {
                let (from, to) = (to, from);
                pulls.push(Pull { from, to, strength });
            }
        }
    }
    pulls.sort_unstable_by_key(|pull| (pull.from, pull.to));
    pulls
}

/// How strongly a node is drawn to each of its neighbors.
fn feel(near: &[NearNode]) -> Vec<(u32, f64)> {
    let apart = |near: &NearNode| (1.0 - f64::from(near.similarity)).max(0.0);
    let Some(first) = near.first().map(apart) else {
        return Vec::new();
    };
    let wanted = libm::log2(near.len() as f64);
    let sum = |reach: f64| -> f64 {
        let pull = |near| libm::exp(-(apart(near) - first) / reach);
        near.iter().map(pull).sum()
    };
    let (mut low, mut high) = (0.0, 4.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if sum(middle) > wanted {
            high = middle;
        } else {
            low = middle;
        }
    }
    // Where all are about equally near, no reach is short enough; one of a thousandth of the mean
    // keeps the quotient finite, as in the authors' own program.
    let mean = near.iter().map(apart).sum::<f64>() / near.len() as f64;
    let reach = high.max(1e-3 * mean).max(f64::MIN_POSITIVE);
    let pull = |near: &NearNode| (near.node, libm::exp(-(apart(near) - first) / reach));
    near.iter()
        .map(pull)
        .filter(|&(_, pull)| pull > 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(rows: &[&[(u32, f32)]]) -> Vec<Vec<NearNode>> {
        let row = |row: &&[(u32, f32)]| {
            let near = |&(node, similarity): &(u32, f32)| NearNode { node, similarity };
            row.iter().map(near).collect()
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn pulls_of_a_node_sum_to_the_logarithm_of_its_neighbors() {
        let row: Vec<(u32, f32)> = (0..16).map(|at| (at, 0.9 - 0.02 * at as f32)).collect();
        let pulls = feel(&near(&[&row])[0]);
        let sum: f64 = pulls.iter().map(|&(_, pull)| pull).sum();
        assert!((sum - 4.0).abs() < 1e-6, "{sum}");
        assert_eq!(pulls[0].1, 1.0, "the nearest pulls with all there is");
    }

    #[test]
    fn a_pair_pulls_both_ways_alike() {
        let near = near(&[
            &[(1, 0.9), (2, 0.5)],
            &[(2, 0.8), (0, 0.7)],
            &[(1, 0.8), (0, 0.1)],
        ]);
        let pulls = pulls(&near);
        for pull in &pulls {
            let back = Pull {
                from: pull.to,
                to: pull.from,
                strength: pull.strength,
            };
            assert!(pulls.contains(&back), "{pull:?} has no way back");
        }
        let mut pairs: Vec<_> = pulls.iter().map(|pull| (pull.from, pull.to)).collect();
        let n = pairs.len();
        pairs.dedup();
        assert_eq!(pairs.len(), n, "a pair stands there once: {pulls:?}");
    }

    #[test]
    fn equal_neighbors_and_lone_nodes_are_no_trouble() {
        let pulls = pulls(&near(&[
            &[(1, 1.0), (2, 1.0)],
            &[(0, 1.0), (2, 1.0)],
            &[],
            &[],
        ]));
        assert!(
            pulls.iter().all(|pull| pull.strength.is_finite()),
            "{pulls:?}"
        );
    }
}
