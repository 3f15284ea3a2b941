//! The buttons on the map: nearer, farther, all of it, choosing papers, and a link.

use std::sync::Arc;

use leptos::prelude::*;

use super::atlas::Atlas;
use super::canvas::ZOOM_STEP;
use super::pointer::reset;
use crate::map::{Camera, World};
use crate::state::Page;
use crate::view::link::copy_link;
use crate::view::said::Said;

/// The buttons.
#[component]
pub(super) fn Tools(world: Arc<World>) -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let said = expect_context::<Said>();
    let choose = move |()| {
        if let Some(frame) = atlas.frame.get_untracked() {
            let view = atlas.bound_for().in_view(&frame);
            atlas.choose(world.grid.within(&world.sheet, view));
        }
    };
    let draw = move |()| {
        let draws = atlas.draws.get_untracked();
        atlas.outline.set(None);
        atlas.draws.set(!draws);
    };
    let link = move |()| {
        let at = Camera::parse(&atlas.bound_for().to_address());
        untrack(|| copy_link(page, said, |query| query.map.at = at));
    };
    view! {
        <div class="map-tools" role="group" aria-label="Map">
            <Tool name="Zoom in (+)" icon="M10 4v12M4 10h12" testid="map-in" run=move |()| atlas.zoom(ZOOM_STEP)/>
            <Tool name="Zoom out (-)" icon="M4 10h12" testid="map-out" run=move |()| atlas.zoom(-ZOOM_STEP)/>
            <Tool
                name="Show the whole map (0)"
                icon="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4"
                testid="map-reset"
                run=move |()| reset(page, atlas)
            />
            <Tool
                name="List the papers in view"
                icon="M3 5h10M3 10h14M3 15h8"
                testid="map-choose-view"
                run=choose
            />
            <Tool
                name="Draw around papers to list them (Shift and drag)"
                icon="M6 15c-3-1-4-5-2-8s7-4 10-2 3 7 0 9-6 1-7 0M7 14l-3 3M7 14a1.5 1.5 0 1 0 0 .1"
                testid="map-draw"
                run=draw
                pressed=Signal::derive(move || atlas.draws.get())
            />
            <Tool
                name="Copy a link to this view"
                icon="M8 12l4-4M9 6l2-2a3.2 3.2 0 0 1 5 5l-2 2M11 14l-2 2a3.2 3.2 0 0 1-5-5l2-2"
                testid="map-link"
                run=link
            />
        </div>
    }
}

#[component]
fn Tool(
    name: &'static str,
    /// The path of its icon, on 20 by 20.
    icon: &'static str,
    testid: &'static str,
    #[prop(into)] run: Callback<()>,
    /// Whether it is on; none for one that is no switch.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="icon"
            data-testid=testid
            aria-label=name
            title=name
            aria-pressed=move || pressed.map(|pressed| pressed.get().to_string())
            on:click=move |_| run.run(())
        >
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                <path class="line" d=icon></path>
            </svg>
        </button>
    }
}
