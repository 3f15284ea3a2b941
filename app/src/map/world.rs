//! The open map: its columns, its topics, and what was worked out from them once.

use super::grid::Grid;
use super::topics::{Topic, Tree};
use super::{Camera, Frame, Sheet};

/// A paper that is flown to is seen among about so many, or from nearer.
const AMONG: f64 = 80.0;
/// A topic that is flown to fills so much of the view.
const TOPIC_SHARE: f64 = 0.72;

/// A zoom from which a few dozen of `n` papers are in view.
pub fn near_zoom(n: usize) -> f64 {
    (0.5 * (n.max(1) as f64 / AMONG).log2()).clamp(1.0, 6.0)
}

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
                zoom: camera.zoom.max(near_zoom(self.sheet.n_placed())),
            }
        })
    }

    /// A view of these papers; `None` where none has a place.
    pub fn view_of(&self, frame: &Frame, papers: &[u32]) -> Option<Camera> {
        let extent = super::topics::extent(&self.sheet, papers)?;
        Some(Camera::onto(frame, extent, TOPIC_SHARE))
    }
}

#[cfg(test)]
mod tests {
    use super::super::NO_PLACE;
    use super::super::grid::tests::scattered;
    use super::*;

    fn world(n: usize) -> World {
        let mut sheet = scattered(n);
        (sheet.x[1], sheet.y[1]) = (NO_PLACE, NO_PLACE);
        World::new("a build".to_owned(), sheet, Vec::new(), None)
    }

    #[test]
    fn a_paper_is_flown_to_from_nearer_the_more_there_are_and_never_from_farther_than_now() {
        let whole = |world: &World| Camera::whole(world.bounds);
        let (small, large) = (world(400), world(40_000));
        let view = small.view_of_paper(whole(&small), 0).expect("a place");
        assert_eq!((view.x, view.y), small.sheet.at(0));
        let near = large.view_of_paper(whole(&large), 0).expect("a place");
        assert!(
            near.zoom > view.zoom && view.zoom >= 1.0,
            "{} {}",
            near.zoom,
            view.zoom
        );
        let nearer = Camera { zoom: 9.0, ..view };
        assert_eq!(
            small.view_of_paper(nearer, 0).map(|view| view.zoom),
            Some(9.0)
        );
        assert_eq!(small.view_of_paper(view, 1), None, "it has no place");
        assert_eq!(small.view_of_paper(view, 400), None, "there is none");
    }

    #[test]
    fn a_pixel_is_the_paper_that_lies_there() {
        let world = world(300);
        let frame = Frame::new(900.0, 700.0, world.bounds);
        let camera = world
            .view_of_paper(Camera::whole(world.bounds), 2)
            .expect("a place");
        let hit = world
            .hit(camera, &frame, (450.0, 350.0), 3.0)
            .expect("a paper");
        assert_eq!(world.sheet.at(hit), world.sheet.at(2));
        assert!(world.view_of(&frame, &[0, 2, 3]).is_some());
        assert_eq!(world.view_of(&frame, &[1]), None);
    }
}
