//! Topics by name: the phrase that a topic's papers have and others do not.
//!
//! Phrases are weighed by class-based TF-IDF (Grootendorst 2022, arXiv:2203.05794), and once more by
//! the share of the papers with the phrase that are the topic's: without that, frequent phrases win
//! wherever they stand. The finer a topic, the more that share counts; a coarse one is named by what
//! many of its papers have, rather in two words than in one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::Paper;
use shared::artifact::Label;
use shared::taxonomy::{Group, group};

use super::phrases::{Phrases, WORDS};

/// Phrases of a topic that compete for its name.
const RIVALS: usize = 24;
/// What one, two and three words are worth on the coarsest and on the finest level: chosen by reading
/// the names of 10,000 papers of arXiv.
const WORTH: [[f64; WORDS]; 2] = [[0.35, 1.3, 1.0], [0.5, 1.2, 1.3]];
/// The power of the share of its papers that a phrase counts with, on the same two levels.
const SHARE: [f64; 2] = [0.4, 1.0];
/// Papers that have a phrase elsewhere, assumed beside those that do: a share of two is no certainty.
const ELSEWHERE: f64 = 3.0;
/// The power of the share of its finest topics in which a phrase stands, for the coarsest: their name
/// must hold for all of their parts.
const BREADTH: f64 = 0.3;

/// Topics with their names, and which one each node is of.
#[derive(Debug)]
pub(super) struct Topics {
    /// By level, coarsest first.
    pub(super) labels: Vec<Label>,
    /// `[nodes]`: the finest topic of each.
    pub(super) of_node: Vec<Option<u16>>,
}

/// A topic of the tree, before it has a name.
#[derive(Debug, Default)]
struct Topic {
    level: usize,
    parent: Option<usize>,
    nodes: Vec<usize>,
    /// The finest topics in it.
    leaves: BTreeSet<u32>,
    /// The phrase that names it.
    name: Option<u32>,
}

impl Topics {
    /// Names the topics of `tree`, `[levels][nodes]`; `papers_of` has the papers of each node, and
    /// `places` where it stands.
    ///
    /// A topic that is all of the one above it, or that no phrase names, is none: its papers are of
    /// the one above.
    pub(super) fn of(
        papers: &[Paper],
        papers_of: &[Vec<usize>],
        tree: &[Vec<u32>],
        places: &[(u16, u16)],
    ) -> Self {
        let Some(finest) = tree.last() else {
            return Self {
                labels: Vec::new(),
                of_node: Vec::new(),
            };
        };
        let mut topic_of = vec![None; papers.len()];
        for (of, &topic) in papers_of.iter().zip(finest) {
            for &at in of {
                topic_of[at] = Some(topic);
            }
        }
        let mut topics = topics(tree);
        let mut phrases = Phrases::of(papers, &topic_of);
        name(&mut topics, &phrases, tree.len());
        let chosen: BTreeSet<u32> = topics.iter().filter_map(|topic| topic.name).collect();
        let chosen: Vec<u32> = chosen.into_iter().collect();
        let spellings: HashMap<u32, String> = chosen
            .iter()
            .copied()
            .zip(phrases.spellings(papers, &chosen))
            .collect();

        let mut labels: Vec<Label> = Vec::new();
        let mut numbers: Vec<Option<u16>> = Vec::new();
        let mut of_node = vec![None; finest.len()];
        for topic in &topics {
            let above = topic.parent.map(|parent| numbers[parent]);
            let text = topic.name.map(|name| spellings[&name].clone());
            // Under a topic without a name there is none; the coarsest have nothing above.
            let number = match (text, above) {
                (Some(text), None | Some(Some(_))) if labels.len() < usize::from(u16::MAX) - 1 => {
                    let parent = above.flatten();
                    labels.push(label(topic, text, parent, papers, papers_of, places));
                    Some(labels.len() as u16 - 1)
                }
                _ => None,
            };
            if number.is_some() {
                for &node in &topic.nodes {
                    of_node[node] = number;
                }
            }
            numbers.push(number);
        }
        Self { labels, of_node }
    }
}

/// All topics, by level, each behind the one above it; topics that are all of theirs left out.
fn topics(tree: &[Vec<u32>]) -> Vec<Topic> {
    let finest = tree.last().expect("at least one level");
    let mut all: Vec<Topic> = Vec::new();
    // Number of the topic of each node on the level before.
    let mut above: Vec<Option<usize>> = vec![None; finest.len()];
    for (level, of) in tree.iter().enumerate() {
        let mut on_level: BTreeMap<u32, Topic> = BTreeMap::new();
        for (node, &topic) in of.iter().enumerate() {
            let topic = on_level.entry(topic).or_default();
            topic.level = level;
            topic.parent = above[node];
            topic.nodes.push(node);
            topic.leaves.insert(finest[node]);
        }
        let mut next = vec![None; finest.len()];
        for topic in on_level.into_values() {
            let parent = topic.parent.map(|parent| &all[parent]);
            // What is undivided here has nothing below either.
            if (level > 0 && parent.is_none_or(|parent| parent.nodes.len() == topic.nodes.len()))
                || parent.is_some_and(|parent| parent.level + 1 != level)
            {
                continue;
            }
            for &node in &topic.nodes {
                next[node] = Some(all.len());
            }
            all.push(topic);
        }
        above = next;
    }
    all
}

