//! Counts of unlike bits, for codes of the widths that encoders have: the loop over a code's words is
//! written out, since compilers unroll none of a module that they optimize for size.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the target features of the kernel it is inlined into"
)]

use super::scalar;

/// See [`scalar::unlike_bits`].
#[inline(always)]
pub(super) fn unlike_bits(query: &[u64], codes: &[u64], to: &mut [u16]) {
    match query.len() {
        2 => of_words::<2>(query, codes, to),
        4 => of_words::<4>(query, codes, to),
        6 => of_words::<6>(query, codes, to),
        8 => of_words::<8>(query, codes, to),
        _ => scalar::unlike_bits(query, codes, to),
    }
}

#[inline(always)]
fn of_words<const N: usize>(query: &[u64], codes: &[u64], to: &mut [u16]) {
    let query: &[u64; N] = query.try_into().expect("the caller counted them");
    let (codes, _) = codes.as_chunks::<N>();
    for (code, to) in codes.iter().zip(to) {
        let mut unlike = 0;
        for at in 0..N {
            unlike += (query[at] ^ code[at]).count_ones();
        }
        *to = unlike as u16;
    }
}
