//! Kind 3: the columns that a result card shows, and the names of the abstract chunks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::shards::Leaves;
use super::{Artifact, ArtifactError, Kind, Strings, Tag, Writer, halves};
use crate::{Paper, PaperId, Sha256, arxiv_id};

/// `META` of a papers artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Meta {
    /// Rows of every column.
    papers: u32,
    /// Category codes in use, in the order of their numbers.
    categories: Vec<String>,
    /// Papers of every abstract chunk but the last.
    chunk_papers: u32,
    /// Titles for the page to offer, where titles stand in leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    examples: Vec<String>,
}

/// One abstract chunk: its file is named by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkEntry {
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// Length of the file in bytes.
    pub bytes: u32,
}

/// Where titles and authors stand.
#[derive(Debug)]
enum Cards {
    /// In this artifact.
    Here { titles: Strings, authors: Strings },
    /// In leaves, which come when they are asked for.
    InLeaves(Arc<Leaves>),
}

/// How the papers of a corpus too large to load are cut: see [`super::Clusters`].
#[derive(Debug, Clone, Copy)]
pub struct LeavesParts<'a> {
    /// Papers of each leaf, in order.
    pub sizes: &'a [u32],
    /// Each leaf's file.
    pub files: &'a [ChunkEntry],
    /// Titles for the page to offer.
    pub examples: &'a [String],
}

/// The papers of a corpus, straight from the artifact's bytes.
#[derive(Debug)]
pub struct Papers {
    artifact: Artifact,
    ids: Strings,
    cards: Cards,
    meta: Meta,
    category_offsets: Vec<u32>,
    category_numbers: Vec<u16>,
    years: Vec<u16>,
    chunks: Vec<ChunkEntry>,
    by_id: HashMap<Box<str>, PaperId>,
}

