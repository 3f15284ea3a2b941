//! Which papers teach and which judge, without leakage between the two.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use ingest::papers;
use ingest::select::sample_key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::tokenizer::Tokenizer;
use shared::{Paper, Sha256};

use super::corpus::{Corpus, Entry};
use super::sentences::Sentences;
use crate::classifier::{Role, class_of, classes, role};
use crate::config::DataConfig;

/// Papers that are tokenized at a time.
const BLOCK: usize = 8192;
/// Held-out papers of a category that are kept to choose checkpoints by.
const VALID_PER_CATEGORY: usize = 20;
/// A title of fewer words may stand in its abstract by chance.
const TITLE_WORDS: usize = 3;
/// Characters of an abstract by which copies are told.
const BEGINNING: usize = 160;

/// Papers that were left out of training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Without a title or an abstract: they make no pair.
    pub incomplete: usize,
    /// Of a category that is no class, such as an archive that has sub-categories.
    pub no_class: usize,
    /// Of another split than `train` and `valid`: they neither teach nor judge.
    #[serde(default)]
    pub other_split: usize,
    /// Of a later year than `data.until`, or of none that is known.
    pub too_late: usize,
    /// A held-out paper has the same title, or an abstract that begins alike.
    pub leaks: usize,
    /// Another training paper has.
    pub copies: usize,
    /// Beyond `data.per_category` or `data.limit`.
    pub beyond: usize,
    /// Kept, with their title taken out of their abstract.
    pub stripped: usize,
    /// Kept, with an abstract longer than what is kept of one.
    pub cut: usize,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "left out: {} incomplete, {} of another split, {} of no class, {} too late, {} that a held-out paper resembles, \
             {} copies, {} beyond what was asked for",
            self.incomplete,
            self.other_split,
            self.no_class,
            self.too_late,
            self.leaks,
            self.copies,
            self.beyond
        )
    }
}

/// What the choice needs of a paper.
struct Seen {
    role: Role,
    class: String,
    key: Sha256,
    copies: [u64; 2],
    year: u16,
}

/// Reads the papers twice: first to choose, then to tokenize what was chosen.
pub(super) fn read(
    paths: &[PathBuf],
    config: &DataConfig,
    seed: u64,
    tokenizer: &Tokenizer,
) -> Result<Corpus> {
    let mut dropped = Dropped::default();
    let mut seen = Vec::new();
    let mut held_out = HashSet::new();
    let mut primaries = BTreeMap::new();
    papers::read(paths, &mut |paper| {
        let Some(role) = role(&paper) else {
            // A test set of somebody's: it does not judge here, and its copies do not teach.
            dropped.other_split += 1;
            held_out.extend(fingerprints(&paper));
            return Ok(());
        };
        let class = class(&paper);
        *primaries.entry(class.clone()).or_insert(0_usize) += 1;
        if role == Role::Train && (paper.title.is_empty() || paper.abstract_.is_empty()) {
            dropped.incomplete += 1;
            return Ok(());
        }
        seen.push(Seen {
            role,
            class,
            key: sample_key(seed, &paper.id),
            copies: fingerprints(&paper),
            year: paper.year.unwrap_or(0),
        });
        Ok(())
    })?;
    let classes = classes(&primaries);
    let chosen = choose(&seen, held_out, &classes, config, &mut dropped);
    drop(seen);

    let mut corpus = Corpus {
        classes,
        opening: special(tokenizer, 0),
        closing: special(tokenizer, 1),
        sentences: Sentences::new(tokenizer),
        ..Corpus::default()
    };
    let mut block = Vec::with_capacity(BLOCK);
    papers::read(paths, &mut |paper| {
        if chosen.contains(&sample_key(seed, &paper.id)) {
            block.push(paper);
            if block.len() == BLOCK {
                add(&mut corpus, &mut block, config, tokenizer, &mut dropped);
            }
        }
        Ok(())
    })?;
    add(&mut corpus, &mut block, config, tokenizer, &mut dropped);
    corpus.dropped = dropped;
    Ok(corpus)
}

fn special(tokenizer: &Tokenizer, at: usize) -> u16 {
    tokenizer.tokenize("").ids[at] as u16
}

/// The category of a paper; papers without one are of a category without a name.
fn class(paper: &Paper) -> String {
    paper
        .categories
        .first()
        .map_or_else(String::new, |code| class_of(code))
}

