//! Which papers teach and which judge, without leakage between the two.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::Result;
use ingest::papers;
use ingest::select::sample_key;
use rayon::prelude::*;
use shared::tokenizer::Tokenizer;
use shared::{Paper, Sha256};

use super::corpus::Corpus;
use super::dropped::Dropped;
use super::near::{self, Signature};
use super::rows::{check_columns, tell};
use super::sentences::Sentences;
use super::texts::add;
use crate::classifier::{Role, class_of, classes, role};
use crate::config::DataConfig;

/// Papers that are looked at or tokenized at a time.
const BLOCK: usize = 8192;
/// Held-out papers of a category that are kept to choose checkpoints by.
const VALID_PER_CATEGORY: usize = 20;
/// Characters of an abstract by which copies are told.
const BEGINNING: usize = 160;

/// What the choice needs of a paper.
struct Seen {
    /// What it is for; nothing for a paper of somebody's test set, which does not judge here, and whose copies do
    /// not teach.
    role: Option<Role>,
    class: String,
    key: Sha256,
    copies: [u64; 2],
    /// The group of its near copies.
    near: u32,
    year: u16,
}

/// Reads the papers twice: first to choose, then to tokenize what was chosen.
pub(super) fn read(
    paths: &[PathBuf],
    config: &DataConfig,
    seed: u64,
    tokenizer: &Tokenizer,
) -> Result<Corpus> {
    check_columns(paths)?;
    let mut dropped = Dropped::default();
    let (mut seen, mut signatures) = (Vec::new(), Vec::new());
    let mut primaries = BTreeMap::new();
    let mut block = Vec::with_capacity(BLOCK);
    let rows = papers::read(paths, &mut |paper| {
        let role = role(&paper);
        if role.is_none() {
            dropped.other_split += 1;
        } else {
            *primaries.entry(class(&paper)).or_insert(0_usize) += 1;
        }
        if role == Some(Role::Train) && (paper.title.is_empty() || paper.abstract_.is_empty()) {
            dropped.incomplete += 1;
            return Ok(());
        }
        block.push(paper);
        if block.len() == BLOCK {
            look(&mut block, seed, &mut seen, &mut signatures);
        }
        Ok(())
    })?;
    look(&mut block, seed, &mut seen, &mut signatures);
    tell(&rows);
    dropped.no_paper = rows.n_dropped() as usize;
    for (one, group) in seen.iter_mut().zip(near::groups(&signatures)) {
        one.near = group;
    }
    drop(signatures);
    let classes = classes(&primaries);
    let chosen = choose(&seen, &classes, config, &mut dropped);
    drop(seen);

    let mut corpus = Corpus {
        classes,
        opening: special(tokenizer, 0),
        closing: special(tokenizer, 1),
        sentences: Sentences::new(tokenizer),
        ..Corpus::default()
    };
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

/// Takes of a block, on all cores, what the choice needs.
fn look(
    block: &mut Vec<Paper>,
    seed: u64,
    seen: &mut Vec<Seen>,
    signatures: &mut Vec<Option<Signature>>,
) {
    let looked_at: Vec<_> = block
        .par_iter()
        .map(|paper| {
            let one = Seen {
                role: role(paper),
                class: class(paper),
                key: sample_key(seed, &paper.id),
                copies: fingerprints(paper),
                near: 0,
                year: paper.year.unwrap_or(0),
            };
            (one, near::signature(&paper.title, &paper.abstract_))
        })
        .collect();
    block.clear();
    for (one, signature) in looked_at {
        seen.push(one);
        signatures.push(signature);
    }
}

fn special(tokenizer: &Tokenizer, at: usize) -> u16 {
    tokenizer.tokenize("").ids[at] as u16
}

/// The category of a paper; papers without one are of a category without a name.
pub(super) fn class(paper: &Paper) -> String {
    paper
        .categories
        .first()
        .map_or_else(String::new, |code| class_of(code))
}

/// The keys of the papers that are kept, of both roles.
fn choose(
    seen: &[Seen],
    classes: &[String],
    config: &DataConfig,
    dropped: &mut Dropped,
) -> HashSet<Sha256> {
    let judging = || seen.iter().filter(|one| one.role != Some(Role::Train));
    let held_out: HashSet<u64> = judging().flat_map(|one| one.copies).collect();
    let near_held_out: HashSet<u32> = judging().map(|one| one.near).collect();
    let mut by_class: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    let mut valid: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for one in seen {
        let Some(role) = one.role else { continue };
        if !classes.contains(&one.class) {
            dropped.no_class += usize::from(role == Role::Train);
            continue;
        }
        match role {
            Role::Train if is_too_late(one.year, config.until) => {
                dropped.too_late += 1;
            }
            Role::Train if one.copies.iter().any(|copy| held_out.contains(copy)) => {
                dropped.leaks += 1;
            }
            Role::Train if near_held_out.contains(&one.near) => dropped.near_leaks += 1,
            Role::Train => by_class.entry(&one.class).or_default().push(one),
            // A checkpoint is not chosen by years that it is to be judged by.
            Role::Calibration if is_too_late(one.year, config.until) => {}
            Role::Calibration => valid.entry(&one.class).or_default().push(one),
            Role::Report => {}
        }
    }
    let (mut copies, mut near_copies) = (HashSet::new(), HashSet::new());
    let mut kept: Vec<(usize, Sha256)> = Vec::new();
    for papers in by_class.values_mut() {
        papers.sort_by_key(|one| one.key.0);
        let mut n = 0;
        for one in papers.iter() {
            if config.deduplicate && one.copies.iter().any(|copy| copies.contains(copy)) {
                dropped.copies += 1;
                continue;
            }
            if config.deduplicate && near_copies.contains(&one.near) {
                dropped.near_copies += 1;
                continue;
            }
            copies.extend(one.copies);
            near_copies.insert(one.near);
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

pub(super) fn hash(bytes: &[u8]) -> u64 {
    let Sha256(digest) = Sha256::of(bytes);
    u64::from_le_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(role: Role, class: &str, id: u8, copies: [u64; 2]) -> Seen {
        Seen {
            role: Some(role),
            class: class.into(),
            key: Sha256([id; 32]),
            copies,
            near: u32::from(id),
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
            let keys = choose(&papers, &classes, config, &mut dropped);
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
    fn near_copies_teach_once_and_never_what_a_held_out_paper_says() {
        let near = |one: Seen, near: u32| Seen { near, ..one };
        let test_set = Seen {
            role: None,
            ..seen(Role::Train, "a", 7, [13, 14])
        };
        let papers = [
            near(seen(Role::Train, "a", 1, [1, 2]), 50),
            near(seen(Role::Train, "b", 2, [3, 4]), 50),
            near(seen(Role::Train, "a", 3, [5, 6]), 60),
            near(seen(Role::Report, "a", 4, [7, 8]), 60),
            near(seen(Role::Train, "a", 5, [9, 10]), 70),
            near(test_set, 70),
        ];
        let classes = ["a".to_owned(), "b".to_owned()];
        let chosen = |deduplicate| {
            let mut dropped = Dropped::default();
            let config = DataConfig {
                deduplicate,
                ..DataConfig::default()
            };
            let keys = choose(&papers, &classes, &config, &mut dropped);
            (keys.len(), dropped)
        };
        let (n, dropped) = chosen(true);
        let wanted = Dropped {
            near_leaks: 2,
            near_copies: 1,
            ..Dropped::default()
        };
        assert_eq!((n, dropped), (1, wanted));
        let (n, dropped) = chosen(false);
        assert_eq!((n, dropped.near_leaks), (2, 2), "what leaks never teaches");
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
