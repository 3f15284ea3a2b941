//! Papers for a corpus of the visitor's own. No browser in it.

use shared::quant::Int8Vector;
use shared::{EmbedError, Map, Paper};

use super::Build;
use crate::engine::own::Known;
use crate::engine::protocol::EngineError;

impl Build {
    /// What an index stores of a paper, and where on this build's map it lies.
    ///
    /// # Errors
    /// [`EngineError::NotLoaded`] before there is a model, [`EngineError::Damaged`] where its weights are broken.
    pub(in crate::engine) fn know(
        &mut self,
        paper: &Paper,
        map: Option<&Map>,
    ) -> Result<Known, EngineError> {
        let meaning = self.meaning()?;
        let embedded = (meaning.encoder).embed_document(&paper.title, &paper.abstract_);
        let vector = match embedded {
            Ok(embedding) => embedding.vector,
            Err(EmbedError::NoTokens) => return Ok(Known::default()),
        };
        let stored = Int8Vector::quantize(&vector).map_err(|error| EngineError::Damaged {
            file: meaning.model_file.clone(),
            cause: error.to_string(),
        })?;
        let mut known = Known {
            vector: Some((stored.steps, stored.scale.to_bits())),
            ..Known::default()
        };
        if let Some(map) = map {
            let (placed, near) = self.place_vector(map, &vector)?;
            let unit = |at: f64| at.round().clamp(0.0, f64::from(Map::NO_PLACE - 1)) as u16;
            known.place = placed.map(|placed| (unit(placed.x), unit(placed.y)));
            let nearest = near.first().filter(|_| placed.is_some());
            let topic = nearest.and_then(|&paper| map.topic(paper as usize));
            known.topic = topic.map(|topic| topic as u16);
        }
        Ok(known)
    }
}
