//! How matrices lie in memory for the kernels.

/// Columns that are packed together.
pub const PANEL: usize = 16;

/// What the positive weights of a group may sum to, and the negative ones the other way: times 127
/// it still fits 16 bits, so that kernels add two steps' products before they widen the sum.
///
/// A group is four weights of a row: of eight inputs in a row, those at 0, 1, 4 and 5, or those at
/// 2, 3, 6 and 7.
pub const GROUP_LIMIT: i32 = i16::MAX as i32 / 127;

/// Where weight (`column`, `at`) of a matrix `[n, k]` stands: `[n / 16][k / 4][16 columns][4 of k]`.
pub(super) fn packed_at(k: usize, column: usize, at: usize) -> usize {
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
