//! Every figure against a judge's: scikit-learn's on values that `tests/golden/metrics.py` made, and sentence-transformers'.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    classification: Classification,
    rankings: Vec<Ranking>,
    precision_by_category: ByCategory,
    clusterings: Vec<Clustering>,
    layouts: Vec<Layout>,
}

#[derive(Deserialize)]
struct Classification {
    probabilities: Vec<Vec<f64>>,
    labels: Vec<usize>,
    top: Vec<(usize, f64)>,
    macro_f1: f64,
    log_loss: f64,
    calibration_error: f64,
    bins: Vec<(usize, f64, f64)>,
    confusion: Vec<Vec<u32>>,
}

#[derive(Deserialize)]
struct Ranking {
    gains: Vec<f64>,
    k: usize,
    ndcg: f64,
    precision: f64,
    recall: f64,
    reciprocal_rank: f64,
}

#[derive(Deserialize)]
struct ByCategory {
    queries: Vec<(usize, Vec<usize>)>,
    at: Vec<(usize, f64)>,
}

#[derive(Deserialize)]
struct Clustering {
    categories: Vec<usize>,
    groups: Vec<usize>,
    homogeneity: f64,
    completeness: f64,
    v_measure: f64,
}

#[derive(Deserialize)]
struct Layout {
    space: Vec<Vec<f64>>,
    plane: Vec<Vec<f64>>,
    k: usize,
    trustworthiness: f64,
}

fn golden() -> Golden {
    let json = include_str!("../../../tests/golden/metrics.json");
    serde_json::from_str(json).expect("what metrics.py writes")
}

fn close(what: &str, ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() < 1e-9,
        "{what} is {ours}, its judge says {theirs}"
    );
}

#[test]
fn classification_agrees_with_scikit_learn() {
    let golden = golden().classification;
    let judged: Vec<Judged> = (golden.probabilities.iter().zip(&golden.labels))
        .map(|(probabilities, &label)| Judged {
            probabilities,
            label,
        })
        .collect();
    for (k, accuracy) in golden.top {
        close(&format!("top-{k}"), top_k_accuracy(&judged, k), accuracy);
    }
    close("macro-F1", macro_f1(&judged), golden.macro_f1);
    close("log-loss", log_loss(&judged), golden.log_loss);
    let error = calibration_error(&judged);
    close("the calibration error", error, golden.calibration_error);
    let full: Vec<Bin> = (reliability(&judged).into_iter())
        .filter(|bin| bin.n > 0)
        .collect();
    assert_eq!(full.len(), golden.bins.len(), "bins that hold something");
    for (bin, (n, stated, accuracy)) in full.iter().zip(golden.bins) {
        assert_eq!(bin.n, n);
        close("a bin's stated probability", bin.stated, stated);
        close("a bin's accuracy", bin.accuracy, accuracy);
    }
    let confusion = Confusion::of(&judged);
    for (label, row) in golden.confusion.iter().enumerate() {
        for (predicted, &n) in row.iter().enumerate() {
            assert_eq!(
                confusion.count(label, predicted),
                n,
                "{label} as {predicted}"
            );
        }
    }
    let worst = confusion.most_confused(1)[0];
    let most = (0..golden.confusion.len())
        .flat_map(|label| (0..golden.confusion.len()).map(move |to| (label, to)))
        .filter(|(label, to)| label != to)
        .map(|(label, to)| golden.confusion[label][to])
        .max();
    assert_eq!(Some(worst.n), most);
}

#[test]
fn rankings_agree_with_scikit_learn() {
    for one in golden().rankings {
        let relevant: Vec<bool> = one.gains.iter().map(|&gain| gain > 0.0).collect();
        let n_relevant = relevant.iter().filter(|&&relevant| relevant).count();
        close("nDCG", ndcg(&one.gains, &one.gains, one.k), one.ndcg);
        close("precision", precision(&relevant, one.k), one.precision);
        let found = recall(&relevant, n_relevant, one.k);
        close("recall", found, one.recall);
        let first = reciprocal_rank(&relevant, one.k);
        close("the reciprocal rank", first, one.reciprocal_rank);
    }
}

