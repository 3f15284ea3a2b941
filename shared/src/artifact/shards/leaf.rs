//! Kind 13: what a few neighboring papers are, and their vectors.

use std::ops::Range;
use std::sync::Arc;

use super::paged::Paged;
use crate::artifact::papers::chunk_entries;
use crate::artifact::{Artifact, ArtifactError, ChunkEntry, Kind, Tag, Writer};
use crate::quant::Int8Vector;
use crate::{Paper, PaperId};

/// Texts a paper: title and authors.
const TEXTS: usize = 2;

/// One leaf, inflated.
#[derive(Debug)]
pub struct Leaf {
    artifact: Artifact,
    steps: Range<usize>,
    scales: Vec<f32>,
    dim: usize,
    offsets: Vec<u32>,
    text: String,
}

impl Leaf {
    /// The most bytes that a leaf's texts may inflate to; more is a forgery.
    pub const MAX_TEXT: usize = 1 << 24;

    /// Opens a leaf of `n` papers.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>, n: usize) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Leaf)?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let (steps, scales) = (artifact.range(b"VECQ")?, artifact.f32s(b"VECS")?);
        if scales.len() != n {
            return Err(malformed(b"VECS", "one scale a paper of the leaf"));
        }
        let dim = steps.len() / n.max(1);
        if dim > 512 || !dim.is_multiple_of(16) || dim * n != steps.len() {
            let rule = "as many bytes a paper, a multiple of 16, at most 512";
            return Err(malformed(b"VECQ", rule));
        }
        // −128 would overflow the 32-bit sums of the widest vectors.
        if artifact.bytes()[steps.clone()].contains(&0x80) {
            return Err(malformed(b"VECQ", "steps are −127..=127"));
        }
        let offsets = artifact.u32s(b"OFFS")?;
        if offsets.len() != TEXTS * n + 1 {
            return Err(malformed(b"OFFS", "offsets are one more than rows"));
        }
        let len = offsets[TEXTS * n] as usize;
        if offsets[0] != 0 || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
            let rule = "offsets ascend from 0 to the end of their data";
            return Err(malformed(b"OFFS", rule));
        }
        if len > Self::MAX_TEXT {
            return Err(malformed(b"OFFS", "a leaf inflates to at most 16 MiB"));
        }
        let stream = "a raw DEFLATE stream of the promised length";
        let text =
            miniz_oxide::inflate::decompress_to_vec_with_limit(artifact.section(b"TEXT")?, len)
                .map_err(|_| malformed(b"TEXT", stream))?;
        if text.len() != len {
            return Err(malformed(b"TEXT", stream));
        }
        let utf8 = "text is UTF-8, also at every offset";
        let text = String::from_utf8(text).map_err(|_| malformed(b"TEXT", utf8))?;
        if !offsets.iter().all(|&at| text.is_char_boundary(at as usize)) {
            return Err(malformed(b"TEXT", utf8));
        }
        Ok(Self {
            artifact,
            steps,
            scales,
            dim,
            offsets,
            text,
        })
    }

    /// Writes a leaf; a paper without a vector gets one of zeros and scale 0. Together the texts have at most
    /// [`Self::MAX_TEXT`] bytes.
    ///
    /// # Panics
    /// Where there are not as many vectors as papers, or one is not `dim` wide.
    pub fn to_bytes(papers: &[&Paper], vectors: &[Option<&Int8Vector>], dim: usize) -> Vec<u8> {
        assert_eq!(papers.len(), vectors.len(), "one vector or none a paper");
        let (mut offsets, mut text) = (vec![0_u32], Vec::new());
        for row in papers.iter().flat_map(|of| [&of.title, &of.authors]) {
            text.extend_from_slice(row.as_bytes());
            offsets.push(text.len() as u32);
        }
        let (mut steps, mut scales) = (Vec::with_capacity(papers.len() * dim), Vec::new());
        for vector in vectors {
            if let Some(vector) = vector {
                assert_eq!(vector.steps.len(), dim, "one model made all vectors");
                steps.extend_from_slice(bytemuck::cast_slice(&vector.steps));
            } else {
                steps.resize(steps.len() + dim, 0);
            }
            scales.push(vector.map_or(0.0, |vector| vector.scale));
        }
        Writer::new(Kind::Leaf)
            .section(b"VECQ", steps)
            .f32s(b"VECS", &scales)
            .u32s(b"OFFS", &offsets)
            .section(b"TEXT", miniz_oxide::deflate::compress_to_vec(&text, 9))
            .to_bytes()
    }

    /// Stored vector number `at` with the size of its steps; `None` where there was nothing to embed.
    pub(crate) fn vector(&self, at: usize) -> Option<(&[i8], f32)> {
        let scale = self.scales[at];
        let bytes = &self.artifact.bytes()[self.steps.start + at * self.dim..][..self.dim];
        (scale != 0.0).then(|| (bytemuck::cast_slice(bytes), scale))
    }

    /// Width of a vector.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// Title of paper number `at`; empty where unknown.
    pub fn title(&self, at: usize) -> &str {
        self.row(TEXTS * at)
    }

    /// Authors of paper number `at`, separated by comma and space; empty where unknown.
    pub fn authors(&self, at: usize) -> &str {
        self.row(TEXTS * at + 1)
    }

    fn row(&self, at: usize) -> &str {
        &self.text[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }
}

