//! Searches of an index of which not every chunk is here.

use super::judge::Judge;
use super::tests::corpus;
use super::*;
use crate::words::InvertedIndex;

#[test]
fn a_search_needs_no_more_than_it_says() {
    let papers = corpus();
    let files = InvertedIndex::of(&papers).to_files(20);
    let whole = files.open().unwrap();
    let facts = Judge::new(&papers);
    let search = WordSearch::default();
    for text in [
        "ice lakes",
        "x-ray",
        "+x-ray",
        "\"ice on lakes\"",
        "lear* -deep",
        "au:\"Snow, A\"",
        "year:2019",
        "ti:x-ray",
    ] {
        let query = Query::parse(text).unwrap();
        let mut index = WordIndex::open(files.table.clone()).unwrap();
        let needs = index.needs(&query, &search);
        let none = index.search(&query, &search, &facts, |_| true);
        assert_eq!(none.missing, needs.iter().copied().collect::<Vec<_>>());
        let asks_places = needs.iter().any(|chunk| matches!(chunk, Chunk::Places(_)));
        assert_eq!(
            asks_places,
            ["+x-ray", "\"ice on lakes\"", "ti:x-ray"].contains(&text),
            "{text:?}"
        );
        for &chunk in &needs {
            index.insert(chunk, files.chunk(chunk).to_vec()).unwrap();
        }
        let enough = index.search(&query, &search, &facts, |_| true);
        assert_eq!(
            enough,
            whole.search(&query, &search, &facts, |_| true),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_not_here_is_absent_and_named() {
    let papers = corpus();
    let files = InvertedIndex::of(&papers).to_files(1 << 16);
    let mut index = WordIndex::open(files.table.clone()).unwrap();
    index
        .insert(Chunk::Words(0), files.words[0].clone())
        .unwrap();
    let search = |index: &WordIndex, text: &str| {
        let query = Query::parse(text).unwrap();
        index.search(&query, &WordSearch::default(), &Judge::new(&papers), |_| {
            true
        })
    };
    let phrase = search(&index, "\"ice on lakes\"");
    assert_eq!(
        (phrase.n_matching, phrase.missing),
        (0, vec![Chunk::Places(0)])
    );
    let either = search(&index, "\"ice on lakes\" OR water");
    assert_eq!(
        (either.n_matching, either.missing),
        (1, vec![Chunk::Places(0)])
    );
    let without = search(&index, "lakes -\"ice on lakes\"");
    assert_eq!(
        (without.n_matching, without.missing),
        (2, vec![Chunk::Places(0)])
    );
    index
        .insert(Chunk::Places(0), files.places[0].clone())
        .unwrap();
    let without = search(&index, "lakes -\"ice on lakes\"");
    assert_eq!((without.n_matching, without.missing), (1, vec![]));
}
