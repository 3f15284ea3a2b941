//! A linear head over the words of a text, most of whose weights are nought.

use serde::{Deserialize, Serialize};

use super::super::{Artifact, ArtifactError, Tag, Writer};

/// Parts of one in an inverse document frequency.
const IDF_STEPS: f64 = 16.0;

/// What `META` says of a head over words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WordsMeta {
    /// What weights are multiplied by.
    pub scale: f64,
    /// Papers that it was fitted on.
    pub papers: usize,
}

/// A head over the pieces of words that the model's tokenizer knows, in the form of the artifact: tf-idf
/// (Salton and Buckley 1988, doi:10.1016/0306-4573(88)90021-0) times a matrix of which only the weights that
/// matter are kept.
///
/// Pieces are its words because the page has them already: no dictionary travels with it.
#[derive(Debug, Clone, PartialEq)]
pub struct WordHead {
    pub(super) meta: WordsMeta,
    /// `[pieces]`: inverse document frequency in sixteenths; 0 where no paper had the piece.
    idf: Vec<u8>,
    /// `[pieces]`: how many weights a piece has.
    counts: Vec<u8>,
    /// `[weights]`: whose weight it is, ascending within a piece.
    classes: Vec<u8>,
    /// `[weights]`.
    weights: Vec<i8>,
    /// `[pieces + 1]`: where a piece's weights begin.
    starts: Vec<u32>,
}

impl WordHead {
    /// Of more classes a byte could not count the weights of a piece.
    pub const MOST_CLASSES: usize = 255;

    /// A head of `rows[pieces]`, each of classes, ascending, with weights of which none is 0; `idf[pieces]` in
    /// sixteenths.
    ///
    /// # Errors
    /// [`ArtifactError`], where the parts do not fit each other or `n_classes`.
    pub fn new(
        meta: WordsMeta,
        idf: Vec<u8>,
        rows: &[Vec<(u8, i8)>],
        n_classes: usize,
    ) -> Result<Self, ArtifactError> {
        let all = || rows.iter().flatten();
        Self::of_parts(
            meta,
            idf,
            rows.iter().map(|row| row.len() as u8).collect(),
            all().map(|(class, _)| *class).collect(),
            all().map(|(_, weight)| *weight).collect(),
            n_classes,
        )
    }

    pub(super) fn parse(
        artifact: &Artifact,
        meta: WordsMeta,
        n_classes: usize,
    ) -> Result<Self, ArtifactError> {
        let weights = artifact.section(b"WWGT")?;
        Self::of_parts(
            meta,
            artifact.section(b"WIDF")?.to_vec(),
            artifact.section(b"WCNT")?.to_vec(),
            artifact.section(b"WCLS")?.to_vec(),
            weights.iter().map(|&byte| byte as i8).collect(),
            n_classes,
        )
    }

    fn of_parts(
        meta: WordsMeta,
        idf: Vec<u8>,
        counts: Vec<u8>,
        classes: Vec<u8>,
        weights: Vec<i8>,
        n_classes: usize,
    ) -> Result<Self, ArtifactError> {
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        if !(meta.scale.is_finite() && meta.scale > 0.0) {
            return Err(malformed(
                b"META",
                "the scale of words is a positive number",
            ));
        }
        if counts.len() != idf.len() {
            return Err(malformed(b"WCNT", "one count a piece"));
        }
        let mut starts = Vec::with_capacity(counts.len() + 1);
        let mut end = 0_u32;
        starts.push(end);
        for &count in &counts {
            end += u32::from(count);
            starts.push(end);
        }
        let total = end as usize;
        if classes.len() != total {
            return Err(malformed(b"WCLS", "as many classes as the counts say"));
        }
        let ascend = |row: &[u8]| {
            row.windows(2).all(|pair| pair[0] < pair[1])
                && row.last().is_none_or(|&last| usize::from(last) < n_classes)
        };
        if !(starts.windows(2)).all(|ends| ascend(&classes[ends[0] as usize..ends[1] as usize])) {
            return Err(malformed(
                b"WCLS",
                "classes of a piece ascend, each one that there is",
            ));
        }
        if weights.len() != total {
            return Err(malformed(b"WWGT", "as many weights as the counts say"));
        }
        Ok(Self {
            meta,
            idf,
            counts,
            classes,
            weights,
            starts,
        })
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        let weights = self.weights.iter().map(|&weight| weight as u8).collect();
        writer
            .section(b"WIDF", self.idf.clone())
            .section(b"WCNT", self.counts.clone())
            .section(b"WCLS", self.classes.clone())
            .section(b"WWGT", weights)
    }

