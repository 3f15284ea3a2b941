//! Well-preserved bytes that break a rule: each rule of `docs/FORMAT.md` has a file that breaks it.

mod maps;
mod shards;
mod word_files;

use std::collections::BTreeSet;

use serde_json::json;
use shared::ArtifactError;
use shared::artifact::{CODEBOOKS_LEN, Golden, IndexParts, Kind};

use super::container::{Parts, reseal};
use super::sample::{self, file, open};

/// A file that breaks one rule.
struct Forgery {
    part: &'static str,
    rule: &'static str,
    kind: Kind,
    bytes: Vec<u8>,
}

fn forgery(part: &'static str, rule: &'static str, kind: Kind, bytes: Vec<u8>) -> Forgery {
    Forgery {
        part,
        rule,
        kind,
        bytes,
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Bytes of these bits, which fill each from its lowest one up.
fn bits(text: &str) -> Vec<u8> {
    let bits: Vec<u8> = text
        .bytes()
        .filter(|&byte| byte != b' ')
        .map(|byte| byte - b'0')
        .collect();
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    bits.chunks(8).map(byte).collect()
}

/// Header and table. Entry `n` of the table stands at `32 + 24 · n`: tag, CRC, start, length.
#[rustfmt::skip] // one forgery a line
fn containers() -> Vec<Forgery> {
    let edit = |rule, at: usize, with: &[u8]| {
        let mut bytes = file(Kind::Abstracts);
        bytes[at..at + with.len()].copy_from_slice(with);
        forgery("HEAD", rule, Kind::Abstracts, reseal(bytes))
    };
    let parts = Parts::of(&file(Kind::Abstracts));
    let (offsets, text) = (parts.get(b"OFFS"), parts.get(b"TEXT"));
    let gap = "sections are 64-byte aligned, in order, without holes";
    let within = "a section ends within the file";
    let short = |len: usize| (len as u64 - 1).to_le_bytes();
    vec![
        edit("at most 64 sections", 12, &[65]),
        edit("at most 64 sections", 12, &[0xff; 4]),
        edit("the section table ends within the file", 12, &[64]),
        edit(gap, 40, &[0xc0]),
        edit(gap, 40, &[0]),
        edit(gap, 40, &[0xff; 8]),
        edit(within, 48, &[0xff; 8]),
        edit(within, 72, &[0xff; 8]),
        edit("padding is zero", 80, &[1]),
        edit("padding is zero", 128 + offsets.len(), &[1]),
        edit("a tag stands once in a file", 56, b"OFFS"),
        edit("the last section ends the file", 72, &short(text.len())),
    ]
}

#[rustfmt::skip] // one forgery a line
fn papers() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Papers));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Papers, forged.to_bytes());
    let rows = "offsets are one more than rows";
    let ascend = "offsets ascend from 0 to the end of their data";
    let ids = good.get(b"IDST").len() as u32;
    let mut twins = sample::papers();
    let id = twins[0].id.clone();
    twins[2].id = id;
    let twins = shared::Papers::to_bytes(&twins, 2, &sample::chunks());
    let mut broken = good.get(b"AUTT").to_vec();
    broken[1] = b'x';
    vec![
        with("YEAR", "one entry a paper", good.with(b"YEAR", vec![0; 4])),
        with("YEAR", "a section of half words has an even number of bytes", good.with(b"YEAR", vec![0; 7])),
        with("CATO", "a section of words has a multiple of four bytes", good.with(b"CATO", vec![0; 7])),
        with("IDSO", rows, good.with(b"IDSO", words(&[0, ids]))),
        with("IDSO", rows, good.with(b"IDSO", vec![])),
        with("IDSO", ascend, good.with(b"IDSO", words(&[0, 2, 1, ids]))),
        with("IDSO", ascend, good.with(b"IDSO", words(&[1, 2, 3, ids]))),
        with("IDSO", ascend, good.with(b"IDSO", words(&[0, 1, 2, u32::MAX]))),
        with("CATO", rows, good.with(b"CATO", words(&[0]))),
        with("CATO", ascend, good.with(b"CATO", words(&[0, 2, 9, 3]))),
        with("CATN", "every category number is one of META's", good.with(b"CATN", vec![9; 6])),
        with("CHNK", "36 bytes an abstract chunk", good.with(b"CHNK", vec![0; 35])),
        with("CHNK", "as many chunks as the papers need", good.with(b"CHNK", vec![0; 36])),
        with("CHNK", "as many chunks as the papers need", good.with_meta("/chunk_papers", json!(0))),
        with("IDST", "an id stands once in a corpus", Parts::of(&twins)),
        with("AUTT", "text is UTF-8, also at every offset", good.with(b"AUTT", broken)),
        with("META", "META is the JSON object that this kind describes", good.with(b"META", b"{}".to_vec())),
        with("TITT", "this section is required", good.without(b"TITT")),
    ]
}

