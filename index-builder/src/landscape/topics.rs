//! Topics as a tree of patches of the plane: many small ones, joined to fewer and larger ones.

use rayon::prelude::*;
use shared::Index;

use super::random::Draws;
use super::start::Point;

/// Rounds of Lloyd's algorithm at most.
const ROUNDS: usize = 40;
/// The finest topics at most: their parents are found among all pairs.
const MOST: usize = 1200;
/// Nodes of a finest topic on average, at least.
const LEAST: usize = 5;

/// Topics on each level, coarsest first: about 8, 40 and 200 of 10,000 nodes.
fn counts(n_nodes: usize) -> Vec<usize> {
    let finest = (2.0 * (n_nodes as f64).sqrt()) as usize;
    let finest = finest.min(n_nodes / LEAST).clamp(1, MOST);
    let of = |power: f64| libm::round(libm::pow(finest as f64, power)) as usize;
    let mut counts = vec![of(0.4).max(1), of(0.7), finest];
    counts.dedup();
    counts
}

/// Topics that so many nodes have at most, on all levels.
pub(crate) fn n_topics(n_nodes: usize) -> usize {
    counts(n_nodes).into_iter().sum()
}

/// Which topic each node is of, on each level, coarsest first: `[levels][nodes]`.
///
/// The finest are cells of k-means on the plane. Coarser ones join those whose papers lie near each
/// other on the plane and in meaning: Ward's method (1963) on the cells' means, places and vectors
/// side by side, each scaled to a total variance of one.
pub(super) fn tree(index: &Index, places: &[Point], seed: u64) -> Vec<Vec<u32>> {
    if places.is_empty() {
        return Vec::new();
    }
    let counts = counts(places.len());
    let finest = *counts.last().expect("at least one level");
    let cells = cells(places, finest, seed);
    let features = features(index, places, &cells);
    let mut wanted = counts;
    wanted.pop();
    let mut levels: Vec<Vec<u32>> = join(features, &wanted)
        .into_iter()
        .map(|of| cells.iter().map(|&cell| of[cell as usize]).collect())
        .collect();
    levels.push(cells);
    levels
}

/// The cell of each point: k-means from starts that are far apart (Arthur and Vassilvitskii 2007,
/// "k-means++"). Cells are numbered without holes.
fn cells(places: &[Point], n_cells: usize, seed: u64) -> Vec<u32> {
    let mut means = spread(places, n_cells, seed);
    let mut cells = vec![0; places.len()];
    for _ in 0..ROUNDS {
        let next: Vec<u32> = places.par_iter().map(|&at| nearest(&means, at)).collect();
        let is_done = next == cells;
        cells = next;
        if is_done {
            break;
        }
        let mut sums = vec![([0.0_f64; 2], 0_u32); means.len()];
        for (at, &cell) in places.iter().zip(&cells) {
            let (sum, n) = &mut sums[cell as usize];
            sum[0] += f64::from(at[0]);
            sum[1] += f64::from(at[1]);
            *n += 1;
        }
        for (mean, (sum, n)) in means.iter_mut().zip(sums) {
            if n > 0 {
                *mean = sum.map(|sum| (sum / f64::from(n)) as f32);
            }
        }
    }
    // A cell may have lost all of its points.
    let mut numbers = vec![u32::MAX; means.len()];
    let mut n = 0;
    for cell in &mut cells {
        let number = &mut numbers[*cell as usize];
        if *number == u32::MAX {
            *number = n;
            n += 1;
        }
        *cell = *number;
    }
    cells
}

/// `n` of the places, each drawn by its squared way to those drawn before.
fn spread(places: &[Point], n: usize, seed: u64) -> Vec<Point> {
    let mut draws = Draws::new(seed);
    let mut chosen = vec![places[draws.below(places.len())]];
    let mut ways = vec![f64::INFINITY; places.len()];
    while chosen.len() < n {
        let last = *chosen.last().expect("one is chosen");
        for (way, &at) in ways.iter_mut().zip(places) {
            *way = way.min(squared(at, last));
        }
        let total: f64 = ways.iter().sum();
        if total == 0.0 {
            break;
        }
        let mut left = draws.share() * total;
        let at = ways.iter().position(|way| {
            left -= way;
            left < 0.0
        });
        chosen.push(places[at.unwrap_or(places.len() - 1)]);
    }
    chosen
}

fn nearest(means: &[Point], at: Point) -> u32 {
    let ways = means.iter().map(|&mean| squared(at, mean)).enumerate();
    let best = ways.min_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(0, |(cell, _)| cell as u32)
}

fn squared(a: Point, b: Point) -> f64 {
    let apart = [0, 1].map(|axis: usize| f64::from(a[axis]) - f64::from(b[axis]));
    apart[0] * apart[0] + apart[1] * apart[1]
}

/// A topic while topics are joined.
struct Cluster {
    weight: f64,
    /// Mean place and mean vector, scaled.
    mean: Vec<f64>,
}

