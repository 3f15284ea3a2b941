//! The map of a build: its columns, its papers by number, and the place of a text.

use shared::Map;
use shared::artifact::{Label, MapMeta};

use super::*;
use crate::map::{NO_PLACE, NO_TOPIC, OTHER_GROUP, Sheet};

/// A map on which the papers stand in a row, but for the last, which has no place.
fn map_bytes(index: Sha256) -> Vec<u8> {
    let n = PAPERS.len();
    let mut places: Vec<(u16, u16)> = (0..n).map(|at| (1000 * at as u16, 500)).collect();
    places[n - 1] = (NO_PLACE, NO_PLACE);
    let mut topics = vec![None; n];
    (topics[0], topics[1]) = (Some(0), Some(0));
    let meta = MapMeta {
        index_sha256: index,
        papers: n as u32,
        trustworthiness_at_15: Some(0.9),
        sampled: n as u32,
        neighbors: 15,
        method: "by hand".to_owned(),
    };
    let label = Label {
        text: "spins".to_owned(),
        level: 0,
        x: 500,
        y: 500,
        papers: 2,
        parent: None,
        group: Label::NO_GROUP,
    };
    Map::to_bytes(&meta, &places, &topics, &[label])
}

pub(super) fn open(build: &Build, index: Sha256) -> Result<Map, EngineError> {
    let (manifest, _) = files(None);
    let bytes = map_bytes(index);
    build.open_map(&entry("map.bin", &bytes), &manifest.index, bytes)
}

#[test]
fn a_map_of_another_index_is_refused_by_name() {
    let build = build();
    let (manifest, _) = files(None);
    assert!(open(&build, manifest.index.sha256).is_ok());
    let Err(EngineError::Damaged { file, .. }) = open(&build, Sha256::of(b"another")) else {
        panic!("a map of another index opened");
    };
    assert_eq!(file, "map.bin");
}

#[test]
fn the_sheet_has_every_papers_place_topic_year_and_group() {
    let build = build();
    let map = open(&build, files(None).0.index.sha256).expect("a map of this build");
    let (landscape, sheet) = build.sheet(&map);
    assert_eq!(sheet.len(), PAPERS.len());
    assert_eq!((sheet.x[2], sheet.y[2]), (2000, 500));
    assert_eq!((sheet.topic[0], sheet.topic[2]), (0, NO_TOPIC));
    assert!(!sheet.is_placed(PAPERS.len() as u32 - 1));
    for (at, (_, categories, year)) in PAPERS.iter().enumerate() {
        assert_eq!(sheet.year[at], year.unwrap_or(0), "paper {at}");
        let group = categories
            .first()
            .and_then(|code| shared::taxonomy::group(code));
        assert_eq!(
            sheet.group[at],
            crate::map::group_number(group),
            "paper {at}"
        );
    }
    assert_eq!(landscape.trustworthiness_at_15, Some(0.9));
    assert_eq!(landscape.topics[0].group, OTHER_GROUP);
    assert_eq!(Sheet::parse(&sheet.to_bytes()), Some(sheet));
}

#[test]
fn papers_have_numbers_and_numbers_have_papers() {
    let mut build = build();
    let ids = ["p2", "p99", "p0"].map(str::to_owned);
    assert_eq!(build.numbers(&ids), [Some(2), None, Some(0)]);
    let papers = build.papers_at(&[2, 0]).expect("both are there");
    assert_eq!(super::ids(&papers), ["p2", "p0"]);
    assert_eq!(papers[0].similarity, None, "nobody was compared");
    assert!(build.papers_at(&[0, 99]).is_err());
    assert!(build.look(99, 3).is_err());
}

#[test]
fn who_passes_has_a_one() {
    let build = build();
    let filter = within(&["cs"]);
    let (flags, n) = build.passing(&filter);
    assert_eq!(flags.len(), PAPERS.len());
    assert_eq!(
        flags.iter().map(|&flag| usize::from(flag)).sum::<usize>(),
        n
    );
    for (at, (_, categories, _)) in PAPERS.iter().enumerate() {
        let is_cs = categories.iter().any(|code| code.starts_with("cs."));
        assert_eq!(flags[at] == 1, is_cs, "paper {at}");
    }
}

#[test]
fn a_papers_neighbors_are_those_of_more_like_this() {
    let mut build = build();
    let (paper, near) = build.look(0, 3).expect("a paper");
    assert_eq!(paper.id, "p0");
    let like = build
        .similar(
            &["p0".to_owned()],
            &[],
            3,
            &Filter::default(),
            Sort::Relevance,
        )
        .expect("a paper");
    let found: Vec<String> = like.hits.into_iter().map(|hit| hit.id).collect();
    let numbers: Vec<u32> = build.numbers(&found).into_iter().flatten().collect();
    assert_eq!(near, numbers);
}

#[test]
fn a_text_lies_amid_its_nearest_papers_and_one_without_words_nowhere() {
    let mut build = build();
    let map = open(&build, files(None).0.index.sha256).expect("a map of this build");
    let (place, near) = build.place(&map, "spin", "").expect("a known word");
    let place = place.expect("someone is near");
    assert!(
        !near.contains(&(PAPERS.len() as u32 - 1)),
        "a paper without a place: {near:?}"
    );
    assert_eq!(near[0], 0, "the paper about spins is the nearest");
    let last = 1000.0 * (PAPERS.len() - 2) as f64;
    assert!(
        (0.0..=last).contains(&place.x) && place.y == 500.0,
        "{place:?}"
    );
    assert!(place.spread > 0.0 && place.spread < last, "{place:?}");
    assert_eq!(build.place(&map, " ", ""), Err(EngineError::NoTokens));
}