/// The keys of the papers that are kept, of both roles.
fn choose(
    seen: &[Seen],
    mut held_out: HashSet<u64>,
    classes: &[String],
    config: &DataConfig,
    dropped: &mut Dropped,
) -> HashSet<Sha256> {
    let judging = seen.iter().filter(|one| one.role != Role::Train);
    held_out.extend(judging.flat_map(|one| one.copies));
    let mut by_class: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    let mut valid: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for one in seen {
        if !classes.contains(&one.class) {
            dropped.no_class += usize::from(one.role == Role::Train);
            continue;
        }
        match one.role {
            Role::Train if is_too_late(one.year, config.until) => {
                dropped.too_late += 1;
            }
            Role::Train if one.copies.iter().any(|copy| held_out.contains(copy)) => {
                dropped.leaks += 1;
            }
            Role::Train => by_class.entry(&one.class).or_default().push(one),
            // A checkpoint is not chosen by years that it is to be judged by.
            Role::Calibration if is_too_late(one.year, config.until) => {}
            Role::Calibration => valid.entry(&one.class).or_default().push(one),
            Role::Report => {}
        }
    }
    let mut copies = HashSet::new();
    let mut kept: Vec<(usize, Sha256)> = Vec::new();
    for papers in by_class.values_mut() {
        papers.sort_by_key(|one| one.key.0);
        let mut n = 0;
        for one in papers.iter() {
            if config.deduplicate && one.copies.iter().any(|copy| copies.contains(copy)) {
                dropped.copies += 1;
                continue;
            }
            copies.extend(one.copies);
            if config.per_category.is_some_and(|most| n >= most) {
                dropped.beyond += 1;
                continue;
            }
            kept.push((n, one.key));
            n += 1;
        }
    }
    if let Some(limit) = config.limit
        && kept.len() > limit
    {
        // The first of every category before the second of any.
        kept.sort_by_key(|(place, key)| (*place, key.0));
        dropped.beyond += kept.len() - limit;
        kept.truncate(limit);
    }
    let mut keys: HashSet<Sha256> = kept.into_iter().map(|(_, key)| key).collect();
    for papers in valid.values_mut() {
        papers.sort_by_key(|one| one.key.0);
        keys.extend(papers.iter().take(VALID_PER_CATEGORY).map(|one| one.key));
    }
    keys
}

/// Whether a year, 0 where it is not known, is after the last one that is asked for.
fn is_too_late(year: u16, until: Option<u16>) -> bool {
    until.is_some_and(|until| year > until || year == 0)
}

/// Title, and beginning of the abstract, as copies share them: letters and digits only.
fn fingerprints(paper: &Paper) -> [u64; 2] {
    let of = |kind: u8, text: &str, longest: usize| {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        let plain: String = letters.flat_map(char::to_lowercase).take(longest).collect();
        // What says nothing resembles nothing.
        let own = if plain.is_empty() { &paper.id } else { &plain };
        hash(&[&[kind], own.as_bytes()].concat())
    };
    [
        of(0, &paper.title, usize::MAX),
        of(1, &paper.abstract_, BEGINNING),
    ]
}

