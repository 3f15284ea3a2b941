//! L-BFGS (Nocedal and Wright, Numerical Optimization, Algorithms 7.4 and 7.5) for smooth convex
//! problems, with a backtracking line search.

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use rayon::prelude::*;

/// Steps remembered.
const MEMORY: usize = 10;
/// Iterations at most.
const MAX_ITERATIONS: usize = 300;
/// Ends where [`PAST`] iterations together let the loss fall by less than this share: one small
/// step alone says nothing on a badly scaled problem.
const TOLERANCE: f64 = 1e-6;
/// Iterations that are judged together.
const PAST: usize = 10;

/// Minimizes a function from `start`; `loss` gives value and gradient, and `goes_on` sees the point
/// that each iteration reached and may end the work there.
pub(crate) fn minimize(
    start: Vec<f64>,
    mut loss: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
    mut goes_on: impl FnMut(&[f64]) -> bool,
) -> Result<Vec<f64>> {
    let mut at = start;
    let (mut value, mut gradient) = loss(&at)?;
    let mut steps: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    let mut values = VecDeque::from([value]);
    for _ in 0..MAX_ITERATIONS {
        let direction = direction(&gradient, &steps);
        let slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            break;
        }
        let mut length = if steps.is_empty() {
            1.0 / dot(&gradient, &gradient).sqrt().max(1.0)
        } else {
            1.0
        };
        let (next, next_value, next_gradient) = loop {
            let next: Vec<f64> = at
                .iter()
                .zip(&direction)
                .map(|(x, d)| x + length * d)
                .collect();
            let (next_value, next_gradient) = loss(&next)?;
            ensure!(
                !next_value.is_nan(),
                "the loss is not a number: the embeddings are damaged"
            );
            if next_value <= value + 1e-4 * length * slope {
                break (next, next_value, next_gradient);
            }
            length *= 0.5;
            if length < 1e-10 {
                // No shorter step helps: this is the minimum as far as f32 losses can tell.
                return Ok(at);
            }
        };
        let step: Vec<f64> = next.iter().zip(&at).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = next_gradient
            .iter()
            .zip(&gradient)
            .map(|(a, b)| a - b)
            .collect();
        if dot(&step, &change) > 1e-12 * dot(&change, &change) {
            steps.push_back((step, change));
            if steps.len() > MEMORY {
                steps.pop_front();
            }
        }
        (at, value, gradient) = (next, next_value, next_gradient);
        if !goes_on(&at) {
            break;
        }
        values.push_back(value);
        if values.len() > PAST {
            let before = values.pop_front().expect("more than one");
            if before - value < TOLERANCE * value.abs() {
                break;
            }
        }
    }
    Ok(at)
}

/// Minus the inverse Hessian's estimate times the gradient: the two-loop recursion.
fn direction(gradient: &[f64], steps: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut weights = Vec::with_capacity(steps.len());
    for (step, change) in steps.iter().rev() {
        let weight = dot(step, &q) / dot(step, change);
        add(&mut q, change, -weight);
        weights.push(weight);
    }
    if let Some((step, change)) = steps.back() {
        let scale = dot(step, change) / dot(change, change);
        for x in &mut q {
            *x *= scale;
        }
    }
    for ((step, change), weight) in steps.iter().zip(weights.iter().rev()) {
        let back = dot(change, &q) / dot(step, change);
        add(&mut q, step, weight - back);
    }
    q
}

/// Entries that one thread sums: the sum's order must not depend on the number of threads.
const RUN: usize = 1 << 16;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let runs: Vec<f64> = (a.par_chunks(RUN).zip(b.par_chunks(RUN)))
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum())
        .collect();
    runs.iter().sum()
}

fn add(to: &mut [f64], what: &[f64], times: f64) {
    (to.par_chunks_mut(RUN).zip(what.par_chunks(RUN))).for_each(|(to, what)| {
        for (to, x) in to.iter_mut().zip(what) {
            *to += times * x;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretched_bowl_leads_to_its_bottom() {
        let bottom = [3.0, -2.0, 0.5];
        let stretch = [1.0, 100.0, 0.01];
        let bowl = |at: &[f64]| {
            let value = (0..3)
                .map(|i| 0.5 * stretch[i] * (at[i] - bottom[i]) * (at[i] - bottom[i]))
                .sum::<f64>()
                + 1.0;
            Ok((
                value,
                (0..3).map(|i| stretch[i] * (at[i] - bottom[i])).collect(),
            ))
        };
        let found = minimize(vec![0.0; 3], bowl, |_| true).expect("finite");
        for i in 0..3 {
            assert!(
                (found[i] - bottom[i]).abs() * stretch[i].sqrt() < 1e-2,
                "ended at {found:?}, not {bottom:?}"
            );
        }
    }

    #[test]
    fn whoever_watches_may_end_it() {
        let valley = |at: &[f64]| Ok((at[0].powi(4), vec![4.0 * at[0].powi(3)]));
        let mut seen = Vec::new();
        let found = minimize(vec![2.0], valley, |at| {
            seen.push(at[0]);
            seen.len() < 3
        })
        .expect("finite");
        assert_eq!((seen.len(), found[0]), (3, seen[2]));
    }
}
