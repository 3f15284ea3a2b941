//! Which weights are worth their bytes, and what they are in whole numbers.

use anyhow::Result;
use shared::artifact::{WordHead, WordsMeta};

use super::descent::Dense;
use super::texts::Texts;

/// The `n` weights that move logits most over all papers: `|w| · √Σ value²`.
pub(super) fn mask(dense: &Dense, texts: &Texts, n: usize) -> Vec<bool> {
    let squares = texts.squares();
    let mut moves: Vec<(f64, usize)> = Vec::with_capacity(dense.weights.len());
    for (piece, row) in dense.weights.chunks_exact(dense.n_classes).enumerate() {
        let size = squares[piece].sqrt();
        let first = piece * dense.n_classes;
        moves.extend((row.iter().zip(first..)).map(|(w, at)| (f64::from(w.abs()) * size, at)));
    }
    let mut mask = vec![false; moves.len()];
    let n = n.min(moves.len());
    if n < moves.len() {
        moves.select_nth_unstable_by(n, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    }
    for &(size, at) in &moves[..n] {
        mask[at] = size > 0.0;
    }
    mask
}

/// The head in whole numbers of one byte, without those that became nought.
pub(super) fn quantized(dense: &Dense, texts: &Texts) -> Result<WordHead> {
    let largest = dense
        .weights
        .iter()
        .fold(0.0_f32, |most, w| most.max(w.abs()));
    let scale = f64::from(largest.max(f32::MIN_POSITIVE)) / 127.0;
    let rows: Vec<Vec<(u8, i8)>> = (dense.weights.chunks_exact(dense.n_classes))
        .map(|row| {
            let whole = row.iter().map(|&w| (f64::from(w) / scale).round() as i8);
            let kept = whole.enumerate().filter(|(_, w)| *w != 0);
            kept.map(|(class, w)| (class as u8, w)).collect()
        })
        .collect();
    let meta = WordsMeta {
        scale,
        papers: texts.len(),
    };
    Ok(WordHead::new(
        meta,
        texts.idf().to_vec(),
        &rows,
        dense.n_classes,
    )?)
}