/// Gives each topic a phrase that no other of its level has, nor one above it.
fn name(topics: &mut [Topic], phrases: &Phrases, n_levels: usize) {
    for level in 0..n_levels {
        let on_level: Vec<usize> = (0..topics.len())
            .filter(|&at| topics[at].level == level)
            .collect();
        let mut offers = offers(
            topics,
            &on_level,
            phrases,
            level as f64 / (n_levels.max(2) - 1) as f64,
        );
        offers.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut taken = BTreeSet::new();
        for (_, at, phrase) in offers {
            let mut above = topics[at].parent;
            let mut is_above = false;
            while let Some(parent) = above {
                is_above |= topics[parent].name.is_some_and(|name| {
                    let names = [name, phrase].map(|phrase| &phrases.all[phrase as usize]);
                    name == phrase || names[0].is_short_for(names[1])
                });
                above = topics[parent].parent;
            }
            if topics[at].name.is_none() && !is_above && taken.insert(phrase) {
                topics[at].name = Some(phrase);
            }
        }
    }
}

/// The best phrases of these topics, with their weights: `(weight, topic, phrase)`.
fn offers(
    topics: &[Topic],
    on_level: &[usize],
    phrases: &Phrases,
    depth: f64,
) -> Vec<(f64, usize, u32)> {
    let mut totals = vec![0_u64; phrases.all.len()];
    for &((_, phrase), n) in &phrases.counts {
        totals[phrase as usize] += u64::from(n);
    }
    let mean = totals.iter().sum::<u64>() as f64 / on_level.len().max(1) as f64;
    let between = |coarse: f64, fine: f64| coarse + (fine - coarse) * depth;
    let worth = [0, 1, 2].map(|at: usize| between(WORTH[0][at], WORTH[1][at]));
    let power = between(SHARE[0], SHARE[1]);
    let mut offers = Vec::new();
    for &at in on_level {
        // What its papers count, and the finest topics that have it.
        let mut counts: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        for &leaf in &topics[at].leaves {
            let first = phrases
                .counts
                .partition_point(|&((topic, _), _)| topic < leaf);
            let of_leaf = phrases.counts[first..].iter();
            for &((_, phrase), n) in of_leaf.take_while(|&&((topic, _), _)| topic == leaf) {
                let (sum, n_leaves) = counts.entry(phrase).or_default();
                *sum += n;
                *n_leaves += 1;
            }
        }
        let size: u32 = counts.values().map(|&(n, _)| n).sum();
        let mut own: Vec<(f64, usize, u32)> = counts
            .into_iter()
            .filter(|&(phrase, (n, _))| n > 2 && phrases.all[phrase as usize].is_whole())
            .map(|(phrase, (n, n_leaves))| {
                let (n, total) = (f64::from(n), totals[phrase as usize] as f64);
                let weight = n / f64::from(size) * libm::log(1.0 + mean / total);
                let n_words = phrases.all[phrase as usize].n_words;
                let share = libm::pow(n / (total + ELSEWHERE), power);
                let parts = f64::from(n_leaves) / topics[at].leaves.len() as f64;
                let share = share * libm::pow(parts, between(BREADTH, 0.0));
                (weight * share * worth[n_words - 1], at, phrase)
            })
            .collect();
        own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        own.truncate(RIVALS);
        offers.extend(own);
    }
    offers
}

fn label(
    topic: &Topic,
    text: String,
    parent: Option<u16>,
    papers: &[Paper],
    papers_of: &[Vec<usize>],
    places: &[(u16, u16)],
) -> Label {
    let (x, y) = middle(&topic.nodes, places);
    let of_topic = || topic.nodes.iter().flat_map(|&node| &papers_of[node]);
    let mut groups = [0; Group::ALL.len()];
    for &at in of_topic() {
        let primary = papers[at].categories.first();
        if let Some(group) = primary.and_then(|code| group(code)) {
            let place = Group::ALL.iter().position(|&other| other == group);
            groups[place.expect("a group is one of all")] += 1;
        }
    }
    let most = (0..groups.len()).rev().max_by_key(|&at| groups[at]);
    let group = most.filter(|&at| groups[at] > 0);
    Label {
        text,
        level: topic.level as u8,
        x,
        y,
        papers: of_topic().count() as u32,
        parent,
        group: group.map_or(Label::NO_GROUP, |at| at as u8),
    }
}

/// The node's place that is nearest to the middle of all: a label stands on its papers.
fn middle(nodes: &[usize], places: &[(u16, u16)]) -> (u16, u16) {
    let median = |of: &dyn Fn(usize) -> u16| {
        let mut row: Vec<u16> = nodes.iter().map(|&node| of(node)).collect();
        row.sort_unstable();
        i64::from(row[row.len() / 2])
    };
    let (x, y) = (
        median(&|node| places[node].0),
        median(&|node| places[node].1),
    );
    let apart = |&(at_x, at_y): &(u16, u16)| {
        let (x, y) = (i64::from(at_x) - x, i64::from(at_y) - y);
        x * x + y * y
    };
    let all = nodes.iter().map(|&node| places[node]);
    all.min_by_key(apart).expect("a topic has nodes")
}
