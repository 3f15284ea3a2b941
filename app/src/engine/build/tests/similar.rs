//! More like one paper, like several, and away from some.

use super::*;

fn named(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

#[test]
fn similar_papers_leave_the_paper_itself_out() {
    let mut build = build();
    for filter in [Filter::default(), within(&["cond-mat", "cs"])] {
        let found = build
            .similar(&named(&["p0"]), &[], 2, &filter, Sort::Relevance)
            .expect("a paper of this corpus");
        assert_eq!(found.hits[0].id, "p1", "{:?}", found.hits);
        assert_eq!(found.hits.len(), 2);
        assert!(
            !ids(&found.hits).contains(&"p0"),
            "the paper is similar to itself"
        );
    }
    let unknown = EngineError::UnknownPaper {
        id: "p99".to_owned(),
    };
    for (near, away) in [(&["p99"][..], &[][..]), (&["p0"][..], &["p99"][..])] {
        let found = build.similar(
            &named(near),
            &named(away),
            2,
            &Filter::default(),
            Sort::Relevance,
        );
        assert_eq!(found, Err(unknown.clone()));
    }
}

#[test]
fn diverse_hits_begin_with_the_nearest_and_are_all_different() {
    let mut build = build();
    for filter in [Filter::default(), within(&["cond-mat", "cs"])] {
        let near = build
            .search(
                "spin",
                By::Meaning,
                2,
                &filter,
                Order::Nearest,
                Sort::Relevance,
            )
            .expect("a known word");
        let diverse = build
            .search(
                "spin",
                By::Meaning,
                2,
                &filter,
                Order::Diverse,
                Sort::Relevance,
            )
            .expect("a known word");
        assert_eq!(diverse.hits[0], near.hits[0]);
        assert_eq!((diverse.hits.len(), diverse.passing), (2, near.passing));
        assert_ne!(diverse.hits[1].id, diverse.hits[0].id);
    }
}

#[test]
fn several_papers_are_one_question_and_none_of_its_answers() {
    let mut build = build();
    let filter = Filter::default();
    let all = build.info().papers;
    let one = build
        .similar(&named(&["p0"]), &[], all, &filter, Sort::Relevance)
        .expect("known");
    assert_eq!(one.like.map(|hit| hit.id).as_deref(), Some("p0"));
    let two = build
        .similar(
            &named(&["p0", "p1", "p0"]),
            &[],
            all,
            &filter,
            Sort::Relevance,
        )
        .expect("known");
    assert_eq!((two.like, two.passing), (None, all - 2));
    assert!(!ids(&two.hits).iter().any(|id| ["p0", "p1"].contains(id)));
    let place = |hits: &[Hit], id: &str| hits.iter().position(|hit| hit.id == id);
    let last = one.hits.last().expect("there are others").id.clone();
    let less = build
        .similar(
            &named(&["p0"]),
            std::slice::from_ref(&last),
            all,
            &filter,
            Sort::Relevance,
        )
        .expect("known");
    assert_eq!(
        place(&less.hits, &last),
        None,
        "what is kept away from was found"
    );
    assert_eq!(less.passing, all - 2);
}

#[test]
fn likeness_is_a_row_a_paper_and_no_number_where_one_is_unknown() {
    let found = build()
        .likeness(&named(&["p1", "p99", "p2"]), &named(&["p0", "p99", "p1"]))
        .expect("meaning is open");
    let is_known: Vec<bool> = found.iter().map(|cosine| !cosine.is_nan()).collect();
    let (here, gone) = ([true, false, true], [false; 3]);
    assert_eq!(is_known, [here, gone, here].concat());
    assert!(
        found[2] > 0.99,
        "a paper is as like itself as can be: {found:?}"
    );
    assert!(found[0] > 0.7 && found[6] < 0.5, "spin glass: {found:?}");
}
