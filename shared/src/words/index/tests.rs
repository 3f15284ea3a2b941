use proptest::prelude::*;

use super::super::terms::{for_each_author_term, terms};
use super::super::{FieldSet, N_FIELDS};
use super::*;
use crate::artifact::{Kind, length_of};
use crate::words::Field;

/// Texts of one paper, as [`InvertedIndex::push`] takes them.
type Texts = [String; N_FIELDS];

fn built(papers: &[Texts]) -> InvertedIndex {
    let mut index = InvertedIndex::default();
    for [title, abstract_, authors] in papers {
        index.push(title, abstract_, authors);
    }
    index
}

/// Of each term, each paper, each field: the places, read from the texts.
fn places(papers: &[Texts]) -> Vec<(String, u32, Field, u32)> {
    let mut found = Vec::new();
    for (at, [title, abstract_, authors]) in papers.iter().enumerate() {
        for (field, text) in [(Field::Title, title), (Field::Abstract, abstract_)] {
            let terms = terms(text).into_iter();
            found.extend(terms.map(|term| (term.text, at as u32, field, term.position)));
        }
        for_each_author_term(authors, |term, position, _| {
            found.push((term.to_owned(), at as u32, Field::Authors, position));
        });
    }
    found.sort();
    found
}

/// The same, read from an opened index.
fn indexed(index: &WordIndex) -> Vec<(String, u32, Field, u32)> {
    let mut found = Vec::new();
    for (words, places) in index.words.iter().zip(&index.places) {
        let (words, places) = (words.as_ref().unwrap(), places.as_ref().unwrap());
        for at in 0..words.len() {
            let mut of = places.places(at);
            let mut n = 0;
            for posting in words.postings(at) {
                n += 1;
                let term = words.term(at);
                assert!(of.read(&posting, |field, place| {
                    found.push((term.to_owned(), posting.paper.0, field, place));
                }));
            }
            assert_eq!(n, words.count(at), "papers of {}", words.term(at));
        }
    }
    found
}

fn sample() -> Vec<Texts> {
    [
        [
            "Spin glasses",
            "We study spin glasses: spin after spin.",
            "Ä. Ång, B. Bee",
        ],
        ["", "", ""],
        ["Glass", "A glass of H$_2$O", ""],
        ["Bees", "Bees dance", "B. Bee"],
    ]
    .map(|texts| texts.map(str::to_owned))
    .to_vec()
}

#[test]
fn what_was_pushed_is_found_in_every_size_of_chunk() {
    let papers = sample();
    let index = built(&papers);
    for size in [0, 1, 7, 20, 60, 1 << 20] {
        let files = index.to_files(size);
        let opened = files.open().unwrap();
        assert_eq!(indexed(&opened), places(&papers), "chunks of {size} bytes");
        assert_eq!(opened.table().n_papers(), 4);
        assert!(size > 1 || files.words.len() == index.n_terms());
        for (term, ..) in places(&papers) {
            let id = opened.find(&term).expect("a term of the index");
            assert_eq!(opened.words_of(id).term(id.at as usize), term);
        }
        for term in ["", "0", "aa", "glasse", "zz"] {
            assert_eq!(
                opened.find(term),
                None,
                "{term:?} in chunks of {size} bytes"
            );
        }
    }
}

#[test]
fn a_prefix_names_the_chunks_of_its_terms() {
    let index = built(&sample());
    for size in [0, 7, 20, 1 << 20] {
        let opened = index.to_files(size).open().unwrap();
        for stem in [
            "g", "glass", "glasses", "s", "b", "bee", "x", "0", "", "zzz",
        ] {
            let all = opened.with_prefix(stem, 0..opened.words.len());
            let range = opened.table().chunks_of_prefix(stem);
            assert_eq!(
                opened.with_prefix(stem, range.clone()),
                all,
                "{stem:?}: {range:?}"
            );
            let is_needed = |chunk: usize| !opened.with_prefix(stem, chunk..chunk + 1).is_empty();
            let spare = range.filter(|&chunk| !is_needed(chunk)).count();
            assert!(spare <= 1, "{stem:?} names {spare} chunks for nothing");
        }
    }
}

#[test]
fn an_empty_corpus_has_an_index() {
    let files = InvertedIndex::default().to_files(InvertedIndex::CHUNK_BYTES);
    let opened = files.open().unwrap();
    assert_eq!(
        (opened.table().n_papers(), opened.table().n_chunks()),
        (0, 0)
    );
    assert_eq!(opened.find("a"), None);
    assert_eq!(opened.table().chunks_of_prefix("a"), 0..0);
    assert_eq!(opened.table().mean_length(Field::Title), 0.0);
}

