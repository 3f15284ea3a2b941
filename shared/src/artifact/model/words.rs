//! The word table: rows of packed codes, each with as many bits as it is worth.

use std::ops::Range;

use crate::artifact::{Artifact, ArtifactError, Tag};

/// Entries of the codebooks of 2 to 8 bits together.
pub const CODEBOOKS_LEN: usize = (1 << 9) - 4;

/// Where the codebook of this many bits stands among those of 2 to 8 bits.
pub fn codebook(bits: u8) -> Range<usize> {
    debug_assert!((2..=8).contains(&bits), "a code has 2 to 8 bits");
    (1 << bits) - 4..(2 << bits) - 4
}

/// The word table as the artifact's writer takes it: `x = scales[row] · codebook[codes[row, ..]]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WordRows {
    /// `[rows]`: bits of each of the row's codes, 2 to 8; 0 for a row of zeros.
    pub bits: Vec<u8>,
    /// `[rows]`.
    pub scales: Vec<f32>,
    /// What codes mean, `[508]`: codebooks of 2, 3, … 8 bits one after the other, see [`codebook`].
    pub codebooks: Vec<f32>,
    /// `[rows, dim]`; not read where the row has no bits.
    pub codes: Vec<u8>,
}

impl WordRows {
    /// The rows as the file holds them: one after the other, `dim · bits / 8` bytes each.
    pub(super) fn packed(&self) -> Vec<u8> {
        let dim = self.codes.len() / self.bits.len().max(1);
        let mut packed = Vec::new();
        let coded = self.bits.iter().zip(self.codes.chunks_exact(dim.max(1)));
        for (&bits, codes) in coded.filter(|(bits, _)| **bits > 0) {
            for eight in codes.chunks_exact(8) {
                let word = (eight.iter().rev()).fold(0_u64, |word, &code| {
                    assert!(u32::from(code) < 1 << bits, "a code fits its bits");
                    word << bits | u64::from(code)
                });
                packed.extend(&word.to_le_bytes()[..usize::from(bits)]);
            }
        }
        packed
    }
}

/// Where the word table's numbers stand in an artifact.
#[derive(Debug)]
pub(super) struct WordTable {
    dim: usize,
    bits: Range<usize>,
    /// Where each row's codes begin in the file.
    starts: Vec<u32>,
    scales: Vec<f32>,
    codebooks: Vec<f32>,
}

impl WordTable {
    /// Reads the sections of a table `[rows, dim]`; `dim` is a multiple of 16.
    pub(super) fn parse(
        artifact: &Artifact,
        rows: usize,
        dim: usize,
    ) -> Result<Self, ArtifactError> {
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let bits = artifact.range(b"WRDB")?;
        let each = &artifact.bytes()[bits.clone()];
        if each.len() != rows
            || !each
                .iter()
                .all(|&bits| bits == 0 || (2..=8).contains(&bits))
        {
            return Err(malformed(b"WRDB", "one entry a row: 2 to 8 bits, or 0"));
        }
        let codebooks = artifact.f32s(b"WRDC")?;
        if codebooks.len() != CODEBOOKS_LEN {
            return Err(malformed(b"WRDC", "a codebook for each of 2 to 8 bits"));
        }
        let (codes, scales) = (artifact.range(b"WRDP")?, artifact.f32s(b"WRDS")?);
        let n_bits: u64 = each.iter().map(|&bits| u64::from(bits)).sum();
        // An offset of 32 bits reaches every row of a file this long.
        let fits = codes.len() as u64 == n_bits * (dim as u64 / 8)
            && scales.len() == rows
            && u32::try_from(codes.end).is_ok();
        if !fits {
            return Err(malformed(
                b"WRDP",
                "as many bytes as the rows' bits need, and one scale a row",
            ));
        }
        let mut end = codes.start;
        let starts = each
            .iter()
            .map(|&bits| {
                let start = end as u32;
                end += usize::from(bits) * dim / 8;
                start
            })
            .collect();
        Ok(Self {
            dim,
            bits,
            starts,
            scales,
            codebooks,
        })
    }

    /// Writes row `id` to `to`, `[dim]`.
    pub(super) fn unpack(&self, bytes: &[u8], id: usize, to: &mut [f32]) {
        let bits = bytes[self.bits.start + id];
        if bits == 0 {
            to.fill(0.0);
            return;
        }
        let (width, scale) = (usize::from(bits), self.scales[id]);
        let codebook = &self.codebooks[codebook(bits)];
        let codes = &bytes[self.starts[id] as usize..][..width * self.dim / 8];
        for (packed, to) in codes.chunks_exact(width).zip(to.chunks_exact_mut(8)) {
            let mut word = [0; 8];
            word[..width].copy_from_slice(packed);
            let word = u64::from_le_bytes(word);
            for (at, x) in to.iter_mut().enumerate() {
                *x = scale * codebook[(word >> (at * width)) as usize & (codebook.len() - 1)];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Kind, Writer};
    use proptest::prelude::*;

    const DIM: usize = 16;

    fn codebooks() -> Vec<f32> {
        (0..CODEBOOKS_LEN).map(|at| at as f32 - 99.5).collect()
    }

    fn written(rows: &WordRows) -> Artifact {
        let bytes = Writer::new(Kind::Model)
            .section(b"WRDB", rows.bits.clone())
            .f32s(b"WRDC", &rows.codebooks)
            .section(b"WRDP", rows.packed())
            .f32s(b"WRDS", &rows.scales)
            .to_bytes();
        Artifact::parse(bytes, Kind::Model).expect("a fresh container opens")
    }

    #[test]
    fn codebooks_stand_side_by_side() {
        let mut end = 0;
        for bits in 2..=8 {
            let range = codebook(bits);
            assert_eq!((range.start, range.len()), (end, 1 << bits), "{bits} bits");
            end = range.end;
        }
        assert_eq!(end, CODEBOOKS_LEN);
    }

    proptest! {
        /// Every row comes back, whatever bits its neighbors have.
        #[test]
        fn rows_of_any_bits_come_back(
            rows in prop::collection::vec(
                (prop::sample::select(vec![0_u8, 2, 3, 4, 5, 6, 7, 8]), prop::array::uniform16(any::<u8>())),
                1..12,
            ),
        ) {
            let fitting = |bits: u8, code: u8| if bits == 0 { 0 } else { code >> (8 - bits) };
            let parts = WordRows {
                bits: rows.iter().map(|row| row.0).collect(),
                scales: (0..rows.len()).map(|at| at as f32 + 0.5).collect(),
                codebooks: codebooks(),
                codes: rows.iter().flat_map(|(bits, codes)| codes.map(|code| fitting(*bits, code))).collect(),
            };
            let artifact = written(&parts);
            let table = WordTable::parse(&artifact, rows.len(), DIM).expect("it opens");
            for (at, (bits, codes)) in rows.iter().enumerate() {
                let mut row = [f32::NAN; DIM];
                table.unpack(artifact.bytes(), at, &mut row);
                let wanted = codes.map(|code| match bits {
                    0 => 0.0,
                    &bits => parts.scales[at] * parts.codebooks[codebook(bits)][usize::from(fitting(bits, code))],
                });
                prop_assert_eq!(row, wanted, "row {}", at);
            }
        }
    }
}
