//! Runs with mined negatives: found once, kept beside the tokens, and the same after a resume.

use std::fs;
use std::path::PathBuf;

use super::assert_resumes_to_the_bit;
use super::place::Place;
use crate::config::Config;

/// The files of mined negatives in a token cache.
fn kept(place: &Place) -> Vec<PathBuf> {
    let tokens = fs::read_dir(place.at("cache/tokens")).expect("a run has read papers");
    let folders = tokens.map(|entry| entry.expect("it can be listed").path());
    let files = folders.flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let paths = files.map(|entry| entry.expect("it can be listed").path());
    paths
        .filter(|path| path.to_string_lossy().contains("hard-negatives-2-"))
        .collect()
}

#[test]
fn a_run_with_mined_negatives_keeps_them_and_resumes_to_the_bit() {
    let place = Place::new();
    let mining = |config: &mut Config| {
        config.data.hard_negatives = 2;
        config.data.mix.category_pairs = 1.0;
    };
    assert_resumes_to_the_bit(&place, |name| place.config(name, mining), "mined");
    let files = kept(&place);
    assert_eq!(files.len(), 1, "they are kept once: {files:?}");
    let mined: Vec<Vec<u32>> =
        serde_json::from_slice(&fs::read(&files[0]).expect("it is there")).expect("JSON");
    let n = mined.len() as u32;
    assert!(n > 50, "{n} papers have negatives");
    assert!(
        mined
            .iter()
            .all(|near| near.len() == 2 && near.iter().all(|&paper| paper < n))
    );

    let losses = place.losses("whole");
    place
        .go(place.config("plain", |config| config.data.mix.category_pairs = 1.0))
        .expect("it trains");
    assert_ne!(losses, place.losses("plain"), "the negatives count");
    // What is kept is what is used: with other negatives, other steps.
    let others: Vec<Vec<u32>> = mined.iter().rev().cloned().collect();
    fs::write(
        &files[0],
        serde_json::to_vec(&others).expect("plain numbers"),
    )
    .expect("written");
    place.go(place.config("others", mining)).expect("it trains");
    assert_ne!(losses, place.losses("others"));
    fs::write(&files[0], "[[1").expect("written");
    let error = place.go(place.config("damaged", mining)).expect_err("half");
    assert!(
        format!("{error:#}").contains("remove it, and it is made anew"),
        "{error:#}"
    );
}
