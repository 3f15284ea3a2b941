//! What a plan needs to know of a corpus, gathered in one pass and little memory.

use std::collections::{BTreeSet, HashSet};

use shared::words::InvertedIndex;
use shared::{AbstractChunk, Model, Paper, Sha256};

/// Texts that the speed of embedding is measured on.
const TEXTS: usize = 96;
/// Papers whose words are indexed before only every second one is.
const INDEXED: u64 = 8192;
/// Chunks that are compressed before only every second one is.
const CHUNKS: usize = 16;

/// Sums over the papers that a build would index.
#[derive(Debug)]
pub(super) struct Corpus<'a> {
    model: &'a Model,
    kept: &'a HashSet<Sha256>,
    /// Papers.
    pub(super) n: u64,
    /// Of them, papers whose embedding is in the cache.
    pub(super) n_embedded: u64,
    /// Bytes of ids.
    pub(super) id_bytes: u64,
    /// Bytes of titles and authors.
    pub(super) card_bytes: u64,
    /// Bytes of abstracts.
    pub(super) abstract_bytes: u64,
    /// Entries in the papers' lists of categories.
    pub(super) n_category_entries: u64,
    /// Codes in use.
    pub(super) categories: BTreeSet<String>,
    /// Some texts still to be embedded, spread over all; where more papers are planned than are read, of all texts.
    pub(super) texts: Vec<String>,
    stands_for_more: bool,
    spread: u64,
    /// Papers whose abstracts are compressed together.
    chunk_papers: u64,
    chunk: Vec<String>,
    measured: (u64, u64),
    n_measured: usize,
    chunk_stride: u64,
    words: InvertedIndex,
    words_stride: u64,
}

/// Bytes of the words of a corpus.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordBytes {
    /// Table, which is fetched first.
    pub(super) table: u64,
    /// Chunks of words, which are fetched as they are asked for.
    pub(super) words: u64,
    /// Chunks of places, which phrases need.
    pub(super) places: u64,
}

impl<'a> Corpus<'a> {
    pub(super) fn new(
        model: &'a Model,
        kept: &'a HashSet<Sha256>,
        chunk_papers: usize,
        stands_for_more: bool,
    ) -> Self {
        Self {
            model,
            kept,
            n: 0,
            n_embedded: 0,
            id_bytes: 0,
            card_bytes: 0,
            abstract_bytes: 0,
            n_category_entries: 0,
            categories: BTreeSet::new(),
            texts: Vec::new(),
            stands_for_more,
            spread: 1,
            chunk_papers: chunk_papers as u64,
            chunk: Vec::new(),
            measured: (0, 0),
            n_measured: 0,
            chunk_stride: 1,
            words: InvertedIndex::default(),
            words_stride: 1,
        }
    }

    pub(super) fn add(&mut self, paper: Paper) {
        self.id_bytes += paper.id.len() as u64;
        self.card_bytes += (paper.title.len() + paper.authors.len()) as u64;
        self.abstract_bytes += paper.abstract_.len() as u64;
        self.n_category_entries += paper.categories.len() as u64;
        for code in &paper.categories {
            if !self.categories.contains(code) {
                self.categories.insert(code.clone());
            }
        }
        let text = self.model.meta().document(&paper.title, &paper.abstract_);
        let is_kept = self.kept.contains(&Sha256::of(text.as_bytes()));
        self.n_embedded += u64::from(is_kept);
        if self.stands_for_more {
            self.note_text(text, self.n);
        } else if !is_kept {
            self.note_text(text, self.n - self.n_embedded);
        }
        if self.n.is_multiple_of(self.words_stride) {
            let (title, abstract_) = (&paper.title, &paper.abstract_);
            self.words.push(title, abstract_, &paper.authors);
            if (self.words.n_papers() as u64).is_multiple_of(INDEXED) {
                self.words_stride *= 2;
            }
        }
        if (self.n / self.chunk_papers).is_multiple_of(self.chunk_stride) {
            self.chunk.push(paper.abstract_);
        }
        self.n += 1;
        if self.n.is_multiple_of(self.chunk_papers) {
            self.measure_chunk();
        }
    }

    /// Bytes of all abstract chunks, at the ratio of those that were compressed.
    pub(super) fn chunk_bytes(&mut self) -> u64 {
        self.measure_chunk();
        let (raw, packed) = self.measured;
        (self.abstract_bytes as f64 * packed as f64 / raw.max(1) as f64) as u64
    }

    /// Bytes of the words of all papers, at those a paper that were indexed.
    ///
    /// A little too many: of more papers fewer words are new.
    pub(super) fn word_bytes(&self) -> WordBytes {
        let files = self.words.to_files(InvertedIndex::CHUNK_BYTES);
        let share = self.n as f64 / self.words.n_papers().max(1) as f64;
        let of_all = |bytes: usize| (bytes as f64 * share) as u64;
        WordBytes {
            table: of_all(files.table.len()),
            words: of_all(files.words.iter().map(Vec::len).sum()),
            places: of_all(files.places.iter().map(Vec::len).sum()),
        }
    }

    /// Keeps every text, then every second one, and so on.
    fn note_text(&mut self, text: String, number: u64) {
        if !number.is_multiple_of(self.spread) {
            return;
        }
        self.texts.push(text);
        if self.texts.len() == 2 * TEXTS {
            let mut at = 0;
            self.texts.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.spread *= 2;
        }
    }

    fn measure_chunk(&mut self) {
        if self.chunk.is_empty() {
            return;
        }
        let raw: usize = self.chunk.iter().map(String::len).sum();
        let packed = AbstractChunk::to_bytes(self.chunk.iter().map(String::as_str)).len();
        self.chunk.clear();
        self.measured.0 += raw as u64;
        self.measured.1 += packed as u64;
        self.n_measured += 1;
        if self.n_measured.is_multiple_of(CHUNKS) {
            self.chunk_stride *= 2;
        }
    }
}
