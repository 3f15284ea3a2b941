//! Why bytes are not an artifact.

use super::Kind;

/// Four bytes that name a section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(pub [u8; 4]);

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// Why these bytes are not an artifact that this build can use.
///
/// Each variant says what was found and what was wanted: one line is enough to know whether to
/// fetch again, to rebuild or to upgrade.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// Another kind of file, or one that a text-mode transfer has rewritten.
    #[error("not an Offprint artifact: it starts with {found:02x?}")]
    Magic {
        /// The first bytes, at most eight.
        found: Vec<u8>,
    },
    /// A format from before or after this build.
    #[error(
        "format {found}, but this build reads format {wanted}: rebuild it with index-builder, or upgrade"
    )]
    Version {
        /// The file's number.
        found: u16,
        /// The number that this build reads of this kind.
        wanted: u16,
    },
    /// An artifact, but not the one asked for.
    #[error("an artifact of kind {found}, where {wanted:?} (kind {}) belongs", *.wanted as u16)]
    WrongKind {
        /// The file's number.
        found: u16,
        /// What was asked for.
        wanted: Kind,
    },
    /// The download stopped early, or something was appended.
    #[error("{found} bytes, but the header promises {promised}: fetch it again")]
    Length {
        /// Bytes at hand.
        found: u64,
        /// Bytes according to the header.
        promised: u64,
    },
    /// Bytes changed since they were written.
    #[error("{part} is damaged: CRC-32 {found:08x}, recorded {recorded:08x}: fetch it again")]
    Checksum {
        /// The header, or a section's tag.
        part: Tag,
        /// Of the bytes at hand.
        found: u32,
        /// As recorded.
        recorded: u32,
    },
    /// Well-preserved bytes that break a rule of the format: a writer's bug, or a forgery.
    #[error("{part}: {rule}")]
    Malformed {
        /// The header, or a section's tag.
        part: Tag,
        /// The rule of `docs/FORMAT.md` that is broken.
        rule: &'static str,
    },
    /// Made for another model than the one at hand.
    #[error("made with model {recorded}, but the model at hand is {found}: rebuild with one model")]
    OtherModel {
        /// The model at hand.
        found: crate::Sha256,
        /// The model it was made with.
        recorded: crate::Sha256,
    },
    /// Made for another index than the one at hand.
    #[error("made with index {recorded}, but the index at hand is {found}: take both of one build")]
    OtherIndex {
        /// The index at hand.
        found: crate::Sha256,
        /// The index it was made with.
        recorded: crate::Sha256,
    },
}
