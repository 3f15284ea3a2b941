//! The operations on an NVIDIA card: which kernel of `trainer/kernels` runs on what, in how many blocks.
//!
//! Everything but the last step is written for any [`Card`]: the real one (`cuda`) and, in tests, one that
//! runs the same kernels on the processor (`emulator`), so that no card is needed to check them.

#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
pub(crate) mod emulator;
mod rows;
mod sums;
#[cfg(test)]
mod tests;

use candle_core::{Result, bail};

pub(crate) use rows::{
    Masked, Norm, add_bias, add_bias_and_rows, add_columns, dropout_weights, layer_norm,
    layer_norm_backward, softmax, softmax_backward,
};
pub(crate) use sums::{
    add_rows_at, column_sum, layer_norm_parameters, mean_pool, mean_pool_backward,
};

use super::Dropout;

/// Threads of a block: eight warps.
const THREADS: u32 = 256;
/// Threads of a warp, which take one row.
const WARP: u32 = 32;
/// Numbers that a thread takes in a pass over all of them.
const NUMBERS_A_THREAD: u64 = 4;

/// Contiguous numbers in a card's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of the first byte.
    pub(crate) address: u64,
    /// How many numbers of four bytes there are.
    pub(crate) len: usize,
}

impl Place {
    /// Numbers `at..at + len` of it.
    fn part(self, at: usize, len: usize) -> Result<Self> {
        if at + len > self.len {
            bail!("{len} numbers do not fit at {at} of {}", self.len)
        }
        Ok(Self {
            address: self.address + 4 * at as u64,
            len,
        })
    }

    /// How many rows of `n` it is.
    fn rows(self, n: usize) -> Result<usize> {
        if n == 0 || !self.len.is_multiple_of(n) {
            bail!("{} numbers are no rows of {n}", self.len)
        }
        Ok(self.len / n)
    }

    /// Says where two lengths that must agree do not.
    fn expect_len(self, len: usize) -> Result<()> {
        if self.len != len {
            bail!("{} numbers where {len} are wanted", self.len)
        }
        Ok(())
    }
}

/// An argument of a kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Argument {
    /// Of numbers in the card's memory; 0 for none.
    Address(u64),
    /// A count of what fits 32 bits.
    Count(u32),
    /// A number.
    Number(f32),
    /// A count, or a key, of 64 bits.
    Long(u64),
}

impl From<Place> for Argument {
    fn from(place: Place) -> Self {
        Self::Address(place.address)
    }
}

impl From<f32> for Argument {
    fn from(number: f32) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Argument {
    fn from(long: u64) -> Self {
        Self::Long(long)
    }
}

/// One run of a kernel.
#[derive(Debug)]
pub(crate) struct Launch {
    /// The file in `trainer/kernels`, without its ending.
    pub(crate) file: &'static str,
    /// The kernel's name in it.
    pub(crate) kernel: &'static str,
    /// Blocks along both axes, each of [`THREADS`] threads.
    pub(crate) blocks: (u32, u32),
    /// In the order of the kernel's parameters.
    pub(crate) arguments: Vec<Argument>,
}

/// What runs kernels.
pub(crate) trait Card {
    /// Memory of `f32`, given back when it is dropped.
    type Numbers;
    /// Memory of `u32`, likewise.
    type Words;

    /// Memory for `len` numbers, holding anything.
    fn reserve(&self, len: usize) -> Result<Self::Numbers>;
    /// A copy of `words` in the card's memory.
    fn upload(&self, words: &[u32]) -> Result<Self::Words>;
    /// Where numbers are.
    fn numbers(&self, memory: &Self::Numbers) -> Place;
    /// Where words are.
    fn words(&self, memory: &Self::Words) -> Place;
    /// Runs a kernel after all that ran before it.
    fn launch(&self, launch: &Launch) -> Result<()>;
}

/// A count that a kernel takes in 32 bits.
fn count(n: usize) -> Result<Argument> {
    match u32::try_from(n) {
        Ok(n) => Ok(Argument::Count(n)),
        Err(_) => bail!("{n} is more than a kernel counts: take smaller batches"),
    }
}

/// Blocks along one axis, where each takes `each` of `n`.
fn blocks(n: usize, each: usize) -> Result<u32> {
    match i32::try_from(n.div_ceil(each)) {
        Ok(blocks) => Ok(blocks as u32),
        Err(_) => bail!("{n} rows are more than a kernel takes: take smaller batches"),
    }
}

/// Runs a kernel of `elementwise.cu` that passes over `n` numbers.
fn over_numbers<C: Card>(
    card: &C,
    kernel: &'static str,
    n: usize,
    arguments: Vec<Argument>,
) -> Result<()> {
    if n == 0 {
        return Ok(());
    }
    let each = (u64::from(THREADS) * NUMBERS_A_THREAD) as usize;
    card.launch(&Launch {
        file: "elementwise",
        kernel,
        blocks: (blocks(n, each)?, 1),
        arguments,
    })
}

/// `arena[at..] += x`.
pub(crate) fn add_at<C: Card>(card: &C, arena: Place, at: usize, x: Place) -> Result<()> {
    let place = arena.part(at, x.len)?;
    let arguments = vec![place.into(), x.into(), (x.len as u64).into()];
    over_numbers(card, "add", x.len, arguments)
}

/// `super::Gelu`.
pub(crate) fn gelu<C: Card>(card: &C, x: Place) -> Result<C::Numbers> {
    let y = card.reserve(x.len)?;
    let arguments = vec![x.into(), card.numbers(&y).into(), (x.len as u64).into()];
    over_numbers(card, "gelu", x.len, arguments)?;
    Ok(y)
}

/// `super::GeluBackward`.
pub(crate) fn gelu_backward<C: Card>(card: &C, d: Place, x: Place) -> Result<()> {
    d.expect_len(x.len)?;
    let arguments = vec![d.into(), x.into(), (x.len as u64).into()];
    over_numbers(card, "gelu_backward", x.len, arguments)
}

/// [`Dropout`].
pub(crate) fn dropout<C: Card>(card: &C, x: Place, dropout: Dropout) -> Result<()> {
    let arguments = vec![
        x.into(),
        (x.len as u64).into(),
        dropout.key.into(),
        dropout.limit().into(),
        dropout.scale().into(),
    ];
    over_numbers(card, "dropout", x.len, arguments)
}

/// One step of the optimizer; `factors` in the order of the kernel's parameters.
pub(crate) fn adamw<C: Card>(
    card: &C,
    state: Place,
    gradients: Place,
    decayed: Place,
    factors: [f32; 7],
) -> Result<()> {
    let n = gradients.len;
    state.expect_len(3 * n)?;
    decayed.expect_len(n)?;
    let mut arguments = vec![
        state.into(),
        gradients.into(),
        decayed.into(),
        (n as u64).into(),
    ];
    arguments.extend(factors.map(Argument::Number));
    over_numbers(card, "adamw", n, arguments)
}
