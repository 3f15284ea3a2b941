//! Kind 3: the columns that a result card shows, and the names of the abstract chunks.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

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
}

/// One abstract chunk: its file is named by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkEntry {
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// Length of the file in bytes.
    pub bytes: u32,
}

/// The papers of a corpus, straight from the artifact's bytes.
#[derive(Debug)]
pub struct Papers {
    artifact: Artifact,
    ids: Strings,
    titles: Strings,
    authors: Strings,
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
        let titles = Strings::parse(&artifact, b"TITO", b"TITT", n)?;
        let authors = Strings::parse(&artifact, b"AUTO", b"AUTT", n)?;
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
            titles,
            authors,
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
        let mut categories: Vec<String> = Vec::new();
        let mut numbers = HashMap::new();
        let (mut offsets, mut column) = (vec![0_u32], Vec::new());
        for paper in papers {
            for code in &paper.categories {
                let number = *numbers.entry(code.clone()).or_insert_with(|| {
                    categories.push(code.clone());
                    u16::try_from(categories.len() - 1)
                        .expect("a corpus has at most 65,536 categories")
                });
                column.extend(number.to_le_bytes());
            }
            offsets.push(u32::try_from(column.len() / 2).expect("fewer than 4 G category entries"));
        }
        let meta = Meta {
            papers: papers.len() as u32,
            categories,
            chunk_papers,
        };
        let years = papers
            .iter()
            .flat_map(|paper| paper.year.unwrap_or(0).to_le_bytes())
            .collect();
        let table = chunks
            .iter()
            .flat_map(|chunk| chunk.sha256.0.into_iter().chain(chunk.bytes.to_le_bytes()));
        let writer = Writer::new(Kind::Papers).json(b"META", &meta);
        let writer = Strings::write(
            writer,
            b"IDSO",
            b"IDST",
            papers.iter().map(|paper| &*paper.id),
        );
        let writer = Strings::write(
            writer,
            b"TITO",
            b"TITT",
            papers.iter().map(|paper| &*paper.title),
        );
        let writer = Strings::write(
            writer,
            b"AUTO",
            b"AUTT",
            papers.iter().map(|paper| &*paper.authors),
        );
        writer
            .u32s(b"CATO", &offsets)
            .section(b"CATN", column)
            .section(b"YEAR", years)
            .section(b"CHNK", table.collect())
            .to_bytes()
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

    /// Title; may be empty.
    pub fn title(&self, paper: PaperId) -> &str {
        self.titles.get(&self.artifact, paper.0 as usize)
    }

    /// Authors, separated by `, `; may be empty.
    pub fn authors(&self, paper: PaperId) -> &str {
        self.authors.get(&self.artifact, paper.0 as usize)
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

fn chunk_entries(table: &[u8]) -> Option<Vec<ChunkEntry>> {
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
