//! Cross-lists: which categories papers are listed in beside their primary one, learned from those of the training
//! papers, calibrated on one half of the held-out papers and judged on the other.

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use shared::Classifier;
use shared::artifact::{CrossLists, CrossMeta, log_odds};

use super::data::{Data, Part};
use super::lbfgs;

/// Of suggested cross-lists, this share is to be right.
const PRECISION: f64 = 0.5;
/// Less probable ones are never suggested, however often the others are right.
const LEAST_PROBABILITY: f64 = 0.25;
/// Rates below are as good as none, and cost bytes.
const LEAST_RATE: f64 = 0.002;
/// Of fewer papers, three numbers would say more of their chance than of the classifier.
const LEAST_PAPERS: usize = 500;
/// How strongly the numbers are held near nought.
const PENALTY: f64 = 1e-6;

/// A paper's classes, most probable first, and for each whether the paper is listed in it.
struct Ranked {
    classes: Vec<(usize, f64)>,
    listed: Vec<bool>,
}

/// Learns cross-lists for a calibrated `classifier`; none where too few papers calibrate or report, where no paper is
/// listed twice, or where no threshold makes enough of the suggested ones right.
///
/// # Errors
/// Where a probability is no number.
pub(super) fn fit(classifier: &Classifier, data: &Data) -> Result<Option<CrossLists>> {
    let n_classes = data.classes.len();
    let enough = data.calibration.papers.len() >= LEAST_PAPERS && !data.report.papers.is_empty();
    if !enough || n_classes > CrossLists::MOST_CLASSES {
        return Ok(None);
    }
    let rows = rates(&data.listed_with);
    if rows.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    let mut meta = CrossMeta {
        weights: [0.0; 3],
        least: 0.0,
        papers: data.report.papers.len(),
        mean: 0.0,
        precision: 0.0,
        recall: 0.0,
    };
    let with = |meta: CrossMeta| -> Result<Classifier> {
        let lists = CrossLists::new(meta, &rows)?;
        Ok(classifier.with_cross_lists(&lists)?)
    };
    let calibration = ranked(classifier, &data.calibration);
    let lists = CrossLists::new(meta, &rows)?;
    meta.weights = weights(&lists, &calibration)?;
    meta.least = LEAST_PROBABILITY;
    let suggested = suggested(&with(meta)?, &calibration);
    let Some(least) = threshold(suggested.iter().flatten().copied().collect()) else {
        return Ok(None);
    };
    meta.least = least;
    let report = ranked(classifier, &data.report);
    let judged = with(meta)?;
    let found: Vec<(f64, bool)> = self::suggested(&judged, &report).concat();
    let right = found.iter().filter(|(_, right)| *right).count();
    let listed: usize = (report.iter())
        .map(|paper| paper.listed[1..].iter().filter(|listed| **listed).count())
        .sum();
    meta.mean = found.len() as f64 / report.len() as f64;
    meta.precision = right as f64 / found.len().max(1) as f64;
    meta.recall = right as f64 / listed.max(1) as f64;
    Ok(Some(CrossLists::new(meta, &rows).context("they fitted")?))
}

/// Shares of each class' papers that are listed in others, of counts `[classes][classes]` whose diagonal has the
/// papers of a class.
fn rates(listed_with: &[Vec<u32>]) -> Vec<Vec<(u8, u16)>> {
    let of_class = |(class, counts): (usize, &Vec<u32>)| {
        let papers = f64::from(counts[class].max(1));
        let shares = counts.iter().map(|&count| f64::from(count) / papers);
        let others = shares.enumerate().filter(|&(other, _)| other != class);
        others
            .filter(|(_, share)| *share >= LEAST_RATE)
            .map(|(other, share)| (other as u8, (share * f64::from(u16::MAX)).round() as u16))
            .collect()
    };
    listed_with.iter().enumerate().map(of_class).collect()
}

fn ranked(classifier: &Classifier, part: &Part) -> Vec<Ranked> {
    (part.papers.par_iter().zip(&part.pieces).zip(&part.beside))
        .map(|((paper, pieces), beside)| {
            let classes = classifier.classify(&paper.vector, pieces);
            let listed = classes
                .iter()
                .map(|(class, _)| *class == paper.label || beside.contains(class));
            Ranked {
                listed: listed.collect(),
                classes,
            }
        })
        .collect()
}

