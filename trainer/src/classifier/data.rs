//! Labelled papers: which teach, which calibrate, which judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use index_builder::embed::{EmbeddingCache, embed_all};
use ingest::papers;
use ingest::select::{Half, half, sample_key};
use rayon::prelude::*;
use shared::tokenizer::TokenBuffer;
use shared::{Classifier, Model, Paper, Sha256, taxonomy};

use super::ClassifierConfig;
use super::words::{Text, Texts};
use crate::data::tell;

/// An embedding and its class.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// `[dim]`.
    pub vector: Vec<f32>,
    /// Number of the class.
    pub label: usize,
}

/// Papers of one role, in the order of the input.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub papers: Vec<Labelled>,
    /// `[papers]`: pieces of their words.
    pub pieces: Vec<Vec<u32>>,
    /// `[papers]`: classes that they are listed in beside their own.
    pub beside: Vec<Vec<usize>>,
}

impl Part {
    /// `[papers, classes]`: probabilities.
    pub(super) fn rows(&self, classifier: &Classifier) -> Vec<Vec<f64>> {
        (self.papers.par_iter().zip(&self.pieces))
            .map(|(paper, pieces)| classifier.probabilities(&paper.vector, pieces))
            .collect()
    }
}

/// The papers of a fit.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub classes: Vec<String>,
    /// See [`Choice::listed_with`].
    pub listed_with: Vec<Vec<u32>>,
    pub train: Part,
    pub calibration: Part,
    pub report: Part,
    /// Labelled papers by category that belong to no class: archive level only.
    pub unclassed: BTreeMap<String, usize>,
    /// Classes without a training paper.
    pub untaught: Vec<String>,
}

/// What a paper is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It teaches.
    Train,
    /// Temperature, penalty and the like are chosen by it.
    Calibration,
    /// Figures are measured on it.
    Report,
}

/// Papers without a split are held out by this share of a hash.
const HELD_OUT_OF_256: u8 = 26;

pub(crate) fn role(paper: &Paper) -> Option<Role> {
    let held_out = match paper.split.as_deref() {
        Some("train") => false,
        Some("valid") => true,
        Some(_) => return None,
        None => Sha256::of(paper.id.as_bytes()).0[1] < HELD_OUT_OF_256,
    };
    Some(match (held_out, half(&paper.id)) {
        (false, _) => Role::Train,
        (true, Half::Calibration) => Role::Calibration,
        (true, Half::Report) => Role::Report,
    })
}

/// A paper that has a part in a fit or in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenPaper {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its abstract.
    pub abstract_: String,
    /// Number of its class.
    pub label: usize,
    /// Numbers of the classes that it is listed in beside its own, ascending.
    pub beside: Vec<usize>,
    /// What it is for.
    pub role: Role,
    /// Its year, where it is known.
    pub year: Option<u16>,
}

/// Labelled papers, chosen but not embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// In the order of the input.
    pub papers: Vec<ChosenPaper>,
    /// Labelled papers by category that belong to no class: archive level only.
    pub unclassed: BTreeMap<String, usize>,
    /// `[classes][classes]`: of all training papers of the first class, chosen or not, how many are listed in the
    /// second.
    pub listed_with: Vec<Vec<u32>>,
}

impl Choice {
    /// Classes that no training paper belongs to.
    pub fn untaught(&self) -> Vec<String> {
        let train = self.papers.iter().filter(|paper| paper.role == Role::Train);
        let taught: BTreeSet<usize> = train.map(|paper| paper.label).collect();
        (0..self.classes.len())
            .filter(|class| !taught.contains(class))
            .map(|class| self.classes[class].clone())
            .collect()
    }
}

/// Chooses papers from files: at most `per_category` training papers of each class, those with the
/// smallest [`sample_key`], and every held-out paper. Where a year is given, only papers of the years
/// before it teach.
///
/// # Errors
/// Where a file cannot be read.
pub fn choose(
    inputs: &[PathBuf],
    per_category: usize,
    seed: u64,
    before: Option<u16>,
) -> Result<Choice> {
    let may_teach =
        |paper: &Paper| before.is_none_or(|before| paper.year.is_some_and(|year| year < before));
    let files = papers::resolve(inputs)?;
    // Keys first: a category's training papers are those of the smallest keys, so that a larger
    // sample holds a smaller one, and shares embeddings with index-builder's samples.
    let mut keys: BTreeMap<String, BTreeSet<(Sha256, String)>> = BTreeMap::new();
    let mut primaries = BTreeMap::new();
    let rows = papers::read(&files, &mut |paper| {
        let Some(primary) = paper.categories.first() else {
            return Ok(());
        };
        let class = class_of(primary);
        *primaries.entry(class.clone()).or_insert(0_usize) += 1;
        if role(&paper) == Some(Role::Train) && may_teach(&paper) {
            let chosen = keys.entry(class).or_default();
            chosen.insert((sample_key(seed, &paper.id), paper.id));
            if chosen.len() > per_category {
                chosen.pop_last();
            }
        }
        Ok(())
    })?;
    tell(&rows);
    let classes = classes(&primaries);
    let unclassed = primaries
        .into_iter()
        .filter(|(class, _)| !classes.contains(class))
        .collect();
    let chosen: BTreeSet<&str> = keys.values().flatten().map(|(_, id)| id.as_str()).collect();

    let mut taken = Vec::new();
    let mut listed_with = vec![vec![0; classes.len()]; classes.len()];
    papers::read(&files, &mut |paper| {
        let (Some(primary), Some(role)) = (paper.categories.first(), role(&paper)) else {
            return Ok(());
        };
        let number = |code: &str| classes.iter().position(|class| *class == class_of(code));
        let Some(label) = number(primary) else {
            return Ok(());
        };
        let listed: BTreeSet<usize> = (paper.categories.iter())
            .filter_map(|code| number(code))
            .collect();
        if role == Role::Train && may_teach(&paper) {
            for &class in &listed {
                listed_with[label][class] += 1;
            }
        }
        if role != Role::Train || chosen.contains(&*paper.id) {
            taken.push(ChosenPaper {
                id: paper.id,
                title: paper.title,
                abstract_: paper.abstract_,
                label,
                beside: listed.into_iter().filter(|&class| class != label).collect(),
                role,
                year: paper.year,
            });
        }
        Ok(())
    })?;
    Ok(Choice {
        classes,
        papers: taken,
        unclassed,
        listed_with,
    })
}

