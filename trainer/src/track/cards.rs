//! What is said of a model and its data where they are published, as Markdown that the Hugging Face hub reads.

mod sum;
mod tables;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::compare::quality;
use super::{Row, RunRecord};
use crate::config::{Config, Method};
use tables::tables;

pub(super) use sum::{CardRun, curves_of, joined, sum_card};

/// The base encoder, where a config names no other.
const BASE: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// What every card says of its model.
const WHAT_IT_DOES: &str = "\
It turns a title, an abstract or a query into a unit vector; the dot product of two vectors says how near their texts \
are. It was trained on research papers by Offprint's trainer.\n\n";

/// The card of a finetuned model: where it comes from, how it was trained, what it can do.
///
/// `evaluation` stands under a heading of its own, as it is.
pub fn model_card(record: &RunRecord, rows: &[Row], evaluation: Option<&str>) -> String {
    let config = &record.config;
    let mut card = front_matter(config);
    write!(card, "# {}\n\n", record.name).expect("a String takes all");
    card += &lineage(config, 1);
    card += WHAT_IT_DOES;
    card += "## Training\n\n";
    card += &training(record, rows);
    card += "## Quality on held-out papers\n\n";
    card += &progress(rows);
    if let Some(evaluation) = evaluation {
        card += "## Evaluation\n\n";
        card += evaluation;
    }
    card += &limits(&[config]);
    card += "## The config\n\n";
    card += &fenced(config);
    card
}

/// The card of the papers a model was trained on.
///
/// `statistics` is the report of `trainer pairs --json`: whatever it holds becomes tables.
pub fn data_card(record: &RunRecord, statistics: Option<&Value>) -> String {
    let data = &record.config.data;
    let mut card = "---\nlanguage:\n- en\ntask_categories:\n- sentence-similarity\n- text-classification\n---\n\n\
                    # Papers of "
        .to_owned();
    write!(card, "{}\n\n", record.name).expect("a String takes all");
    card += "Titles and abstracts of research papers with their categories. They are not part of the model: each text \
             stays under the terms of where it came from.\n\n## Selection\n\n";
    let names: Vec<String> = data.papers.iter().map(|path| file_name(path)).collect();
    let files = match &data.pack {
        Some(folder) => format!("those of the pack `{}`", file_name(folder)),
        None => names.join(", "),
    };
    let mut facts = vec![("files", files)];
    if let Some(hash) = &record.data_sha256 {
        facts.push(("SHA-256 of what was read", format!("`{hash}`")));
    }
    let at_most = |n: Option<usize>| n.map_or_else(|| "all".to_owned(), |n| format!("at most {n}"));
    facts.extend([
        ("papers of a category", at_most(data.per_category)),
        ("papers in all", at_most(data.limit)),
        (
            "papers of equal title or abstract, and near copies",
            either(data.deduplicate, "taken once", "all taken"),
        ),
        (
            "titles that their abstract repeats",
            either(data.strip_title, "taken out of it", "left in it"),
        ),
        (
            "tokens of a document, at most",
            data.max_document_tokens.to_string(),
        ),
        (
            "title with abstract, weight",
            data.mix.title_abstract.to_string(),
        ),
        (
            "two papers of a category, weight",
            data.mix.category_pairs.to_string(),
        ),
        (
            "hard negatives of an anchor",
            data.hard_negatives.to_string(),
        ),
        ("seed", record.seed.to_string()),
    ]);
    card += &fact_table(&facts);
    card += "Where papers have a `split`, only `train` was trained on; quality was measured on papers held out by it, or \
             by a hash of their id.\n";
    if let Some(statistics) = statistics {
        card += "\n## Statistics\n\n";
        card += &tables(statistics, 3);
    }
    card
}

/// What the hub reads. Of a local base nothing is known, so that nothing is claimed.
fn front_matter(config: &Config) -> String {
    let mut yaml = "---\n".to_owned();
    if config.model.base.is_none() {
        let relation = match config.model.method {
            Method::Full => "finetune",
            Method::Lora => "adapter",
        };
        writeln!(
            yaml,
            "license: apache-2.0\nbase_model: {BASE}\nbase_model_relation: {relation}"
        )
        .expect("a String takes all");
    }
    yaml += "language:\n- en\npipeline_tag: sentence-similarity\ntags:\n- sentence-similarity\n- feature-extraction\n\
             - scientific-papers\n---\n\n";
    yaml
}

/// Where a model made of `n_runs` runs comes from.
fn lineage(config: &Config, n_runs: usize) -> String {
    let trained = match (config.model.method, n_runs) {
        (Method::Full, _) => "All weights that are not frozen were trained.",
        (Method::Lora, 1) => {
            "A low-rank adapter was trained; the base model's own weights stayed as they are."
        }
        (Method::Lora, _) => {
            "Low-rank adapters were trained, each by itself, and added up; the base model's own weights stayed as they \
             are."
        }
    };
    match &config.model.base {
        None => format!(
            "[{BASE}](https://huggingface.co/{BASE}), finetuned by us. The base model is its authors' and under the \
             Apache License 2.0, as is this one. {trained}\n\n"
        ),
        Some(path) => format!(
            "The encoder `{}`, finetuned by us; its own licence holds for this one as well. {trained}\n\n",
            file_name(path)
        ),
    }
}

