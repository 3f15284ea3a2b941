//! `index-builder classify`: suggested categories of one text.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use shared::{Encoder, PaperId, Query, Searcher, taxonomy};

use super::Hit;
use crate::folder::Folder;

/// Nearest labelled papers shown.
const EVIDENCE: usize = 5;

/// A category with its calibrated probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// Category code.
    pub category: String,
    /// Its name, where it is arXiv's.
    pub name: Option<&'static str>,
    /// Calibrated probability, 0 to 1.
    pub probability: f64,
}

/// Suggested categories, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Classified {
    /// Most probable first.
    pub suggestions: Vec<Suggestion>,
    /// How many categories, the most probable ones, make the prediction set; absent where the classifier was
    /// judged on no held-out papers.
    pub set: Option<usize>,
    /// Whether the first is sure enough to be named; absent likewise.
    pub names: Option<bool>,
    /// Categories that the text is likely to be listed in beside the first, with the probability of that.
    pub cross_lists: Vec<Suggestion>,
    /// The nearest papers that have a category.
    pub evidence: Vec<Hit>,
    /// Tokens beyond the model's window, which had no vote.
    pub n_cut: usize,
}

/// Classifies one text with an open build.
///
/// # Errors
/// Where the build has no classifier, or the text no word.
pub fn classify(folder: &Folder, title: &str, abstract_: &str, k: usize) -> Result<Classified> {
    let classifier = folder
        .classifier
        .as_ref()
        .context("this build has no classifier: give `build` one that fits its model")?;
    let embedding = Encoder::new(folder.model.clone()).embed_document(title, abstract_)?;
    let pieces = classifier.pieces(&folder.model, title, abstract_);
    let ranked = classifier.classify(&embedding.vector, &pieces);
    let held_out = classifier.meta().held_out.as_ref();
    let set = held_out.map(|held_out| held_out.set_of(&ranked));
    let names = held_out.map(|held_out| held_out.names(&ranked));
    let suggestion = |(class, probability): (usize, f64)| {
        let category = classifier.classes()[class].clone();
        Suggestion {
            name: taxonomy::category(&category).map(|row| row.name),
            category,
            probability,
        }
    };
    let cross_lists = classifier.cross_lists(&ranked).into_iter().map(suggestion);
    let cross_lists = cross_lists.collect();
    let suggestions = ranked.into_iter().take(k).map(suggestion);
    let query = Query::new(&embedding.vector).context("an embedding is finite")?;
    let labelled = |paper: PaperId| !folder.papers.category_numbers(paper).is_empty();
    let searcher = &mut Searcher::default();
    let (evidence, _) = (folder.vectors).nearest(searcher, &query, EVIDENCE, None, Some(&labelled));
    Ok(Classified {
        suggestions: suggestions.collect(),
        set,
        names,
        cross_lists,
        evidence: evidence
            .iter()
            .map(|hit| Hit::new(&folder.papers, hit))
            .collect(),
        n_cut: embedding.n_cut,
    })
}

/// Prints the suggestions for one text, as a table or as JSON.
///
/// # Errors
/// As [`classify`], or where the build does not open or `to` cannot be written.
pub fn print(
    folder: &Path,
    title: &str,
    abstract_: &str,
    k: usize,
    json: bool,
    to: &mut dyn Write,
) -> Result<()> {
    let folder = Folder::open(folder)?;
    let classified = classify(&folder, title, abstract_, k)?;
    if json {
        serde_json::to_writer_pretty(&mut *to, &classified)?;
        writeln!(to)?;
        return Ok(());
    }
    for row in &classified.suggestions {
        writeln!(
            to,
            "{:>6.1} %  {:<18} {}",
            100.0 * row.probability,
            row.category,
            row.name.unwrap_or_default()
        )?;
    }
    let held_out = folder.classifier.as_ref();
    let held_out = held_out.and_then(|classifier| classifier.meta().held_out.as_ref());
    if let (Some(set), Some(held_out)) = (classified.set, held_out) {
        writeln!(
            to,
            "the first {set} hold the category of {:.0} % of texts{}",
            100.0 * held_out.set.level,
            match classified.names {
                Some(false) => "; none is sure enough to be named",
                _ => "",
            }
        )?;
    }
    if !classified.cross_lists.is_empty() {
        let lists = classified.cross_lists.iter();
        let lists: Vec<String> = lists
            .map(|one| format!("{} ({:.0} %)", one.category, 100.0 * one.probability))
            .collect();
        writeln!(to, "cross-lists to consider: {}", lists.join(", "))?;
    }
    writeln!(to, "nearest papers with a category:")?;
    for hit in &classified.evidence {
        writeln!(
            to,
            "  {:.4}  {:<18} {:<18} {}",
            hit.similarity.unwrap_or_default(),
            hit.id,
            hit.categories.join(" "),
            hit.title
        )?;
    }
    Ok(())
}
