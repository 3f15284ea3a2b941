//! Runs whose embeddings stay near those of their base.

use candle_core::Device;
use ingest::model_files;

use super::super::*;
use super::place::Place;
use crate::config::Method;
use crate::model::bert::Tuning;

/// The encoder of a folder's weights on some texts: `[texts]`, each `[width]`, of length one.
fn embedded(folder: &Path) -> Vec<Vec<f32>> {
    let files = model_files::find(&Which::In(folder.to_owned())).expect("all are there");
    let encoder = open_encoder(
        &files.weights,
        &files.config,
        Tuning::default(),
        &Device::Cpu,
    );
    let texts: Vec<Vec<u32>> = (5..17).map(|id| vec![2, id, id + 3, 15, 3]).collect();
    embed_all(&encoder.expect("it opens"), &texts, 64).expect("it embeds")
}

#[test]
fn a_heavy_anchor_holds_embeddings_near_the_base() {
    let place = Place::new();
    let base = embedded(&place.at("model"));
    for method in [Method::Full, Method::Lora] {
        let gone = |anchor: f64| {
            let config = place.config(&format!("{method:?}-{anchor}"), |config| {
                config.model.method = method;
                config.model.dropout = 0.0;
                config.loss.anchor = anchor;
                config.optimize.steps = Some(30);
                config.evaluate.every = 0;
            });
            let done = place.go(config).expect("it trains");
            let now = embedded(&done.folder.join("model"));
            let cosines = now.iter().zip(&base).map(|(a, b)| shared::math::dot(a, b));
            1.0 - cosines.sum::<f32>() / base.len() as f32
        };
        let (free, held) = (gone(0.0), gone(100.0));
        assert!(
            held < 0.1 * free,
            "{method:?}: 1 − cosine is {held} with an anchor, {free} without"
        );
    }
}

#[test]
fn a_run_begins_at_its_anchor_and_leaves_it() {
    let place = Place::new();
    for method in [Method::Full, Method::Lora] {
        let config = place.config(&format!("{method:?}"), |config| {
            config.model.method = method;
            config.model.dropout = 0.0;
            config.loss.anchor = 1e-3;
        });
        let done = place.go(config).expect("it trains");
        let rows = RunFolder::read_rows(&done.folder).expect("it has measured");
        let values = rows.iter().filter_map(|row| row.scalars.get("anchor"));
        let values: Vec<f64> = values.copied().collect();
        assert!(values[0] < 1e-5, "{method:?}: {values:?}");
        assert!(
            values.len() == 4 && values[3] > 1e-5,
            "{method:?}: {values:?}"
        );
    }
}
