//! k-means on the sphere: groups of points with a middle each.

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use shared::math::dot;

use super::{CLUSTER, Points, SMALLEST};

/// Points a group that the middles are found by.
const SAMPLED: usize = 64;
/// Rounds of moving the middles.
const ROUNDS: usize = 12;
/// Points compared with a middle while it is in the nearest cache.
const RUN: usize = 32;

/// Groups of some `size` points near each other, each ascending (Dhillon and Modha 2001, *Concept decompositions for
/// large sparse text data using clustering*). Middles are found by a sample of the points; those of few points are
/// dropped. A group may be large.
pub(super) fn clusters(points: &Points, size: usize) -> Vec<Vec<u32>> {
    let n = points.len();
    if n == 0 {
        return Vec::new();
    }
    let k = n.div_ceil(size);
    let bar = ProgressBar::new(ROUNDS as u64 + 2).with_style(
        ProgressStyle::with_template("clusters {bar:32} {pos}/{len} rounds, {eta} left")
            .expect("a valid template"),
    );
    let spread = |of: usize, m: usize| (0..m).map(move |at| (at * of / m) as u32);
    let sample: Vec<u32> = spread(n, n.min(k * SAMPLED)).collect();
    let begin = spread(sample.len(), k).map(|at| points.get(sample[at as usize]).to_vec());
    let mut middles: Vec<Vec<f32>> = begin.collect();
    for _ in 0..ROUNDS {
        let groups = group(points, &sample, &middles);
        middles = (groups.par_iter().zip(&middles))
            .map(|(group, middle)| match &group[..] {
                [] => middle.clone(),
                group => points.middle(group),
            })
            .collect();
        bar.inc(1);
    }
    let all: Vec<u32> = (0..n as u32).collect();
    let groups = group(points, &all, &middles);
    bar.inc(1);
    let smallest = (CLUSTER as f64 * SMALLEST) as usize;
    let kept: Vec<Vec<f32>> = (groups.iter().zip(middles))
        .filter(|(group, _)| group.len() >= smallest)
        .map(|(_, middle)| middle)
        .collect();
    let groups = match kept.len() {
        // Few points are one group.
        0 => vec![all],
        _ => group(points, &all, &kept),
    };
    bar.finish_and_clear();
    (groups.into_iter())
        .filter(|group| !group.is_empty())
        .collect()
}

/// Points by the middle nearest to them, of several the first.
fn group(points: &Points, of: &[u32], middles: &[Vec<f32>]) -> Vec<Vec<u32>> {
    let nearest: Vec<u32> = of
        .par_chunks(RUN)
        .flat_map_iter(|run| {
            let mut found = vec![(f32::NEG_INFINITY, 0_u32); run.len()];
            for (number, middle) in (0..).zip(middles) {
                for (found, &at) in found.iter_mut().zip(run) {
                    let alike = dot(points.get(at), middle);
                    if alike > found.0 {
                        *found = (alike, number);
                    }
                }
            }
            found.into_iter().map(|(_, number)| number)
        })
        .collect();
    let mut groups = vec![Vec::new(); middles.len()];
    for (&at, number) in of.iter().zip(nearest) {
        groups[number as usize].push(at);
    }
    groups
}
