//! Where the view is: a center and a zoom, how they become pixels, and how an address carries them.

/// Pixels between the outermost papers and the edge, at zoom 0.
const MARGIN: f64 = 36.0;
/// The least zoom: the whole map in half the view.
const LEAST: f64 = -1.0;
/// The largest zoom: 2¹² times the whole.
const MOST: f64 = 12.0;
/// Units that the map has in either direction.
const UNITS: f64 = 65_535.0;

/// What part of the map is in view, whatever the size of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The center, in units of the map.
    pub x: f64,
    /// The center, in units of the map.
    pub y: f64,
    /// Doublings beyond the view that shows every paper.
    pub zoom: f64,
}

/// The window that the map is seen through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    /// Pixels a unit at zoom 0.
    fit: f64,
}

impl Frame {
    /// A window onto papers within these bounds: left, top, right, bottom.
    pub fn new(width: f64, height: f64, bounds: [f64; 4]) -> Self {
        let [left, top, right, bottom] = bounds;
        let room = |size: f64| (size - 2.0 * MARGIN).max(size / 2.0).max(1.0);
        let fit = (room(width) / (right - left).max(1.0))
            .min(room(height) / (bottom - top).max(1.0))
            // A map of one paper, or of papers on one place.
            .min(1.0);
        Self { width, height, fit }
    }

    /// Pixels a unit at this zoom.
    pub fn scale(&self, zoom: f64) -> f64 {
        self.fit * zoom.exp2()
    }
}

impl Camera {
    /// Every paper in view.
    pub fn whole(bounds: [f64; 4]) -> Self {
        let [left, top, right, bottom] = bounds;
        Self {
            x: f64::midpoint(left, right),
            y: f64::midpoint(top, bottom),
            zoom: 0.0,
        }
    }

    /// The pixel of a place.
    pub fn to_screen(self, frame: &Frame, (x, y): (f64, f64)) -> (f64, f64) {
        let scale = frame.scale(self.zoom);
        (
            frame.width / 2.0 + (x - self.x) * scale,
            frame.height / 2.0 + (y - self.y) * scale,
        )
    }

    /// The place of a pixel.
    pub fn to_map(self, frame: &Frame, (x, y): (f64, f64)) -> (f64, f64) {
        let scale = frame.scale(self.zoom);
        (
            self.x + (x - frame.width / 2.0) / scale,
            self.y + (y - frame.height / 2.0) / scale,
        )
    }

    /// What is in view: left, top, right, bottom, in units of the map.
    pub fn in_view(self, frame: &Frame) -> [f64; 4] {
        let (left, top) = self.to_map(frame, (0.0, 0.0));
        let (right, bottom) = self.to_map(frame, (frame.width, frame.height));
        [left, top, right, bottom]
    }

    /// Moved as if the paper were dragged by so many pixels.
    #[must_use]
    pub fn dragged(self, frame: &Frame, dx: f64, dy: f64) -> Self {
        let scale = frame.scale(self.zoom);
        Self {
            x: self.x - dx / scale,
            y: self.y - dy / scale,
            ..self
        }
        .held()
    }

    /// Zoomed by so many doublings while the place under `pixel` stays there.
    #[must_use]
    pub fn zoomed(self, frame: &Frame, by: f64, pixel: (f64, f64)) -> Self {
        let (x, y) = self.to_map(frame, pixel);
        let zoom = (self.zoom + by).clamp(LEAST, MOST);
        let ratio = frame.scale(self.zoom) / frame.scale(zoom);
        Self {
            x: x + (self.x - x) * ratio,
            y: y + (self.y - y) * ratio,
            zoom,
        }
        .held()
    }

    /// Centered on a rectangle, and near enough for it to fill about `share` of the view.
    pub fn onto(frame: &Frame, [left, top, right, bottom]: [f64; 4], share: f64) -> Self {
        let scale = (frame.width * share / (right - left).max(1.0))
            .min(frame.height * share / (bottom - top).max(1.0));
        Self {
            x: f64::midpoint(left, right),
            y: f64::midpoint(top, bottom),
            zoom: (scale / frame.fit).log2().clamp(0.0, MOST),
        }
        .held()
    }

    /// The center stays on the map, so that nobody gets lost beside it.
    fn held(self) -> Self {
        Self {
            x: self.x.clamp(0.0, UNITS),
            y: self.y.clamp(0.0, UNITS),
            ..self
        }
    }

