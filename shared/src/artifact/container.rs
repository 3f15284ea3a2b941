//! The container that every artifact shares: header, section table, aligned sections, checksums.

use std::ops::Range;

use super::{ArtifactError, Kind, Tag};

/// First bytes of every artifact. The high bit and the line ends expose text-mode transfers.
pub const MAGIC: [u8; 8] = [0x89, b'O', b'F', b'P', 0x0d, 0x0a, 0x1a, 0x0a];
/// Sections start at multiples of this many bytes.
pub const ALIGNMENT: usize = 64;
/// A file has at most this many sections.
pub const MAX_SECTIONS: usize = 64;

const HEADER_LEN: usize = 32;
const ENTRY_LEN: usize = 24;
/// How errors name the header.
const HEAD: Tag = Tag(*b"HEAD");

/// A verified container: magic, version, kind, length and every checksum hold.
#[derive(Debug)]
pub struct Artifact {
    bytes: Vec<u8>,
    sections: Vec<(Tag, Range<usize>)>,
}

impl Artifact {
    /// Verifies `bytes`; costs one pass over them and keeps them without a copy.
    ///
    /// # Errors
    /// [`ArtifactError`] for anything that is not an undamaged artifact of `wanted`'s kind.
    pub fn parse(bytes: Vec<u8>, wanted: Kind) -> Result<Self, ArtifactError> {
        let malformed = |rule| ArtifactError::Malformed { part: HEAD, rule };
        if bytes.len() < 8 || bytes[..8] != MAGIC {
            let found = bytes[..bytes.len().min(8)].to_vec();
            return Err(ArtifactError::Magic { found });
        }
        if bytes.len() < HEADER_LEN {
            return Err(ArtifactError::Length {
                found: bytes.len() as u64,
                promised: HEADER_LEN as u64,
            });
        }
        let kind = u16_at(&bytes, 10);
        if kind != wanted as u16 {
            return Err(ArtifactError::WrongKind {
                found: kind,
                wanted,
            });
        }
        let version = u16_at(&bytes, 8);
        if version != wanted.version() {
            return Err(ArtifactError::Version {
                found: version,
                wanted: wanted.version(),
            });
        }
        let (found, promised) = (bytes.len() as u64, u64_at(&bytes, 16));
        if found != promised {
            return Err(ArtifactError::Length { found, promised });
        }
        let n_sections = u32_at(&bytes, 12) as usize;
        if n_sections > MAX_SECTIONS {
            return Err(malformed("at most 64 sections"));
        }
        let table_end = HEADER_LEN + n_sections * ENTRY_LEN;
        if table_end > bytes.len() {
            return Err(malformed("the section table ends within the file"));
        }
        check_crc(HEAD, head_crc(&bytes[..table_end]), u32_at(&bytes, 24))?;
        let mut sections: Vec<(Tag, Range<usize>)> = Vec::with_capacity(n_sections);
        let mut end = table_end;
        for entry in bytes[HEADER_LEN..table_end].chunks(ENTRY_LEN) {
            let tag = Tag([entry[0], entry[1], entry[2], entry[3]]);
            let (start, len) = (u64_at(entry, 8), u64_at(entry, 16));
            if start != end.next_multiple_of(ALIGNMENT) as u64 {
                return Err(malformed(
                    "sections are 64-byte aligned, in order, without holes",
                ));
            }
            if start > found || len > found - start {
                return Err(malformed("a section ends within the file"));
            }
            let (start, stop) = (start as usize, (start + len) as usize);
            if bytes[end..start].iter().any(|&byte| byte != 0) {
                return Err(malformed("padding is zero"));
            }
            if sections.iter().any(|(known, _)| *known == tag) {
                return Err(malformed("a tag stands once in a file"));
            }
            check_crc(tag, crc32fast::hash(&bytes[start..stop]), u32_at(entry, 4))?;
            sections.push((tag, start..stop));
            end = stop;
        }
        if end != bytes.len() {
            return Err(malformed("the last section ends the file"));
        }
        Ok(Self { bytes, sections })
    }

    /// Where a section's bytes stand, or the error that names the missing one.
    pub(crate) fn range(&self, tag: &[u8; 4]) -> Result<Range<usize>, ArtifactError> {
        let found = self.sections.iter().find(|(known, _)| known.0 == *tag);
        found
            .map(|(_, range)| range.clone())
            .ok_or(ArtifactError::Malformed {
                part: Tag(*tag),
                rule: "this section is required",
            })
    }

    /// Whether there is such a section.
    pub(crate) fn has(&self, tag: &[u8; 4]) -> bool {
        self.sections.iter().any(|(known, _)| known.0 == *tag)
    }

    /// A section's bytes.
    pub(crate) fn section(&self, tag: &[u8; 4]) -> Result<&[u8], ArtifactError> {
        Ok(&self.bytes[self.range(tag)?])
    }

    /// A section of little-endian `u32`, copied.
    pub(crate) fn u32s(&self, tag: &[u8; 4]) -> Result<Vec<u32>, ArtifactError> {
        let words = self.words(tag)?;
        Ok(words.map(u32::from_le_bytes).collect())
    }

