//! What enters the linear layers while our own texts are embedded.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use shared::artifact::ModelParts;
use shared::encoder::{Input, Site, Watch};
use shared::math::dot;
use shared::{Encoder, Model, Sha256};

/// The texts that are embedded. Other texts make another model, to which no fitted classifier and
/// no built index belongs.
const TEXTS: &str = include_str!("../calibration.txt");
/// Of so many tokens one is kept whole.
const KEEP_ONE_OF: usize = 4;
/// Tokens whose products are summed in f32 before they join the sum in f64.
const BLOCK: usize = 256;

/// The inputs of one linear layer.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// `[k]`: largest absolute value of each channel, over every token.
    pub(super) reach: Vec<f64>,
    /// `[tokens, k]`: every fourth token.
    pub(super) rows: Vec<f32>,
    /// `[k]`: mean of each channel, over every token.
    pub(super) mean: Vec<f64>,
    /// `[k, k]`, lower triangle: covariance of the channels, over every token.
    pub(super) covariance: Vec<f64>,
    n_tokens: usize,
    /// Tokens that wait for their block to be full.
    block: Vec<f32>,
    /// `[k]`: near the mean, so that sums of products stay small.
    offset: Vec<f32>,
}

/// The inputs of every linear layer.
pub(super) type Calibration = BTreeMap<Site, Seen>;

/// Embeds the texts with a first model and keeps what enters its linear layers.
pub(super) fn observe(parts: &ModelParts) -> Result<Calibration> {
    let model = Model::parse(parts.to_bytes(), Sha256::default())
        .context("the model's first pass does not open")?;
    let mut encoder = Encoder::new(Arc::new(model));
    let mut watch = Observed {
        parts,
        calibration: Calibration::new(),
    };
    for text in TEXTS.lines() {
        // Questions are short, and their special tokens stand elsewhere than those of papers.
        let title = text.split_once(". ").map_or(text, |(title, _)| title);
        let word = title.split_once(' ').map_or(title, |(word, _)| word);
        for text in [text, title, word] {
            encoder.embed_watched(text, &mut watch)?;
        }
    }
    let mut calibration = watch.calibration;
    for seen in calibration.values_mut() {
        seen.finish();
    }
    Ok(calibration)
}

/// Takes in what passes by.
struct Observed<'a> {
    parts: &'a ModelParts,
    calibration: Calibration,
}

impl Watch for Observed<'_> {
    fn entering(&mut self, site: Site, values: &[f32]) {
        let layer = &self.parts.layers[site.layer];
        let linear = match site.input {
            Input::Qkv => &layer.qkv,
            Input::Out => &layer.out,
            Input::Up => &layer.up,
            Input::Down => &layer.down,
        };
        let seen = self.calibration.entry(site).or_default();
        seen.add(values, linear.multiplier.len());
    }
}

impl Seen {
    /// Takes in tokens of `k` values.
    fn add(&mut self, values: &[f32], k: usize) {
        self.reach.resize(k, 0.0);
        for row in values.chunks_exact(k) {
            for (reach, &x) in self.reach.iter_mut().zip(row) {
                *reach = reach.max(f64::from(x).abs());
            }
            if self.n_tokens.is_multiple_of(KEEP_ONE_OF) {
                self.rows.extend(row);
            }
            self.n_tokens += 1;
            self.block.extend(row);
            if self.block.len() == BLOCK * k {
                self.sum_block();
            }
        }
    }

    /// Adds the block's sums to `mean` and `covariance`, which hold sums until [`Self::finish`].
    fn sum_block(&mut self) {
        let k = self.reach.len();
        let n = self.block.len() / k;
        if n == 0 {
            return;
        }
        let mut columns = vec![0.0_f32; n * k];
        for (at, row) in self.block.chunks_exact(k).enumerate() {
            for (channel, &x) in row.iter().enumerate() {
                columns[channel * n + at] = x;
            }
        }
        self.block.clear();
        let sum = |column: &[f32]| column.iter().map(|&x| f64::from(x)).sum::<f64>();
        if self.offset.is_empty() {
            let means = columns
                .chunks_exact(n)
                .map(|column| (sum(column) / n as f64) as f32);
            self.offset = means.collect();
            self.mean = vec![0.0; k];
            self.covariance = vec![0.0; k * k];
        }
        for ((column, offset), mean) in (columns.chunks_exact_mut(n))
            .zip(&self.offset)
            .zip(&mut self.mean)
        {
            for x in &mut *column {
                *x -= offset;
            }
            *mean += sum(column);
        }
        let column = |at: usize| &columns[at * n..][..n];
        let rows = self.covariance.par_chunks_exact_mut(k).enumerate();
        rows.for_each(|(i, row)| {
            for (j, to) in row.iter_mut().enumerate().take(i + 1) {
                *to += f64::from(dot(column(i), column(j)));
            }
        });
    }

    /// Turns sums into means.
    fn finish(&mut self) {
        self.sum_block();
        let (k, n) = (self.reach.len(), self.n_tokens as f64);
        for i in 0..k {
            for j in 0..=i {
                let product = self.mean[i] / n * (self.mean[j] / n);
                self.covariance[i * k + j] = self.covariance[i * k + j] / n - product;
            }
        }
        for (mean, offset) in self.mean.iter_mut().zip(&self.offset) {
            *mean = *mean / n + f64::from(*offset);
        }
    }
}

#[cfg(test)]
impl Seen {
    /// What tokens `[n, k]` leave, all rows kept.
    pub(super) fn of(rows: Vec<f32>, k: usize) -> Self {
        let mut seen = Self::default();
        seen.add(&rows, k);
        seen.finish();
        Self { rows, ..seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_covariance_are_those_of_every_token() {
        // More than one block and a rest, with an offset that would swamp f32 sums.
        let n = 2 * BLOCK + 7;
        let at = |token: usize, channel: usize| {
            1000.0 + ((token * 37 + channel * 11) % 23) as f32 * (channel + 1) as f32 / 16.0
        };
        let rows: Vec<f32> = (0..n * 3).map(|i| at(i / 3, i % 3)).collect();
        let seen = Seen::of(rows, 3);
        let mean = |f: &dyn Fn(usize) -> f64| (0..n).map(f).sum::<f64>() / n as f64;
        for i in 0..3 {
            let mean_i = mean(&|t| f64::from(at(t, i)));
            assert!((seen.mean[i] - mean_i).abs() < 1e-6, "mean {i}");
            for j in 0..=i {
                let mean_j = mean(&|t| f64::from(at(t, j)));
                let wanted =
                    mean(&|t| (f64::from(at(t, i)) - mean_i) * (f64::from(at(t, j)) - mean_j));
                let found = seen.covariance[i * 3 + j];
                assert!(
                    (found - wanted).abs() < 1e-4,
                    "covariance {i}, {j}: {found}, not {wanted}"
                );
            }
        }
    }
}