    /// Pieces that it knows, from 0 on.
    pub fn n_pieces(&self) -> usize {
        self.idf.len()
    }

    /// Weights that are kept.
    pub fn n_weights(&self) -> usize {
        self.weights.len()
    }

    /// The same head, all of its logits times `factor`.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.meta.scale *= factor;
        self
    }

    /// Adds to `logits[classes]` what a text's pieces say, in whatever order they come; sums run in one fixed order, so
    /// that every build gives the same bits.
    pub fn add_to(&self, pieces: &[u32], logits: &mut [f64]) {
        for (piece, value) in tf_idf(pieces, &self.idf) {
            let piece = piece as usize;
            let row = self.starts[piece] as usize..self.starts[piece + 1] as usize;
            let value = value * self.meta.scale;
            for (&class, &weight) in self.classes[row.clone()].iter().zip(&self.weights[row]) {
                logits[usize::from(class)] += value * f64::from(weight);
            }
        }
    }
}

/// The inverse document frequency of a piece that `n_with` of `n` papers have, `1 + ln((1 + n) / (1 + n_with))`,
/// in sixteenths; 0 where none has it.
pub fn idf(n: usize, n_with: usize) -> u8 {
    if n_with == 0 {
        return 0;
    }
    let share = (1 + n) as f64 / (1 + n_with) as f64;
    (IDF_STEPS * (1.0 + libm::log(share))).round().min(255.0) as u8
}

/// Pieces of a text that have an `idf`, ascending, each with `(1 + ln count) · idf`, scaled to Euclidean length
/// one over the text.
pub fn tf_idf(pieces: &[u32], idf: &[u8]) -> Vec<(u32, f64)> {
    let mut sorted = pieces.to_vec();
    sorted.sort_unstable();
    let mut found: Vec<(u32, f64)> = sorted
        .chunk_by(|a, b| a == b)
        .filter_map(|same| {
            let idf = idf.get(same[0] as usize).copied().filter(|&idf| idf > 0)?;
            let tf = 1.0 + libm::log(same.len() as f64);
            Some((same[0], tf * f64::from(idf) / IDF_STEPS))
        })
        .collect();
    let squares: f64 = found.iter().map(|(_, value)| value * value).sum();
    let length = squares.sqrt();
    for (_, value) in &mut found {
        *value /= length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scikit_learns_sublinear_ones() {
        // TfidfVectorizer(sublinear_tf=True, smooth_idf=True) on "a a b", "a c", "a": 1 + ln(4/4), 1 + ln(4/2).
        let (a, b) = (idf(3, 3), idf(3, 1));
        assert_eq!((a, b, idf(3, 0)), (16, 27, 0));
        let found = tf_idf(&[7, 5, 5, 9], &[0, 0, 0, 0, 0, a, 0, b, 0]);
        let (of_a, of_b) = (1.0 + 2.0_f64.ln(), 27.0 / 16.0);
        let length = of_a.hypot(of_b);
        let places: Vec<u32> = found.iter().map(|(piece, _)| *piece).collect();
        assert_eq!(
            places,
            [5, 7],
            "what no paper had and what is not known is left out"
        );
        assert!((found[0].1 - of_a / length).abs() < 1e-12);
        assert!((found[1].1 - of_b / length).abs() < 1e-12);
        assert!(tf_idf(&[], &[1]).is_empty() && tf_idf(&[3], &[1]).is_empty());
    }

    #[test]
    fn only_weights_that_are_kept_count() {
        let meta = WordsMeta {
            scale: 0.5,
            papers: 3,
        };
        let rows = [vec![(1, 4)], vec![], vec![(0, -2), (2, 6)]];
        let head = WordHead::new(meta, vec![16; 3], &rows, 3).expect("the parts fit");
        let mut logits = vec![1.0; 3];
        head.add_to(&[2], &mut logits);
        assert_eq!(logits, [0.0, 1.0, 4.0]);
        head.add_to(&[1, 1], &mut logits);
        assert_eq!(logits, [0.0, 1.0, 4.0]);
        assert_eq!((head.n_pieces(), head.n_weights()), (3, 3));
        let two = WordHead::new(meta, vec![16; 3], &rows, 2);
        assert!(two.is_err(), "there is no third class");
    }
}
