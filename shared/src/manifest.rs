//! `manifest.json`: the one file whose name is no hash; it binds one build.

use serde::{Deserialize, Serialize};

use crate::Sha256;
use crate::artifact::ChunkEntry;
use crate::words::{Chunk, WordIndex};

/// The protocol of page and artifacts: an app reads manifests of its own number only.
pub const PROTOCOL: u32 = 1;

/// The largest manifest that is read, in bytes.
pub const MAX_BYTES: usize = 4096;

/// A file of the build, named by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Name beside the manifest, such as `model-0123456789abcdef.bin`.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
}

/// The words of the corpus: their table, and what its chunks weigh together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordsEntry {
    /// The table, which names the chunks.
    #[serde(flatten)]
    pub table: FileEntry,
    /// All chunks of words together, in bytes; each is fetched when a query needs it.
    pub words_bytes: u64,
    /// All chunks of places together, in bytes; phrases need them.
    pub places_bytes: u64,
}

/// A corpus in pieces: its index file is a table of clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardsEntry {
    /// All shards together, in bytes; a question needs those of the clusters near it.
    pub shards_bytes: u64,
    /// All leaves together, in bytes; an answer needs those of its hits.
    pub leaves_bytes: u64,
}

/// What the corpus is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusEntry {
    /// Name, such as the papers' file name without its ending.
    pub name: String,
    /// Papers that can be found.
    pub papers: u32,
    /// First and last year, where any paper has one.
    pub years: Option<(u16, u16)>,
}

/// What the page that shows this build calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteEntry {
    /// The page's name, such as `Offprint`.
    pub title: String,
    /// What the site is, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What the build measured of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityEntry {
    /// Share of the exact ten nearest that the graph found, 0 to 1, at [`Self::ef`]; of a corpus in pieces, that
    /// the pieces had which its table of clusters says to read.
    pub recall_at_10: f64,
    /// Breadth of the graph search that this was measured at; 0 where there is no graph.
    pub ef: u32,
    /// Share that search by 1-bit codes found, 0 to 1, at [`Self::depth`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall_by_codes: Option<f64>,
    /// Vectors compared after the codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Queries it was measured with.
    pub queries: u32,
    /// Cosine similarity that 99 % of the corpus' papers reach with their nearest other one, by a sample: a text
    /// that stays below is unlike the corpus. Absent for fewer papers than tell that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_at_99: Option<f32>,
    /// How well the encoder searches judged questions, where it was judged; at most [`Self::MOST_SETS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<SearchEntry>,
}

impl QualityEntry {
    /// More sets would not fit a manifest.
    pub const MOST_SETS: usize = 4;
}

/// How well an encoder searches one set of questions whose answers people judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchEntry {
    /// Name of the set, such as `scifact`.
    pub set: String,
    /// Normalized discounted cumulative gain of the first ten, 0 to 1 (Järvelin and Kekäläinen 2002,
    /// doi:10.1145/582415.582418).
    pub ndcg_at_10: f64,
}

/// One build: files that belong together and may only be opened together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`PROTOCOL`] of the writer.
    pub protocol: u32,
    /// SHA-256 over the digests of all files: the name of this build.
    pub build: Sha256,
    /// Version of index-builder.
    pub builder: String,
    /// The page's name, where the build was given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteEntry>,
    /// What was indexed.
    pub corpus: CorpusEntry,
    /// Encoder and tokenizer.
    pub model: FileEntry,
    /// Vectors and graph; where there are [`Self::shards`], the table of clusters.
    pub index: FileEntry,
    /// What is fetched in pieces, where the corpus is too large to load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<ShardsEntry>,
    /// Columns that a result card shows; it names the abstract chunks.
    pub papers: FileEntry,
    /// Table of the corpus' words; absent in builds of before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<WordsEntry>,
    /// The category classifier, where one fits the model.
    pub classifier: Option<FileEntry>,
    /// The encoder's weights in f32, which the page fetches only when it is asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<FileEntry>,
    /// The landscape, which the page fetches only when it is asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<FileEntry>,
    /// All abstract chunks together, in bytes; fetched after everything else.
    pub abstracts_bytes: u64,
    /// What the build measured of itself; absent for an empty corpus.
    pub quality: Option<QualityEntry>,
}

