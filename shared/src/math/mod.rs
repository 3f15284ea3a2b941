//! The encoder's and the search's arithmetic: one plain judge, faster kernels with the same bits.
//!
//! `scalar` defines every result. [`Kernel::best`] picks the fastest kernel that this machine
//! runs; a text's embedding does not depend on the choice. A kernel is a table of functions and not
//! a variant of an enum, so that a program links only the kernels that it names: a WebAssembly
//! module with relaxed SIMD in it does not load in a browser without.

mod approx;
mod bits;
mod kernel;
mod lanes;
mod pack;
mod scalar;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "wasm32")]
mod relaxed;
#[cfg(target_arch = "wasm32")]
mod simd128;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub(crate) use approx::SOFT_ONE;
pub use kernel::Kernel;
pub(crate) use pack::pack;
pub use pack::{GROUP_LIMIT, PANEL};

/// Rows of activations in 7 bits: `x ≈ scale · (value − zero)`.
///
/// Seven bits, not eight: then products of two neighbors fit 16 bits, and the relaxed dot product
/// of WebAssembly is exact, so that every target computes the same sums.
#[derive(Debug, Clone)]
pub struct Activations {
    /// `[rows, k]`, each 0..=127.
    pub(crate) values: Vec<u8>,
    /// The same in 16 bits, for the kernel that multiplies in them; empty for others.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        expect(dead_code, reason = "only simd128 reads it")
    )]
    pub(crate) wide: Vec<i16>,
    /// `[rows]`: size of one step.
    pub(crate) scales: Vec<f32>,
    /// `[rows]`: the value that means zero.
    pub(crate) zeros: Vec<i32>,
}

impl Activations {
    /// Room for `rows` rows of at most `k` values, as `kernel` wants it.
    pub(crate) fn with_room(kernel: Kernel, rows: usize, k: usize) -> Self {
        Self {
            values: vec![0; rows * k],
            wide: vec![0; if kernel.is_wide() { rows * k } else { 0 }],
            scales: vec![0.0; rows],
            zeros: vec![0; rows],
        }
    }
}

/// What a row from `low` (at most zero) to `high` (at least zero) is rounded with: the factor of its
/// values, the size of a step, the value that means zero, and what to take from the bits of a sum
/// with 1.5 · 2²³, which has the rounded number in its low bits: the constant has to go, and the zero
/// to come.
#[cfg(any(target_arch = "wasm32", target_arch = "x86_64"))]
fn span(low: f32, high: f32) -> (f32, f32, i32, i32) {
    use approx::ROUND;

    let range = high - low;
    let inverse = if range > 0.0 { 127.0 / range } else { 0.0 };
    let zero = (-low * inverse + ROUND - ROUND) as i32;
    (inverse, range / 127.0, zero, ROUND.to_bits() as i32 - zero)
}

/// A linear layer in int8: `[n, k]` weights with one scale a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear<'a> {
    /// Outputs; a multiple of [`PANEL`].
    pub n: usize,
    /// Inputs; a multiple of 16.
    pub k: usize,
    /// Weights as [`pack`] lays them out; every group keeps to [`GROUP_LIMIT`].
    pub packed: &'a [i8],
    /// `[n]`: size of one weight step.
    pub scales: &'a [f32],
    /// `[n]`: sum of the row's weights.
    pub sums: &'a [i32],
    /// `[n]`.
    pub bias: &'a [f32],
}

impl Linear<'_> {
    /// Whether every slice has what the shape needs, for `n_rows` rows of `a`: kernels read
    /// through pointers.
    fn fits(&self, a: &Activations, n_rows: usize, out: &[f32]) -> bool {
        self.n.is_multiple_of(PANEL)
            && self.k.is_multiple_of(16)
            && self.packed.len() == self.n * self.k
            && [self.scales.len(), self.sums.len(), self.bias.len()] == [self.n; 3]
            && a.values.len() >= n_rows * self.k
            && a.scales.len().min(a.zeros.len()) >= n_rows
            && out.len() >= n_rows * self.n
    }
}

/// A product of 16-bit matrices, `c[m, n] = a[m, k] · b[k, n]`, in exact 32-bit sums.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product16<'a> {
    /// Rows of `k` values, `lda` apart.
    pub a: &'a [i16],
    /// Distance of two rows of `a`.
    pub lda: usize,
    /// `[n / 16][k / 2][16 columns][2 of k]`.
    pub b: &'a [i16],
    /// Rows.
    pub m: usize,
    /// Inner width; even.
    pub k: usize,
    /// Columns; a multiple of [`PANEL`].
    pub n: usize,
}

impl Product16<'_> {
    /// Whether the slices have what the shape needs: kernels read through pointers.
    fn fits(&self, c: &[i32]) -> bool {
        self.n.is_multiple_of(PANEL)
            && self.k.is_multiple_of(2)
            && self.lda >= self.k
            && self.m > 0
            && self.a.len() >= (self.m - 1) * self.lda + self.k
            && self.b.len() >= self.k * self.n
            && c.len() >= self.m * self.n
    }
}

/// Splits `n` rows into runs of at most `most`, as even as can be: a lone last row would cost a
/// tile almost what a full one does.
fn runs(n: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = n.div_ceil(most);
    (0..count).map(move |at| (at * n / count, (at + 1) * n / count - at * n / count))
}

/// Dot product of two equally long vectors, summed in the one order of every float reduction.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    Kernel::best().dot(a, b)
}
