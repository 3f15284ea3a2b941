//! x86-64 with VNNI, one instruction for four products of bytes and their sum: AVX-VNNI in vectors
//! of eight columns, AVX-512-VNNI of sixteen. Float parts are those of [`super::avx2`].

#![expect(unsafe_code, reason = "vector loads and stores go through pointers")]

// Clippy lets tests import everything, so the expectation would be unfulfilled there.
#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "intrinsics carry their own prefixes"
    )
)]
use std::arch::x86_64::*;

use super::avx2::{self, dequantize};
use super::kernel::Operations;
use super::{Activations, Linear, PANEL, Product16, runs};

macro_rules! operations {
    ($name:literal, $linear:ident, $product:ident) => {
        Operations {
            name: $name,
            is_wide: false,
            quantize_rows: avx2::quantize_rows,
            linear: $linear,
            row_sums: avx2::row_sums,
            to_i16: avx2::to_i16,
            pack_keys: avx2::pack_keys,
            pack_values: avx2::pack_values,
            scale: avx2::scale,
            product_i16: $product,
            soft_weights: avx2::soft_weights,
            gelu: avx2::gelu,
            add_layer_norm: avx2::add_layer_norm,
            dot: avx2::dot,
            dot_i16_i8: avx2::dot_i16_i8,
            unlike_bits: avx2::unlike_bits,
        }
    };
}

pub(super) static IN_256: Operations = operations!("AVX-VNNI", linear_256, product_256);
pub(super) static IN_512: Operations = operations!("AVX-512-VNNI", linear_512, product_512);

/// See [`super::scalar::linear`].
#[target_feature(enable = "avx2,avxvnni")]
fn linear_256(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    assert!(w.fits(a, n_rows, out), "the caller sized all");
    for panel in 0..w.n / PANEL {
        for (row, rows) in runs(n_rows, 6) {
            match rows {
                6 => tile_256::<6>(a, row, w, panel, out),
                5 => tile_256::<5>(a, row, w, panel, out),
                4 => tile_256::<4>(a, row, w, panel, out),
                3 => tile_256::<3>(a, row, w, panel, out),
                2 => tile_256::<2>(a, row, w, panel, out),
                _ => tile_256::<1>(a, row, w, panel, out),
            }
        }
    }
}

/// `ROWS` rows by one panel, in two vectors of eight columns.
#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn tile_256<const ROWS: usize>(
    a: &Activations,
    row: usize,
    w: &Linear,
    panel: usize,
    out: &mut [f32],
) {
    let k = w.k;
    let a_rows = &a.values[row * k..(row + ROWS) * k];
    let w_panel = &w.packed[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[_mm256_setzero_si256(); 2]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 bytes, and at + 4 ≤ k, so 64 bytes from at·16 lie in it.
        let weights = unsafe {
            let from: *const __m256i = w_panel.as_ptr().add(at * PANEL).cast();
            [_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(1))]
        };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k bytes, and at + 4 ≤ k.
            let four: i32 = unsafe {
                a_rows
                    .as_ptr()
                    .add(r * k + at)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let four = _mm256_set1_epi32(four);
            for (sum, weights) in sum.iter_mut().zip(weights) {
                *sum = _mm256_dpbusd_avx_epi32(*sum, four, weights);
            }
        }
        at += 4;
    }
    for (r, sum) in sum.iter().enumerate() {
        dequantize(*sum, a, row + r, w, panel, out);
    }
}

/// See [`super::scalar::product_i16`].
#[target_feature(enable = "avx2,avxvnni")]
fn product_256(product: &Product16, c: &mut [i32]) {
    assert!(product.fits(c), "the caller sized all");
    for panel in 0..product.n / PANEL {
        for (row, rows) in runs(product.m, 4) {
            match rows {
                4 => tile_i16_256::<4>(product, row, panel, c),
                3 => tile_i16_256::<3>(product, row, panel, c),
                2 => tile_i16_256::<2>(product, row, panel, c),
                _ => tile_i16_256::<1>(product, row, panel, c),
            }
        }
    }
}