/// Why a manifest cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Larger than any manifest of ours.
    #[error("{found} bytes, but a manifest has at most {MAX_BYTES}")]
    TooLarge {
        /// Bytes at hand.
        found: usize,
    },
    /// Not the JSON of a manifest.
    #[error("not a manifest: {0}")]
    Json(String),
    /// From before or after this build.
    #[error(
        "protocol {found}, but this build speaks {PROTOCOL}: rebuild with index-builder, or reload the page"
    )]
    Protocol {
        /// The manifest's number.
        found: u32,
    },
    /// A name that leads out of the folder.
    #[error("{0:?} is not a file name of this build")]
    Name(String),
}

impl Manifest {
    /// Reads a manifest: the gate that every later use relies on.
    ///
    /// # Errors
    /// [`ManifestError`], where the bytes are too many, not JSON of this shape, of another
    /// protocol, or name a file outside their own folder.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        /// The one field that every protocol has.
        #[derive(Deserialize)]
        struct Head {
            protocol: u32,
        }
        if bytes.len() > MAX_BYTES {
            return Err(ManifestError::TooLarge { found: bytes.len() });
        }
        let json = |e: serde_json::Error| ManifestError::Json(e.to_string());
        let Head { protocol } = serde_json::from_slice(bytes).map_err(json)?;
        if protocol != PROTOCOL {
            return Err(ManifestError::Protocol { found: protocol });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(json)?;
        for entry in manifest.files().chain(manifest.on_demand()) {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if !entry.file.chars().all(plain) || entry.file.starts_with('.') {
                return Err(ManifestError::Name(entry.file.clone()));
            }
        }
        Ok(manifest)
    }

    /// The manifest as it stands on disk: indented JSON with a final line break.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("a manifest has no unwritable value");
        json.push(b'\n');
        json
    }

    /// Every file that must be there before the page can search.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        [&self.model, &self.index, &self.papers]
            .into_iter()
            .chain(&self.classifier)
            .chain(self.table())
    }

    /// Files that are fetched only when they are asked for.
    pub fn on_demand(&self) -> impl Iterator<Item = &FileEntry> {
        self.reference.iter().chain(&self.map)
    }

    /// The table of words, where there is one.
    pub fn table(&self) -> Option<&FileEntry> {
        self.words.as_ref().map(|words| &words.table)
    }
}

/// The file of a chunk of an index of words.
pub fn word_chunk(words: &WordIndex, chunk: Chunk) -> FileEntry {
    let ChunkEntry { sha256, bytes } = words.file(chunk);
    let kind = match chunk {
        Chunk::Words(_) => "words",
        Chunk::Places(_) => "places",
    };
    FileEntry {
        file: format!("{kind}-{}.bin", sha256.short()),
        bytes: u64::from(bytes),
        sha256,
    }
}

/// The file of a leaf or a shard, by kind.
fn piece(kind: &str, ChunkEntry { sha256, bytes }: ChunkEntry) -> FileEntry {
    FileEntry {
        file: format!("{kind}-{}.bin", sha256.short()),
        bytes: u64::from(bytes),
        sha256,
    }
}

/// The file of a leaf.
pub fn leaf_file(entry: ChunkEntry) -> FileEntry {
    piece("leaf", entry)
}

/// The file of a shard.
pub fn shard_file(entry: ChunkEntry) -> FileEntry {
    piece("shard", entry)
}

/// The name of an abstract chunk with this digest.
pub fn abstracts_file(digest: &Sha256) -> String {
    format!("abstracts-{}.bin", digest.short())
}
