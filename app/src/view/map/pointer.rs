//! What fingers and mice do to the map: drag, pinch, wheel, click, and draw a line around papers.

use leptos::ev::{MouseEvent, PointerEvent, WheelEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;

use super::atlas::Atlas;
use crate::map::outline::Outline;
use crate::map::{Camera, Frame};
use crate::state::{Page, Step};

/// Pixels that a pointer may move while it clicks.
const CLICK: f64 = 4.0;
/// Pixels around a point that count as it, for a mouse.
const REACH: f64 = 9.0;
/// The same for a finger.
const REACH_OF_FINGER: f64 = 20.0;
/// Doublings by a notch of a wheel, 120 pixels as browsers count.
const PER_PIXEL: f64 = 0.0035;

/// A pointer that is down.
#[derive(Debug, Clone, Copy)]
struct Down {
    id: i32,
    began: (f64, f64),
    now: (f64, f64),
    is_finger: bool,
}

/// Pointers that are down, and what they do.
#[derive(Debug, Clone, Default)]
struct Hand {
    down: Vec<Down>,
    /// Whether they have moved so far that letting go is no click.
    moved: bool,
    draws: bool,
}

/// The gestures of one surface.
#[derive(Clone, Copy)]
pub(super) struct Gestures {
    page: Page,
    atlas: Atlas,
    hand: StoredValue<Hand>,
}

impl Gestures {
    pub(super) fn new(page: Page, atlas: Atlas) -> Self {
        Self {
            page,
            atlas,
            hand: StoredValue::new(Hand::default()),
        }
    }

    pub(super) fn down(self, event: &PointerEvent) {
        if event.button() != 0 || self.frame().is_none() {
            return;
        }
        // Without capture a pointer that leaves is lost; nothing worse.
        let _ = surface(event).map(|surface| surface.set_pointer_capture(event.pointer_id()));
        let at = pixel(event);
        let is_finger = event.pointer_type() == "touch";
        let draws = event.shift_key() || self.atlas.draws.get_untracked();
        self.hand.update_value(|hand| {
            hand.down.retain(|down| down.id != event.pointer_id());
            if hand.down.is_empty() {
                hand.moved = false;
                hand.draws = draws;
            }
            hand.down.push(Down {
                id: event.pointer_id(),
                began: at,
                now: at,
                is_finger,
            });
            // A second finger pinches.
            if hand.down.len() > 1 {
                hand.draws = false;
                hand.moved = true;
            }
        });
        if self.hand.with_value(|hand| hand.down.len() > 1) {
            self.atlas.outline.set(None);
        }
    }

    pub(super) fn moved(self, event: &PointerEvent) {
        let Some(frame) = self.frame() else { return };
        let at = pixel(event);
        let Some((before, after, draws)) = self.step(event.pointer_id(), at) else {
            let is_mouse = event.pointer_type() != "touch";
            let hovered = is_mouse.then(|| self.hit(&frame, at, REACH)).flatten();
            self.atlas.hovered.maybe_update(|known| {
                let differs = *known != hovered;
                *known = hovered;
                differs
            });
            return;
        };
        if !self.hand.with_value(|hand| hand.moved) {
            return;
        }
        self.atlas.hovered.set(None);
        let camera = self.atlas.camera.get_untracked();
        match (&before[..], &after[..]) {
            ([_], [to]) if draws => {
                let began = self.hand.with_value(|hand| hand.down[0].began);
                self.atlas.outline.update(|outline| {
                    let outline = outline.get_or_insert_with(|| {
                        let mut first = Outline::default();
                        first.extend(camera, &frame, began);
                        first
                    });
                    outline.extend(camera, &frame, *to);
                });
            }
            ([from], [to]) => {
                self.atlas
                    .jump(camera.dragged(&frame, to.0 - from.0, to.1 - from.1));
            }
            ([a, b, ..], [c, d, ..]) => {
                self.atlas.jump(pinched(camera, &frame, (*a, *b), (*c, *d)));
            }

            _ => {}
        }
    }

    /// Moves one pointer: where all were, where all are, and whether they draw. `None` where it is not
    /// down.
    #[expect(clippy::type_complexity, reason = "three answers of one step")]
    fn step(self, id: i32, at: (f64, f64)) -> Option<(Vec<(f64, f64)>, Vec<(f64, f64)>, bool)> {
        self.hand.try_update_value(|hand| {
            let places = |hand: &Hand| hand.down.iter().map(|down| down.now).collect::<Vec<_>>();
            let before = places(hand);
            let down = hand.down.iter_mut().find(|down| down.id == id)?;
            if !hand.moved && far(down.began, at) < CLICK {
                return Some((before.clone(), before, hand.draws));
            }
            hand.moved = true;
            down.now = at;
            Some((before, places(hand), hand.draws))
        })?
    }

    pub(super) fn up(self, event: &PointerEvent) {
        let ended = self.hand.try_update_value(|hand| {
            let at = hand
                .down
                .iter()
                .position(|down| down.id == event.pointer_id())?;
            let down = hand.down.remove(at);
            Some((down, hand.moved, hand.draws, hand.down.is_empty()))
        });
        let (Some(frame), Some((down, moved, draws, is_last))) = (self.frame(), ended.flatten())
        else {
            return;
        };
        if draws && moved && is_last {
            return self.close();
        }
        if !moved && is_last {
            let reach = if down.is_finger {
                REACH_OF_FINGER
            } else {
                REACH
            };
            if let Some(paper) = self.hit(&frame, down.began, reach) {
                self.open(paper);
            }
        }
    }

    /// The browser took the pointer away.
    pub(super) fn cancel(self, event: &PointerEvent) {
        self.hand
            .update_value(|hand| hand.down.retain(|down| down.id != event.pointer_id()));
        self.atlas.outline.set(None);
    }

    /// Whoever is inside of the line is chosen.
    fn close(self) {
        let outline = self.atlas.outline.get_untracked().unwrap_or_default();
        if let Some(world) = self.atlas.world_now() {
            self.atlas.choose(outline.papers(&world.grid, &world.sheet));
            self.atlas.draws.set(false);
        }
    }

    /// Opens a paper's card.
    pub(super) fn open(self, paper: u32) {
        super::open_paper(self.page, self.atlas, paper);
    }

    pub(super) fn wheel(self, event: &WheelEvent) {
        let Some(frame) = self.frame() else { return };
        event.prevent_default();
        // Lines and pages, as Firefox may count, in pixels.
        let unit = match event.delta_mode() {
            1 => 33.0,
            2 => 400.0,
            _ => 1.0,
        };
        // A pinch on a trackpad comes as a wheel with Ctrl, in small steps.
        let pace = if event.ctrl_key() { 3.0 } else { 1.0 };
        let by = (-event.delta_y() * unit * pace * PER_PIXEL).clamp(-1.0, 1.0);
        let at = pixel(event);
        let camera = self.atlas.camera.get_untracked();
        self.atlas.jump(camera.zoomed(&frame, by, at));
    }

    pub(super) fn double_click(self, event: &MouseEvent) {
        let Some(frame) = self.frame() else { return };
        let at = pixel(event);
        if self.hit(&frame, at, REACH).is_none() && self.atlas.has_choice() {
            return self.atlas.clear();
        }
        let camera = self.atlas.camera.get_untracked();
        self.atlas.fly(camera.zoomed(&frame, 1.0, at));
    }

    fn frame(self) -> Option<Frame> {
        self.atlas.frame.get_untracked()
    }

    fn hit(self, frame: &Frame, at: (f64, f64), reach: f64) -> Option<u32> {
        let camera = self.atlas.camera.get_untracked();
        self.atlas.world_now()?.hit(camera, frame, at, reach)
    }
}

/// Goes back to the whole map, and to no paper.
pub(super) fn reset(page: Page, atlas: Atlas) {
    atlas.show_all();
    page.edit(Step::Replace, |query| query.map.paper = None);
}

/// The view after two fingers went from `a` and `b` to `c` and `d`.
fn pinched(
    camera: Camera,
    frame: &Frame,
    (a, b): ((f64, f64), (f64, f64)),
    (c, d): ((f64, f64), (f64, f64)),
) -> Camera {
    let middle = |a: (f64, f64), b: (f64, f64)| (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
    let (from, to) = (middle(a, b), middle(c, d));
    let by = (far(c, d).max(1.0) / far(a, b).max(1.0)).log2();
    camera
        .dragged(frame, to.0 - from.0, to.1 - from.1)
        .zoomed(frame, by, to)
}

fn far(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn surface(event: &MouseEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

/// Where a pointer is, from the surface's corner.
fn pixel(event: &MouseEvent) -> (f64, f64) {
    let corner = surface(event).map(|surface| surface.get_bounding_client_rect());
    let (left, top) = corner.map_or((0.0, 0.0), |corner| (corner.left(), corner.top()));
    (
        f64::from(event.client_x()) - left,
        f64::from(event.client_y()) - top,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinch_keeps_the_papers_under_the_fingers() {
        let bounds = [0.0, 0.0, 65_535.0, 65_535.0];
        let frame = Frame::new(400.0, 600.0, bounds);
        let camera = Camera::whole(bounds);
        let (a, b) = ((150.0, 300.0), (250.0, 300.0));
        let (c, d) = ((120.0, 320.0), (320.0, 320.0));
        let (left, right) = (camera.to_map(&frame, a), camera.to_map(&frame, b));
        let after = pinched(camera, &frame, (a, b), (c, d));
        assert!(
            (after.zoom - 1.0).abs() < 1e-9,
            "twice as far apart: {after:?}"
        );
        assert!(far(after.to_screen(&frame, left), c) < 1e-6);
        assert!(far(after.to_screen(&frame, right), d) < 1e-6);
    }
}
