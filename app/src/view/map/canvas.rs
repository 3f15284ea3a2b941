//! The surface: the canvas with its labels and lines, its gestures and keys. Draws once a frame at
//! most, and only when something changed.

use std::sync::Arc;

use leptos::ev::{self, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::web_sys::{HtmlElement, MutationObserver, MutationObserverInit, ResizeObserver};
use wasm_bindgen_futures::JsFuture;

use super::atlas::Atlas;
use super::hover::HoverCard;
use super::names::Names;
use super::overlay::Overlay;
use super::painter::{Painter, theme_colors};
use super::pointer::{Gestures, reset};
use crate::map::paint::{color_numbers, standings};
use crate::map::{Frame, World};
use crate::state::Page;
use crate::view::browser;
use crate::view::wording::counted;

/// Pixels that an arrow key moves the map by.
const STEP: f64 = 90.0;
/// Doublings by `+` and `-`.
pub(super) const ZOOM_STEP: f64 = 0.75;

/// What is drawn with; lives as long as the view.
#[derive(Default)]
struct Tools {
    painter: Option<Painter>,
    names: Option<Names>,
    /// Whether a frame is asked for.
    waits: bool,
}

type Kept = StoredValue<Tools, LocalStorage>;

/// The surface of an open map.
#[component]
pub(super) fn Surface(world: Arc<World>) -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let surface = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let names = NodeRef::<html::Div>::new();
    let tools: Kept = StoredValue::new_local(Tools::default());
    let themed = theme_changes();
    let lost = RwSignal::new(0_u32);

    let shown = Arc::clone(&world);
    let schedule = move || {
        let waited = tools.try_update_value(|tools| std::mem::replace(&mut tools.waits, true));
        if waited == Some(false) {
            let world = Arc::clone(&shown);
            request_animation_frame(move || draw(tools, atlas, &world));
        }
    };
    let schedule = StoredValue::new_local(schedule);
    let schedule = move || _ = schedule.try_with_value(|schedule| schedule());

    follow_size(surface, atlas, &world);
    let for_painter = Arc::clone(&world);
    Effect::new(move |_| {
        lost.track();
        let (Some(canvas), Some(names)) = (canvas.get(), names.get()) else {
            return;
        };
        tools.update_value(|tools| {
            tools.painter = Painter::new(canvas, &for_painter.sheet);
            tools.names = Some(Names::new(names.into()));
        });
    });
    let for_colors = Arc::clone(&world);
    let color = Memo::new(move |_| page.shown.with(|query| query.map.color));
    Effect::new(move |_| {
        lost.track();
        themed.track();
        let colors = color_numbers(&for_colors.sheet, color.get());
        let (palette, paper) = theme_colors();
        paint_with(tools, |painter| {
            painter.set_palette(&palette, paper);
            painter.set_colors(colors);
        });
        schedule();
    });
    let n = world.sheet.len();
    Effect::new(move |_| {
        lost.track();
        let (passing, results, chosen) =
            (atlas.passing.get(), atlas.results.get(), atlas.chosen.get());
        let standing = standings(
            n,
            passing.as_ref().map(|passing| &passing.flags[..]),
            results.as_ref().map(|results| &results[..]),
            chosen.as_ref().map(|chosen| &chosen[..]),
        );
        paint_with(tools, |painter| painter.set_standing(standing));
        schedule();
    });
    Effect::new(move |_| {
        atlas.camera.track();
        atlas.frame.track();
        atlas.flight.track();
        schedule();
    });
    // A label is measured by the font that it is written in.
    leptos::task::spawn_local(async move {
        let fonts = document().fonts().ready();
        if let Ok(fonts) = fonts
            && JsFuture::from(fonts).await.is_ok()
        {
            let _ = tools.try_update_value(|tools| tools.names.as_mut().map(Names::measure_again));
            schedule();
        }
    });

    let gestures = Gestures::new(page, atlas);
    let keys = move |event: KeyboardEvent| {
        if press(page, atlas, &event) {
            event.prevent_default();
        }
    };
    let name = format!(
        "Map of {}. Arrows move it, plus and minus zoom, 0 shows all of it. The topics beside it hold the same papers.",
        counted(world.sheet.n_placed(), "paper"),
    );
    view! {
        <div
            class="map-surface"
            class:draws=move || atlas.draws.get()
            class:over=move || atlas.hovered.with(Option::is_some)
            data-testid="map"
            role="application"
            tabindex="0"
            aria-label=name
            aria-describedby="map-says"
            node_ref=surface
            on:pointerdown=move |event| gestures.down(&event)
            on:pointermove=move |event| gestures.moved(&event)
            on:pointerup=move |event| gestures.up(&event)
            on:pointercancel=move |event| gestures.cancel(&event)
            on:pointerleave=move |_| atlas.hovered.set(None)
            on:wheel=move |event| gestures.wheel(&event)
            on:dblclick=move |event| gestures.double_click(&event)
            on:keydown=keys
        >
            <canvas
                node_ref=canvas
                aria-hidden="true"
                // The map is drawn anew once the browser gives the canvas back.
                on:webglcontextlost=move |event: ev::Event| event.prevent_default()
                on:webglcontextrestored=move |_: ev::Event| lost.update(|n| *n += 1)
            ></canvas>
            <div class="map-labels" node_ref=names aria-hidden="true"></div>
            <Overlay world=Arc::clone(&world)/>
            <HoverCard world=world/>
        </div>
    }
}

