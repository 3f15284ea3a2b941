//! What an evaluation found; [`super::tables`] prints it.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::Sha256;

use super::{
    Classification, Clusters, Difference, Half, LedgerStep, Precision, Retrieval, WidthFigures,
};

/// How every figure is defined, for whoever reads the JSON alone.
const DEFINITIONS: [(&str, &str); 10] = [
    (
        "split",
        "valid is halved by the parity of the first byte of SHA-256(id): even calibrates, odd is reported on; \
         papers without a split are held out by another byte of it, about a tenth of them",
    ),
    (
        "since",
        "with a year, papers asked with are of that year or later, and papers that are searched, taught or calibrated \
         with of the years before; papers of no known year are on neither side",
    ),
    (
        "precision_at_k",
        "mean over papers of valid-report of the share of their k nearest papers of train and valid-cal, by \
         exact search, that have the same primary category, aliases merged",
    ),
    (
        "probe",
        "multinomial logistic regression on standardized vectors of train; penalty, iteration and temperature \
         chosen by log-loss on valid-cal; judged on valid-report",
    ),
    (
        "tfidf",
        "words and pairs of words, sublinear counts, smoothed inverse document frequency, length one; \
         multinomial logistic regression with C = 10, stopped and calibrated by valid-cal",
    ),
    (
        "calibration_error",
        "expected calibration error of the most probable category, 15 equally wide bins",
    ),
    (
        "clusters",
        "k-means of valid-report, k-means++ from four seeded starts, k = categories present; V-measure",
    ),
    (
        "retrieval",
        "exact search; nDCG with linear gain; recall and reciprocal rank count every gain above 0 as relevant; \
         BM25 with k1 0.9, b 0.4, lower-case words, no stemming",
    ),
    (
        "widths",
        "the first entries of each vector, scaled to length one again",
    ),
    (
        "differences",
        "first row minus the other on the same queries; 95 % interval of a paired bootstrap, 2,000 resamples",
    ),
];

/// The papers that were used.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sample {
    /// Files, as they were named.
    pub files: Vec<String>,
    /// Training papers a category, at most.
    pub per_category: usize,
    /// Seed of their choice, and of every other draw.
    pub seed: u64,
    /// Half of the held-out papers that figures are of.
    pub on: Half,
    /// Categories.
    pub classes: usize,
    /// Training papers.
    pub train: usize,
    /// Papers that calibrate.
    pub calibration: usize,
    /// Papers that are reported on.
    pub report: usize,
    /// First year of the papers asked with, where they were split by time.
    pub since: Option<u16>,
    /// Held-out papers that are left out for their year: too early to ask with, too late to calibrate with, or of no
    /// known year.
    pub other_years: usize,
    /// Papers and questions at most, where there was a limit.
    pub limit_queries: Option<usize>,
    /// Labelled papers that belong to no class, by category.
    pub unclassed: BTreeMap<String, usize>,
    /// Classes without a training paper.
    pub untaught: Vec<String>,
}

/// A row of the tables: an encoder, or plain words.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// SHA-256 of model artifact or weights.
    pub sha256: Option<Sha256>,
    /// Width of a vector, or features of TF-IDF.
    pub width: Option<usize>,
    /// By category, among neighbors.
    pub precision: Option<Precision>,
    /// By a linear probe, or by TF-IDF's own regression.
    pub classification: Option<Classification>,
    /// By k-means.
    pub clusters: Option<Clusters>,
    /// By set.
    pub retrieval: Vec<Retrieval>,
    /// By width.
    pub widths: Vec<WidthFigures>,
    /// From f32 to the page.
    pub ledger: Vec<LedgerStep>,
}

/// What the first row has over another one.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// The figure.
    pub figure: String,
    /// The other row.
    pub against: String,
    /// The difference.
    #[serde(flatten)]
    pub difference: Difference,
}

/// Everything that an evaluation found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How figures are defined.
    pub definitions: BTreeMap<&'static str, &'static str>,
    /// The papers.
    pub sample: Sample,
    /// Encoders first, the one in question at the head; then plain words.
    pub rows: Vec<Row>,
    /// Confidence intervals.
    pub differences: Vec<Compared>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Report {
    /// Compares the first row with the others.
    pub fn new(sample: Sample, rows: Vec<Row>, seconds: f64) -> Self {
        let differences = compare(&rows, sample.seed);
        Self {
            definitions: DEFINITIONS.into_iter().collect(),
            sample,
            rows,
            differences,
            seconds,
        }
    }
}

fn compare(rows: &[Row], seed: u64) -> Vec<Compared> {
    let Some((first, others)) = rows.split_first() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for other in others {
        let mut add = |figure: String, a: &[f64], b: &[f64]| {
            found.push(Compared {
                figure,
                against: other.name.clone(),
                difference: Difference::of(a, b, seed),
            });
        };
        if let (Some(a), Some(b)) = (&first.precision, &other.precision) {
            add("precision@10".to_owned(), &a.each_at_10, &b.each_at_10);
        }
        if let (Some(a), Some(b)) = (&first.classification, &other.classification) {
            add("top-1".to_owned(), &a.each_top_1, &b.each_top_1);
        }
        for a in &first.retrieval {
            if let Some(b) = other.retrieval.iter().find(|b| b.set == a.set) {
                let figure = format!("nDCG@10 {}", a.set);
                add(figure, &a.each_ndcg_at_10, &b.each_ndcg_at_10);
            }
        }
    }
    found
}
