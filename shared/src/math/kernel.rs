//! Which implementation runs.

use super::{Activations, Linear, PANEL, Product16, scalar};

type AddLayerNorm = unsafe fn(&mut [f32], &[f32], &[f32], &[f32], f32);

/// One implementation of every operation.
#[derive(Debug)]
pub(super) struct Operations {
    pub(super) name: &'static str,
    /// Whether `linear` reads activations in 16 bits.
    pub(super) is_wide: bool,
    pub(super) quantize_rows: unsafe fn(&[f32], &[f32], &mut Activations),
    pub(super) linear: unsafe fn(&Activations, usize, &Linear, &mut [f32]),
    pub(super) row_sums: unsafe fn(&[i8], usize, &mut [i32]) -> bool,
    pub(super) to_i16: unsafe fn(&[f32], usize, usize, i32, &mut [i16]) -> f32,
    pub(super) pack_keys: unsafe fn(&[i16], usize, &mut [i16]),
    pub(super) pack_values: unsafe fn(&[i16], usize, &mut [i16]),
    pub(super) scale: unsafe fn(&[i32], f32, &mut [f32]),
    pub(super) product_i16: unsafe fn(&Product16, &mut [i32]),
    pub(super) soft_weights: unsafe fn(&[i32], f32, &mut [i16]) -> i32,
    pub(super) gelu: unsafe fn(&mut [f32]),
    pub(super) add_layer_norm: AddLayerNorm,
    pub(super) dot: unsafe fn(&[f32], &[f32]) -> f32,
    pub(super) dot_i16_i8: unsafe fn(&[i16], &[i8]) -> i32,
    pub(super) unlike_bits: unsafe fn(&[u64], &[u64], &mut [u16]),
}

/// A set of functions, one for every operation: all kernels give the same bits.
#[derive(Clone, Copy)]
pub struct Kernel(pub(super) &'static Operations);

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kernel({})", self.0.name)
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Kernel {}

impl Kernel {
    /// The judge: plain loops.
    pub const SCALAR: Self = Self(&scalar::OPERATIONS);

    /// The fastest kernel that this machine runs; in WebAssembly, simd128.
    pub fn best() -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(&super::simd128::OPERATIONS);
        #[cfg(not(target_arch = "wasm32"))]
        Self::detected().last().unwrap_or(Self::SCALAR)
    }

    /// Every kernel that this machine runs, the judge first and the fastest last.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn all() -> Vec<Self> {
        std::iter::once(Self::SCALAR)
            .chain(Self::detected())
            .collect()
    }

    /// Every kernel, the judge first and that of most browsers last. A module that names them all
    /// loads only where there is relaxed SIMD.
    #[cfg(all(test, target_arch = "wasm32"))]
    pub(super) fn all() -> Vec<Self> {
        vec![
            Self::SCALAR,
            Self::relaxed(),
            Self::relaxed_in_steps(),
            Self::best(),
        ]
    }

    /// The vector kernels that this machine runs, the fastest last.
    #[cfg(target_arch = "x86_64")]
    fn detected() -> impl DoubleEndedIterator<Item = Self> {
        use std::arch::is_x86_feature_detected as has;
        let avx2 = has!("avx2") && has!("popcnt");
        [
            (avx2, &super::avx2::OPERATIONS),
            (avx2 && has!("avxvnni"), &super::vnni::IN_256),
            (
                avx2 && has!("avx512f") && has!("avx512vnni"),
                &super::vnni::IN_512,
            ),
        ]
        .into_iter()
        .filter_map(|(runs, operations)| runs.then_some(Self(operations)))
    }

    /// The vector kernels that this machine runs, the fastest last.
    #[cfg(target_arch = "aarch64")]
    fn detected() -> impl DoubleEndedIterator<Item = Self> {
        use std::arch::is_aarch64_feature_detected as has;
        [
            (has!("neon"), &super::neon::PLAIN),
            (has!("neon") && has!("dotprod"), &super::neon::DOT),
        ]
        .into_iter()
        .filter_map(|(runs, operations)| runs.then_some(Self(operations)))
    }

    /// The vector kernels that this machine runs: none is written for it.
    #[cfg(not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "wasm32"
    )))]
    fn detected() -> impl DoubleEndedIterator<Item = Self> {
        std::iter::empty()
    }

    /// WebAssembly with relaxed SIMD, its dot product of bytes fused with the addition: one
    /// instruction where the processor has it. Only for modules that a browser without relaxed
    /// SIMD never loads.
    #[cfg(target_arch = "wasm32")]
    pub fn relaxed() -> Self {
        Self(&super::relaxed::FUSED)
    }

    /// As [`Self::relaxed`], in separate steps: faster where the processor has no such
    /// instruction and the engine takes its place with five.
    #[cfg(target_arch = "wasm32")]
    pub fn relaxed_in_steps() -> Self {
        Self(&super::relaxed::STEPS)
    }

    /// Runs a small linear layer `times` times: what a choice between kernels is timed by. The sum of
    /// its results is the same, to the bit, for every kernel that does what it should.
    pub fn exercise(self, times: usize) -> f32 {
        const ROWS: usize = 12;
        const N: usize = 4 * PANEL;
        const K: usize = 128;
        // Both signs, and four of them keep to the limit of a group.
        let packed: Vec<i8> = (0..N * K).map(|at| (at * 37 % 129) as i8 - 64).collect();
        let x: Vec<f32> = (0..ROWS * K)
            .map(|at| (at * 29 % 31) as f32 - 9.0)
            .collect();
        let (mut sums, numbers) = ([0; N], [1.0; N]);
        self.row_sums(&packed, K, &mut sums);
        let w = Linear {
            n: N,
            k: K,
            packed: &packed,
            scales: &numbers,
            sums: &sums,
            bias: &numbers,
        };
        let mut a = Activations::with_room(self, ROWS, K);
        self.quantize_rows(&x, &numbers.repeat(K / N), &mut a);
        let mut out = vec![0.0; ROWS * N];
        for _ in 0..times {
            self.linear(&a, ROWS, &w, std::hint::black_box(&mut out));
        }
        out.iter().sum()
    }

    /// The kernel's name, for people.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    pub(crate) fn is_wide(self) -> bool {
        self.0.is_wide
    }
}