#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn tile_i16_256<const ROWS: usize>(product: &Product16, row: usize, panel: usize, c: &mut [i32]) {
    let &Product16 {
        a, lda, b, k, n, ..
    } = product;
    let a_rows = &a[row * lda..(row + ROWS - 1) * lda + k];
    let b_panel = &b[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [[_mm256_setzero_si256(); 2]; ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 values, and at + 2 ≤ k, so 32 values from at·16 lie in it.
        let columns = unsafe {
            let from: *const __m256i = b_panel.as_ptr().add(at * PANEL).cast();
            [_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(1))]
        };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k values from r·lda, and at + 2 ≤ k.
            let two: i32 = unsafe {
                a_rows
                    .as_ptr()
                    .add(r * lda + at)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let two = _mm256_set1_epi32(two);
            for (sum, columns) in sum.iter_mut().zip(columns) {
                *sum = add_pairs_256(*sum, two, columns);
            }
        }
        at += 2;
    }
    for (r, sum) in sum.iter().enumerate() {
        let to = &mut c[(row + r) * n + panel * PANEL..][..PANEL];
        // SAFETY: `to` has the sixteen values that the two vectors store.
        unsafe {
            _mm256_storeu_si256(to.as_mut_ptr().cast(), sum[0]);
            _mm256_storeu_si256(to.as_mut_ptr().add(8).cast(), sum[1]);
        }
    }
}

/// `sum` with two products of 16 bits added to each of its numbers.
#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn add_pairs_256(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
    // Miri, which runs these kernels where no processor at hand does, lacks the one instruction.
    if cfg!(miri) {
        _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
    } else {
        _mm256_dpwssd_avx_epi32(sum, a, b)
    }
}

/// As [`add_pairs_256`], twice as wide.
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn add_pairs_512(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    if cfg!(miri) {
        // SAFETY: two halves are as large as the whole, and any bits are numbers.
        let halves = |x| unsafe { std::mem::transmute::<__m512i, [__m256i; 2]>(x) };
        let (sum, a, b) = (halves(sum), halves(a), halves(b));
        let both = [0, 1].map(|i| _mm256_add_epi32(sum[i], _mm256_madd_epi16(a[i], b[i])));
        // SAFETY: as above.
        unsafe { std::mem::transmute::<[__m256i; 2], __m512i>(both) }
    } else {
        _mm512_dpwssd_epi32(sum, a, b)
    }
}

/// See [`super::scalar::linear`].
#[target_feature(enable = "avx512f,avx512vnni")]
fn linear_512(a: &Activations, n_rows: usize, w: &Linear, out: &mut [f32]) {
    assert!(w.fits(a, n_rows, out), "the caller sized all");
    // Two panels at a time while there are two: sixteen sums hide the instruction's latency.
    for (panel, panels) in runs(w.n / PANEL, 2) {
        for (row, rows) in runs(n_rows, 8) {
            let mut done = 0;
            while done < rows {
                let at = row + done;
                done += match (rows - done, panels) {
                    (8, 2) => tile_512::<8, 2>(a, at, w, panel, out),
                    (6.., 2) => tile_512::<6, 2>(a, at, w, panel, out),
                    (4.., 2) => tile_512::<4, 2>(a, at, w, panel, out),
                    (2.., 2) => tile_512::<2, 2>(a, at, w, panel, out),
                    (_, 2) => tile_512::<1, 2>(a, at, w, panel, out),
                    (4.., _) => tile_512::<4, 1>(a, at, w, panel, out),
                    _ => tile_512::<1, 1>(a, at, w, panel, out),
                };
            }
        }
    }
}