#[rustfmt::skip] // one forgery a line
fn abstracts() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Abstracts));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Abstracts, forged.to_bytes());
    let stream = "a raw DEFLATE stream of the promised length";
    let ascend = "offsets ascend from 0 to the end of their data";
    let len = u32::from_le_bytes(good.get(b"OFFS")[8..].try_into().expect("three offsets"));
    vec![
        with("OFFS", ascend, good.with(b"OFFS", vec![])),
        with("OFFS", ascend, good.with(b"OFFS", words(&[1, len]))),
        with("OFFS", ascend, good.with(b"OFFS", words(&[0, len + 1, len]))),
        with("OFFS", "a chunk inflates to at most 64 MiB", good.with(b"OFFS", words(&[0, u32::MAX]))),
        with("OFFS", "a chunk inflates to at most 64 MiB", good.with(b"OFFS", words(&[0, (1 << 26) + 1]))),
        with("TEXT", stream, good.with(b"OFFS", words(&[0, 1 << 26]))),
        with("TEXT", stream, good.with(b"OFFS", words(&[0, len - 1]))),
        with("TEXT", stream, good.with(b"TEXT", vec![])),
        with("TEXT", stream, good.with(b"TEXT", vec![0xff; 9])),
        // The second abstract begins with a letter of two bytes.
        with("TEXT", "text is UTF-8, also at every offset", good.with(b"OFFS", words(&[0, 23, len]))),
    ]
}

#[rustfmt::skip] // one forgery a line
fn classifiers() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Classifier));
    let judged = Parts::of(&sample::judged_classifier().to_bytes());
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Classifier, forged.to_bytes());
    let positive = "the temperature is a positive number";
    let shares = "shares of held-out papers are 0 to 1, their ranges ascend from 0";
    let classes = "one entry a class, and at least one class";
    let ascend = "classes of a piece ascend, each one that there is";
    let crossed = "shares of cross-lists are 0 to 1";
    let beside = "classes that a class is listed with ascend, each one that there is";
    let moderate = "what the temperature is multiplied by is between 0.01 and 100";
    let none = good.with_meta("/classes", json!([])).with(b"BIAS", vec![]);
    let nan = f32::NAN.to_le_bytes().to_vec();
    vec![
        with("META", positive, good.with_meta("/temperature", json!(0))),
        with("META", positive, good.with_meta("/temperature", json!(-1.5))),
        with("META", moderate, good.with_meta("/by_confidence/0", json!(9))),
        with("META", shares, judged.with_meta("/held_out/set/least", json!(1.5))),
        with("META", shares, judged.with_meta("/held_out/abstention/accuracy", json!(-0.5))),
        with("META", shares, judged.with_meta("/held_out/reliability/0/from", json!(0.25))),
        with("META", shares, judged.with_meta("/held_out/reliability/1/from", json!(0))),
        with("META", shares, judged.with_meta("/held_out/reliability/1/right", json!(9))),
        with("META", "the scale of words is a positive number", good.with_meta("/words/scale", json!(-1))),
        with("WCNT", "one count a piece", good.with(b"WCNT", vec![0; 4])),
        with("WCLS", "as many classes as the counts say", good.with(b"WCLS", vec![0; 3])),
        with("WCLS", ascend, good.with(b"WCLS", vec![2, 0, 1, 2])),
        with("WCLS", ascend, good.with(b"WCLS", vec![0, 3, 1, 2])),
        with("WWGT", "as many weights as the counts say", good.with(b"WWGT", vec![0; 5])),
        with("META", crossed, judged.with_meta("/cross/least", json!(1.5))),
        with("META", crossed, judged.with_meta("/cross/recall", json!(-0.5))),
        with("XCNT", "one count a class", judged.with(b"XCNT", vec![1, 2])),
        with("XCNT", "this section is required", judged.without(b"XCNT")),
        with("XCLS", "as many classes as the counts say", judged.with(b"XCLS", vec![2, 0])),
        with("XCLS", beside, judged.with(b"XCLS", vec![2, 2, 0])),
        with("XCLS", beside, judged.with(b"XCLS", vec![3, 0, 2])),
        with("XRAT", "as many rates as the counts say", judged.with(b"XRAT", vec![0; 4])),
        with("XRAT", "a section of half words has an even number of bytes", judged.with(b"XRAT", vec![0; 5])),
        with("BIAS", classes, good.with(b"BIAS", vec![0; 4])),
        with("BIAS", classes, none.with(b"WGHT", vec![])),
        with("BIAS", "every number is finite", good.with(b"BIAS", nan)),
        with("WGHT", "classes × dim entries", good.with(b"WGHT", vec![0; 4])),
        with("WGHT", "classes × dim entries", good.with_meta("/dim", json!(0)).with(b"WGHT", vec![])),
    ]
}

