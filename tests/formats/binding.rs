//! Artifacts of two models cannot be opened together.

use std::sync::Arc;

use shared::artifact::{Kind, ReferenceWeights};
use shared::{ArtifactError, Classifier, Clusters, Encoder, Index, Map, Model, Sha256, Vectors};

use super::sample;

#[test]
fn index_clusters_classifier_and_reference_of_one_model_refuse_another() {
    let bytes = sample::model().to_bytes();
    let model = Model::parse(bytes.clone(), Sha256::of(&bytes)).expect("a fresh model opens");
    let mut parts = sample::model();
    parts.layers[0].qkv.bias[0] += 1.0;
    let bytes = parts.to_bytes();
    let other = Model::parse(bytes.clone(), Sha256::of(&bytes)).expect("the other one, too");
    let refused = ArtifactError::OtherModel {
        found: other.sha256(),
        recorded: model.sha256(),
    };

    let index = Index::parse(sample::index().to_bytes()).expect("a fresh index opens");
    assert_eq!(index.check_model(model.sha256()), Ok(()));
    assert_eq!(index.check_model(other.sha256()), Err(refused.clone()));

    let classifier =
        Classifier::parse(sample::classifier().to_bytes()).expect("a fresh classifier opens");
    assert_eq!(classifier.check_model(model.sha256()), Ok(()));
    assert_eq!(classifier.check_model(other.sha256()), Err(refused.clone()));

    let clusters = Clusters::parse(sample::file(Kind::Clusters), sample::shards::leaves());
    let clusters = Vectors::Sharded(clusters.expect("fresh clusters open"));
    assert_eq!(clusters.check_model(model.sha256()), Ok(()));
    assert_eq!(clusters.check_model(other.sha256()), Err(refused.clone()));

    let reference = ReferenceWeights::parse(sample::file(Kind::Reference));
    let reference = reference.expect("fresh weights open");
    assert_eq!(reference.check_model(model.sha256()), Ok(()));
    assert_eq!(reference.check_model(other.sha256()), Err(refused.clone()));

    let line = refused.to_string();
    for digest in [model.sha256(), other.sha256()] {
        assert!(
            line.contains(&digest.to_string()),
            "{line:?} does not name {digest}"
        );
    }
}

#[test]
fn a_map_refuses_another_index() {
    let map = Map::parse(sample::file(Kind::Map)).expect("a fresh map opens");
    let index = Sha256::of(sample::MAPPED);
    assert_eq!(map.check_index(index), Ok(()));
    let other = Sha256::of(b"another");
    let refused = ArtifactError::OtherIndex {
        found: other,
        recorded: index,
    };
    assert_eq!(map.check_index(other), Err(refused.clone()));
    let line = refused.to_string();
    for digest in [index, other] {
        assert!(
            line.contains(&digest.to_string()),
            "{line:?} does not name {digest}"
        );
    }
}

#[test]
fn model_index_and_classifier_that_belong_together_work_together() {
    let bytes = sample::model().to_bytes();
    let model = Model::parse(bytes.clone(), Sha256::of(&bytes)).expect("a fresh model opens");
    let model = Arc::new(model);
    let mut encoder = Encoder::new(model.clone());
    let embedding = encoder
        .embed_query("spin glasses")
        .expect("two known words");
    assert_eq!(
        embedding.n_tokens, 5,
        "[CLS] spin glass ##es [SEP] are five tokens"
    );
    let mut buffer = shared::tokenizer::TokenBuffer::default();
    let long = "spin glasses ".repeat(100);
    let pieces = model.tokenizer().pieces_into(&long, &mut buffer).to_vec();
    let between = model.tokenizer().tokenize("spin glasses").ids;
    let between = &between[1..between.len() - 1];
    assert_eq!(
        pieces,
        between.repeat(100),
        "neither cut nor between special tokens"
    );
    let index = Index::parse(sample::index().to_bytes()).expect("a fresh index opens");
    let query = shared::Query::new(&embedding.vector).expect("the embedding is finite");
    let hits = index.search_exact(&query, 10, |_| true);
    assert_eq!(
        hits.len(),
        5,
        "all papers with a vector are among ten: {hits:?}"
    );
    let ranked = sample::classifier().classify(&embedding.vector, &[]);
    let total: f64 = ranked.iter().map(|(_, p)| p).sum();
    assert!(
        ranked.len() == 3 && (total - 1.0).abs() < 1e-9,
        "{ranked:?} sums to {total}"
    );
}
