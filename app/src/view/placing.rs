//! How sure a suggestion is: the categories that it may be, what that has meant on held-out papers, and why
//! none is named.

use leptos::prelude::*;

use crate::engine::protocol::{CrossListing, Suggestion, Verdict};
use crate::view::category::Tag;
use crate::view::wording::{counted, percent};

/// Categories shown of a set; the rest is counted.
const N_SHOWN: usize = 12;
/// From so many on, a text is hard to place.
const MANY: usize = 5;

/// Why no category is named, or nothing where one is.
pub(crate) fn reason(verdict: Option<&Verdict>, is_far: bool, best: &Suggestion) -> Option<String> {
    let named = |verdict: &Verdict| {
        format!(
            "Where it names a category, it was right for {} of held-out papers; it names one for {}.",
            percent(verdict.accuracy),
            percent(verdict.answered)
        )
    };
    if is_far {
        return Some(
            "It is farther from every paper here than papers are from each other: what it is about may be missing \
             from this corpus, or it is no abstract."
                .to_owned(),
        );
    }
    verdict.filter(|verdict| !verdict.names).map(|verdict| {
        format!(
            "The most probable one, {}, has {}: too little to name it. {}",
            best.category,
            percent(best.probability),
            named(verdict)
        )
    })
}

/// What a probability like this one has meant.
pub(crate) fn meant(verdict: &Verdict) -> Option<String> {
    let (papers, right) = verdict.alike?;
    let papers = counted(papers as usize, "held-out paper");
    Some(format!(
        "Of {papers} scored about like this, {right} were filed there."
    ))
}

/// The prediction set.
#[component]
pub(crate) fn PredictionSet(verdict: Verdict, suggestions: Vec<Suggestion>) -> impl IntoView {
    let n = verdict.set;
    let says = match n {
        1 => "One category alone".to_owned(),
        n if n < MANY => format!("One of these {n}"),
        n => format!("Hard to place: one of these {n}"),
    };
    let title = format!(
        "Sets like this one held the category of {} of {}.",
        percent(verdict.coverage),
        counted(verdict.papers, "held-out paper")
    );
    let tags: Vec<_> = suggestions
        .into_iter()
        .take(n.min(N_SHOWN))
        .map(|one| view! { <li><Tag code=one.category/></li> })
        .collect();
    let more = n.saturating_sub(N_SHOWN);
    view! {
        <div class="prediction-set" data-testid="prediction-set">
            <h3>{says}", for "{percent(verdict.level)}" of texts"</h3>
            <ul class="tags">
                {tags}
                {(more > 0).then(|| view! { <li class="muted">{format!("+{more}")}</li> })}
            </ul>
            <p class="muted">{title}</p>
        </div>
    }
}

/// Categories that the text may be listed in beside the one that is named.
#[component]
pub(crate) fn CrossLists(listing: CrossListing) -> impl IntoView {
    let CrossListing {
        suggestions,
        precision,
        recall,
        papers,
    } = listing;
    let title = format!(
        "Of those suggested for {}, {} were right; {} of the cross-lists that these papers have were suggested.",
        counted(papers, "held-out paper"),
        percent(precision),
        percent(recall)
    );
    let none = suggestions.is_empty();
    let tags: Vec<_> = suggestions
        .into_iter()
        .map(|one| {
            view! {
                <li data-testid="cross-list">
                    <Tag code=one.category/>" "
                    <span class="percent">{percent(one.probability)}</span>
                </li>
            }
        })
        .collect();
    view! {
        <div class="prediction-set" data-testid="cross-lists">
            <h3>{if none { "No cross-list is likely enough" } else { "Cross-lists to consider" }}</h3>
            {(!none).then(|| view! { <ul class="tags">{tags}</ul> })}
            <p class="muted">{title}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(names: bool) -> Verdict {
        Verdict {
            set: 3,
            level: 0.9,
            coverage: 0.904,
            names,
            answered: 0.8,
            accuracy: 0.62,
            papers: 3008,
            alike: Some((301, 188)),
        }
    }

    #[test]
    fn no_category_is_named_without_saying_why() {
        let best = Suggestion {
            category: "cs.LG".to_owned(),
            probability: 0.18,
        };
        assert_eq!(reason(Some(&verdict(true)), false, &best), None);
        let unsure = reason(Some(&verdict(false)), false, &best).expect("it is not named");
        assert!(unsure.contains("cs.LG, has 18 %") && unsure.contains("right for 62 %"));
        let far = reason(None, true, &best).expect("it is not named");
        assert!(far.contains("farther from every paper"));
    }

    #[test]
    fn what_a_probability_has_meant_is_counted() {
        let said = meant(&verdict(true)).expect("papers were scored so");
        assert_eq!(
            said,
            "Of 301 held-out papers scored about like this, 188 were filed there."
        );
    }
}
