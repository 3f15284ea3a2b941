//! The word table in few bits: a codebook for each number of bits, one scale a row.

use shared::artifact::{CODEBOOKS_LEN, WordRows, codebook};

/// How many bits the word table's rows have. A table of bytes against quality stands in
/// `docs/quality.md`; the default is its smallest row that loses nothing worth speaking of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordBits {
    /// So many rows at the start are common ones, that most texts hold: BERT's vocabulary has special
    /// tokens and single characters first, and words by falling frequency after them.
    pub n_common: usize,
    /// Bits of each code of a common row, 2 to 8.
    pub of_common: u8,
    /// Bits of each code of the other rows, 2 to 8.
    pub of_others: u8,
}

impl Default for WordBits {
    fn default() -> Self {
        Self {
            n_common: 5000,
            of_common: 8,
            of_others: 5,
        }
    }
}

/// Bins of the histogram that codebooks are fitted on.
const BINS: usize = 4096;
/// The histogram ends at so many root mean squares of a row.
const END: f64 = 6.0;

/// Packs the table `[rows, dim]`; rows that no text asks for, those not `wanted`, get no bits.
pub(super) fn word_rows(
    values: &[f32],
    dim: usize,
    word_bits: WordBits,
    wanted: &[bool],
) -> WordRows {
    let histogram = histogram(values, dim);
    let mut words = WordRows {
        codebooks: vec![0.0; CODEBOOKS_LEN],
        ..WordRows::default()
    };
    for bits in 2..=8 {
        let levels = levels(&histogram, 1 << bits);
        for (to, level) in words.codebooks[codebook(bits)].iter_mut().zip(levels) {
            *to = level as f32;
        }
    }
    for (at, row) in values.chunks_exact(dim).enumerate() {
        let bits = if !wanted.get(at).copied().unwrap_or(false) {
            0
        } else if at < word_bits.n_common {
            word_bits.of_common
        } else {
            word_bits.of_others
        };
        words.bits.push(bits);
        if bits == 0 {
            words.scales.push(0.0);
            words.codes.resize(words.codes.len() + dim, 0);
            continue;
        }
        let (scale, codes) = encode(row, &words.codebooks[codebook(bits)]);
        words.scales.push(scale);
        words.codes.extend(codes);
    }
    words
}

/// How often values stand where, each row divided by its root mean square.
fn histogram(values: &[f32], dim: usize) -> Vec<f64> {
    let mut bins = vec![0.0; BINS];
    for row in values.chunks_exact(dim) {
        let size = size(row);
        for &x in row.iter().filter(|_| size > 0.0) {
            let place = (f64::from(x) / size / END + 1.0) * (BINS / 2) as f64;
            bins[place.clamp(0.0, (BINS - 1) as f64) as usize] += 1.0;
        }
    }
    bins
}

/// Root mean square.
fn size(row: &[f32]) -> f64 {
    (row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / row.len() as f64).sqrt()
}

fn center(bin: usize) -> f64 {
    ((bin as f64 + 0.5) / (BINS / 2) as f64 - 1.0) * END
}

/// The `n` levels that leave the least squared error on the histogram, ascending.
///
/// They begin as dense as the cube root of the values' density (Panter and Dite 1951), and follow
/// Lloyd's iteration (1982).
fn levels(histogram: &[f64], n: usize) -> Vec<f64> {
    let roots: Vec<f64> = histogram.iter().map(|count| libm::cbrt(*count)).collect();
    let total: f64 = roots.iter().sum();
    let mut levels = Vec::with_capacity(n);
    let mut passed = 0.0;
    for (bin, root) in roots.iter().enumerate() {
        passed += root;
        while levels.len() < n && passed * n as f64 >= (levels.len() as f64 + 0.5) * total {
            levels.push(center(bin));
        }
    }
    levels.resize(n, END);
    for _ in 0..100 {
        let mut sums = vec![(0.0, 0.0); n];
        let mut at = 0;
        for (bin, count) in histogram.iter().enumerate() {
            let x = center(bin);
            while at + 1 < n && x > f64::midpoint(levels[at], levels[at + 1]) {
                at += 1;
            }
            sums[at].0 += count;
            sums[at].1 += count * x;
        }
        for (level, (count, sum)) in levels.iter_mut().zip(sums) {
            if count > 0.0 {
                *level = sum / count;
            }
        }
    }
    levels
}

