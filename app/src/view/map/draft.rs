//! The way of a draft onto the map: it is embedded here, laid among its neighbors, and put in no address.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::atlas::{Atlas, Draft};
use crate::engine::protocol::{EngineError, MapAnswer, MapQuestion};
use crate::map::{Camera, near_zoom};
use crate::query::View;
use crate::state::{Page, Step};
use crate::view::error_panel::ErrorPanel;
use crate::view::remedy::Doing;

/// The button beside the draft, where the build has a map.
#[component]
pub(crate) fn ShowOnTheMap() -> impl IntoView {
    let page = expect_context::<Page>();
    let atlas = expect_context::<Atlas>();
    let failure = RwSignal::new(None::<EngineError>);
    let under_way = RwSignal::new(false);
    let can = Memo::new(move |_| {
        let info = page.info.get();
        info.is_some_and(|info| info.map_bytes.is_some())
    });
    let has_text = Memo::new(move |_| {
        page.draft.with(|draft| {
            let is_empty = |text: &str| text.trim().is_empty();
            !is_empty(&draft.title) || !is_empty(&draft.abstract_text)
        })
    });
    let show = move || {
        let draft = page.draft.get_untracked();
        let Some(info) = page.info.get_untracked() else {
            return;
        };
        failure.set(None);
        under_way.set(true);
        spawn_local(async move {
            let question = MapQuestion::Place {
                title: draft.title,
                abstract_text: draft.abstract_text,
            };
            let answer = atlas.ask(question).await;
            // The view may be gone; who left it does not want to be taken to the map.
            if under_way.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(MapAnswer::Placed {
                    place: Some(place),
                    near,
                }) => {
                    atlas.draft.set(Some(Draft {
                        build: info.build.clone(),
                        place,
                        near: Arc::new(near),
                    }));
                    let at = Camera {
                        x: place.x,
                        y: place.y,
                        zoom: near_zoom(info.papers),
                    };
                    page.edit(Step::Push, |query| {
                        query.view = View::Map;
                        query.map.at = Camera::parse(&at.to_address());
                        query.map.paper = None;
                    });
                }
                Ok(_) => failure.set(Some(EngineError::NoTokens)),
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    let retry = Callback::new(move |()| show());
    view! {
        {move || can.get().then(|| view! {
            <button
                type="button"
                class="solid"
                data-testid="draft-on-map"
                disabled=move || !has_text.get() || under_way.get()
                on:click=move |_| show()
            >
                "Show on the map"
            </button>
        })}
        {move || failure.get().map(|error| view! {
            <ErrorPanel error=error doing=Doing::Mapping retry=retry/>
        })}
    }
}
