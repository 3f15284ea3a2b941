//! Multinomial logistic regression on sparse rows, by gradient descent with a step a piece that shrinks as
//! it is used (Duchi et al. 2011, `AdaGrad`, §1.1, with one sum of squares a row).

use rayon::prelude::*;
use shared::Sha256;

use super::texts::Texts;

/// Papers a step.
const BATCH: usize = 2048;
/// Length of the first steps, in weights.
const RATE: f32 = 0.5;
/// Length of the bias' steps, in gradients.
const BIAS_RATE: f32 = 2.0;
/// A class that has almost no paper counts as if it had so many.
const LEAST_PAPERS: f64 = 20.0;

/// A head with all its weights.
pub(super) struct Dense {
    /// `[pieces, classes]`.
    pub(super) weights: Vec<f32>,
    /// `[classes]`.
    pub(super) bias: Vec<f32>,
    /// `[pieces]`: squares of gradients so far.
    used: Vec<f32>,
    pub(super) n_classes: usize,
}

impl Dense {
    pub(super) fn new(n_pieces: usize, n_classes: usize) -> Self {
        Self {
            weights: vec![0.0; n_pieces * n_classes],
            bias: vec![0.0; n_classes],
            used: vec![1e-8; n_pieces],
            n_classes,
        }
    }

    /// `[classes]`: logits of a paper.
    pub(super) fn scores(&self, row: &[(u32, f32)]) -> Vec<f32> {
        let mut scores = self.bias.clone();
        for &(piece, value) in row {
            let at = piece as usize * self.n_classes;
            let weights = &self.weights[at..at + self.n_classes];
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += value * weight;
            }
        }
        scores
    }

    /// Takes the middle weight of each piece from all its weights: what all classes share changes no probability, and
    /// most weights are near nought then.
    pub(super) fn center(&mut self) {
        self.weights.par_chunks_mut(self.n_classes).for_each(|row| {
            let mut sorted = row.to_vec();
            sorted.sort_unstable_by(f32::total_cmp);
            let middle = sorted[row.len() / 2];
            for weight in row {
                *weight -= middle;
            }
        });
    }

    /// Forgets the weights that are not in `mask[pieces, classes]`.
    pub(super) fn keep(&mut self, mask: &[bool]) {
        for (weight, keep) in self.weights.iter_mut().zip(mask) {
            if !keep {
                *weight = 0.0;
            }
        }
    }
}

/// What a head is fitted on.
pub(super) struct Fit<'a> {
    pub(super) texts: &'a Texts,
    pub(super) n_classes: usize,
    pub(super) seed: u64,
}

impl Fit<'_> {
    /// So many passes over all papers, in an order that the seed gives.
    ///
    /// Classes count as if each had as many papers: while it learns, logits have the logarithms of their
    /// shares added (logit adjustment; Menon et al. 2021, arXiv:2007.07314).
    pub(super) fn run(&self, to: &mut Dense, epochs: usize) {
        let shares = self.shares();
        for epoch in 0..epochs {
            let mut order: Vec<(Sha256, usize)> = (0..self.texts.len())
                .into_par_iter()
                .map(|row| {
                    let key = [self.seed, epoch as u64, row as u64].map(u64::to_le_bytes);
                    (Sha256::of(key.as_flattened()), row)
                })
                .collect();
            order.par_sort_unstable();
            let rate = RATE * (1.0 - epoch as f32 / epochs as f32).sqrt();
            for batch in order.chunks(BATCH) {
                let batch: Vec<usize> = batch.iter().map(|(_, row)| *row).collect();
                self.step(to, &batch, &shares, rate);
            }
        }
    }

    /// `[classes]`: logarithms of the classes' shares.
    fn shares(&self) -> Vec<f32> {
        let mut counts = vec![0_usize; self.n_classes];
        for row in 0..self.texts.len() {
            counts[self.texts.label(row)] += 1;
        }
        let n = self.texts.len() as f64;
        (counts.iter())
            .map(|&count| ((count as f64).max(LEAST_PAPERS) / n).ln() as f32)
            .collect()
    }

    fn step(&self, to: &mut Dense, batch: &[usize], shares: &[f32], rate: f32) {
        let n = self.n_classes;
        let errors: Vec<Vec<f32>> = (batch.par_iter())
            .map(|&row| {
                let mut error = to.scores(self.texts.row(row));
                for (score, share) in error.iter_mut().zip(shares) {
                    *score += share;
                }
                softmax(&mut error);
                error[self.texts.label(row)] -= 1.0;
                for value in &mut error {
                    *value /= batch.len() as f32;
                }
                error
            })
            .collect();
        // By piece, papers in the batch's order: sums do not depend on the number of threads.
        let mut by_piece: Vec<(u32, u32, f32)> = (batch.iter().enumerate())
            .flat_map(|(at, &row)| {
                let row = self.texts.row(row).iter();
                row.map(move |&(piece, value)| (piece, at as u32, value))
            })
            .collect();
        by_piece.par_sort_by_key(|&(piece, at, _)| (piece, at));
        let mut lists: Vec<&[(u32, u32, f32)]> = vec![&[]; to.used.len()];
        for list in by_piece.chunk_by(|a, b| a.0 == b.0) {
            lists[list[0].0 as usize] = list;
        }
        (to.weights.par_chunks_mut(n))
            .zip(&mut to.used)
            .zip(&lists)
            .filter(|(_, list)| !list.is_empty())
            .for_each(|((weights, used), list)| {
                let mut gradient = vec![0.0_f32; n];
                for &(_, at, value) in *list {
                    for (sum, error) in gradient.iter_mut().zip(&errors[at as usize]) {
                        *sum += value * error;
                    }
                }
                *used += gradient.iter().map(|g| g * g).sum::<f32>() / n as f32;
                let step = rate / used.sqrt();
                for (weight, g) in weights.iter_mut().zip(&gradient) {
                    *weight -= step * g;
                }
            });
        for error in &errors {
            for (bias, g) in to.bias.iter_mut().zip(error) {
                *bias -= BIAS_RATE * g;
            }
        }
    }
}

/// Logits to probabilities, in place.
fn softmax(logits: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
    }
    let total: f32 = logits.iter().sum();
    for power in logits {
        *power /= total;
    }
}
