//! Answers of a small corpus whose vectors are known.

use super::*;
use crate::Paper;
use crate::artifact::{ChunkEntry, IndexParts};
use crate::quant::Int8Vector;
use crate::words::InvertedIndex;

const DIM: usize = 16;

/// Title, authors, year; paper *i* lies in the direction *i* and a little in the next.
const PAPERS: [(&str, &str, u16); 7] = [
    (
        "Spin glasses at low temperature",
        "Emmy Noether, B. Snow",
        1999,
    ),
    (
        "A theory of spin glasses and neural networks",
        "S. Field",
        2004,
    ),
    ("Learning in deep networks", "Emmy Noether", 2015),
    ("Lakes of ice", "Ada Frost", 2010),
    ("Ice on the lakes of Titan", "Wei Zhang", 2011),
    ("Strong field ionization", "Lei Wei", 2012),
    ("Spin waves", "Emmy Noether", 2021),
];

struct Place {
    papers: Papers,
    words: WordIndex,
    vectors: Vectors,
}

fn direction(at: usize) -> Vec<f32> {
    let mut vector = vec![0.0; DIM];
    (vector[at], vector[at + 1]) = (0.8, 0.6);
    vector
}

fn place() -> Place {
    let papers: Vec<Paper> = (PAPERS.iter().enumerate())
        .map(|(at, (title, authors, year))| Paper {
            id: format!("2101.0000{at}"),
            title: (*title).to_owned(),
            authors: (*authors).to_owned(),
            year: Some(*year),
            categories: vec![if at < 3 { "cs.LG" } else { "physics.optics" }.to_owned()],
            ..Paper::default()
        })
        .collect();
    let n = papers.len() as u32;
    let vectors = (0..papers.len()).map(|at| Int8Vector::quantize(&direction(at)));
    let index = IndexParts {
        model_sha256: crate::Sha256::default(),
        dim: DIM,
        ef: 8,
        depth: None,
        nodes: (0..n).map(Some).collect(),
        vectors: vectors.collect::<Result<_, _>>().expect("finite numbers"),
        links: (0..n)
            .map(|node| (0..n).filter(|&other| other != node).collect())
            .collect(),
        upper: Vec::new(),
        golden: Vec::new(),
    };
    let files = InvertedIndex::of(&papers).to_files(InvertedIndex::CHUNK_BYTES);
    let chunk = ChunkEntry {
        sha256: crate::Sha256::default(),
        bytes: 0,
    };
    Place {
        words: files.open().expect("the writer's own bytes"),
        papers: Papers::parse(Papers::to_bytes(&papers, n, &[chunk])).expect("the same"),
        vectors: Vectors::Loaded(Index::parse(index.to_bytes()).expect("the same")),
    }
}

impl Place {
    fn corpus(&self) -> Corpus<'_> {
        Corpus {
            papers: &self.papers,
            words: Some(&self.words),
            vectors: Some(&self.vectors),
        }
    }

    fn answer(&self, text: &str, toward: Option<usize>, wanted: Wanted) -> Answer {
        let vector = toward.map(|at| Vector::new(&direction(at)).expect("finite numbers"));
        let (question, mut searcher) = (Question::read(text), Searcher::default());
        let corpus = self.corpus();
        corpus.answer(&question, vector.as_ref(), &wanted, None, &mut searcher)
    }
}

fn papers(answer: &Answer) -> Vec<u32> {
    answer.hits.iter().map(|hit| hit.paper.0).collect()
}

#[test]
fn what_either_list_finds_is_there_and_says_where_from() {
    let answer = place().answer("ice", Some(2), Wanted::best(7));
    assert_eq!(answer.n_with_words, Some(2));
    assert_eq!(answer.road, Some(Road::Exact), "there are few");
    let of = |paper| {
        *(answer.hits.iter())
            .find(|hit| hit.paper == PaperId(paper))
            .expect("all")
    };
    assert_eq!((of(2).semantic_rank, of(2).word_rank), (Some(0), None));
    assert!(of(3).word_rank.is_some() && of(3).semantic_rank.is_some());
    let similarity = of(2).similarity.expect("both have vectors");
    assert!((similarity - 1.0).abs() < 0.02, "{similarity}");
}

