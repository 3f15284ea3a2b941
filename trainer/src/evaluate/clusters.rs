//! Clusters: whether k-means, told nothing of categories, finds them.

use rayon::prelude::*;
use serde::Serialize;
use shared::math::dot;
use shared::metrics::Grouping;

use super::bootstrap::Draw;
use super::papers::PaperVectors;

/// Starts of k-means; the one of least inertia counts.
const STARTS: u64 = 4;
/// Rounds of one start, at most.
const MAX_ROUNDS: usize = 100;

/// k-means of `valid-report`, held against categories.
#[derive(Debug, Clone, Serialize)]
pub struct Clusters {
    /// Papers.
    pub papers: usize,
    /// Clusters: as many as there are categories among the papers.
    pub k: usize,
    /// Agreement with categories.
    #[serde(flatten)]
    pub agreement: Grouping,
}

impl Clusters {
    /// Clusters the papers that are reported on.
    pub fn of(vectors: &PaperVectors, seed: u64) -> Self {
        let labels: Vec<usize> = vectors.report.iter().map(|paper| paper.label).collect();
        let mut present = labels.clone();
        present.sort_unstable();
        present.dedup();
        let rows: Vec<&[f32]> = super::papers::rows(&vectors.report);
        let groups = k_means(&rows, present.len(), seed);
        Self {
            papers: labels.len(),
            k: present.len(),
            agreement: Grouping::of(&labels, &groups),
        }
    }
}

/// Lloyd's algorithm from seeded starts by k-means++ (Arthur and Vassilvitskii 2007): the cluster of
/// each row, `k` clusters at most.
pub fn k_means(rows: &[&[f32]], k: usize, seed: u64) -> Vec<usize> {
    let runs = (0..STARTS).map(|start| run(rows, k, Draw::new(seed ^ (start << 32))));
    let best = runs.min_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or_else(Vec::new, |(groups, _)| groups)
}

fn run(rows: &[&[f32]], k: usize, mut draw: Draw) -> (Vec<usize>, f64) {
    let mut centers = spread(rows, k, &mut draw);
    let mut groups = vec![usize::MAX; rows.len()];
    let mut inertia = 0.0;
    for _ in 0..MAX_ROUNDS {
        let lengths: Vec<f32> = centers.iter().map(|center| dot(center, center)).collect();
        let found: Vec<(usize, f64)> = (rows.par_iter())
            .map(|row| {
                let (mut best, mut least) = (0, f32::INFINITY);
                for (at, center) in centers.iter().enumerate() {
                    // |row − center|², without the row's own share, which is the same for all.
                    let gap = lengths[at] - 2.0 * dot(row, center);
                    if gap < least {
                        (best, least) = (at, gap);
                    }
                }
                (best, f64::from(least + dot(row, row)))
            })
            .collect();
        inertia = found.iter().map(|(_, gap)| gap).sum();
        let next: Vec<usize> = found.iter().map(|(group, _)| *group).collect();
        if next == groups {
            break;
        }
        groups = next;
        move_centers(rows, &groups, &mut centers);
    }
    (groups, inertia)
}

/// Starting centers: each drawn with a chance that grows with its squared gap to those before.
fn spread(rows: &[&[f32]], k: usize, draw: &mut Draw) -> Vec<Vec<f32>> {
    let mut centers: Vec<Vec<f32>> = Vec::new();
    let mut gaps = vec![f64::INFINITY; rows.len()];
    while centers.len() < k.min(rows.len()) {
        let at = if centers.is_empty() {
            draw.below(rows.len())
        } else {
            let mut left = draw.unit() * gaps.iter().sum::<f64>();
            let passed = gaps.iter().position(|gap| {
                left -= gap;
                left < 0.0
            });
            passed.unwrap_or(rows.len() - 1)
        };
        let center = rows[at].to_vec();
        gaps.par_iter_mut().zip(rows).for_each(|(gap, row)| {
            let apart: f64 = (row.iter().zip(&center))
                .map(|(a, b)| f64::from(a - b) * f64::from(a - b))
                .sum();
            *gap = gap.min(apart);
        });
        centers.push(center);
    }
    centers
}

/// Every center to the mean of its rows; one without rows stays.
fn move_centers(rows: &[&[f32]], groups: &[usize], centers: &mut [Vec<f32>]) {
    let dim = rows.first().map_or(0, |row| row.len());
    let mut sums = vec![vec![0.0_f64; dim]; centers.len()];
    let mut counts = vec![0_u32; centers.len()];
    for (row, &group) in rows.iter().zip(groups) {
        counts[group] += 1;
        for (sum, &x) in sums[group].iter_mut().zip(*row) {
            *sum += f64::from(x);
        }
    }
    for ((center, sum), &count) in centers.iter_mut().zip(&sums).zip(&counts) {
        if count > 0 {
            for (x, sum) in center.iter_mut().zip(sum) {
                *x = (sum / f64::from(count)) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_lie_apart_are_found() {
        let mut draw = Draw::new(2);
        let rows: Vec<Vec<f32>> = (0..90)
            .map(|at| {
                let mut row = vec![0.0; 16];
                row[at % 3] = 1.0;
                for x in &mut row {
                    *x += 0.1 * draw.unit() as f32;
                }
                row
            })
            .collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let groups = k_means(&rows, 3, 1);
        let labels: Vec<usize> = (0..90).map(|at| at % 3).collect();
        assert_eq!(Grouping::of(&labels, &groups).v_measure, 1.0);
        assert_eq!(groups, k_means(&rows, 3, 1), "one seed, one grouping");
        assert_eq!(
            k_means(&rows[..2], 9, 1).len(),
            2,
            "more clusters than rows"
        );
        assert!(k_means(&[], 3, 1).is_empty());
    }
}
