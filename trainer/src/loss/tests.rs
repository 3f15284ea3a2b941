//! Losses against those of sentence-transformers (`losses.py`), and against what they must be in plain cases.

mod distillation;
mod masks;

use candle_core::{Device, Tensor, Var};
use serde::Deserialize;

use super::objective::labelled_pairs;
use super::*;
use crate::config::LossConfig;

/// `losses.json`, which `losses.py` made.
#[derive(Deserialize)]
struct Golden {
    queries: Vec<Vec<f32>>,
    documents: Vec<Vec<f32>>,
    negatives: Vec<Vec<f32>>,
    prototypes: Vec<Vec<f32>>,
    labels: Vec<u32>,
    ranking: f64,
    ranking_symmetric: f64,
    ranking_with_negatives: f64,
    supervised_contrastive: f64,
    contrastive: f64,
    classification: f64,
    matryoshka: f64,
    matryoshka_at_queries: Vec<Vec<f64>>,
    matryoshka_at_documents: Vec<Vec<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("losses.json")).expect("the fixture is JSON")
}

fn tensor(rows: &[Vec<f32>]) -> Tensor {
    Tensor::new(rows.to_vec(), &Device::Cpu).expect("rows of one length")
}

fn unit(rows: &[Vec<f32>]) -> Tensor {
    normalize(&tensor(rows)).expect("a matrix")
}

fn close(what: &str, ours: Result<Tensor>, wanted: f64) {
    let ours = f64::from(ours.and_then(|x| Ok(x.to_scalar::<f32>()?)).expect(what));
    assert!(
        (ours - wanted).abs() < 2e-5 * wanted.abs().max(1.0),
        "{what} is {ours}, not {wanted}"
    );
}

#[test]
fn losses_are_those_of_their_formulas() {
    let g = golden();
    let (queries, documents) = (unit(&g.queries), unit(&g.documents));
    let negatives = unit(&g.negatives);
    let partners = Partners {
        queries: &queries,
        documents: &documents,
        negatives: None,
        mask: None,
    };
    let ranking = |partners, directions| multiple_negatives_ranking(partners, 20.0, directions);
    close("ranking", ranking(partners, Directions::Forward), g.ranking);
    close(
        "symmetric ranking",
        ranking(partners, Directions::Symmetric),
        g.ranking_symmetric,
    );
    let more = Partners {
        negatives: Some(&negatives),
        ..partners
    };
    close(
        "ranking with negatives",
        ranking(more, Directions::Forward),
        g.ranking_with_negatives,
    );
    close(
        "supervised contrast",
        supervised_contrastive(&documents, &g.labels, 0.1),
        g.supervised_contrastive,
    );
    let alike: Vec<bool> = (0..g.labels.len()).map(|at| at % 2 == 0).collect();
    close(
        "contrastive",
        contrastive(&queries, &documents, &alike, 0.5),
        g.contrastive,
    );
    let prototypes = tensor(&g.prototypes);
    close(
        "classification",
        classification(&documents, &prototypes, &g.labels, 20.0),
        g.classification,
    );
}

#[test]
fn matryoshka_and_its_gradient_are_those_of_sentence_transformers() {
    let g = golden();
    let objective = Objective::new(&LossConfig {
        widths: vec![2, 4],
        width_weights: vec![0.25, 0.75],
        ..LossConfig::default()
    });
    let [queries, documents] =
        [&g.queries, &g.documents].map(|rows| leaf(&tensor(rows)).expect("it copies"));
    let value = objective.of(Inputs {
        queries: &queries,
        documents: &documents,
        negatives: None,
        negative_labels: &[],
        labels: &g.labels,
        same_paper: &vec![true; g.labels.len()],
        prototypes: None,
        anchors: None,
        overlap: None,
    });
    let total = value.expect("shapes agree").total;
    close("matryoshka", Ok(total.clone()), g.matryoshka);
    let store = total.backward().expect("it goes back");
    for (leaf, wanted) in [
        (&queries, &g.matryoshka_at_queries),
        (&documents, &g.matryoshka_at_documents),
    ] {
        let gradient = store.get(leaf).and_then(|g| g.to_vec2::<f32>().ok());
        let gradient = gradient.expect("f32 rows").concat();
        for (ours, wanted) in gradient.iter().zip(wanted.concat()) {
            assert!(
                (f64::from(*ours) - wanted).abs() < 1e-4 * wanted.abs().max(0.1),
                "a gradient is {ours}, not {wanted}"
            );
        }
    }
}

