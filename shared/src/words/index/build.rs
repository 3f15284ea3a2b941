//! Papers to an inverted index, and that to files.

use std::collections::HashMap;

use super::super::terms::{for_each_author_term, for_each_term};
use super::super::{Field, FieldSet, N_FIELDS};
use super::{Chunk, WordIndex};
use crate::artifact::{
    ArtifactError, ChunkEntry, List, PlaceChunk, Posting, TableEntry, WordChunk, WordTable,
    write_places, write_posting,
};
use crate::{Paper, PaperId, Sha256};

/// Every term of a corpus with its postings and places, in memory.
///
/// Postings and places are kept as the files have them, so that an index takes little more room than
/// its files.
///
/// ```
/// use shared::words::InvertedIndex;
/// let mut index = InvertedIndex::default();
/// index.push("Spin glasses", "We study spin glasses.", "A. Ång");
/// let files = index.to_files(InvertedIndex::CHUNK_BYTES);
/// assert_eq!((index.n_papers(), index.n_terms(), files.words.len()), (1, 6, 1));
/// ```
#[derive(Debug, Default)]
pub struct InvertedIndex {
    numbers: HashMap<Box<str>, u32>,
    lists: Vec<TermList>,
    lengths: Vec<[u32; N_FIELDS]>,
    /// Room to work in: number of the term, field, place.
    found: Vec<(u32, Field, u32)>,
}

/// What is known of one term.
#[derive(Debug, Default)]
struct TermList {
    n_papers: u32,
    last: Option<PaperId>,
    postings: Vec<u8>,
    places: Vec<u8>,
}

/// The files of an index: a table, and chunk for chunk words and places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordFiles {
    /// Kind 9.
    pub table: Vec<u8>,
    /// Kind 6.
    pub words: Vec<Vec<u8>>,
    /// Kind 11.
    pub places: Vec<Vec<u8>>,
}

impl InvertedIndex {
    /// Size of a chunk of words that is worth a fetch of its own.
    pub const CHUNK_BYTES: usize = 64 << 10;

    /// The index of these papers, in order.
    pub fn of(papers: &[Paper]) -> Self {
        let mut index = Self::default();
        for paper in papers {
            index.push(&paper.title, &paper.abstract_, &paper.authors);
        }
        index
    }

    /// Adds the next paper; `authors` are separated by comma and space.
    pub fn push(&mut self, title: &str, abstract_: &str, authors: &str) {
        let paper = PaperId(self.lengths.len() as u32);
        let mut found = std::mem::take(&mut self.found);
        let mut length = [0; N_FIELDS];
        let mut note = |field: Field, term: &str, place: u32| {
            let number = self.numbers.get(term).copied().unwrap_or_else(|| {
                let number = self.lists.len() as u32;
                self.numbers.insert(term.into(), number);
                self.lists.push(TermList::default());
                number
            });
            found.push((number, field, place));
            length[field as usize] += 1;
        };
        for_each_term(title, |term, place, _| note(Field::Title, term, place));
        for_each_term(abstract_, |term, place, _| {
            note(Field::Abstract, term, place);
        });
        for_each_author_term(authors, |term, place, _| note(Field::Authors, term, place));
        found.sort_unstable();
        for of_term in found.chunk_by(|a, b| a.0 == b.0) {
            let list = &mut self.lists[of_term[0].0 as usize];
            let mut posting = Posting {
                paper,
                fields: FieldSet::NONE,
                frequencies: [0; N_FIELDS],
            };
            for of_field in of_term.chunk_by(|a, b| a.1 == b.1) {
                let field = of_field[0].1;
                posting.fields = posting.fields.or(field.into());
                posting.frequencies[field as usize] = of_field.len() as u32;
                write_places(&mut list.places, of_field.iter().map(|&(.., place)| place));
            }
            write_posting(&mut list.postings, list.last, &posting);
            list.last = Some(paper);
            list.n_papers += 1;
        }
        found.clear();
        self.found = found;
        self.lengths.push(length);
    }

    /// Papers so far.
    pub fn n_papers(&self) -> usize {
        self.lengths.len()
    }

    /// Different terms so far.
    pub fn n_terms(&self) -> usize {
        self.lists.len()
    }

    /// The files of the index; a chunk of words ends with the term that brings it to `chunk_bytes`.
    pub fn to_files(&self, chunk_bytes: usize) -> WordFiles {
        let mut terms: Vec<(&str, &TermList)> = self
            .numbers
            .iter()
            .map(|(term, &number)| (&**term, &self.lists[number as usize]))
            .collect();
        terms.sort_unstable_by_key(|&(term, _)| term);
        let mut files = WordFiles {
            table: Vec::new(),
            words: Vec::new(),
            places: Vec::new(),
        };
        let mut entries = Vec::new();
        let mut rest = &*terms;
        while !rest.is_empty() {
            let mut len = 0;
            let n_below = rest.iter().take_while(|(term, list)| {
                let is_below = len < chunk_bytes;
                len += term.len() + list.postings.len();
                is_below
            });
            let n = n_below.count().max(1);
            let (chunk, behind) = rest.split_at(n);
            rest = behind;
            let lists: Vec<List<'_>> = chunk
                .iter()
                .map(|&(term, list)| List {
                    term,
                    n_papers: list.n_papers,
                    postings: &list.postings,
                })
                .collect();
            let places: Vec<&[u8]> = chunk.iter().map(|(_, list)| &*list.places).collect();
            let (words, places) = (WordChunk::to_bytes(&lists), PlaceChunk::to_bytes(&places));
            entries.push(TableEntry {
                first: chunk[0].0.to_owned(),
                words: entry(&words),
                places: entry(&places),
            });
            files.words.push(words);
            files.places.push(places);
        }
        files.table = WordTable::to_bytes(&self.lengths, &entries);
        files
    }
}

fn entry(file: &[u8]) -> ChunkEntry {
    ChunkEntry {
        sha256: Sha256::of(file),
        bytes: u32::try_from(file.len()).expect("a chunk has fewer than 4 GiB"),
    }
}

impl WordFiles {
    /// A chunk's file.
    pub fn chunk(&self, chunk: Chunk) -> &[u8] {
        match chunk {
            Chunk::Words(at) => &self.words[at as usize],
            Chunk::Places(at) => &self.places[at as usize],
        }
    }

    /// Every chunk; words before their places.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> + use<> {
        let numbers = 0..self.words.len() as u32;
        numbers.flat_map(|at| [Chunk::Words(at), Chunk::Places(at)])
    }

    /// The whole index, opened.
    ///
    /// # Errors
    /// [`ArtifactError`] where these are no files of [`InvertedIndex::to_files`].
    pub fn open(&self) -> Result<WordIndex, ArtifactError> {
        let mut index = WordIndex::open(self.table.clone())?;
        for chunk in self.chunks() {
            match index.insert(chunk, self.chunk(chunk).to_vec()) {
                Err(super::InsertError::Artifact(error)) => return Err(error),
                done => done.expect("words come before their places"),
            }
        }
        Ok(index)
    }
}