#[rustfmt::skip] // one forgery a line
fn indexes() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Index));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Index, forged.to_bytes());
    let layer = "an upper layer has at least one node, and no more than the layer below";
    let whole = "one list of links a node, and zeros up to a whole byte";
    let named = "links name other nodes of their layer";
    let packed = "as many bits a paper as a node's number needs, and zeros up to a whole byte";
    let width = "dim is a multiple of 16, at most 512";
    let mut low = good.get(b"VECQ").to_vec();
    low[5] = 0x80;
    // Node 0 has this list, nodes 1 to 3 have none: twice no neighbor, in four bits each.
    let links = |list: &str| good.with(b"LNKR", bits(&format!("{list} 0000 0000  0000 0000  0000 0000")));
    let layers = |sizes: &[u32]| {
        let n = sizes.iter().sum::<u32>() as usize;
        let good = good.with_meta("/upper_layers", json!(sizes));
        good.with(b"UPRR", vec![0; n])
    };
    // Six papers, three bits each: 4 is none, 5 is no node.
    let node = |nodes: &str| good.with(b"NODB", bits(nodes));
    let golden = |n: usize| {
        let golden = Golden { text: "spin".into(), vector: vec![0.5; n] };
        Parts::of(&IndexParts { golden: vec![golden], ..sample::index() }.to_bytes())
    };
    let whole_golden = golden(sample::DIM);
    vec![
        with("GOLD", "one vector a golden text", golden(sample::DIM - 1)),
        with("GOLD", "this section is required", whole_golden.without(b"GOLD")),
        with("GOLD", "every number is finite", whole_golden.with(b"GOLD", [0xff; 4].to_vec())),
        with("META", width, good.with_meta("/dim", json!(24))),
        with("META", width, good.with_meta("/dim", json!(0))),
        with("META", width, good.with_meta("/dim", json!(528))),
        with("VECQ", "nodes × dim bytes, and one scale a node", good.with(b"VECS", vec![0; 4])),
        with("VECQ", "nodes × dim bytes, and one scale a node", good.with(b"VECQ", vec![0; 63])),
        with("VECQ", "steps are −127..=127", good.with(b"VECQ", low)),
        with("VECS", "every number is finite", good.with(b"VECS", [0xff; 16].to_vec())),
        with("NODB", "each paper names a node, or none", node("000 100 010 110 101 110")),
        with("NODB", packed, node("000 100")),
        with("NODB", packed, node("000 100 010 110 001 110 000001")),
        with("NODB", packed, good.with_meta("/papers", json!(9))),
        with("META", layer, layers(&[0])),
        with("META", layer, layers(&[5])),
        with("META", layer, layers(&[2, 3])),
        with("META", layer, layers(&[1; 65])),
        with("UPRR", whole, good.with(b"UPRR", vec![])),
        // Up from 0 to 4; down from 0; up by 2^31.
        with("LNKR", named, links("0000 0100 00000 1110")),
        with("LNKR", named, links("0100 0000 00000 0")),
        with("LNKR", named, links(&format!("0000 0100 11111 0 {}", "1".repeat(31)))),
        // No list; too few; a count without end; a step without end; a step of 33 bits; a byte too many; a bit too many.
        with("LNKR", whole, good.with(b"LNKR", vec![])),
        with("LNKR", whole, good.with(b"LNKR", vec![0; 3])),
        with("LNKR", whole, good.with(b"LNKR", vec![0xff; 9])),
        with("LNKR", whole, good.with(b"LNKR", bits(&format!("0000 0100 00000 {}", "1".repeat(75))))),
        with("LNKR", whole, links(&format!("0000 0100 11111 1110 {}", "0".repeat(31)))),
        with("LNKR", whole, good.with(b"LNKR", vec![0; 5])),
        with("LNKR", whole, good.with(b"LNKR", bits("0000 0100 00000 0 0000 0000 0000 0000 0000 0000 01"))),
    ]
}

