//! What is published beside an adapter, of one run or the sum of several, so that its figures can be believed and its making repeated.

use std::fmt::Write as _;
use std::iter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use shared::{Classifier, Sha256};

use super::cards::{self, CardRun};
use super::{Comparison, QUALITY, Row, RunFolder, comparison_page};

/// The base encoder's licence, which holds for what was made of it.
const APACHE: &str = include_str!("../../../LICENSE-APACHE");
/// Of the steps, each so-many-th one is told; of those with quality, all.
const EVERY: u64 = 10;

/// What of a run was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Folder of the run.
    pub run: PathBuf,
    /// The step whose weights were taken.
    pub step: u64,
    /// How far the adapter moves the base encoder, 1 being as far as it was trained to.
    pub strength: f64,
}

/// What `trainer evaluate --json` wrote, read and understood.
#[derive(Debug)]
pub struct Evaluated {
    bytes: Vec<u8>,
    report: Evaluation,
    /// Stated probability against accuracy, drawn; where it lies beside the figures.
    reliability: Option<Vec<u8>>,
}

impl Evaluated {
    /// Reads it.
    ///
    /// # Errors
    /// Where the file cannot be read or is something else.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| {
            format!(
                "cannot read {}: name a file that `trainer evaluate --json` wrote",
                path.display()
            )
        })?;
        let report = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is not what `trainer evaluate --json` writes",
                path.display()
            )
        })?;
        let reliability = std::fs::read(path.with_extension("svg")).ok();
        Ok(Self {
            bytes,
            report,
            reliability,
        })
    }
}

/// A classifier of the released encoder, and what its fit said of it.
#[derive(Debug)]
pub struct Fitted {
    classifier: Vec<u8>,
    bytes: Vec<u8>,
    report: FitReport,
}

