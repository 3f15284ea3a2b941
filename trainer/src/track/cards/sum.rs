//! The cards of an adapter that is the sum of several runs' adapters.

use std::fmt::Write as _;

use super::super::{Row, RunRecord};
use super::{WHAT_IT_DOES, fenced, front_matter, limits, lineage, progress, training};

/// A run as a card tells of it.
#[derive(Debug)]
pub(in super::super) struct CardRun {
    /// Name of its folder.
    pub(in super::super) name: String,
    pub(in super::super) record: RunRecord,
    pub(in super::super) rows: Vec<Row>,
    /// The step whose weights were taken.
    pub(in super::super) step: u64,
    /// How far its adapter goes, 1 being as far as it was trained to.
    pub(in super::super) strength: f64,
}

/// Names of the files with the numbers of each run's curves.
pub(in super::super) fn curves_of(n_runs: usize) -> Vec<String> {
    match n_runs {
        1 => vec!["metrics.jsonl".to_owned()],
        // Folders of one name can lie in different places, and numbers never collide.
        _ => (1..=n_runs).map(|n| format!("metrics-{n}.jsonl")).collect(),
    }
}

/// The model card of a sum: what was added, how good it is, then how each run was trained.
///
/// `evaluation` stands under a heading of its own, as it is; there is at least one run.
pub(in super::super) fn sum_card(name: &str, runs: &[CardRun], evaluation: &str) -> String {
    let configs: Vec<_> = runs.iter().map(|run| &run.record.config).collect();
    let mut card = front_matter(configs[0]);
    write!(card, "# {name}\n\n").expect("a String takes all");
    card += &lineage(configs[0], runs.len());
    card += WHAT_IT_DOES;
    card += "## The adapter\n\n\
             The sum of the adapters of these runs (task arithmetic: Ilharco et al. 2023, arXiv:2212.04089), each at a \
             share of the strength that it was trained to. Between 0, the base encoder, and 1 lie encoders that keep more \
             of what the base could (Wortsman et al. 2021, arXiv:2109.01903).\n\n\
             | run | weights after step | strength | its numbers |\n|---|---|---|---|\n";
    for (run, curve) in runs.iter().zip(curves_of(runs.len())) {
        let CardRun {
            name,
            step,
            strength,
            ..
        } = run;
        writeln!(card, "| {name} | {step} | {strength} | `{curve}` |").expect("a String takes all");
    }
    card += "\n`evaluation.json` has every figure with its definition, and `curves.html` draws loss and quality of each run \
             over steps.\n\n## Evaluation\n\n";
    card += evaluation;
    card += &limits(&configs);
    for run in runs {
        write!(card, "## The run {}\n\n", run.name).expect("a String takes all");
        card += &training(&run.record, &run.rows);
        card += "Quality on held-out papers in training:\n\n";
        card += &progress(&run.rows);
        card += &fenced(&run.record.config);
        card += "\n";
    }
    card.truncate(card.trim_end().len());
    card + "\n"
}

/// Several data cards as one: what the hub reads stands only at its beginning.
pub(in super::super) fn joined(cards: &[String]) -> String {
    let mut joined = String::new();
    for card in cards {
        if joined.is_empty() {
            joined += card;
            continue;
        }
        let front = card.strip_prefix("---\n");
        let front = front.and_then(|rest| rest.split_once("\n---\n"));
        joined += "\n";
        joined += front.map_or(card.as_str(), |(_, rest)| rest.trim_start());
    }
    joined
}
