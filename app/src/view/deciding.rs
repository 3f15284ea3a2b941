//! The sentences that decide: those of a draft whose removal moves the probability of its category most.

use std::ops::Range;

use futures::future::abortable;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{Occluded, Reply, Request};
use crate::latex::{between, parts, sentences};
use crate::state::Draft;
use crate::view::marked::{Lines, marked};
use crate::view::wording::{counted, percent};

/// Parts shown.
const N_SHOWN: usize = 4;
/// A part that moves a probability by less than this decides nothing.
const LEAST: f64 = 0.01;

/// A part of a draft.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Title,
    /// In the abstract, in bytes.
    Sentence(Range<usize>),
}

/// A part that moves the probability.
#[derive(Debug, Clone, PartialEq)]
struct Mover {
    place: Place,
    /// Probability without it.
    without: f64,
}

/// The list under a suggestion: asked for once that stands, and called off where the suggestion goes.
#[component]
pub(crate) fn Deciding(
    /// The draft that was classified.
    draft: Draft,
    /// Its most probable category.
    category: String,
) -> impl IntoView {
    let engine = expect_context::<Engine>();
    let found = RwSignal::new(None::<Occluded>);
    let failed = RwSignal::new(false);
    let text = draft.abstract_text.clone();
    let places = sentences(&text, &parts(&text));
    let has_title = !draft.title.trim().is_empty();
    // Without its only part nothing is left of a draft.
    if places.len() + usize::from(has_title) < 2 {
        return ().into_any();
    }
    let request = Request::Occlude {
        title: draft.title.clone(),
        sentences: (places.iter())
            .map(|place| text[place.clone()].to_owned())
            .collect(),
        category: category.clone(),
    };
    let (asked, handle) = abortable(async move { engine.request(request).await });
    on_cleanup(move || handle.abort());
    spawn_local(async move {
        // Called off, the card is gone.
        let Ok(answer) = asked.await else { return };
        match answer {
            Ok(Reply::Occluded(occluded)) => found.set(Some(occluded)),
            // The suggestion stands all the same.
            _ => failed.set(true),
        }
    });
    let list = move || {
        let Some(occluded) = found.get() else {
            return view! { <p class="muted">"Taking out one sentence after the other …"</p> }
                .into_any();
        };
        let whole = percent(occluded.probability);
        let movers = movers(&occluded, &places);
        if movers.is_empty() {
            let line = format!(
                "No sentence decides by itself: {category} keeps {} without any one of them.",
                between_percents(&occluded)
            );
            return view! { <p class="muted" data-testid="none-decides">{line}</p> }.into_any();
        }
        let line =
            format!("{category} has {whole}. Left out, one at a time, these change that most:");
        let rows: Vec<_> = movers
            .into_iter()
            .map(|mover| row(&draft, mover, occluded.probability))
            .collect();
        view! {
            <p class="muted">{line}</p>
            <ol class="evidence">{rows}</ol>
        }
        .into_any()
    };
    view! {
        <div hidden=move || failed.get() data-testid="deciding">
            <h3>"Sentences that decide"</h3>
            {list}
        </div>
    }
    .into_any()
}

fn row(draft: &Draft, mover: Mover, whole: f64) -> impl IntoView + use<> {
    let Mover { place, without } = mover;
    let (label, text) = match place {
        Place::Title => {
            let title = &draft.title;
            let shown = marked(title, &parts(title), &[], Lines::One);
            (Some(view! { <span class="label">"Title "</span> }), shown)
        }
        Place::Sentence(place) => {
            let text = &draft.abstract_text;
            let parts = between(&parts(text), place);
            (None, marked(text, &parts, &[], Lines::One))
        }
    };
    let moved = format!(
        "without it {}, {}",
        percent(without),
        points(whole, without)
    );
    view! {
        <li data-testid="deciding-sentence">
            <p data-testid="deciding-text">{label}{text}</p>
            <p class="muted" data-testid="moved">{moved}</p>
        </li>
    }
}

/// The parts that move the probability most, the strongest first; of equals the one that stands first.
fn movers(occluded: &Occluded, places: &[Range<usize>]) -> Vec<Mover> {
    let places = std::iter::once(Place::Title).chain(places.iter().cloned().map(Place::Sentence));
    let with = occluded.without.iter().zip(places);
    let known = with.filter_map(|(&without, place)| {
        let without = without?;
        Some(Mover { place, without })
    });
    let moved = |mover: &Mover| (mover.without - occluded.probability).abs();
    let mut movers: Vec<Mover> = known.filter(|mover| moved(mover) >= LEAST).collect();
    movers.sort_by(|a, b| moved(b).total_cmp(&moved(a)));
    movers.truncate(N_SHOWN);
    movers
}

/// `17 points less` without it, or more.
fn points(whole: f64, without: f64) -> String {
    let points = ((without - whole) * 100.0).round();
    let way = if points < 0.0 { "less" } else { "more" };
    format!("{} {way}", counted(points.abs() as usize, "point"))
}

/// `61 %`, or `61 % to 63 %`: what is left without one part, whichever it is.
fn between_percents(occluded: &Occluded) -> String {
    let known = || occluded.without.iter().copied().flatten();
    let [least, most] = [
        known().fold(occluded.probability, f64::min),
        known().fold(occluded.probability, f64::max),
    ]
    .map(percent);
    if least == most {
        least
    } else {
        format!("{least} to {most}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_come_first_and_what_moves_nothing_is_left_out() {
        let occluded = Occluded {
            probability: 0.6,
            without: vec![
                Some(0.55),
                Some(0.61),
                None,
                Some(0.2),
                Some(0.605),
                Some(0.7),
                Some(0.5),
            ],
        };
        let places: Vec<Range<usize>> = (0..9).map(|at| at..at + 1).collect();
        let found: Vec<_> = movers(&occluded, &places)
            .into_iter()
            .map(|mover| (mover.place, points(0.6, mover.without)))
            .collect();
        let said = |place, text: &str| (place, text.to_owned());
        let wanted = [
            said(Place::Sentence(2..3), "40 points less"),
            said(Place::Sentence(4..5), "10 points more"),
            said(Place::Sentence(5..6), "10 points less"),
            said(Place::Title, "5 points less"),
        ];
        assert_eq!(found, wanted);
        assert_eq!(points(0.6, 0.61), "1 point more");
    }

    #[test]
    fn where_none_decides_the_narrow_range_is_said() {
        let occluded = Occluded {
            probability: 0.912,
            without: vec![None, Some(0.908), Some(0.914)],
        };
        assert_eq!(movers(&occluded, &[0..1, 1..2]), []);
        assert_eq!(between_percents(&occluded), "91 %");
        let wider = Occluded {
            probability: 0.914,
            without: vec![Some(0.918), Some(0.906)],
        };
        assert_eq!(between_percents(&wider), "91 % to 92 %");
    }
}