#[rustfmt::skip] // one forgery a line
fn models() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Model));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Model, forged.to_bytes());
    let fits = "the architecture fits the kernels: head and feed-forward widths are multiples of 16";
    let rows = "rows × dim bytes, and one scale a row";
    let bits = "one entry a row: 2 to 8 bits, or 0";
    let packed = "as many bytes as the rows' bits need, and one scale a row";
    let needs = "as many weights and parameters as the architecture needs";
    let wide = "max_tokens times the widest layer is at most 33,554,432";
    let shape = |field: &str, n: u32| good.with_meta(&format!("/architecture/{field}"), json!(n));
    vec![
        with("META", fits, shape("heads", 2)),
        with("META", fits, shape("heads", 3)),
        with("META", fits, shape("heads", 0)),
        with("META", fits, shape("dim", 24)),
        with("META", fits, shape("feed_forward", 24)),
        with("META", fits, shape("layers", 0)),
        with("META", fits, good.with_meta("/max_tokens", json!(2))),
        with("META", wide, shape("feed_forward", 65_536).with_meta("/max_tokens", json!(513))),
        with("WRDB", bits, shape("vocabulary", 9)),
        with("WRDB", bits, good.with(b"WRDB", vec![4; 7])),
        with("WRDB", bits, good.with(b"WRDB", vec![0, 1, 4, 4, 4, 4, 4, 4])),
        with("WRDB", bits, good.with(b"WRDB", vec![0, 9, 4, 4, 4, 4, 4, 4])),
        with("WRDC", "a codebook for each of 2 to 8 bits", good.with(b"WRDC", vec![0; 4])),
        with("WRDC", "every number is finite", good.with(b"WRDC", [0xff; 4 * CODEBOOKS_LEN].to_vec())),
        with("WRDP", packed, good.with(b"WRDS", vec![0; 4])),
        with("WRDP", packed, good.with(b"WRDB", vec![0, 2, 3, 4, 5, 6, 7, 7])),
        with("WRDP", packed, good.with(b"WRDP", vec![0; 69])),
        with("POSQ", rows, good.with_meta("/max_tokens", json!(9))),
        with("WGHT", needs, shape("layers", 2)),
        with("WGHT", needs, good.with(b"PARM", vec![0; 4])),
        with("WGHT", "every group of four weights adds up in 16 bits", good.with(b"WGHT", vec![127; good.get(b"WGHT").len()])),
        with("WGHT", "every group of four weights adds up in 16 bits", good.with(b"WGHT", vec![0x81; good.get(b"WGHT").len()])),
        with("PARM", "every number is finite", good.with(b"PARM", [0xff; 4].to_vec())),
    ]
}

