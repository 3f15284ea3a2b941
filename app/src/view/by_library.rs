//! A list in the order of the library: the switch, what the order is made of, and on each card what brought it up.

use leptos::prelude::*;

use crate::latex::parts;
use crate::library::{Entry, Likeness, Placed, shares, tags};
use crate::state::Page;
use crate::view::marked::{Lines, marked};
use crate::view::reordering::{Ordered, Reordering};
use crate::view::wording::{count, counted};

/// The switch.
#[component]
pub(crate) fn ByLibrary() -> impl IntoView {
    let reordering = expect_context::<Reordering>();
    view! {
        <fieldset class="lists">
            <legend class="hidden">"Order"</legend>
            <label title="Papers like those with a star come up. Nothing leaves this device.">
                <input
                    type="checkbox"
                    data-testid="by-library"
                    prop:checked=move || reordering.on.get()
                    on:change:target=move |event| reordering.on.set(event.target().checked())
                />
                <span>"Order by my library"</span>
            </label>
        </fieldset>
    }
}

/// What stands in the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Panel {
    Off,
    NoStars,
    NoModel,
    Failed,
    NoneHere,
    Weights,
}

/// What the order is made of, and the weights; or why there is none.
#[component]
pub(crate) fn MadeOf() -> impl IntoView {
    let page = expect_context::<Page>();
    let reordering = expect_context::<Reordering>();
    let panel = Memo::new(move |before: Option<&Panel>| {
        if !reordering.on.get() {
            Panel::Off
        } else if reordering.stars.with(Vec::is_empty) {
            Panel::NoStars
        } else if page.info.with(Option::is_none) {
            Panel::NoModel
        } else if reordering.failed() {
            Panel::Failed
        } else {
            match reordering.order.get() {
                Some(order) if known(&order.likeness).is_empty() => Panel::NoneHere,
                Some(_) => Panel::Weights,
                // A moment, and the next list is compared: what is open stays open.
                None => before.copied().unwrap_or(Panel::Off),
            }
        }
    });
    let note = |text: &'static str| {
        view! { <p class="notice" role="status" data-testid="by-library-says">{text}</p> }
            .into_any()
    };
    move || match panel.get() {
        Panel::Off => ().into_any(),
        Panel::NoStars => note(
            "No paper has a star yet, so the list stays as it is. ☆ Star on a result says what you like.",
        ),
        Panel::NoModel => note("The list follows your library as soon as the model is here."),
        Panel::Failed => {
            note("The list could not be compared with your library: it stays as it is.")
        }
        Panel::NoneHere => {
            note("None of the papers with a star is in this corpus, so the list stays as it is.")
        }
        Panel::Weights => view! { <Weights/> }.into_any(),
    }
}

/// The starred papers that the corpus has, by number.
fn known(likeness: &Likeness) -> Vec<usize> {
    let stars = 0..likeness.stars.len();
    stars.filter(|&star| likeness.knows(star)).collect()
}

/// The weights.
#[component]
fn Weights() -> impl IntoView {
    let reordering = expect_context::<Reordering>();
    let changed = Memo::new(move |_| reordering.have_changed());
    view! {
        <section class="by-library" aria-label="Order by my library" data-testid="made-of">
            <div class="weight">
                <span aria-hidden="true">"This list"</span>
                <input
                    type="range"
                    min="0"
                    max="100"
                    step="5"
                    data-testid="library-weight"
                    aria-label="What my library counts for"
                    aria-valuetext=move || format!("{} percent", reordering.weight.get())
                    prop:value=move || reordering.weight.get().to_string()
                    on:input:target=move |event| {
                        if let Ok(weight) = event.target().value().parse() {
                            reordering.weight.set(weight);
                        }
                    }
                />
                <span aria-hidden="true">"My library"</span>
                <OnlyTag/>
            </div>
            <p class="muted" data-testid="weights-say">{move || says(reordering.weight.get())}</p>
            {move || changed.get().then(|| view! {
                <p class="muted">
                    "Your stars or tags have changed since. "
                    <button type="button" class="plain" data-testid="order-again" on:click=move |_| reordering.take_stars()>
                        "Order again"
                    </button>
                </p>
            })}
            <Stars/>
        </section>
    }
}

