//! Forgeries of words, their table and their places.

use serde_json::json;
use shared::artifact::{Kind, List, WordChunk};

use super::super::container::Parts;
use super::super::sample::file;
use super::{Forgery, forgery, words};

/// A term as `TERM` has it, with the papers and the bytes of its list.
fn term(shared: u8, rest: &[u8], papers: u8, len: u8) -> Vec<u8> {
    [&[shared, rest.len() as u8], rest, &[papers, len]].concat()
}

#[rustfmt::skip] // one forgery a line
pub(super) fn chunks() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Words));
    let with = |part, rule, bytes| forgery(part, rule, Kind::Words, bytes);
    let of = |terms: &[Vec<u8>], postings: &[u8]| {
        let good = good.with_meta("/terms", json!(terms.len()));
        good.with(b"TERM", terms.concat()).with(b"POST", postings.to_vec()).to_bytes()
    };
    let n_terms = good.meta().expect("a META")["terms"].as_u64().expect("a number");
    let terms = |n: u64| good.with_meta("/terms", json!(n)).to_bytes();
    let fill = "the terms fill their section";
    let bytes = "a term has 1 to 64 bytes and shares no more than the one before has";
    let ascend = "terms ascend, by their bytes";
    let lists = "the lists of all terms fill their section";
    let whole = "numbers are whole LEB128 of at most 32 bits";
    let named = "a posting has a field, and a paper below 268,435,456";
    let count = "a list has as many postings as its term says, and at least one";
    // The title of the first paper, once.
    let once = 0b0011;
    let a = |papers, len| [term(0, b"a", papers, len)];
    let lone = |term: &str, step: u8| WordChunk::to_bytes(&[List { term, n_papers: 1, postings: &[step << 4 | once] }]);
    vec![
        with("TERM", fill, terms(0)),
        with("TERM", fill, terms(n_terms - 1)),
        with("TERM", fill, terms(n_terms + 1)),
        with("TERM", fill, of(&[vec![0, 9, b'a', 1, 1]], &[once])),
        with("TERM", fill, of(&[vec![0, 1, b'a', 1, 0x80]], &[once])),
        with("TERM", bytes, of(&[term(1, b"a", 1, 1)], &[once])),
        with("TERM", bytes, of(&[term(0, b"", 1, 1), term(0, b"ab", 1, 1)], &[once, once])),
        with("TERM", bytes, of(&[term(0, &[b'a'; 65], 1, 1)], &[once])),
        with("TERM", ascend, of(&[term(0, b"b", 1, 1), term(0, b"a", 1, 1)], &[once, once])),
        with("TERM", ascend, of(&[term(0, b"a", 1, 1), term(0, b"a", 1, 1)], &[once, once])),
        with("TERM", "a term is UTF-8", of(&[term(0, b"\xff", 1, 1)], &[once])),
        with("TERM", "a chunk begins with the term that its table says", lone("aa", 0)),
        with("TERM", "a chunk begins with the term that its table says", of(&[], &[])),
        with("POST", lists, of(&a(1, 2), &[once])),
        with("POST", lists, of(&a(1, 1), &[once, once])),
        with("POST", whole, of(&a(1, 1), &[0x80])),
        with("POST", whole, of(&a(1, 2), &[once, 0x80])),
        with("POST", whole, of(&a(1, 5), &[0xff, 0xff, 0xff, 0xff, 0x1f])),
        with("POST", whole, of(&a(1, 1), &[0b0010])),
        with("POST", named, of(&a(1, 1), &[0b0001])),
        with("POST", named, of(&a(2, 6), &[0xf3, 0xff, 0xff, 0xff, 0x0f, once])),
        with("POST", count, of(&a(2, 1), &[once])),
        with("POST", count, of(&a(0, 0), &[])),
        with("POST", "a chunk has papers of its table only", lone("a", 3)),
    ]
}

#[rustfmt::skip] // one forgery a line
pub(super) fn tables() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Table));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Table, forged.to_bytes());
    let sums = "the lengths of a field add up to what their codes allow";
    let ascend = "first terms ascend, by their bytes";
    let firsts = |text: &[u8]| good.with(b"FRSO", words(&[0, 1, 2])).with(b"FRST", text.to_vec());
    vec![
        with("META", sums, good.with_meta("/lengths/0", json!(0))),
        with("META", sums, good.with_meta("/lengths/2", json!(99))),
        with("FRST", ascend, firsts(b"ba")),
        with("FRST", ascend, firsts(b"aa")),
        with("FRSO", "offsets are one more than rows", good.with(b"CHNK", vec![0; 72])),
        with("CHNK", "72 bytes a chunk of words", good.with(b"CHNK", vec![0; 71])),
        with("LENQ", "three codes of lengths a paper", good.with(b"LENQ", vec![0; 8])),
    ]
}

#[rustfmt::skip] // one forgery a line
pub(super) fn places() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Places));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Places, forged.to_bytes());
    let one = "one size a term of the chunk of words";
    let sum = "the sizes add up to the places";
    let many = "as many places as the words' frequencies say, each below 4,294,967,295";
    let (sizes, places) = (good.get(b"SIZE"), good.get(b"PLAC"));
    assert_eq!(sizes[0], 2, "the sample's first term stands in two papers, once in each");
    let first = |list: &[u8]| {
        let sizes = [&[list.len() as u8], &sizes[1..]].concat();
        good.with(b"SIZE", sizes).with(b"PLAC", [list, &places[2..]].concat())
    };
    vec![
        with("SIZE", one, good.with(b"SIZE", vec![])),
        with("SIZE", one, good.with(b"SIZE", [sizes, &[0]].concat())),
        with("SIZE", sum, good.with(b"SIZE", vec![0x7f; sizes.len()])),
        with("SIZE", sum, good.with(b"PLAC", [places, &[0]].concat())),
        with("PLAC", many, first(&[])),
        with("PLAC", many, first(&[0])),
        with("PLAC", many, first(&[0, 0, 0])),
        with("PLAC", many, first(&[0, 0x80])),
        with("PLAC", many, first(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f])),
    ]
}
