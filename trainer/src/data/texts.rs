//! Chosen papers become tokens.

use rayon::prelude::*;
use shared::Paper;
use shared::tokenizer::Tokenizer;

use super::choose::{class, hash};
use super::corpus::{Corpus, Entry};
use super::dropped::Dropped;
use crate::classifier::{Role, role};
use crate::config::DataConfig;

/// A title of fewer words may stand in its abstract by chance.
const TITLE_WORDS: usize = 3;

/// Tokenizes a block on all cores and appends it.
pub(super) fn add(
    corpus: &mut Corpus,
    block: &mut Vec<Paper>,
    config: &DataConfig,
    tokenizer: &Tokenizer,
    dropped: &mut Dropped,
) {
    let tokenized: Vec<_> = block
        .par_iter()
        .map(|paper| {
            let stripped = config
                .strip_title
                .then(|| without_title(&paper.title, &paper.abstract_))
                .flatten();
            let was_stripped = stripped.is_some();
            let body = stripped.as_deref().unwrap_or(&paper.abstract_);
            (
                tokenizer.tokenize(&paper.title),
                tokenizer.tokenize(body),
                was_stripped,
            )
        })
        .collect();
    for (paper, (title, body, was_stripped)) in block.drain(..).zip(tokenized) {
        let class = class(&paper);
        let Some(label) = corpus.classes.iter().position(|one| *one == class) else {
            continue;
        };
        let inner = |ids: &[u32]| -> Vec<u16> {
            ids[1..ids.len() - 1].iter().map(|&id| id as u16).collect()
        };
        let (title_ids, body_ids) = (inner(&title.ids), inner(&body.ids));
        let entry = Entry {
            at: corpus.tokens.len(),
            n_title: title_ids.len() as u16,
            n_abstract: body_ids.len() as u16,
            n_cut: u16::try_from(title.n_cut + body.n_cut).unwrap_or(u16::MAX),
            label: label as u16,
            year: paper.year.unwrap_or(0),
            id: hash(paper.id.as_bytes()),
        };
        corpus.tokens.extend(title_ids);
        corpus.tokens.extend(body_ids);
        if role(&paper) == Some(Role::Train) {
            dropped.stripped += usize::from(was_stripped);
            dropped.cut += usize::from(body.n_cut > 0);
            corpus.train.push(entry);
        } else {
            corpus.valid.push(entry);
        }
    }
}

/// An abstract without its title, where the title stands in it: finding the same words would be all
/// there is to learn of the pair.
fn without_title(title: &str, text: &str) -> Option<String> {
    let title = title.trim_end_matches(['.', ' ']);
    if title.split_whitespace().count() < TITLE_WORDS {
        return None;
    }
    // ASCII letters keep their length in lower case, so that places agree.
    let at = text
        .to_ascii_lowercase()
        .find(&title.to_ascii_lowercase())?;
    let rest = text[at + title.len()..].trim_start_matches(['.', ':', ',', ' ', '-']);
    let without = format!("{}{rest}", &text[..at]);
    (!without.trim().is_empty()).then_some(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_taken_out_of_its_abstract() {
        let without = |title, text: &str| without_title(title, text);
        let rest = without("On Large Sets", "On large sets. We count them.");
        assert_eq!(rest.as_deref(), Some("We count them."));
        let rest = without("On large sets.", "This is on large sets, which we count.");
        assert_eq!(rest.as_deref(), Some("This is which we count."));
        assert_eq!(
            without("Large sets", "Large sets are counted."),
            None,
            "two words"
        );
        assert_eq!(without("On large sets", "We count."), None);
        assert_eq!(
            without("On large sets", "On large sets."),
            None,
            "nothing would be left"
        );
    }
}
