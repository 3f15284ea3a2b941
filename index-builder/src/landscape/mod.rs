//! The landscape: papers on a plane, near in meaning near each other, with named topics.
//!
//! Each distinct vector is a point: its nearest neighbors (`neighbors`) pull it from where it starts
//! (`start`) to its place (`moves`), as in UMAP. Patches of the plane are topics (`topics`), named by
//! what their papers' texts have more of than others' (`phrases`, `labels`). How far the plane tells
//! the truth is measured (`truth`) and stands in the map.
//!
//! The optimizer is our own, since no crate that we looked at takes given starts, gives the same bits
//! everywhere and stays small: manifolds-rs 0.8 takes a given graph and a seed, but no given starts,
//! computes with the platform's `exp` and `pow`, and brings 60 crates that nothing else here needs.

mod labels;
mod moves;
mod neighbors;
mod phrases;
mod random;
mod start;
mod topics;
mod truth;

pub(crate) use topics::n_topics;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde::Serialize;
use shared::artifact::{Label, MapMeta};
use shared::{Index, Map, Paper, PaperId, Sha256};

use crate::folder::Folder;
use moves::Pace;
use start::{OldPlaces, Point, SIDE};

/// Neighbors that a point is drawn to.
const NEIGHBORS: usize = 15;
/// Seed of every draw.
const SEED: u64 = 1;
/// Nodes from which rounds are fewer: many points need less of each.
const LARGE: usize = 10_000;
/// Empty border of the plane, as a share of its side.
const MARGIN: f32 = 0.03;

/// Whether a build has a map, and where its points begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MapChoice {
    /// No map.
    Without,
    /// Laid out from scratch: the map follows from the papers alone.
    #[default]
    New,
    /// Laid out from the places of the build in this folder, so that papers keep theirs.
    From(PathBuf),
}

impl MapChoice {
    /// Reads the older places, where there are any to read; `None` for no map.
    ///
    /// # Errors
    /// Where the older build does not open, or has no map.
    pub(crate) fn open(&self) -> Result<Option<Start>> {
        Ok(match self {
            Self::Without => None,
            Self::New => Some(Start::Scratch),
            Self::From(folder) => Some(Start::Older(older(folder)?)),
        })
    }
}

/// Where points begin.
#[derive(Debug)]
pub(crate) enum Start {
    /// Where their vectors put them.
    Scratch,
    /// Where an older map has them.
    Older(OldPlaces),
}

fn older(path: &Path) -> Result<OldPlaces> {
    let folder = Folder::open(path)
        .with_context(|| format!("{} holds no build to take places of", path.display()))?;
    let map = folder.map()?.with_context(|| {
        format!(
            "{} has no map to take places of: leave --map-from out",
            path.display()
        )
    })?;
    Ok(OldPlaces::of(&folder.papers, &map))
}

/// A corpus laid out.
#[derive(Debug)]
pub(crate) struct Landscape {
    places: Vec<(u16, u16)>,
    topics: Vec<Option<u16>>,
    labels: Vec<Label>,
    meta: MapMeta,
    seconds: f64,
}

/// What laying out took and gave.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Seconds.
    pub seconds: f64,
    /// Topics on all levels.
    pub topics: usize,
    /// Levels of topics.
    pub levels: usize,
    /// Share of 15 neighbors on the plane that are near in meaning, weighed by how far they are not;
    /// none for very few papers.
    pub trustworthiness_at_15: Option<f64>,
    /// Papers that it was measured on.
    pub measured_on: u32,
}

