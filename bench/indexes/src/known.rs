//! Papers that somebody half remembers: some words of a title, in a row.

use std::collections::HashMap;

use ingest::select::sample_key;
use shared::Paper;

/// Words that are remembered.
const REMEMBERED: usize = 4;

/// A paper, and the words by which it is looked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its number.
    pub(crate) paper: u32,
    /// Words of its title as they stand there.
    pub(crate) words: String,
}

/// Some papers, each with the first words in a row of its title that no other title has so.
///
/// Words are what stands between spaces, whatever an index makes of them, so that no tokenizer is at home.
pub(crate) fn known(papers: &[Paper], n: usize, seed: u64) -> Vec<Known> {
    let titles: Vec<Vec<String>> = (papers.iter())
        .map(|paper| {
            paper
                .title
                .split_whitespace()
                .map(str::to_lowercase)
                .collect()
        })
        .collect();
    let mut titles_with: HashMap<&[String], (usize, usize)> = HashMap::new();
    for (at, title) in titles.iter().enumerate() {
        for run in title.windows(REMEMBERED) {
            let (last, n) = titles_with.entry(run).or_insert((at, 1));
            if *last != at {
                (*last, *n) = (at, *n + 1);
            }
        }
    }
    let mut order: Vec<usize> = (0..papers.len()).collect();
    order.sort_by_cached_key(|&at| sample_key(seed, &papers[at].id));
    let asked = order.into_iter().filter_map(|at| {
        let start = (titles[at].windows(REMEMBERED)).position(|run| titles_with[run].1 == 1)?;
        let words: Vec<&str> = papers[at]
            .title
            .split_whitespace()
            .skip(start)
            .take(REMEMBERED)
            .collect();
        Some(Known {
            paper: at as u32,
            words: words.join(" "),
        })
    });
    asked.take(n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titled(id: &str, title: &str) -> Paper {
        Paper {
            id: id.to_owned(),
            title: title.to_owned(),
            ..Paper::default()
        }
    }

    #[test]
    fn what_is_asked_stands_in_one_title_only() {
        let papers = [
            titled("a", "On the Age of Glass"),
            titled("b", "on the age of stars"),
            titled("c", "Too short indeed"),
        ];
        let mut known = known(&papers, 10, 1);
        known.sort_by_key(|known| known.paper);
        let words: Vec<(u32, &str)> = known
            .iter()
            .map(|known| (known.paper, &*known.words))
            .collect();
        assert_eq!(words, [(0, "the Age of Glass"), (1, "the age of stars")]);
    }
}
