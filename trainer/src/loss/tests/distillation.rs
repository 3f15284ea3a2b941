//! Learning an order of candidates from the base encoder and words.

use super::*;

#[test]
fn distillation_is_the_divergence_from_what_base_and_words_make_of_candidates() {
    let g = golden();
    let [queries, documents, negatives] =
        [&g.queries, &g.documents, &g.negatives].map(|rows| unit(rows));
    let (n, all) = (
        queries.dim(0),
        documents.dim(0).unwrap() + negatives.dim(0).unwrap(),
    );
    let n = n.expect("two dimensions");
    let candidates = Tensor::cat(&[&documents, &negatives], 0).expect("of one width");
    let logits = |x: &Tensor| ((x.matmul(&candidates.t()?)?) * 20.0)?.to_vec2::<f32>();
    let logits = logits(&queries).expect("shapes agree");
    let shares = |row: &[f64]| {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        row.iter().map(|x| x.exp() / sum).collect::<Vec<_>>()
    };
    let overlap: Vec<f32> = (0..n * all).map(|at| (at * 5 % 7) as f32 / 7.0).collect();
    let mut wanted = 0.0;
    for (row, overlap) in logits.iter().zip(overlap.chunks(all)) {
        let learned: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
        let taught = learned.iter().zip(overlap);
        let taught: Vec<f64> = taught
            .map(|(x, share)| x + 3.0 * f64::from(*share))
            .collect();
        let pairs = shares(&taught).into_iter().zip(shares(&learned));
        wanted += pairs.map(|(p, q)| p * (p / q).ln()).sum::<f64>() / n as f64;
    }
    assert!(wanted > 1e-3, "{wanted}: words change nothing");
    let anchors = Tensor::cat(&[&queries, &documents, &negatives], 0).expect("of one width");
    let of = |words: f64| {
        let objective = Objective::new(&LossConfig {
            ranking: 0.0,
            distillation: 1.0,
            words,
            widths: vec![4],
            ..LossConfig::default()
        });
        let value = objective.of(Inputs {
            queries: &queries,
            documents: &documents,
            negatives: Some(&negatives),
            negative_labels: &vec![9; g.negatives.len()],
            labels: &g.labels,
            same_paper: &vec![true; n],
            prototypes: None,
            anchors: Some(&anchors),
            overlap: Some(&Tensor::from_slice(&overlap, (n, all), &Device::Cpu).expect("numbers")),
        });
        value.expect("shapes agree").terms[0]
    };
    assert_eq!(of(3.0).0, "distillation");
    assert!(
        (of(3.0).1 - wanted).abs() < 1e-5,
        "{} for {wanted}",
        of(3.0).1
    );
    // At the base, without words, there is nothing to learn.
    assert!(of(0.0).1.abs() < 1e-6, "{}", of(0.0).1);
}