/// The means of the cells: `[cells]`, each `2 + dim` numbers.
fn features(index: &Index, places: &[Point], cells: &[u32]) -> Vec<Cluster> {
    let n_cells = cells.iter().max().map_or(0, |&last| last as usize + 1);
    let width = 2 + index.dim();
    let mut clusters: Vec<Cluster> = (0..n_cells)
        .map(|_| Cluster {
            weight: 0.0,
            mean: vec![0.0; width],
        })
        .collect();
    for (node, (at, &cell)) in places.iter().zip(cells).enumerate() {
        let cluster = &mut clusters[cell as usize];
        cluster.weight += 1.0;
        let vector = index.vector_of_node(node as u32);
        for (sum, &x) in cluster.mean.iter_mut().zip(at.iter().chain(&vector)) {
            *sum += f64::from(x);
        }
    }
    for cluster in &mut clusters {
        for x in &mut cluster.mean {
            *x /= cluster.weight;
        }
    }
    for part in [0..2, 2..width] {
        let total: f64 = clusters.iter().map(|cluster| cluster.weight).sum();
        let mut variance = 0.0;
        for at in part.clone() {
            let sum = |f: &dyn Fn(f64) -> f64| -> f64 {
                let weighted = |cluster: &Cluster| cluster.weight * f(cluster.mean[at]);
                clusters.iter().map(weighted).sum()
            };
            let mean = sum(&|x| x) / total;
            variance += sum(&|x| (x - mean) * (x - mean)) / total;
        }
        let scale = if variance > 0.0 {
            1.0 / variance.sqrt()
        } else {
            0.0
        };
        for cluster in &mut clusters {
            for x in &mut cluster.mean[part.clone()] {
                *x *= scale;
            }
        }
    }
    clusters
}

/// The cluster of each cell when `wanted[level]` are left, numbered by their first cells.
fn join(mut clusters: Vec<Cluster>, wanted: &[usize]) -> Vec<Vec<u32>> {
    let n = clusters.len();
    let mut of: Vec<u32> = (0..n as u32).collect();
    let mut alive = vec![true; n];
    let cost = |a: &Cluster, b: &Cluster| {
        let pairs = a.mean.iter().zip(&b.mean);
        let apart: f64 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
        apart * a.weight * b.weight / (a.weight + b.weight)
    };
    // Costs of all pairs `a < b`, row by row.
    let mut costs: Vec<Vec<f64>> = (0..n)
        .into_par_iter()
        .map(|a| {
            (a + 1..n)
                .map(|b| cost(&clusters[a], &clusters[b]))
                .collect()
        })
        .collect();
    let mut levels = vec![Vec::new(); wanted.len()];
    let mut left = n;
    loop {
        for (level, &count) in wanted.iter().enumerate() {
            if levels[level].is_empty() && left <= count.max(1) {
                levels[level] = numbered(&of);
            }
        }
        if left <= 1 || levels.iter().all(|level| !level.is_empty()) {
            return levels;
        }
        let mut best = (f64::INFINITY, 0, 0);
        for a in (0..n).filter(|&a| alive[a]) {
            for b in (a + 1..n).filter(|&b| alive[b]) {
                if costs[a][b - a - 1] < best.0 {
                    best = (costs[a][b - a - 1], a, b);
                }
            }
        }
        let (_, a, b) = best;
        let (first, rest) = clusters.split_at_mut(b);
        let (into, from) = (&mut first[a], &rest[0]);
        let weight = into.weight + from.weight;
        for (x, y) in into.mean.iter_mut().zip(&from.mean) {
            *x = (*x * into.weight + y * from.weight) / weight;
        }
        into.weight = weight;
        alive[b] = false;
        left -= 1;
        of.iter_mut()
            .filter(|of| **of == b as u32)
            .for_each(|of| *of = a as u32);
        for c in (0..n).filter(|&c| alive[c] && c != a) {
            costs[a.min(c)][a.max(c) - a.min(c) - 1] = cost(&clusters[a], &clusters[c]);
        }
    }
}

/// The same clusters, numbered from 0 without holes.
fn numbered(of: &[u32]) -> Vec<u32> {
    let mut known: Vec<u32> = of.to_vec();
    known.sort_unstable();
    known.dedup();
    let number = |of: &u32| known.binary_search(of).expect("it is known") as u32;
    of.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_papers_have_about_8_40_and_200_topics() {
        assert_eq!(counts(10_000), [8, 41, 200]);
        assert_eq!(counts(458), [4, 14, 42]);
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(400_000).last(), Some(&MOST));
    }

    #[test]
    fn heaps_become_cells_and_near_heaps_are_joined() {
        // Four heaps, two and two near each other.
        let corners = [[0.0, 0.0], [1.0, 0.0], [50.0, 50.0], [51.0, 50.0]];
        let places: Vec<Point> = (0..80)
            .map(|at| corners[at % 4].map(|x| x + (at / 4) as f32 * 0.005))
            .collect();
        let cells = cells(&places, 4, 1);
        for at in 4..80 {
            assert_eq!(cells[at], cells[at % 4], "point {at}");
        }
        let cluster = |at: usize| Cluster {
            weight: 20.0,
            mean: corners[at].map(f64::from).to_vec(),
        };
        let joined = join((0..4).map(cluster).collect(), &[1, 2]);
        assert_eq!(joined, [vec![0, 0, 0, 0], vec![0, 0, 1, 1]]);
    }

    #[test]
    fn points_that_are_all_one_are_one_cell() {
        assert_eq!(cells(&[[1.0, 1.0]; 30], 6, 1), [0; 30]);
    }
}
