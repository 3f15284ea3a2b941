//! Checks: roads against the exact one, golden vectors to the bit.

use shared::artifact::{Golden, IndexParts};

use super::*;
use crate::engine::protocol::{Check, Finding};

fn finding(build: &mut Build, check: Check) -> (Finding, Vec<(usize, usize)>) {
    let mut trial = build.begin_trial(check).expect("the build is open");
    let mut told = vec![trial.progress()];
    while trial.progress().0 < trial.progress().1 {
        build.step_trial(&mut trial).expect("finite vectors");
        told.push(trial.progress());
    }
    (build.end_trial(trial), told)
}

/// A build with golden vectors: those of its own encoder, or of one that errs in the last bit of the second.
fn with_golden(errs: bool) -> Build {
    let (mut manifest, mut files) = files(None);
    let mut vectors = build();
    let texts = ["spin glass", "galaxy", "market price"];
    let golden = texts.into_iter().enumerate().map(|(at, text)| {
        let mut vector = vectors.embed(text).expect("known words").vector;
        if errs && at == 1 {
            let largest = vector.iter_mut().max_by(|a, b| a.total_cmp(b));
            let largest = largest.expect("a vector has entries");
            *largest = f32::from_bits(largest.to_bits() ^ 1);
        }
        Golden {
            text: text.to_owned(),
            vector,
        }
    });
    let parts = IndexParts {
        golden: golden.collect(),
        ..index_parts(manifest.model.sha256)
    };
    files.meaning.index = parts.to_bytes();
    manifest.index = entry("index.bin", &files.meaning.index);
    open(&manifest, files).expect("a build that fits together")
}

#[test]
fn every_road_is_judged_by_all_papers_and_a_paper_is_no_hit_of_its_own() {
    let (found, told) = finding(&mut build(), Check::Roads);
    let Finding::Roads(found) = found else {
        panic!("{found:?}");
    };
    let steps: Vec<_> = (0..=8).map(|done| (done, 8)).collect();
    assert_eq!(told, steps);
    assert_eq!((found.papers, found.questions), (8, 8));
    let ways: Vec<_> = found.ways.iter().map(|way| way.method).collect();
    assert!(
        matches!(
            ways[..],
            [
                Method::Exact,
                Method::Codes { .. },
                Method::Graph { ef: 11 }
            ]
        ),
        "{ways:?}"
    );
    for way in &found.ways {
        assert_eq!(way.recall, 1.0, "eight papers are all found: {way:?}");
    }
    // `[CLS] spin glass [SEP]` and the like.
    assert!((4.0..5.0).contains(&found.tokens), "{}", found.tokens);
}

#[test]
fn a_graph_without_links_is_found_out() {
    let (mut manifest, mut files) = files(None);
    let parts = IndexParts {
        links: vec![Vec::new(); PAPERS.len()],
        ..index_parts(manifest.model.sha256)
    };
    files.meaning.index = parts.to_bytes();
    manifest.index = entry("index.bin", &files.meaning.index);
    let mut build = open(&manifest, files).expect("it is well-formed");
    let (Finding::Roads(found), _) = finding(&mut build, Check::Roads) else {
        panic!("another finding");
    };
    let [exact, codes, graph] = &found.ways[..] else {
        panic!("{found:?}");
    };
    assert_eq!((exact.recall, codes.recall), (1.0, 1.0));
    // A walk ends where it enters: seven papers find that one of their seven others, and it finds none.
    assert!(graph.recall <= 1.0 / 7.0, "{}", graph.recall);
}

#[test]
fn golden_vectors_are_compared_bit_for_bit() {
    let (found, told) = finding(&mut with_golden(false), Check::Golden);
    let Finding::Golden(found) = found else {
        panic!("{found:?}");
    };
    assert_eq!(told.last(), Some(&(3, 3)));
    assert_eq!((found.texts, found.same), (3, 3));

    let (Finding::Golden(found), _) = finding(&mut with_golden(true), Check::Golden) else {
        panic!("another finding");
    };
    assert_eq!((found.texts, found.same), (3, 2), "one bit is off");
    let least = found.least.expect("texts were compared");
    assert!(least > 0.999_999, "and no more than that: {least}");
}

#[test]
fn a_build_without_golden_vectors_says_that_it_has_none() {
    let (Finding::Golden(found), told) = finding(&mut build(), Check::Golden) else {
        panic!("another finding");
    };
    assert_eq!((found.texts, found.same, found.least), (0, 0, None));
    assert_eq!(told, [(0, 0)]);
}

#[test]
fn before_there_is_a_model_nothing_can_be_checked() {
    let (manifest, files) = files(None);
    let build = begin(&manifest, files.papers, &files.words.table).expect("words open");
    for check in [Check::Roads, Check::Golden] {
        assert_eq!(
            build.begin_trial(check).map(|trial| trial.progress()),
            Err(EngineError::NotLoaded)
        );
    }
}
