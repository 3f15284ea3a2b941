//! Lists of links: node numbers as differences, in LEB128.

use std::ops::Range;

use crate::artifact::{Artifact, ArtifactError, Tag};

/// Lists of node numbers: sorted, as differences, in LEB128; and where each list starts.
pub(super) fn encode<'a>(lists: impl Iterator<Item = &'a Vec<u32>>) -> (Vec<u32>, Vec<u8>) {
    let (mut offsets, mut bytes) = (vec![0_u32], Vec::new());
    for list in lists {
        let mut sorted = list.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let mut last = 0;
        for node in sorted {
            let mut rest = node - last;
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
            last = node;
        }
        offsets.push(u32::try_from(bytes.len()).expect("links of fewer than 4 GiB"));
    }
    (offsets, bytes)
}

/// Reads one list that [`encode`] wrote. On bytes that it did not it ends early, never panics, and
/// keeps what it could not read.
pub(super) struct Links<'a> {
    bytes: &'a [u8],
    last: u32,
}

impl Iterator for Links<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (mut difference, mut shift) = (0_u32, 0);
        let mut bytes = self.bytes;
        loop {
            let (&byte, rest) = bytes.split_first()?;
            bytes = rest;
            // The fifth byte has room for four bits, and no sixth follows.
            if shift == 28 && byte > 0x0f {
                return None;
            }
            difference |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        self.last = self.last.checked_add(difference)?;
        self.bytes = bytes;
        Some(self.last)
    }
}

/// Lists of links, verified.
#[derive(Debug)]
pub(super) struct LinkLists {
    offsets: Vec<u32>,
    bytes: Range<usize>,
}

impl LinkLists {
    /// Verifies lists; `limit(i)` is one more than the largest node that list `i` may name.
    pub(super) fn parse(
        from: &Artifact,
        offsets_tag: &[u8; 4],
        bytes_tag: &[u8; 4],
        n: usize,
        limit: impl Fn(usize) -> u32,
    ) -> Result<Self, ArtifactError> {
        let lists = Self {
            offsets: from.u32s(offsets_tag)?,
            bytes: from.range(bytes_tag)?,
        };
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let offsets = &lists.offsets;
        if offsets.len() != n + 1 {
            return Err(malformed(offsets_tag, "offsets are one more than rows"));
        }
        if offsets[0] != 0
            || offsets.windows(2).any(|pair| pair[0] > pair[1])
            || offsets[n] as usize != lists.bytes.len()
        {
            return Err(malformed(
                offsets_tag,
                "offsets ascend from 0 to the end of their data",
            ));
        }
        for at in 0..n {
            let mut list = lists.get(from, at);
            let (mut previous, limit) = (None, limit(at));
            for node in list.by_ref() {
                if node >= limit || previous.is_some_and(|previous| node <= previous) {
                    return Err(malformed(
                        bytes_tag,
                        "links ascend and name nodes of their layer",
                    ));
                }
                previous = Some(node);
            }
            if !list.bytes.is_empty() {
                return Err(malformed(
                    bytes_tag,
                    "links are whole LEB128 numbers of at most 32 bits",
                ));
            }
        }
        Ok(lists)
    }

    fn span(&self, at: usize) -> Range<usize> {
        let start = self.bytes.start;
        start + self.offsets[at] as usize..start + self.offsets[at + 1] as usize
    }

    pub(super) fn get<'a>(&self, from: &'a Artifact, at: usize) -> Links<'a> {
        Links {
            bytes: &from.bytes()[self.span(at)],
            last: 0,
        }
    }
}
