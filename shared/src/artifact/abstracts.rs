//! Kind 4: a run of abstracts, deflated together so that one fetch reads many.

use super::{Artifact, ArtifactError, Kind, Tag, Writer};

/// Abstracts of consecutive papers, inflated.
#[derive(Debug)]
pub struct AbstractChunk {
    offsets: Vec<u32>,
    text: String,
}

impl AbstractChunk {
    /// The most bytes that a chunk may inflate to; more is a forgery.
    pub const MAX_TEXT: usize = 1 << 26;

    /// Opens and inflates a chunk.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Abstracts)?;
        let offsets = artifact.u32s(b"OFFS")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let rule = "offsets ascend from 0 to the end of their data";
        let len = *offsets.last().ok_or(malformed(b"OFFS", rule))? as usize;
        if offsets[0] != 0 || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(malformed(b"OFFS", rule));
        }
        if len > Self::MAX_TEXT {
            return Err(malformed(b"OFFS", "a chunk inflates to at most 64 MiB"));
        }
        let text =
            miniz_oxide::inflate::decompress_to_vec_with_limit(artifact.section(b"TEXT")?, len)
                .map_err(|_| malformed(b"TEXT", "a raw DEFLATE stream of the promised length"))?;
        if text.len() != len {
            return Err(malformed(
                b"TEXT",
                "a raw DEFLATE stream of the promised length",
            ));
        }
        let utf8 = "text is UTF-8, also at every offset";
        let text = String::from_utf8(text).map_err(|_| malformed(b"TEXT", utf8))?;
        if !offsets.iter().all(|&at| text.is_char_boundary(at as usize)) {
            return Err(malformed(b"TEXT", utf8));
        }
        Ok(Self { offsets, text })
    }

    /// Writes a chunk. Together the abstracts have at most [`Self::MAX_TEXT`] bytes; whoever
    /// takes them from outside has checked that.
    pub fn to_bytes<'a>(abstracts: impl Iterator<Item = &'a str>) -> Vec<u8> {
        let (mut offsets, mut text) = (vec![0_u32], Vec::new());
        for row in abstracts {
            text.extend_from_slice(row.as_bytes());
            assert!(
                text.len() <= Self::MAX_TEXT,
                "a chunk of abstracts has at most 64 MiB"
            );
            offsets.push(text.len() as u32);
        }
        let deflated = miniz_oxide::deflate::compress_to_vec(&text, 9);
        Writer::new(Kind::Abstracts)
            .u32s(b"OFFS", &offsets)
            .section(b"TEXT", deflated)
            .to_bytes()
    }

    /// Abstracts in this chunk.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether the chunk has no abstract.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Abstract number `at` of this chunk.
    pub fn get(&self, at: usize) -> Option<&str> {
        let (start, stop) = (*self.offsets.get(at)?, *self.offsets.get(at + 1)?);
        Some(&self.text[start as usize..stop as usize])
    }
}
