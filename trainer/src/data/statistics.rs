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
    /// Training papers of the smallest of these.
    pub smallest_category: usize,
    /// Training papers of the largest.
    pub largest_category: usize,
    /// Tokens of all documents as they are kept.
    pub tokens: usize,
    /// How long texts are before anything is cut.
    pub lengths_in_tokens: Texts<Lengths>,
    /// What is cut.
    pub cut: Places<Cut>,
    /// Papers by year, ascending; those of no known year first.
    pub years: Vec<Year>,
    /// What was left out.
    pub dropped: Dropped,
}

/// A figure of each kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Texts<T> {
    /// Of titles.
    pub title: T,
    /// Of `{title}. {abstract}` with its frame.
    pub document: T,
}

/// Lengths of texts, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lengths {
    /// Half of them are shorter.
    pub median: usize,
    /// 95 % of them are shorter.
    pub percentile_95: usize,
    /// The longest one.
    pub longest: usize,
}

/// A figure of each place that cuts documents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Places<T> {
    /// In training.
    pub in_training: T,
    /// In the page.
    pub in_the_page: T,
}

/// What a length cuts off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cut {
    /// Tokens that are kept.
    pub at: usize,
    /// Share of documents that are longer, 0 to 1.
    pub share_of_documents: f64,
    /// Share of all tokens that are cut off, 0 to 1.
    pub share_of_tokens: f64,
}

/// The training papers of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Year {
    /// The year; absent where it is not known.
    pub year: Option<u16>,
    /// How many.
    pub papers: usize,
}

impl Statistics {
    /// Counts.
    pub fn of(corpus: &Corpus, document_tokens: usize, max_tokens: usize) -> Self {
        let train = &corpus.train;
        let title = |entry: &Entry| usize::from(entry.n_title);
        // `[CLS]`, the period behind the title, `[SEP]`.
        let kept = |entry: &Entry| title(entry) + usize::from(entry.n_abstract) + 3;
        let document = |entry: &Entry| kept(entry) + usize::from(entry.n_cut);
        let whole: usize = train.iter().map(document).sum();
        let cut = |at: usize| {
            let longer = train.iter().filter(|entry| document(entry) > at).count();
            let beyond: usize = train
                .iter()
                .map(|entry| document(entry).saturating_sub(at))
                .sum();
            Cut {
                at,
                share_of_documents: longer as f64 / train.len().max(1) as f64,
                share_of_tokens: beyond as f64 / whole.max(1) as f64,
            }
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
            smallest_category: by_class.iter().copied().min().unwrap_or(0),
            largest_category: by_class.iter().copied().max().unwrap_or(0),
            tokens: train.iter().map(kept).sum(),
            lengths_in_tokens: Texts {
                title: lengths(train.iter().map(title).collect()),
                document: lengths(train.iter().map(document).collect()),
            },
            cut: Places {
                in_training: cut(document_tokens),
                in_the_page: cut(max_tokens),
            },
            years: (years.into_iter())
                .map(|(year, papers)| Year {
                    year: (year > 0).then_some(year),
                    papers,
                })
                .collect(),
            dropped: corpus.dropped,
        }
    }
}

fn lengths(mut values: Vec<usize>) -> Lengths {
    values.sort_unstable();
    let n = values.len();
    let at = |place: usize| {
        values
            .get(place.min(n.saturating_sub(1)))
            .copied()
            .unwrap_or(0)
    };
    Lengths {
        median: at(n / 2),
        percentile_95: at(n * 95 / 100),
        longest: at(n),
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} papers to train on, {} to choose by; {} categories of {} to {} papers",
            self.train, self.valid, self.categories, self.smallest_category, self.largest_category
        )?;
        let Texts { title, document } = self.lengths_in_tokens;
        for (lengths, text) in [(title, "tokens of a title"), (document, "of a document")] {
            writeln!(
                f,
                "  {text}: median {}, 95 % below {}, longest {}",
                lengths.median, lengths.percentile_95, lengths.longest
            )?;
        }
        for (cut, place) in [
            (self.cut.in_training, "in training"),
            (self.cut.in_the_page, "in the page"),
        ] {
            writeln!(
                f,
                "  cut at {} {place}: {:.1} % of documents, {:.1} % of tokens",
                cut.at,
                100.0 * cut.share_of_documents,
                100.0 * cut.share_of_tokens
            )?;
        }
        let dropped = &self.dropped;
        writeln!(f, "  {dropped}")?;
        writeln!(
            f,
            "  {} abstracts without the title that stood in them; {} kept shortened",
            dropped.stripped, dropped.cut
        )?;
        let mut years = self.years.iter().filter_map(|one| one.year);
        if let (Some(first), last) = (years.next(), years.next_back()) {
            writeln!(f, "  years {first} to {}", last.unwrap_or(first))?;
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
        assert_eq!((found.smallest_category, found.largest_category), (30, 30));
        let all = |n| Lengths {
            median: n,
            percentile_95: n,
            longest: n,
        };
        assert_eq!(found.lengths_in_tokens.title, all(2));
        assert_eq!(found.lengths_in_tokens.document, all(20));
        let cut = |at, share_of_documents, share_of_tokens| Cut {
            at,
            share_of_documents,
            share_of_tokens,
        };
        assert_eq!(found.cut.in_training, cut(15, 1.0, 0.25));
        assert_eq!(found.cut.in_the_page, cut(20, 0.0, 0.0));
        let (year, papers) = (Some(2000), 90);
        assert_eq!(found.years, [Year { year, papers }]);
        let said = found.to_string();
        assert!(
            said.contains("cut at 15 in training: 100.0 % of documents, 25.0 %"),
            "{said}"
        );
        assert!(said.contains("years 2000 to 2000"), "{said}");
    }

    #[test]
    fn tokens_that_are_not_kept_count_as_cut() {
        let mut corpus = corpus(120);
        corpus.train.truncate(2);
        corpus.train[1].n_cut = 60;
        let found = Statistics::of(&corpus, 20, 50);
        assert_eq!(found.lengths_in_tokens.document.longest, 80);
        assert_eq!(found.cut.in_training.share_of_documents, 0.5);
        assert_eq!(found.cut.in_training.share_of_tokens, 0.6, "60 of 100");
        assert_eq!(found.cut.in_the_page.share_of_tokens, 0.3, "30 of 100");
        assert_eq!(found.tokens, 40, "what is kept");
    }
}
