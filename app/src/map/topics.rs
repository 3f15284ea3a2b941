//! The topics as a tree: which stand under which, and whose papers they are.

use serde::{Deserialize, Serialize};

use super::{NO_TOPIC, Sheet};

/// A topic: a label of the map and a branch of the tree beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// One to three words.
    pub text: String,
    /// 0 is the coarsest.
    pub level: u8,
    /// Where its label stands, in units of the map.
    pub x: u16,
    /// Where its label stands, in units of the map.
    pub y: u16,
    /// Papers of it and of the topics under it.
    pub papers: u32,
    /// The topic that it stands under.
    pub parent: Option<u16>,
    /// Number of the group that most of its papers are of.
    pub group: u8,
}

/// Who stands under whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Topics under none, the one with the most papers first.
    pub roots: Vec<u16>,
    children: Vec<Vec<u16>>,
}

impl Tree {
    /// Sorts topics under their parents.
    pub fn of(topics: &[Topic]) -> Self {
        let mut tree = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); topics.len()],
        };
        for (at, topic) in topics.iter().enumerate() {
            match topic.parent {
                Some(parent) => tree.children[usize::from(parent)].push(at as u16),
                None => tree.roots.push(at as u16),
            }
        }
        let by_papers = |at: &u16| std::cmp::Reverse(topics[usize::from(*at)].papers);
        tree.roots.sort_by_key(by_papers);
        for children in &mut tree.children {
            children.sort_by_key(by_papers);
        }
        tree
    }

    /// Topics right under this one, the one with the most papers first.
    pub fn under(&self, topic: u16) -> &[u16] {
        &self.children[usize::from(topic)]
    }

    /// The topic itself and everything below it.
    pub fn with_all_below(&self, topic: u16) -> Vec<u16> {
        let mut found = vec![topic];
        let mut at = 0;
        while at < found.len() {
            found.extend(self.under(found[at]));
            at += 1;
        }
        found
    }
}

/// Papers whose finest topic is this one, [`NO_TOPIC`] for those of none.
pub fn papers_right_in(sheet: &Sheet, topic: u16) -> Vec<u32> {
    let found = sheet.topic.iter().enumerate();
    found
        .filter(|(_, finest)| **finest == topic)
        .map(|(paper, _)| paper as u32)
        .collect()
}

/// Papers of a topic and of everything below it.
pub fn papers_of(sheet: &Sheet, tree: &Tree, topic: u16) -> Vec<u32> {
    let mut wanted = vec![false; tree.children.len()];
    for at in tree.with_all_below(topic) {
        wanted[usize::from(at)] = true;
    }
    let is_in = |finest: u16| finest != NO_TOPIC && wanted[usize::from(finest)];
    let found = sheet.topic.iter().enumerate();
    found
        .filter(|(_, finest)| is_in(**finest))
        .map(|(paper, _)| paper as u32)
        .collect()
}

/// A rectangle with nine in ten of these papers: left, top, right, bottom. Stragglers would make every
/// topic as wide as the map. `None` where there are no papers.
pub fn extent(sheet: &Sheet, papers: &[u32]) -> Option<[f64; 4]> {
    let ends = |column: &[u16]| {
        let placed = papers.iter().filter(|at| sheet.is_placed(**at));
        let mut places: Vec<u16> = placed.map(|&at| column[at as usize]).collect();
        places.sort_unstable();
        let cut = places.len() / 20;
        Some((
            f64::from(*places.get(cut)?),
            f64::from(places[places.len() - 1 - cut]),
        ))
    };
    let ((left, right), (top, bottom)) = (ends(&sheet.x)?, ends(&sheet.y)?);
    Some([left, top, right, bottom])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn topic(text: &str, level: u8, papers: u32, parent: Option<u16>) -> Topic {
        Topic {
            text: text.to_owned(),
            level,
            x: 30_000,
            y: 30_000,
            papers,
            parent,
            group: 0,
        }
    }

    #[test]
    fn a_topics_papers_are_its_own_and_those_of_every_topic_below() {
        let topics = [
            topic("small", 0, 2, None),
            topic("large", 0, 5, None),
            topic("part", 1, 2, Some(1)),
            topic("larger part", 1, 3, Some(1)),
            topic("part of a part", 2, 1, Some(3)),
        ];
        let tree = Tree::of(&topics);
        assert_eq!(tree.roots, [1, 0]);
        assert_eq!(tree.under(1), [3, 2]);
        let sheet = Sheet {
            x: vec![0; 6],
            y: vec![0; 6],
            topic: vec![4, 0, 1, 3, NO_TOPIC, 2],
            year: vec![0; 6],
            group: vec![0; 6],
        };
        assert_eq!(papers_of(&sheet, &tree, 1), [0, 2, 3, 5]);
        assert_eq!(papers_of(&sheet, &tree, 3), [0, 3]);
        assert_eq!(papers_right_in(&sheet, 1), [2]);
        assert_eq!(papers_right_in(&sheet, NO_TOPIC), [4]);
    }

    #[test]
    fn a_straggler_does_not_widen_a_topic() {
        let mut sheet = Sheet {
            x: (0..100).map(|at| 500 + at).collect(),
            y: vec![7; 100],
            ..Sheet::default()
        };
        sheet.x[0] = 60_000;
        let papers: Vec<u32> = (0..100).collect();
        let [left, _, right, _] = extent(&sheet, &papers).expect("there are papers");
        assert!(left >= 500.0 && right <= 600.0, "{left} to {right}");
        assert_eq!(extent(&sheet, &[]), None);
    }
}
