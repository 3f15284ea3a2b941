//! More like several papers, away from others, and unlike each other, in a build of the starter corpus.

use index_builder::build::build;
use index_builder::commands::search::{Search, SearchConfig};
use index_builder::folder::Folder;
use shared::math::dot;
use shared::{Neighbor, PaperId, Query, Road};

use crate::fixtures::base_model;
use crate::pipeline::{config, starter};

#[test]
fn papers_are_found_near_several_and_away_from_others() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(&config(starter(), folder.path())).expect("builds");
    let build = Folder::open(folder.path()).expect("opens");
    let index = build.vectors.index().expect("it is loaded whole");
    let vector = |paper| index.vector(paper).expect("it has words");
    let papers: Vec<PaperId> = build.papers.all().collect();
    for (at, &one) in papers.iter().enumerate().step_by(40) {
        let other = papers[(at + 7) % papers.len()];
        assert_eq!(
            index.like(&[one], &[]),
            index.vector(one),
            "one alone is itself"
        );
        let both = index.like(&[one, other], &[]).expect("two papers");
        let nearest = dot(&both, &vector(one)).min(dot(&both, &vector(other)));
        assert!(
            nearest >= dot(&vector(one), &vector(other)),
            "between the two"
        );
        let away = index.like(&[one], &[other]).expect("two papers");
        assert!((dot(&away, &away) - 1.0).abs() < 1e-5);
        assert!(
            dot(&away, &vector(other)) < dot(&vector(one), &vector(other)),
            "farther from what is kept away from"
        );
    }
    assert_eq!(index.like(&[], &[papers[0]]), None, "away from where?");

    let ids = |papers: &[PaperId]| -> Vec<String> {
        papers
            .iter()
            .map(|&paper| build.papers.id(paper).to_owned())
            .collect()
    };
    // Between two papers, each hit twice: a copy comes late, and nothing is lost where all are wanted.
    let between = index.like(&papers[..2], &[]).expect("two papers");
    let query = Query::new(&between).expect("finite");
    let hits: Vec<Neighbor> = (index.search_exact(&query, 9, |_| true).into_iter())
        .flat_map(|hit| [hit, hit])
        .collect();
    let diverse = index.diverse(&hits, 9);
    assert_eq!((diverse.len(), diverse[0]), (9, hits[0]));
    assert!(
        !diverse[1..3].contains(&hits[0]),
        "a copy is not diverse: {diverse:?}"
    );
    assert_eq!(index.diverse(&hits, 99).len(), hits.len());

    let (near, away) = (ids(&papers[..2]), ids(&papers[2..3]));
    let roads = [
        None,
        Some(Road::Exact),
        Some(Road::Codes { depth: 500 }),
        Some(Road::Graph { ef: 64 }),
    ];
    for road in roads {
        let wide = SearchConfig {
            k: 20,
            road,
            ..SearchConfig::default()
        };
        let mut search = Search::new(&build, &wide).expect("its words open");
        let hits = search.by_papers(&near, &away).expect("they are there");
        assert_eq!(hits.len(), 20);
        assert!(hits.iter().all(|hit| !papers[..3].contains(&hit.paper)));
        let error = search
            .by_papers(&["none".to_owned()], &[])
            .expect_err("no such paper");
        assert!(error.to_string().contains("no paper none"), "{error}");
    }
}
