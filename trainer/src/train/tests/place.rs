//! A place to train in: a small encoder, its tokenizer, and invented papers.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;

use crate::config::Config;
use crate::model::bert::tests as small;
use crate::model::weights::StoredWeights;
use crate::track::RunFolder;
use crate::train::{Finished, Run};

/// Words of the invented papers; the small encoder has 23 rows.
const WORDS: [&str; 23] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "star", "moon", "sun", "dust", "gene", "cell",
    "yeast", "virus", "proof", "set", "group", "field", "we", "count", "find", "a", "the", "of",
];

/// A folder with an encoder and papers of three categories.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("model");
        fs::create_dir(&model).expect("a folder");
        let config = small::small_config();
        let weights = small::small_weights(&config)
            .to_bytes()
            .expect("it can be written");
        fs::write(model.join("model.safetensors"), weights).expect("written");
        let json = serde_json::to_vec(&config).expect("plain data");
        fs::write(model.join("config.json"), json).expect("written");
        fs::write(model.join("tokenizer.json"), tokenizer()).expect("written");
        fs::write(folder.path().join("papers.jsonl"), papers()).expect("written");
        Self { folder }
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A run of four steps with checkpoints after each second.
    pub(super) fn config(&self, name: &str, change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config {
            output: Some(self.at(name)),
            ..Config::default()
        };
        config.model.base = Some(self.at("model"));
        config.model.max_tokens = 16;
        config.model.dropout = 0.1;
        config.data.papers = vec![self.at("papers.jsonl")];
        config.data.max_document_tokens = 16;
        config.batch.pairs = 8;
        config.batch.micro_tokens = 64;
        config.loss.category = 0.5;
        config.loss.classification = 0.5;
        config.loss.widths = vec![4, 12];
        config.optimize.steps = Some(4);
        config.optimize.learning_rate = 1e-2;
        config.evaluate.every = 2;
        config.evaluate.papers_per_category = 20;
        config.checkpoint.every = 2;
        config.checkpoint.keep = 9;
        change(&mut config);
        config
    }

    pub(super) fn go(&self, config: Config) -> Result<Finished> {
        let mut run = Run::new(config)?;
        run.cache = self.at("cache");
        run.go()
    }

    pub(super) fn resume(&self, name: &str) -> Result<Finished> {
        self.resume_with(name, None, &[])
    }

    pub(super) fn resume_with(
        &self,
        name: &str,
        from: Option<u64>,
        overrides: &[&str],
    ) -> Result<Finished> {
        let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
        let mut run = Run::resume(&self.at(name), from, &overrides)?;
        run.cache = self.at("cache");
        run.go()
    }

    /// Makes a finished run look as if it had been killed before it wrote its results.
    pub(super) fn unfinish(&self, name: &str) {
        fs::remove_dir_all(self.at(name).join("model")).expect("it was written");
        let path = self.at(name).join("run.json");
        let text = fs::read_to_string(&path).expect("it was written");
        let mut record: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        record["finished"] = serde_json::Value::Null;
        fs::write(&path, record.to_string()).expect("written");
    }

    /// Makes all numbers of one of the encoder's tensors zero.
    pub(super) fn silence(&self, tensor: &str) {
        let path = self.at("model/model.safetensors");
        let mut stored = StoredWeights::read(&path).expect("it was written");
        let (shape, mut values) = stored.numbers(tensor).expect("it is there");
        values.fill(0.0);
        stored.set(tensor, &shape, &values).expect("the shape fits");
        fs::write(path, stored.to_bytes().expect("it can be written")).expect("written");
    }

    pub(super) fn losses(&self, name: &str) -> Vec<f64> {
        let rows = RunFolder::read_rows(&self.at(name)).expect("it has measured");
        let losses = rows.iter().filter_map(|row| row.scalars.get("loss"));
        losses.copied().collect()
    }
}

fn tokenizer() -> Vec<u8> {
    let vocabulary: serde_json::Map<_, _> = WORDS
        .iter()
        .enumerate()
        .map(|(at, word)| ((*word).to_owned(), json!(at)))
        .collect();
    let special = |id: usize| {
        json!({"id": id, "content": WORDS[id], "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    let token = |id: usize| json!({"SpecialToken": {"id": WORDS[id], "type_id": 0}});
    let ids = |id: usize| json!({"id": WORDS[id], "ids": [id], "tokens": [WORDS[id]]});
    let value = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0), special(1), special(2), special(3)],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [token(2), {"Sequence": {"id": "A", "type_id": 0}}, token(3)],
            "pair": [token(2), {"Sequence": {"id": "A", "type_id": 0}}, token(3),
                     {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {"[CLS]": ids(2), "[SEP]": ids(3)}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    });
    serde_json::to_vec(&value).expect("plain data")
}

/// Two hundred and forty papers whose words tell their category, most of them. Of so few words, most would be near
/// copies of others: the words of each abstract bear its number in vowel signs, which the tokenizer takes off.
pub(super) fn papers() -> String {
    let mut lines = String::new();
    for at in 0..240_usize {
        let category = at % 3;
        let own = |by: usize| WORDS[5 + 4 * category + (at / 3 + by) % 4];
        let other = |by: usize| WORDS[5 + (at * 7 + by * 5) % 12];
        let code = ["astro-ph.EP", "q-bio.GN", "math.LO"][category];
        let split = if at % 4 == 3 { "valid" } else { "train" };
        let sign = |digit: usize| ["\u{941}", "\u{942}", "\u{943}", "\u{944}"][digit % 4];
        let signs = [sign(at), sign(at / 4), sign(at / 16), sign(at / 64), " "].concat();
        let text = format!(
            "we find {} {} {} of the {}. we count {} of a {} {}.",
            own(1),
            own(2),
            other(2),
            other(3),
            own(3),
            other(4),
            other(at / 9)
        );
        let paper = json!({
            "id": format!("p{at}"),
            "title": format!("{} {} {}", own(0), other(1), other(at / 12)),
            "abstract": text.replace(' ', &signs),
            "categories": code,
            "split": split,
        });
        let _ = writeln!(lines, "{paper}");
    }
    lines
}