#[test]
fn equal_scores_give_the_logarithm_of_the_number_of_choices() {
    let same = unit(&vec![vec![1.0, 2.0]; 7]);
    let partners = Partners {
        queries: &same,
        documents: &same,
        negatives: None,
        mask: None,
    };
    let loss = multiple_negatives_ranking(partners, 20.0, Directions::Symmetric);
    close("ranking", loss, 7.0_f64.ln());
    // Itself is no choice.
    let loss = supervised_contrastive(&same, &[0, 0, 0, 1, 1, 1, 2], 0.1);
    close("supervised contrast", loss, 6.0_f64.ln());
}

fn config(change: impl FnOnce(&mut LossConfig)) -> LossConfig {
    let mut config = LossConfig {
        ranking: 1.0,
        category: 0.7,
        contrastive: 0.3,
        classification: 0.4,
        distillation: 0.5,
        anchor: 0.6,
        widths: vec![2, 4],
        width_weights: vec![1.0, 3.0],
        ..LossConfig::default()
    };
    change(&mut config);
    config
}

/// Anchors of all texts that none of them is at.
fn elsewhere(texts: &[Var]) -> Tensor {
    let texts: Vec<&Tensor> = texts.iter().map(Var::as_tensor).collect();
    let all = Tensor::cat(&texts, 0).expect("of one width");
    (all.detach() + 0.3).expect("numbers")
}

#[test]
fn the_anchor_is_one_less_cosine_and_counts_once() {
    let [x, anchors] = [[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [2.0, 2.0]]]
        .map(|rows| unit(&rows.map(|row: [f32; 2]| row.to_vec())));
    close("anchor", anchor(&x, &anchors), (1.0 - 0.5_f64.sqrt()) / 2.0);
    let g = golden();
    let [queries, documents] =
        [&g.queries, &g.documents].map(|rows| leaf(&tensor(rows)).expect("it copies"));
    let anchors = elsewhere(&[queries.clone(), documents.clone()]);
    let of = |weight: f64| {
        let objective = Objective::new(&config(|config| {
            (config.anchor, config.wire) = (weight, 0.5);
        }));
        let value = objective.of(Inputs {
            queries: &queries,
            documents: &documents,
            negatives: None,
            negative_labels: &[],
            labels: &g.labels,
            same_paper: &vec![true; g.labels.len()],
            prototypes: None,
            anchors: Some(&anchors),
            overlap: None,
        });
        let value = value.expect("shapes agree");
        let term = value.terms.iter().find(|(name, _)| *name == "anchor");
        let total = value.total.to_scalar::<f32>().expect("f32");
        (f64::from(total), term.map(|(_, value)| *value))
    };
    let ((without, none), (with, term)) = (of(0.0), of(0.6));
    assert_eq!(none, None, "a term of weight 0 is not computed");
    let term = term.expect("it is listed");
    assert!(
        term > 1e-3 && (with - without - 0.6 * term).abs() < 1e-5,
        "{without} and an anchor of {term} at 0.6 make {with}"
    );
}