/// The section of `sample::TOKENIZER`: 25 bytes, the prefix at 25, three added tokens of ten bytes
/// from 27 on, eight shapes from 57 on, as many ids from 65 on, the ends of words from 73 on.
#[rustfmt::skip] // one forgery a line
fn tokenizers() -> Vec<Forgery> {
    let model = Parts::of(&file(Kind::Model));
    let good = model.get(b"TOKZ").to_vec();
    let with = |rule, forged: Parts| forgery("TOKZ", rule, Kind::Model, forged.to_bytes());
    let whole = |bytes: &[u8]| model.with(b"TOKZ", bytes.to_vec());
    let edit = |at: usize, bytes: &[u8]| {
        let mut forged = good.clone();
        forged[at..at + bytes.len()].copy_from_slice(bytes);
        model.with(b"TOKZ", forged)
    };
    let fill = "the tokenizer's parts fill their section";
    let row = "every token id is a row of the word table";
    let text = "words, prefix and added tokens are UTF-8";
    let added = "an added token is not empty, and stands there once";
    let known = "no option is set that the page does not know";
    let bytes = "an id has one to three bytes";
    let ascend = "words ascend, by their bytes";
    let own = "the token for unknown words is one of the words";
    let nameless = [&good[..47], &[0], &good[48..52], &good[57..]].concat();
    let more = [&good[..], b"s"].concat();
    let spare = model.with_meta("/architecture/vocabulary", json!(9));
    let mut unknown = good.clone();
    unknown[8] = 8;
    vec![
        with(fill, whole(b"{}")),
        with(fill, whole(&good[..24])),
        with(fill, whole(&good[..good.len() - 1])),
        with(fill, whole(&more)),
        with(fill, edit(0, &[0xff; 4])),
        with(fill, edit(20, &[0xff; 2])),
        with(known, edit(22, &[0x10])),
        with(bytes, edit(23, &[0])),
        with(bytes, edit(23, &[4])),
        with(text, edit(25, &[0xff])),
        with(text, edit(52, &[0xff])),
        with(text, edit(good.len() - 1, &[0xff])),
        with(added, whole(&nameless)),
        with(added, edit(53, b"CLS")),
        with(row, edit(8, &[0xff; 4])),
        with(row, edit(12, &[8])),
        with(row, edit(16, &[0, 0, 0, 0x80])),
        with(row, edit(48, &[8])),
        with(row, edit(65, &[8])),
        with("each word has an id of its own", edit(65, &[7])),
        with(own, spare.with(b"TOKZ", unknown)),
        with("a word shares no more than the one before has", edit(58, &[0x51])),
        with(ascend, edit(good.len() - 4, b"a")),
        with(ascend, edit(good.len() - 9, b"ZZ")),
    ]
}

fn references() -> Vec<Forgery> {
    let good = Parts::of(&file(Kind::Reference));
    let with = |part, rule, forged: Parts| forgery(part, rule, Kind::Reference, forged.to_bytes());
    let header = "the header of a safetensors file ends within the section";
    let tensors = |bytes: &[u8]| with("TNSR", header, good.with(b"TNSR", bytes.to_vec()));
    vec![
        tensors(&[0; 7]),
        tensors(&[3, 0, 0, 0, 0, 0, 0, 0, b'{', b'}']),
        tensors(&[0xff; 16]),
        with("TNSR", "this section is required", good.without(b"TNSR")),
    ]
}

#[test]
fn each_rule_is_enforced_and_named() {
    let all = [
        containers(),
        papers(),
        abstracts(),
        classifiers(),
        references(),
        indexes(),
        models(),
        tokenizers(),
        maps::maps(),
        shards::shards(),
        shards::clusters(),
        shards::leaves(),
        shards::papers(),
        word_files::chunks(),
        word_files::tables(),
        word_files::places(),
    ];
    let mut broken = BTreeSet::new();
    for (at, forged) in all.into_iter().flatten().enumerate() {
        let (part, rule, kind) = (forged.part, forged.rule, forged.kind);
        match open(kind, forged.bytes) {
            Err(ArtifactError::Malformed { part: p, rule: r }) => {
                assert_eq!((&*p.to_string(), r), (part, rule), "forgery {at}, {kind:?}");
            }
            other => panic!("forgery {at}, {kind:?}, {part}: {rule}: gave {other:?}"),
        }
        broken.insert(rule);
    }
    for rule in super::document::rules_in_sources() {
        assert!(
            broken.contains(&*rule),
            "no forgery shows that the rule {rule:?} is enforced"
        );
    }
}
