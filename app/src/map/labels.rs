//! Which labels are written: those of the level that suits the zoom, and below them as many of the
//! next finer one as there is room for. A label yields to a larger topic's.

use super::topics::Topic;
use super::{Camera, Frame};

/// One label of the main level for so many square pixels is as many as can be read.
const AREA: f64 = 36_000.0;
/// A finer level needs at least so many doublings, whatever its labels' number.
const STEP: f64 = 0.9;
/// Free pixels between two labels.
const GAP: (f64, f64) = (10.0, 5.0);
/// Labels of the finer level, at most so many for one of the main level's share.
const FINER: f64 = 1.5;

/// Whether a label is of the level that suits the zoom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rank {
    /// It is.
    Main,
    /// It is of the next finer one.
    Finer,
}

impl Rank {
    /// The height of its line in pixels, as the style sheet has it.
    pub fn height(self) -> f64 {
        match self {
            Self::Main => 22.0,
            Self::Finer => 16.0,
        }
    }
}

/// A label with its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Written {
    /// Number of its topic.
    pub topic: usize,
    /// How it is written.
    pub rank: Rank,
    /// Its middle in pixels.
    pub x: f64,
    /// Its middle in pixels.
    pub y: f64,
}

/// The level that suits a zoom: the finest of whose labels about as many are in view as can be read.
pub fn main_level(topics: &[Topic], frame: &Frame, zoom: f64) -> u8 {
    let most = (frame.width * frame.height / AREA).max(4.0);
    let finest = topics.iter().map(|topic| topic.level).max().unwrap_or(0);
    let fits = |level: &u8| {
        let n = topics.iter().filter(|topic| topic.level == *level).count();
        let in_view = n as f64 / (2.0 * zoom.max(0.0)).exp2();
        in_view <= most && zoom >= STEP * f64::from(*level)
    };
    (1..=finest).rev().find(fits).unwrap_or(0)
}

/// Places labels, the most important first; `width` gives a label's in pixels.
pub fn place(
    topics: &[Topic],
    camera: Camera,
    frame: &Frame,
    mut width: impl FnMut(usize, Rank) -> f64,
) -> Vec<Written> {
    let main = main_level(topics, frame, camera.zoom);
    let mut wanted: Vec<(usize, Rank)> = (topics.iter().enumerate())
        .filter_map(|(at, topic)| {
            let rank = match topic.level {
                level if level == main => Rank::Main,
                level if level == main + 1 => Rank::Finer,
                _ => return None,
            };
            Some((at, rank))
        })
        .collect();
    wanted.sort_by_key(|&(at, rank)| (rank == Rank::Finer, std::cmp::Reverse(topics[at].papers)));
    let most_finer = (frame.width * frame.height / AREA * FINER) as usize;
    let mut n_finer = 0;
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut written = Vec::new();
    for (at, rank) in wanted {
        let topic = &topics[at];
        let place = (f64::from(topic.x), f64::from(topic.y));
        let (x, y) = camera.to_screen(frame, place);
        let half = (width(at, rank) / 2.0, rank.height() / 2.0);
        let outside = x < 0.0 || y < 0.0 || x > frame.width || y > frame.height;
        if outside || (rank == Rank::Finer && n_finer >= most_finer) || is_parents(topics, at) {
            continue;
        }
        // A label whose topic is in view is whole, where the view is wide enough for it.
        let inside = |at: f64, half: f64, size: f64| {
            if 2.0 * half + 8.0 > size {
                size / 2.0
            } else {
                at.clamp(half + 4.0, size - half - 4.0)
            }
        };
        let (x, y) = (
            inside(x, half.0, frame.width),
            inside(y, half.1, frame.height),
        );
        let edges = [x - half.0, y - half.1, x + half.0, y + half.1];
        if taken.iter().any(|other| touch(&edges, other)) {
            continue;
        }
        taken.push(edges);
        n_finer += usize::from(rank == Rank::Finer);
        written.push(Written {
            topic: at,
            rank,
            x,
            y,
        });
    }
    written
}

/// Whether a topic says no more than the one that it stands under.
fn is_parents(topics: &[Topic], at: usize) -> bool {
    let parent = topics[at].parent.map(|parent| &topics[usize::from(parent)]);
    parent.is_some_and(|parent| parent.text == topics[at].text)
}