impl Landscape {
    /// Lays out the papers of `index`.
    ///
    /// The same index, papers and start give the same landscape on every machine.
    pub(crate) fn of(index: &Index, papers: &[Paper], start: &Start) -> Self {
        let started = Instant::now();
        let n_nodes = index.n_nodes();
        let papers_of = papers_of_nodes(index);
        let n_neighbors = NEIGHBORS.min(n_nodes.saturating_sub(1));
        let near = neighbors::nearest(index, n_neighbors);
        let pulls = neighbors::pulls(&near);
        let ids: Vec<Vec<&str>> = papers_of
            .iter()
            .map(|of| of.iter().map(|&at| &*papers[at].id).collect())
            .collect();
        let from_old = match start {
            Start::Scratch => None,
            Start::Older(old) => start::from_old(old, &ids, &near),
        };
        let (from, pace) = match (&from_old, n_nodes) {
            (Some(_), _) => ("an older map's places", (100, 0.5)),
            (None, 0..LARGE) => ("principal components", (500, 1.0)),
            (None, _) => ("principal components", (200, 1.0)),
        };
        let pace = Pace {
            rounds: pace.0,
            first: pace.1,
        };
        let (points, units) = match from_old {
            None => {
                let mut points = start::principal(index, SEED);
                moves::settle(&mut points, &pulls, &vec![1.0; n_nodes], pace, SEED);
                let units = fit(&mut points);
                (points, units)
            }
            Some((mut points, freedom)) => {
                let scale = moves::natural_scale(&points, &pulls, SEED);
                by(&mut points, scale);
                moves::settle(&mut points, &pulls, &freedom, pace, SEED);
                by(&mut points, 1.0 / scale);
                let units = on_plane(&points);
                (points, units)
            }
        };
        let tree = topics::tree(index, &points, SEED);
        let topics = labels::Topics::of(papers, &papers_of, &tree, &units);
        let truth = truth::measure(index, &points, SEED);

        let mut places = vec![(Map::NO_PLACE, Map::NO_PLACE); papers.len()];
        let mut topic_of = vec![None; papers.len()];
        for (node, of) in papers_of.iter().enumerate() {
            for &at in of {
                places[at] = units[node];
                topic_of[at] = topics.of_node[node];
            }
        }
        let meta = MapMeta {
            index_sha256: Sha256::default(),
            papers: papers.len() as u32,
            trustworthiness_at_15: truth.map(|truth| truth.trustworthiness),
            sampled: truth.map_or(0, |truth| truth.n_measured as u32),
            neighbors: n_neighbors as u32,
            method: format!(
                "UMAP's optimizer (arXiv:1802.03426), {} rounds from {from}",
                pace.rounds
            ),
        };
        Self {
            places,
            topics: topic_of,
            labels: topics.labels,
            meta,
            seconds: started.elapsed().as_secs_f64(),
        }
    }

    /// The artifact, bound to the index that was laid out.
    pub(crate) fn to_bytes(&self, index_sha256: Sha256) -> Vec<u8> {
        let meta = MapMeta {
            index_sha256,
            ..self.meta.clone()
        };
        Map::to_bytes(&meta, &self.places, &self.topics, &self.labels)
    }

    /// What it took and gave.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            seconds: self.seconds,
            topics: self.labels.len(),
            levels: self.labels.last().map_or(0, |last| last.level as usize + 1),
            trustworthiness_at_15: self.meta.trustworthiness_at_15,
            measured_on: self.meta.sampled,
        }
    }
}

/// The papers of each node, by number.
fn papers_of_nodes(index: &Index) -> Vec<Vec<usize>> {
    let mut papers = vec![Vec::new(); index.n_nodes()];
    for at in 0..index.n_papers() {
        if let Some(node) = index.node(PaperId(at as u32)) {
            papers[node as usize].push(at);
        }
    }
    papers
}

/// Moves and scales the points to the whole plane, both axes alike, and gives their units.
fn fit(points: &mut [Point]) -> Vec<(u16, u16)> {
    let along = |axis: usize| points.iter().map(move |point| point[axis]);
    let [low, high] = [
        [0, 1].map(|axis| along(axis).fold(f32::MAX, f32::min)),
        [0, 1].map(|axis| along(axis).fold(f32::MIN, f32::max)),
    ];
    let widest = (high[0] - low[0]).max(high[1] - low[1]);
    let scale = if widest > 0.0 {
        SIDE * (1.0 - 2.0 * MARGIN) / widest
    } else {
        0.0
    };
    for point in &mut *points {
        for axis in 0..2 {
            let middle = f32::midpoint(low[axis], high[axis]);
            point[axis] = SIDE / 2.0 + (point[axis] - middle) * scale;
        }
    }
    on_plane(points)
}

/// Scales points around the middle of the plane.
fn by(points: &mut [Point], scale: f32) {
    let middle = SIDE / 2.0;
    for x in points.iter_mut().flatten() {
        *x = middle + (*x - middle) * scale;
    }
}

/// The units of points; those that left the plane stand on its border.
fn on_plane(points: &[Point]) -> Vec<(u16, u16)> {
    let most = f32::from(Map::NO_PLACE - 1);
    let unit = |x: f32| (x / SIDE * most).clamp(0.0, most).round_ties_even() as u16;
    points.iter().map(|&[x, y]| (unit(x), unit(y))).collect()
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} topics on {} levels in {:.1} s",
            self.topics, self.levels, self.seconds
        )?;
        match self.trustworthiness_at_15 {
            Some(share) => write!(
                f,
                "; trustworthiness@15 {share:.4}, measured on {} papers",
                self.measured_on
            ),
            None => Ok(()),
        }
    }
}