    /// As an address has it: `31245,20411,3.25`.
    pub fn to_address(self) -> String {
        format!("{:.0},{:.0},{:.2}", self.x, self.y, self.zoom)
    }

    /// The inverse of [`Self::to_address`]; `None` for what is no view of a map.
    pub fn parse(address: &str) -> Option<Self> {
        let mut parts = address.split(',').map(|part| part.trim().parse::<f64>());
        let (x, y, zoom) = (
            parts.next()?.ok()?,
            parts.next()?.ok()?,
            parts.next()?.ok()?,
        );
        let finite = x.is_finite() && y.is_finite() && zoom.is_finite();
        (finite && parts.next().is_none()).then(|| {
            Self {
                x,
                y,
                zoom: zoom.clamp(LEAST, MOST),
            }
            .held()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [f64; 4] = [1000.0, 2000.0, 61_000.0, 42_000.0];

    fn frame() -> Frame {
        Frame::new(900.0, 700.0, BOUNDS)
    }

    fn near(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
    }

    #[test]
    fn the_whole_map_lies_within_the_margins() {
        let camera = Camera::whole(BOUNDS);
        let corner = camera.to_screen(&frame(), (1000.0, 2000.0));
        assert!(
            corner.0 >= MARGIN - 1e-9 && corner.1 >= MARGIN - 1e-9,
            "{corner:?}"
        );
        let corner = camera.to_screen(&frame(), (61_000.0, 42_000.0));
        assert!(corner.0 <= 900.0 - MARGIN + 1e-9 && corner.1 <= 700.0 - MARGIN + 1e-9);
    }

    #[test]
    fn pixels_and_places_are_each_others_inverse() {
        let camera = Camera {
            x: 30_000.0,
            y: 9_000.0,
            zoom: 3.7,
        };
        let place = camera.to_map(&frame(), (123.0, 456.0));
        assert!(near(camera.to_screen(&frame(), place), (123.0, 456.0)));
    }

    #[test]
    fn a_zoom_keeps_what_is_under_the_pointer_and_stops_at_its_ends() {
        let mut camera = Camera::whole(BOUNDS);
        let pixel = (200.0, 300.0);
        let place = camera.to_map(&frame(), pixel);
        camera = camera.zoomed(&frame(), 2.5, pixel);
        assert!(near(camera.to_screen(&frame(), place), pixel));
        assert_eq!(camera.zoomed(&frame(), 100.0, pixel).zoom, MOST);
        assert_eq!(camera.zoomed(&frame(), -100.0, pixel).zoom, LEAST);
    }

    #[test]
    fn a_drag_moves_the_paper_with_the_pointer_and_never_off_the_map() {
        let camera = Camera::whole(BOUNDS).zoomed(&frame(), 3.0, (450.0, 350.0));
        let place = camera.to_map(&frame(), (400.0, 300.0));
        let dragged = camera.dragged(&frame(), 30.0, -20.0);
        assert!(near(dragged.to_screen(&frame(), place), (430.0, 280.0)));
        let far = camera.dragged(&frame(), 1e9, 1e9);
        assert_eq!((far.x, far.y), (0.0, 0.0));
    }

    #[test]
    fn flying_onto_a_region_brings_all_of_it_into_view() {
        let region = [10_000.0, 10_000.0, 12_000.0, 11_000.0];
        let camera = Camera::onto(&frame(), region, 0.8);
        let [left, top, right, bottom] = camera.in_view(&frame());
        assert!(left < 10_000.0 && top < 10_000.0 && right > 12_000.0 && bottom > 11_000.0);
        assert!((right - left) < 3_000.0, "too far away: {camera:?}");
        let point = Camera::onto(&frame(), [5.0, 5.0, 5.0, 5.0], 0.8);
        assert_eq!(point.zoom, MOST, "a single place is no division by zero");
    }

    #[test]
    fn an_address_brings_the_view_back_and_nonsense_does_not() {
        let camera = Camera {
            x: 31_245.0,
            y: 20_411.0,
            zoom: 3.25,
        };
        assert_eq!(Camera::parse(&camera.to_address()), Some(camera));
        for nonsense in ["", "1,2", "1,2,3,4", "a,b,c", "NaN,1,1", "inf,1,1"] {
            assert_eq!(Camera::parse(nonsense), None, "{nonsense}");
        }
        assert_eq!(
            Camera::parse("-5,99999,40").map(|c| (c.x, c.y, c.zoom)),
            Some((0.0, UNITS, MOST))
        );
    }
}
