//! What is no negative of a query for a category.

use super::*;

/// The loss of the golden texts with these labels; mined ones are there where they have labels.
fn loss(mined: Option<&[u32]>, labels: &[u32], same_paper: &[bool]) -> f64 {
    let g = golden();
    let [queries, documents, negatives] =
        [&g.queries, &g.documents, &g.negatives].map(|rows| tensor(rows));
    let inputs = Inputs {
        queries: &queries,
        documents: &documents,
        negatives: mined.map(|_| &negatives),
        negative_labels: mined.unwrap_or_default(),
        labels,
        same_paper,
        prototypes: None,
        anchors: None,
        overlap: None,
    };
    let objective = Objective::new(&LossConfig {
        widths: vec![4],
        ..LossConfig::default()
    });
    objective.of(inputs).expect("shapes agree").terms[0].1
}

#[test]
fn queries_for_a_category_have_no_negatives_in_it() {
    let n = golden().labels.len();
    // All of one category, and every query for a category: nothing is left to tell apart.
    assert!(loss(None, &vec![0; n], &vec![false; n]).abs() < 1e-6);
    assert!(loss(None, &vec![0; n], &vec![true; n]) > 0.1);
}

#[test]
fn a_mined_paper_of_the_category_that_a_query_is_for_is_no_negative() {
    let g = golden();
    let (n, n_negatives) = (g.labels.len(), g.negatives.len());
    let (own, other) = (vec![0; n_negatives], vec![9; n_negatives]);
    let (zero, for_category, for_paper) = (vec![0; n], vec![false; n], vec![true; n]);
    // All of one category, and every query for a category: mined ones of it are nothing to tell apart either.
    assert!(loss(Some(&own), &zero, &for_category).abs() < 1e-6);
    assert!(loss(Some(&other), &zero, &for_category) > 1e-3);
    // A title looks for its own abstract: a near paper of its category is a negative.
    assert_eq!(
        loss(Some(&own), &zero, &for_paper),
        loss(Some(&other), &zero, &for_paper)
    );
    // With one query for a category, mined papers of it count for all other queries.
    let labels: Vec<u32> = (0..n as u32).collect();
    let mut one = for_paper.clone();
    one[0] = false;
    let without = loss(None, &labels, &one);
    let (masked, unmasked) = (
        loss(Some(&own), &labels, &one),
        loss(Some(&other), &labels, &one),
    );
    assert!(
        without < masked && masked < unmasked,
        "{without}, {masked}, {unmasked}"
    );
}