/// Draws the view of the moment; while something flies, asks for the next frame.
fn draw(tools: Kept, atlas: Atlas, world: &World) {
    // The view may be gone.
    let alive = tools.try_update_value(|tools| tools.waits = false);
    let Some(frame) = alive.and_then(|()| atlas.frame.get_untracked()) else {
        return;
    };
    if let Some(flight) = atlas.flight.get_untracked() {
        let (camera, arrived) = flight.at(browser::now_ms());
        if arrived {
            atlas.flight.set(None);
        }
        // Which asks for the next frame.
        atlas.camera.set(camera);
    }
    let camera = atlas.camera.get_untracked();
    tools.update_value(|tools| {
        if let Some(painter) = &tools.painter {
            painter.draw(&world.sheet, camera, &frame);
        }
        if let Some(names) = &mut tools.names {
            names.place(world, camera, &frame);
        }
    });
}

fn paint_with(tools: Kept, set: impl FnOnce(&mut Painter)) {
    tools.update_value(|tools| {
        if let Some(painter) = &mut tools.painter {
            set(painter);
        }
    });
}

/// Takes a key on the map; whether it was one.
fn press(page: Page, atlas: Atlas, event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let Some(frame) = atlas.frame.get_untracked() else {
        return false;
    };
    let pan = |dx: f64, dy: f64| atlas.fly(atlas.bound_for().dragged(&frame, dx, dy));
    match event.key().as_str() {
        "ArrowLeft" => pan(STEP, 0.0),
        "ArrowRight" => pan(-STEP, 0.0),
        "ArrowUp" => pan(0.0, STEP),
        "ArrowDown" => pan(0.0, -STEP),
        "+" | "=" => atlas.zoom(ZOOM_STEP),
        "-" | "_" => atlas.zoom(-ZOOM_STEP),
        "0" => reset(page, atlas),
        _ => return false,
    }
    true
}

/// Keeps the frame as large as the surface.
fn follow_size(surface: NodeRef<html::Div>, atlas: Atlas, world: &World) {
    let bounds = world.bounds;
    Effect::new(move |_| {
        let Some(surface) = surface.get() else { return };
        let element: HtmlElement = surface.into();
        let measured = element.clone();
        let measure = move || {
            let (width, height) = (measured.client_width(), measured.client_height());
            if width > 0 && height > 0 {
                let frame = Frame::new(f64::from(width), f64::from(height), bounds);
                let _ = atlas.frame.try_set(Some(frame));
            }
        };
        measure();
        let changed = Closure::<dyn Fn()>::new(measure);
        if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&element);
            let kept = StoredValue::new_local((observer, changed));
            on_cleanup(move || {
                let _ = kept.try_with_value(|(observer, _)| observer.disconnect());
            });
        }
    });
    on_cleanup(move || {
        let _ = atlas.frame.try_set(None);
    });
}

/// Counts changes of the theme, the visitor's and the system's.
fn theme_changes() -> RwSignal<u32> {
    let count = RwSignal::new(0);
    let changed = Closure::<dyn Fn()>::new(move || {
        let _ = count.try_update(|n| *n += 1);
    });
    let system = window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten();
    if let Some(system) = &system {
        let _ = system.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
    }
    let observer = MutationObserver::new(changed.as_ref().unchecked_ref()).ok();
    if let (Some(observer), Some(root)) = (&observer, document().document_element()) {
        let what = MutationObserverInit::new();
        what.set_attributes(true);
        let _ = observer.observe_with_options(&root, &what);
    }
    let kept = StoredValue::new_local((system, observer, changed));
    on_cleanup(move || {
        let _ = kept.try_with_value(|(system, observer, changed)| {
            if let Some(system) = system {
                let listener = changed.as_ref().unchecked_ref();
                let _ = system.remove_event_listener_with_callback("change", listener);
            }
            if let Some(observer) = observer {
                observer.disconnect();
            }
        });
    });
    count
}
