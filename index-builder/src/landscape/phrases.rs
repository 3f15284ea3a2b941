//! Phrases that may name a topic: what stands in titles between two stop words, one to three words.
//!
//! Words are compared as `shared::words::terms` cuts them, plurals as their singulars. Whether a
//! phrase is whole is read off the corpus: `neural` hardly ever ends what it is part of, and `matter
//! halos` hardly ever begins it, since a noun or `dark` stands beside them.

mod lists;

use std::collections::HashMap;
use std::ops::Range;

use shared::Paper;
use shared::words::terms::for_each_term;

use lists::{STOP, VAGUE};

/// Words of a phrase, hyphens counted as part of a word.
pub(super) const WORDS: usize = 3;
/// Terms of a phrase: `low-mass X-ray binaries` has five.
const TERMS: usize = 5;
/// Papers whose texts are read, at most; of more every second one is, or every third, and so on.
const PAPERS: usize = 100_000;
/// What a phrase in a title counts; in an abstract alone it counts 1.
const TITLE: u32 = 2;

/// One word of a text.
#[derive(Debug, Clone)]
struct Token {
    term: u32,
    bytes: Range<usize>,
    /// Whether a hyphen binds it to the one before.
    is_bound: bool,
}

/// Terms by number.
#[derive(Debug, Default)]
struct Terms {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Terms {
    fn number(&mut self, term: &str) -> u32 {
        let term = singular(term);
        if let Some(&number) = self.numbers.get(&*term) {
            return number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(term.clone().into_owned());
        self.numbers.insert(term.into_owned(), number);
        number
    }

    /// Whether the term alone says nothing.
    fn is_vague(&self, number: u32) -> bool {
        let text = &*self.texts[number as usize];
        text.chars().nth(1).is_none() || VAGUE.binary_search(&text).is_ok()
    }
}

/// A phrase of the corpus.
#[derive(Debug)]
pub(super) struct Phrase {
    /// Its terms, plurals as singulars.
    terms: Vec<String>,
    /// Words, as people count them.
    pub(super) n_words: usize,
    /// Places where it stands, and of them those where nothing else belongs to it before and behind.
    n: u32,
    n_begins: u32,
    n_ends: u32,
}

impl Phrase {
    /// Whether it is a whole, and not a part of something.
    pub(super) fn is_whole(&self) -> bool {
        // One place more either way, so that a phrase seen twice is not judged by chance.
        let share = |n: u32| f64::from(n + 1) / f64::from(self.n + 2);
        share(self.n_begins) >= 0.3 && share(self.n_ends) >= 0.45
    }

    /// Whether one is the other's initials: `LLM` says no more than `large language model`.
    pub(super) fn is_short_for(&self, other: &Self) -> bool {
        let initials = |of: &Self| -> String {
            of.terms
                .iter()
                .filter_map(|term| term.chars().next())
                .collect()
        };
        let is_of = |short: &Self, long: &Self| {
            short.terms.len() == 1 && long.terms.len() > 1 && short.terms[0] == initials(long)
        };
        is_of(self, other) || is_of(other, self)
    }
}

/// Which phrases each topic has.
#[derive(Debug)]
pub(super) struct Phrases {
    terms: Terms,
    known: HashMap<Box<[u32]>, u32>,
    pub(super) all: Vec<Phrase>,
    /// `(topic, phrase)` with what its papers count, ascending.
    pub(super) counts: Vec<((u32, u32), u32)>,
}

impl Phrases {
    /// Reads titles and abstracts; `topic_of` is the finest topic of each paper.
    pub(super) fn of(papers: &[Paper], topic_of: &[Option<u32>]) -> Self {
        let mut phrases = Self {
            terms: Terms::default(),
            known: HashMap::new(),
            all: Vec::new(),
            counts: Vec::new(),
        };
        phrases.find(papers);
        phrases.count(papers, topic_of);
        phrases
    }

