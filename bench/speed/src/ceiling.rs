//! What the processor allows: the products of the stepwise kernel, in registers and without a load.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "instructions are called where they were detected"
    )
)]

/// Rounds of which the fastest counts: nothing makes a ceiling higher than it is.
#[cfg(target_arch = "x86_64")]
const ROUNDS: usize = 7;
/// Turns of the loop in a round: some 30 ms.
#[cfg(target_arch = "x86_64")]
const TURNS: usize = 10_000_000;
/// Multiplications and additions of a turn: three rows by eight columns by eight inputs.
#[cfg(target_arch = "x86_64")]
const OPERATIONS: usize = 2 * 3 * 8 * 8;

/// GOP/s of the tile that WebAssembly runs where a relaxed dot product is no instruction: 128 bits
/// wide, in separate steps. `None` where nothing is known of the processor.
pub(crate) fn of_steps_in_128_bits() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        let mut most = 0.0_f64;
        for _ in 0..ROUNDS {
            let start = std::time::Instant::now();
            // SAFETY: AVX2 was just detected.
            std::hint::black_box(unsafe { turn_in_registers(TURNS) });
            let seconds = start.elapsed().as_secs_f64();
            most = most.max((TURNS * OPERATIONS) as f64 / seconds / 1e9);
        }
        return Some(most);
    }
    None
}

/// The tile's instructions but its loads, as V8 encodes them: VEX, 128 bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn turn_in_registers(turns: usize) -> i32 {
    use std::arch::x86_64::{
        _mm_add_epi16, _mm_add_epi32, _mm_cvtsi128_si32, _mm_madd_epi16, _mm_maddubs_epi16,
        _mm_set1_epi8, _mm_set1_epi16, _mm_setzero_si128,
    };
    let ones = _mm_set1_epi16(1);
    let mut rows = [_mm_set1_epi8(3); 3];
    let mut weights = [_mm_set1_epi8(5); 4];
    let mut sums = [_mm_setzero_si128(); 6];
    for _ in 0..turns {
        for value in &mut rows {
            forget(value);
        }
        for value in &mut weights {
            forget(value);
        }
        for (row, sums) in sums.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            for (column, sum) in sums.iter_mut().enumerate() {
                let pairs = _mm_add_epi16(
                    _mm_maddubs_epi16(rows[row], weights[column]),
                    _mm_maddubs_epi16(rows[(row + 1) % 3], weights[column + 2]),
                );
                *sum = _mm_add_epi32(*sum, _mm_madd_epi16(pairs, ones));
            }
        }
    }
    sums.into_iter()
        .map(|sum| _mm_cvtsi128_si32(sum))
        .fold(0, i32::wrapping_add)
}

/// Has the compiler forget what it knows of a register, by no instruction.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would go through memory")]
fn forget(value: &mut std::arch::x86_64::__m128i) {
    // SAFETY: nothing is executed.
    unsafe {
        std::arch::asm!(
            "/* {0} */",
            inout(xmm_reg) * value,
            options(nomem, nostack, preserves_flags)
        );
    }
}
