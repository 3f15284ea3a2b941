//! Kind 5: a multinomial logistic head over embeddings.

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactError, HeldOut, Kind, Tag, Writer};
use crate::Sha256;

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
    /// What it was fitted on and how well it does, one line for people.
    pub description: String,
    /// What its probabilities have meant on held-out papers; absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
}

/// A calibrated category classifier.
#[derive(Debug)]
pub struct Classifier {
    meta: ClassifierMeta,
    /// `[classes, dim]`, row-major.
    weights: Vec<f32>,
    /// `[classes]`.
    bias: Vec<f32>,
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
        Ok(Self {
            meta,
            weights,
            bias,
        })
    }

    /// Puts a fitted head together.
    ///
    /// # Errors
    /// [`ArtifactError`], where the parts do not fit each other.
    pub fn new(
        meta: &ClassifierMeta,
        weights: &[f32],
        bias: &[f32],
    ) -> Result<Self, ArtifactError> {
        let writer = Writer::new(Kind::Classifier).json(b"META", meta);
        Self::parse(writer.f32s(b"WGHT", weights).f32s(b"BIAS", bias).to_bytes())
    }

    /// Writes the artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new(Kind::Classifier).json(b"META", &self.meta);
        writer
            .f32s(b"WGHT", &self.weights)
            .f32s(b"BIAS", &self.bias)
            .to_bytes()
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
    /// `vector` is an embedding of shape `[dim]`. Sums run in `f64` in one fixed order, so that
    /// every build gives the same bits.
    pub fn probabilities(&self, vector: &[f32]) -> Vec<f64> {
        assert_eq!(
            vector.len(),
            self.meta.dim,
            "the classifier's model made the vector"
        );
        let logits: Vec<f64> = self
            .weights
            .chunks_exact(self.meta.dim)
            .zip(&self.bias)
            .map(|(row, &bias)| {
                let dot: f64 = row
                    .iter()
                    .zip(vector)
                    .map(|(&w, &x)| f64::from(w) * f64::from(x))
                    .sum();
                (dot + f64::from(bias)) / self.meta.temperature
            })
            .collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits
            .iter()
            .map(|logit| libm::exp(logit - largest))
            .collect();
        let total: f64 = powers.iter().sum();
        powers.iter().map(|power| power / total).collect()
    }

    /// Classes with their calibrated probabilities, most probable first, ties by class order.
    pub fn classify(&self, vector: &[f32]) -> Vec<(usize, f64)> {
        let mut ranked: Vec<(usize, f64)> =
            self.probabilities(vector).into_iter().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}
