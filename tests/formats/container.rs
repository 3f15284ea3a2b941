//! The container once more, from `docs/FORMAT.md` alone: what takes files apart to forge them.

use shared::artifact::{Kind, Writer};

/// Every kind that this build reads, with the first part of its file names.
pub(super) const KINDS: [(Kind, &str); 13] = [
    (Kind::Model, "model"),
    (Kind::Index, "index"),
    (Kind::Papers, "papers"),
    (Kind::Abstracts, "abstracts"),
    (Kind::Classifier, "classifier"),
    (Kind::Reference, "reference"),
    (Kind::Words, "words"),
    (Kind::Map, "map"),
    (Kind::Table, "table"),
    (Kind::Places, "places"),
    (Kind::Shard, "shard"),
    (Kind::Clusters, "clusters"),
    (Kind::Leaf, "leaf"),
];

/// The kind of this number, with its name.
pub(super) fn kind(number: u8) -> (Kind, &'static str) {
    let found = KINDS.into_iter().find(|&(kind, _)| kind as u8 == number);
    found.expect("a kind that this build reads")
}

/// A file in parts.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    kind: Kind,
    pub(super) sections: Vec<([u8; 4], Vec<u8>)>,
}

impl Parts {
    /// Takes a whole file apart.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let (kind, _) = kind(bytes[10]);
        let sections = (0..bytes[12] as usize)
            .map(|at| {
                let entry = &bytes[32 + 24 * at..][..24];
                let (start, len) = (word(entry, 8), word(entry, 16));
                let tag = entry[..4].try_into().expect("four bytes");
                (tag, bytes[start..][..len].to_vec())
            })
            .collect();
        Self { kind, sections }
    }

    /// A section's bytes.
    pub(super) fn get(&self, tag: &[u8; 4]) -> &[u8] {
        let found = self.sections.iter().find(|(known, _)| known == tag);
        &found.expect("a section of this kind").1
    }

    /// The file with another section in this one's place.
    pub(super) fn with(&self, tag: &[u8; 4], bytes: Vec<u8>) -> Self {
        let mut forged = self.clone();
        let found = forged.sections.iter_mut().find(|(known, _)| known == tag);
        found.expect("a section of this kind").1 = bytes;
        forged
    }

    /// The file without this section.
    pub(super) fn without(&self, tag: &[u8; 4]) -> Self {
        let mut forged = self.clone();
        forged.sections.retain(|(known, _)| known != tag);
        forged
    }

    /// `META`, where the kind has one.
    pub(super) fn meta(&self) -> Option<serde_json::Value> {
        let (_, meta) = self.sections.iter().find(|(tag, _)| tag == b"META")?;
        Some(serde_json::from_slice(meta).expect("META is JSON"))
    }

    /// The file with one field of `META` changed; `pointer` as in RFC 6901.
    pub(super) fn with_meta(&self, pointer: &str, value: serde_json::Value) -> Self {
        let mut meta = self.meta().expect("the kind has a META");
        *meta.pointer_mut(pointer).expect("a field of META") = value;
        self.with(
            b"META",
            serde_json::to_vec(&meta).expect("JSON is writable"),
        )
    }

    /// The file, checksums and all.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new(self.kind);
        let writer = self.sections.iter().fold(writer, |writer, (tag, bytes)| {
            writer.section(tag, bytes.clone())
        });
        writer.to_bytes()
    }
}

/// Records the checksums that a forged header, table and sections need.
pub(super) fn reseal(mut bytes: Vec<u8>) -> Vec<u8> {
    let n = (bytes[12] as usize).min((bytes.len() - 32) / 24);
    for at in (0..n).map(|at| 32 + 24 * at) {
        let (start, len) = (word(&bytes, at + 8), word(&bytes, at + 16));
        if let Some(section) = start
            .checked_add(len)
            .and_then(|stop| bytes.get(start..stop))
        {
            let crc = crc32(section.iter());
            bytes[at + 4..at + 8].copy_from_slice(&crc.to_le_bytes());
        }
    }
    let table_end = 32 + 24 * n;
    let crc = crc32(bytes[..24].iter().chain(&bytes[28..table_end]));
    bytes[24..28].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// CRC-32 as IEEE 802.3 has it, bit by bit.
pub(super) fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let crc = bytes.fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ ((crc & 1) * 0xedb8_8320)
        })
    });
    !crc
}

fn word(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")) as usize
}

#[test]
fn the_checksum_is_the_standards() {
    assert_eq!(crc32(b"123456789".iter()), 0xcbf4_3926);
}

#[test]
fn files_come_together_as_they_were_taken_apart() {
    for (kind, name) in KINDS {
        let bytes = super::sample::file(kind);
        assert!(
            Parts::of(&bytes).to_bytes() == bytes,
            "{name}: FORMAT.md and Writer disagree"
        );
        assert!(
            reseal(bytes.clone()) == bytes,
            "{name}: FORMAT.md and Writer disagree on checksums"
        );
    }
}
