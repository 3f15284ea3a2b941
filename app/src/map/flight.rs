//! A flight from one view to another: short, and slower at its end.

use super::Camera;

/// How long a flight takes, in milliseconds: long enough to see where it goes.
pub const DURATION_MS: f64 = 420.0;

/// A flight under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flight {
    from: Camera,
    to: Camera,
    started_ms: f64,
}

impl Flight {
    /// Begins at `now_ms`.
    pub fn new(from: Camera, to: Camera, now_ms: f64) -> Self {
        Self {
            from,
            to,
            started_ms: now_ms,
        }
    }

    /// Where it ends.
    pub fn target(&self) -> Camera {
        self.to
    }

    /// Where it is, and whether it has arrived.
    pub fn at(&self, now_ms: f64) -> (Camera, bool) {
        let share = ((now_ms - self.started_ms) / DURATION_MS).clamp(0.0, 1.0);
        if share >= 1.0 {
            return (self.to, true);
        }
        let eased = 1.0 - (1.0 - share).powi(3);
        let zoom = self.from.zoom + (self.to.zoom - self.from.zoom) * eased;
        // So that the target moves over the screen at the pace of the zoom.
        let moved = moved(self.from.zoom, self.to.zoom, eased);
        let camera = Camera {
            x: self.from.x + (self.to.x - self.from.x) * moved,
            y: self.from.y + (self.to.y - self.from.y) * moved,
            zoom,
        };
        (camera, false)
    }
}

/// The share of the way of a center whose target comes nearer evenly in pixels.
fn moved(from: f64, to: f64, share: f64) -> f64 {
    let by = to - from;
    if by.abs() < 1e-3 {
        return share;
    }
    // The distance left is `1 - share` of the first one in pixels, which have grown meanwhile.
    let shrunk = (-by * share).exp2();
    1.0 - (1.0 - share) * if by > 0.0 { shrunk } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flight_begins_where_it_begins_ends_where_it_ends_and_never_turns_back() {
        let from = Camera {
            x: 0.0,
            y: 60_000.0,
            zoom: 0.0,
        };
        for zoom in [0.0, 5.0, -1.0] {
            let to = Camera {
                x: 50_000.0,
                y: 100.0,
                zoom,
            };
            let flight = Flight::new(from, to, 1000.0);
            assert_eq!(flight.at(1000.0), (from, false));
            assert_eq!(flight.at(1000.0 + DURATION_MS), (to, true));
            let mut before = from;
            for step in 1..50 {
                let (now, _) = flight.at(1000.0 + DURATION_MS * f64::from(step) / 50.0);
                assert!(
                    now.x >= before.x && now.y <= before.y,
                    "back at step {step} to {zoom}"
                );
                before = now;
            }
        }
    }
}