    /// A section of little-endian `f32`, copied; every value is finite.
    pub(crate) fn f32s(&self, tag: &[u8; 4]) -> Result<Vec<f32>, ArtifactError> {
        let values: Vec<f32> = self.words(tag)?.map(f32::from_le_bytes).collect();
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(ArtifactError::Malformed {
                part: Tag(*tag),
                rule: "every number is finite",
            })
        }
    }

    /// A section of UTF-8 JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        tag: &[u8; 4],
    ) -> Result<T, ArtifactError> {
        serde_json::from_slice(self.section(tag)?).map_err(|_| ArtifactError::Malformed {
            part: Tag(*tag),
            rule: "META is the JSON object that this kind describes",
        })
    }

    /// Tags and lengths of the sections, in order.
    pub(super) fn lengths(&self) -> impl Iterator<Item = (Tag, usize)> {
        self.sections.iter().map(|(tag, range)| (*tag, range.len()))
    }

    /// The bytes of the whole file; ranges from [`Self::range`] point into them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn words(&self, tag: &[u8; 4]) -> Result<impl Iterator<Item = [u8; 4]>, ArtifactError> {
        let bytes = self.section(tag)?;
        if !bytes.len().is_multiple_of(4) {
            let rule = "a section of words has a multiple of four bytes";
            return Err(ArtifactError::Malformed {
                part: Tag(*tag),
                rule,
            });
        }
        Ok(bytes.chunks_exact(4).map(|c| [c[0], c[1], c[2], c[3]]))
    }
}

/// Writes a container: the inverse of [`Artifact::parse`].
#[derive(Debug)]
pub struct Writer {
    kind: Kind,
    sections: Vec<(Tag, Vec<u8>)>,
}

impl Writer {
    /// An empty container of this kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            sections: Vec::new(),
        }
    }

    /// Appends a section.
    #[must_use]
    pub fn section(mut self, tag: &[u8; 4], bytes: Vec<u8>) -> Self {
        assert!(
            self.sections.len() < MAX_SECTIONS,
            "a writer of ours exceeds 64 sections"
        );
        self.sections.push((Tag(*tag), bytes));
        self
    }

    /// Appends a section of `u32`.
    #[must_use]
    pub fn u32s(self, tag: &[u8; 4], words: &[u32]) -> Self {
        self.section(
            tag,
            words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        )
    }

    /// Appends a section of `f32`.
    #[must_use]
    pub fn f32s(self, tag: &[u8; 4], values: &[f32]) -> Self {
        self.section(
            tag,
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        )
    }

    /// Appends a section of JSON.
    #[must_use]
    pub fn json<T: serde::Serialize>(self, tag: &[u8; 4], value: &T) -> Self {
        let json = serde_json::to_vec(value).expect("META has no unwritable value");
        self.section(tag, json)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let table_end = HEADER_LEN + self.sections.len() * ENTRY_LEN;
        let mut bytes = vec![0; table_end];
        let mut table = Vec::with_capacity(table_end - HEADER_LEN);
        for (tag, section) in &self.sections {
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            table.extend(tag.0);
            table.extend(crc32fast::hash(section).to_le_bytes());
            table.extend((bytes.len() as u64).to_le_bytes());
            table.extend((section.len() as u64).to_le_bytes());
            bytes.extend_from_slice(section);
        }
        let len = bytes.len() as u64;
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&self.kind.version().to_le_bytes());
        bytes[10..12].copy_from_slice(&(self.kind as u16).to_le_bytes());
        bytes[12..16].copy_from_slice(&(self.sections.len() as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&len.to_le_bytes());
        bytes[HEADER_LEN..table_end].copy_from_slice(&table);
        let crc = head_crc(&bytes[..table_end]);
        bytes[24..28].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

/// CRC-32 of header and table, without the field that records it.
fn head_crc(head: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head[..24]);
    crc.update(&head[28..]);
    crc.finalize()
}

fn check_crc(part: Tag, found: u32, recorded: u32) -> Result<(), ArtifactError> {
    if found == recorded {
        Ok(())
    } else {
        Err(ArtifactError::Checksum {
            part,
            found,
            recorded,
        })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn small() -> Vec<u8> {
        Writer::new(Kind::Index)
            .section(b"ABCD", b"abc".to_vec())
            .u32s(b"EMPT", &[])
            .u32s(b"WORD", &[7])
            .to_bytes()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let artifact = Artifact::parse(small(), Kind::Index).expect("a fresh file opens");
        assert_eq!(artifact.section(b"ABCD"), Ok(&b"abc"[..]));
        assert_eq!(artifact.u32s(b"WORD"), Ok(vec![7]));
        assert_eq!(artifact.u32s(b"EMPT"), Ok(vec![]));
        assert!(artifact.section(b"NONE").is_err());
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let good = small();
        for at in 0..good.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                assert!(
                    Artifact::parse(bad, Kind::Index).is_err(),
                    "byte {at} ^ {flip:#04x} went unnoticed"
                );
            }
        }
    }

    #[test]
    fn every_cut_and_every_tail_is_noticed() {
        let good = small();
        for len in 0..good.len() {
            assert!(
                Artifact::parse(good[..len].to_vec(), Kind::Index).is_err(),
                "{len} bytes opened"
            );
        }
        let mut long = good;
        long.push(0);
        assert!(matches!(
            Artifact::parse(long, Kind::Index),
            Err(ArtifactError::Length { .. })
        ));
    }

    #[test]
    fn newer_foreign_and_other_kinds_are_named() {
        let mut newer = small();
        newer[8] += 1;
        assert_eq!(
            Artifact::parse(newer, Kind::Index).err(),
            Some(ArtifactError::Version {
                found: 4,
                wanted: 3
            })
        );
        let foreign = b"%PDF-1.7 and so on".to_vec();
        assert!(matches!(
            Artifact::parse(foreign, Kind::Index),
            Err(ArtifactError::Magic { .. })
        ));
        let other = Artifact::parse(small(), Kind::Model).err();
        assert_eq!(
            other,
            Some(ArtifactError::WrongKind {
                found: 2,
                wanted: Kind::Model
            })
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(tail in prop::collection::vec(any::<u8>(), 0..300), keep in 0_usize..140) {
            let mut bytes = small();
            bytes.truncate(keep);
            bytes.extend(tail);
            let _ = Artifact::parse(bytes, Kind::Index);
        }
    }
}
