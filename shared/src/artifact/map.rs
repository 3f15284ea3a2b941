//! Kind 7: the landscape. A place on a plane for every paper, and a tree of named topics.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactError, Kind, Tag, Writer, halves};
use crate::Sha256;
use crate::taxonomy::Group;

/// `TOPC` of a paper without a topic; no label has this number.
const NO_TOPIC: u16 = u16::MAX;

/// `META` of a map artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapMeta {
    /// The index whose vectors were laid out; with another the map is refused.
    pub index_sha256: Sha256,
    /// Papers of the corpus, with a place or without.
    pub papers: u32,
    /// How far 15 neighbors on the plane are neighbors of the vectors, 0 to 1 (Venna and Kaski
    /// 2001); none where there are too few papers to say.
    pub trustworthiness_at_15: Option<f64>,
    /// Papers that the trustworthiness was measured on.
    pub sampled: u32,
    /// Nearest neighbors of each paper that the layout went by.
    pub neighbors: u32,
    /// How the places were found, for people.
    pub method: String,
}

/// A topic: a name that stands on the plane, and where it stands in the tree of topics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// One to three words, as people write them.
    pub text: String,
    /// Depth in the tree; 0 is coarsest.
    pub level: u8,
    /// Where the text stands, from the left.
    pub x: u16,
    /// Where the text stands, from the top.
    pub y: u16,
    /// Papers of the topic, those of the topics below it among them.
    pub papers: u32,
    /// The topic that this one is a part of, by number; none at level 0.
    pub parent: Option<u16>,
    /// The group of arXiv that most of its papers are of, as a place in [`Group::ALL`];
    /// [`Label::NO_GROUP`] where no paper is of any.
    pub group: u8,
}

impl Label {
    /// [`Self::group`] of a topic whose papers are not arXiv's.
    pub const NO_GROUP: u8 = u8::MAX;

    /// The group of arXiv that most of its papers are of.
    pub fn arxiv_group(&self) -> Option<Group> {
        Group::ALL.get(usize::from(self.group)).copied()
    }
}

/// The landscape of a corpus.
#[derive(Debug)]
pub struct Map {
    meta: MapMeta,
    /// `[papers, 2]`: x, then y.
    xy: Vec<u16>,
    /// `[papers]`: numbers of labels, or [`NO_TOPIC`].
    topics: Vec<u16>,
    labels: Vec<Label>,
}

impl Map {
    /// Both coordinates of a paper without a vector: such a paper has no place. Places of others
    /// are 0 to 65,534.
    pub const NO_PLACE: u16 = u16::MAX;

