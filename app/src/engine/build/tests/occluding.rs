//! What each sentence of a draft does to the probability of its category.

use super::*;

fn occlude(title: &str, sentences: &[&str], category: &str) -> Result<Occluded, EngineError> {
    let mut build = build();
    let sentences = sentences.iter().map(|&one| one.to_owned()).collect();
    let mut occlusion = build.occlusion(title.to_owned(), sentences, category)?;
    while !occlusion.is_done() {
        build.occlude_piece(&mut occlusion);
    }
    occlusion.found()
}

#[test]
fn the_sentence_that_speaks_for_a_category_is_missed_and_the_one_against_it_is_not() {
    let category = "cond-mat.dis-nn";
    let found = occlude("cell", &["Spin.", "Galaxy."], category).expect("known words");
    let classified = build()
        .classify("cell", "Spin. Galaxy.", 0)
        .expect("known words");
    let whole = classified
        .suggestions
        .iter()
        .find(|one| one.category == category);
    let whole = whole.map(|one| one.probability);
    assert_eq!(
        whole.map(f64::to_bits),
        Some(found.probability.to_bits()),
        "the whole is what was classified"
    );
    let [Some(_), Some(without_spin), Some(without_galaxy)] = found.without[..] else {
        panic!("a title and two sentences: {found:?}");
    };
    assert!(
        without_spin < found.probability && found.probability < without_galaxy,
        "{found:?}"
    );
}

#[test]
fn a_category_that_the_classifier_does_not_know_is_refused() {
    let error = occlude("spin", &["Glass."], "no.such").expect_err("no class");
    assert!(
        matches!(&error, EngineError::BadArgument { message } if message.contains("no.such")),
        "{error:?}"
    );
}