/// All leaves of a corpus, as far as they are here. Papers of a leaf follow each other by number.
#[derive(Debug)]
pub struct Leaves {
    /// Where each leaf's papers begin, and where the last one's end.
    starts: Vec<u32>,
    entries: Vec<ChunkEntry>,
    open: Paged<Leaf>,
}

impl Leaves {
    /// Reads which leaves there are: sections `LEAF` and `LEAC` of a papers artifact of `n` papers.
    pub(in crate::artifact) fn parse(from: &Artifact, n: u32) -> Result<Self, ArtifactError> {
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let mut starts = vec![0_u32];
        let rule = "every leaf has a paper, and all of them have all papers";
        for size in from.u32s(b"LEAF")? {
            let start = starts[starts.len() - 1].checked_add(size);
            let start = start.filter(|_| size > 0);
            starts.push(start.ok_or(malformed(b"LEAF", rule))?);
        }
        if starts[starts.len() - 1] != n {
            return Err(malformed(b"LEAF", rule));
        }
        let entries = chunk_entries(from.section(b"LEAC")?);
        let entries = entries.filter(|entries| entries.len() + 1 == starts.len());
        Ok(Self {
            entries: entries.ok_or(malformed(b"LEAC", "36 bytes a leaf"))?,
            starts,
            open: Paged::default(),
        })
    }

    /// Number of leaves.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Papers of a leaf.
    pub fn papers(&self, leaf: u32) -> Range<u32> {
        self.starts[leaf as usize]..self.starts[leaf as usize + 1]
    }

    /// The leaf of a paper, and its place there.
    pub fn place_of(&self, paper: PaperId) -> (u32, usize) {
        let leaf = self.starts.partition_point(|&start| start <= paper.0) - 1;
        (leaf as u32, (paper.0 - self.starts[leaf]) as usize)
    }

    /// Digest and length of a leaf's file.
    pub fn entry(&self, leaf: u32) -> ChunkEntry {
        self.entries[leaf as usize]
    }

    /// Adds a leaf.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn insert(&self, leaf: u32, bytes: Vec<u8>) -> Result<(), ArtifactError> {
        let opened = Leaf::parse(bytes, self.papers(leaf).len())?;
        self.open.put(leaf, opened);
        Ok(())
    }

    /// Whether a leaf is here.
    pub fn has(&self, leaf: u32) -> bool {
        self.open.has(leaf)
    }

    /// The leaf of a paper, and its place there; where it is not here it is noted as wanted.
    pub(crate) fn of(&self, paper: PaperId) -> Option<(Arc<Leaf>, usize)> {
        let (leaf, place) = self.place_of(paper);
        Some((self.open.get(leaf)?, place))
    }

    /// A leaf by number; where it is not here it is noted as wanted.
    pub(crate) fn get(&self, leaf: u32) -> Option<Arc<Leaf>> {
        self.open.get(leaf)
    }

    /// Leaves that were asked for and are not here, since this was last asked.
    pub fn take_wanted(&self) -> Vec<u32> {
        self.open.take_wanted()
    }

    /// Notes that a leaf cannot be had: until that is forgotten it is not wanted.
    pub fn lack(&self, leaf: u32) {
        self.open.lack(leaf);
    }

    /// What could not be had may be had now.
    pub fn forget_lacking(&self) {
        self.open.forget_lacking();
    }

    /// From here on every leaf stays in memory; otherwise the ones asked for long ago go where they get many.
    pub fn keep_all(&self) {
        self.open.keep_all();
    }
}
