//! What suggestions come to against the labels of a file: every figure from [`shared::metrics`].

use std::collections::HashMap;

use shared::metrics::{self, Bin, ConfusedPair, Confusion, Predicted};
use shared::taxonomy;

use super::{Outcome, Placed, Run};

/// Pairs of classes listed as confused.
const N_CONFUSED: usize = 10;
/// Classes in the table of confusions, the most frequent ones.
const N_IN_TABLE: usize = 10;

/// The figures of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Rows judged: those with a suggestion and a label that the classifier knows.
    pub n: usize,
    /// Rows with a suggestion whose label is none of the classifier's, or missing.
    pub n_unlabelled: usize,
    /// Share whose label is the most probable class.
    pub top_1: f64,
    /// Share whose label is among the five most probable.
    pub top_5: f64,
    /// Mean F1 of the classes that occur.
    pub macro_f1: f64,
    /// How far stated probability and accuracy are apart on average.
    pub calibration_error: f64,
    /// Rows for which a category was named, and those of them for which it was right.
    pub named: (usize, usize),
    /// Share whose label is in the prediction set; none where the classifier knows no sets.
    pub in_set: Option<f64>,
    /// Stated probability and how often it was right, by bins that hold something, with where each begins.
    pub reliability: Vec<(f64, Bin)>,
    /// Pairs of classes that were confused most often.
    pub confused: Vec<Pair>,
    /// How often the most frequent classes were taken for each other.
    pub table: Table,
}

/// A class that was taken for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The label.
    pub label: String,
    /// What it was taken for.
    pub taken_for: String,
    /// How often.
    pub n: u32,
    /// Rows of that label.
    pub of: u32,
}

/// Part of the confusion matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The classes, the most frequent first.
    pub classes: Vec<String>,
    /// By label: how often it was taken for each of the classes, then for any other.
    pub rows: Vec<Vec<u32>>,
}

/// A prediction of which the first classes are kept.
struct Kept<'a> {
    placed: &'a Placed,
    label: usize,
    n_classes: usize,
}

impl Predicted for Kept<'_> {
    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn label(&self) -> usize {
        self.label
    }

    fn top(&self) -> (usize, f64) {
        let (class, p) = self.placed.ranked[0];
        (usize::from(class), p)
    }

    fn rank(&self) -> usize {
        let is_label = |(class, _): &(u16, f64)| usize::from(*class) == self.label;
        // Whatever is not kept is beyond every rank that is asked about.
        let place = self.placed.ranked.iter().position(is_label);
        place.unwrap_or(self.n_classes)
    }
}

/// The figures of what is done so far; `None` where no row has a label that the classifier knows.
pub fn judge(run: &Run) -> Option<Judgement> {
    let labels = Labels::of(&run.classes);
    let mut n_unlabelled = 0;
    let mut judged = Vec::new();
    for (row, outcome) in run.file.rows.iter().zip(&run.outcomes) {
        let Outcome::Placed(placed) = outcome else {
            continue;
        };
        match labels.class_of(&row.label) {
            Some(label) if !placed.ranked.is_empty() => judged.push(Kept {
                placed,
                label,
                n_classes: run.classes.len(),
            }),
            _ => n_unlabelled += 1,
        }
    }
    if judged.is_empty() {
        return None;
    }
    let named = judged.iter().filter(|one| one.placed.is_named());
    let right = named.clone().filter(|one| one.rank() == 0);
    let named = (named.count(), right.count());
    let knows_sets = judged.iter().all(|one| one.placed.set.is_some());
    let holds = |one: &&Kept| one.rank() < one.placed.set().len();
    let in_set =
        knows_sets.then(|| judged.iter().filter(holds).count() as f64 / judged.len() as f64);
    let bins = metrics::reliability(&judged);
    let reliability = (0..).zip(bins).filter(|(_, bin)| bin.n > 0);
    let confusion = Confusion::of(&judged);
    let name = |class: usize| run.classes[class].clone();
    let confused = confusion.most_confused(N_CONFUSED).into_iter();
    Some(Judgement {
        n: judged.len(),
        n_unlabelled,
        top_1: metrics::top_k_accuracy(&judged, 1),
        top_5: metrics::top_k_accuracy(&judged, 5),
        macro_f1: metrics::macro_f1(&judged),
        calibration_error: metrics::calibration_error(&judged),
        named,
        in_set,
        reliability: reliability
            .map(|(at, bin)| (f64::from(at) / metrics::N_BINS as f64, bin))
            .collect(),
        confused: confused
            .map(
                |ConfusedPair {
                     label,
                     predicted,
                     n,
                     of,
                 }| Pair {
                    label: name(label),
                    taken_for: name(predicted),
                    n,
                    of,
                },
            )
            .collect(),
        table: table(&run.classes, &confusion),
    })
}

