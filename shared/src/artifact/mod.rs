//! Every artifact's bytes, both directions: whoever writes a byte reads it.
//!
//! `docs/FORMAT.md` specifies the layouts; the rule texts of [`ArtifactError::Malformed`] stand
//! there word for word, and a test holds them together.

mod abstracts;
mod bits;
mod classifier;
mod container;
mod error;
mod held_out;
mod index;
mod map;
mod model;
mod papers;
mod reference;
mod shards;
mod strings;
mod tokenizer;
mod words;

pub use abstracts::AbstractChunk;
pub use classifier::{
    Classifier, ClassifierMeta, CrossLists, CrossMeta, WordHead, WordsMeta, confidence_factor, idf,
    log_odds, tf_idf,
};
pub use container::{ALIGNMENT, Artifact, MAGIC, MAX_SECTIONS, Writer};
pub use error::{ArtifactError, Tag};
pub use held_out::{Abstention, Bin, HeldOut, PredictionSet};
pub use index::{Golden, Index, IndexParts};
pub use map::{Label, Map, MapMeta};
pub(crate) use model::Smoothed;
pub use model::{
    Architecture, ByteRows, CODEBOOKS_LEN, LayerParts, LinearParts, Model, ModelMeta, ModelParts,
    NormParts, Pooling, WordRows, codebook,
};
pub use papers::{ChunkEntry, LeavesParts, Papers};
pub use reference::{ReferenceMeta, ReferenceWeights};
pub use shards::{ClusterParts, Clusters, ClustersParts, Leaf, Leaves, Reads, shard_bytes};
pub(crate) use strings::Strings;
pub use words::{
    List, PlaceChunk, PlacesOf, Posting, Postings, TableEntry, WordChunk, WordTable, length_code,
    length_of, write_places, write_posting,
};

/// What an artifact is. Numbers are never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Encoder weights and tokenizer.
    Model = 1,
    /// Vectors and graph.
    Index = 2,
    /// The columns that a result card shows.
    Papers = 3,
    /// A run of abstracts.
    Abstracts = 4,
    /// A category classifier.
    Classifier = 5,
    /// A run of words and their postings.
    Words = 6,
    /// The landscape: places on a plane, and topics.
    Map = 7,
    /// The 1-bit codes of one cluster of a corpus too large to load.
    Shard = 8,
    /// A table that names the chunks of words.
    Table = 9,
    /// Weights of the f32 reference encoder.
    Reference = 10,
    /// Where a run of words stands in texts.
    Places = 11,
    /// A table of the clusters of a corpus too large to load, which names the shards.
    Clusters = 12,
    /// Vectors, titles and authors of a few neighboring papers.
    Leaf = 13,
}

impl Kind {
    /// The layout of this kind that this build reads and writes; a file says which is its own.
    pub fn version(self) -> u16 {
        match self {
            Self::Index | Self::Classifier => 3,
            _ => 2,
        }
    }
}

/// What a container says of itself, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Number of the kind.
    pub kind: u16,
    /// Name of the kind.
    pub kind_name: &'static str,
    /// The layout of the kind.
    pub version: u16,
    /// Tags and lengths of the sections, in order.
    pub sections: Vec<(Tag, usize)>,
}

/// Verifies a container of any known kind, without opening what it holds.
///
/// # Errors
/// [`ArtifactError`] for damaged or foreign bytes.
pub fn summarize(bytes: Vec<u8>) -> Result<Summary, ArtifactError> {
    let number = bytes
        .get(10..12)
        .map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
    let (kind, kind_name) = match number {
        2 => (Kind::Index, "index"),
        3 => (Kind::Papers, "papers"),
        4 => (Kind::Abstracts, "abstracts"),
        5 => (Kind::Classifier, "classifier"),
        6 => (Kind::Words, "words"),
        7 => (Kind::Map, "map"),
        8 => (Kind::Shard, "shard"),
        9 => (Kind::Table, "table"),
        10 => (Kind::Reference, "reference"),
        11 => (Kind::Places, "places"),
        12 => (Kind::Clusters, "clusters"),
        13 => (Kind::Leaf, "leaf"),
        _ => (Kind::Model, "model"),
    };
    let artifact = Artifact::parse(bytes, kind)?;
    Ok(Summary {
        kind: kind as u16,
        kind_name,
        version: kind.version(),
        sections: artifact.lengths().collect(),
    })
}

/// A section of little-endian `u16`, copied.
fn halves(artifact: &Artifact, tag: &[u8; 4]) -> Result<Vec<u16>, ArtifactError> {
    let bytes = artifact.section(tag)?;
    if !bytes.len().is_multiple_of(2) {
        let rule = "a section of half words has an even number of bytes";
        return Err(ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        });
    }
    Ok(bytes
        .chunks_exact(2)
        .map(|c| u16::from_le_bytes([c[0], c[1]]))
        .collect())
}