/// The gradient of the whole objective, at embeddings and prototypes, against slopes.
#[test]
fn the_gradient_of_all_terms_together_is_their_slope() {
    let g = golden();
    let same_paper: Vec<bool> = (0..g.labels.len()).map(|at| at != 1).collect();
    let leaves = [&g.queries, &g.documents, &g.negatives, &g.prototypes]
        .map(|rows| leaf(&tensor(rows)).expect("it copies"));
    let anchors = elsewhere(&leaves[..3]);
    let n = g.labels.len();
    let shares = (0..n * (n + g.negatives.len())).map(|at| (at * 7 % 11) as f32 / 11.0);
    let overlap = Tensor::from_iter(shares, &Device::Cpu).and_then(|all| all.reshape((n, ())));
    let overlap = overlap.expect("of its shape");
    let objective = Objective::new(&config(|_| {}));
    let value = |leaves: &[Var; 4]| {
        let [queries, documents, negatives, prototypes] = leaves;
        let inputs = Inputs {
            queries,
            documents,
            negatives: Some(negatives),
            negative_labels: &vec![9; g.negatives.len()],
            labels: &g.labels,
            same_paper: &same_paper,
            prototypes: Some(prototypes),
            anchors: Some(&anchors),
            overlap: Some(&overlap),
        };
        objective.of(inputs).expect("shapes agree")
    };
    let store = value(&leaves).total.backward().expect("it goes back");
    for (which, leaf_of) in leaves.iter().enumerate() {
        let gradient = store.get(leaf_of).expect("each has a gradient");
        let gradient = gradient
            .flatten_all()
            .and_then(|g| g.to_vec1::<f32>())
            .expect("f32");
        let start = leaf_of
            .flatten_all()
            .and_then(|x| x.to_vec1::<f32>())
            .expect("f32");
        for at in 0..start.len() {
            let moved = |by: f32| {
                let mut values = start.clone();
                values[at] += by;
                let tensor = Tensor::from_vec(values, leaf_of.shape(), &Device::Cpu);
                let mut leaves = leaves.clone();
                leaves[which] = leaf(&tensor.expect("the shape fits")).expect("it copies");
                f64::from(value(&leaves).total.to_scalar::<f32>().expect("f32"))
            };
            let slope = (moved(2e-3) - moved(-2e-3)) / 4e-3;
            assert!(
                (slope - f64::from(gradient[at])).abs() < 5e-3 * slope.abs().max(1.0),
                "leaf {which}, number {at}: slope {slope}, gradient {}",
                gradient[at]
            );
        }
    }
}

#[test]
fn rounding_for_the_wire_adds_a_loss_and_passes_the_gradient_on() {
    let g = golden();
    let same_paper = vec![true; g.labels.len()];
    let of = |wire: f64| {
        let (queries, documents) = (
            leaf(&tensor(&g.queries)).expect("it copies"),
            leaf(&tensor(&g.documents)).expect("it copies"),
        );
        let inputs = Inputs {
            queries: &queries,
            documents: &documents,
            negatives: None,
            negative_labels: &[],
            labels: &g.labels,
            same_paper: &same_paper,
            prototypes: None,
            anchors: None,
            overlap: None,
        };
        let value = Objective::new(&config(|config| config.wire = wire)).of(inputs);
        let total = value.expect("shapes agree").total;
        let store = total.backward().expect("it goes back");
        let gradient = store.get(&documents).expect("it has one").abs();
        let gradient = gradient.and_then(|g| g.sum_all()?.to_scalar::<f32>());
        (
            total.to_scalar::<f32>().expect("f32"),
            gradient.expect("f32"),
        )
    };
    let ((plain, before), (more, after)) = (of(0.0), of(1.0));
    assert!(more > plain + 0.1, "{more} with rounding, {plain} without");
    assert!(
        (after - before).abs() > 1e-3,
        "the rounded terms pass no gradient on"
    );
}

#[test]
fn every_paper_is_paired_with_one_alike_and_one_unlike() {
    let (left, right, alike) = labelled_pairs(&[5, 6, 5, 5]);
    let pairs: Vec<_> = left.into_iter().zip(right).zip(alike).collect();
    let wanted = [
        ((0, 2), true),
        ((0, 1), false),
        // The second paper is alone in its category.
        ((1, 2), false),
        ((2, 3), true),
        ((2, 1), false),
        ((3, 0), true),
        ((3, 1), false),
    ];
    assert_eq!(pairs, wanted);
}