impl Papers {
    /// Opens a papers artifact.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Papers)?;
        let meta: Meta = artifact.json(b"META")?;
        let n = meta.papers as usize;
        // Every paper has a year: a count that the bytes do not bear out allocates nothing.
        let years = halves(&artifact, b"YEAR")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        if years.len() != n {
            return Err(malformed(b"YEAR", "one entry a paper"));
        }
        let ids = Strings::parse(&artifact, b"IDSO", b"IDST", n)?;
        let cards = if artifact.has(b"LEAF") {
            Cards::InLeaves(Arc::new(Leaves::parse(&artifact, meta.papers)?))
        } else {
            Cards::Here {
                titles: Strings::parse(&artifact, b"TITO", b"TITT", n)?,
                authors: Strings::parse(&artifact, b"AUTO", b"AUTT", n)?,
            }
        };
        let category_offsets = artifact.u32s(b"CATO")?;
        let category_numbers = halves(&artifact, b"CATN")?;
        if category_offsets.len() != n + 1 {
            return Err(malformed(b"CATO", "offsets are one more than rows"));
        }
        let ascending = category_offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        if category_offsets[0] != 0
            || !ascending
            || category_offsets[n] as usize != category_numbers.len()
        {
            return Err(malformed(
                b"CATO",
                "offsets ascend from 0 to the end of their data",
            ));
        }
        if category_numbers
            .iter()
            .any(|&number| usize::from(number) >= meta.categories.len())
        {
            return Err(malformed(b"CATN", "every category number is one of META's"));
        }
        let chunks = chunk_entries(artifact.section(b"CHNK")?)
            .ok_or(malformed(b"CHNK", "36 bytes an abstract chunk"))?;
        let wanted = n.div_ceil((meta.chunk_papers as usize).max(1));
        if meta.chunk_papers == 0 || chunks.len() != wanted {
            return Err(malformed(b"CHNK", "as many chunks as the papers need"));
        }
        let mut by_id = HashMap::with_capacity(n);
        for at in 0..n {
            if by_id
                .insert(ids.get(&artifact, at).into(), PaperId(at as u32))
                .is_some()
            {
                return Err(malformed(b"IDST", "an id stands once in a corpus"));
            }
        }
        Ok(Self {
            artifact,
            ids,
            cards,
            meta,
            category_offsets,
            category_numbers,
            years,
            chunks,
            by_id,
        })
    }

    /// Writes a papers artifact; `chunks` are those of [`super::AbstractChunk`], in order.
    pub fn to_bytes(papers: &[Paper], chunk_papers: u32, chunks: &[ChunkEntry]) -> Vec<u8> {
        let columns = Columns::of(papers);
        let meta = columns.meta(chunk_papers, &[]);
        let writer = columns.ids(Writer::new(Kind::Papers).json(b"META", &meta));
        let titles = papers.iter().map(|paper| &*paper.title);
        let authors = papers.iter().map(|paper| &*paper.authors);
        let writer = Strings::write(writer, b"TITO", b"TITT", titles);
        let writer = Strings::write(writer, b"AUTO", b"AUTT", authors);
        columns.rest(writer, chunks).to_bytes()
    }

    /// Writes the papers artifact of a corpus whose titles and authors stand in leaves.
    pub fn to_bytes_with_leaves(
        papers: &[Paper],
        chunk_papers: u32,
        chunks: &[ChunkEntry],
        leaves: LeavesParts<'_>,
    ) -> Vec<u8> {
        let columns = Columns::of(papers);
        let meta = columns.meta(chunk_papers, leaves.examples);
        let writer = columns.ids(Writer::new(Kind::Papers).json(b"META", &meta));
        let writer = writer
            .u32s(b"LEAF", leaves.sizes)
            .section(b"LEAC", entries(leaves.files));
        columns.rest(writer, chunks).to_bytes()
    }

    /// Papers in the corpus.
    pub fn len(&self) -> usize {
        self.years.len()
    }

    /// Whether the corpus has no paper.
    pub fn is_empty(&self) -> bool {
        self.years.is_empty()
    }

    /// Every paper, in the order of its number.
    pub fn all(&self) -> impl Iterator<Item = PaperId> + use<> {
        (0..self.len() as u32).map(PaperId)
    }

    /// The paper of this id.
    pub fn find(&self, id: &str) -> Option<PaperId> {
        self.by_id.get(id).copied()
    }

    /// Id, as the source gives it.
    pub fn id(&self, paper: PaperId) -> &str {
        self.ids.get(&self.artifact, paper.0 as usize)
    }

    /// The title; empty where it is unknown, or where its leaf is not here: then it is noted as wanted.
    pub fn title(&self, paper: PaperId) -> Cow<'_, str> {
        match &self.cards {
            Cards::Here { titles, .. } => titles.get(&self.artifact, paper.0 as usize).into(),
            Cards::InLeaves(leaves) => match leaves.of(paper) {
                Some((leaf, place)) => leaf.title(place).to_owned().into(),
                None => "".into(),
            },
        }
    }

    /// Authors, separated by comma and space; empty as [`Self::title`].
    pub fn authors(&self, paper: PaperId) -> Cow<'_, str> {
        match &self.cards {
            Cards::Here { authors, .. } => authors.get(&self.artifact, paper.0 as usize).into(),
            Cards::InLeaves(leaves) => match leaves.of(paper) {
                Some((leaf, place)) => leaf.authors(place).to_owned().into(),
                None => "".into(),
            },
        }
    }

    /// The leaves, where titles and authors stand in them.
    pub fn leaves(&self) -> Option<&Arc<Leaves>> {
        match &self.cards {
            Cards::Here { .. } => None,
            Cards::InLeaves(leaves) => Some(leaves),
        }
    }

    /// Whether title and authors of a paper are here; notes nothing.
    pub fn has_card(&self, paper: PaperId) -> bool {
        match &self.cards {
            Cards::Here { .. } => true,
            Cards::InLeaves(leaves) => leaves.has(leaves.place_of(paper).0),
        }
    }

    /// Titles for the page to offer, where the build chose some.
    pub fn examples(&self) -> &[String] {
        &self.meta.examples
    }

    /// Category codes, the primary first.
    pub fn categories(&self, paper: PaperId) -> impl Iterator<Item = &str> {
        self.category_numbers(paper)
            .iter()
            .map(|&number| &*self.meta.categories[usize::from(number)])
    }

    /// Categories as numbers into [`Self::category_names`], the primary first.
    pub fn category_numbers(&self, paper: PaperId) -> &[u16] {
        let at = paper.0 as usize;
        &self.category_numbers
            [self.category_offsets[at] as usize..self.category_offsets[at + 1] as usize]
    }

    /// Category codes in use, by number.
    pub fn category_names(&self) -> &[String] {
        &self.meta.categories
    }

    /// Year of first submission, where it is known.
    pub fn year(&self, paper: PaperId) -> Option<u16> {
        Some(self.years[paper.0 as usize]).filter(|&year| year != 0)
    }

    /// When a paper was first submitted: year, month and number within it, as far as they are known. Papers
    /// of one month whose ids do not count through it are equal.
    pub fn first_submitted(&self, paper: PaperId) -> (u16, u8, u32) {
        let year = self.year(paper).unwrap_or_default();
        match arxiv_id::parse(self.id(paper)).filter(|id| id.year == year) {
            // Old numbers count within an archive.
            Some(id) if id.id.contains('/') => (year, id.month, 0),
            Some(id) => (year, id.month, id.number),
            None => (year, 0, 0),
        }
    }

    /// The abstract chunks, in order.
    pub fn abstracts(&self) -> &[ChunkEntry] {
        &self.chunks
    }

    /// In which chunk a paper's abstract stands, and at which place.
    pub fn chunk_of(&self, paper: PaperId) -> (usize, usize) {
        let size = self.meta.chunk_papers as usize;
        (paper.0 as usize / size, paper.0 as usize % size)
    }
}

