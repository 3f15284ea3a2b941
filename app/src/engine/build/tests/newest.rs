//! The newest first: of what matches, or of the best.

use super::*;

fn newest(build: &mut Build, text: &str, by: By, k: usize) -> Hits {
    let all = Filter::default();
    let found = build.search(text, by, k, &all, Order::Nearest, Sort::Newest);
    found.expect("an answer")
}

fn years(build: &Build, hits: &Hits) -> Vec<Option<u16>> {
    let find = |hit: &Hit| build.papers.find(&hit.id).expect("a paper of this corpus");
    hits.hits
        .iter()
        .map(|hit| build.papers.year(find(hit)))
        .collect()
}

#[test]
fn the_newest_of_all_that_match_come_first_and_papers_without_a_year_last() {
    let mut build = build();
    let found = newest(&mut build, "ti:network", By::Both, 2);
    // p1 is of 2004, p3 of 2015, p6 of 2020.
    assert_eq!(ids(&found.hits), ["p6", "p3"]);
    assert_eq!((found.newest_of, found.passing), (Some(3), 3));
    for by in [By::Meaning, By::Words, By::Both] {
        let found = newest(&mut build, "spin network", by, 8);
        let dates = years(&build, &found);
        assert!(dates.windows(2).all(|two| two[0] >= two[1]), "{dates:?}");
        assert_eq!(found.newest_of, Some(found.hits.len()));
    }
    let by_meaning = newest(&mut build, "spin", By::Meaning, 8);
    assert_eq!(years(&build, &by_meaning).last(), Some(&None));
}

#[test]
fn the_newest_neighbors_are_the_neighbors_in_another_order() {
    let mut build = build();
    let near = ["p0".to_owned()];
    let all = Filter::default();
    let mut found = |sort| {
        let found = build.similar(&near, &[], 8, &all, sort);
        found.expect("a paper of this corpus")
    };
    let (best, newest) = (found(Sort::Relevance), found(Sort::Newest));
    assert_eq!((best.newest_of, newest.newest_of), (None, Some(7)));
    assert_eq!(newest.hits[0].id, "p6", "of 2020");
    let [mut one, mut other] = [&best, &newest].map(|hits| ids(&hits.hits));
    assert_ne!(one, other);
    one.sort_unstable();
    other.sort_unstable();
    assert_eq!(one, other);
}

#[test]
fn an_identifier_dates_a_paper_within_its_year() {
    let dates = [
        ("2310.06825", Some(2023)),
        ("2310.00001", Some(2023)),
        ("2309.20000", Some(2023)),
        ("my-own", Some(2023)),
        ("hep-th/9912001", Some(1999)),
        ("astro-ph/9911500", Some(1999)),
        // The corpus knows better.
        ("2401.00001", Some(1990)),
        ("other", None),
    ];
    let papers: Vec<Paper> = (dates.iter())
        .map(|(id, year)| Paper {
            id: (*id).to_owned(),
            year: *year,
            ..Paper::default()
        })
        .collect();
    let chunk = ChunkEntry {
        sha256: Sha256::default(),
        bytes: 0,
    };
    let bytes = Papers::to_bytes(&papers, papers.len() as u32, &[chunk]);
    let papers = Papers::parse(bytes).expect("the writer's own bytes");
    let dates: Vec<_> = papers
        .all()
        .map(|paper| papers.first_submitted(paper))
        .collect();
    assert!(dates.windows(2).all(|two| two[0] > two[1]), "{dates:?}");
}
