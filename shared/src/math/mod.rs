//! The encoder's and the search's arithmetic: one plain judge, faster kernels with the same bits.
//!
//! `scalar` defines every result. [`Kernel::best`] picks the fastest kernel that this machine
//! runs; a text's embedding does not depend on the choice.

mod approx;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod lanes;
mod scalar;
#[cfg(target_arch = "wasm32")]
mod simd128;
#[cfg(test)]
mod tests;

/// Columns that are packed together: see `pack`.
pub const PANEL: usize = 8;

/// Rows of activations in 7 bits: `x ≈ scale · (value − zero)`.
///
/// Seven bits, not eight: then products of two neighbors fit 16 bits, and the relaxed dot product
/// of WebAssembly is exact, so that every target computes the same sums.
#[derive(Debug, Clone)]
pub struct Activations {
    /// `[rows, k]`, each 0..=127.
    pub(crate) values: Vec<u8>,
    /// `[rows]`: size of one step.
    pub(crate) scales: Vec<f32>,
    /// `[rows]`: the value that means zero.
    pub(crate) zeros: Vec<i32>,
}

impl Activations {
    /// Room for `rows` rows of at most `k` values.
    pub(crate) fn with_room(rows: usize, k: usize) -> Self {
        Self {
            values: vec![0; rows * k],
            scales: vec![0.0; rows],
            zeros: vec![0; rows],
        }
    }
}

/// A linear layer in int8: `[n, k]` weights with one scale a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear<'a> {
    /// Outputs; a multiple of [`PANEL`].
    pub n: usize,
    /// Inputs; a multiple of 16.
    pub k: usize,
    /// Weights as [`pack`] lays them out.
    pub packed: &'a [i8],
    /// `[n]`: size of one weight step.
    pub scales: &'a [f32],
    /// `[n]`: sum of the row's weights.
    pub sums: &'a [i32],
    /// `[n]`.
    pub bias: &'a [f32],
}

impl Linear<'_> {
    /// Weight of output `column` and input `at`.
    pub(crate) fn weight(&self, column: usize, at: usize) -> i8 {
        self.packed[packed_at(self.k, column, at)]
    }
}

/// Where weight (`column`, `at`) of a matrix `[n, k]` stands: `[n / 8][k / 4][8 columns][4 of k]`.
fn packed_at(k: usize, column: usize, at: usize) -> usize {
    (column / PANEL * k + at / 4 * 4) * PANEL + column % PANEL * 4 + at % 4
}

/// Lays out row-major weights `[n, k]` as kernels read them.
pub(crate) fn pack(rows: &[i8], n: usize, k: usize) -> Vec<i8> {
    assert!(
        n.is_multiple_of(PANEL) && k.is_multiple_of(16) && rows.len() == n * k,
        "shapes fit the kernels"
    );
    let mut packed = vec![0; n * k];
    for column in 0..n {
        for at in 0..k {
            packed[packed_at(k, column, at)] = rows[column * k + at];
        }
    }
    packed
}

/// Which implementation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// The judge: plain loops.
    Scalar,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// WebAssembly with simd128.
    #[cfg(target_arch = "wasm32")]
    Simd128,
}

/// Calls one operation of the chosen kernel.
macro_rules! dispatch {
    ($self:ident, $name:ident($($arg:expr),*)) => {
        match $self {
            Kernel::Scalar => scalar::$name($($arg),*),
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "the feature was detected when the kernel was chosen")]
            // SAFETY: `Kernel::best` gives Avx2 only where the processor has AVX2.
            Kernel::Avx2 => unsafe { avx2::$name($($arg),*) },
            #[cfg(target_arch = "wasm32")]
            Kernel::Simd128 => simd128::$name($($arg),*),
        }
    };
}

impl Kernel {
    /// The fastest kernel that this machine runs.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        #[cfg(target_arch = "wasm32")]
        return Self::Simd128;
        #[cfg(not(target_arch = "wasm32"))]
        Self::Scalar
    }

    /// The kernel's name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "AVX2",
            #[cfg(target_arch = "wasm32")]
            Self::Simd128 => "simd128",
        }
    }

    pub(crate) fn quantize_rows(self, x: &[f32], multiplier: &[f32], to: &mut Activations) {
        dispatch!(self, quantize_rows(x, multiplier, to));
    }

    pub(crate) fn linear(self, a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
        dispatch!(self, linear(a, n_rows, w, out));
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the shape of a matrix product, as in BLAS"
    )]
    pub(crate) fn matmul(
        self,
        a: &[f32],
        lda: usize,
        b: &[f32],
        ldb: usize,
        c: &mut [f32],
        ldc: usize,
        m: usize,
        k: usize,
        n: usize,
    ) {
        dispatch!(self, matmul(a, lda, b, ldb, c, ldc, m, k, n));
    }

    pub(crate) fn softmax(self, row: &mut [f32]) {
        dispatch!(self, softmax(row));
    }

    pub(crate) fn gelu(self, values: &mut [f32]) {
        dispatch!(self, gelu(values));
    }

    pub(crate) fn add_layer_norm(
        self,
        x: &mut [f32],
        y: &[f32],
        gamma: &[f32],
        beta: &[f32],
        eps: f32,
    ) {
        dispatch!(self, add_layer_norm(x, y, gamma, beta, eps));
    }

    pub(crate) fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        dispatch!(self, dot(a, b))
    }

    pub(crate) fn dot_i16_i8(self, query: &[i16], vector: &[i8]) -> i32 {
        dispatch!(self, dot_i16_i8(query, vector))
    }
}

/// Dot product of two equally long vectors, summed in the one order of every float reduction.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    Kernel::best().dot(a, b)
}
