//! Kind 5: a multinomial logistic head over embeddings, and over words where that was worth its bytes.

mod cross;
mod words;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactError, HeldOut, Kind, Model, Tag, Writer};
use crate::Sha256;
use crate::tokenizer::TokenBuffer;

pub use cross::{CrossLists, CrossMeta, log_odds};
pub use words::{WordHead, WordsMeta, idf, tf_idf};

/// `META` of a classifier artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassifierMeta {
    /// The model whose embeddings it was fitted on; with another it is refused.
    pub model_sha256: Sha256,
    /// Width of the embeddings.
    pub dim: usize,
    /// Class names, in the order of the weight rows.
    pub classes: Vec<String>,
    /// What logits are divided by before the softmax (Guo et al. 2017, arXiv:1706.04599).
    pub temperature: f64,
    /// `[a, b, c]`: what the temperature is multiplied by where the first class has the probability `p` at it, see
    /// [`confidence_factor`]. By nothing where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_confidence: Option<[f64; 3]>,
    /// What it was fitted on and how well it does, one line for people.
    pub description: String,
    /// What its probabilities have meant on held-out papers; absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// The head over words; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<WordsMeta>,
    /// How cross-lists are suggested; absent where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross: Option<CrossMeta>,
}

/// A calibrated category classifier.
#[derive(Debug)]
pub struct Classifier {
    meta: ClassifierMeta,
    /// `[classes, dim]`, row-major.
    weights: Vec<f32>,
    /// `[classes]`.
    bias: Vec<f32>,
    words: Option<WordHead>,
    cross: Option<CrossLists>,
}

