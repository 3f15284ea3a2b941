//! The card beside the paper under the pointer: what it is, at a glance.

use std::sync::Arc;

use leptos::prelude::*;

use super::atlas::Atlas;
use crate::map::{NO_TOPIC, World};
use crate::view::authors;
use crate::view::category::Tag;

/// The card's width, as the style sheet has it, with its gap to the point.
const ROOM: f64 = 316.0;
/// Pixels between the point and the card.
const GAP: f64 = 14.0;
/// About the card's height.
const HEIGHT: f64 = 150.0;

/// The card.
#[component]
pub(super) fn HoverCard(world: Arc<World>) -> impl IntoView {
    let atlas = expect_context::<Atlas>();
    let looked = Memo::new(move |_| {
        let hovered = atlas.hovered.get();
        atlas
            .looked
            .get()
            .filter(|looked| hovered == Some(looked.number))
    });
    move || {
        let looked = looked.get()?;
        let frame = atlas.frame.get()?;
        let (x, y) = atlas
            .camera
            .get()
            .to_screen(&frame, world.sheet.at(looked.number));
        // Beside the point, on the side with room, and within the view.
        let left = if x + ROOM < frame.width {
            x + GAP
        } else {
            (x - ROOM).max(4.0)
        };
        let top = (y - HEIGHT / 2.0).clamp(4.0, (frame.height - HEIGHT - 4.0).max(4.0));
        let place = format!("translate({left:.0}px,{top:.0}px)");
        let paper = looked.paper;
        let cut = authors::cut(&paper.authors);
        let more = (cut.n_rest > 0).then(|| format!(" +{}", cut.n_rest));
        let names = cut.first.to_owned();
        let year = paper.year.map(|year| format!(" ({year})"));
        let primary = paper.categories.first().cloned();
        let topic = world.sheet.topic[looked.number as usize];
        let topic = (topic != NO_TOPIC)
            .then(|| {
                world
                    .topics
                    .get(usize::from(topic))
                    .map(|topic| topic.text.clone())
            })
            .flatten();
        Some(view! {
            <div class="map-card" data-testid="map-card" data-id=paper.id style:transform=place>
                <p class="map-card-title">{paper.title}</p>
                <p class="muted">{names}{more}{year}</p>
                <p class="muted map-card-foot">
                    {primary.map(|code| view! { <Tag code=code primary=true/> })}
                    {topic}
                </p>
            </div>
        })
    }
}
