//! What adds rows up, in the same order each time.

use candle_core::Result;

use super::rows::layer_norm_moments;
use super::{Argument, Card, Launch, Place, WARP, blocks, count};

/// Blocks that share the rows of a column sum; one more pass adds theirs up.
const PARTS: usize = 256;
/// Fewest rows of such a block.
const FEWEST_ROWS: usize = 32;
/// Rows that go to one row of a table are added in pieces of so many: some tokens are everywhere.
const PIECE: usize = 64;

/// Rows of a block, and how many blocks that makes.
fn parts(rows: usize) -> (usize, usize) {
    let each = rows.div_ceil(PARTS).max(FEWEST_ROWS);
    (each, rows.div_ceil(each).max(1))
}

/// One pass of `column_sums`: `[rows, n]` → `[parts, n]`.
fn column_sums<C: Card>(
    card: &C,
    x: Place,
    n: usize,
    (each, parts): (usize, usize),
) -> Result<C::Numbers> {
    let rows = x.rows(n)?;
    let sums = card.reserve(parts * n)?;
    card.launch(&Launch {
        file: "sums",
        kernel: "column_sums",
        blocks: (blocks(n, WARP as usize)?, blocks(parts, 1)?),
        arguments: vec![
            x.into(),
            card.numbers(&sums).into(),
            (rows as u64).into(),
            count(n)?,
            (each as u64).into(),
        ],
    })?;
    Ok(sums)
}

/// `super::super::ColumnSum` of rows of `n`.
pub(crate) fn column_sum<C: Card>(card: &C, x: Place, n: usize) -> Result<C::Numbers> {
    let (each, parts) = parts(x.rows(n)?);
    let sums = column_sums(card, x, n, (each, parts))?;
    if parts == 1 {
        return Ok(sums);
    }
    column_sums(card, card.numbers(&sums), n, (parts, 1))
}

/// `super::super::LayerNormParameters` of rows of `n`: `[2, n]`.
pub(crate) fn layer_norm_parameters<C: Card>(
    card: &C,
    d: Place,
    x: Place,
    n: usize,
    epsilon: f32,
) -> Result<C::Numbers> {
    let rows = x.rows(n)?;
    d.expect_len(x.len)?;
    let moments = layer_norm_moments(card, x, n, epsilon)?;
    let (each, parts) = parts(rows);
    let sums = card.reserve(parts * 2 * n)?;
    card.launch(&Launch {
        file: "layer_norm",
        kernel: "layer_norm_parameters",
        blocks: (blocks(n, WARP as usize)?, blocks(parts, 1)?),
        arguments: vec![
            d.into(),
            x.into(),
            card.numbers(&moments).into(),
            card.numbers(&sums).into(),
            (rows as u64).into(),
            count(n)?,
            (each as u64).into(),
        ],
    })?;
    if parts == 1 {
        return Ok(sums);
    }
    column_sums(card, card.numbers(&sums), 2 * n, (parts, 1))
}

/// Which rows are added to which rows of a table.
#[derive(Debug, Default, PartialEq)]
struct Segments {
    /// Rows of `x`, by row of the table, else in order.
    order: Vec<u32>,
    /// Where pieces begin in `order`, and its length.
    pieces: Vec<u32>,
    /// Rows of the table that get something, rising.
    rows: Vec<u32>,
    /// Where the pieces of each begin, and their number.
    borders: Vec<u32>,
}

impl Segments {
    fn of(rows: &[u32]) -> Self {
        // Sorted with their places, so that equal rows stay in order.
        let mut keys: Vec<u64> = rows
            .iter()
            .zip(0_u64..)
            .map(|(&row, at)| (u64::from(row) << 32) | at)
            .collect();
        keys.sort_unstable();
        let mut segments = Self::default();
        for same in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
            segments.rows.push((same[0] >> 32) as u32);
            segments.borders.push(segments.pieces.len() as u32);
            for piece in same.chunks(PIECE) {
                segments.pieces.push(segments.order.len() as u32);
                segments.order.extend(piece.iter().map(|&key| key as u32));
            }
        }
        segments.borders.push(segments.pieces.len() as u32);
        segments.pieces.push(segments.order.len() as u32);
        segments
    }
}

