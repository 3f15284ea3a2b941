//! `trainer evaluate` on the starter corpus, by the encoder that the page runs.

use std::sync::Arc;

use trainer::evaluate::{Contender, EvaluateConfig, Int8Embedder, Part, evaluate};

use crate::fixtures::{base_model, repository};

#[test]
fn the_base_encoder_finds_papers_of_a_category_near_each_other() {
    let Some(prepared) = base_model() else { return };
    let config = EvaluateConfig {
        papers: vec![repository().join("corpus/starter.jsonl")],
        parts: vec![Part::Precision, Part::Clusters],
        ..EvaluateConfig::default()
    };
    let contender = Contender {
        embedder: Box::new(Int8Embedder::new(Arc::clone(&prepared.model))),
        twin: None,
    };
    let report = evaluate(&config, || Ok(vec![contender])).expect("the starter corpus is labelled");
    let [encoder] = &report.rows[..] else {
        panic!("not one row: {:?}", report.rows);
    };
    assert_eq!(encoder.sha256, Some(prepared.model.sha256()));
    let precision = encoder.precision.as_ref().expect("asked for");
    assert!(precision.queries >= 10, "{} papers ask", precision.queries);
    // Some three papers a category: by chance one neighbor in 150 would be of the own one.
    assert!(precision.at_1 > 0.1, "precision@1 {}", precision.at_1);
    let clusters = encoder.clusters.as_ref().expect("asked for");
    assert_eq!(clusters.papers, precision.queries, "the same papers");
    let json = serde_json::to_value(&report).expect("numbers");
    assert_eq!(
        json["rows"][0]["sha256"],
        prepared.model.sha256().to_string()
    );
}
