//! The inverted index: made of a corpus at once, searched chunk by chunk.
//!
//! [`InvertedIndex`] takes papers and gives files; [`WordIndex`] opens their table and takes the chunks
//! that a query needs, in any number. Both are one thing: an index that has all its chunks answers the
//! same, whatever their size.

mod build;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::artifact::{ArtifactError, ChunkEntry, PlaceChunk, WordChunk, WordTable};
pub use build::{InvertedIndex, WordFiles};

/// A file of an index beside its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chunk {
    /// Words and their postings.
    Words(u32),
    /// Where the words of the chunk of this number stand.
    Places(u32),
}

/// Why a chunk cannot join an index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// Damaged, malformed, or of another index.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// Places mean nothing without their words.
    #[error("the places of chunk {0} came before its words: insert the words first")]
    WordsFirst(u32),
}

/// An index of words, as far as it is here.
#[derive(Debug)]
pub struct WordIndex {
    table: WordTable,
    words: Vec<Option<WordChunk>>,
    places: Vec<Option<PlaceChunk>>,
}

/// A term that the index has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TermId {
    pub(super) chunk: u32,
    pub(super) at: u32,
}

impl WordIndex {
    /// Opens an index by its table, without any chunk.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn open(table: Vec<u8>) -> Result<Self, ArtifactError> {
        let table = WordTable::parse(table)?;
        let n = table.n_chunks();
        Ok(Self {
            table,
            words: (0..n).map(|_| None).collect(),
            places: (0..n).map(|_| None).collect(),
        })
    }

    /// Adds a chunk; one that is there already is replaced.
    ///
    /// Whoever fetched it has compared its digest with [`Self::file`]: here its own checksums and its
    /// meaning are verified, so that no bytes can make a search fail.
    ///
    /// # Errors
    /// [`InsertError`] for bytes that are not this chunk of this index.
    ///
    /// # Panics
    /// For numbers beyond [`WordTable::n_chunks`].
    pub fn insert(&mut self, chunk: Chunk, bytes: Vec<u8>) -> Result<(), InsertError> {
        match chunk {
            Chunk::Words(at) => {
                let words = WordChunk::parse(bytes)?;
                self.table.check(at as usize, &words)?;
                self.words[at as usize] = Some(words);
                // What was checked against other words is not checked.
                self.places[at as usize] = None;
            }
            Chunk::Places(at) => {
                let words = self.words[at as usize].as_ref();
                let words = words.ok_or(InsertError::WordsFirst(at))?;
                self.places[at as usize] = Some(PlaceChunk::parse(bytes, words)?);
            }
        }
        Ok(())
    }

    /// Whether a chunk is here.
    pub fn has(&self, chunk: Chunk) -> bool {
        match chunk {
            Chunk::Words(at) => self.words[at as usize].is_some(),
            Chunk::Places(at) => self.places[at as usize].is_some(),
        }
    }

    /// Digest and length of a chunk's file.
    pub fn file(&self, chunk: Chunk) -> ChunkEntry {
        match chunk {
            Chunk::Words(at) => self.table.words(at as usize),
            Chunk::Places(at) => self.table.places(at as usize),
        }
    }

    /// What is known of the whole corpus.
    pub fn table(&self) -> &WordTable {
        &self.table
    }

    /// A term, if its chunk is here and has it.
    pub(super) fn find(&self, term: &str) -> Option<TermId> {
        let chunk = self.table.chunk_of(term)?;
        let at = self.words[chunk].as_ref()?.find(term)?;
        Some(TermId {
            chunk: chunk as u32,
            at: at as u32,
        })
    }

    /// The terms of some chunks that begin so, as far as the chunks are here, in order.
    pub(super) fn with_prefix(&self, stem: &str, chunks: Range<usize>) -> Vec<TermId> {
        let ids = chunks.flat_map(|chunk| {
            let words = self.words[chunk].as_ref();
            let found = words.map_or(0..0, |words| words.with_prefix(stem));
            found.map(move |at| TermId {
                chunk: chunk as u32,
                at: at as u32,
            })
        });
        ids.collect()
    }

    /// The chunk of a term, which is here.
    pub(super) fn words_of(&self, term: TermId) -> &WordChunk {
        let words = self.words[term.chunk as usize].as_ref();
        words.expect("only terms of chunks at hand are found")
    }

    /// The places of a term's chunk, if they are here.
    pub(super) fn places_of(&self, term: TermId) -> Option<&PlaceChunk> {
        self.places[term.chunk as usize].as_ref()
    }

    /// Those of some chunks that are not here.
    pub fn missing(&self, chunks: &BTreeSet<Chunk>) -> Vec<Chunk> {
        chunks
            .iter()
            .copied()
            .filter(|&chunk| !self.has(chunk))
            .collect()
    }
}