/// Calls one operation of the kernel.
macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        #[expect(unsafe_code, reason = "the feature was detected when the kernel was chosen")]
        impl Kernel {$(
            $(#[$doc])*
            pub(crate) fn $name(self, $($arg: $type),*) $(-> $result)? {
                // SAFETY: a kernel is handed out only where its instructions exist: natively they
                // are detected, and a WebAssembly module with others would not have loaded.
                unsafe { (self.0.$name)($($arg),*) }
            }
        )*}
    };
}

operations! {
    /// See [`scalar::quantize_rows`].
    quantize_rows(x: &[f32], multiplier: &[f32], to: &mut Activations);
    /// See [`scalar::linear`].
    linear(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]);
    /// See [`scalar::row_sums`].
    row_sums(packed: &[i8], k: usize, to: &mut [i32]) -> bool;
    /// See [`scalar::to_i16`].
    to_i16(x: &[f32], stride: usize, width: usize, limit: i32, to: &mut [i16]) -> f32;
    /// See [`scalar::pack_keys`].
    pack_keys(rows: &[i16], width: usize, to: &mut [i16]);
    /// See [`scalar::pack_values`].
    pack_values(rows: &[i16], width: usize, to: &mut [i16]);
    /// See [`scalar::scale`].
    scale(sums: &[i32], factor: f32, to: &mut [f32]);
    /// See [`scalar::product_i16`].
    product_i16(product: &Product16, c: &mut [i32]);
    /// See [`scalar::soft_weights`].
    soft_weights(scores: &[i32], scale: f32, to: &mut [i16]) -> i32;
    /// See [`scalar::gelu`].
    gelu(values: &mut [f32]);
    /// See [`scalar::add_layer_norm`].
    add_layer_norm(x: &mut [f32], y: &[f32], gamma: &[f32], beta: &[f32], eps: f32);
    /// See [`scalar::dot`].
    dot(a: &[f32], b: &[f32]) -> f32;
    /// See [`scalar::dot_i16_i8`].
    dot_i16_i8(query: &[i16], vector: &[i8]) -> i32;
    /// See [`scalar::unlike_bits`].
    unlike_bits(query: &[u64], codes: &[u64], to: &mut [u16]);
}