impl Classifier {
    /// Opens a classifier artifact.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Classifier)?;
        let meta: ClassifierMeta = artifact.json(b"META")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        if !(meta.temperature.is_finite() && meta.temperature > 0.0) {
            return Err(malformed(b"META", "the temperature is a positive number"));
        }
        if !meta.by_confidence.is_none_or(is_moderate) {
            let rule = "what the temperature is multiplied by is between 0.01 and 100";
            return Err(malformed(b"META", rule));
        }
        if !meta.held_out.as_ref().is_none_or(HeldOut::is_sound) {
            let rule = "shares of held-out papers are 0 to 1, their ranges ascend from 0";
            return Err(malformed(b"META", rule));
        }
        let (weights, bias) = (artifact.f32s(b"WGHT")?, artifact.f32s(b"BIAS")?);
        if bias.is_empty() || bias.len() != meta.classes.len() {
            return Err(malformed(
                b"BIAS",
                "one entry a class, and at least one class",
            ));
        }
        if meta.dim == 0 || meta.dim.checked_mul(bias.len()) != Some(weights.len()) {
            return Err(malformed(b"WGHT", "classes × dim entries"));
        }
        let words = meta
            .words
            .map(|words| WordHead::parse(&artifact, words, bias.len()))
            .transpose()?;
        let cross = meta
            .cross
            .map(|cross| CrossLists::parse(&artifact, cross, bias.len()))
            .transpose()?;
        Ok(Self {
            meta,
            weights,
            bias,
            words,
            cross,
        })
    }

    /// Puts a fitted head together, without cross-lists; of `meta.words` and `meta.cross` nothing is read.
    ///
    /// # Errors
    /// [`ArtifactError`], where the parts do not fit each other.
    pub fn new(
        meta: &ClassifierMeta,
        weights: &[f32],
        bias: &[f32],
        words: Option<&WordHead>,
    ) -> Result<Self, ArtifactError> {
        let meta = ClassifierMeta {
            words: words.map(|words| words.meta),
            cross: None,
            ..meta.clone()
        };
        Self::parse(write(&meta, weights, bias, words, None))
    }

    /// The same classifier, which suggests cross-lists too.
    ///
    /// # Errors
    /// [`ArtifactError`], where they are of other classes.
    pub fn with_cross_lists(&self, cross: &CrossLists) -> Result<Self, ArtifactError> {
        let meta = ClassifierMeta {
            cross: Some(cross.meta),
            ..self.meta.clone()
        };
        let words = self.words.as_ref();
        Self::parse(write(&meta, &self.weights, &self.bias, words, Some(cross)))
    }

    /// Writes the artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(
            &self.meta,
            &self.weights,
            &self.bias,
            self.words.as_ref(),
            self.cross.as_ref(),
        )
    }

    /// The head over words, where there is one.
    pub fn words(&self) -> Option<&WordHead> {
        self.words.as_ref()
    }

    /// What [`Self::probabilities`] wants of a paper beside its embedding: its pieces, those behind the model's window
    /// too; none where words have no vote. `model` is the one that it was fitted on.
    pub fn pieces(&self, model: &Model, title: &str, abstract_: &str) -> Vec<u32> {
        if self.words.is_none() {
            return Vec::new();
        }
        let text = model.meta().document(title, abstract_);
        let mut buffer = TokenBuffer::default();
        model.tokenizer().pieces_into(&text, &mut buffer).to_vec()
    }

    /// Refuses another model than the one that it was fitted on.
    ///
    /// # Errors
    /// [`ArtifactError::OtherModel`].
    pub fn check_model(&self, model: Sha256) -> Result<(), ArtifactError> {
        let recorded = self.meta.model_sha256;
        if model == recorded {
            Ok(())
        } else {
            Err(ArtifactError::OtherModel {
                found: model,
                recorded,
            })
        }
    }

    /// What it is and was fitted on.
    pub fn meta(&self) -> &ClassifierMeta {
        &self.meta
    }

    /// Class names, by number.
    pub fn classes(&self) -> &[String] {
        &self.meta.classes
    }

    /// Calibrated probabilities of all classes, in class order; they sum to one.
    ///
    /// `vector` is an embedding of shape `[dim]`, `pieces` are those of [`Self::pieces`]. Sums run in `f64` in one
    /// fixed order, so that every build gives the same bits.
    pub fn probabilities(&self, vector: &[f32], pieces: &[u32]) -> Vec<f64> {
        assert_eq!(
            vector.len(),
            self.meta.dim,
            "the classifier's model made the vector"
        );
        let mut logits: Vec<f64> = self
            .weights
            .chunks_exact(self.meta.dim)
            .zip(&self.bias)
            .map(|(row, &bias)| {
                let dot: f64 = row
                    .iter()
                    .zip(vector)
                    .map(|(&w, &x)| f64::from(w) * f64::from(x))
                    .sum();
                dot + f64::from(bias)
            })
            .collect();
        if let Some(words) = &self.words {
            words.add_to(pieces, &mut logits);
        }
        let probabilities = softmax(&logits, self.meta.temperature);
        let Some(by_confidence) = self.meta.by_confidence else {
            return probabilities;
        };
        let first = probabilities.into_iter().fold(0.0, f64::max);
        let factor = confidence_factor(by_confidence, first);
        softmax(&logits, self.meta.temperature * factor)
    }

    /// Classes with their calibrated probabilities, most probable first, ties by class order.
    pub fn classify(&self, vector: &[f32], pieces: &[u32]) -> Vec<(usize, f64)> {
        let probabilities = self.probabilities(vector, pieces);
        let mut ranked: Vec<(usize, f64)> = probabilities.into_iter().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The classes that a text is likely to be listed in beside the first of [`Self::classify`], each with the
    /// probability of that; at most four, none where the classifier suggests no cross-lists.
    pub fn cross_lists(&self, ranked: &[(usize, f64)]) -> Vec<(usize, f64)> {
        (self.cross.as_ref()).map_or_else(Vec::new, |cross| cross.beside(ranked))
    }
}

/// Softmax of logits over a temperature.
fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let power = |logit: &f64| libm::exp((logit - largest) / temperature);
    let powers: Vec<f64> = logits.iter().map(power).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| power / total).collect()
}

/// What [`ClassifierMeta::by_confidence`] makes of a first class' probability `p`: `exp(a + b p + c p²)`.
pub fn confidence_factor([a, b, c]: [f64; 3], first: f64) -> f64 {
    libm::exp(a + b * first + c * first * first)
}

/// Whether every probability has a factor that is a temperature's.
fn is_moderate(by_confidence: [f64; 3]) -> bool {
    (0..=16)
        .all(|i| (0.01..=100.0).contains(&confidence_factor(by_confidence, f64::from(i) / 16.0)))
}

fn write(
    meta: &ClassifierMeta,
    weights: &[f32],
    bias: &[f32],
    words: Option<&WordHead>,
    cross: Option<&CrossLists>,
) -> Vec<u8> {
    let mut writer = Writer::new(Kind::Classifier).json(b"META", meta);
    writer = writer.f32s(b"WGHT", weights).f32s(b"BIAS", bias);
    if let Some(words) = words {
        writer = words.write(writer);
    }
    if let Some(cross) = cross {
        writer = cross.write(writer);
    }
    writer.to_bytes()
}
