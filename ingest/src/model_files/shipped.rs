//! The adapter that makes of the base encoder the one that Offprint ships: `models/arxiv-minilm/`, compiled in.

/// What the encoder is called.
pub const NAME: &str = "arxiv-minilm";

/// The matrices, what they say of themselves, and the longest text.
pub(super) const FILES: [&[u8]; 3] = [
    include_bytes!("../../../models/arxiv-minilm/adapter_model.safetensors"),
    include_bytes!("../../../models/arxiv-minilm/adapter_config.json"),
    include_bytes!("../../../models/arxiv-minilm/sentence_bert_config.json"),
];
