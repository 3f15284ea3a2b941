//! `META` of a model artifact.

use serde::{Deserialize, Serialize};

use crate::Sha256;

/// Shape of a BERT encoder (Devlin et al. 2018, arXiv:1810.04805).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Transformer layers.
    pub layers: usize,
    /// Width of a hidden state, and of the embedding.
    pub dim: usize,
    /// Attention heads; each is `dim / heads` wide.
    pub heads: usize,
    /// Width of the feed-forward layer.
    pub feed_forward: usize,
    /// Rows of the word table.
    pub vocabulary: usize,
    /// What layer normalization adds to the variance.
    pub layer_norm_eps: f32,
}

/// How token vectors become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over real tokens; padding has no vote.
    Mean,
}

/// `META` of a model artifact: the one place that says what is embedded and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelMeta {
    /// Name, such as `all-MiniLM-L6-v2`.
    pub name: String,
    /// Licence of the weights.
    pub licence: String,
    /// Who made the weights, and what was done to them here.
    pub attribution: String,
    /// SHA-256 of the weights that these were quantized from.
    pub base_sha256: Sha256,
    /// How a paper becomes a text, with `{title}` and `{abstract}`; see [`Self::document`].
    pub document_template: String,
    /// How a question becomes a text, with `{query}`.
    pub query_template: String,
    /// Tokens that are embedded, the two special ones among them; the rest is cut.
    pub max_tokens: usize,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// Whether the embedding is scaled to length one.
    pub normalize: bool,
    /// Widths that the embedding may be cut to, widest first.
    pub widths: Vec<usize>,
    /// Shape of the encoder.
    pub architecture: Architecture,
}

impl ModelMeta {
    /// The text that stands for a paper. Where one of its parts is empty, the other stands alone.
    pub fn document(&self, title: &str, abstract_: &str) -> String {
        match (title, abstract_) {
            (one, "") | ("", one) => one.to_owned(),
            _ => fill(
                &self.document_template,
                &[("{title}", title), ("{abstract}", abstract_)],
            ),
        }
    }

    /// The text that stands for a question.
    pub fn query(&self, query: &str) -> String {
        fill(&self.query_template, &[("{query}", query)])
    }
}

/// Puts texts in the places of a template, in one pass: what a text holds is never a place.
fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    let next = |rest: &str| {
        texts
            .iter()
            .filter_map(|&(place, text)| Some((rest.find(place)?, place, text)))
            .min_by_key(|&(at, ..)| at)
    };
    while let Some((at, place, text)) = next(rest) {
        filled.push_str(&rest[..at]);
        filled.push_str(text);
        rest = &rest[at + place.len()..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_title_holds_is_no_place_of_the_template() {
        let document = |template: &str| {
            let texts = [
                ("{title}", "On {abstract} and {title}"),
                ("{abstract}", "Text."),
            ];
            fill(template, &texts)
        };
        assert_eq!(
            document("{title}. {abstract}"),
            "On {abstract} and {title}. Text."
        );
        assert_eq!(document("{abstract} / {abstract}"), "Text. / Text.");
        assert_eq!(document("nothing"), "nothing");
    }
}
