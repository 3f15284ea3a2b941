//! Who is near a place: papers by cell, so that a pointer is answered at once among a million.

use super::Sheet;

/// Papers a cell on average.
const PER_CELL: usize = 4;
/// Units of the map in either direction.
const UNITS: usize = 65_536;

/// The papers of a sheet by cell.
#[derive(Debug, Clone)]
pub struct Grid {
    n: usize,
    /// Where each cell's papers begin in `papers`, and their end.
    starts: Vec<u32>,
    papers: Vec<u32>,
}

impl Grid {
    /// Sorts the papers into cells: two looks at every paper.
    pub fn of(sheet: &Sheet) -> Self {
        let n = ((sheet.len() / PER_CELL) as f64).sqrt() as usize;
        let n = n.clamp(1, 1024);
        let cell = |at: usize| cell_of(sheet.y[at], n) * n + cell_of(sheet.x[at], n);
        let mut starts = vec![0_u32; n * n + 1];
        let placed = || (0..sheet.len()).filter(|&at| sheet.is_placed(at as u32));
        for at in placed() {
            starts[cell(at) + 1] += 1;
        }
        for at in 0..n * n {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut papers = vec![0; sheet.n_placed()];
        for at in placed() {
            let place = &mut next[cell(at)];
            papers[*place as usize] = at as u32;
            *place += 1;
        }
        Self { n, starts, papers }
    }

    /// The paper nearest to a place, within `radius`, all in units of the map.
    pub fn nearest(&self, sheet: &Sheet, (x, y): (f64, f64), radius: f64) -> Option<u32> {
        let mut best = None;
        let mut least = radius * radius;
        self.visit([x - radius, y - radius, x + radius, y + radius], |paper| {
            let (px, py) = sheet.at(paper);
            let far = (px - x).powi(2) + (py - y).powi(2);
            // Of papers on one place the later one lies on top.
            if far <= least {
                least = far;
                best = Some(paper);
            }
        });
        best
    }

    /// Papers within a rectangle: left, top, right, bottom, all included; in ascending order.
    pub fn within(&self, sheet: &Sheet, bounds: [f64; 4]) -> Vec<u32> {
        let [left, top, right, bottom] = bounds;
        let mut found = Vec::new();
        self.visit(bounds, |paper| {
            let (x, y) = sheet.at(paper);
            if x >= left && x <= right && y >= top && y <= bottom {
                found.push(paper);
            }
        });
        found.sort_unstable();
        found
    }

    /// Every paper of the cells that a rectangle touches.
    fn visit(&self, [left, top, right, bottom]: [f64; 4], mut each: impl FnMut(u32)) {
        let clamped = |at: f64| cell_of(at.clamp(0.0, (UNITS - 1) as f64) as u16, self.n);
        if right < 0.0 || bottom < 0.0 || left >= UNITS as f64 || top >= UNITS as f64 {
            return;
        }
        for row in clamped(top)..=clamped(bottom) {
            let first = self.starts[row * self.n + clamped(left)];
            let last = self.starts[row * self.n + clamped(right) + 1];
            for &paper in &self.papers[first as usize..last as usize] {
                each(paper);
            }
        }
    }
}

fn cell_of(at: u16, n: usize) -> usize {
    usize::from(at) * n / UNITS
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::NO_PLACE;
    use super::*;

    /// Papers at seeded places, in two heaps and scattered.
    pub(crate) fn scattered(n: usize) -> Sheet {
        let mut state = 7_u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as u16
        };
        let place = |at: usize, noise: u16| match at % 3 {
            0 => 10_000 + noise % 500,
            1 => 50_000 + noise % 3000,
            _ => noise,
        };
        let mut sheet = Sheet::default();
        for at in 0..n {
            sheet.x.push(place(at, next()));
            sheet.y.push(place(at, next()));
            sheet.topic.push((at % 5) as u16);
            sheet.year.push(2000 + (at % 20) as u16);
            sheet.group.push((at % 9) as u8);
        }
        sheet
    }

    #[test]
    fn the_grid_finds_what_a_look_at_every_paper_finds() {
        let sheet = scattered(2000);
        let grid = Grid::of(&sheet);
        for at in 0..200 {
            let place = (f64::from(sheet.x[at]) + 13.0, f64::from(sheet.y[at]) - 7.0);
            for radius in [5.0, 50.0, 4000.0] {
                let far = |paper: u32| {
                    let (x, y) = sheet.at(paper);
                    (x - place.0).powi(2) + (y - place.1).powi(2)
                };
                let slow = (0..2000).map(far).fold(f64::INFINITY, f64::min);
                let found = grid.nearest(&sheet, place, radius).map(far);
                let wanted = (slow <= radius * radius).then_some(slow);
                assert_eq!(found, wanted, "near {place:?} within {radius}");
            }
        }
        let bounds = [9_900.0, 10_100.0, 10_300.0, 52_000.0];
        let slow: Vec<u32> = (0..2000)
            .filter(|&paper| {
                let (x, y) = sheet.at(paper);
                x >= bounds[0] && x <= bounds[2] && y >= bounds[1] && y <= bounds[3]
            })
            .collect();
        assert!(!slow.is_empty());
        assert_eq!(grid.within(&sheet, bounds), slow);
    }

    #[test]
    fn beside_the_map_there_is_nobody() {
        let mut sheet = scattered(50);
        (sheet.x[9], sheet.y[9]) = (NO_PLACE, NO_PLACE);
        let grid = Grid::of(&sheet);
        assert_eq!(grid.within(&sheet, [0.0, 0.0, 1e6, 1e6]).len(), 49);
        assert_eq!(grid.nearest(&sheet, (-900.0, -900.0), 100.0), None);
        let beside = grid.within(&sheet, [70_000.0, 0.0, 80_000.0, 90_000.0]);
        assert!(beside.is_empty(), "{beside:?}");
        let empty = Sheet::default();
        assert_eq!(Grid::of(&empty).nearest(&empty, (5.0, 5.0), 1e6), None);
    }
}
