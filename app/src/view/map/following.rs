//! Keeps the map in step with the page: its question, its filters, its address; and the page with the
//! map.

use std::sync::Arc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::atlas::{Atlas, Looked, Opened, Passing};
use crate::engine::protocol::{MapAnswer, MapQuestion};
use crate::map::Camera;
use crate::query::View;
use crate::state::{Page, Step};

/// A view that has stood for so long is written to the address: browsers refuse a hundred in a row.
const STILL: Duration = Duration::from_millis(350);
/// A pointer that rests for so long wants to know: the engine is not asked about every paper on its way.
const RESTS: Duration = Duration::from_millis(60);
/// Neighbors shown of a paper.
const NEIGHBORS: usize = 8;

/// Follows as long as the view of the map is shown.
pub(super) fn start(page: Page, atlas: Atlas) {
    open(page, atlas);
    results(page, atlas);
    filters(page, atlas);
    hovering(atlas);
    paper(page, atlas);
    address(page, atlas);
}

/// Opens the map of the open build.
fn open(page: Page, atlas: Atlas) {
    let build = Memo::new(move |_| {
        let corpus = page.corpus.get()?;
        corpus.map_bytes.map(|_| corpus.build.clone())
    });
    Effect::new(move |_| {
        // One that was called off with its engine is asked for again, one that failed when told to.
        let failed = atlas
            .opened
            .with(|opened| matches!(opened, Opened::Failed(_)));
        if let Some(build) = build.get().filter(|_| !failed) {
            atlas.open(&build);
        }
    });
}

/// A setter for answers, of which only that of the last question counts.
fn newest<T: Send + Sync + 'static>(into: RwSignal<T>) -> impl Fn() -> Box<dyn FnOnce(T)> + Copy {
    let count = StoredValue::new(0_u64);
    move || {
        count.update_value(|n| *n += 1);
        let mine = count.get_value();
        Box::new(move |value| {
            // The view may be gone.
            if count.try_get_value() == Some(mine) {
                into.set(value);
            }
        })
    }
}

fn results(page: Page, atlas: Atlas) {
    let ids = Memo::new(move |_| {
        let asked = page.question.with(Option::is_some);
        let found = page.found.get().filter(|_| asked)?;
        let hits = found.outcome.ok()?;
        let ids = hits.near.iter().chain(&hits.hits).map(|hit| hit.id.clone());
        Some(ids.collect::<Vec<_>>())
    });
    let next = newest(atlas.results);
    Effect::new(move |_| {
        let put = next();
        match (ids.get(), atlas.world()) {
            (Some(ids), Some(_)) => spawn_local(async move {
                if let Ok(MapAnswer::Numbers(numbers)) =
                    atlas.ask(MapQuestion::Numbers { ids }).await
                {
                    put(Some(Arc::new(numbers.into_iter().flatten().collect())));
                }
            }),
            _ => put(None),
        }
    });
}

fn filters(page: Page, atlas: Atlas) {
    let filter = Memo::new(move |_| page.shown.with(crate::query::Query::filter));
    let next = newest(atlas.passing);
    Effect::new(move |_| {
        let put = next();
        let filter = filter.get();
        if filter.is_open() || atlas.world().is_none() {
            return put(None);
        }
        let asked = atlas.ask_with_bytes(MapQuestion::Passing { filter });
        spawn_local(async move {
            if let Ok((MapAnswer::Passing { n }, flags)) = asked.await {
                let flags = Arc::new(flags);
                put(Some(Passing { flags, n }));
            }
        });
    });
}

/// Asks about the paper under a pointer that rests.
fn hovering(atlas: Atlas) {
    let next = newest(atlas.looked);
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        let put = next();
        let Some(number) = atlas.hovered.get() else {
            put(None);
            return None;
        };
        let ask = move || {
            spawn_local(async move {
                put(look(atlas, number).await);
            });
        };
        set_timeout_with_handle(ask, RESTS).ok()
    });
}

async fn look(atlas: Atlas, number: u32) -> Option<Looked> {
    let question = MapQuestion::Look {
        paper: number,
        near: NEIGHBORS,
    };
    match atlas.ask(question).await {
        Ok(MapAnswer::Looked { paper, near }) => Some(Looked {
            number,
            paper,
            near,
        }),
        _ => None,
    }
}

/// Opens the card of the paper that the address names, and flies there unless it names a view too.
fn paper(page: Page, atlas: Atlas) {
    let named = Memo::new(move |_| page.shown.with(|query| query.map.paper.clone()));
    let next = newest(atlas.open_paper);
    Effect::new(move |_| {
        let named = named.get();
        // Neighbors are known once meaning is open.
        page.info.track();
        let world = atlas.world();
        let put = next();
        atlas.unknown_paper.set(false);
        let (Some(id), Some(world)) = (named, world) else {
            return put(None);
        };
        spawn_local(async move {
            let ids = vec![id];
            let number = match atlas.ask(MapQuestion::Numbers { ids }).await {
                Ok(MapAnswer::Numbers(numbers)) => numbers.into_iter().flatten().next(),
                _ => None,
            };
            let Some(number) = number else {
                atlas.unknown_paper.set(true);
                return put(None);
            };
            let is_said = page.shown.with_untracked(|query| query.map.at.is_some());
            if !is_said && let Some(view) = world.view_of_paper(atlas.bound_for(), number) {
                atlas.fly(view);
            }
            put(look(atlas, number).await);
        });
    });
}

/// The view goes where the address says, and the address says where the view is.
fn address(page: Page, atlas: Atlas) {
    let rounded = |camera: Camera| Camera::parse(&camera.to_address());
    let said = Memo::new(move |_| page.shown.with(|query| query.map.at));
    let whole = Memo::new(move |_| atlas.world().map(|world| Camera::whole(world.bounds)));
    Effect::new(move |before: Option<bool>| {
        let Some(whole) = whole.get() else {
            return false;
        };
        let flies = before == Some(true);
        let to = match said.get() {
            Some(camera) if Some(camera) == rounded(atlas.bound_for()) => return true,
            Some(camera) => camera,
            // The paper that it names is flown to.
            None if page.shown.with_untracked(|query| query.map.paper.is_some()) => return true,
            None => whole,
        };
        if flies {
            atlas.fly(to);
        } else {
            atlas.jump(to);
        }
        true
    });
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        let camera = atlas.camera.get();
        let world = atlas.world()?;
        let write = move || {
            let shown = page.shown.get_untracked();
            let is_whole = camera == Camera::whole(world.bounds);
            let at = if is_whole && shown.map.paper.is_none() {
                None
            } else {
                rounded(camera)
            };
            if shown.view == View::Map && shown.map.at != at {
                page.edit(Step::Replace, |query| query.map.at = at);
            }
        };
        set_timeout_with_handle(write, STILL).ok()
    });
}