/// Reads, chooses and embeds.
pub(super) fn read(config: &ClassifierConfig, model: &Arc<Model>) -> Result<Data> {
    let choice = choose(&config.papers, config.per_category, config.seed, None)?;
    let texts: Vec<String> = (choice.papers.iter())
        .map(|paper| model.meta().document(&paper.title, &paper.abstract_))
        .collect();
    let mut cache = EmbeddingCache::open_for_user(model)?;
    let embedded = embed_all(model, &mut cache, &texts)?;

    let [mut train, mut calibration, mut report] = [(); 3].map(|()| Part::default());
    for (paper, vector) in choice.papers.iter().zip(embedded.vectors) {
        let Some(vector) = vector else { continue };
        let part = match paper.role {
            Role::Train => &mut train,
            Role::Calibration => &mut calibration,
            Role::Report => &mut report,
        };
        part.papers.push(Labelled {
            vector,
            label: paper.label,
        });
        part.pieces.push(pieces_of(model, paper));
        part.beside.push(paper.beside.clone());
    }
    Ok(Data {
        untaught: choice.untaught(),
        classes: choice.classes,
        listed_with: choice.listed_with,
        train,
        calibration,
        report,
        unclassed: choice.unclassed,
    })
}

/// The papers that words are learned from: the training papers of [`read`] and more, at most `words_per_category` of
/// each class.
pub(super) fn read_texts(config: &ClassifierConfig, model: &Model) -> Result<Texts> {
    let per_category = config.words_per_category.max(config.per_category);
    let mut papers = choose(&config.papers, per_category, config.seed, None)?.papers;
    papers.retain(|paper| paper.role == Role::Train);
    let texts: Vec<Text> = (papers.par_iter())
        .map(|paper| Text {
            pieces: pieces_of(model, paper),
            label: paper.label,
        })
        .collect();
    Ok(Texts::new(&texts, model.tokenizer().n_ids()))
}

fn pieces_of(model: &Model, paper: &ChosenPaper) -> Vec<u32> {
    let text = model.meta().document(&paper.title, &paper.abstract_);
    let mut buffer = TokenBuffer::default();
    model.tokenizer().pieces_into(&text, &mut buffer).to_vec()
}

/// The class that a category code belongs to: aliases and closed archives followed.
pub(crate) fn class_of(code: &str) -> String {
    taxonomy::canonical(code)
        .map_or(code, |category| category.code)
        .to_owned()
}

/// arXiv's 149 canonical categories where the papers are arXiv's; else whatever codes they have.
pub(crate) fn classes(primaries: &BTreeMap<String, usize>) -> Vec<String> {
    if primaries
        .keys()
        .any(|code| taxonomy::category(code).is_some())
    {
        taxonomy::canonical_categories()
            .map(|category| category.code.to_owned())
            .collect()
    } else {
        primaries.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_decide_and_a_hash_decides_where_there_is_none() {
        let paper = |id: &str, split: Option<&str>| Paper {
            id: id.into(),
            split: split.map(str::to_owned),
            ..Paper::default()
        };
        assert_eq!(role(&paper("a", Some("train"))), Some(Role::Train));
        assert_eq!(
            role(&paper("a", Some("test"))),
            None,
            "a held-back test set teaches nothing"
        );
        let roles: Vec<_> = (0..2000)
            .filter_map(|i| role(&paper(&i.to_string(), None)))
            .collect();
        let held = roles.iter().filter(|role| **role != Role::Train).count();
        assert!(
            (120..290).contains(&held),
            "about a tenth of 2,000 is held out, not {held}"
        );
        let valid: Vec<_> = (0..2000)
            .filter_map(|i| role(&paper(&i.to_string(), Some("valid"))))
            .collect();
        let report = valid.iter().filter(|role| **role == Role::Report).count();
        assert!(
            (850..1150).contains(&report),
            "about a half reports, not {report}"
        );
    }

    #[test]
    fn aliases_are_one_class() {
        assert_eq!(class_of("cs.NA"), class_of("math.NA"));
        assert_eq!(class_of("cmp-lg"), "cs.CL");
        let arxiv = classes(&BTreeMap::from([
            ("cs.LG".to_owned(), 1),
            ("astro-ph".to_owned(), 1),
        ]));
        assert_eq!(arxiv.len(), 149);
        assert_eq!(
            classes(&BTreeMap::from([("sports".to_owned(), 1)])),
            ["sports"]
        );
    }
}
