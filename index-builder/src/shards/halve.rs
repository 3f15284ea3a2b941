//! One group of points into two of equal size.

use shared::math::dot;

use super::Points;

/// Rounds of moving the two middles.
const ROUNDS: usize = 8;

/// Two halves: points nearer to one of two middles than to the other, cut where both halves are equally large.
///
/// The middles are those of 2-means (Lloyd 1982, *Least squares quantization in PCM*), begun at two points far apart.
pub(super) fn halve(points: &Points, mut group: Vec<u32>) -> [Vec<u32>; 2] {
    let middle = points.middle(&group);
    let a = farthest(points, &group, &middle);
    let b = farthest(points, &group, points.get(a));
    let mut ends = [points.get(a).to_vec(), points.get(b).to_vec()];
    for round in 0..=ROUNDS {
        let [first, second] = &ends;
        let lean = |at: u32| dot(points.get(at), first) - dot(points.get(at), second);
        let mut leaning: Vec<(f32, u32)> = group.iter().map(|&at| (lean(at), at)).collect();
        leaning.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        group = leaning.into_iter().map(|(_, at)| at).collect();
        if round < ROUNDS {
            let (left, right) = group.split_at(group.len() / 2);
            ends = [points.middle(left), points.middle(right)];
        }
    }
    let right = group.split_off(group.len() / 2);
    [group, right]
}

/// The point least alike; of several the first.
fn farthest(points: &Points, group: &[u32], from: &[f32]) -> u32 {
    let mut found = (f32::INFINITY, 0);
    for &at in group {
        let alike = dot(points.get(at), from);
        if alike < found.0 {
            found = (alike, at);
        }
    }
    found.1
}
