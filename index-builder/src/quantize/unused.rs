//! Rows of the word table that no text can ask for.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

/// As much of a `tokenizer.json` as says which of its tokens a text can have.
#[derive(Debug, Deserialize)]
struct Tokenizer {
    added_tokens: Vec<AddedToken>,
    pre_tokenizer: Option<Typed>,
    post_processor: Option<serde_json::Value>,
    model: WordPiece,
}

#[derive(Debug, Deserialize)]
struct AddedToken {
    id: usize,
}

#[derive(Debug, Deserialize)]
struct Typed {
    r#type: String,
}

#[derive(Debug, Deserialize)]
struct WordPiece {
    r#type: String,
    unk_token: String,
    continuing_subword_prefix: String,
    vocab: HashMap<String, usize>,
}

/// Ids that no text has, as far as that is plain to see.
///
/// BERT cuts a text at every mark of punctuation before it looks for pieces of words, so a piece of
/// several characters with such a mark among them is never found: `[unused7]` becomes `[`, `unused`,
/// `##7` and `]`. Tokens that are added to the words, or by the tokenizer itself, are found all the same.
pub(super) fn unused_rows(tokenizer: &[u8]) -> HashSet<usize> {
    let Ok(tokenizer) = serde_json::from_slice::<Tokenizer>(tokenizer) else {
        return HashSet::new();
    };
    let cuts = tokenizer.pre_tokenizer.as_ref();
    if tokenizer.model.r#type != "WordPiece"
        || cuts.is_none_or(|cuts| cuts.r#type != "BertPreTokenizer")
    {
        return HashSet::new();
    }
    let mut kept: HashSet<usize> = tokenizer
        .added_tokens
        .iter()
        .map(|token| token.id)
        .collect();
    if let Some(processor) = &tokenizer.post_processor {
        numbers(processor, &mut kept);
    }
    let WordPiece {
        unk_token,
        continuing_subword_prefix: prefix,
        vocab,
        ..
    } = &tokenizer.model;
    let is_found = |token: &str| {
        let piece = token.strip_prefix(prefix.as_str()).unwrap_or(token);
        token == unk_token
            || piece.chars().count() < 2
            || !piece.chars().any(|c| c.is_ascii_punctuation())
    };
    (vocab.iter())
        .filter(|(token, id)| !is_found(token) && !kept.contains(id))
        .map(|(_, &id)| id)
        .collect()
}

/// Every number in a value: a post-processor names the ids that it adds.
fn numbers(value: &serde_json::Value, to: &mut HashSet<usize>) {
    match value {
        serde_json::Value::Number(number) => to.extend(number.as_u64().map(|n| n as usize)),
        serde_json::Value::Array(rows) => rows.iter().for_each(|row| numbers(row, to)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| numbers(field, to)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r####"{
        "added_tokens": [{"id": 3, "content": "[CLS]"}],
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "special_tokens": {"[SEP]": {"ids": [4]}}},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "vocab": {"[PAD]": 0, "[unused7]": 1, "[UNK]": 2, "[CLS]": 3, "[SEP]": 4, "[": 5, "##ing": 6,
                      "##-": 7, "word": 8, "...": 9, "##": 10, "###": 11}}}"####;

    #[test]
    fn only_pieces_that_cutting_at_punctuation_tears_apart_are_unused() {
        assert_eq!(unused_rows(JSON.as_bytes()), HashSet::from([0, 1, 9]));
    }

    #[test]
    fn of_another_tokenizer_every_row_is_kept() {
        for (from, to) in [
            ("BertPreTokenizer", "Whitespace"),
            ("WordPiece", "BPE"),
            ("vocab", "words"),
        ] {
            let other = JSON.replace(from, to);
            assert!(unused_rows(other.as_bytes()).is_empty(), "{to}");
        }
    }
}
