//! A corpus of the visitor's own: the files that index-builder would write, made in the tab. No browser in it.
//!
//! A small corpus needs no graph, since all its vectors are compared; and its papers lie on the landscape of the
//! corpus that the page came with, amid those that they are near to.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use shared::artifact::{ChunkEntry, IndexParts, Label, MapMeta};
use shared::manifest::{CorpusEntry, FileEntry, WordsEntry, abstracts_file};
use shared::quant::Int8Vector;
use shared::words::InvertedIndex;
use shared::{AbstractChunk, Manifest, Map, Paper, Papers, Sha256};

/// The most papers of an own corpus: all are compared with every question.
pub const MOST_PAPERS: usize = 20_000;
/// Papers whose abstracts are deflated together.
const CHUNK_PAPERS: usize = 256;
/// Characters of a name at most, as index-builder has it: a manifest has no room for more.
pub(super) const MOST_NAME: usize = 80;

/// Papers that are embedded, as they are kept until a corpus is made of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Papers with what is known of them.
    pub(super) rows: Vec<(Paper, Known)>,
}

/// What is known of a paper beside its text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Steps and the bits of the scale of what the index stores; none where there is nothing to embed.
    pub(super) vector: Option<(Vec<i8>, u32)>,
    /// Its place on the map.
    pub(super) place: Option<(u16, u16)>,
    /// The number of its topic.
    pub(super) topic: Option<u16>,
}

/// The name of a part: of these papers, embedded by this model, placed on this map.
pub(super) fn part_name(manifest: &Manifest, papers: &[Paper]) -> String {
    let texts = serde_json::to_vec(papers).expect("papers have no unwritable value");
    let map = manifest.map.as_ref();
    let digests = [
        manifest.model.sha256,
        map.map_or(Sha256::default(), |entry| entry.sha256),
        Sha256::of(&texts),
    ];
    let of: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
    format!("part-{}.json", Sha256::of(&of).short())
}

