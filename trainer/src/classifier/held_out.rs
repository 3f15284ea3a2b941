//! Prediction sets and abstention: thresholds chosen on one half of the held-out papers, judged on the other.

use shared::Classifier;
use shared::artifact::{Abstention, Bin, HeldOut, PredictionSet};

use super::data::Part;

/// Share of papers whose category the prediction set holds.
const LEVEL: f64 = 0.9;
/// Where a category is named, it is to be right for this share of papers.
const ACCURACY: f64 = 0.6;
/// Ranges of probability that papers are counted in, each of about as many.
const BINS: usize = 10;

/// A paper with its classes, most probable first, and the place of its own among them.
struct Ranked {
    classes: Vec<(usize, f64)>,
    own: usize,
}

/// Chooses thresholds by `calibration` and measures what they do on `report`; nothing where either is empty.
///
/// `classifier` is calibrated already.
pub(super) fn judge(classifier: &Classifier, calibration: &Part, report: &Part) -> Option<HeldOut> {
    let rank = |part: &Part| -> Vec<Ranked> {
        let ranked = part.papers.iter().zip(&part.pieces).map(|(paper, pieces)| {
            let classes = classifier.classify(&paper.vector, pieces);
            let own = classes.iter().position(|(class, _)| *class == paper.label);
            let own = own.expect("a label is a class");
            Ranked { classes, own }
        });
        ranked.collect()
    };
    let (calibration, report) = (rank(calibration), rank(report));
    if calibration.is_empty() || report.is_empty() {
        return None;
    }
    let own = calibration.iter().map(|one| one.classes[one.own].1);
    let mut held_out = HeldOut {
        papers: report.len(),
        set: PredictionSet {
            level: LEVEL,
            least: conformal(own.collect()),
            coverage: 0.0,
            mean_size: 0.0,
        },
        abstention: Abstention {
            least: 0.0,
            answered: 0.0,
            accuracy: 0.0,
        },
        reliability: ranges(&report),
    };
    held_out.abstention.least = threshold(&held_out, &calibration);
    let n = report.len() as f64;
    let sizes = report.iter().map(|one| held_out.set_of(&one.classes));
    let inside = report
        .iter()
        .filter(|one| one.own < held_out.set_of(&one.classes));
    let named = report.iter().filter(|one| held_out.names(&one.classes));
    let named: Vec<&Ranked> = named.collect();
    let right = named.iter().filter(|one| one.own == 0).count();
    let (coverage, mean_size) = (inside.count() as f64 / n, sizes.sum::<usize>() as f64 / n);
    (held_out.set.coverage, held_out.set.mean_size) = (coverage, mean_size);
    held_out.abstention.answered = named.len() as f64 / n;
    held_out.abstention.accuracy = right as f64 / named.len().max(1) as f64;
    Some(held_out)
}

/// The probability that at least ⌈(n + 1) · level⌉ of n true classes have (Sadinle et al. 2019, §4,
/// arXiv:1609.00451); 0 where n is too small for that.
fn conformal(mut own: Vec<f64>) -> f64 {
    own.sort_by(|a, b| b.total_cmp(a));
    let rank = ((own.len() + 1) as f64 * LEVEL).ceil() as usize;
    own.get(rank - 1).copied().unwrap_or(0.0)
}

/// The least probability from which on a first class is right for [`ACCURACY`] of the papers; 1 where it never
/// is.
fn threshold(held_out: &HeldOut, papers: &[Ranked]) -> f64 {
    // With nothing asked of the probability, only the sets' size has a say.
    let mut named: Vec<(f64, bool)> = papers
        .iter()
        .filter(|one| held_out.names(&one.classes))
        .map(|one| (one.classes[0].1, one.own == 0))
        .collect();
    named.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut least) = (0, 1.0);
    for (at, (probability, is_right)) in named.iter().enumerate() {
        right += usize::from(*is_right);
        // Of equal probabilities all are named or none.
        let whole = named.get(at + 1).is_none_or(|next| next.0 < *probability);
        if whole && right as f64 >= ACCURACY * (at + 1) as f64 {
            least = *probability;
        }
    }
    least
}

