//! `tokenizer.json` to [`TokenizerParts`]: what the page's tokenizer does not do is refused here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Tokenizer;
use super::parts::{AddedToken, Normalization, TokenizerParts, Words};

/// Bytes of the longest word, prefix or added token that an artifact holds.
const LONGEST: usize = 255;
/// Ids that an artifact holds.
const MAX_IDS: usize = 1 << 24;

/// Why a `tokenizer.json` cannot become a tokenizer of the page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// No JSON, or without what every `tokenizer.json` has.
    #[error("not a tokenizer.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A kind of tokenizer that the page does not have.
    #[error(
        "its {part} is {found}, but the page's tokenizer is BERT's: {wanted}; take the tokenizer.json of a BERT encoder"
    )]
    Unsupported {
        /// Field of the file.
        part: &'static str,
        /// What stands there.
        found: String,
        /// What can be read.
        wanted: &'static str,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    model: Value,
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "as tokenizer.json has them")]
struct Added {
    id: u32,
    content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
}

#[derive(Deserialize)]
struct BertNormalizer {
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Deserialize)]
struct WordPiece {
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: u64,
    vocab: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct Template {
    single: Vec<Piece>,
    special_tokens: BTreeMap<String, Special>,
}

#[derive(Debug, Deserialize)]
enum Piece {
    SpecialToken { id: String, type_id: u32 },
    Sequence { id: String, type_id: u32 },
}

#[derive(Deserialize)]
struct Special {
    ids: Vec<u32>,
}

impl Tokenizer {
    /// A tokenizer straight from a `tokenizer.json`, by the conversion that artifacts go through.
    ///
    /// # Errors
    /// [`ConversionError`] where the file asks for what BERT's tokenizer does not do.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self, ConversionError> {
        TokenizerParts::from_json(json).map(|parts| Self::new(parts, max_tokens))
    }
}

impl TokenizerParts {
    /// Converts a `tokenizer.json`. Its truncation, padding and decoder are not used.
    ///
    /// # Errors
    /// [`ConversionError`] where the file asks for what BERT's tokenizer does not do.
    pub fn from_json(json: &[u8]) -> Result<Self, ConversionError> {
        let file: File = serde_json::from_slice(json)?;
        let model: WordPiece = typed("model", "WordPiece", file.model)?;
        let normalizer: BertNormalizer = typed("normalizer", "BertNormalizer", file.normalizer)?;
        typed::<Value>("pre_tokenizer", "BertPreTokenizer", file.pre_tokenizer)?;
        let template: Template =
            typed("post_processor", "TemplateProcessing", file.post_processor)?;
        let [opening, closing] = template.ends()?;
        check_words(&model)?;
        let added = added(file.added_tokens, &model.vocab)?;
        let unknown = *model.vocab.get(&model.unk_token).ok_or_else(|| {
            unsupported(
                "unk_token",
                format!("{:?}, which the vocabulary lacks", model.unk_token),
                "unk_token is a word of the vocabulary",
            )
        })?;
        let made = Self {
            words: Words::new(model.vocab.into_iter().collect()),
            prefix: model.continuing_subword_prefix,
            // No text that a tab can hold has words of four thousand million characters.
            max_chars: u32::try_from(model.max_input_chars_per_word).unwrap_or(u32::MAX),
            unknown,
            opening,
            closing,
            added,
            normalization: Normalization {
                clean_text: normalizer.clean_text,
                handle_chinese_chars: normalizer.handle_chinese_chars,
                strip_accents: normalizer.strip_accents.unwrap_or(normalizer.lowercase),
                lowercase: normalizer.lowercase,
            },
        };
        let beyond = made.ids().find(|&id| id as usize >= MAX_IDS);
        match beyond {
            Some(id) => Err(unsupported(
                "vocab",
                format!("one with the id {id}"),
                "an id is less than 16,777,216",
            )),
            None => Ok(made),
        }
    }
}