    /// Those that stand in more than one title.
    fn find(&mut self, papers: &[Paper]) {
        let least = if papers.len() < 2_000 { 2 } else { 3 };
        let mut titles: HashMap<Box<[u32]>, (u32, usize)> = HashMap::new();
        let mut found = Vec::new();
        for paper in read(papers) {
            let mut of_paper: Vec<(Box<[u32]>, usize)> = Vec::new();
            for_each_run(&paper.title, &mut self.terms, |run, _| {
                for_each_phrase(run, |tokens| {
                    let terms = tokens.iter().map(|token| token.term).collect();
                    of_paper.push((terms, n_words(tokens)));
                });
            });
            of_paper.sort_unstable();
            of_paper.dedup();
            for (terms, n_words) in of_paper {
                let (n, _) = titles.entry(terms.clone()).or_insert((0, n_words));
                *n += 1;
                if *n == least {
                    found.push((terms, n_words));
                }
            }
        }
        for (terms, n_words) in found {
            if terms.iter().all(|&term| self.terms.is_vague(term)) {
                continue;
            }
            let text = |&term: &u32| self.terms.texts[term as usize].clone();
            self.all.push(Phrase {
                terms: terms.iter().map(text).collect(),
                n_words,
                n: 0,
                n_begins: 0,
                n_ends: 0,
            });
            self.known.insert(terms, self.all.len() as u32 - 1);
        }
    }

    /// How many papers of each topic have them, and what stands beside them.
    fn count(&mut self, papers: &[Paper], topic_of: &[Option<u32>]) {
        let mut counts: HashMap<(u32, u32), u32> = HashMap::new();
        let mut of_paper: Vec<(u32, u32)> = Vec::new();
        let step = step(papers.len());
        for (paper, topic) in papers.iter().zip(topic_of).step_by(step) {
            let Some(topic) = *topic else { continue };
            of_paper.clear();
            for (text, weight) in [(&paper.title, TITLE), (&paper.abstract_, 1)] {
                for_each_run(text, &mut self.terms, |run, _| {
                    for_each_phrase(run, |tokens| {
                        let Some(at) = find(&self.known, tokens) else {
                            return;
                        };
                        let phrase = &mut self.all[at as usize];
                        phrase.n += 1;
                        let [first, last] = [&run[0], &run[run.len() - 1]];
                        phrase.n_begins += u32::from(first.bytes.start == tokens[0].bytes.start);
                        let end = tokens[tokens.len() - 1].bytes.end;
                        phrase.n_ends += u32::from(last.bytes.end == end);
                        of_paper.push((at, weight));
                    });
                });
            }
            // The larger weight of a phrase stands last.
            of_paper.sort_unstable();
            for (at, &(phrase, weight)) in of_paper.iter().enumerate() {
                if of_paper.get(at + 1).is_none_or(|next| next.0 != phrase) {
                    *counts.entry((topic, phrase)).or_default() += weight;
                }
            }
        }
        self.counts = counts.into_iter().collect();
        self.counts.sort_unstable();
    }

