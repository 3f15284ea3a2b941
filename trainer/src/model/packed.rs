//! Texts behind one another, without padding.

use std::sync::{Arc, OnceLock};

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};

use super::buckets::Buckets;

/// Token ids of several texts, packed.
#[derive(Debug, Clone)]
pub struct PackedBatch {
    /// Token ids: `[tokens]`.
    pub(crate) ids: Arc<[u32]>,
    /// Place of each token in its text: `[tokens]`.
    pub(crate) positions: Arc<[u32]>,
    /// Where texts begin, and the number of tokens: `[texts + 1]`.
    pub(crate) borders: Arc<[u32]>,
    /// `ids` on the device.
    pub(crate) id_tensor: Tensor,
    /// `positions` on the device.
    pub(crate) position_tensor: Tensor,
    /// Made when first asked for.
    buckets: Arc<OnceLock<Buckets>>,
}

impl PackedBatch {
    /// Packs texts, each with its special tokens.
    ///
    /// # Errors
    /// Where a text has no token, or the device no memory.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a [u32]>, device: &Device) -> Result<Self> {
        let (mut ids, mut positions, mut borders) = (Vec::new(), Vec::new(), vec![0]);
        for text in texts {
            ensure!(
                !text.is_empty(),
                "a text without a token cannot be embedded"
            );
            ids.extend_from_slice(text);
            positions.extend(0..text.len() as u32);
            borders.push(ids.len() as u32);
        }
        ensure!(
            borders.len() > 1,
            "a batch without texts cannot be embedded"
        );
        Ok(Self {
            id_tensor: Tensor::from_slice(&ids, ids.len(), device)?,
            position_tensor: Tensor::from_slice(&positions, positions.len(), device)?,
            ids: ids.into(),
            positions: positions.into(),
            borders: borders.into(),
            buckets: Arc::default(),
        })
    }

    /// The texts by length, padded, as attention on a card takes them.
    ///
    /// # Errors
    /// Where the device has no memory.
    pub(crate) fn buckets(&self) -> Result<&Buckets> {
        if let Some(buckets) = self.buckets.get() {
            return Ok(buckets);
        }
        let buckets = Buckets::new(&self.borders, self.id_tensor.device())?;
        Ok(self.buckets.get_or_init(|| buckets))
    }

    /// Number of texts.
    pub fn n_texts(&self) -> usize {
        self.borders.len() - 1
    }

    /// Number of tokens.
    pub fn n_tokens(&self) -> usize {
        self.ids.len()
    }
}
