//! The sentence of an abstract that is nearest to the question: set off once the abstract is unfolded.

use std::ops::Range;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::hybrid::Question;

use crate::engine::client::Engine;
use crate::engine::protocol::{By, Reply};
use crate::latex::{Part, between, sentences};
use crate::state::Page;
use crate::view::marked::{Lines, marked};

/// A lone sentence is nearest to everything, and tells nothing.
const FEWEST: usize = 2;

/// Where the sentence nearest to the question stands; none until it is known, and for lists that no question
/// of meaning brought about. Asks again with every new answer, as long as `open` holds.
pub(crate) fn nearest_sentence(
    text: &str,
    parts: &[Part],
    open: Signal<bool>,
) -> Signal<Option<Range<usize>>> {
    let (page, engine) = (expect_context::<Page>(), expect_context::<Engine>());
    let places = sentences(text, parts);
    if places.len() < FEWEST {
        return Signal::derive(|| None);
    }
    let texts: Vec<String> = places
        .iter()
        .map(|at| text[at.clone()].to_owned())
        .collect();
    let asked = Memo::new(move |_| page.found.with(|found| meaning(found.as_ref()?)));
    let nearest = RwSignal::new(None::<(String, usize)>);
    let engine = StoredValue::new(engine);
    Effect::new(move |_| {
        let question = asked.get().filter(|_| open.get());
        let known = nearest.with_untracked(|known| known.as_ref().map(|(about, _)| about.clone()));
        let Some(question) = question.filter(|question| known.as_ref() != Some(question)) else {
            return;
        };
        let all: Vec<String> = std::iter::once(&question).chain(&texts).cloned().collect();
        let engine = engine.get_value();
        spawn_local(async move {
            let Ok(answered) = engine.embed_batch(all, |_, _| ()).await else {
                // Words alone are here, or a newer question came: nothing is set off.
                return;
            };
            let (Reply::Embeddings { dim, empty, .. }, Some(vectors)) =
                (answered.reply, answered.vectors)
            else {
                return;
            };
            if let Some(at) = nearest_row(&vectors.to_vec(), dim, &empty) {
                // The card may be gone by now.
                let _ = nearest.try_set(Some((question, at)));
            }
        });
    });
    Signal::derive(move || {
        let question = asked.get()?;
        let at = nearest.with(|known| {
            let (about, at) = known.as_ref()?;
            (*about == question).then_some(*at)
        })?;
        Some(places[at].clone())
    })
}

/// What a list was asked about, as far as it has a meaning.
fn meaning(found: &crate::state::Found) -> Option<String> {
    let question = &found.question;
    if question.like.is_some() || question.by == By::Words || found.outcome.is_err() {
        return None;
    }
    let read = Question::read(&question.text);
    let meant = match question.by {
        By::Meaning => Some(read.text()),
        _ => read.meaning(),
    };
    meant.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The row after the first that is nearest to the first, counted from the second; `[rows, dim]`, of length one
/// each but for the `empty` ones.
fn nearest_row(vectors: &[f32], dim: usize, empty: &[usize]) -> Option<usize> {
    if dim == 0 || empty.contains(&0) {
        return None;
    }
    let (question, rows) = vectors.split_at_checked(dim)?;
    let rows = rows.chunks_exact(dim).enumerate();
    let near = rows.filter(|(at, _)| !empty.contains(&(at + 1)));
    let near = near.map(|(at, row)| (shared::math::dot(question, row), at));
    // Of equals the first.
    let best = near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
    Some(best.1)
}

/// A text with one stretch of it set off.
pub(crate) fn set_off(
    text: &str,
    parts: &[Part],
    places: &[(usize, usize)],
    sentence: Option<&Range<usize>>,
) -> Vec<AnyView> {
    let Some(sentence) = sentence else {
        return marked(text, parts, places, Lines::AsWritten);
    };
    let of = |within: Range<usize>| marked(text, &between(parts, within), places, Lines::AsWritten);
    let inner = of(sentence.clone());
    let inner = view! {
        <span
            class="nearest"
            data-testid="nearest-sentence"
            role="mark"
            title="The sentence nearest in meaning to the question"
        >
            {inner}
        </span>
    };
    let mut pieces = of(0..sentence.start);
    pieces.push(inner.into_any());
    pieces.extend(of(sentence.end..text.len()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_row_is_found_and_empty_ones_are_passed_over() {
        let rows = [1.0, 0.0, 0.0, 1.0, 0.6, 0.8, 0.8, 0.6, 0.8, 0.6];
        assert_eq!(nearest_row(&rows, 2, &[]), Some(2), "of equals the first");
        assert_eq!(nearest_row(&rows, 2, &[3]), Some(3));
        assert_eq!(
            nearest_row(&rows, 2, &[0]),
            None,
            "the question has no word"
        );
        assert_eq!(nearest_row(&rows[..2], 2, &[]), None);
        assert_eq!(nearest_row(&[], 0, &[]), None);
    }
}
