use super::judge::Judge;
use super::*;
use crate::Paper;
use crate::artifact::Papers;
use crate::words::InvertedIndex;

pub(super) fn paper(title: &str, abstract_: &str, authors: &str) -> Paper {
    Paper {
        title: title.into(),
        abstract_: abstract_.into(),
        authors: authors.into(),
        ..Paper::default()
    }
}

/// Invented papers.
pub(super) fn corpus() -> Vec<Paper> {
    let mut papers = vec![
        paper(
            "Ice on lakes",
            "We measure ice, and ice again, on three lakes.",
            "Ada Frost, B. Snow",
        ),
        paper(
            "Lakes without ice",
            "An x-ray study of the water H$_2$O.",
            "Bo Snow, C. Rain",
        ),
        paper(
            "Deep learning of ice",
            "State-of-the-art nets learn on GPT-4 texts.",
            "Ada Snow",
        ),
        paper("X rays", "A ray, then an x.", "Émile Čech"),
        paper(
            "Learning",
            "Learners learned; learning is deep. Ice?",
            "D. Frost-Berg",
        ),
        paper("Empty", "", ""),
    ];
    for (at, paper) in papers.iter_mut().enumerate() {
        paper.id = ["2101.00001", "hep-th/9901001", "S2-3", "4", "5", "6"][at].into();
        paper.year = [
            Some(2015),
            Some(2019),
            Some(2021),
            None,
            Some(1999),
            Some(2019),
        ][at];
        paper.categories = [
            vec!["cs.LG", "stat.ML"],
            vec!["math.NA"],
            vec!["cs.CL"],
            vec![],
            vec!["hep-th"],
            vec!["physics.ao-ph"],
        ][at]
            .iter()
            .map(|code| (*code).to_owned())
            .collect();
    }
    papers
}

/// Numbers of the papers that a query finds, best first.
fn found(query: &str) -> Vec<u32> {
    let papers = corpus();
    let index = InvertedIndex::of(&papers).to_files(40).open().unwrap();
    let query = Query::parse(query).expect(query);
    let facts = Judge::new(&papers);
    let found = index.search(&query, &WordSearch::default(), &facts, |_| true);
    assert_eq!(found.missing, []);
    assert_eq!(found.n_matching, found.hits.len());
    found.hits.iter().map(|hit| hit.paper.0).collect()
}

/// The same, by number.
#[track_caller]
fn finds(query: &str, wanted: &[u32]) {
    let mut numbers = found(query);
    numbers.sort_unstable();
    assert_eq!(numbers, wanted, "{query:?}");
}

#[test]
fn words_marks_and_operators_hold() {
    finds("ice lakes", &[0, 1, 2, 4]);
    finds("ice AND lakes", &[0, 1]);
    finds("ice AND NOT lakes", &[2, 4]);
    finds("+deep nets", &[2, 4]);
    finds("(nets OR lakes) AND study", &[1]);
    finds("absent", &[]);
    finds("+absent ice", &[]);
    finds("-absent +ice", &[0, 1, 2, 4]);
    finds("", &[]);
    assert_eq!(
        found("ice lakes")[0],
        0,
        "both words, and one of them often"
    );
}

#[test]
fn phrases_stand_in_a_row_in_one_field() {
    finds("\"ice on lakes\"", &[0]);
    finds("\"lakes ice\"", &[]);
    finds("\"state of the art\"", &[2]);
    finds("\"state-of-the-art\" lakes", &[2]);
    finds("x-ray", &[1, 3]);
    finds("+x-ray", &[1]);
    finds("ice -x-ray", &[0, 2, 4]);
    finds("\"learn*\"", &[2, 4]);
    finds("\"deep lear*\"", &[2]);
    finds("\"frost b snow\"", &[]);
    finds("\"ice lakes we\"", &[]);
    finds("H2O", &[1]);
}