/// The weights in words.
fn says(weight: u8) -> String {
    match weight {
        0 => "Papers come as the list has them; your library counts for nothing.".to_owned(),
        100 => "Papers come by likeness to the nearest paper with a star, and by nothing else."
            .to_owned(),
        weight => format!(
            "A paper's place in this list counts {} %, its place by likeness to the nearest paper with a star {weight} %.",
            100 - weight
        ),
    }
}

/// The choice of a tag, where there are any.
#[component]
fn OnlyTag() -> impl IntoView {
    let reordering = expect_context::<Reordering>();
    let all = Memo::new(move |_| {
        reordering.stars.with(|stars| {
            let papers = stars.iter().map(|entry| (entry.id.clone(), entry.clone()));
            tags(&papers.collect())
        })
    });
    let option = move |(name, n): (String, usize)| {
        let text = format!("{name} ({})", count(n));
        let is_chosen = {
            let name = name.clone();
            move || reordering.tag.with(|tag| tag.as_ref() == Some(&name))
        };
        view! { <option value=name.clone() prop:selected=is_chosen>{text}</option> }
    };
    let choose = move |value: String| reordering.tag.set((!value.is_empty()).then_some(value));
    move || {
        let all = all.get();
        (!all.is_empty()).then(|| {
            view! {
                <label class="ordering">
                    "Stars "
                    <select data-testid="library-tag" on:change:target=move |event| choose(event.target().value())>
                        <option value="">"all"</option>
                        {all.into_iter().map(option).collect_view()}
                    </select>
                </label>
            }
        })
    }
}

/// The starred papers, each with its share of the list.
#[component]
fn Stars() -> impl IntoView {
    let reordering = expect_context::<Reordering>();
    let order = reordering.order;
    let known = Memo::new(move |before: Option<&Vec<usize>>| match order.get() {
        Some(order) => known(&order.likeness),
        None => before.cloned().unwrap_or_default(),
    });
    let n_papers = Memo::new(move |before: Option<&usize>| match order.get() {
        Some(order) => order.places.len(),
        None => before.copied().unwrap_or_default(),
    });
    let shares = Memo::new(move |before: Option<&Vec<usize>>| match order.get() {
        Some(order) => shares(&order.places, order.likeness.stars.len()),
        None => before.cloned().unwrap_or_default(),
    });
    let head = move || {
        let n_known = known.with(Vec::len);
        let n_missing = reordering.stars.with(Vec::len).saturating_sub(n_known);
        let made_of = format!("Made of {} with a star", counted(n_known, "paper"));
        match n_missing {
            0 => made_of,
            n => format!("{made_of}; {} not in this corpus", count(n)),
        }
    };
    let rows = move || {
        let stars = reordering.stars.get();
        let row = |star: usize| {
            let entry = stars.get(star)?.clone();
            let share = Memo::new(move |_| {
                shares.with(|shares| shares.get(star).copied().unwrap_or_default())
            });
            Some(view! { <StarRow entry=entry share=share.into() of=n_papers.into()/> })
        };
        known.get().into_iter().filter_map(row).collect_view()
    };
    view! {
        <details class="stars">
            <summary data-testid="made-of-stars">{head}</summary>
            <ul>{rows}</ul>
        </details>
    }
}

