//! A temperature that depends on how sure a classifier is: one number cannot be right for the sure and for the unsure
//! where both are wrong in different ways (as in Joy et al. 2023, arXiv:2207.06211, who learn it from the input).

use anyhow::Result;
use rayon::prelude::*;
use shared::artifact::confidence_factor;

use super::data::Labelled;
use super::lbfgs;

/// Of fewer papers, three numbers would say more of their chance than of the classifier.
const LEAST_PAPERS: usize = 500;
/// How strongly the numbers are held near nought.
const PENALTY: f64 = 1e-4;
/// Between two points that a slope is taken from.
const STEP: f64 = 1e-4;

/// The `[a, b, c]` of [`shared::artifact::ClassifierMeta::by_confidence`] for `rows[papers, classes]`, probabilities at
/// the temperature: those of least log-loss of the first class being right or not, which is the promise that
/// people read. None where there are few papers.
///
/// # Errors
/// Where a probability is no number.
pub(super) fn fit(rows: &[Vec<f64>], papers: &[Labelled]) -> Result<Option<[f64; 3]>> {
    if papers.len() < LEAST_PAPERS {
        return Ok(None);
    }
    let papers: Vec<(Vec<f64>, bool)> = (rows.par_iter().zip(papers))
        .map(|(row, paper)| {
            let first = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
            let logs = row.iter().map(|p| p.max(f64::MIN_POSITIVE).ln()).collect();
            (logs, first == Some(paper.label))
        })
        .collect();
    let loss = |at: &[f64]| -> f64 {
        let at = [at[0], at[1], at[2]];
        let losses: Vec<f64> = (papers.par_iter())
            .map(|(logs, right)| {
                let stated = stated(logs, at).clamp(1e-9, 1.0 - 1e-9);
                -(if *right { stated } else { 1.0 - stated }).ln()
            })
            .collect();
        let held: f64 = at.iter().map(|x| x * x).sum();
        losses.iter().sum::<f64>() / losses.len() as f64 + PENALTY * held
    };
    let found = lbfgs::minimize(
        vec![0.0; 3],
        |at| {
            let slope = |i: usize| {
                let [mut up, mut down] = [at.to_vec(), at.to_vec()];
                up[i] += STEP;
                down[i] -= STEP;
                (loss(&up) - loss(&down)) / (2.0 * STEP)
            };
            Ok((loss(at), (0..3).map(slope).collect()))
        },
        |_| true,
    )?;
    Ok(Some([found[0], found[1], found[2]]))
}

/// The first class' probability, from logarithms of probabilities at the plain temperature.
fn stated(logs: &[f64], by_confidence: [f64; 3]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let factor = confidence_factor(by_confidence, largest.exp());
    1.0 / (logs.iter().map(|log| ((log - largest) / factor).exp())).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_too_sure_at_the_top_and_not_sure_enough_below_is_mended() {
        // 90 % is right in 75, 40 % in 50 of a hundred.
        let (mut rows, mut papers) = (Vec::new(), Vec::new());
        for i in 0..1000 {
            let (first, right) = if i < 500 {
                (0.9, i % 4 != 0)
            } else {
                (0.4, i % 2 == 0)
            };
            let rest = (1.0 - first) / 3.0;
            rows.push(vec![first, rest, rest, rest]);
            papers.push(Labelled {
                vector: Vec::new(),
                label: usize::from(!right),
            });
        }
        let found = fit(&rows, &papers)
            .expect("numbers")
            .expect("enough papers");
        let stated = |row: &[f64]| {
            let logs: Vec<f64> = row.iter().map(|p| p.ln()).collect();
            stated(&logs, found)
        };
        let (sure, unsure) = (stated(&rows[0]), stated(&rows[999]));
        assert!((sure - 0.75).abs() < 0.01, "{sure}");
        assert!((unsure - 0.5).abs() < 0.01, "{unsure}");
        assert_eq!(fit(&rows[..99], &papers[..99]).expect("numbers"), None);
    }
}
