//! Forgeries of shards, of the table of clusters, of leaves and of papers that have some.

use serde_json::json;
use shared::artifact::Kind;

use super::super::container::Parts;
use super::super::sample::{file, shards};
use super::{Forgery, forgery, words};

#[rustfmt::skip] // one forgery a line
pub(super) fn shards() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Shard));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Shard, forged.to_bytes());
    let code = "dim / 8 bytes a paper of the cluster";
    vec![
        with("CODE", code, good.with(b"CODE", vec![])),
        with("CODE", code, good.with(b"CODE", vec![0; 5])),
        with("CODE", code, good.with(b"CODE", vec![0; 8])),
        with("CODE", "this section is required", good.without(b"CODE")),
    ]
}

/// Two clusters, of two leaves and of one.
#[rustfmt::skip] // one forgery a line
pub(super) fn clusters() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Clusters));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Clusters, forged.to_bytes());
    let width = "dim is a multiple of 16, at most 512";
    let middles = "clusters × dim bytes, and one scale a cluster";
    let leaves = "every cluster has a leaf, and all of them have all leaves";
    let papers = "as many papers as all leaves have";
    let mut low = good.get(b"MIDQ").to_vec();
    low[31] = 0x80;
    let sizes = |sizes: &[u32]| good.with(b"SIZE", words(sizes));
    vec![
        with("META", width, good.with_meta("/dim", json!(0))),
        with("META", width, good.with_meta("/dim", json!(24))),
        with("META", width, good.with_meta("/dim", json!(528))),
        with("META", papers, good.with_meta("/papers", json!(5))),
        with("META", papers, good.with_meta("/papers", json!(u32::MAX))),
        with("META", "META is the JSON object that this kind describes", good.with_meta("/reads", json!(1))),
        with("MIDQ", middles, good.with(b"MIDQ", vec![0; 31])),
        with("MIDQ", middles, good.with(b"MIDS", vec![0; 4])),
        with("MIDQ", middles, good.with_meta("/dim", json!(32))),
        with("MIDQ", "steps are −127..=127", good.with(b"MIDQ", low)),
        with("MIDS", "every number is finite", good.with(b"MIDS", [0xff; 8].to_vec())),
        with("SIZE", leaves, sizes(&[])),
        with("SIZE", leaves, sizes(&[3])),
        with("SIZE", leaves, sizes(&[3, 0])),
        with("SIZE", leaves, sizes(&[1, 1])),
        with("SIZE", leaves, sizes(&[1, 3])),
        with("SIZE", leaves, sizes(&[1, 1, 1])),
        with("SIZE", leaves, sizes(&[u32::MAX, 4])),
        with("CHNK", "36 bytes a cluster", good.with(b"CHNK", vec![0; 71])),
        with("CHNK", "36 bytes a cluster", good.with(b"CHNK", vec![0; 36])),
        with("GOLD", "one vector a golden text", good.with(b"GOLD", vec![0; 60])),
        with("GOLD", "every number is finite", good.with(b"GOLD", [0xff; 64].to_vec())),
        with("GOLD", "this section is required", good.without(b"GOLD")),
    ]
}

/// Three papers: two texts and a vector of 16 bytes each.
#[rustfmt::skip] // one forgery a line
pub(super) fn leaves() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Leaf));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Leaf, forged.to_bytes());
    let width = "as many bytes a paper, a multiple of 16, at most 512";
    let rows = "offsets are one more than rows";
    let ascend = "offsets ascend from 0 to the end of their data";
    let most = "a leaf inflates to at most 16 MiB";
    let stream = "a raw DEFLATE stream of the promised length";
    let text = "text is UTF-8, also at every offset";
    let steps = |n: usize| good.with(b"VECQ", vec![0; n]);
    let mut low = good.get(b"VECQ").to_vec();
    low[47] = 0x80;
    let offsets: Vec<u32> = good.get(b"OFFS").chunks(4)
        .map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")))
        .collect();
    let offset = |at: usize, to: u32| {
        let mut offsets = offsets.clone();
        offsets[at] = to;
        good.with(b"OFFS", words(&offsets))
    };
    // One block that is stored as it is.
    let stored = |bytes: &[u8]| {
        let len = bytes.len() as u16;
        let head = [&[1][..], &len.to_le_bytes(), &(!len).to_le_bytes()].concat();
        good.with(b"TEXT", [&head, bytes].concat())
    };
    let len = offsets[6];
    vec![
        with("VECS", "one scale a paper of the leaf", good.with(b"VECS", vec![0; 8])),
        with("VECS", "one scale a paper of the leaf", good.with(b"VECS", vec![])),
        with("VECS", "every number is finite", good.with(b"VECS", [0xff; 12].to_vec())),
        with("VECQ", width, steps(47)),
        with("VECQ", width, steps(49)),
        with("VECQ", width, steps(3 * 24)),
        with("VECQ", width, steps(3 * 528)),
        with("VECQ", "steps are −127..=127", good.with(b"VECQ", low)),
        with("OFFS", rows, good.with(b"OFFS", words(&offsets[..6]))),
        with("OFFS", rows, good.with(b"OFFS", vec![])),
        with("OFFS", ascend, offset(0, 1)),
        with("OFFS", ascend, offset(1, len + 1)),
        with("OFFS", ascend, offset(6, 0)),
        with("OFFS", most, offset(6, (1 << 24) + 1)),
        with("OFFS", most, offset(6, u32::MAX)),
        with("TEXT", stream, offset(6, 1 << 24)),
        with("TEXT", stream, offset(6, len - 1)),
        with("TEXT", stream, good.with(b"TEXT", vec![])),
        with("TEXT", stream, good.with(b"TEXT", vec![0xff; 9])),
        with("TEXT", stream, stored(b"short")),
        with("TEXT", text, stored(&vec![0xff; len as usize])),
        // The first title begins with a letter of two bytes.
        with("TEXT", text, offset(1, 1)),
    ]
}

/// Six papers in three leaves.
#[rustfmt::skip] // one forgery a line
pub(super) fn papers() -> Vec<Forgery> {
    let good = Parts::of(&shards::papers_file());
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Papers, forged.to_bytes());
    let all = "every leaf has a paper, and all of them have all papers";
    let sizes = |sizes: &[u32]| good.with(b"LEAF", words(sizes));
    vec![
        with("LEAF", all, sizes(&[])),
        with("LEAF", all, sizes(&[2, 1, 2])),
        with("LEAF", all, sizes(&[2, 1, 4])),
        with("LEAF", all, sizes(&[6, 0, 0])),
        with("LEAF", all, sizes(&[u32::MAX, 4, 3])),
        with("LEAF", "a section of words has a multiple of four bytes", good.with(b"LEAF", vec![1; 11])),
        with("LEAC", "36 bytes a leaf", sizes(&[3, 3])),
        with("LEAC", "36 bytes a leaf", good.with(b"LEAC", vec![0; 107])),
        with("LEAC", "36 bytes a leaf", good.with(b"LEAC", vec![0; 72])),
        with("LEAC", "this section is required", good.without(b"LEAC")),
        with("TITO", "this section is required", good.without(b"LEAF")),
        with("META", "META is the JSON object that this kind describes", good.with_meta("/examples", json!("one"))),
    ]
}