    /// Opens a map artifact.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Map)?;
        let meta: MapMeta = artifact.json(b"META")?;
        let n = meta.papers as usize;
        let share = meta.trustworthiness_at_15;
        if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) || meta.sampled > meta.papers {
            let rule = "the trustworthiness is 0 to 1, measured on papers of the map";
            return Err(malformed(b"META", rule));
        }
        let (xy, topics) = (halves(&artifact, b"XYXY")?, halves(&artifact, b"TOPC")?);
        if n.checked_mul(2) != Some(xy.len()) {
            return Err(malformed(b"XYXY", "two coordinates a paper"));
        }
        if xy
            .chunks_exact(2)
            .any(|at| (at[0] == Self::NO_PLACE) != (at[1] == Self::NO_PLACE))
        {
            let rule = "a paper has both coordinates below 65,535, or neither";
            return Err(malformed(b"XYXY", rule));
        }
        let labels = serde_json::from_slice(artifact.section(b"LABL")?)
            .map_err(|_| malformed(b"LABL", "LABL is a JSON array of labels"))?;
        let map = Self {
            meta,
            xy,
            topics,
            labels,
        };
        map.check_labels()?;
        map.check_topics()?;
        Ok(map)
    }

    fn check_labels(&self) -> Result<(), ArtifactError> {
        let labels = &self.labels;
        if labels.len() >= usize::from(NO_TOPIC) {
            return Err(malformed(b"LABL", "fewer than 65,535 labels"));
        }
        let parent = |label: &Label| label.parent.map(|at| labels.get(usize::from(at)));
        for (at, label) in labels.iter().enumerate() {
            let is_under = match parent(label) {
                None => label.level == 0,
                Some(above) => {
                    above.is_some_and(|above| above.level.checked_add(1) == Some(label.level))
                }
            };
            if !is_under {
                let rule = "a label's parent is a label one level above, and only level 0 has none";
                return Err(malformed(b"LABL", rule));
            }
            if at > 0 && labels[at - 1].level > label.level {
                return Err(malformed(b"LABL", "labels stand by level, coarsest first"));
            }
            if label.text.trim().is_empty()
                || parent(label)
                    .flatten()
                    .is_some_and(|above| above.text == label.text)
            {
                let rule = "a label has a text, which is not its parent's";
                return Err(malformed(b"LABL", rule));
            }
            if label.x == Self::NO_PLACE || label.y == Self::NO_PLACE {
                return Err(malformed(b"LABL", "a label has a place below 65,535"));
            }
            if label.group != Label::NO_GROUP && label.arxiv_group().is_none() {
                return Err(malformed(
                    b"LABL",
                    "a group is one of arXiv's eight, or 255",
                ));
            }
        }
        Ok(())
    }

    fn check_topics(&self) -> Result<(), ArtifactError> {
        if self.topics.len() != self.len() {
            return Err(malformed(b"TOPC", "one topic a paper"));
        }
        let mut counts = vec![0_u32; self.labels.len()];
        for (paper, &topic) in self.topics.iter().enumerate() {
            if topic == NO_TOPIC {
                continue;
            }
            if !self.is_placed(paper) {
                return Err(malformed(b"TOPC", "a paper of a topic has a place"));
            }
            let Some(count) = counts.get_mut(usize::from(topic)) else {
                return Err(malformed(b"TOPC", "a topic is the number of a label"));
            };
            *count += 1;
        }
        // Those below stand behind, so that theirs are whole when they are added.
        for (at, label) in self.labels.iter().enumerate().rev() {
            if counts[at] == 0 || counts[at] != label.papers {
                let rule =
                    "a label counts the papers of its topic and of those below, at least one";
                return Err(malformed(b"LABL", rule));
            }
            if let Some(parent) = label.parent {
                counts[usize::from(parent)] += counts[at];
            }
        }
        Ok(())
    }

    /// Writes the artifact: the inverse of [`Self::parse`].
    ///
    /// `places` has x and y of every paper, [`Self::NO_PLACE`] twice for one without; `topics` the
    /// finest topic of every paper; `labels` stand by level. A writer that breaks a rule makes a
    /// file that [`Self::parse`] refuses.
    pub fn to_bytes(
        meta: &MapMeta,
        places: &[(u16, u16)],
        topics: &[Option<u16>],
        labels: &[Label],
    ) -> Vec<u8> {
        let half = |half: u16| half.to_le_bytes();
        let xy = places.iter().flat_map(|&(x, y)| [x, y]).flat_map(half);
        let topics = topics.iter().map(|topic| topic.unwrap_or(NO_TOPIC));
        Writer::new(Kind::Map)
            .json(b"META", meta)
            .section(b"XYXY", xy.collect())
            .section(b"TOPC", topics.flat_map(half).collect())
            .json(b"LABL", &labels)
            .to_bytes()
    }

    /// Refuses another index than the one whose vectors were laid out.
    ///
    /// # Errors
    /// [`ArtifactError::OtherIndex`].
    pub fn check_index(&self, index: Sha256) -> Result<(), ArtifactError> {
        let recorded = self.meta.index_sha256;
        if index == recorded {
            Ok(())
        } else {
            Err(ArtifactError::OtherIndex {
                found: index,
                recorded,
            })
        }
    }

    /// What was laid out, and how well.
    pub fn meta(&self) -> &MapMeta {
        &self.meta
    }

    /// Papers of the corpus, with a place or without.
    pub fn len(&self) -> usize {
        self.meta.papers as usize
    }

    /// Whether the corpus has no paper.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether paper number `paper` has a place.
    pub fn is_placed(&self, paper: usize) -> bool {
        self.x(paper) != Self::NO_PLACE
    }

    /// Where paper number `paper` stands from the left; [`Self::NO_PLACE`] where it has no place.
    pub fn x(&self, paper: usize) -> u16 {
        self.xy[2 * paper]
    }

    /// Where paper number `paper` stands from the top; [`Self::NO_PLACE`] where it has no place.
    pub fn y(&self, paper: usize) -> u16 {
        self.xy[2 * paper + 1]
    }

    /// x and y of every paper, in the order of papers, [`Self::NO_PLACE`] twice for one without.
    pub fn points(&self) -> impl Iterator<Item = (u16, u16)> {
        self.xy.chunks_exact(2).map(|at| (at[0], at[1]))
    }

    /// The same as one row of numbers: `[papers, 2]`.
    pub fn xy(&self) -> &[u16] {
        &self.xy
    }

    /// The finest topic of a paper, as a number of [`Self::labels`].
    pub fn topic(&self, paper: usize) -> Option<usize> {
        let topic = self.topics[paper];
        (topic != NO_TOPIC).then_some(usize::from(topic))
    }

    /// A paper's topic at a level: the finest one's or the one above it that has this level.
    pub fn topic_at(&self, paper: usize, level: u8) -> Option<usize> {
        let mut topic = self.topic(paper)?;
        while self.labels[topic].level > level {
            topic = usize::from(self.labels[topic].parent?);
        }
        (self.labels[topic].level == level).then_some(topic)
    }

    /// Every topic, by number; levels ascend.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The numbers of a level's topics; empty behind the last level.
    pub fn level(&self, level: u8) -> Range<usize> {
        let first = self.labels.partition_point(|label| label.level < level);
        let end = self.labels.partition_point(|label| label.level <= level);
        first..end
    }
}

fn malformed(tag: &[u8; 4], rule: &'static str) -> ArtifactError {
    ArtifactError::Malformed {
        part: Tag(*tag),
        rule,
    }
}