/// `ROWS` rows by `PANELS` panels, a vector each; how many rows that were.
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn tile_512<const ROWS: usize, const PANELS: usize>(
    a: &Activations,
    row: usize,
    w: &Linear,
    panel: usize,
    out: &mut [f32],
) -> usize {
    let k = w.k;
    let a_rows = &a.values[row * k..(row + ROWS) * k];
    let w_panels = &w.packed[panel * PANEL * k..(panel + PANELS) * PANEL * k];
    let mut sum = [[_mm512_setzero_si512(); PANELS]; ROWS];
    let mut at = 0;
    while at < k {
        let mut weights = [_mm512_setzero_si512(); PANELS];
        for (p, weights) in weights.iter_mut().enumerate() {
            // SAFETY: panel p has k·16 bytes, and at + 4 ≤ k, so 64 bytes from (p·k + at)·16 lie
            // in the panels.
            *weights =
                unsafe { _mm512_loadu_si512(w_panels.as_ptr().add((p * k + at) * PANEL).cast()) };
        }
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k bytes, and at + 4 ≤ k.
            let four: i32 = unsafe {
                a_rows
                    .as_ptr()
                    .add(r * k + at)
                    .cast::<i32>()
                    .read_unaligned()
            };
            let four = _mm512_set1_epi32(four);
            for (sum, weights) in sum.iter_mut().zip(weights) {
                *sum = _mm512_dpbusd_epi32(*sum, four, weights);
            }
        }
        at += 4;
    }
    for (r, sum) in sum.iter().enumerate() {
        let zero = _mm512_set1_epi32(a.zeros[row + r]);
        let scale = _mm512_set1_ps(a.scales[row + r]);
        for (p, &sum) in sum.iter().enumerate() {
            let column = (panel + p) * PANEL;
            let sums = &w.sums[column..column + PANEL];
            let scales = &w.scales[column..column + PANEL];
            let bias = &w.bias[column..column + PANEL];
            let to = &mut out[(row + r) * w.n + column..][..PANEL];
            // SAFETY: each slice has the sixteen values that one vector loads or stores.
            unsafe {
                let shift = _mm512_mullo_epi32(zero, _mm512_loadu_si512(sums.as_ptr().cast()));
                let value = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, shift));
                let scale = _mm512_mul_ps(scale, _mm512_loadu_ps(scales.as_ptr()));
                let value = _mm512_mul_ps(value, scale);
                let value = _mm512_add_ps(value, _mm512_loadu_ps(bias.as_ptr()));
                _mm512_storeu_ps(to.as_mut_ptr(), value);
            }
        }
    }
    ROWS
}

/// See [`super::scalar::product_i16`].
#[target_feature(enable = "avx512f,avx512vnni")]
fn product_512(product: &Product16, c: &mut [i32]) {
    assert!(product.fits(c), "the caller sized all");
    for panel in 0..product.n / PANEL {
        for (row, rows) in runs(product.m, 8) {
            let mut done = 0;
            while done < rows {
                let at = row + done;
                done += match rows - done {
                    8 => tile_i16_512::<8>(product, at, panel, c),
                    4.. => tile_i16_512::<4>(product, at, panel, c),
                    _ => tile_i16_512::<1>(product, at, panel, c),
                };
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn tile_i16_512<const ROWS: usize>(
    product: &Product16,
    row: usize,
    panel: usize,
    c: &mut [i32],
) -> usize {
    let &Product16 {
        a, lda, b, k, n, ..
    } = product;
    let a_rows = &a[row * lda..(row + ROWS - 1) * lda + k];
    let b_panel = &b[panel * PANEL * k..(panel + 1) * PANEL * k];
    let mut sum = [_mm512_setzero_si512(); ROWS];
    let mut at = 0;
    while at < k {
        // SAFETY: the panel has k·16 values, and at + 2 ≤ k, so 32 values from at·16 lie in it.
        let columns = unsafe { _mm512_loadu_si512(b_panel.as_ptr().add(at * PANEL).cast()) };
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: row r has k values from r·lda, and at + 2 ≤ k.
            let two: i32 = unsafe {
                a_rows
                    .as_ptr()
                    .add(r * lda + at)
                    .cast::<i32>()
                    .read_unaligned()
            };
            *sum = add_pairs_512(*sum, _mm512_set1_epi32(two), columns);
        }
        at += 2;
    }
    for (r, &sum) in sum.iter().enumerate() {
        let to = &mut c[(row + r) * n + panel * PANEL..][..PANEL];
        // SAFETY: `to` has the sixteen values that the vector stores.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), sum) };
    }
    ROWS
}
