//! What cannot learn stops a run at once.

use super::super::*;
use super::place::Place;
use crate::config::Method;
use crate::model::lora::Target;

/// Nothing of the first block's attention reaches what comes after it.
#[test]
fn a_tensor_without_a_gradient_stops_the_run() {
    let place = Place::new();
    place.silence("encoder.layer.0.attention.output.dense.weight");
    for (method, silent) in [
        (Method::Lora, "encoder.layer.0.attention.self.query.lora_B"),
        (Method::Full, "encoder.layer.0.attention.self.query.weight"),
    ] {
        let name = format!("{method:?}");
        let config = place.config(&name, |config| {
            config.model.method = method;
            config.model.lora.targets = vec![Target::Query, Target::Value];
            config.checkpoint.every = 1;
        });
        let error = place.go(config).expect_err("it would not learn");
        let error = error.to_string();
        assert!(
            error.starts_with("in step 1 ")
                && error.contains("of the trained tensors have no gradient"),
            "{error}"
        );
        assert!(error.contains(silent), "{error}");
        let kept = checkpoint::steps(&place.at(&name).join("checkpoints")).expect("it is listed");
        assert_eq!(kept, [0; 0], "no step was taken");
    }
}
