//! Batches that go through in parts: the gradient is that of the whole, with dropout too.

use candle_core::Device;
use ingest::model_files;

use super::super::step::accumulate;
use super::super::*;
use super::place::Place;

#[test]
fn a_batch_in_parts_has_the_gradient_of_the_whole() {
    let place = Place::new();
    let config = place.config("run", |config| {
        config.model.dropout = 0.0;
        (config.loss.anchor, config.loss.distillation) = (0.5, 0.5);
    });
    let files = model_files::find(&Which::In(place.at("model"))).expect("all are there");
    let opened = data::open(&config.data, 1, &files, &place.at("cache")).expect("it opens");
    let encoder = base::encoder(&config, &files, &opened.corpus, &Device::Cpu).expect("it opens");
    let anchor = base::anchor(&config, &files, &Device::Cpu).expect("it opens");
    let examples = Batches::new(&opened.corpus, &config, Vec::new()).batch(0);
    let objective = Objective::new(&config.loss);
    // Away from the base, where the anchor has a gradient.
    let mut state = encoder.parameters().state().to_vec1().expect("f32");
    for x in state.iter_mut().step_by(3) {
        *x *= 1.5_f32;
    }
    encoder.parameters().restore(&state).expect("it fits");
    let gradients = |micro_tokens: usize| {
        let mut config = config.clone();
        config.batch.micro_tokens = micro_tokens;
        let parameters = encoder.parameters();
        parameters.zero_gradients().expect("on the processor");
        let stepped = accumulate(
            &encoder,
            anchor.as_ref(),
            &objective,
            &examples,
            &config,
            0,
            1.0,
        );
        let stepped = stepped.expect("it goes back");
        let anchored = stepped.terms.iter().find(|(name, _)| *name == "anchor");
        let anchored = anchored.expect("it has a weight").1;
        assert!(anchored > 1e-3, "{anchored}: the encoder is at its base");
        (
            stepped.loss,
            parameters.gradients().to_vec1::<f32>().expect("f32"),
        )
    };
    let (whole, in_parts) = (gradients(10_000), gradients(40));
    assert!(
        (whole.0 - in_parts.0).abs() < 1e-6,
        "losses {} and {}",
        whole.0,
        in_parts.0
    );
    let largest = whole.1.iter().fold(0.0_f32, |a, g| a.max(g.abs()));
    for (a, b) in whole.1.iter().zip(&in_parts.1) {
        assert!(
            (a - b).abs() < 1e-5 * largest,
            "{b} in parts, {a} as a whole"
        );
    }
}

#[test]
fn dropout_in_parts_drops_the_same_in_both_passes() {
    let place = Place::new();
    let config = place.config("run", |config| {
        config.batch.micro_tokens = 40;
        config.loss.anchor = 0.5;
    });
    assert!(config.model.dropout > 0.0);
    let files = model_files::find(&Which::In(place.at("model"))).expect("all are there");
    let opened = data::open(&config.data, 1, &files, &place.at("cache")).expect("it opens");
    let encoder = base::encoder(&config, &files, &opened.corpus, &Device::Cpu).expect("it opens");
    let anchor = base::anchor(&config, &files, &Device::Cpu).expect("it opens");
    let examples = Batches::new(&opened.corpus, &config, Vec::new()).batch(0);
    let objective = Objective::new(&config.loss);
    let parameters = encoder.parameters();
    let loss = || {
        parameters.zero_gradients().expect("on the processor");
        let stepped = accumulate(
            &encoder,
            anchor.as_ref(),
            &objective,
            &examples,
            &config,
            0,
            1.0,
        );
        stepped.expect("it goes back").loss
    };
    loss();
    let gradient = parameters.gradients().to_vec1::<f32>().expect("f32");
    let norm = parameters.gradient_norm().expect("on the processor");
    let state = parameters.state().to_vec1::<f32>().expect("f32");
    let at = |step: f64| {
        let mut state = state.clone();
        for (w, g) in state.iter_mut().zip(&gradient) {
            *w += (step * f64::from(*g) / norm) as f32;
        }
        parameters.restore(&state).expect("it fits");
        loss()
    };
    // Along the gradient the loss rises by its length, if both passes dropped the same.
    let step = 2e-3;
    let slope = (at(step) - at(-step)) / (2.0 * step);
    assert!(
        (slope / norm - 1.0).abs() < 0.02,
        "slope {slope}, gradient {norm}"
    );
}