fn limits(configs: &[&Config]) -> String {
    let max_tokens = configs.iter().map(|config| config.model.max_tokens).min();
    let mut text = format!(
        "## Limits\n\n\
         - It learned the leanings of the papers in the data card: fields that are rare there are known less well.\n\
         - Texts are read as English, and cut after {} tokens.\n",
        max_tokens.unwrap_or_default()
    );
    let has_categories = |config: &&Config| {
        let loss = &config.loss;
        loss.category > 0.0 || loss.classification > 0.0 || config.data.mix.category_pairs > 0.0
    };
    if configs.iter().any(has_categories) {
        text += "- Categories were training labels: figures by category flatter it beside models that never saw them.\n";
    }
    if configs.len() > 1 {
        text += "- How far each run goes was chosen by figures. Where the questions that chose are those above, their figures flatter it a little.\n";
    }
    text + "\n"
}

fn training(record: &RunRecord, rows: &[Row]) -> String {
    let config = &record.config;
    let last = rows.last();
    let mut facts = Vec::new();
    if let Some(row) = last {
        let finished = record.finished.as_ref();
        let (steps, seconds) =
            finished.map_or((row.step, row.seconds), |end| (end.step, end.seconds));
        facts.push(("steps", steps.to_string()));
        facts.push(("papers seen", row.papers.to_string()));
        facts.push(("minutes", format!("{:.1}", seconds / 60.0)));
    }
    facts.push(("method", config.model.method.name().to_owned()));
    if config.model.method == Method::Lora {
        facts.push(("rank", config.model.lora.rank.to_string()));
    }
    facts.extend([
        ("pairs of a batch", config.batch.pairs.to_string()),
        (
            "highest learning rate",
            format!("{:e}", config.optimize.learning_rate),
        ),
        ("losses", losses(config)),
        ("seed", record.seed.to_string()),
        (
            "machine",
            format!("{}, {} cores", record.machine, record.cores),
        ),
        ("trainer", record.trainer.clone()),
        ("started", record.started.clone()),
    ]);
    let revision = record.revision.as_ref();
    facts.push((
        "revision",
        revision.map_or_else(|| "unknown".to_owned(), ToString::to_string),
    ));
    if !record.resumed.is_empty() {
        facts.push(("resumed", format!("{} times", record.resumed.len())));
    }
    for resumed in &record.resumed {
        let changes = resumed.changes.iter();
        facts.extend(changes.map(|change| {
            let step = resumed.step;
            ("changed", format!("{change}, after step {step}"))
        }));
    }
    let mut text = fact_table(&facts);
    if record.finished.is_none() {
        text += "The run did not come to its end.\n\n";
    }
    text
}

fn losses(config: &Config) -> String {
    let loss = &config.loss;
    let terms = [
        ("multiple negatives ranking", loss.ranking),
        ("distillation from the base and words", loss.distillation),
        ("supervised contrast of categories", loss.category),
        ("contrastive", loss.contrastive),
        ("classification", loss.classification),
        ("nearness to the base at full width", loss.anchor),
        ("as stored", loss.wire),
    ];
    let terms = terms.iter().filter(|(_, weight)| *weight > 0.0);
    let terms: Vec<String> = terms
        .map(|(name, weight)| format!("{name} × {weight}"))
        .collect();
    let widths: Vec<String> = loss.widths.iter().map(ToString::to_string).collect();
    format!("{}, at widths {}", terms.join(", "), widths.join(", "))
}

/// Quality from the untouched model to the best checkpoint.
fn progress(rows: &[Row]) -> String {
    let quality = quality(rows);
    if quality.is_empty() {
        return "None was measured in training.\n\n".to_owned();
    }
    let mut text =
        "| metric | untouched | best | at step | last |\n|---|---|---|---|---|\n".to_owned();
    for (name, metric) in quality {
        let start = metric
            .start
            .map_or_else(|| "–".to_owned(), |start| format!("{start:.4}"));
        let (best, step, last) = (metric.best, metric.best_step, metric.last);
        writeln!(
            text,
            "| {name} | {start} | {best:.4} | {step} | {last:.4} |"
        )
        .expect("a String takes all");
    }
    text + "\n"
}

fn fact_table(facts: &[(&str, String)]) -> String {
    let mut text = "| | |\n|---|---|\n".to_owned();
    for (name, fact) in facts {
        writeln!(text, "| {name} | {} |", fact.replace('|', "\\|")).expect("a String takes all");
    }
    text + "\n"
}

fn either(so: bool, yes: &str, no: &str) -> String {
    if so { yes } else { no }.to_owned()
}

/// The config as TOML between fences.
fn fenced(config: &Config) -> String {
    let toml = without_folders(config).to_toml();
    let toml = toml.unwrap_or_else(|error| format!("# {error:#}\n"));
    format!("```toml\n{toml}```\n")
}

/// The config as others can use it, with their own folders.
fn without_folders(config: &Config) -> Config {
    let mut config = config.clone();
    config.output = None;
    let name = |path: &mut PathBuf| *path = file_name(path).into();
    config.data.papers.iter_mut().for_each(name);
    config.data.pack.iter_mut().for_each(name);
    config.model.base.iter_mut().for_each(name);
    config
}

/// Folders are the machine's business, not the card's; an address of the hub is told whole.
fn file_name(path: &Path) -> String {
    let whole = path.to_string_lossy();
    match path.file_name() {
        Some(name) if !whole.starts_with("hf://") => name.to_string_lossy().into_owned(),
        _ => whole.into_owned(),
    }
}

#[cfg(test)]
mod tests;