fn touch(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] + GAP.0 && b[0] < a[2] + GAP.0 && a[1] < b[3] + GAP.1 && b[1] < a[3] + GAP.1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::topics::tests::topic;
    use super::*;

    /// Five topics with four each below, and three below each of those, on rings.
    fn three_levels() -> Vec<Topic> {
        let mut topics = Vec::new();
        let around = |(x, y): (f64, f64), at: usize, n: usize, radius: f64| {
            let angle = at as f64 / n as f64 * std::f64::consts::TAU;
            (x + radius * angle.cos(), y + radius * angle.sin())
        };
        let put = |topics: &mut Vec<Topic>, level, parent, (x, y): (f64, f64), papers| {
            let text = format!("topic {} of level {level}", topics.len());
            topics.push(Topic {
                x: x as u16,
                y: y as u16,
                ..topic(&text, level, papers, parent)
            });
            (topics.len() - 1) as u16
        };
        for a in 0..5 {
            let place = around((32_000.0, 32_000.0), a, 5, 22_000.0);
            let top = put(&mut topics, 0, None, place, 1200);
            for b in 0..4 {
                let place = around(place, b, 4, 6_000.0);
                let middle = put(&mut topics, 1, Some(top), place, 300);
                for c in 0..3 {
                    put(
                        &mut topics,
                        2,
                        Some(middle),
                        around(place, c, 3, 1500.0),
                        100,
                    );
                }
            }
        }
        topics
    }

    fn frame() -> Frame {
        Frame::new(900.0, 700.0, [0.0, 0.0, 65_535.0, 65_535.0])
    }

    fn width(_: usize, rank: Rank) -> f64 {
        if rank == Rank::Main { 130.0 } else { 90.0 }
    }

    #[test]
    fn three_zooms_write_three_levels() {
        let topics = three_levels();
        let mut seen = Vec::new();
        for zoom in [0.0, 1.5, 3.0] {
            let camera = Camera {
                x: 54_000.0,
                y: 32_000.0,
                zoom,
            };
            let written = place(&topics, camera, &frame(), width);
            let main: BTreeSet<u8> = (written.iter())
                .filter(|label| label.rank == Rank::Main)
                .map(|label| topics[label.topic].level)
                .collect();
            assert_eq!(main.len(), 1, "two main levels at zoom {zoom}: {written:?}");
            seen.extend(main);
        }
        assert_eq!(seen, [0, 1, 2]);
    }

    #[test]
    fn no_label_touches_another_or_leaves_the_view() {
        let topics = three_levels();
        for step in 0..40 {
            let zoom = f64::from(step) / 10.0;
            let camera = Camera {
                x: 40_000.0,
                y: 36_000.0,
                zoom,
            };
            let written = place(&topics, camera, &frame(), width);
            let edges: Vec<[f64; 4]> = (written.iter())
                .map(|label| {
                    let (w, h) = (width(0, label.rank) / 2.0, label.rank.height() / 2.0);
                    [label.x - w, label.y - h, label.x + w, label.y + h]
                })
                .collect();
            for (at, a) in edges.iter().enumerate() {
                assert!(
                    a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= 900.0 && a[3] <= 700.0,
                    "{a:?}"
                );
                for b in &edges[..at] {
                    assert!(!touch(a, b), "{a:?} touches {b:?} at zoom {zoom}");
                }
            }
        }
    }

    #[test]
    fn the_larger_topic_wins_the_place_and_a_child_never_repeats_its_parent() {
        let mut topics = vec![
            topic("small", 0, 10, None),
            topic("large", 0, 90, None),
            topic("large", 1, 50, Some(1)),
        ];
        topics[2].x = 60_000;
        let camera = Camera::whole([0.0, 0.0, 65_535.0, 65_535.0]);
        let written = place(&topics, camera, &frame(), width);
        let texts: Vec<&str> = written
            .iter()
            .map(|label| &*topics[label.topic].text)
            .collect();
        assert_eq!(texts, ["large"]);
    }

    #[test]
    fn a_map_without_topics_writes_nothing() {
        let camera = Camera::whole([0.0, 0.0, 65_535.0, 65_535.0]);
        assert_eq!(place(&[], camera, &frame(), width), []);
    }
}