impl Template {
    /// Ids of the opening and of the closing token.
    fn ends(&self) -> Result<[u32; 2], ConversionError> {
        let wrong = || {
            unsupported(
                "post_processor",
                format!("the template {:?}", self.single),
                "one special token before the text and one after it, all of type 0",
            )
        };
        let [
            Piece::SpecialToken {
                id: opening,
                type_id: 0,
            },
            Piece::Sequence {
                id: text,
                type_id: 0,
            },
            Piece::SpecialToken {
                id: closing,
                type_id: 0,
            },
        ] = &self.single[..]
        else {
            return Err(wrong());
        };
        let id = |of: &String| match self.special_tokens.get(of).map(|token| &token.ids[..]) {
            Some(&[id]) if text == "A" => Ok(id),
            _ => Err(wrong()),
        };
        Ok([id(opening)?, id(closing)?])
    }
}

/// Reads a part of the file that must be of this type.
fn typed<T: DeserializeOwned>(
    part: &'static str,
    wanted: &'static str,
    value: Value,
) -> Result<T, ConversionError> {
    if value["type"] == wanted {
        return Ok(serde_json::from_value(value)?);
    }
    let found = match &value["type"] {
        Value::String(name) => name.clone(),
        _ if value.is_null() => "missing".to_owned(),
        _ => "of no type".to_owned(),
    };
    Err(unsupported(part, found, wanted))
}

fn unsupported(part: &'static str, found: String, wanted: &'static str) -> ConversionError {
    ConversionError::Unsupported {
        part,
        found,
        wanted,
    }
}

/// The added tokens, with the ids that the `tokenizers` crate gives them: those of the vocabulary,
/// and after it one by one. Where the file says otherwise, it was not written by that crate.
fn added(
    tokens: Vec<Added>,
    vocabulary: &BTreeMap<String, u32>,
) -> Result<Vec<AddedToken>, ConversionError> {
    let refuse = |token: &Added, wanted| {
        let found = format!("one with {:?} as id {}", token.content, token.id);
        Err(unsupported("added_tokens list", found, wanted))
    };
    let mut next = vocabulary.len() as u32;
    let mut known = BTreeSet::new();
    let mut made = Vec::with_capacity(tokens.len());
    for token in tokens {
        if token.single_word || token.lstrip || token.rstrip || token.normalized {
            let wanted = "single_word, lstrip, rstrip and normalized are false";
            return refuse(&token, wanted);
        }
        if token.content.is_empty() || token.content.len() > LONGEST {
            return refuse(&token, "an added token has 1 to 255 bytes");
        }
        if !known.insert(token.content.clone()) {
            return refuse(&token, "an added token stands there once");
        }
        let id = vocabulary.get(&token.content).copied().unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        if id != token.id {
            return refuse(
                &token,
                "an added token has the id of the vocabulary, or the next one after it",
            );
        }
        made.push(AddedToken {
            content: token.content,
            id,
        });
    }
    Ok(made)
}

/// Whether words and prefix fit an artifact.
fn check_words(model: &WordPiece) -> Result<(), ConversionError> {
    let mut ids = BTreeSet::new();
    for (word, id) in &model.vocab {
        if !ids.insert(id) {
            let found = format!("one where {word:?} shares the id {id}");
            return Err(unsupported(
                "vocab",
                found,
                "each word has an id of its own",
            ));
        }
        if word.len() > LONGEST {
            let found = format!("one with a word of {} bytes", word.len());
            return Err(unsupported("vocab", found, "a word has at most 255 bytes"));
        }
    }
    if model.continuing_subword_prefix.len() > LONGEST {
        let found = format!("of {} bytes", model.continuing_subword_prefix.len());
        return Err(unsupported(
            "continuing_subword_prefix",
            found,
            "a prefix has at most 255 bytes",
        ));
    }
    Ok(())
}