/// A corpus as files.
#[derive(Debug)]
pub(super) struct OwnFiles {
    /// Binds the files.
    pub(super) manifest: Manifest,
    /// Names and bytes, but for those that are taken over: the model and the classifier.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

impl OwnFiles {
    /// Puts a corpus together, whose words are `words`; `of` is the build that the page came with, `map` its
    /// landscape.
    pub(super) fn of(
        name: &str,
        rows: Vec<(Paper, Known)>,
        words: &InvertedIndex,
        of: &Manifest,
        map: Option<&Map>,
        dim: usize,
    ) -> Self {
        let (papers, known): (Vec<Paper>, Vec<Known>) = rows.into_iter().unzip();
        let mut files = Vec::new();
        let mut add = |kind: &str, bytes: Vec<u8>| {
            let sha256 = Sha256::of(&bytes);
            let entry = FileEntry {
                file: format!("{kind}-{}.bin", sha256.short()),
                bytes: bytes.len() as u64,
                sha256,
            };
            files.push((entry.file.clone(), bytes));
            entry
        };
        let index = add("index", index_of(&known, of.model.sha256, dim).to_bytes());
        let mut abstracts_bytes = 0;
        let chunks: Vec<ChunkEntry> = (papers.chunks(CHUNK_PAPERS))
            .map(|run| {
                let texts = run.iter().map(|paper| &*paper.abstract_);
                let entry = add("abstracts", AbstractChunk::to_bytes(texts));
                debug_assert_eq!(entry.file, abstracts_file(&entry.sha256));
                abstracts_bytes += entry.bytes;
                ChunkEntry {
                    sha256: entry.sha256,
                    bytes: entry.bytes as u32,
                }
            })
            .collect();
        let columns = Papers::to_bytes(&papers, CHUNK_PAPERS as u32, &chunks);
        let columns = add("papers", columns);
        let words = words.to_files(InvertedIndex::CHUNK_BYTES);
        let mut add_all = |kind: &str, chunks: Vec<Vec<u8>>| -> u64 {
            let chunks = chunks.into_iter();
            chunks.map(|bytes| add(kind, bytes).bytes).sum()
        };
        let words_bytes = add_all("words", words.words);
        let places_bytes = add_all("places", words.places);
        let table = add("table", words.table);
        let map = map.and_then(|map| {
            let bytes = map_of(&known, map, index.sha256);
            // Where no paper lies near to any, there is nothing to draw.
            Some(add("map", bytes?))
        });
        let years = || papers.iter().filter_map(|paper| paper.year);
        let mut manifest = Manifest {
            build: Sha256::default(),
            corpus: CorpusEntry {
                name: name.chars().take(MOST_NAME).collect(),
                papers: papers.len() as u32,
                years: years().min().zip(years().max()),
            },
            index,
            shards: None,
            papers: columns,
            words: Some(WordsEntry {
                table,
                words_bytes,
                places_bytes,
            }),
            reference: None,
            map,
            abstracts_bytes,
            quality: None,
            ..of.clone()
        };
        let all = manifest.files().chain(manifest.on_demand());
        let digests: Vec<u8> = all.flat_map(|entry| entry.sha256.0).collect();
        manifest.build = Sha256::of(&digests);
        Self { manifest, files }
    }
}

/// Vectors without links: equal ones share a node.
fn index_of(known: &[Known], model_sha256: Sha256, dim: usize) -> IndexParts {
    let mut numbers: HashMap<&(Vec<i8>, u32), u32> = HashMap::new();
    let mut vectors = Vec::new();
    let nodes = known.iter().map(|known| {
        let vector = known.vector.as_ref()?;
        Some(*numbers.entry(vector).or_insert_with(|| {
            vectors.push(Int8Vector {
                steps: vector.0.clone(),
                scale: f32::from_bits(vector.1),
            });
            vectors.len() as u32 - 1
        }))
    });
    let nodes = nodes.collect();
    IndexParts {
        model_sha256,
        dim,
        ef: 64,
        depth: None,
        nodes,
        links: vec![Vec::new(); vectors.len()],
        vectors,
        upper: Vec::new(),
        golden: Vec::new(),
    }
}

/// The papers on another corpus' landscape, with the topics that any of them is of; none where none has a place.
fn map_of(known: &[Known], map: &Map, index_sha256: Sha256) -> Option<Vec<u8>> {
    let places: Vec<(u16, u16)> = (known.iter())
        .map(|known| known.place.unwrap_or((Map::NO_PLACE, Map::NO_PLACE)))
        .collect();
    let n_placed = known.iter().filter(|known| known.place.is_some()).count();
    if n_placed == 0 {
        return None;
    }
    let labels = map.labels();
    let above = |topic: u16| labels.get(usize::from(topic))?.parent;
    let of_paper = |known: &Known| {
        known
            .topic
            .filter(|&topic| usize::from(topic) < labels.len())
    };
    let mut counts: HashMap<u16, u32> = HashMap::new();
    for topic in known.iter().filter_map(of_paper) {
        for topic in std::iter::successors(Some(topic), |&topic| above(topic)) {
            *counts.entry(topic).or_default() += 1;
        }
    }
    // Topics keep their order, in which those above stand before those below.
    let kept: BTreeSet<u16> = counts.keys().copied().collect();
    let number = |topic: u16| kept.range(..topic).count() as u16;
    let kept_labels: Vec<Label> = (kept.iter())
        .map(|&topic| {
            let label = &labels[usize::from(topic)];
            Label {
                papers: counts[&topic],
                parent: label.parent.map(number),
                ..label.clone()
            }
        })
        .collect();
    let topics: Vec<Option<u16>> = known
        .iter()
        .map(|known| of_paper(known).map(number))
        .collect();
    let meta = MapMeta {
        index_sha256,
        papers: known.len() as u32,
        trustworthiness_at_15: None,
        sampled: 0,
        method: "placed among the papers of another map".to_owned(),
        ..map.meta().clone()
    };
    Some(Map::to_bytes(&meta, &places, &topics, &kept_labels))
}
