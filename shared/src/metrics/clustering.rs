//! How well groups that nobody named agree with categories that somebody did.

use std::collections::BTreeMap;

/// Agreement of a grouping with categories, each figure 0 to 1 (Rosenberg and Hirschberg 2007,
/// *V-measure: a conditional entropy-based external cluster evaluation measure*).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Grouping {
    /// 1 where each group holds papers of one category only.
    pub homogeneity: f64,
    /// 1 where each category's papers are in one group.
    pub completeness: f64,
    /// The harmonic mean of the two.
    pub v_measure: f64,
}

impl Grouping {
    /// Compares `categories[i]` and `groups[i]` of every paper `i`. Nothing to compare agrees fully, as
    /// in scikit-learn.
    ///
    /// # Panics
    /// Where the two are not equally long.
    pub fn of(categories: &[usize], groups: &[usize]) -> Self {
        assert_eq!(
            categories.len(),
            groups.len(),
            "every paper has a category and a group"
        );
        let pairs = || categories.iter().copied().zip(groups.iter().copied());
        let (by_category, by_group) = (
            counts(categories.iter().copied()),
            counts(groups.iter().copied()),
        );
        let n = categories.len() as f64;
        // Mutual information: what knowing a paper's group says about its category.
        let mutual: f64 = counts(pairs())
            .iter()
            .map(|(&(category, group), &both)| {
                let alone = f64::from(by_category[&category]) * f64::from(by_group[&group]);
                f64::from(both) / n * libm::log(n * f64::from(both) / alone)
            })
            .sum();
        // Clamped: rounding must not make a perfect grouping better than perfect.
        let share = |entropy: f64| {
            if entropy > 0.0 {
                (mutual / entropy).clamp(0.0, 1.0)
            } else {
                1.0
            }
        };
        let homogeneity = share(entropy(&by_category, n));
        let completeness = share(entropy(&by_group, n));
        let sum = homogeneity + completeness;
        Self {
            homogeneity,
            completeness,
            v_measure: if sum > 0.0 {
                2.0 * homogeneity * completeness / sum
            } else {
                0.0
            },
        }
    }
}

fn counts<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

fn entropy(counts: &BTreeMap<usize, u32>, n: f64) -> f64 {
    let term = |&count: &u32| {
        let share = f64::from(count) / n;
        -share * libm::log(share)
    };
    counts.values().map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_do_not_matter() {
        let perfect = Grouping::of(&[0, 0, 1, 1, 2], &[9, 9, 4, 4, 7]);
        assert_eq!(
            (perfect.homogeneity, perfect.completeness),
            (1.0, 1.0),
            "{perfect:?}"
        );
    }

    #[test]
    fn one_group_of_all_is_complete_and_says_nothing() {
        let one = Grouping::of(&[0, 1, 2], &[0, 0, 0]);
        assert_eq!((one.completeness, one.v_measure), (1.0, 0.0), "{one:?}");
        let none = Grouping::of(&[], &[]);
        assert_eq!(none.v_measure, 1.0);
    }
}