fn table(classes: &[String], confusion: &Confusion) -> Table {
    let n = classes.len();
    let total = |label: usize| -> u32 { (0..n).map(|to| confusion.count(label, to)).sum() };
    let mut frequent: Vec<(u32, usize)> = (0..n)
        .map(|label| (total(label), label))
        .filter(|(n, _)| *n > 0)
        .collect();
    frequent.sort_by_key(|&(n, label)| (std::cmp::Reverse(n), label));
    frequent.truncate(N_IN_TABLE);
    let row = |&(all, label): &(u32, usize)| {
        let mut row: Vec<u32> = frequent
            .iter()
            .map(|&(_, to)| confusion.count(label, to))
            .collect();
        row.push(all - row.iter().sum::<u32>());
        row
    };
    Table {
        rows: frequent.iter().map(row).collect(),
        classes: frequent
            .iter()
            .map(|&(_, label)| classes[label].clone())
            .collect(),
    }
}

/// The classifier's classes by what files call them.
struct Labels<'a> {
    by_name: HashMap<&'a str, usize>,
}

impl<'a> Labels<'a> {
    fn of(classes: &'a [String]) -> Self {
        let by_name = classes.iter().map(String::as_str).zip(0..);
        Self {
            by_name: by_name.collect(),
        }
    }

    /// The class that a label means: the label itself, or the first code in it that is one, as in `cs.LG stat.ML`
    /// and `Machine Learning (cs.LG)`. arXiv's aliases and closed archives are followed.
    fn class_of(&self, label: &str) -> Option<usize> {
        let of_code = |code: &str| {
            let now = || Some(taxonomy::canonical(code)?.code);
            let found = self.by_name.get(code);
            found.or_else(|| self.by_name.get(now()?)).copied()
        };
        let words = || label.split(|c: char| c.is_whitespace() || ",;|()[]'\"".contains(c));
        // The first code counts, known to the classifier or not: it is the primary category.
        of_code(label.trim()).or_else(|| {
            let first = words().find(|word| {
                self.by_name.contains_key(word) || taxonomy::canonical(word).is_some()
            });
            of_code(first?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_understood_as_files_write_them() {
        let classes = ["cs.CL", "cs.LG", "math.NA", "soil science"].map(str::to_owned);
        let labels = Labels::of(&classes);
        for (label, wanted) in [
            ("cs.LG", Some(1)),
            (" cs.LG stat.ML", Some(1)),
            ("['cs.CL', 'cs.LG']", Some(0)),
            ("Machine Learning (cs.LG); Computation (cs.CL)", Some(1)),
            ("cs.NA", Some(2)),
            ("cmp-lg", Some(0)),
            ("soil science", Some(3)),
            // The primary category is none of the classes; the cross-list is not the answer.
            ("hep-th cs.LG", None),
            ("", None),
            ("sheep", None),
        ] {
            assert_eq!(labels.class_of(label), wanted, "{label:?}");
        }
    }
}