#[test]
fn more_hits_change_none_before_them() {
    let place = place();
    let seven = papers(&place.answer("spin ice", Some(4), Wanted::best(7)));
    for k in 1..7 {
        let some = papers(&place.answer("spin ice", Some(4), Wanted::best(k)));
        assert_eq!(some, seven[..k]);
    }
}

#[test]
fn demands_hold_and_rank_by_meaning_too() {
    let place = place();
    let answer = place.answer("+spin +glasses", Some(1), Wanted::best(7));
    let mut found: Vec<_> = (answer.hits.iter())
        .map(|hit| (hit.semantic_rank, hit.paper.0))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [(Some(0), 1), (Some(1), 0)]);
    assert_eq!((answer.n_passing, answer.road), (2, Some(Road::Exact)));
    let facts = place.answer("year:2010..2012", None, Wanted::best(7));
    assert_eq!((facts.n_passing, facts.road), (3, None));
    let none = place.answer("+spin -spin", Some(1), Wanted::best(7));
    assert_eq!((papers(&none), none.n_passing), (vec![], 0));
}

#[test]
fn a_named_paper_comes_first_whatever_is_nearer() {
    let place = place();
    for (text, first, named) in [
        ("2101.00004", 4, Named::Id),
        ("arXiv:2101.00004v2", 4, Named::Id),
        ("ice on titan", 4, Named::Title),
        ("\"spin waves\"", 6, Named::Title),
        ("Lakes of ice", 3, Named::Title),
        ("spin waves", 6, Named::Title),
        ("networks spin theory", 1, Named::Title),
        ("Wei Zhang", 4, Named::Author),
        ("Zhang, W.", 4, Named::Author),
    ] {
        let answer = place.answer(text, Some(2), Wanted::best(7));
        let hit = answer.hits[0];
        assert_eq!((hit.paper.0, hit.named), (first, Some(named)), "{text}");
    }
    let newest = place.answer("Emmy Noether", Some(4), Wanted::best(3));
    assert_eq!(papers(&newest), [6, 2, 0], "the newest first");
}

#[test]
fn two_words_are_no_name_of_whoever_has_such_initials() {
    let answer = place().answer("strong field", Some(5), Wanted::best(7));
    assert_eq!(papers(&answer)[0], 5);
    assert!(
        answer.hits.iter().all(|hit| hit.named.is_none()),
        "S. Field is not meant"
    );
}

#[test]
fn capitals_are_no_operators_where_all_is_in_capitals() {
    let question = Question::read("ICE AND NOT LAKES");
    assert!(!question.demands(), "{}", question.query());
    assert!(Question::read("ice AND NOT lakes").demands());
    assert!(
        Question::read("LIGO NOT").demands() || !Question::read("LIGO NOT").errors().is_empty()
    );
}

#[test]
fn filters_hold_for_every_list() {
    let place = place();
    let vector = Vector::new(&direction(3)).expect("finite numbers");
    let passes = |paper: PaperId| paper.0.is_multiple_of(2);
    for text in [
        "ice lakes spin",
        "Emmy Noether",
        "2101.00003",
        "ice on titan",
        "+ice",
    ] {
        let (question, mut searcher) = (Question::read(text), Searcher::default());
        let answer = place.corpus().answer(
            &question,
            Some(&vector),
            &Wanted::best(7),
            Some(&passes),
            &mut searcher,
        );
        assert!(
            answer.hits.iter().all(|hit| passes(hit.paper)),
            "{text}: {answer:?}"
        );
        if !question.demands() {
            assert_eq!(
                (answer.n_passing, answer.road),
                (4, Some(Road::Exact)),
                "{text}"
            );
        }
    }
}

#[test]
fn each_list_alone_is_what_it_was() {
    let place = place();
    let by = |by| Wanted {
        by,
        ..Wanted::best(7)
    };
    let words = place.answer("ice spin", Some(2), by(By::Words));
    assert_eq!((words.road, words.hits.len()), (None, 5));
    let meaning = place.answer("+ice -spin", Some(2), by(By::Meaning));
    assert_eq!(meaning.n_with_words, None);
    assert_eq!(papers(&meaning)[0], 2, "an operator demands nothing there");
    assert_eq!(meaning.hits.len(), 7);
    let diverse = place.answer(
        "ice",
        Some(2),
        Wanted {
            diverse: true,
            ..Wanted::best(3)
        },
    );
    assert_eq!(diverse.hits.len(), 3);
}
