//! How a corpus too large to load is cut: into clusters of papers near in meaning, and these into leaves.
//!
//! The cut depends on the papers alone, not on their order: whoever adds papers to a build gets what a build of all
//! gives.

mod halve;
mod means;

use rayon::prelude::*;
use shared::quant::Int8Vector;

use halve::halve;

/// Papers of a cluster on average: of 300 the codes have 14 kB, which is a file worth fetching.
const CLUSTER: usize = 300;
/// Papers of a leaf at most.
const LEAF: usize = 40;
/// Times the average that a cluster may be large, and small.
const LARGEST: f64 = 1.5;
const SMALLEST: f64 = 0.25;

/// Where each paper stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// `[papers]`: which of the given papers stands at each place.
    pub order: Vec<u32>,
    /// The clusters, in order.
    pub clusters: Vec<Cluster>,
}

/// A run of leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The middle of its vectors, of length one; of zeros where no paper has a vector.
    pub middle: Vec<f32>,
    /// Papers of each leaf.
    pub leaves: Vec<u32>,
}

/// Points of one width.
#[derive(Debug)]
struct Points {
    dim: usize,
    /// `[points, dim]`.
    entries: Vec<f32>,
}

impl Points {
    fn of<'a>(vectors: impl Iterator<Item = &'a Int8Vector>, dim: usize) -> Self {
        let entries = vectors.flat_map(Int8Vector::dequantize).collect();
        Self { dim, entries }
    }

    fn len(&self) -> usize {
        self.entries.len() / self.dim
    }

    fn get(&self, at: u32) -> &[f32] {
        &self.entries[at as usize * self.dim..][..self.dim]
    }

    /// The mean direction of some points; zeros where they cancel out.
    fn middle(&self, of: &[u32]) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.dim];
        for &at in of {
            for (sum, &x) in sums.iter_mut().zip(self.get(at)) {
                *sum += f64::from(x);
            }
        }
        let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
        let scale = if length > 1e-9 { 1.0 / length } else { 0.0 };
        sums.into_iter().map(|x| (x * scale) as f32).collect()
    }
}

/// Cuts papers by their stored vectors; `names` are their ids, which decide where nothing else does.
///
/// # Panics
/// Where there are not as many names as vectors.
pub fn cut(vectors: &[Option<Int8Vector>], names: &[&str], dim: usize) -> Cut {
    assert_eq!(vectors.len(), names.len(), "one name a paper");
    let mut order: Vec<u32> = (0..vectors.len() as u32).collect();
    order.sort_unstable_by_key(|&at| names[at as usize]);
    let (with, without): (Vec<u32>, Vec<u32>) =
        (order.into_iter()).partition(|&at| vectors[at as usize].is_some());
    let stored = with.iter().filter_map(|&at| vectors[at as usize].as_ref());
    let points = Points::of(stored, dim);
    let mut groups = means::clusters(&points, CLUSTER);
    let largest = (CLUSTER as f64 * LARGEST) as usize;
    groups = groups
        .into_par_iter()
        .flat_map_iter(|group| pieces(&points, group, largest))
        .collect();
    let cut: Vec<(Cluster, Vec<u32>)> = groups
        .into_par_iter()
        .map(|group| {
            let mut middle = points.middle(&group);
            // Where all directions cancel out, any is as good: a search passes over a cluster without one.
            if middle.iter().all(|&x| x == 0.0) {
                middle = points.get(group[0]).to_vec();
            }
            let leaves = pieces(&points, group, LEAF);
            let sizes = leaves.iter().map(|leaf| leaf.len() as u32).collect();
            let cluster = Cluster {
                middle,
                leaves: sizes,
            };
            (cluster, leaves.concat())
        })
        .collect();
    let (mut clusters, mut order) = (Vec::with_capacity(cut.len() + 1), Vec::new());
    for (cluster, members) in cut {
        clusters.push(cluster);
        order.extend(members.into_iter().map(|at| with[at as usize]));
    }
    // No search by meaning finds these: they stand at the end.
    if !without.is_empty() {
        let leaves = without.chunks(LEAF).map(|leaf| leaf.len() as u32);
        clusters.push(Cluster {
            middle: vec![0.0; dim],
            leaves: leaves.collect(),
        });
        order.extend(without);
    }
    Cut { order, clusters }
}

/// Halves a group until no piece has more than `most` points; pieces near each other follow each other.
fn pieces(points: &Points, group: Vec<u32>, most: usize) -> Vec<Vec<u32>> {
    if group.len() <= most {
        return vec![group];
    }
    let [left, right] = halve(points, group);
    let mut all = pieces(points, left, most);
    all.extend(pieces(points, right, most));
    all
}

#[cfg(test)]
mod tests;