#[test]
fn lengths_are_those_of_the_texts() {
    let opened = built(&sample()).to_files(64).open().unwrap();
    let length = |paper, field| length_of(opened.table().length_code(crate::PaperId(paper), field));
    assert_eq!(length(0, Field::Title), 2);
    assert_eq!(length(0, Field::Abstract), 7);
    assert_eq!(length(0, Field::Authors), 4);
    assert_eq!(length(1, Field::Abstract), 0);
    assert_eq!(opened.table().mean_length(Field::Title), 1.0);
}

#[test]
fn a_chunk_of_another_place_or_index_is_refused() {
    let files = built(&sample()).to_files(20);
    let mut index = WordIndex::open(files.table.clone()).unwrap();
    assert_eq!(
        index.insert(Chunk::Places(0), files.places[0].clone()),
        Err(InsertError::WordsFirst(0))
    );
    let swapped = index.insert(Chunk::Words(0), files.words[1].clone());
    assert!(
        matches!(swapped, Err(InsertError::Artifact(_))),
        "{swapped:?}"
    );
    index
        .insert(Chunk::Words(0), files.words[0].clone())
        .unwrap();
    let swapped = index.insert(Chunk::Places(0), files.places[1].clone());
    assert!(
        matches!(swapped, Err(InsertError::Artifact(_))),
        "{swapped:?}"
    );
    assert!(index.has(Chunk::Words(0)) && !index.has(Chunk::Places(0)));
    assert!(!index.has(Chunk::Words(1)));
    let wanted = BTreeSet::from([Chunk::Words(0), Chunk::Words(1), Chunk::Places(0)]);
    assert_eq!(index.missing(&wanted), [Chunk::Words(1), Chunk::Places(0)]);
    assert_eq!(
        index.file(Chunk::Words(1)).sha256,
        crate::Sha256::of(&files.words[1])
    );
    let longer: Vec<Texts> = [sample(), sample()].concat();
    let other = built(&longer).to_files(20);
    let foreign = index.insert(Chunk::Words(0), other.words[0].clone());
    assert!(
        matches!(foreign, Err(InsertError::Artifact(_))),
        "{foreign:?}"
    );
}

#[test]
fn files_are_the_same_however_often_they_are_made() {
    assert_eq!(built(&sample()).to_files(20), built(&sample()).to_files(20));
}

fn texts() -> impl Strategy<Value = Vec<Texts>> {
    let word = prop::sample::select(vec![
        "a",
        "ab",
        "abc",
        "b",
        "ba",
        "x-ray",
        "Ång",
        "學",
        "c++",
        ",",
        ", ",
        "3d",
        "abcdefghijklmnopqrst",
    ]);
    let text = prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "));
    let paper = prop::array::uniform3(text);
    prop::collection::vec(paper, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_index_is_its_texts(papers in texts(), size in 0_usize..200) {
        let opened = built(&papers).to_files(size).open().unwrap();
        prop_assert_eq!(indexed(&opened), places(&papers));
    }

    /// Bytes under good checksums are either refused or read; nothing panics on the way.
    #[test]
    fn forged_bytes_never_panic(
        papers in texts(),
        kind in 0_usize..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let files = built(&papers).to_files(60);
        let mut index = WordIndex::open(files.table.clone()).unwrap();
        let Some(good) = [Some(&files.table), files.words.first(), files.places.first()][kind] else {
            return Ok(());
        };
        let (of, tags): (Kind, &[&[u8; 4]]) = match kind {
            0 => (Kind::Table, &[b"META", b"FRSO", b"FRST", b"CHNK", b"LENQ"]),
            1 => (Kind::Words, &[b"META", b"TERM", b"POST"]),
            _ => (Kind::Places, &[b"SIZE", b"PLAC"]),
        };
        let artifact = crate::artifact::Artifact::parse(good.clone(), of).unwrap();
        let mut sections: Vec<Vec<u8>> = tags.iter().map(|tag| artifact.section(tag).unwrap().to_vec()).collect();
        for (at, with) in flips {
            let n = sections.iter().map(Vec::len).sum();
            let mut at = at.index(n);
            for section in &mut sections {
                if at < section.len() {
                    section[at] = with;
                    break;
                }
                at -= section.len();
            }
        }
        let writer = crate::artifact::Writer::new(of);
        let writer = tags.iter().zip(sections).fold(writer, |writer, (tag, bytes)| writer.section(tag, bytes));
        let forged = writer.to_bytes();
        if kind == 0 {
            drop(WordIndex::open(forged));
            return Ok(());
        }
        if kind == 1 {
            if index.insert(Chunk::Words(0), forged).is_ok() {
                let words = index.words[0].as_ref().unwrap();
                for at in 0..words.len() {
                    prop_assert_eq!(words.postings(at).count() as u32, words.count(at));
                    prop_assert!(words.postings(at).all(|posting| posting.fields != FieldSet::NONE));
                    prop_assert_eq!(words.find(words.term(at)), Some(at));
                }
            }
            return Ok(());
        }
        index.insert(Chunk::Words(0), files.words[0].clone()).unwrap();
        drop(index.insert(Chunk::Places(0), forged));
    }
}
