//! Why a paper is among the hits: its places in both lists, and where the words stand.

use leptos::prelude::*;

use crate::engine::protocol::{Hit, Named};
use crate::view::wording::count;

/// The line; empty for papers like others, of which the similarity says all.
#[component]
pub(crate) fn Why(
    /// As the last answer has it.
    hit: Memo<Hit>,
) -> impl IntoView {
    move || {
        let why = hit.with(why)?;
        Some(view! {
            <p class="why" data-testid="why">
                <span class="hidden">"Found by: "</span>
                {why}
            </p>
        })
    }
}

/// `named by its title · meaning #3 · words #1 in title, abstract`.
fn why(hit: &Hit) -> Option<String> {
    let named = hit.named.map(|named| {
        match named {
            Named::Id => "has this id",
            Named::Title => "its title has all the words",
            Named::Author => "by this author",
        }
        .to_owned()
    });
    let rank = |rank: u32| count(rank as usize);
    let meaning = hit.semantic_rank.map(|at| format!("meaning #{}", rank(at)));
    let words = hit.word_rank.map(|at| {
        let place = format!("words #{}", rank(at));
        if hit.fields.is_empty() {
            place
        } else {
            format!("{place} in {}", hit.fields.join(", "))
        }
    });
    let parts: Vec<String> = [named, meaning, words].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_says_which_lists_it_is_in() {
        let mut hit = Hit::default();
        assert_eq!(why(&hit), None);
        hit.semantic_rank = Some(1234);
        assert_eq!(why(&hit).as_deref(), Some("meaning #1,234"));
        (hit.word_rank, hit.named) = (Some(1), Some(Named::Title));
        hit.fields = vec!["title".to_owned(), "abstract".to_owned()];
        assert_eq!(
            why(&hit).as_deref(),
            Some("its title has all the words · meaning #1,234 · words #1 in title, abstract")
        );
    }
}
