//! How far the plane tells the truth about nearness in meaning.

use rayon::prelude::*;
use shared::Index;
use shared::metrics::trustworthiness;

use super::random::Draws;
use super::start::Point;

/// Neighbors on the plane that are judged.
const K: usize = 15;
/// Nodes that are measured at most.
const SAMPLE: usize = 2_000;

/// A layout, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Truth {
    /// See [`trustworthiness`].
    pub(super) trustworthiness: f64,
    /// Nodes that it was measured on.
    pub(super) n_measured: usize,
}

/// Judges `points`, `[nodes]`, by all similarities of at most [`SAMPLE`] nodes, drawn by `seed`.
pub(super) fn measure(index: &Index, points: &[Point], seed: u64) -> Option<Truth> {
    let n = points.len();
    if n <= 2 * K {
        return None;
    }
    let sample = sample(n, seed);
    let ranks: Vec<u32> = sample
        .par_iter()
        .flat_map_iter(|&node| ranks(index, points, node))
        .collect();
    Some(Truth {
        trustworthiness: trustworthiness(n, sample.len(), K, &ranks)?,
        n_measured: sample.len(),
    })
}

/// [`SAMPLE`] different nodes, or all.
fn sample(n: usize, seed: u64) -> Vec<u32> {
    let mut nodes: Vec<u32> = (0..n as u32).collect();
    let mut draws = Draws::new(seed);
    for at in 0..SAMPLE.min(n) {
        let other = at + draws.below(n - at);
        nodes.swap(at, other);
    }
    nodes.truncate(SAMPLE);
    nodes
}

/// Places by similarity, from 1, of the nodes that are nearest on the plane.
fn ranks(index: &Index, points: &[Point], node: u32) -> Vec<u32> {
    let of = points[node as usize];
    let mut near: Vec<(f32, u32)> = (0..points.len() as u32)
        .filter(|&other| other != node)
        .map(|other| {
            let at = points[other as usize];
            let apart = [at[0] - of[0], at[1] - of[1]];
            (apart[0] * apart[0] + apart[1] * apart[1], other)
        })
        .collect();
    let nearer = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    near.select_nth_unstable_by(K - 1, nearer);
    near.truncate(K);
    let similarities = index.similarities(node);
    let rank = |&(_, other): &(f32, u32)| {
        let own = similarities[other as usize];
        let before = |(at, &x): (usize, &f32)| {
            at != node as usize && (x > own || x == own && at < other as usize)
        };
        1 + similarities
            .iter()
            .enumerate()
            .filter(|&at| before(at))
            .count() as u32
    };
    near.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_no_node_twice() {
        let mut sample = sample(5_000, 7);
        assert_eq!(sample.len(), SAMPLE);
        sample.sort_unstable();
        sample.dedup();
        assert_eq!(sample.len(), SAMPLE);
        assert_eq!(super::sample(40, 7).len(), 40);
    }
}
