//! First prototypes of the classification loss: where the untrained encoder sees each category.

use anyhow::Result;

use super::PROTOTYPES;
use super::step::embed_all;
use crate::config::Config;
use crate::data::Corpus;
use crate::model::{Encoder, Source};

/// Papers a category that its first prototype is the mean of.
const PAPERS: usize = 4;

/// `[categories, width]`: means of unit embeddings of length one; of a category without papers the mean
/// of all.
pub(super) fn first<E: Encoder>(encoder: &E, corpus: &Corpus, config: &Config) -> Result<Source> {
    let n_classes = corpus.classes.len();
    let chosen = corpus.sample(&corpus.train, PAPERS);
    let texts: Vec<Vec<u32>> = chosen
        .iter()
        .map(|entry| corpus.document(entry, config.data.max_document_tokens))
        .collect();
    let rows = embed_all(encoder, &texts, config.batch.micro_tokens)?;
    let width = encoder.width();
    let mut counts = vec![0_usize; n_classes];
    let mut sums = vec![0.0_f32; n_classes * width];
    let mut all = vec![0.0_f32; width];
    for (entry, row) in chosen.iter().zip(&rows) {
        counts[usize::from(entry.label)] += 1;
        let at = usize::from(entry.label) * width;
        let places = sums[at..at + width].iter_mut().zip(&mut all);
        for ((own, all), x) in places.zip(row) {
            *own += x;
            *all += x;
        }
    }
    for (sum, n) in sums.chunks_exact_mut(width).zip(&counts) {
        if *n == 0 {
            sum.copy_from_slice(&all);
        }
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
        for x in sum {
            *x /= length;
        }
    }
    Ok(Source {
        name: PROTOTYPES.to_owned(),
        shape: vec![n_classes, width],
        values: sums,
        trainable: true,
    })
}
