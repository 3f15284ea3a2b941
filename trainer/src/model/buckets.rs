//! Packed texts in groups of nearly one length, padded: what a card's batched products want.

use anyhow::Result;
use candle_core::{Device, Tensor};

/// Row that stands for padding; candle's `index_select` gives zeros for it.
const PADDING: u32 = u32::MAX;

/// Attention weights of a head that one group may have: longer texts come in smaller groups.
const MOST_WEIGHTS: usize = 1 << 24;

/// Texts padded to one length.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// How many.
    pub(crate) n_texts: usize,
    /// The length, in tokens.
    pub(crate) padded: usize,
    /// Row of the packed batch for each of `[texts · padded]`.
    pub(crate) rows: Tensor,
    /// Their own lengths: `[texts]`.
    pub(crate) lengths: Tensor,
    /// Their numbers in the batch: `[texts]`.
    pub(crate) texts: Tensor,
}

/// All texts of a batch, in buckets.
#[derive(Debug)]
pub(crate) struct Buckets {
    /// From short texts to long ones.
    pub(crate) all: Vec<Bucket>,
    /// Where each packed row is, counted over the padded rows of all buckets: `[tokens]`.
    pub(crate) back: Tensor,
}

/// What a text of `n` tokens is padded to: multiples of 16, of 32 for longer ones.
fn padded(n: usize) -> usize {
    n.next_multiple_of(if n <= 64 { 16 } else { 32 })
}

impl Buckets {
    /// Sorts texts, which begin at `borders`, into buckets.
    ///
    /// # Errors
    /// Where the device has no memory.
    pub(crate) fn new(borders: &[u32], device: &Device) -> Result<Self> {
        let length = |text: usize| (borders[text + 1] - borders[text]) as usize;
        let mut order: Vec<usize> = (0..borders.len() - 1).collect();
        order.sort_by_key(|&text| length(text));
        let n_tokens = borders.last().map_or(0, |&end| end as usize);
        let mut back = vec![0_u32; n_tokens];
        let mut n_rows = 0;
        let mut all = Vec::new();
        for alike in order.chunk_by(|&a, &b| padded(length(a)) == padded(length(b))) {
            let padded = padded(length(alike[0]));
            for texts in alike.chunks((MOST_WEIGHTS / (padded * padded)).max(1)) {
                let mut rows = vec![PADDING; texts.len() * padded];
                for (&text, rows) in texts.iter().zip(rows.chunks_exact_mut(padded)) {
                    for (at, row) in (borders[text]..borders[text + 1]).enumerate() {
                        rows[at] = row;
                        back[row as usize] = n_rows + at as u32;
                    }
                    n_rows += padded as u32;
                }
                let lengths: Vec<u32> = texts.iter().map(|&text| length(text) as u32).collect();
                let numbers: Vec<u32> = texts.iter().map(|&text| text as u32).collect();
                all.push(Bucket {
                    n_texts: texts.len(),
                    padded,
                    rows: Tensor::new(rows, device)?,
                    lengths: Tensor::new(lengths, device)?,
                    texts: Tensor::new(numbers, device)?,
                });
            }
        }
        let back = Tensor::new(back, device)?;
        Ok(Self { all, back })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_goes_into_its_bucket_and_back() {
        // Texts of 3, 70, 1, 17 and 70 tokens.
        let borders = [0, 3, 73, 74, 91, 161];
        let buckets = Buckets::new(&borders, &Device::Cpu).expect("on the processor");
        let shapes: Vec<_> = buckets.all.iter().map(|b| (b.n_texts, b.padded)).collect();
        assert_eq!(shapes, [(2, 16), (1, 32), (2, 96)]);
        let numbers = |tensor: &Tensor| tensor.to_vec1::<u32>().expect("u32");
        assert_eq!(numbers(&buckets.all[0].texts), [2, 0]);
        assert_eq!(numbers(&buckets.all[0].lengths), [1, 3]);
        let packed = Tensor::arange(0_f32, 161.0, &Device::Cpu)
            .and_then(|rows| rows.reshape((161, 1)))
            .expect("on the processor");
        let there: Vec<Tensor> = buckets
            .all
            .iter()
            .map(|bucket| {
                packed
                    .index_select(&bucket.rows, 0)
                    .expect("rows are in it")
            })
            .collect();
        let back = Tensor::cat(&there, 0)
            .and_then(|rows| rows.index_select(&buckets.back, 0))
            .and_then(|rows| rows.flatten_all()?.to_vec1::<f32>())
            .expect("rows are in it");
        let wanted: Vec<f32> = (0..161_u8).map(f32::from).collect();
        assert_eq!(back, wanted);
        let padding = there[0]
            .flatten_all()
            .and_then(|rows| rows.to_vec1::<f32>());
        assert_eq!(padding.expect("f32")[1..16], [0.0; 15]);
    }
}
