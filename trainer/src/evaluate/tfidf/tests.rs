//! TF-IDF and logistic regression against scikit-learn's, by `tests/golden/tfidf.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    labels: Vec<usize>,
    unseen: Vec<String>,
    /// Of each text, first those of the fit, its features and their values.
    rows: Vec<BTreeMap<String, f32>>,
    c: f64,
    /// Of each text, first those of the fit.
    probabilities: Vec<Vec<f64>>,
}

fn golden() -> Golden {
    let json = include_str!("../../../../tests/golden/tfidf.json");
    serde_json::from_str(json).expect("what tfidf.py writes")
}

#[test]
fn features_and_values_are_those_of_scikit_learn() {
    let golden = golden();
    let vectorizer = Vectorizer::fit(&golden.texts, VectorizerConfig::default());
    let texts = [golden.texts, golden.unseen].concat();
    let ours = vectorizer.transform(&texts);
    for (at, theirs) in golden.rows.iter().enumerate() {
        let ours: BTreeMap<usize, f32> = ours.row(at).collect();
        assert_eq!(ours.len(), theirs.len(), "features of {:?}", texts[at]);
        for (term, value) in theirs {
            let (first, second) = match term.split_once(' ') {
                Some((first, second)) => (first, Some(second)),
                None => (&**term, None),
            };
            let column = vectorizer.column(first, second);
            let column = column.unwrap_or_else(|| panic!("{term:?} has no column"));
            let ours = ours.get(&column).copied().unwrap_or_default();
            assert!((ours - value).abs() < 1e-6, "{term:?}: {ours}, not {value}");
        }
    }
}

#[test]
fn probabilities_are_those_of_scikit_learn() {
    let golden = golden();
    let vectorizer = Vectorizer::fit(&golden.texts, VectorizerConfig::default());
    let x = vectorizer.transform(&golden.texts);
    let model = Logistic::fit(&x, &golden.labels, 3, golden.c, None).expect("finite");
    let texts = [golden.texts, golden.unseen].concat();
    let logits = model.logits(&vectorizer.transform(&texts));
    for (at, theirs) in golden.probabilities.iter().enumerate() {
        for (ours, theirs) in softmax(&logits[at], 1.0).iter().zip(theirs) {
            assert!(
                (ours - theirs).abs() < 2e-3,
                "{:?}: {ours}, not {theirs}",
                texts[at]
            );
        }
    }
}

#[test]
fn a_cap_keeps_what_most_texts_have() {
    let texts = ["ice ice sea", "sea wind", "sea ice wind"].map(str::to_owned);
    let config = VectorizerConfig {
        min_texts: 1,
        max_features: 1,
    };
    let vectorizer = Vectorizer::fit(&texts, config);
    assert_eq!(vectorizer.n_features(), 1);
    assert_eq!(vectorizer.column("sea", None), Some(0));
    let rows = vectorizer.transform(&["nothing known".to_owned(), "sea".to_owned()]);
    assert_eq!((rows.n_rows(), &rows.values[..]), (2, &[1.0][..]));
}

#[test]
fn a_fit_stops_where_others_say_so() {
    let golden = golden();
    let vectorizer = Vectorizer::fit(&golden.texts, VectorizerConfig::default());
    let x = vectorizer.transform(&golden.texts);
    let end = Logistic::fit(&x, &golden.labels, 3, 1e6, None).expect("finite");
    // Calibrated by texts that are all misfiled: to go on is to be more wrong.
    let misfiled: Vec<usize> = golden.labels.iter().map(|label| (label + 1) % 3).collect();
    let stop = Stop {
        x: &x,
        labels: &misfiled,
    };
    let stopped = Logistic::fit(&x, &golden.labels, 3, 1e6, Some(stop)).expect("finite");
    let sure = |model: &Logistic| softmax(&model.logits(&x)[0], 1.0)[golden.labels[0]];
    assert!(
        sure(&stopped) <= sure(&end),
        "{} at the end {}",
        sure(&stopped),
        sure(&end)
    );
    assert!(sure(&end) > 0.99);
}
