//! What an evaluation found, as JSON and as tables.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;
use shared::Sha256;

use super::{Classification, Clusters, Difference, LedgerStep, Precision, Retrieval, WidthFigures};

/// How every figure is defined, for whoever reads the JSON alone.
const DEFINITIONS: [(&str, &str); 9] = [
    (
        "split",
        "valid is halved by the parity of the first byte of SHA-256(id): even calibrates, odd is reported on; \
         papers without a split are held out by another byte of it, about a tenth of them",
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
    /// Categories.
    pub classes: usize,
    /// Training papers.
    pub train: usize,
    /// Papers that calibrate.
    pub calibration: usize,
    /// Papers that are reported on.
    pub report: usize,
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

/// A table in Markdown; one without rows is left out.
fn table(f: &mut fmt::Formatter<'_>, head: &[String], rows: &[Vec<String>]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n| {} |", head.join(" | "))?;
    writeln!(f, "|{}", "---|".repeat(head.len()))?;
    rows.iter()
        .try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sample = &self.sample;
        if sample.classes > 0 {
            writeln!(
                f,
                "{} papers searched ({} of train, at most {} a category, seed {}; {} of valid-cal), {} of valid-report \
                 asked with, {} categories",
                sample.train + sample.calibration,
                sample.train,
                sample.per_category,
                sample.seed,
                sample.calibration,
                sample.report,
                sample.classes,
            )?;
        }
        for row in &self.rows {
            if let Some(sha256) = row.sha256 {
                writeln!(f, "{}: SHA-256 {sha256}", row.name)?;
            }
        }
        self.categories(f)?;
        self.retrieval(f)?;
        self.widths(f)?;
        self.ledger(f)?;
        self.differences(f)?;
        self.confused(f)
    }
}

impl Report {
    fn categories(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            "category",
            "P@1",
            "P@5",
            "P@10",
            "top-1",
            "top-3",
            "top-5",
            "macro-F1",
            "ECE",
            "log-loss",
            "V-measure",
        ];
        let rows: Vec<Vec<String>> = (self.rows.iter())
            .filter(|row| {
                row.precision.is_some() || row.classification.is_some() || row.clusters.is_some()
            })
            .map(|row| {
                let precision = row.precision.as_ref();
                let figures = row.classification.as_ref().map(|c| &c.figures);
                let values = [
                    precision.map(|p| p.at_1),
                    precision.map(|p| p.at_5),
                    precision.map(|p| p.at_10),
                    figures.map(|f| f.top_1),
                    figures.map(|f| f.top_3),
                    figures.map(|f| f.top_5),
                    figures.map(|f| f.macro_f1),
                    figures.map(|f| f.calibration_error),
                    figures.map(|f| f.log_loss),
                    row.clusters.as_ref().map(|c| c.agreement.v_measure),
                ];
                std::iter::once(row.name.clone())
                    .chain(values.into_iter().map(figure))
                    .collect()
            })
            .collect();
        table(f, &head(&names), &rows)
    }

    fn retrieval(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.rows.iter().find(|row| !row.retrieval.is_empty()) else {
            return Ok(());
        };
        let mut names = head(&["retrieval"]);
        for one in &first.retrieval {
            for what in ["nDCG@10", "recall@100", "MRR@10"] {
                names.push(format!("{} {what}", one.set));
            }
        }
        let rows: Vec<Vec<String>> = (self.rows.iter())
            .filter(|row| !row.retrieval.is_empty())
            .map(|row| {
                let values = (row.retrieval.iter())
                    .flat_map(|one| [one.ndcg_at_10, one.recall_at_100, one.mrr_at_10]);
                std::iter::once(row.name.clone())
                    .chain(values.map(|value| figure(Some(value))))
                    .collect()
            })
            .collect();
        table(f, &names, &rows)
    }

    fn widths(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || {
            (self.rows.iter()).flat_map(|row| row.widths.iter().map(move |one| (&row.name, one)))
        };
        let sets: Vec<&String> = lines().next().map_or_else(Vec::new, |(_, one)| {
            one.ndcg_at_10.iter().map(|(set, _)| set).collect()
        });
        let mut names = head(&["width", "", "P@10", "top-1"]);
        names.extend(sets.iter().map(|set| format!("{set} nDCG@10")));
        let rows: Vec<Vec<String>> = lines()
            .map(|(name, one)| {
                let values = one.ndcg_at_10.iter().map(|(_, value)| Some(*value));
                let figures = [one.precision_at_10, one.top_1].into_iter().chain(values);
                [one.width.to_string(), name.clone()]
                    .into_iter()
                    .chain(figures.map(figure))
                    .collect()
            })
            .collect();
        table(f, &names, &rows)
    }

    fn ledger(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<String>> = (self.rows.iter())
            .flat_map(|row| row.ledger.iter().map(move |step| (&row.name, step)))
            .map(|(name, step)| {
                vec![
                    step.step.clone(),
                    name.clone(),
                    figure(Some(step.precision_at_10)),
                    figure(Some(step.recall_at_10)),
                    format!("{} over {}", step.queries, step.documents),
                ]
            })
            .collect();
        let names = ["ledger", "", "P@10", "recall@10 of f32", "papers"];
        table(f, &head(&names), &rows)
    }

    fn differences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<String>> = (self.differences.iter())
            .map(|one| {
                let Difference { n, mean, low, high } = one.difference;
                vec![
                    one.figure.clone(),
                    one.against.clone(),
                    format!("{mean:+.4}"),
                    format!("{low:+.4} to {high:+.4}"),
                    n.to_string(),
                ]
            })
            .collect();
        let first = self.rows.first().map_or("", |row| &row.name);
        let first = format!("{first}: figure");
        let names = [&*first, "against", "difference", "95 % interval", "queries"];
        table(f, &head(&names), &rows)
    }

    fn confused(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let Some(judged) = &row.classification else {
                continue;
            };
            let mut line = String::new();
            for one in judged.most_confused.iter().take(8) {
                let comma = if line.is_empty() { "" } else { ", " };
                let (category, taken_for, n, of) = (&one.category, &one.taken_for, one.n, one.of);
                write!(line, "{comma}{category} for {taken_for} ({n} of {of})")?;
            }
            if !line.is_empty() {
                writeln!(f, "\n{} takes {line}", row.name)?;
            }
        }
        Ok(())
    }
}
