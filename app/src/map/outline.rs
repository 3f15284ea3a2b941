//! A line drawn around papers, and which papers are inside.

use super::grid::Grid;
use super::{Camera, Frame, Sheet};

/// A point of the line stands so many pixels from the one before.
const STEP: f64 = 4.0;
/// Fewer points enclose nothing that anyone meant to enclose.
const LEAST: usize = 3;

/// A line under way, in units of the map: it stays where it is when the view moves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// Its points; the last is joined with the first.
    pub points: Vec<(f64, f64)>,
}

impl Outline {
    /// Goes on to a pixel, unless that is as good as where it is.
    pub fn extend(&mut self, camera: Camera, frame: &Frame, pixel: (f64, f64)) {
        let far = self.points.last().is_none_or(|last| {
            let (x, y) = camera.to_screen(frame, *last);
            (x - pixel.0).hypot(y - pixel.1) >= STEP
        });
        if far {
            self.points.push(camera.to_map(frame, pixel));
        }
    }

    /// The papers inside, in ascending order; none of a line that encloses nothing.
    pub fn papers(&self, grid: &Grid, sheet: &Sheet) -> Vec<u32> {
        if self.points.len() < LEAST {
            return Vec::new();
        }
        let mut papers = grid.within(sheet, self.bounds());
        papers.retain(|&paper| self.encloses(sheet.at(paper)));
        papers
    }

    fn bounds(&self) -> [f64; 4] {
        let start = [
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ];
        self.points
            .iter()
            .fold(start, |[left, top, right, bottom], &(x, y)| {
                [left.min(x), top.min(y), right.max(x), bottom.max(y)]
            })
    }

    /// Whether a ray from the place crosses the line an odd number of times.
    fn encloses(&self, (x, y): (f64, f64)) -> bool {
        let mut inside = false;
        let mut before = self.points[self.points.len() - 1];
        for &now in &self.points {
            let crosses = (now.1 > y) != (before.1 > y);
            if crosses && x < (before.0 - now.0) * (y - now.1) / (before.1 - now.1) + now.0 {
                inside = !inside;
            }
            before = now;
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::tests::scattered;
    use super::*;

    #[test]
    fn a_line_around_a_square_has_exactly_the_papers_of_the_square() {
        let sheet = scattered(3000);
        let grid = Grid::of(&sheet);
        let [left, top, right, bottom] = [10_000.5, 10_000.5, 10_300.5, 10_400.5];
        let square = Outline {
            points: vec![(left, top), (right, top), (right, bottom), (left, bottom)],
        };
        let found = square.papers(&grid, &sheet);
        assert!(found.len() > 10, "{}", found.len());
        assert_eq!(found, grid.within(&sheet, [left, top, right, bottom]));
    }

    #[test]
    fn a_bay_is_outside() {
        let sheet = Sheet {
            x: vec![10, 50, 90],
            y: vec![50, 50, 50],
            topic: vec![0; 3],
            year: vec![0; 3],
            group: vec![0; 3],
        };
        // A horseshoe, open at the top, with the middle paper in its bay.
        let points = [
            (0, 0),
            (20, 0),
            (20, 80),
            (80, 80),
            (80, 0),
            (100, 0),
            (100, 100),
            (0, 100),
        ];
        let outline = Outline {
            points: points.map(|(x, y)| (f64::from(x), f64::from(y))).to_vec(),
        };
        assert_eq!(outline.papers(&Grid::of(&sheet), &sheet), [0, 2]);
    }

    #[test]
    fn a_click_encloses_nothing_and_close_points_are_one() {
        let sheet = scattered(30);
        let frame = Frame::new(800.0, 600.0, sheet.bounds());
        let camera = Camera::whole(sheet.bounds());
        let mut outline = Outline::default();
        for x in 0..3 {
            outline.extend(camera, &frame, (100.0 + f64::from(x), 100.0));
        }
        assert_eq!(outline.points.len(), 1);
        let enclosed = outline.papers(&Grid::of(&sheet), &sheet);
        assert!(enclosed.is_empty(), "{enclosed:?}");
    }
}
