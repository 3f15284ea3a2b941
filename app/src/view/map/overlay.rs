//! Lines over the points: to a paper's neighbors by meaning, around papers that are being chosen, and
//! the ring of a draft. They move with the view.

use std::fmt::Write;
use std::sync::Arc;

use leptos::prelude::*;

use super::atlas::Atlas;
use crate::map::World;
use crate::map::paint::Look;

/// The least radius of a draft's ring, in pixels: one of no size would be no ring.
const LEAST_RING: f64 = 10.0;

/// The lines.
#[component]
pub(super) fn Overlay(world: Arc<World>) -> impl IntoView {
    let atlas = expect_context::<Atlas>();
    let world = StoredValue::new(world);
    let screen = move |place: (f64, f64)| {
        let frame = atlas.frame.get()?;
        Some(atlas.camera.get().to_screen(&frame, place))
    };
    let at = move |paper: u32| {
        world.with_value(|world| {
            let known = (paper as usize) < world.sheet.len() && world.sheet.is_placed(paper);
            known.then(|| world.sheet.at(paper))
        })
    };
    let ring = move |paper: u32, class: &'static str| {
        let (x, y) = screen(at(paper)?)?;
        let look = world.with_value(|world| {
            let frame = atlas.frame.get()?;
            Some(Look::at(world.sheet.len(), atlas.camera.get(), &frame))
        })?;
        let radius = look.size * 0.8 + 4.0;
        Some(view! { <circle class=class cx=x cy=y r=radius></circle> })
    };
    let rays = move |from: (f64, f64), near: Vec<u32>, class: &'static str| {
        let from = screen(from)?;
        let line = move |paper: u32| {
            let (x, y) = screen(at(paper)?)?;
            Some(view! {
                <g class=class data-testid="map-ray">
                    <line x1=from.0 y1=from.1 x2=x y2=y></line>
                    <circle cx=x cy=y r="3"></circle>
                </g>
            })
        };
        Some(near.into_iter().map(line).collect_view())
    };
    // The paper under the pointer, or else the one whose card is open.
    let of_paper = move || {
        let hovered = atlas
            .looked
            .get()
            .filter(|looked| atlas.hovered.get() == Some(looked.number));
        let looked = hovered.or_else(|| atlas.open_paper.get())?;
        rays(at(looked.number)?, looked.near, "ray")
    };
    let of_draft = move || {
        let draft = atlas.draft.get()?;
        let world = world.get_value();
        let frame = atlas.frame.get().filter(|_| draft.build == world.build)?;
        let place = (draft.place.x, draft.place.y);
        let (x, y) = screen(place)?;
        let spread = draft.place.spread * frame.scale(atlas.camera.get().zoom);
        Some(view! {
            <g class="draft-place" data-testid="map-draft">
                {rays(place, draft.near.to_vec(), "ray")}
                <circle class="spread" cx=x cy=y r=spread.max(LEAST_RING)></circle>
                <path class="cross-hair" d=format!("M{} {y}h14M{x} {}v14", x - 7.0, y - 7.0)></path>
            </g>
        })
    };
    let outline = move || {
        let outline = atlas.outline.get()?;
        let mut path = String::new();
        for (n, point) in outline.points.into_iter().enumerate() {
            let (x, y) = screen(point)?;
            let _ = write!(path, "{}{x:.1} {y:.1}", if n == 0 { "M" } else { "L" });
        }
        path.push('Z');
        Some(view! { <path class="outline" d=path></path> })
    };
    view! {
        <svg class="map-overlay" aria-hidden="true">
            {of_draft}
            {of_paper}
            {move || ring(atlas.open_paper.get()?.number, "ring open")}
            {move || ring(atlas.hovered.get()?, "ring")}
            {outline}
        </svg>
    }
}
