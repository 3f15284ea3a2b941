//! Where the points begin: along the two directions in which the papers differ most, or where an
//! older map has them.

use std::collections::HashMap;

use shared::search::NearNode;
use shared::{Index, Map, PaperId, Papers};

use super::random::Draws;

/// A point of the plane.
pub(super) type Point = [f32; 2];

/// Length of a side of the plane while points move, as UMAP has it.
pub(super) const SIDE: f32 = 10.0;
/// Vectors that the directions are found of.
const SAMPLE: usize = 10_000;
/// How freely a paper moves that has a place already; others find theirs around it.
const HELD: f32 = 0.05;
/// Rounds of orthogonal iteration: this is a start, and need not be exact.
const ROUNDS: usize = 60;

/// Where the papers of an older map are, by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct OldPlaces(HashMap<String, (u16, u16)>);

impl OldPlaces {
    /// The places of a build's map.
    pub(super) fn of(papers: &Papers, map: &Map) -> Self {
        let placed = papers
            .all()
            .filter(|&paper| map.is_placed(paper.0 as usize));
        let row = |paper: PaperId| {
            let at = paper.0 as usize;
            (papers.id(paper).to_owned(), (map.x(at), map.y(at)))
        };
        Self(placed.map(row).collect())
    }

    /// Where this paper was, in units of the moving plane.
    fn get(&self, id: &str) -> Option<Point> {
        let unit = |at: u16| f32::from(at) / f32::from(Map::NO_PLACE - 1) * SIDE;
        self.0.get(id).map(|&(x, y)| [unit(x), unit(y)])
    }
}

/// `[nodes]`: older places of papers that stay, and for the others the mean of their neighbors'; and
/// how freely each moves.
///
/// `None` where no paper stays. `ids` names the papers of each node.
pub(super) fn from_old(
    old: &OldPlaces,
    ids: &[Vec<&str>],
    near: &[Vec<NearNode>],
) -> Option<(Vec<Point>, Vec<f32>)> {
    let known = |ids: &Vec<&str>| ids.iter().find_map(|id| old.get(id));
    let mut places: Vec<Option<Point>> = ids.iter().map(known).collect();
    places.iter().flatten().next()?;
    let freedom = |place: &Option<Point>| if place.is_some() { HELD } else { 1.0 };
    let freedom = places.iter().map(freedom).collect();
    // New papers among new papers: those beside known places come first, then those beside them.
    loop {
        let beside = |near: &Vec<NearNode>| {
            let known = near.iter().filter_map(|near| places[near.node as usize]);
            let (n, sum) = known.fold((0, [0.0; 2]), |(n, sum): (u32, Point), at| {
                (n + 1, [sum[0] + at[0], sum[1] + at[1]])
            });
            (n > 0).then(|| sum.map(|sum| sum / n as f32))
        };
        let found: Vec<(usize, Point)> = (0..places.len())
            .filter(|&at| places[at].is_none())
            .filter_map(|at| Some((at, beside(&near[at])?)))
            .collect();
        if found.is_empty() {
            break;
        }
        for (at, place) in found {
            places[at] = Some(place);
        }
    }
    let middle = [SIDE / 2.0; 2];
    let places = places.into_iter().map(|at| at.unwrap_or(middle)).collect();
    Some((places, freedom))
}

/// `[nodes]`: the two first principal components of the vectors, on a square.
pub(super) fn principal(index: &Index, seed: u64) -> Vec<Point> {
    let (n, dim) = (index.n_nodes(), index.dim());
    let step = n.div_ceil(SAMPLE).max(1);
    let sample: Vec<Vec<f32>> = (0..n as u32)
        .step_by(step)
        .map(|node| index.vector_of_node(node))
        .collect();
    let mut mean = vec![0.0_f64; dim];
    for vector in &sample {
        add(&mut mean, vector, 1.0 / sample.len() as f64);
    }
    let mut draws = Draws::new(seed);
    let mut axes: [Vec<f64>; 2] = [0, 1].map(|_| (0..dim).map(|_| draws.share() - 0.5).collect());
    for _ in 0..ROUNDS {
        for axis in &mut axes {
            let middle = dot(axis, &mean);
            let mut next = vec![0.0; dim];
            for vector in &sample {
                let along = along(axis, vector) - middle;
                add(&mut next, vector, along);
                // The mean once for each vector, so that only what differs counts.
                for (x, mean) in next.iter_mut().zip(&mean) {
                    *x -= along * mean;
                }
            }
            *axis = next;
        }
        orthonormal(&mut axes);
    }
    let nodes = 0..n as u32;
    let place = |node: u32| {
        let vector = index.vector_of_node(node);
        [0, 1].map(|at: usize| (along(&axes[at], &vector) - dot(&axes[at], &mean)) as f32)
    };
    let mut places: Vec<Point> = nodes.map(place).collect();
    on_a_square(&mut places, &mut draws);
    places
}

/// Scales to the plane, and parts points that lie on each other.
fn on_a_square(places: &mut [Point], draws: &mut Draws) {
    for axis in 0..2 {
        let along = || places.iter().map(|place| place[axis]);
        let (low, high) = (
            along().fold(f32::MAX, f32::min),
            along().fold(f32::MIN, f32::max),
        );
        let scale = if high > low { SIDE / (high - low) } else { 0.0 };
        for place in &mut *places {
            let noise = (draws.share() - 0.5) as f32 * 1e-3;
            place[axis] = (place[axis] - low) * scale + noise;
        }
    }
}

/// Gram and Schmidt; each axis points to where its largest part is positive.
fn orthonormal(axes: &mut [Vec<f64>; 2]) {
    let [first, second] = axes;
    unit(first);
    let shared = dot(first, second);
    for (x, along) in second.iter_mut().zip(&*first) {
        *x -= shared * along;
    }
    unit(second);
}

fn unit(axis: &mut [f64]) {
    let length = dot(axis, axis).sqrt();
    let largest = axis.iter().fold(
        0.0_f64,
        |largest, &x| {
            if x.abs() > largest.abs() { x } else { largest }
        },
    );
    if length > 0.0 {
        let scale = largest.signum() / length;
        for x in axis {
            *x *= scale;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn along(axis: &[f64], vector: &[f32]) -> f64 {
    axis.iter()
        .zip(vector)
        .map(|(a, &b)| a * f64::from(b))
        .sum()
}

fn add(to: &mut [f64], vector: &[f32], times: f64) {
    for (to, &x) in to.iter_mut().zip(vector) {
        *to += times * f64::from(x);
    }
}