fn hash(bytes: &[u8]) -> u64 {
    let Sha256(digest) = Sha256::of(bytes);
    u64::from_le_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

/// Tokenizes a block on all cores and appends it.
fn add(
    corpus: &mut Corpus,
    block: &mut Vec<Paper>,
    config: &DataConfig,
    tokenizer: &Tokenizer,
    dropped: &mut Dropped,
) {
    let tokenized: Vec<_> = block
        .par_iter()
        .map(|paper| {
            let stripped = config
                .strip_title
                .then(|| without_title(&paper.title, &paper.abstract_))
                .flatten();
            let was_stripped = stripped.is_some();
            let body = stripped.as_deref().unwrap_or(&paper.abstract_);
            (
                tokenizer.tokenize(&paper.title),
                tokenizer.tokenize(body),
                was_stripped,
            )
        })
        .collect();
    for (paper, (title, body, was_stripped)) in block.drain(..).zip(tokenized) {
        let class = class(&paper);
        let Some(label) = corpus.classes.iter().position(|one| *one == class) else {
            continue;
        };
        let inner = |ids: &[u32]| -> Vec<u16> {
            ids[1..ids.len() - 1].iter().map(|&id| id as u16).collect()
        };
        let (title_ids, body_ids) = (inner(&title.ids), inner(&body.ids));
        let entry = Entry {
            at: corpus.tokens.len(),
            n_title: title_ids.len() as u16,
            n_abstract: body_ids.len() as u16,
            label: label as u16,
            year: paper.year.unwrap_or(0),
            id: hash(paper.id.as_bytes()),
        };
        corpus.tokens.extend(title_ids);
        corpus.tokens.extend(body_ids);
        if role(&paper) == Some(Role::Train) {
            dropped.stripped += usize::from(was_stripped);
            dropped.cut += usize::from(body.n_cut > 0);
            corpus.train.push(entry);
        } else {
            corpus.valid.push(entry);
        }
    }
}

/// An abstract without its title, where the title stands in it: finding the same words would be all
/// there is to learn of the pair.
fn without_title(title: &str, text: &str) -> Option<String> {
    let title = title.trim_end_matches(['.', ' ']);
    if title.split_whitespace().count() < TITLE_WORDS {
        return None;
    }
    // ASCII letters keep their length in lower case, so that places agree.
    let at = text
        .to_ascii_lowercase()
        .find(&title.to_ascii_lowercase())?;
    let rest = text[at + title.len()..].trim_start_matches(['.', ':', ',', ' ', '-']);
    let without = format!("{}{rest}", &text[..at]);
    (!without.trim().is_empty()).then_some(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_taken_out_of_its_abstract() {
        let without = |title, text: &str| without_title(title, text);
        let rest = without("On Large Sets", "On large sets. We count them.");
        assert_eq!(rest.as_deref(), Some("We count them."));
        let rest = without("On large sets.", "This is on large sets, which we count.");
        assert_eq!(rest.as_deref(), Some("This is which we count."));
        assert_eq!(
            without("Large sets", "Large sets are counted."),
            None,
            "two words"
        );
        assert_eq!(without("On large sets", "We count."), None);
        assert_eq!(
            without("On large sets", "On large sets."),
            None,
            "nothing would be left"
        );
    }

    fn seen(role: Role, class: &str, id: u8, copies: [u64; 2]) -> Seen {
        Seen {
            role,
            class: class.into(),
            key: Sha256([id; 32]),
            copies,
            year: 2000 + u16::from(id),
        }
    }

    #[test]
    fn what_resembles_a_held_out_paper_does_not_teach() {
        let papers = [
            seen(Role::Train, "a", 1, [1, 2]),
            seen(Role::Train, "a", 2, [3, 4]),
            seen(Role::Train, "a", 3, [3, 5]),
            seen(Role::Train, "b", 4, [6, 7]),
            seen(Role::Train, "none", 5, [8, 9]),
            seen(Role::Train, "b", 6, [10, 11]),
            seen(Role::Train, "b", 20, [12, 13]),
            seen(Role::Calibration, "b", 7, [14, 2]),
            seen(Role::Report, "a", 8, [6, 15]),
            seen(Role::Calibration, "b", 21, [16, 17]),
        ];
        let classes = ["a".to_owned(), "b".to_owned()];
        let mut config = DataConfig {
            until: Some(2010),
            ..DataConfig::default()
        };
        let chosen = |config: &DataConfig| {
            let mut dropped = Dropped::default();
            let keys = choose(&papers, HashSet::new(), &classes, config, &mut dropped);
            let mut ids: Vec<u8> = keys.iter().map(|key| key.0[0]).collect();
            ids.sort_unstable();
            (ids, dropped)
        };
        let (ids, dropped) = chosen(&config);
        assert_eq!(ids, [2, 6, 7], "a paper of the years judges, and two teach");
        let wanted = Dropped {
            no_class: 1,
            too_late: 1,
            leaks: 2,
            copies: 1,
            ..Dropped::default()
        };
        assert_eq!(dropped, wanted);
        config.deduplicate = false;
        assert_eq!(chosen(&config).0, [2, 3, 6, 7]);
        config.per_category = Some(1);
        assert_eq!(chosen(&config).0, [2, 6, 7]);
        config.limit = Some(1);
        let (ids, dropped) = chosen(&config);
        assert_eq!((ids, dropped.beyond), (vec![2, 7], 2));
    }

    #[test]
    fn copies_are_told_by_letters_alone() {
        let paper = |title: &str, text: &str| Paper {
            id: title.into(),
            title: title.into(),
            abstract_: text.into(),
            ..Paper::default()
        };
        let [a, b] = fingerprints(&paper("On Sets: I", "We count."));
        let [c, d] = fingerprints(&paper("on sets i.", "We weigh."));
        assert!(a == c && b != d);
        let [_, e] = fingerprints(&paper("A", ""));
        let [_, f] = fingerprints(&paper("B", ""));
        assert_ne!(e, f, "absent abstracts are no copies");
    }
}