/// Papers by the probability of their first class.
fn ranges(papers: &[Ranked]) -> Vec<Bin> {
    let mut firsts: Vec<(f64, bool)> = papers
        .iter()
        .map(|one| (one.classes[0].1, one.own == 0))
        .collect();
    firsts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut bins: Vec<Bin> = Vec::new();
    for chunk in firsts.chunks(firsts.len().div_ceil(BINS)) {
        let from = if bins.is_empty() { 0.0 } else { chunk[0].0 };
        let papers = chunk.len() as u32;
        let right = chunk.iter().filter(|(_, right)| *right).count() as u32;
        match bins.last_mut() {
            // Equal probabilities are one range.
            Some(last) if last.from >= from => {
                last.papers += papers;
                last.right += right;
            }
            _ => bins.push(Bin {
                from,
                papers,
                right,
            }),
        }
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::super::data::Labelled;
    use super::*;

    fn ranked(first: f64, own: usize) -> Ranked {
        let rest = 1.0 - first;
        Ranked {
            classes: vec![(7, first), (8, rest * 0.75), (9, rest * 0.25)],
            own,
        }
    }

    #[test]
    fn the_conformal_threshold_is_the_quantile_of_n_and_one() {
        let own: Vec<f64> = (1..=19).map(|i| f64::from(i) / 20.0).collect();
        // The 18th of 19, from above.
        assert!((conformal(own) - 0.1).abs() < 1e-12);
        // Of eight, none is the ninth.
        assert_eq!(conformal(vec![0.5; 8]), 0.0);
        assert_eq!(conformal(vec![0.5; 9]), 0.5);
    }

    #[test]
    fn sets_cover_what_they_promise_on_papers_that_chose_nothing() {
        // Of a thousand papers each, one in `n` has its second class; both halves alike.
        let papers: Vec<Labelled> = (0..1000)
            .map(|i| Labelled {
                vector: vec![(i % 10) as f32 / 10.0, 1.0],
                label: usize::from(i * 7 % 10 < 5 - i % 10 / 2),
            })
            .collect();
        let meta = shared::artifact::ClassifierMeta {
            model_sha256: shared::Sha256::default(),
            dim: 2,
            classes: ["a", "b"].map(str::to_owned).to_vec(),
            temperature: 1.0,
            by_confidence: None,
            description: String::new(),
            held_out: None,
            words: None,
            cross: None,
        };
        let classifier = Classifier::new(&meta, &[2.0, 0.0, 0.0, 0.0], &[0.0, 0.0], None);
        let classifier = classifier.expect("the parts fit");
        let part = |papers: &[Labelled]| Part {
            papers: papers.to_vec(),
            beside: vec![Vec::new(); papers.len()],
            pieces: vec![Vec::new(); papers.len()],
        };
        let (calibration, report) = (part(&papers[..500]), part(&papers[500..]));
        let found = judge(&classifier, &calibration, &report).expect("there are papers");
        assert!(
            found.set.coverage >= 0.9 && found.set.mean_size < 2.0,
            "{found:?}"
        );
        assert!(found.abstention.accuracy >= 0.58, "{found:?}");
        assert!(found.abstention.answered > 0.3, "{found:?}");
        let counted: u32 = found.reliability.iter().map(|bin| bin.papers).sum();
        assert_eq!(counted, 500);
        assert_eq!(judge(&classifier, &report, &part(&[])), None);
    }

    #[test]
    fn the_threshold_is_the_least_that_is_right_often_enough() {
        let held_out = HeldOut {
            papers: 0,
            set: PredictionSet {
                level: 0.9,
                least: 0.05,
                coverage: 0.0,
                mean_size: 0.0,
            },
            abstention: Abstention {
                least: 0.0,
                answered: 0.0,
                accuracy: 0.0,
            },
            reliability: Vec::new(),
        };
        let of = |rows: &[(f64, usize)]| {
            let rows: Vec<Ranked> = rows.iter().map(|&(p, own)| ranked(p, own)).collect();
            threshold(&held_out, &rows)
        };
        // Three of five from 0.5 on; the two of 0.4 go together, and would make it three of seven.
        let rows = [
            (0.9, 0),
            (0.8, 1),
            (0.7, 0),
            (0.6, 0),
            (0.5, 2),
            (0.4, 1),
            (0.4, 0),
        ];
        assert!((of(&rows) - 0.5).abs() < 1e-12);
        assert_eq!(of(&[(0.9, 1), (0.8, 1)]), 1.0);
    }

    #[test]
    fn ranges_begin_at_nought_and_count_everybody() {
        let papers: Vec<Ranked> = (0..40)
            .map(|i| ranked(0.5 + f64::from(i / 4) / 20.0, i as usize % 2))
            .collect();
        let bins = ranges(&papers);
        assert_eq!(bins.len(), 10);
        assert_eq!((bins[0].from, bins[9].papers, bins[9].right), (0.0, 4, 2));
        let same = ranges(&(0..40).map(|_| ranked(0.7, 0)).collect::<Vec<_>>());
        let same: Vec<(u32, u32)> = same.iter().map(|bin| (bin.papers, bin.right)).collect();
        assert_eq!(same.iter().map(|bin| bin.0).sum::<u32>(), 40);
    }
}