#[test]
fn fields_and_facts_hold() {
    finds("ti:ice", &[0, 1, 2]);
    finds("abs:ice", &[0, 4]);
    finds("au:snow", &[0, 1, 2]);
    finds("au:\"ada snow\"", &[2]);
    finds("au:\"Snow, A\"", &[2]);
    finds("au:snow_b", &[0, 1]);
    finds("au:cech", &[3]);
    finds("au:\"Frost-Berg, D.\"", &[4]);
    finds("year:2019", &[1, 5]);
    finds("year:>=2019 ice", &[1, 2]);
    finds("ti:lakes rays", &[0, 1]);
    finds("year:..1999", &[4]);
    finds("cat:cs", &[0, 2]);
    finds("cat:cs.*", &[0, 2]);
    finds("cat:CS.lg", &[0]);
    finds("cat:cs.NA", &[1]);
    finds("ice -cat:cs", &[1, 4]);
    finds("cat:(hep-th OR stat.ML)", &[0, 4]);
    finds("2101.00001v3", &[0]);
    finds("id:S2-3", &[2]);
    finds("id:none", &[]);
}

#[test]
fn a_name_is_one_where_it_finds_papers() {
    let papers = corpus();
    let index = InvertedIndex::of(&papers).to_files(1 << 16).open().unwrap();
    let facts = Judge::new(&papers);
    let by = |text: &str| {
        let query = Query::by_author(text).expect(text);
        index
            .search(&query, &WordSearch::default(), &facts, |_| true)
            .hits
            .len()
    };
    assert_eq!(
        (
            by("Ada Frost"),
            by("Frost, A."),
            by("Deep Learning"),
            by("B. Frost")
        ),
        (1, 1, 0, 0)
    );
}

#[test]
fn the_papers_artifact_has_the_facts() {
    let papers = corpus();
    let artifact = Papers::parse(Papers::to_bytes(
        &papers,
        256,
        &[crate::artifact::ChunkEntry {
            sha256: crate::Sha256::default(),
            bytes: 0,
        }],
    ))
    .unwrap();
    let index = InvertedIndex::of(&papers).to_files(64).open().unwrap();
    let judge = Judge::new(&papers);
    for text in [
        "year:2019",
        "cat:cs.*",
        "id:4",
        "au:\"Snow, Bo\"",
        "ice cat:math.NA",
    ] {
        let query = Query::parse(text).unwrap();
        let search =
            |facts: &dyn Facts| index.search(&query, &WordSearch::default(), facts, |_| true);
        assert_eq!(search(&artifact), search(&judge), "{text:?}");
    }
}

#[test]
fn a_hit_says_its_fields_and_terms() {
    let papers = corpus();
    let index = InvertedIndex::of(&papers).to_files(64).open().unwrap();
    let query = Query::parse("lake* absent -water ice").unwrap();
    let search = WordSearch::default();
    let found = index.search(&query, &search, &Judge::new(&papers), |_| true);
    let asked: Vec<(&str, bool)> = found
        .terms
        .iter()
        .map(|term| (&*term.text, term.open))
        .collect();
    assert_eq!(asked, [("lake", true), ("absent", false), ("ice", false)]);
    let first = found.hits[0];
    assert_eq!((first.paper, first.terms), (PaperId(0), 0b101));
    assert_eq!(
        first.fields.iter().collect::<Vec<_>>(),
        [Field::Title, Field::Abstract]
    );
    let last = found.hits.last().unwrap();
    assert_eq!(last.terms, 0b100);
    let title = Query::parse("ti:ice").unwrap();
    let found = index.search(&title, &search, &Judge::new(&papers), |_| true);
    assert!(
        found
            .hits
            .iter()
            .all(|hit| hit.fields == Field::Title.into())
    );
}

