//! Points find their places: neighbors draw each other near, and everyone keeps off whom he meets.
//!
//! The optimizer of UMAP (`McInnes`, Healy and Melville 2018, arXiv:1802.03426, §3.2 and algorithm 5)
//! over a given graph and given starts. It runs on one thread, pair after pair, with random numbers
//! by counting: same input, same places, to the bit.

use indicatif::{ProgressBar, ProgressStyle};

use super::neighbors::Pull;
use super::random::Draws;
use super::start::Point;

/// The curve `1 / (1 + a·d^2b)` for neighbors that may lie 0.1 apart in a plane of unit spread: what
/// `find_ab_params(1.0, 0.1)` of umap-learn gives.
const A: f32 = 1.576_943_5;
const B: f32 = 0.895_060_9;
/// Strangers that a point meets each time a neighbor draws it.
const STRANGERS: usize = 5;
/// Pairs of strangers that the natural scale is found of.
const MEETINGS: usize = 4_000;
/// A point moves at most so far along an axis at once.
const MOST: f32 = 4.0;

/// How long and how far points move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Rounds over the pairs; the strongest pair draws in each.
    pub(super) rounds: usize,
    /// Length of the first round's moves; it falls to 0.
    pub(super) first: f32,
}

/// Moves `places`, `[nodes]`, along `pulls`; `freedom`, `[nodes]`, is the share of each move that a point
/// makes.
pub(super) fn settle(places: &mut [Point], pulls: &[Pull], freedom: &[f32], pace: Pace, seed: u64) {
    let strongest = pulls.iter().map(|pull| pull.strength).fold(0.0, f32::max);
    if strongest == 0.0 {
        return;
    }
    let bar = ProgressBar::new(pace.rounds as u64).with_style(
        ProgressStyle::with_template("laying out {bar:32} {pos}/{len} rounds, {eta} left")
            .expect("a valid template"),
    );
    // Each pair draws at even steps, `strongest / strength` rounds long.
    let every: Vec<f32> = pulls.iter().map(|pull| strongest / pull.strength).collect();
    let mut due = every.clone();
    let mut draws = Draws::new(seed);
    for round in 0..pace.rounds {
        let length = pace.first * (1.0 - round as f32 / pace.rounds as f32);
        for (at, pull) in pulls.iter().enumerate() {
            if due[at] > round as f32 + 1.0 {
                continue;
            }
            due[at] += every[at];
            let (from, to) = (pull.from as usize, pull.to as usize);
            let step = attraction(places[from], places[to]).map(|step| step * length);
            for (axis, step) in step.into_iter().enumerate() {
                places[from][axis] += step * freedom[from];
                places[to][axis] -= step * freedom[to];
            }
            let length = length * freedom[from];
            for _ in 0..STRANGERS {
                let stranger = draws.below(places.len());
                if stranger == from {
                    continue;
                }
                let step = repulsion(places[from], places[stranger]);
                places[from][0] += step[0] * length;
                places[from][1] += step[1] * length;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
}

/// By how much `places` must grow so that moving neither spreads nor gathers them as a whole.
///
/// A finished map was scaled to its plane; moves have a length of their own. The scale is the one at
/// which what draws pairs together and what keeps strangers off do the same work (the virial).
pub(super) fn natural_scale(places: &[Point], pulls: &[Pull], seed: u64) -> f32 {
    let mut draws = Draws::new(seed);
    let strangers: Vec<f32> = (0..MEETINGS)
        .map(|_| [draws.below(places.len()), draws.below(places.len())])
        .map(|[a, b]| apart(places[a], places[b]).1)
        .collect();
    let total: f64 = pulls.iter().map(|pull| f64::from(pull.strength)).sum();
    let spreads = |scale: f32| {
        let power = |squared: f32| libm::powf(squared, B);
        let drawn = |pull: &Pull| {
            let squared = apart(places[pull.from as usize], places[pull.to as usize]).1;
            let power = power(squared * scale * scale);
            // Both ends move.
            f64::from(pull.strength) * f64::from(4.0 * A * B * power / (1.0 + A * power))
        };
        let kept_off = |&squared: &f32| {
            let squared = squared * scale * scale;
            f64::from(2.0 * B * squared / ((0.001 + squared) * (1.0 + A * power(squared))))
        };
        let mean = strangers.iter().map(kept_off).sum::<f64>() / MEETINGS as f64;
        STRANGERS as f64 * mean * total > pulls.iter().map(drawn).sum::<f64>()
    };
    let (mut low, mut high) = (0.05_f32, 100.0_f32);
    for _ in 0..24 {
        let middle = (low * high).sqrt();
        if spreads(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn attraction(from: Point, to: Point) -> Point {
    let (apart, squared) = apart(from, to);
    if squared == 0.0 {
        return [0.0; 2];
    }
    let power = libm::powf(squared, B);
    let strength = -2.0 * A * B * (power / squared) / (1.0 + A * power);
    apart.map(|apart| (strength * apart).clamp(-MOST, MOST))
}

fn repulsion(from: Point, other: Point) -> Point {
    let (apart, squared) = apart(from, other);
    if squared == 0.0 {
        return [0.0; 2];
    }
    let power = libm::powf(squared, B);
    let strength = 2.0 * B / ((0.001 + squared) * (1.0 + A * power));
    apart.map(|apart| (strength * apart).clamp(-MOST, MOST))
}

fn apart(from: Point, to: Point) -> (Point, f32) {
    let apart = [from[0] - to[0], from[1] - to[1]];
    (apart, apart[0] * apart[0] + apart[1] * apart[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rings of points that pull their neighbors; nothing draws one ring to the other.
    fn rings(n: u32) -> Vec<Pull> {
        let ring = |first: u32| {
            (0..n).flat_map(move |at| {
                [(at + 1) % n, (at + n - 1) % n].map(|to| Pull {
                    from: first + at,
                    to: first + to,
                    strength: 1.0,
                })
            })
        };
        ring(0).chain(ring(n)).collect()
    }

    fn starts(n: usize) -> Vec<Point> {
        let mut draws = Draws::new(3);
        let mut at = || draws.share() as f32 * 10.0;
        (0..n).map(|_| [at(), at()]).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_places_and_another_one_others() {
        let pace = Pace {
            rounds: 50,
            first: 1.0,
        };
        let settled = |seed| {
            let mut places = starts(40);
            settle(&mut places, &rings(20), &[1.0; 40], pace, seed);
            places
        };
        assert_eq!(settled(1), settled(1));
        assert_ne!(settled(1), settled(2));
    }

    #[test]
    fn the_natural_scale_undoes_another_one() {
        let mut places = starts(40);
        let pace = Pace {
            rounds: 300,
            first: 1.0,
        };
        settle(&mut places, &rings(20), &[1.0; 40], pace, 1);
        let natural = natural_scale(&places, &rings(20), 1);
        assert!(
            (0.5..2.0).contains(&natural),
            "settled places grow by {natural}"
        );
        let small: Vec<Point> = places.iter().map(|place| place.map(|x| x / 4.0)).collect();
        let scale = natural_scale(&small, &rings(20), 1);
        assert!(
            (scale / natural / 4.0 - 1.0).abs() < 0.05,
            "{scale} for {natural}"
        );
    }

    #[test]
    fn those_who_pull_each_other_end_nearer_than_strangers() {
        let mut places = starts(40);
        let pace = Pace {
            rounds: 300,
            first: 1.0,
        };
        settle(&mut places, &rings(20), &[1.0; 40], pace, 1);
        let mean = |pairs: &[(usize, usize)]| {
            let lengths = pairs
                .iter()
                .map(|&(a, b)| apart(places[a], places[b]).1.sqrt());
            lengths.sum::<f32>() / pairs.len() as f32
        };
        let neighbors: Vec<_> = (0..19).map(|at| (at, at + 1)).collect();
        let strangers: Vec<_> = (0..20).map(|at| (at, 20 + at)).collect();
        let (near, far) = (mean(&neighbors), mean(&strangers));
        assert!(near * 2.0 < far, "neighbors {near} apart, strangers {far}");
        assert!(places.iter().flatten().all(|x| x.is_finite()));
    }
}
