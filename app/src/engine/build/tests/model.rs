//! A model that knows eleven words, each a direction of its own.

use shared::Sha256;
use shared::artifact::{
    Architecture, ByteRows, CODEBOOKS_LEN, LayerParts, LinearParts, ModelMeta, ModelParts,
    NormParts, Pooling, WordRows,
};
use shared::tokenizer::TokenizerParts;

use super::{DIM, MAX_TOKENS};

const WORDS: [&str; 14] = [
    "[UNK]", "[CLS]", "[SEP]", "spin", "glass", "galaxy", "dust", "neural", "network", "proof",
    "number", "market", "price", "cell",
];

fn zeros(n: usize, k: usize) -> LinearParts {
    LinearParts {
        rows: ByteRows {
            values: vec![0; n * k],
            scales: vec![0.0; n],
        },
        bias: vec![0.0; n],
        multiplier: vec![1.0; k],
    }
}

/// Layers that change nothing: an embedding is the mean of its words.
pub(super) fn model() -> Vec<u8> {
    let norm = || NormParts {
        gamma: vec![1.0; DIM],
        beta: vec![0.0; DIM],
    };
    let mut words = vec![0_u8; WORDS.len() * DIM];
    for word in 0..WORDS.len() {
        words[word * DIM + word] = 1;
    }
    let vocabulary: serde_json::Map<_, _> = WORDS
        .iter()
        .zip(0..)
        .map(|(word, id)| ((*word).to_owned(), id.into()))
        .collect();
    let special = |token: &str| serde_json::json!({"SpecialToken": {"id": token, "type_id": 0}});
    let sequence = serde_json::json!({"Sequence": {"id": "A", "type_id": 0}});
    let template = [special("[CLS]"), sequence, special("[SEP]")];
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing", "single": template, "pair": template,
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]},
            },
        },
        "decoder": null,
        "model": {
            "type": "WordPiece", "vocab": vocabulary, "unk_token": "[UNK]",
            "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
        },
    });
    ModelParts {
        meta: ModelMeta {
            name: "eleven-words".to_owned(),
            licence: "CC0-1.0".to_owned(),
            attribution: "made up for this test".to_owned(),
            base_sha256: Sha256::default(),
            document_template: "{title} {abstract}".to_owned(),
            query_template: "{query}".to_owned(),
            max_tokens: MAX_TOKENS,
            pooling: Pooling::Mean,
            normalize: true,
            widths: vec![DIM],
            architecture: Architecture {
                layers: 1,
                dim: DIM,
                heads: 1,
                feed_forward: DIM,
                vocabulary: WORDS.len(),
                layer_norm_eps: 1e-12,
            },
        },
        tokenizer: TokenizerParts::from_json(tokenizer.to_string().as_bytes())
            .expect("a BERT tokenizer"),
        words: WordRows {
            bits: vec![2; WORDS.len()],
            scales: vec![1.0; WORDS.len()],
            // Of two bits, the first code means zero and the next one.
            codebooks: [vec![0.0, 1.0], vec![0.0; CODEBOOKS_LEN - 2]].concat(),
            codes: words,
        },
        positions: ByteRows {
            values: vec![0; MAX_TOKENS * DIM],
            scales: vec![0.0; MAX_TOKENS],
        },
        embedding_norm: norm(),
        layers: vec![LayerParts {
            qkv: zeros(3 * DIM, DIM),
            out: zeros(DIM, DIM),
            attention_norm: norm(),
            up: zeros(DIM, DIM),
            down: zeros(DIM, DIM),
            output_norm: norm(),
        }],
    }
    .to_bytes()
}