#[test]
fn only_what_passes_is_found_and_only_the_best_listed() {
    let papers = corpus();
    let index = InvertedIndex::of(&papers).to_files(64).open().unwrap();
    let facts = Judge::new(&papers);
    let query = Query::parse("ice learning").unwrap();
    let all = index.search(&query, &WordSearch::default(), &facts, |_| true);
    for k in 0..=all.hits.len() {
        let search = WordSearch {
            k,
            ..WordSearch::default()
        };
        let best = index.search(&query, &search, &facts, |_| true);
        assert_eq!((best.hits.as_slice(), best.n_matching), (&all.hits[..k], 4));
    }
    let odd = index.search(&query, &WordSearch::default(), &facts, |paper| {
        paper.0 % 2 == 1
    });
    assert_eq!(
        odd.hits.iter().map(|hit| hit.paper.0).collect::<Vec<_>>(),
        [1]
    );
}

#[test]
fn prefixes_are_bounded_and_say_so() {
    let papers = corpus();
    let index = InvertedIndex::of(&papers).to_files(0).open().unwrap();
    let facts = Judge::new(&papers);
    let query = Query::parse("l*").unwrap();
    let search = |max_expansions, max_prefix_chunks| {
        let search = WordSearch {
            max_expansions,
            max_prefix_chunks,
            ..WordSearch::default()
        };
        index.search(&query, &search, &facts, |_| true)
    };
    // lakes, learn, learned, learners, learning: a chunk each.
    assert_eq!(search(5, 9).cuts, []);
    let cut = |n_used, n_found, n_chunks_left| Cut {
        stem: "l".into(),
        n_used,
        n_found,
        n_chunks_left,
    };
    let few = search(2, 9);
    assert_eq!(few.cuts, [cut(2, 5, 0)]);
    let of_two = Query::parse("lakes OR learning").unwrap();
    let of_two = index.search(&of_two, &WordSearch::default(), &facts, |_| true);
    assert_eq!(
        few.n_matching, of_two.n_matching,
        "those that most papers have"
    );
    let some = search(9, 3).cuts;
    assert_eq!(some.len(), 1);
    assert!(some[0].n_chunks_left > 0 && some[0].n_used < 5, "{some:?}");
}

/// A group of facts alone could be asked again for a paper that it has left out.
#[test]
fn what_a_group_leaves_out_adds_nothing_through_another() {
    let papers = corpus();
    let index = InvertedIndex::of(&papers).to_files(64).open().unwrap();
    let judge = Judge::new(&papers);
    for text in [
        "(lakes -\"without ice\" year:2019) OR stu*",
        "(year:2019 -water) OR ice",
    ] {
        let query = Query::parse(text).unwrap();
        let search = WordSearch::default();
        let found = index.search(&query, &search, &judge, |_| true);
        let wanted = judge.search(&query, &search.bm25);
        assert_eq!(found.hits.len(), wanted.len(), "{text:?}");
        for (hit, (paper, (score, _))) in found.hits.iter().zip(wanted) {
            assert_eq!(hit.paper, paper, "{text:?}");
            assert!(
                (f64::from(hit.score) - score).abs() < 1e-5,
                "{text:?}: {hit:?}"
            );
        }
    }
}

#[test]
fn a_score_is_that_of_the_formula() {
    let papers = [
        paper("ice", "", ""),
        paper("ice ice bee", "ice", ""),
        paper("bee", "", ""),
    ];
    let index = InvertedIndex::of(&papers).to_files(64).open().unwrap();
    let facts = Judge::new(&papers);
    let found = index.search(
        &Query::parse("ice").unwrap(),
        &WordSearch::default(),
        &facts,
        |_| true,
    );
    // N = 3, n = 2; titles of 1, 3, 1 words, abstracts of 0, 1, 0.
    let idf = (1.0_f64 + 1.5 / 2.5).ln();
    let title = 4.0 * 2.0 / (0.25 + 0.75 * 3.0 / (5.0 / 3.0));
    let abstract_ = 1.0 / (0.25 + 0.75 * 1.0 / (1.0 / 3.0));
    let count = title + abstract_;
    let wanted = idf * count / (1.2 + count);
    let hit = found.hits.iter().find(|hit| hit.paper == PaperId(1));
    let score = f64::from(hit.unwrap().score);
    assert!(
        (score - wanted).abs() < 1e-6,
        "{score}, but {wanted} by the formula"
    );
}
