//! A tiny whole file of every kind.

pub(super) mod shards;

use shared::artifact::{
    Abstention, Architecture, Bin, ByteRows, CODEBOOKS_LEN, ClassifierMeta, CrossLists, CrossMeta,
    HeldOut, IndexParts, Kind, Label, LayerParts, LinearParts, MapMeta, ModelMeta, ModelParts,
    NormParts, Pooling, PredictionSet, ReferenceMeta, ReferenceWeights, WordHead, WordRows,
    WordsMeta,
};
use shared::quant::Int8Vector;
use shared::tokenizer::TokenizerParts;
use shared::words::{Chunk, InsertError, InvertedIndex, WordFiles, WordIndex};
use shared::{
    AbstractChunk, ArtifactError, Classifier, Index, Map, Model, Paper, Papers, Sha256,
    artifact::ChunkEntry,
};

/// Width of every vector here.
pub(super) const DIM: usize = 16;
/// Rows of the word table.
const VOCABULARY: usize = 8;
/// Tokens that the tiny model embeds.
const MAX_TOKENS: usize = 8;

/// A `WordPiece` tokenizer of eight words.
pub(super) const TOKENIZER: &str = r###"{"version":"1.0","truncation":null,"padding":null,
"added_tokens":[
{"id":1,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
{"id":2,"content":"[CLS]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
{"id":3,"content":"[SEP]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
"pre_tokenizer":{"type":"BertPreTokenizer"},
"post_processor":{"type":"TemplateProcessing",
"single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
"pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
"vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"spin":4,"glass":5,"##es":6,".":7}}}"###;

/// The whole file of this kind.
pub(super) fn file(kind: Kind) -> Vec<u8> {
    match kind {
        Kind::Model => model().to_bytes(),
        Kind::Index => index().to_bytes(),
        Kind::Papers => Papers::to_bytes(&papers(), 2, &chunks()),
        Kind::Abstracts => {
            AbstractChunk::to_bytes(papers().iter().map(|paper| &*paper.abstract_).take(2))
        }
        Kind::Classifier => classifier().to_bytes(),
        Kind::Reference => reference(),
        Kind::Words => words_files().words[0].clone(),
        Kind::Map => map(),
        Kind::Table => words_files().table,
        Kind::Places => words_files().places[0].clone(),
        of_pieces => shards::file(of_pieces),
    }
}

/// Opens a file as this kind.
pub(super) fn open(kind: Kind, bytes: Vec<u8>) -> Result<(), ArtifactError> {
    match kind {
        Kind::Model => Model::parse(bytes, Sha256::default()).map(drop),
        Kind::Index => Index::parse(bytes).map(drop),
        Kind::Papers => Papers::parse(bytes).map(drop),
        Kind::Abstracts => AbstractChunk::parse(bytes).map(drop),
        Kind::Classifier => Classifier::parse(bytes).map(drop),
        Kind::Reference => ReferenceWeights::parse(bytes).map(drop),
        Kind::Words => insert(Chunk::Words(0), bytes),
        Kind::Map => Map::parse(bytes).map(drop),
        Kind::Table => WordIndex::open(bytes).map(drop),
        Kind::Places => insert(Chunk::Places(0), bytes),
        of_pieces => shards::open(of_pieces, bytes),
    }
}

/// The words of the sample's papers, in two chunks.
pub(super) fn words_files() -> WordFiles {
    InvertedIndex::of(&papers()).to_files(50)
}

/// Adds a chunk to an index that has its words.
fn insert(chunk: Chunk, bytes: Vec<u8>) -> Result<(), ArtifactError> {
    let files = words_files();
    let mut index = WordIndex::open(files.table)?;
    if let Chunk::Places(at) = chunk {
        let words = files.words[at as usize].clone();
        index
            .insert(Chunk::Words(at), words)
            .expect("the sample's words are whole");
    }
    match index.insert(chunk, bytes) {
        Err(InsertError::Artifact(error)) => Err(error),
        done => {
            done.expect("words came before their places");
            Ok(())
        }
    }
}

/// `n` steps in −127..=127 that follow no pattern a kernel could get right by luck.
fn steps(n: usize) -> Vec<i8> {
    (0..n)
        .map(|at| ((at * 89 + 13) % 255) as i8)
        .map(|step| step.max(-127))
        .collect()
}

/// `n` small numbers around `middle`.
fn near(middle: f32, n: usize) -> Vec<f32> {
    (0..n)
        .map(|at| middle + (at * 7 % 5) as f32 / 16.0)
        .collect()
}

fn byte_rows(rows: usize) -> ByteRows {
    ByteRows {
        values: steps(rows * DIM),
        scales: near(0.0625, rows),
    }
}

/// A row without bits, and one of each width.
fn words() -> WordRows {
    let bits = [0, 2, 3, 4, 5, 6, 7, 8];
    let codes = steps(VOCABULARY * DIM).into_iter().enumerate();
    WordRows {
        bits: bits.into(),
        scales: near(0.0625, VOCABULARY),
        codebooks: (0..CODEBOOKS_LEN)
            .map(|at| at as f32 / 4.0 - 63.5)
            .collect(),
        codes: codes
            .map(|(at, step)| match bits[at / DIM] {
                0 => 0,
                bits => step.cast_unsigned() >> (8 - bits),
            })
            .collect(),
    }
}

fn linear(n: usize) -> LinearParts {
    let mut rows = byte_rows(n);
    // Four of half the size are within what a group may add up to.
    rows.values.iter_mut().for_each(|step| *step /= 2);
    LinearParts {
        rows,
        bias: near(-0.125, n),
        multiplier: near(1.0, DIM),
    }
}

fn norm() -> NormParts {
    NormParts {
        gamma: near(1.0, DIM),
        beta: near(-0.125, DIM),
    }
}

/// One layer, one head.
pub(super) fn model() -> ModelParts {
    ModelParts {
        meta: ModelMeta {
            name: "tiny".into(),
            licence: "CC0-1.0".into(),
            attribution: "made up".into(),
            base_sha256: Sha256::of(b"no weights"),
            document_template: "{title}. {abstract}".into(),
            query_template: "{query}".into(),
            max_tokens: MAX_TOKENS,
            pooling: Pooling::Mean,
            normalize: true,
            widths: vec![DIM],
            architecture: Architecture {
                layers: 1,
                dim: DIM,
                heads: 1,
                feed_forward: DIM,
                vocabulary: VOCABULARY,
                layer_norm_eps: 0.0009765625,
            },
        },
        tokenizer: TokenizerParts::from_json(TOKENIZER.as_bytes()).expect("a BERT tokenizer"),
        words: words(),
        positions: byte_rows(MAX_TOKENS),
        embedding_norm: norm(),
        layers: vec![LayerParts {
            qkv: linear(3 * DIM),
            out: linear(DIM),
            attention_norm: norm(),
            up: linear(DIM),
            down: linear(DIM),
            output_norm: norm(),
        }],
    }
}

/// A vector that points mostly along one axis.
pub(super) fn along(axis: usize) -> Vec<f32> {
    let mut vector = vec![0.125; DIM];
    vector[axis] = 0.75;
    vector
}

/// An index whose nodes form a ring; `nodes` names the node of every paper.
pub(super) fn ring(n_nodes: u32, nodes: Vec<Option<u32>>) -> IndexParts {
    let neighbors = |at| {
        let mut links = vec![(at + 1) % n_nodes, (at + n_nodes - 1) % n_nodes];
        links.retain(|&node| node != at);
        links
    };
    IndexParts {
        model_sha256: Sha256::of(&model().to_bytes()),
        dim: DIM,
        ef: 32,
        depth: None,
        nodes,
        vectors: (0..n_nodes as usize)
            .map(|at| Int8Vector::quantize(&along(at % DIM)).expect("finite"))
            .collect(),
        links: (0..n_nodes).map(neighbors).collect(),
        upper: Vec::new(),
        golden: Vec::new(),
    }
}

/// Five papers, four vectors: the fourth repeats the second, the fifth has none.
pub(super) fn index() -> IndexParts {
    let mut parts = ring(4, vec![Some(0), Some(1), Some(2), Some(1), None]);
    parts.nodes.push(Some(3));
    parts.upper = vec![vec![vec![1, 2], vec![0], vec![0]], vec![vec![]]];
    parts
}

/// Three papers; the last has nothing that may be missing.
pub(super) fn papers() -> Vec<Paper> {
    let full = Paper {
        id: "cond-mat/0101001".into(),
        title: "Spin glasses".into(),
        abstract_: "We study spin glasses.".into(),
        authors: "Ä. Ång, B. Bee".into(),
        categories: vec!["cond-mat.dis-nn".into(), "cs.LG".into()],
        year: Some(2001),
        split: None,
    };
    let second = Paper {
        id: "2".into(),
        abstract_: "Ψ without a title".into(),
        categories: vec!["cs.LG".into()],
        year: Some(65_535),
        ..Paper::default()
    };
    let third = Paper {
        id: "third paper".into(),
        title: "Title alone".into(),
        ..Paper::default()
    };
    vec![full, second, third]
}

/// Two chunks, as two papers a chunk want them.
pub(super) fn chunks() -> [ChunkEntry; 2] {
    [b"first", b"later"].map(|name| ChunkEntry {
        sha256: Sha256::of(name),
        bytes: 70_000,
    })
}

/// Three classes.
pub(super) fn classifier() -> Classifier {
    classifier_with(None)
}

/// The same, judged on held-out papers.
pub(super) fn judged_classifier() -> Classifier {
    let judged = classifier_with(Some(HeldOut {
        papers: 8,
        set: PredictionSet {
            level: 0.9,
            least: 0.25,
            coverage: 0.875,
            mean_size: 1.5,
        },
        abstention: Abstention {
            least: 0.5,
            answered: 0.75,
            accuracy: 0.5,
        },
        reliability: [(0.0, 4, 1), (0.5, 4, 3)]
            .map(|(from, papers, right)| Bin {
                from,
                papers,
                right,
            })
            .to_vec(),
    }));
    let meta = CrossMeta {
        weights: [1.5, 0.25, 2.0],
        least: 0.25,
        papers: 8,
        mean: 0.5,
        precision: 0.75,
        recall: 0.25,
    };
    // Of the first class' papers half are listed in the third one, of the second's a quarter in each other.
    let rows = [vec![(2, 0x8000)], vec![(0, 0x4000), (2, 0x4000)], vec![]];
    let lists = CrossLists::new(meta, &rows).expect("the parts fit");
    judged.with_cross_lists(&lists).expect("three classes")
}

fn classifier_with(held_out: Option<HeldOut>) -> Classifier {
    let meta = ClassifierMeta {
        model_sha256: Sha256::of(&model().to_bytes()),
        dim: DIM,
        classes: ["astro-ph", "cs.LG", "math.CO"].map(String::from).to_vec(),
        temperature: 1.5,
        by_confidence: Some([-0.25, 1.0, -0.5]),
        description: "fitted on nothing".into(),
        held_out,
        words: None,
        cross: None,
    };
    // Of five pieces, the fourth stands in no paper, and the third says nothing.
    let rows = [
        vec![(0, 127), (2, -127)],
        vec![(1, 1)],
        vec![],
        vec![],
        vec![(2, 64)],
    ];
    let of_words = WordsMeta {
        scale: 0.03125,
        papers: 9,
    };
    let words = WordHead::new(of_words, vec![24, 16, 40, 0, 255], &rows, 3).expect("the parts fit");
    let weights: Vec<f32> = [3, 1, 2].into_iter().flat_map(along).collect();
    Classifier::new(&meta, &weights, &[0.0, 0.0625, -0.0625], Some(&words)).expect("the parts fit")
}

/// A safetensors file of one tensor of one number.
pub(super) const TENSORS: &[u8] =
    b"\x36\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}\0\0\x80\x3f";

/// Weights of nothing.
fn reference() -> Vec<u8> {
    let meta = ReferenceMeta {
        model_sha256: Sha256::of(&model().to_bytes()),
        config: serde_json::json!({"hidden_size": DIM}),
    };
    ReferenceWeights::to_bytes(&meta, TENSORS.to_vec())
}

/// Two topics, the first of them with one below it.
pub(super) fn labels() -> Vec<Label> {
    let label = |text: &str, level, papers, parent| Label {
        text: text.into(),
        level,
        x: 30_000,
        y: 65_534,
        papers,
        parent,
        group: level,
    };
    vec![
        label("spin", 0, 3, None),
        label("primes", 0, 1, None),
        label("spin glasses", 1, 2, Some(0)),
    ]
}

/// The index of version 2, which the published landscape was made with.
pub(super) const MAPPED: &[u8] = include_bytes!("../golden/formats/v2/index.bin");

/// The landscape of the sample's papers: paper 4 has no vector, paper 5 no topic.
fn map() -> Vec<u8> {
    let none = Map::NO_PLACE;
    let meta = MapMeta {
        index_sha256: Sha256::of(MAPPED),
        papers: 6,
        trustworthiness_at_15: Some(0.9375),
        sampled: 5,
        neighbors: 4,
        method: "by hand".into(),
    };
    let places = [
        (0, 1),
        (40_000, 300),
        (65_534, 65_534),
        (40_000, 300),
        (none, none),
        (9, 9),
    ];
    let topics = [Some(2), Some(2), Some(1), Some(0), None, None];
    Map::to_bytes(&meta, &places, &topics, &labels())
}
