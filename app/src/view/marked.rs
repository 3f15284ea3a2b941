//! Text in which some places are marked.

use leptos::prelude::*;

/// The text with a mark around each place, in bytes, ascending and apart. A place that does not lie in the
/// text, or in the middle of a character, stays unmarked.
pub(crate) fn marked(text: &str, places: &[(usize, usize)]) -> Vec<AnyView> {
    pieces(text, places)
        .into_iter()
        .map(|(piece, is_marked)| {
            let piece = piece.to_owned();
            if is_marked {
                view! { <mark>{piece}</mark> }.into_any()
            } else {
                piece.into_any()
            }
        })
        .collect()
}

/// The text in pieces, each marked or not.
fn pieces<'a>(text: &'a str, places: &[(usize, usize)]) -> Vec<(&'a str, bool)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for &(start, end) in places {
        if start < from {
            continue;
        }
        if let (Some(before), Some(piece)) = (text.get(from..start), text.get(start..end)) {
            pieces.extend([(before, false), (piece, true)]);
            from = end;
        }
    }
    pieces.push((&text[from..], false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text_and_places_that_make_no_sense_mark_nothing() {
        let text = "Étale spin glass";
        let places = [(0, 1), (7, 11), (9, 12), (12, 99)];
        assert_eq!(
            pieces(text, &places),
            [("Étale ", false), ("spin", true), (" glass", false)]
        );
        assert_eq!(pieces("", &[(0, 0)]), []);
    }
}
