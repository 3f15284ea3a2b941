//! Forged maps.

use serde_json::{Value, json};
use shared::artifact::Kind;

use super::super::container::Parts;
use super::super::sample::file;
use super::{Forgery, forgery};

#[rustfmt::skip] // one forgery a line
pub(super) fn maps() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Map));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Map, forged.to_bytes());
    let share = "the trustworthiness is 0 to 1, measured on papers of the map";
    let both = "a paper has both coordinates below 65,535, or neither";
    let array = "LABL is a JSON array of labels";
    let parent = "a label's parent is a label one level above, and only level 0 has none";
    let text = "a label has a text, which is not its parent's";
    let counts = "a label counts the papers of its topic and of those below, at least one";
    let places = |at: usize, low: u8| {
        let mut xy = good.get(b"XYXY").to_vec();
        xy[at..at + 2].copy_from_slice(&[low, 0xff]);
        good.with(b"XYXY", xy)
    };
    let topic = |paper: usize, topic: u16| {
        let mut topics = good.get(b"TOPC").to_vec();
        topics[2 * paper..2 * paper + 2].copy_from_slice(&topic.to_le_bytes());
        good.with(b"TOPC", topics)
    };
    let labels: Value = serde_json::from_slice(good.get(b"LABL")).expect("LABL is JSON");
    let written = |labels: &Value| {
        good.with(b"LABL", serde_json::to_vec(labels).expect("JSON is writable"))
    };
    let label = |at: usize, field: &str, value: Value| {
        let mut labels = labels.clone();
        labels[at][field] = value;
        written(&labels)
    };
    let mut early = labels.clone();
    early.as_array_mut().expect("an array").swap(1, 2);
    let many = json!(vec![labels[0].clone(); 65_535]);
    vec![
        with("META", share, good.with_meta("/trustworthiness_at_15", json!(-0.5))),
        with("META", share, good.with_meta("/trustworthiness_at_15", json!(1.5))),
        with("META", share, good.with_meta("/sampled", json!(7))),
        with("XYXY", "two coordinates a paper", good.with_meta("/papers", json!(5))),
        with("XYXY", "two coordinates a paper", good.with(b"XYXY", vec![0; 22])),
        with("XYXY", "a section of half words has an even number of bytes", good.with(b"XYXY", vec![0; 23])),
        with("XYXY", both, places(0, 0xff)),
        with("XYXY", both, places(18, 0xfe)),
        with("TOPC", "one topic a paper", good.with(b"TOPC", vec![0; 10])),
        with("TOPC", "a topic is the number of a label", topic(5, 3)),
        with("TOPC", "a topic is the number of a label", topic(5, 0xfffe)),
        with("TOPC", "a paper of a topic has a place", topic(4, 0)),
        with("LABL", array, good.with(b"LABL", b"{}".to_vec())),
        with("LABL", array, good.with(b"LABL", b"[".to_vec())),
        with("LABL", array, label(0, "x", json!(65_536))),
        with("LABL", "fewer than 65,535 labels", written(&many)),
        with("LABL", parent, label(0, "parent", json!(1))),
        with("LABL", parent, label(2, "parent", json!(3))),
        with("LABL", parent, label(2, "parent", json!(2))),
        with("LABL", parent, label(2, "parent", Value::Null)),
        with("LABL", parent, label(2, "level", json!(2))),
        with("LABL", parent, label(0, "level", json!(255))),
        with("LABL", "labels stand by level, coarsest first", written(&early)),
        with("LABL", text, label(0, "text", json!(" "))),
        with("LABL", text, label(2, "text", json!("spin"))),
        with("LABL", "a label has a place below 65,535", label(1, "y", json!(65_535))),
        with("LABL", "a group is one of arXiv's eight, or 255", label(1, "group", json!(8))),
        with("LABL", counts, label(0, "papers", json!(2))),
        with("LABL", counts, topic(2, 0)),
    ]
}
