//! Kind 9: which chunks there are, and what ranking knows of the whole corpus.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::super::{Artifact, ArtifactError, ChunkEntry, Kind, Strings, Tag, Writer};
use super::chunk::WordChunk;
use crate::words::{Field, N_FIELDS};
use crate::{PaperId, Sha256};

/// Bytes of an entry of `CHNK`: digest and length, of words and of places.
const ENTRY_LEN: usize = 72;

/// `META` of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Meta {
    papers: u32,
    lengths: [u64; N_FIELDS],
}

/// One chunk of words and the places beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// Its first term.
    pub first: String,
    /// The chunk of words.
    pub words: ChunkEntry,
    /// The chunk of places.
    pub places: ChunkEntry,
}

/// The table of a corpus' words.
#[derive(Debug)]
pub struct WordTable {
    artifact: Artifact,
    meta: Meta,
    firsts: Strings,
    chunks: Vec<[ChunkEntry; 2]>,
    /// Where `LENQ` stands.
    lengths: Range<usize>,
}

impl WordTable {
    /// Opens a table.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Table)?;
        let meta: Meta = artifact.json(b"META")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let lengths = artifact.range(b"LENQ")?;
        if lengths.len() as u64 != u64::from(meta.papers) * N_FIELDS as u64 {
            return Err(malformed(b"LENQ", "three codes of lengths a paper"));
        }
        let mut bounds = [[0_u64; 2]; N_FIELDS];
        for codes in artifact.bytes()[lengths.clone()].chunks_exact(N_FIELDS) {
            for (bound, &code) in bounds.iter_mut().zip(codes) {
                bound[0] += u64::from(length_of(code));
                bound[1] += u64::from(longest_of(code));
            }
        }
        let fits = |(bound, sum): (&[u64; 2], u64)| (bound[0]..=bound[1]).contains(&sum);
        if !bounds.iter().zip(meta.lengths).all(fits) {
            let rule = "the lengths of a field add up to what their codes allow";
            return Err(malformed(b"META", rule));
        }
        let table = artifact.section(b"CHNK")?;
        if !table.len().is_multiple_of(ENTRY_LEN) {
            return Err(malformed(b"CHNK", "72 bytes a chunk of words"));
        }
        let chunks: Vec<_> = table.chunks_exact(ENTRY_LEN).map(entries).collect();
        let firsts = Strings::parse(&artifact, b"FRSO", b"FRST", chunks.len())?;
        let first = |at| firsts.get(&artifact, at);
        if (1..chunks.len()).any(|at| first(at - 1) >= first(at)) {
            return Err(malformed(b"FRST", "first terms ascend, by their bytes"));
        }
        Ok(Self {
            artifact,
            meta,
            firsts,
            chunks,
            lengths,
        })
    }

    /// Writes a table; `lengths` are the terms of each field of each paper.
    pub fn to_bytes(lengths: &[[u32; N_FIELDS]], chunks: &[TableEntry]) -> Vec<u8> {
        let mut sums = [0; N_FIELDS];
        for of_paper in lengths {
            for (sum, &length) in sums.iter_mut().zip(of_paper) {
                *sum += u64::from(length);
            }
        }
        let meta = Meta {
            papers: lengths.len() as u32,
            lengths: sums,
        };
        let codes = lengths
            .as_flattened()
            .iter()
            .map(|&length| length_code(length));
        let table = chunks.iter().flat_map(|chunk| [chunk.words, chunk.places]);
        let table =
            table.flat_map(|file| file.sha256.0.into_iter().chain(file.bytes.to_le_bytes()));
        let writer = Writer::new(Kind::Table).json(b"META", &meta);
        let firsts = chunks.iter().map(|chunk| &*chunk.first);
        Strings::write(writer, b"FRSO", b"FRST", firsts)
            .section(b"CHNK", table.collect())
            .section(b"LENQ", codes.collect())
            .to_bytes()
    }

    /// Papers of the corpus.
    pub fn n_papers(&self) -> u32 {
        self.meta.papers
    }

    /// Chunks of words.
    pub fn n_chunks(&self) -> usize {
        self.chunks.len()
    }

    /// The file of a chunk of words.
    pub fn words(&self, chunk: usize) -> ChunkEntry {
        self.chunks[chunk][0]
    }

    /// The file of the places of a chunk of words.
    pub fn places(&self, chunk: usize) -> ChunkEntry {
        self.chunks[chunk][1]
    }

    /// The chunk that has this term, if any has it.
    pub fn chunk_of(&self, term: &str) -> Option<usize> {
        self.n_first_up_to(term).checked_sub(1)
    }

    /// The chunks that may have terms that begin so.
    pub fn chunks_of_prefix(&self, stem: &str) -> Range<usize> {
        let start = self.n_first_up_to(stem).saturating_sub(1);
        let begins = |chunk: &usize| {
            let first = self.first(*chunk);
            *chunk == start && first <= stem || first.starts_with(stem)
        };
        let n = (start..self.n_chunks()).take_while(begins).count();
        start..start + n
    }

    /// Code of the length of a field of a paper; [`length_of`] says which length that is.
    pub fn length_code(&self, paper: PaperId, field: Field) -> u8 {
        let codes = &self.artifact.bytes()[self.lengths.clone()];
        codes[paper.0 as usize * N_FIELDS + field as usize]
    }

    /// Mean number of terms of a field, over all papers.
    pub fn mean_length(&self, field: Field) -> f64 {
        self.meta.lengths[field as usize] as f64 / f64::from(self.meta.papers.max(1))
    }

    /// Whether a chunk is the one that this table means.
    ///
    /// # Errors
    /// [`ArtifactError`] where it begins with another term or has papers that the table has not.
    pub fn check(&self, chunk: usize, words: &WordChunk) -> Result<(), ArtifactError> {
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        if words.is_empty() || words.term(0) != self.first(chunk) {
            return Err(malformed(
                b"TERM",
                "a chunk begins with the term that its table says",
            ));
        }
        if words.n_papers() > self.n_papers() {
            return Err(malformed(b"POST", "a chunk has papers of its table only"));
        }
        Ok(())
    }

    fn first(&self, chunk: usize) -> &str {
        self.firsts.get(&self.artifact, chunk)
    }

    /// Chunks whose first term is not behind `term`.
    fn n_first_up_to(&self, term: &str) -> usize {
        let (mut low, mut high) = (0, self.n_chunks());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.first(middle) <= term {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn entries(row: &[u8]) -> [ChunkEntry; 2] {
    [&row[..36], &row[36..]].map(|file| ChunkEntry {
        sha256: Sha256(file[..32].try_into().expect("32 of 36 bytes")),
        bytes: u32::from_le_bytes(file[32..].try_into().expect("4 of 36 bytes")),
    })
}

/// The code of a length: below 64 itself, above that one of eight steps to its double.
///
/// ```
/// use shared::artifact::{length_code, length_of};
/// assert_eq!(length_of(length_code(37)), 37);
/// assert_eq!(length_of(length_code(230)), 224);
/// ```
pub fn length_code(length: u32) -> u8 {
    if length < 64 {
        return length as u8;
    }
    // Of the four highest bits the first is always set.
    let shift = length.ilog2() - 3;
    let step = (length >> shift) & 7;
    u8::try_from(64 + (shift - 3) * 8 + step).unwrap_or(u8::MAX)
}

/// The least length of a code; it is at most an eighth below any other.
pub fn length_of(code: u8) -> u32 {
    let code = u32::from(code);
    match code.checked_sub(64) {
        None => code,
        Some(step) => (8 + step % 8) << (3 + step / 8),
    }
}

/// The greatest length of a code.
fn longest_of(code: u8) -> u32 {
    code.checked_add(1)
        .map_or(u32::MAX, |next| length_of(next) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_lengths_round_down_by_at_most_an_eighth() {
        for code in 0..=u8::MAX {
            assert_eq!(length_code(length_of(code)), code);
            assert_eq!(length_code(longest_of(code)), code);
        }
        for length in (0..5_000).chain([1 << 20, u32::MAX / 16]) {
            let read = length_of(length_code(length));
            assert!(
                read <= length && length - read <= length / 8,
                "{length} became {read}"
            );
        }
        assert_eq!(length_code(u32::MAX), u8::MAX);
    }
}