/// A row's scale and codes: by turns the nearest codes of the scale, and the best scale of the codes.
fn encode(row: &[f32], levels: &[f32]) -> (f32, Vec<u8>) {
    let mut scale = size(row) as f32;
    let mut codes = vec![0; row.len()];
    if scale == 0.0 {
        return (0.0, codes);
    }
    for _ in 0..5 {
        let (mut product, mut square) = (0.0, 0.0);
        for (code, &x) in codes.iter_mut().zip(row) {
            let x = x / scale;
            let above = levels.partition_point(|level| *level < x);
            let below = above.saturating_sub(1);
            let above = above.min(levels.len() - 1);
            let nearest = if x - levels[below] <= levels[above] - x {
                below
            } else {
                above
            };
            *code = nearest as u8;
            let level = f64::from(levels[nearest]);
            product += f64::from(x * scale) * level;
            square += level * level;
        }
        if square > 0.0 && product > 0.0 {
            scale = (product / square) as f32;
        }
    }
    (scale, codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of a normal distribution, near enough: sums of twelve even ones.
    fn normal(n: usize) -> Vec<f32> {
        let mut state = 7_u64;
        let mut even = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1_u64 << 24) as f32
        };
        (0..n)
            .map(|_| (0..12).map(|_| even()).sum::<f32>() - 6.0)
            .collect()
    }

    #[test]
    fn levels_are_those_of_lloyd_and_max_for_normal_values() {
        let values = normal(400_000);
        let histogram = histogram(&values, 400);
        // Max 1960, table I, four levels: ±0.4528 and ±1.510.
        let four = levels(&histogram, 4);
        for (ours, published) in four.iter().zip([-1.510, -0.4528, 0.4528, 1.510]) {
            assert!((ours - published).abs() < 0.02, "{four:?}");
        }
    }

    #[test]
    fn each_bit_leaves_a_fraction_of_the_error() {
        let row = normal(384);
        let words = word_rows(&row, 384, WordBits::default(), &[true]);
        let error = |bits: u8| {
            let levels = &words.codebooks[codebook(bits)];
            let (scale, codes) = encode(&row, levels);
            let errors = row.iter().zip(codes);
            errors
                .map(|(x, code)| f64::from(x - scale * levels[usize::from(code)]).powi(2))
                .sum::<f64>()
                / 384.0
        };
        // Max 1960: 0.1175, 0.03454, 0.009497, 0.002499 of the variance.
        for (bits, bound) in [(2, 0.14), (3, 0.042), (4, 0.012), (5, 0.0035), (8, 6e-5)] {
            assert!(error(bits) < bound, "{bits} bits leave {}", error(bits));
        }
    }

    #[test]
    fn common_rows_have_their_bits_and_unused_ones_none() {
        let word_bits = WordBits {
            n_common: 2,
            of_common: 8,
            of_others: 4,
        };
        let words = word_rows(&normal(64), 16, word_bits, &[true, false, true, true]);
        assert_eq!(words.bits, [8, 0, 4, 4]);
        assert_eq!((words.codes.len(), words.scales[1]), (64, 0.0));
        assert!(words.codes[32..].iter().all(|code| *code < 16));
    }

    #[test]
    fn a_row_of_zeros_stays_one() {
        let (scale, _) = encode(&[0.0; 16], &[-1.0, 0.0, 1.0, 2.0]);
        assert_eq!(scale, 0.0);
    }
}
