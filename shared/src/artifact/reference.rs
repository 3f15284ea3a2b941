//! Kind 10: the encoder's own weights in f32, for the reference engine.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactError, Kind, Tag, Writer};
use crate::Sha256;

/// `META` of a reference artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceMeta {
    /// The model that was quantized of these weights; it has the tokenizer and the templates.
    pub model_sha256: Sha256,
    /// The encoder's `config.json`, as its author wrote it.
    pub config: serde_json::Value,
}

/// An encoder's weights as they were before they were quantized.
#[derive(Debug)]
pub struct ReferenceWeights {
    meta: ReferenceMeta,
    artifact: Artifact,
    tensors: Range<usize>,
}

impl ReferenceWeights {
    /// Opens a reference artifact.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Reference)?;
        let meta = artifact.json(b"META")?;
        let tensors = artifact.range(b"TNSR")?;
        let header = artifact.bytes()[tensors.clone()].split_first_chunk::<8>();
        let fits = |(len, rest): (&[u8; 8], &[u8])| u64::from_le_bytes(*len) <= rest.len() as u64;
        if !header.is_some_and(fits) {
            return Err(ArtifactError::Malformed {
                part: Tag(*b"TNSR"),
                rule: "the header of a safetensors file ends within the section",
            });
        }
        Ok(Self {
            meta,
            artifact,
            tensors,
        })
    }

    /// Writes the artifact: the inverse of [`Self::parse`].
    pub fn to_bytes(meta: &ReferenceMeta, safetensors: Vec<u8>) -> Vec<u8> {
        let writer = Writer::new(Kind::Reference).json(b"META", meta);
        writer.section(b"TNSR", safetensors).to_bytes()
    }

    /// Refuses another model than the one that was made of these weights.
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

    /// What the weights are of.
    pub fn meta(&self) -> &ReferenceMeta {
        &self.meta
    }

    /// The weights, as a safetensors file.
    pub fn safetensors(&self) -> &[u8] {
        &self.artifact.bytes()[self.tensors.clone()]
    }
}