#[test]
fn precision_by_category_agrees_with_scikit_learn() {
    let golden = golden().precision_by_category;
    let queries: Vec<Neighborhood> = (golden.queries.iter())
        .map(|(category, neighbors)| Neighborhood {
            category: *category,
            neighbors,
        })
        .collect();
    for (k, wanted) in golden.at {
        let found = category_precision(&queries, k);
        close(&format!("precision@{k}"), found, wanted);
    }
}

#[test]
fn groupings_agree_with_scikit_learn() {
    for one in golden().clusterings {
        let found = Grouping::of(&one.categories, &one.groups);
        close("homogeneity", found.homogeneity, one.homogeneity);
        close("completeness", found.completeness, one.completeness);
        close("the V-measure", found.v_measure, one.v_measure);
    }
}

/// What sentence-transformers' evaluator finds of rankings, on values that `tests/golden/retrieval.py` made.
#[derive(Deserialize)]
struct Retrieval {
    queries: Vec<Asked>,
    ndcg_at_10: f64,
    mrr_at_10: f64,
    precision_at_10: f64,
    recall_at_100: f64,
}

#[derive(Deserialize)]
struct Asked {
    ranked: Vec<bool>,
    relevant: usize,
}

#[test]
fn retrieval_is_judged_as_sentence_transformers_does() {
    let json = include_str!("../../../tests/golden/retrieval.json");
    let golden: Retrieval = serde_json::from_str(json).expect("what retrieval.py writes");
    let mean = |figure: fn(&Asked) -> f64| -> f64 {
        let total: f64 = golden.queries.iter().map(figure).sum();
        total / golden.queries.len() as f64
    };
    let ndcg_at_10 = mean(|query| {
        let gains: Vec<f64> = query
            .ranked
            .iter()
            .map(|&is| f64::from(u8::from(is)))
            .collect();
        ndcg(&gains, &vec![1.0; query.relevant], 10)
    });
    close("nDCG@10", ndcg_at_10, golden.ndcg_at_10);
    close(
        "MRR@10",
        mean(|query| reciprocal_rank(&query.ranked, 10)),
        golden.mrr_at_10,
    );
    close(
        "precision@10",
        mean(|query| precision(&query.ranked, 10)),
        golden.precision_at_10,
    );
    let recall_at_100 = mean(|query| recall(&query.ranked, query.relevant, 100));
    close("recall@100", recall_at_100, golden.recall_at_100);
}

/// All points but `of`, nearest first.
fn by_nearness(points: &[Vec<f64>], of: usize) -> Vec<usize> {
    let apart = |at: usize| -> f64 {
        let pairs = points[at].iter().zip(&points[of]);
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let mut others: Vec<usize> = (0..points.len()).filter(|&at| at != of).collect();
    others.sort_by(|&a, &b| apart(a).total_cmp(&apart(b)));
    others
}

#[test]
fn trustworthiness_is_scikit_learns() {
    for layout in golden().layouts {
        let mut ranks = Vec::new();
        for of in 0..layout.space.len() {
            let in_space = by_nearness(&layout.space, of);
            for near in &by_nearness(&layout.plane, of)[..layout.k] {
                let rank = in_space.iter().position(|at| at == near);
                ranks.push(rank.expect("every other point has a rank") as u32 + 1);
            }
        }
        let n = layout.space.len();
        let ours = trustworthiness(n, n, layout.k, &ranks).expect("enough points");
        close("trustworthiness", ours, layout.trustworthiness);
    }
}

#[test]
fn trustworthiness_of_few_points_has_no_meaning() {
    assert_eq!(trustworthiness(30, 1, 15, &[1; 15]), None);
    assert_eq!(trustworthiness(31, 1, 15, &[1; 15]), Some(1.0));
    assert_eq!(trustworthiness(31, 0, 15, &[]), None);
}
