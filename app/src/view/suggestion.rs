//! The classification card: the suggestion, its probability, the runners-up, and why.

use leptos::prelude::*;
use shared::taxonomy;

use crate::engine::protocol::{Classification, Hit, Suggestion};
use crate::state::Draft;
use crate::view::card::{MetadataLine, Tags, Title};
use crate::view::category::group_class;
use crate::view::deciding::Deciding;
use crate::view::placing::{CrossLists, PredictionSet, meant, reason};
use crate::view::tree::category_name;
use crate::view::wording::{counted, duration, likelihood, percent};

/// Bars shown.
const N_BARS: usize = 5;

/// The card.
#[component]
pub(crate) fn SuggestionCard(
    classification: Classification,
    /// What was classified.
    draft: Draft,
) -> impl IntoView {
    let Classification {
        suggestions,
        held_out,
        cross_lists,
        is_far,
        evidence,
        n_tokens,
        n_cut,
        elapsed_ms,
    } = classification;
    let Some(best) = suggestions.first().cloned() else {
        return ().into_any();
    };
    let name = category_name(&best.category).unwrap_or_default();
    let sure = format!(
        "{}: {}",
        likelihood(best.probability),
        percent(best.probability)
    );
    let unnamed = reason(held_out.as_ref(), is_far, &best);
    // What is listed beside a category that is not named is no help.
    let cross_lists = cross_lists.filter(|_| unnamed.is_none());
    let heading = match unnamed {
        None => view! {
            <p class="label">"Suggested primary category"</p>
            <h2 id="suggestion-title" class=group_class(&best.category)>
                <span class="code">{best.category.clone()}</span>
                " "
                <span>{name}</span>
            </h2>
            <p class="sure">
                {sure}
                {held_out.as_ref().and_then(meant).map(|meant| view! {
                    <span class="meant" data-testid="meant">{meant}</span>
                })}
            </p>
        }
        .into_any(),
        Some(why) => view! {
            <p class="label">"No category is suggested"</p>
            <h2 id="suggestion-title">"This is hard to place"</h2>
            <p data-testid="abstains">{why}</p>
        }
        .into_any(),
    };
    let set = held_out.map(|verdict| {
        let suggestions = suggestions.clone();
        view! { <PredictionSet verdict=verdict suggestions=suggestions/> }
    });
    let bars: Vec<_> = suggestions.iter().take(N_BARS).cloned().map(bar).collect();
    let archives = roll_up(&suggestions)
        .into_iter()
        .map(|(archive, p)| format!("{archive} {}", percent(p)))
        .collect::<Vec<_>>()
        .join(", ");
    let cut = (n_cut > 0).then(|| {
        let text = format!(
            "The text is longer than the model's window: its meaning is that of {}, the last {n_cut} had no part in it.",
            counted(n_tokens, "token"),
        );
        view! { <p class="notice" data-testid="cut">{text}</p> }
    });
    view! {
        <section class="suggestion" data-testid="suggestion" aria-labelledby="suggestion-title">
            {heading}
            {cut}
            {set}
            <ol class="bars">{bars}</ol>
            <p class="muted">"By archive: "{archives}</p>
            {cross_lists.map(|listing| view! { <CrossLists listing=listing/> })}
            {(!evidence.is_empty()).then(|| view! { <Evidence hits=evidence/> })}
            <Deciding draft=draft category=best.category/>
            <p class="decides">"Offprint suggests; arXiv decides. Not affiliated with arXiv."</p>
            <p class="muted">{format!("Computed on this device in {}.", duration(elapsed_ms))}</p>
        </section>
    }
    .into_any()
}

fn bar(suggestion: Suggestion) -> impl IntoView {
    let Suggestion {
        category,
        probability,
    } = suggestion;
    let name = category_name(&category).unwrap_or_default();
    let width = format!("{:.2}%", probability.clamp(0.0, 1.0) * 100.0);
    view! {
        <li class=group_class(&category) data-testid="suggestion-bar">
            <span class="code">{category.clone()}</span>
            <span class="name">{name}</span>
            <span class="percent">{percent(probability)}</span>
            <svg class="bar-track" aria-hidden="true">
                <rect class="bar-fill" width=width height="100%"></rect>
            </svg>
        </li>
    }
}

/// Probability by archive, most probable first, without those under one percent.
fn roll_up(suggestions: &[Suggestion]) -> Vec<(String, f64)> {
    let mut sums: Vec<(String, f64)> = Vec::new();
    for Suggestion {
        category,
        probability,
    } in suggestions
    {
        let archive = taxonomy::archive_of(category);
        match sums.iter_mut().find(|(known, _)| known == archive) {
            Some((_, sum)) => *sum += probability,
            None => sums.push((archive.to_owned(), *probability)),
        }
    }
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    let n_shown = sums
        .iter()
        .take_while(|(_, p)| *p >= 0.01)
        .count()
        .clamp(1, 4);
    sums.truncate(n_shown);
    sums
}

#[component]
fn Evidence(hits: Vec<Hit>) -> impl IntoView {
    let rows: Vec<_> = hits
        .into_iter()
        .map(|hit| {
            view! {
                <li data-testid="evidence">
                    <span class="evidence-title"><Title id=hit.id.clone() title=hit.title/></span>
                    <span class="meta">
                        <MetadataLine id=hit.id/>
                        <Tags codes=hit.categories/>
                        <span class="similarity" title="Cosine similarity, at most 1">
                            <span class="hidden">"similarity "</span>
                            {hit.similarity.map(|similarity| format!("{similarity:.2}"))}
                        </span>
                    </span>
                </li>
            }
        })
        .collect();
    view! {
        <h3>"Nearest papers with known categories"</h3>
        <ol class="evidence">{rows}</ol>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_add_up_their_categories() {
        let suggestions = [
            ("cs.LG", 0.5),
            ("stat.ML", 0.2),
            ("cs.CL", 0.295),
            ("econ.TH", 0.005),
        ]
        .map(|(code, probability)| Suggestion {
            category: code.to_owned(),
            probability,
        });
        let rolled = roll_up(&suggestions);
        assert_eq!(rolled.len(), 2, "under one percent is noise: {rolled:?}");
        assert_eq!(rolled[0].0, "cs");
        assert!((rolled[0].1 - 0.795).abs() < 1e-9);
        assert_eq!(rolled[1].0, "stat");
    }
}