impl Fitted {
    /// Reads what `trainer classifier` wrote: the artifact, and the report beside it.
    ///
    /// # Errors
    /// Where a file cannot be read or is something else, or they are not of one fit.
    pub fn read(path: &Path) -> Result<Self> {
        let read = |path: &Path| {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let classifier = read(path)?;
        let parsed = Classifier::parse(classifier.clone())
            .with_context(|| format!("{} is no classifier", path.display()))?;
        let beside = path.with_extension("report.json");
        let bytes = read(&beside)?;
        let report: FitReport = serde_json::from_slice(&bytes).with_context(|| {
            let beside = beside.display();
            format!("{beside} is not the report that `trainer classifier` writes")
        })?;
        ensure!(
            parsed.check_model(report.model_sha256).is_ok(),
            "{} and {} are of two encoders: fit the classifier again",
            path.display(),
            beside.display()
        );
        Ok(Self {
            classifier,
            bytes,
            report,
        })
    }
}

/// Writes model card, data card, the curves over steps, the evaluation, the classifier where there is one, and the
/// licence into `out`: of the adapter of one run, or of the sum of several.
///
/// # Errors
/// Where there is no run, one cannot be read, or the disk refuses.
pub fn write_release(
    taken: &[Taken],
    evaluated: &Evaluated,
    fitted: Option<&Fitted>,
    out: &Path,
) -> Result<()> {
    let mut tables = evaluated.report.tables();
    if evaluated.reliability.is_some() {
        tables += "`reliability.svg` draws the probabilities that linear probes state against their accuracy.\n\n";
    }
    if let Some(Fitted { report, .. }) = fitted {
        tables += &report.table();
    }
    let runs = taken.iter().map(read);
    let runs: Vec<CardRun> = runs.collect::<Result<_>>()?;
    let (card, data) = match &runs[..] {
        [] => bail!("no run was named"),
        [run] => (card_of_one(run, &tables)?, data_of(run, &taken[0].run)),
        several => {
            let name = out.file_name().map(|name| name.to_string_lossy());
            let name = name.as_deref().unwrap_or("adapter");
            let data = several.iter().zip(taken);
            let data = data.map(|(run, taken)| {
                // Configs of one name can make several runs.
                let of_config = format!("# Papers of {}\n", run.record.name);
                let of_run = format!("# Papers of the run {}\n", run.name);
                data_of(run, &taken.run).replacen(&of_config, &of_run, 1)
            });
            let data: Vec<String> = data.collect();
            (
                cards::sum_card(name, several, &tables),
                cards::joined(&data),
            )
        }
    };
    let folders: Vec<PathBuf> = taken.iter().map(|taken| taken.run.clone()).collect();
    let curves = comparison_page(&Comparison::read(&folders)?);
    for (run, name) in runs.iter().zip(cards::curves_of(runs.len())) {
        let mut curve = String::new();
        for row in run.rows.iter().filter(|row| is_told(row)) {
            curve += &serde_json::to_string(row)?;
            curve.push('\n');
        }
        ingest::safe_file::write(&out.join(name), curve.as_bytes())?;
    }
    let mut files = vec![
        ("README.md", card.as_bytes()),
        ("DATA.md", data.as_bytes()),
        ("curves.html", curves.as_bytes()),
        ("evaluation.json", &evaluated.bytes),
        ("LICENSE", APACHE.as_bytes()),
    ];
    if let Some(reliability) = &evaluated.reliability {
        files.push(("reliability.svg", reliability));
    }
    if let Some(fitted) = fitted {
        files.push(("classifier.bin", &fitted.classifier));
        files.push(("classifier.report.json", &fitted.bytes));
    }
    for (name, contents) in files {
        ingest::safe_file::write(&out.join(name), contents)?;
    }
    Ok(())
}

fn read(taken: &Taken) -> Result<CardRun> {
    let record = RunFolder::read_record(&taken.run)?;
    let folder = taken.run.file_name();
    Ok(CardRun {
        name: folder.map_or_else(
            || record.name.clone(),
            |name| name.to_string_lossy().into_owned(),
        ),
        rows: RunFolder::read_rows(&taken.run)?,
        record,
        step: taken.step,
        strength: taken.strength,
    })
}

fn card_of_one(run: &CardRun, tables: &str) -> Result<String> {
    let mut card = cards::model_card(&run.record, &run.rows, Some(tables));
    write!(
        card,
        "\n## The adapter\n\nWeights after step {}, at {} of the strength that they were trained to (between 0, the \
         base encoder, and 1 lie encoders that keep more of what the base could: Wortsman et al. 2021, \
         arXiv:2109.01903). `evaluation.json` has every figure with its definition, `curves.html` draws loss and quality \
         over steps, and `metrics.jsonl` has their numbers.\n",
        run.step, run.strength
    )
    .context("a String takes all")?;
    Ok(card)
}

/// The data card that the run wrote, else what its record gives.
fn data_of(run: &CardRun, folder: &Path) -> String {
    let of_run = std::fs::read_to_string(folder.join("DATA.md"));
    of_run.unwrap_or_else(|_| cards::data_card(&run.record, None))
}

fn is_told(row: &Row) -> bool {
    row.step.is_multiple_of(EVERY) || row.scalars.keys().any(|name| name.starts_with(QUALITY))
}

/// An evaluation as `trainer evaluate --json` writes it, as far as a card tells it.
#[derive(Debug, Deserialize)]
struct Evaluation {
    sample: Sample,
    rows: Vec<Judged>,
    differences: Vec<Compared>,
}

#[derive(Debug, Deserialize)]
struct Sample {
    per_category: usize,
    seed: u64,
    classes: usize,
    train: usize,
    calibration: usize,
    report: usize,
}

#[derive(Debug, Deserialize)]
struct Judged {
    name: String,
    precision: Option<Neighbors>,
    classification: Option<Categories>,
    retrieval: Vec<Search>,
}

#[derive(Debug, Deserialize)]
struct Neighbors {
    #[serde(rename = "at_1")]
    first: f64,
    #[serde(rename = "at_5")]
    of_five: f64,
    #[serde(rename = "at_10")]
    of_ten: f64,
}

#[derive(Debug, Deserialize)]
struct Categories {
    top_1: f64,
    top_3: f64,
    macro_f1: f64,
    calibration_error: f64,
}

#[derive(Debug, Deserialize)]
struct Search {
    set: String,
    ndcg_at_10: f64,
    recall_at_100: f64,
    mrr_at_10: f64,
}

#[derive(Debug, Deserialize)]
struct Compared {
    figure: String,
    against: String,
    mean: f64,
    low: f64,
    high: f64,
}

impl Evaluation {
    /// The figures that a reader compares, as tables in Markdown.
    fn tables(&self) -> String {
        let Sample {
            per_category,
            seed,
            classes,
            train,
            calibration,
            report,
        } = &self.sample;
        let rows = &self.rows;
        let mut text = format!(
            "{} papers of {classes} categories are searched ({train} of `train`, at most {per_category} a category, seed \
             {seed}) with {report} held-out ones.\n\n",
            train + calibration
        );
        text += &table(
            "share of the nearest that are of the same category | first | of five | of ten",
            rows.iter().filter_map(|row| {
                let Neighbors {
                    first,
                    of_five,
                    of_ten,
                } = row.precision.as_ref()?;
                Some((row.name.clone(), vec![*first, *of_five, *of_ten]))
            }),
        );
        text += &table(
            "category, by a linear probe | top-1 | top-3 | macro-F1 | calibration error",
            rows.iter().filter_map(|row| {
                let found = row.classification.as_ref()?;
                let figures = [
                    found.top_1,
                    found.top_3,
                    found.macro_f1,
                    found.calibration_error,
                ];
                Some((row.name.clone(), figures.to_vec()))
            }),
        );
        text += &table(
            "search | nDCG@10 | recall@100 | MRR@10",
            rows.iter().flat_map(|row| {
                row.retrieval.iter().map(|set| {
                    let figures = [set.ndcg_at_10, set.recall_at_100, set.mrr_at_10];
                    (format!("{}, {}", row.name, set.set), figures.to_vec())
                })
            }),
        );
        text += &table(
            "difference, with its 95 % interval | mean | from | to",
            self.differences.iter().map(|found| {
                let name = format!("{}, against {}", found.figure, found.against);
                (name, vec![found.mean, found.low, found.high])
            }),
        );
        text
    }
}

/// The report of a classifier as `trainer classifier` writes it, as far as a card tells it.
#[derive(Debug, Deserialize)]
struct FitReport {
    model_sha256: Sha256,
    figures: Suggestions,
    #[serde(default)]
    words: Option<OfWords>,
}

#[derive(Debug, Deserialize)]
struct OfWords {
    alone: Suggestions,
    embeddings_alone: Suggestions,
}

#[derive(Debug, Deserialize)]
struct Suggestions {
    papers: usize,
    top_1: f64,
    top_3: f64,
    top_5: f64,
    macro_f1: f64,
    calibration_error: f64,
}

impl FitReport {
    /// What is suggested, and how often it is right, beside either half alone.
    fn table(&self) -> String {
        let halves = self.words.iter().flat_map(|words| {
            [
                ("its words alone", &words.alone),
                ("its embeddings alone", &words.embeddings_alone),
            ]
        });
        let rows = iter::once(("`classifier.bin`", &self.figures)).chain(halves);
        let head = "category, as the page suggests it | top-1 | top-3 | top-5 | macro-F1 | calibration error";
        let rows = rows.map(|(name, found)| {
            let figures = [found.top_1, found.top_3, found.top_5];
            let figures = [&figures[..], &[found.macro_f1, found.calibration_error]];
            (name.to_owned(), figures.concat())
        });
        format!(
            "The classifier was fitted on this encoder; its figures are from {} held-out papers, and \
             `classifier.report.json` has the rest.\n\n{}",
            self.figures.papers,
            table(head, rows)
        )
    }
}

/// A table in Markdown; one without rows is left out.
fn table(head: &str, rows: impl Iterator<Item = (String, Vec<f64>)>) -> String {
    let rows: Vec<String> = rows
        .map(|(name, figures)| {
            let figures = figures.iter().map(|x| format!(" {x:.4} |"));
            format!("| {name} |{}\n", figures.collect::<String>())
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let columns = "---|".repeat(head.split('|').count());
    format!("| {head} |\n|{columns}\n{}\n", rows.concat())
}
