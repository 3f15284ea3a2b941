//! The map: the corpus as a landscape, its topics as a tree, and lists of what is chosen on it.
//!
//! [`atlas`] is what its parts share, `following` keeps them in step with the page. The surface
//! (`canvas`, `painter`, `gl`, `names`, `overlay`, `pointer`, `hover`) is for the eye; the panel
//! (`panel`, `topics`, `chosen`, `paper`) holds the same papers as lists, for everyone.

pub(crate) mod atlas;
mod canvas;
mod chosen;
pub(crate) mod draft;
mod following;
mod gl;
mod hover;
mod legend;
mod names;
mod overlay;
mod painter;
mod panel;
mod paper;
mod pointer;
mod tools;
mod topics;

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;

use self::atlas::{Atlas, Opened};
use self::canvas::Surface;
use self::legend::Legend;
use self::panel::Panel;
use self::tools::Tools;
use crate::engine::protocol::{MapAnswer, MapQuestion};
use crate::state::{Page, Step};
use crate::view::error_panel::ErrorPanel;
use crate::view::load_progress::LoadProgress;
use crate::view::remedy::Doing;
use crate::view::search::LoadFailure;
use crate::view::wording::{at_least, bytes};

/// What there is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The build is not open yet.
    NoBuild,
    /// The build has no map.
    NoMap,
    /// The map comes, is there, or did not come.
    Map,
}

/// The view.
#[component]
pub(crate) fn MapView() -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    following::start(page, atlas);
    let escape = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
        let panels = page.panels();
        let is_covered =
            panels.help_open.get_untracked() || panels.details.with_untracked(Option::is_some);
        let is_ours = !event.default_prevented() && !is_covered;
        if event.key() == "Escape" && is_ours && atlas.has_choice() {
            atlas.clear();
        }
    });
    on_cleanup(move || {
        escape.remove();
        atlas.hovered.set(None);
    });
    let stage = Memo::new(move |_| {
        page.corpus.with(|info| match info {
            None => Stage::NoBuild,
            Some(info) if info.map_bytes.is_none() => Stage::NoMap,
            Some(_) => Stage::Map,
        })
    });
    view! {
        <div class="map-view">
            <h1 class="hidden">"Map"</h1>
            {move || match stage.get() {
                Stage::NoBuild => view! {
                    <div class="map-waits"><LoadProgress/><LoadFailure/></div>
                }.into_any(),
                Stage::NoMap => view! {
                    <p class="map-waits" data-testid="no-map">
                        "This build has no map: search, classification and the library work as everywhere."
                    </p>
                }.into_any(),
                Stage::Map => view! { <Panel/><Landscape/> }.into_any(),
            }}
        </div>
    }
}

/// The map, or why it is not there.
#[component]
fn Landscape() -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let retry = Callback::new(move |()| atlas.opened.set(Opened::No));
    let waits = move || {
        let size = page
            .corpus
            .with(|info| info.as_ref().and_then(|info| info.map_bytes));
        let size = size.map(bytes).unwrap_or_default();
        view! { <p class="map-waits muted" role="status">{format!("The map is on its way, {size}.")}</p> }
    };
    view! {
        <section class="map-main" aria-label="Map">
            {move || match atlas.opened.get() {
                Opened::No | Opened::UnderWay => waits().into_any(),
                Opened::Failed(error) => view! {
                    <div class="map-waits"><ErrorPanel error=error doing=Doing::Mapping retry=retry/></div>
                }.into_any(),
                Opened::Yes(world) => view! {
                    <div class="map-stage">
                        <Surface world=world.clone()/>
                        <Tools world=world.clone()/>
                        <Legend world=world.clone()/>
                    </div>
                    <p id="map-says" class="map-says muted" data-testid="map-says">{says(world.trustworthiness_at_15)}</p>
                }.into_any(),
            }}
        </section>
    }
}

/// What the map is, and how far it can be trusted.
fn says(trustworthiness_at_15: Option<f64>) -> String {
    let measured = trustworthiness_at_15.map_or_else(String::new, |share| {
        format!(
            " Trustworthiness@15 {}, where 1 is perfect: how far the 15 nearest on the map are near by meaning.",
            at_least(share, 2),
        )
    });
    format!(
        "Papers that lie together are mostly alike, but distances are no similarities: the lines lead to a paper's true neighbors by meaning.{measured}"
    )
}

/// Opens the card of a paper that is known by its number.
fn open_paper(page: Page, atlas: Atlas, number: u32) {
    let id = atlas.looked.with_untracked(|looked| {
        let looked = looked.as_ref().filter(|looked| looked.number == number)?;
        Some(looked.paper.id.clone())
    });
    if let Some(id) = id {
        return show_paper(page, atlas, id);
    }
    leptos::task::spawn_local(async move {
        let numbers = vec![number];
        if let Ok(MapAnswer::Papers(papers)) = atlas.ask(MapQuestion::Papers { numbers }).await
            && let Some(paper) = papers.into_iter().next()
        {
            show_paper(page, atlas, paper.id);
        }
    });
}

/// Opens a paper's card where the view stands.
fn show_paper(page: Page, atlas: Atlas, id: String) {
    let at = crate::map::Camera::parse(&atlas.bound_for().to_address());
    page.edit(Step::Push, |query| {
        query.map.at = at;
        query.map.paper = Some(id);
    });
}
