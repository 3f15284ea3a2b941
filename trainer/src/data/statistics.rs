//! What a corpus is like: how many pairs, how long, how much is cut.

use std::fmt;

use serde::Serialize;

use super::corpus::{Corpus, Entry};
use super::dropped::Dropped;

/// Figures of a corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// Papers to train on.
    pub train: usize,
    /// Papers to choose checkpoints by.
    pub valid: usize,
    /// Categories with a training paper.
    pub categories: usize,
    /// Training papers of the smallest and of the largest of these.
    pub per_category: (usize, usize),
    /// Tokens of titles: median, 95th percentile, longest.
    pub title_tokens: [usize; 3],
    /// Tokens of `{title}. {abstract}` with their frame: median, 95th percentile, longest.
    pub document_tokens: [usize; 3],
    /// Length that documents are cut at in training, the share of documents that are longer, and the
    /// share of all tokens that are cut off.
    pub cut_in_training: (usize, f64, f64),
    /// The same for the length that the page cuts at.
    pub cut_in_the_page: (usize, f64, f64),
    /// Tokens of all documents.
    pub tokens: usize,
    /// Papers by year; 0 is unknown.
    pub years: Vec<(u16, usize)>,
    /// What was left out.
    pub dropped: Dropped,
}

impl Statistics {
    /// Counts.
    pub fn of(corpus: &Corpus, document_tokens: usize, max_tokens: usize) -> Self {
        let train = &corpus.train;
        let title = |entry: &Entry| usize::from(entry.n_title);
        // `[CLS]`, the period behind the title, `[SEP]`.
        let document = |entry: &Entry| title(entry) + usize::from(entry.n_abstract) + 3;
        let tokens: usize = train.iter().map(document).sum();
        let cut = |at: usize| {
            let longer = train.iter().filter(|entry| document(entry) > at).count();
            let beyond: usize = train
                .iter()
                .map(|entry| document(entry).saturating_sub(at))
                .sum();
            (
                at,
                longer as f64 / train.len().max(1) as f64,
                beyond as f64 / tokens.max(1) as f64,
            )
        };
        let mut by_class = vec![0_usize; corpus.classes.len()];
        let mut years = std::collections::BTreeMap::new();
        for entry in train {
            by_class[usize::from(entry.label)] += 1;
            *years.entry(entry.year).or_insert(0) += 1;
        }
        by_class.retain(|&n| n > 0);
        Self {
            train: train.len(),
            valid: corpus.valid.len(),
            categories: by_class.len(),
            per_category: (
                by_class.iter().copied().min().unwrap_or(0),
                by_class.iter().copied().max().unwrap_or(0),
            ),
            title_tokens: quantiles(train.iter().map(title).collect()),
            document_tokens: quantiles(train.iter().map(document).collect()),
            cut_in_training: cut(document_tokens),
            cut_in_the_page: cut(max_tokens),
            tokens,
            years: years.into_iter().collect(),
            dropped: corpus.dropped,
        }
    }
}

/// Median, 95th percentile, largest.
fn quantiles(mut values: Vec<usize>) -> [usize; 3] {
    values.sort_unstable();
    let n = values.len();
    let at = |place: usize| {
        values
            .get(place.min(n.saturating_sub(1)))
            .copied()
            .unwrap_or(0)
    };
    [at(n / 2), at(n * 95 / 100), at(n)]
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = self.per_category;
        writeln!(
            f,
            "{} papers to train on, {} to choose by; {} categories of {least} to {most} papers",
            self.train, self.valid, self.categories
        )?;
        let [median, high, longest] = self.title_tokens;
        writeln!(
            f,
            "  tokens of a title: median {median}, 95 % below {high}, longest {longest}"
        )?;
        let [median, high, longest] = self.document_tokens;
        writeln!(
            f,
            "  of a document: median {median}, 95 % below {high}, longest {longest}"
        )?;
        for ((at, longer, beyond), place) in [
            (self.cut_in_training, "in training"),
            (self.cut_in_the_page, "in the page"),
        ] {
            writeln!(
                f,
                "  cut at {at} {place}: {:.1} % of documents, {:.1} % of tokens",
                100.0 * longer,
                100.0 * beyond
            )?;
        }
        let dropped = &self.dropped;
        writeln!(f, "  {dropped}")?;
        writeln!(
            f,
            "  {} abstracts without the title that stood in them; {} kept shortened",
            dropped.stripped, dropped.cut
        )?;
        if let (Some((first, _)), Some((last, _))) = (
            self.years.iter().find(|(year, _)| *year > 0),
            self.years.last(),
        ) {
            writeln!(f, "  years {first} to {last}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::batches::tests::corpus;
    use super::*;

    #[test]
    fn figures_are_those_of_the_papers() {
        let found = Statistics::of(&corpus(120), 15, 20);
        assert_eq!((found.train, found.valid, found.categories), (90, 30, 3));
        assert_eq!(found.per_category, (30, 30));
        assert_eq!(found.title_tokens, [2; 3]);
        assert_eq!(found.document_tokens, [20; 3]);
        assert_eq!(found.cut_in_training, (15, 1.0, 0.25));
        assert_eq!(found.cut_in_the_page, (20, 0.0, 0.0));
        assert_eq!(found.years, [(2000, 90)]);
        let said = found.to_string();
        assert!(
            said.contains("cut at 15 in training: 100.0 % of documents, 25.0 %"),
            "{said}"
        );
    }
}
