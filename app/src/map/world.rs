//! The open map: its columns, its topics, and what was worked out from them once.

use super::grid::Grid;
use super::topics::{Topic, Tree};
use super::{Camera, Frame, Sheet};

/// A paper that is flown to is seen from so near, at least.
const NEAR_ZOOM: f64 = 3.0;
/// A topic that is flown to fills so much of the view.
const TOPIC_SHARE: f64 = 0.72;

/// The open map.
#[derive(Debug)]
pub struct World {
    /// Name of the build that it is of: numbers of papers hold within one.
    pub build: String,
    /// Its columns.
    pub sheet: Sheet,
    /// Its topics, by number.
    pub topics: Vec<Topic>,
    /// How far its neighbors are neighbors by meaning, 0 to 1.
    pub trustworthiness_at_15: Option<f64>,
    /// Who is where.
    pub grid: Grid,
    /// Which topic stands under which.
    pub tree: Tree,
    /// The least rectangle with every paper.
    pub bounds: [f64; 4],
}

impl World {
    /// Works out what is asked again and again.
    pub fn new(
        build: String,
        sheet: Sheet,
        topics: Vec<Topic>,
        trustworthiness_at_15: Option<f64>,
    ) -> Self {
        Self {
            build,
            grid: Grid::of(&sheet),
            tree: Tree::of(&topics),
            bounds: sheet.bounds(),
            sheet,
            topics,
            trustworthiness_at_15,
        }
    }

    /// The paper under a pixel, give or take `reach` pixels.
    pub fn hit(&self, camera: Camera, frame: &Frame, pixel: (f64, f64), reach: f64) -> Option<u32> {
        let place = camera.to_map(frame, pixel);
        let radius = reach / frame.scale(camera.zoom);
        self.grid.nearest(&self.sheet, place, radius)
    }

    /// A view with this paper in its middle; `None` where it has no place.
    pub fn view_of_paper(&self, camera: Camera, paper: u32) -> Option<Camera> {
        let known = (paper as usize) < self.sheet.len() && self.sheet.is_placed(paper);
        known.then(|| {
            let (x, y) = self.sheet.at(paper);
            Camera {
                x,
                y,
                zoom: camera.zoom.max(NEAR_ZOOM),
            }
        })
    }

    /// A view of these papers; `None` where none has a place.
    pub fn view_of(&self, frame: &Frame, papers: &[u32]) -> Option<Camera> {
        let extent = super::topics::extent(&self.sheet, papers)?;
        Some(Camera::onto(frame, extent, TOPIC_SHARE))
    }
}