/// The weights of least log-loss of a class being listed or not, over all classes but each paper's first one.
fn weights(lists: &CrossLists, papers: &[Ranked]) -> Result<[f64; 3]> {
    // Each class' two logarithms, got from what they weigh alone.
    let points: Vec<([f64; 2], bool)> = (papers.par_iter())
        .flat_map_iter(|paper| {
            let mut probabilities = vec![0.0; paper.classes.len()];
            for &(class, probability) in &paper.classes {
                probabilities[class] = probability;
            }
            let expected = lists.expected(&probabilities);
            let others = paper.classes.iter().zip(&paper.listed).skip(1);
            others
                .map(|(&(class, probability), &listed)| {
                    let part = |weights| log_odds(weights, expected[class], probability);
                    ([part([1.0, 0.0, 0.0]), part([0.0, 1.0, 0.0])], listed)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let n = papers.len() as f64;
    let found = lbfgs::minimize(
        vec![1.0, 0.0, 0.0],
        |at| {
            let sums = points.par_iter().map(|&([x, y], listed)| {
                let odds = at[0] * x + at[1] * y + at[2];
                let p = 1.0 / (1.0 + (-odds).exp());
                let off = p - f64::from(u8::from(listed));
                // ln(1 + e^z) without overflow.
                let signed = if listed { -odds } else { odds };
                let loss = signed.max(0.0) + (-signed.abs()).exp().ln_1p();
                [loss, off * x, off * y, off]
            });
            // Added up in one order, so that a fit gives the same numbers every time.
            let parts: Vec<[f64; 4]> = sums.collect();
            let mut sum = [0.0; 4];
            for part in parts {
                for (sum, term) in sum.iter_mut().zip(part) {
                    *sum += term;
                }
            }
            let held: f64 = at.iter().map(|w| w * w).sum();
            let gradient = (0..3).map(|i| sum[i + 1] / n + 2.0 * PENALTY * at[i]);
            Ok((sum[0] / n + PENALTY * held, gradient.collect()))
        },
        |_| true,
    )?;
    Ok([found[0], found[1], found[2]])
}

/// What is suggested for each paper: probability, and whether the paper is listed there.
fn suggested(classifier: &Classifier, papers: &[Ranked]) -> Vec<Vec<(f64, bool)>> {
    (papers.par_iter())
        .map(|paper| {
            let lists = classifier.cross_lists(&paper.classes);
            let right = |class: usize| {
                let at = paper.classes.iter().position(|(of, _)| *of == class);
                at.is_some_and(|at| paper.listed[at])
            };
            lists
                .into_iter()
                .map(|(class, p)| (p, right(class)))
                .collect()
        })
        .collect()
}

/// The least probability from which on a share of [`PRECISION`] is right; none where it never is.
fn threshold(mut suggested: Vec<(f64, bool)>) -> Option<f64> {
    suggested.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut least) = (0, None);
    for (at, &(probability, is_right)) in suggested.iter().enumerate() {
        right += usize::from(is_right);
        // Of equal probabilities all are suggested or none.
        let whole = suggested
            .get(at + 1)
            .is_none_or(|next| next.0 < probability);
        if whole && right as f64 >= PRECISION * (at + 1) as f64 {
            least = Some(probability);
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use shared::Sha256;
    use shared::artifact::ClassifierMeta;

    use super::super::data::Labelled;
    use super::*;

    #[test]
    fn the_threshold_is_the_least_at_which_half_are_right() {
        let of = |all: &[(f64, bool)]| threshold(all.to_vec());
        let all = [
            (0.9, true),
            (0.8, false),
            (0.7, true),
            (0.6, false),
            (0.5, false),
        ];
        assert_eq!(of(&all), Some(0.6));
        assert_eq!(of(&[(0.9, true), (0.5, false), (0.5, false)]), Some(0.9));
        assert_eq!(of(&[(0.9, false)]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn rates_are_shares_of_the_papers_of_a_class() {
        let rows = rates(&[vec![1000, 500, 1], vec![0, 0, 0], vec![4, 0, 4]]);
        assert_eq!(rows, [vec![(1, 32_768)], vec![], vec![(0, 65_535)]]);
    }

    /// Papers of class 0 are listed in 1 where their vector's second entry says so; the classifier sees it as a
    /// second choice, and papers of class 2 are listed in nothing.
    #[test]
    fn categories_that_go_together_are_suggested_and_judged() {
        let meta = ClassifierMeta {
            model_sha256: Sha256::of(b"a model"),
            dim: 2,
            classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
            temperature: 1.0,
            by_confidence: None,
            description: String::new(),
            held_out: None,
            words: None,
            cross: None,
        };
        let weights = [4.0, 0.0, 0.0, 3.0, -4.0, 0.0];
        let classifier = Classifier::new(&meta, &weights, &[0.0; 3], None).expect("it fits");
        let part = |n: usize| {
            let mut part = Part::default();
            for i in 0..n {
                let (label, second) = (2 * (i % 2), i / 2 % 2);
                let vector = vec![1.0 - label as f32, second as f32];
                part.papers.push(Labelled { vector, label });
                part.pieces.push(Vec::new());
                let is_listed = label == 0 && second == 1;
                part.beside
                    .push(if is_listed { vec![1] } else { Vec::new() });
            }
            part
        };
        let mut data = Data {
            classes: meta.classes.clone(),
            listed_with: vec![vec![100, 50, 0], vec![0, 10, 0], vec![0, 0, 100]],
            calibration: part(800),
            report: part(400),
            ..Data::default()
        };
        let lists = fit(&classifier, &data).expect("numbers").expect("enough");
        let found = lists.meta();
        assert_eq!((found.precision, found.recall), (1.0, 1.0), "{found:?}");
        assert_eq!(found.mean, 0.25);
        let judged = classifier.with_cross_lists(&lists).expect("they fit");
        let of = |vector: [f32; 2]| judged.cross_lists(&judged.classify(&vector, &[]));
        assert_eq!(of([1.0, 1.0]).len(), 1);
        assert_eq!(of([1.0, 1.0])[0].0, 1);
        assert!(of([1.0, 0.0]).is_empty() && of([-1.0, 0.0]).is_empty());
        data.calibration = part(40);
        assert!(fit(&classifier, &data).expect("numbers").is_none());
    }
}