/// `super::super::AddRowsAt`: `x` of rows of `n`, `rows` naming the row of the table for each.
pub(crate) fn add_rows_at<C: Card>(
    card: &C,
    arena: Place,
    at: usize,
    (x, n): (Place, usize),
    rows: &[u32],
) -> Result<()> {
    x.expect_len(rows.len() * n)?;
    let Some(&largest) = rows.iter().max() else {
        return Ok(());
    };
    let table = arena.part(at, (largest as usize + 1) * n)?;
    let segments = Segments::of(rows);
    // One upload for the four.
    let mut words = Vec::new();
    let places = [
        &segments.order,
        &segments.pieces,
        &segments.rows,
        &segments.borders,
    ]
    .map(|part| {
        let from = words.len();
        words.extend_from_slice(part);
        (from, part.len())
    });
    let words = card.upload(&words)?;
    let place = |(from, len)| card.words(&words).part(from, len);
    let n_pieces = segments.pieces.len() - 1;
    let sums = card.reserve(n_pieces * n)?;
    let gather = |kernel, n_blocks, arguments: Vec<Argument>| {
        card.launch(&Launch {
            file: "sums",
            kernel,
            blocks: (blocks(n_blocks, 1)?, 1),
            arguments,
        })
    };
    gather(
        "gather_sums",
        n_pieces,
        vec![
            x.into(),
            place(places[0])?.into(),
            place(places[1])?.into(),
            card.numbers(&sums).into(),
            count(n)?,
        ],
    )?;
    gather(
        "scatter_sums",
        segments.rows.len(),
        vec![
            card.numbers(&sums).into(),
            place(places[2])?.into(),
            place(places[3])?.into(),
            table.into(),
            count(n)?,
        ],
    )
}

/// Runs a kernel with a block a text.
fn over_texts<C: Card>(
    card: &C,
    kernel: &'static str,
    borders: &[u32],
    (from, to): (Place, Place),
    n: usize,
) -> Result<()> {
    let uploaded = card.upload(borders)?;
    card.launch(&Launch {
        file: "sums",
        kernel,
        blocks: (blocks(borders.len() - 1, 1)?, 1),
        arguments: vec![
            from.into(),
            card.words(&uploaded).into(),
            to.into(),
            count(n)?,
        ],
    })
}

/// `super::super::MeanPool` of rows of `n`.
pub(crate) fn mean_pool<C: Card>(
    card: &C,
    x: Place,
    n: usize,
    borders: &[u32],
) -> Result<C::Numbers> {
    x.expect_len(n * borders.last().map_or(0, |&end| end as usize))?;
    let means = card.reserve((borders.len() - 1) * n)?;
    over_texts(card, "mean_pool", borders, (x, card.numbers(&means)), n)?;
    Ok(means)
}

/// `super::super::MeanPoolBackward` of rows of `n`.
pub(crate) fn mean_pool_backward<C: Card>(
    card: &C,
    d: Place,
    n: usize,
    borders: &[u32],
) -> Result<C::Numbers> {
    d.expect_len(n * (borders.len() - 1))?;
    let of_x = card.reserve(n * borders.last().map_or(0, |&end| end as usize))?;
    over_texts(
        card,
        "mean_pool_backward",
        borders,
        (d, card.numbers(&of_x)),
        n,
    )?;
    Ok(of_x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_table_are_cut_into_pieces_in_order() {
        let segments = Segments::of(&[4, 0, 4, 2]);
        let wanted = Segments {
            order: vec![1, 3, 0, 2],
            pieces: vec![0, 1, 2, 4],
            rows: vec![0, 2, 4],
            borders: vec![0, 1, 2, 3],
        };
        assert_eq!(segments, wanted);
        let long = Segments::of(&vec![7; 2 * PIECE + 1]);
        assert_eq!(long.rows, [7]);
        assert_eq!(long.borders, [0, 3]);
        assert_eq!(long.pieces, [0, 64, 128, 129]);
        assert!(long.order.is_sorted());
    }
}