    /// How people write these phrases: `[chosen]`, the spelling that most texts have; see [`weight`].
    ///
    /// What stands by itself inside a sentence counts most: titles and beginnings have capitals of
    /// their own, and before other nouns a word has no plural.
    pub(super) fn spellings(&mut self, papers: &[Paper], chosen: &[u32]) -> Vec<String> {
        let places: HashMap<u32, usize> = chosen.iter().copied().zip(0..).collect();
        let mut found: Vec<HashMap<String, [u32; 3]>> = vec![HashMap::new(); chosen.len()];
        for paper in read(papers) {
            for (text, is_title) in [(&paper.title, true), (&paper.abstract_, false)] {
                for_each_run(text, &mut self.terms, |run, begins| {
                    for_each_phrase(run, |tokens| {
                        let at = find(&self.known, tokens);
                        let Some(&place) = at.and_then(|at| places.get(&at)) else {
                            return;
                        };
                        let bytes = tokens[0].bytes.start..tokens[tokens.len() - 1].bytes.end;
                        let is_first = begins && tokens[0].bytes.start == run[0].bytes.start;
                        let text: Vec<&str> = text[bytes].split_whitespace().collect();
                        let is_all = tokens.len() == run.len();
                        let n = found[place].entry(text.join(" ")).or_default();
                        n[0] += u32::from(is_all && !is_title && !is_first);
                        n[1] += u32::from(!is_title && !is_first);
                        n[2] += 1;
                    });
                });
            }
        }
        let most = |spellings: HashMap<String, [u32; 3]>| {
            let weighed = spellings.into_iter().map(|(text, n)| {
                let weight = weight(&text);
                (n.map(|n| n * weight), text)
            });
            let best = weighed.max_by(|(n_a, a), (n_b, b)| n_a.cmp(n_b).then_with(|| b.cmp(a)));
            best.map(|(_, text)| text).unwrap_or_default()
        };
        found.into_iter().map(most).collect()
    }
}

/// What a spelling counts: as the name of a topic, plurals read better, and so do small letters, which
/// full forms of initials lack (`Density Functional Theory (DFT)`).
fn weight(spelling: &str) -> u32 {
    let last = spelling.rsplit([' ', '-']).next().unwrap_or_default();
    let is_plural = singular(last) != last;
    let is_title = spelling.contains(' ')
        && spelling
            .split(' ')
            .all(|word| word.starts_with(char::is_uppercase));
    let factor = |is_better| if is_better { 3 } else { 1 };
    factor(is_plural) * factor(!is_title)
}

fn step(n_papers: usize) -> usize {
    n_papers.div_ceil(PAPERS).max(1)
}

fn read(papers: &[Paper]) -> impl Iterator<Item = &Paper> {
    papers.iter().step_by(step(papers.len()))
}

fn find(known: &HashMap<Box<[u32]>, u32>, tokens: &[Token]) -> Option<u32> {
    let mut terms = [0; TERMS];
    for (term, token) in terms.iter_mut().zip(tokens) {
        *term = token.term;
    }
    known.get(&terms[..tokens.len()]).copied()
}

fn n_words(tokens: &[Token]) -> usize {
    tokens.iter().filter(|token| !token.is_bound).count()
}

/// Every row of one to [`WORDS`] whole words.
fn for_each_phrase(run: &[Token], mut give: impl FnMut(&[Token])) {
    for first in 0..run.len() {
        if run[first].is_bound && first > 0 {
            continue;
        }
        for end in first + 1..=run.len().min(first + TERMS) {
            let is_cut = run.get(end).is_some_and(|next| next.is_bound);
            if n_words(&run[first..end]) > WORDS {
                break;
            }
            if !is_cut {
                give(&run[first..end]);
            }
        }
    }
}

/// Gives each row of words between stop words, signs and formulas, and whether it begins a sentence.
fn for_each_run(text: &str, terms: &mut Terms, mut give: impl FnMut(&[Token], bool)) {
    let mut run: Vec<Token> = Vec::new();
    let mut end = 0;
    let mut begins = true;
    for_each_term(text, |term, _, bytes| {
        let (gap, source) = (&text[end..bytes.start.max(end)], &text[bytes.clone()]);
        let is_bound = gap == "-" && !run.is_empty();
        let is_set = source.contains(['\\', '$', '{', '}', '^', '_']);
        let is_number = !is_bound
            && term
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let is_letter = !is_bound
            && term.chars().nth(1).is_none()
            && !source
                .chars()
                .all(|c| c.is_uppercase() && !matches!(c, 'A' | 'I'));
        if !is_bound && (gap.trim() != "" || end == 0) {
            flush(&mut run, begins, &mut give);
            begins = end == 0 || gap.contains(['.', '?', '!', ':']);
        }
        end = bytes.end;
        // `high` says nothing, `high-frequency` does.
        let mut behind = text[end..].chars();
        let binds = behind.next() == Some('-') && behind.next().is_some_and(char::is_alphanumeric);
        if is_set
            || (is_number && !binds)
            || (is_letter && !binds)
            || (!is_bound && !binds && is_stop(term))
        {
            flush(&mut run, begins, &mut give);
            begins = false;
            return;
        }
        let term = terms.number(term);
        run.push(Token {
            term,
            bytes,
            is_bound,
        });
    });
    flush(&mut run, begins, &mut give);
}

fn flush(run: &mut Vec<Token>, begins: bool, give: &mut impl FnMut(&[Token], bool)) {
    if !run.is_empty() {
        give(run, begins);
        run.clear();
    }
}

/// The singular of an English noun, roughly: it is compared, never shown.
fn singular(term: &str) -> std::borrow::Cow<'_, str> {
    let stays = ["ss", "us", "is"]
        .iter()
        .any(|ending| term.ends_with(ending));
    if term.len() <= 3 || stays {
        return term.into();
    }
    match term {
        "automata" => return "automaton".into(),
        "matrices" => return "matrix".into(),
        "series" => return term.into(),
        _ => {}
    }
    if let Some(stem) = term.strip_suffix("ies") {
        return format!("{stem}y").into();
    }
    let is_long = ["sses", "xes", "ches", "shes"]
        .iter()
        .any(|ending| term.ends_with(ending));
    term.strip_suffix(if is_long { "es" } else { "s" })
        .unwrap_or(term)
        .into()
}

fn is_stop(term: &str) -> bool {
    STOP.binary_search(&term).is_ok()
}

#[cfg(test)]
mod tests;