/// The columns that every papers artifact has, as they are written.
struct Columns<'a> {
    papers: &'a [Paper],
    categories: Vec<String>,
    offsets: Vec<u32>,
    numbers: Vec<u8>,
}

impl<'a> Columns<'a> {
    fn of(papers: &'a [Paper]) -> Self {
        let mut categories: Vec<String> = Vec::new();
        let mut known = HashMap::new();
        let (mut offsets, mut numbers) = (vec![0_u32], Vec::new());
        for paper in papers {
            for code in &paper.categories {
                let number = *known.entry(code.clone()).or_insert_with(|| {
                    categories.push(code.clone());
                    u16::try_from(categories.len() - 1)
                        .expect("a corpus has at most 65,536 categories")
                });
                numbers.extend(number.to_le_bytes());
            }
            offsets
                .push(u32::try_from(numbers.len() / 2).expect("fewer than 4 G category entries"));
        }
        Self {
            papers,
            categories,
            offsets,
            numbers,
        }
    }

    fn meta(&self, chunk_papers: u32, examples: &[String]) -> Meta {
        Meta {
            papers: self.papers.len() as u32,
            categories: self.categories.clone(),
            chunk_papers,
            examples: examples.to_vec(),
        }
    }

    fn ids(&self, to: Writer) -> Writer {
        let ids = self.papers.iter().map(|paper| &*paper.id);
        Strings::write(to, b"IDSO", b"IDST", ids)
    }

    fn rest(self, to: Writer, chunks: &[ChunkEntry]) -> Writer {
        let years = self.papers.iter();
        let years = years.flat_map(|paper| paper.year.unwrap_or(0).to_le_bytes());
        to.u32s(b"CATO", &self.offsets)
            .section(b"CATN", self.numbers)
            .section(b"YEAR", years.collect())
            .section(b"CHNK", entries(chunks))
    }
}

/// A table of files, as [`chunk_entries`] reads it.
fn entries(files: &[ChunkEntry]) -> Vec<u8> {
    let bytes = |file: &ChunkEntry| file.sha256.0.into_iter().chain(file.bytes.to_le_bytes());
    files.iter().flat_map(bytes).collect()
}

/// A table of files: digest and length of each.
pub(in crate::artifact) fn chunk_entries(table: &[u8]) -> Option<Vec<ChunkEntry>> {
    let mut rows = table.chunks_exact(36);
    let entries = rows
        .by_ref()
        .map(|row| ChunkEntry {
            sha256: Sha256(row[..32].try_into().expect("32 of 36 bytes")),
            bytes: u32::from_le_bytes(row[32..].try_into().expect("4 of 36 bytes")),
        })
        .collect();
    rows.remainder().is_empty().then_some(entries)
}
