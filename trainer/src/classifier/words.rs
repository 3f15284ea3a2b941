//! The head over words: learned from far more papers than are embedded, as reading a text costs microseconds.

mod descent;
mod kept;
mod texts;

use anyhow::{Context as _, Result, ensure};
use shared::artifact::WordHead;

pub(super) use texts::{Text, Texts};

use descent::{Dense, Fit};

/// Passes over the papers.
const EPOCHS: usize = 3;

/// A head over words.
pub(super) struct Learned {
    /// As it ships: few weights, in whole numbers.
    pub(super) head: WordHead,
    /// `[classes]`.
    pub(super) bias: Vec<f32>,
    /// Papers that it was learned from.
    pub(super) n_papers: usize,
}

/// Learns from `texts` and keeps `n_weights` weights.
///
/// # Errors
/// Where there are more classes than a byte counts, or no text.
pub(super) fn learn(
    texts: &Texts,
    n_classes: usize,
    n_weights: usize,
    seed: u64,
) -> Result<Learned> {
    ensure!(
        n_classes <= WordHead::MOST_CLASSES,
        "{n_classes} classes: a head over words has at most {}; leave it out with --word-weights 0",
        WordHead::MOST_CLASSES
    );
    ensure!(texts.len() > 0, "no paper to learn words from");
    let fit = Fit {
        texts,
        n_classes,
        seed,
    };
    tracing::info!("words: {} papers, {EPOCHS} passes", texts.len());
    let mut dense = Dense::new(texts.idf().len(), n_classes);
    fit.run(&mut dense, EPOCHS);
    dense.center();
    dense.keep(&kept::mask(&dense, texts, n_weights));
    Ok(Learned {
        head: kept::quantized(&dense, texts).context("the head over words")?,
        bias: dense.bias,
        n_papers: texts.len(),
    })
}

impl Learned {
    /// `[classes]`: logits of a paper.
    pub(super) fn logits(&self, pieces: &[u32]) -> Vec<f64> {
        let mut logits: Vec<f64> = self.bias.iter().map(|&bias| f64::from(bias)).collect();
        self.head.add_to(pieces, &mut logits);
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Papers of three classes: each has its own two pieces, and 20 that anybody may have.
    fn papers(n: usize) -> Vec<Text> {
        (0..n)
            .map(|i| {
                let label = i % 3;
                let own = 20 + 2 * label as u32 + u32::from(i % 2 == 0);
                let mut pieces: Vec<u32> = (0..6).map(|j| ((i * 7 + j * 5) % 20) as u32).collect();
                // One in ten says nothing of its class.
                if i % 10 != 3 {
                    pieces.push(own);
                }
                Text { pieces, label }
            })
            .collect()
    }

    #[test]
    fn few_weights_tell_what_many_papers_say() {
        let texts = Texts::new(&papers(600), 26);
        let learned = learn(&texts, 3, 12, 1).expect("learns");
        assert!(
            learned.head.n_weights() <= 12,
            "{}",
            learned.head.n_weights()
        );
        let unseen = papers(690).split_off(600);
        let right = unseen.iter().filter(|paper| {
            let logits = learned.logits(&paper.pieces);
            let best = (0..3).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
            best == Some(paper.label)
        });
        let n_right = right.count();
        assert!(n_right >= 75, "{n_right} of 90");
        let again = learn(&texts, 3, 12, 1).expect("learns");
        assert_eq!((again.head, again.bias), (learned.head, learned.bias));
    }

    #[test]
    fn without_a_text_or_with_too_many_classes_nothing_is_learned() {
        assert!(learn(&Texts::new(&[], 26), 3, 6, 1).is_err());
        assert!(learn(&Texts::new(&papers(9), 26), 256, 6, 1).is_err());
    }
}