/// A starred paper: whether it counts, and how many papers of the list it is nearest to.
#[component]
fn StarRow(entry: Entry, share: Signal<usize>, of: Signal<usize>) -> impl IntoView {
    let reordering = expect_context::<Reordering>();
    let title = marked(&entry.title, &parts(&entry.title), &[], Lines::One);
    let id = StoredValue::new(entry.id);
    let counts = move || {
        reordering
            .left_out
            .with(|out| id.with_value(|id| !out.contains(id)))
    };
    let toggle = move |counts: bool| {
        reordering.left_out.update(|out| {
            if counts {
                id.with_value(|id| out.remove(id));
            } else {
                out.insert(id.get_value());
            }
        });
    };
    let width = move || {
        format!(
            "{:.2}%",
            100.0 * share.get() as f64 / of.get().max(1) as f64
        )
    };
    view! {
        <li data-testid="star-row" data-id=id.get_value()>
            <label>
                <input
                    type="checkbox"
                    data-testid="star-counts"
                    prop:checked=counts
                    on:change:target=move |event| toggle(event.target().checked())
                />
                <span>{title}</span>
            </label>
            <span class="count" data-testid="star-share">
                {move || format!("nearest to {} of {}", count(share.get()), count(of.get()))}
            </span>
            <svg class="bar-track" aria-hidden="true">
                <rect class="bar-fill" width=width height="100%"></rect>
            </svg>
        </li>
    }
}

/// On a card: the starred paper that it is like, and where the list had it.
#[component]
pub(crate) fn BroughtUp(id: String) -> impl IntoView {
    let reordering = expect_context::<Reordering>();
    let place = Memo::new(move |_| {
        let order = reordering.order.get()?;
        let is_this = |placed: &&Placed| order.likeness.papers[placed.listed] == id;
        let placed = order.places.iter().find(is_this)?;
        placed_by(&order, placed, &id)
    });
    move || {
        let Brought { by, listed } = place.get()?;
        let by = match by {
            By::Itself => "It has a star itself".into_any(),
            By::Star { id, cosine } => {
                let stars = reordering.stars.get_untracked();
                let title = stars.into_iter().find(|entry| entry.id == id)?.title;
                let shown = marked(&title, &parts(&title), &[], Lines::One);
                view! {
                    "★ like "
                    <cite>{shown}</cite>
                    {format!(", {cosine:.2}")}
                }
                .into_any()
            }
        };
        Some(view! {
            <p class="why" data-testid="brought-up">
                {by}
                {format!(" · #{} as the list came", count(listed + 1))}
            </p>
        })
    }
}

/// Why a paper stands where it stands.
#[derive(Debug, Clone, PartialEq)]
struct Brought {
    by: By,
    /// Its place in the list as it came, from 0.
    listed: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    Itself,
    Star { id: String, cosine: f32 },
}

fn placed_by(order: &Ordered, placed: &Placed, id: &str) -> Option<Brought> {
    let (star, cosine) = placed.nearest?;
    let star = &order.likeness.stars[star];
    let by = if star == id {
        By::Itself
    } else {
        let id = star.clone();
        By::Star { id, cosine }
    };
    let listed = placed.listed;
    Some(Brought { by, listed })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_card_names_the_star_that_it_is_like() {
        let likeness = Likeness {
            papers: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()],
            stars: vec!["b".to_owned(), "x".to_owned()],
            cosines: vec![0.4, 0.1, 1.0, f32::NAN, f32::NAN, f32::NAN],
        };
        let order = Ordered {
            places: likeness.order(1.0, |_| true),
            likeness: Arc::new(likeness),
        };
        assert_eq!(known(&order.likeness), [0, 1]);
        let by: Vec<_> = (order.places.iter().zip(["b", "a", "c"]))
            .map(|(placed, id)| placed_by(&order, placed, id))
            .collect();
        let star = By::Star {
            id: "b".to_owned(),
            cosine: 0.4,
        };
        let brought = |by, listed| Some(Brought { by, listed });
        assert_eq!(by, [brought(By::Itself, 1), brought(star, 0), None]);
    }

    #[test]
    fn the_weights_are_said_in_words() {
        assert!(says(30).contains("list counts 70 %") && says(30).contains("a star 30 %"));
        assert!(says(0).contains("counts for nothing") && says(100).contains("nothing else"));
    }
}
