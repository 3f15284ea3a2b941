//! Maps of builds that papers are added to: made anew, or started from older places.

use std::collections::BTreeMap;

use index_builder::build::{BuildConfig, build};
use index_builder::folder::Folder;
use index_builder::landscape::MapChoice;
use index_builder::update::{UpdateConfig, update};
use shared::PaperId;

use super::{Desk, assert_same, built, many, rows};
use crate::fixtures::base_model;

#[test]
fn papers_keep_their_places_on_the_map_where_they_are_asked_to() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let many = many();
    let rows = rows(&many);
    let (first, second) = rows.split_at(250);
    let (first, second) = (desk.papers("first", first), desk.papers("second", second));
    built(update(&desk.config(&[first])).expect("updates"));
    let places = |folder: &str| {
        let folder = Folder::open(&desk.path(folder)).expect("opens");
        let map = folder.map().expect("the map opens").expect("it is there");
        let place = |paper: PaperId| {
            let at = paper.0 as usize;
            let id = folder.papers.id(paper).to_owned();
            map.is_placed(at).then(|| (id, [map.x(at), map.y(at)]))
        };
        folder
            .papers
            .all()
            .filter_map(place)
            .collect::<BTreeMap<_, _>>()
    };
    let old = places("site");
    for (out, map_from) in [("kept", Some(desk.path("site"))), ("anew", None)] {
        let config = UpdateConfig {
            out: Some(desk.path(out)),
            map_from,
            ..desk.config(std::slice::from_ref(&second))
        };
        built(update(&config).expect("updates"));
    }
    let moved = |now: &BTreeMap<String, [u16; 2]>| {
        let way = |(id, was): (&String, &[u16; 2])| {
            let apart = [0, 1].map(|axis| f64::from(now[id][axis]) - f64::from(was[axis]));
            (apart[0] * apart[0] + apart[1] * apart[1]).sqrt()
        };
        old.iter().map(way).sum::<f64>() / old.len() as f64
    };
    let (kept, anew) = (places("kept"), places("anew"));
    assert_eq!(kept.len(), old.len() + many.len() - 250);
    let (kept, anew) = (moved(&kept), moved(&anew));
    assert!(
        kept < 5_000.0 && kept < anew / 4.0,
        "papers moved by {kept:.0} of 65,535 on average, from scratch by {anew:.0}"
    );
    // All papers at once from the same older map: an update is a build here too.
    desk.build_from(
        &[desk.path("old.jsonl"), desk.path("first.jsonl"), second],
        "full",
        "site",
    );
    assert_same(&desk.path("kept"), &desk.path("full"));
}

#[test]
fn a_build_without_a_map_stays_one_and_names_no_places() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let without = BuildConfig {
        map: MapChoice::Without,
        ..desk.config_of(&[desk.path("old.jsonl")], "bare")
    };
    let report = build(&without).expect("builds");
    assert!(report.map.is_none() && report.parts.iter().all(|part| part.part != "map"));
    let new = desk.papers("new", &[("8", "Cold lasers", "physics.optics")]);
    let config = UpdateConfig {
        artifacts: desk.path("bare"),
        ..desk.config(std::slice::from_ref(&new))
    };
    assert!(built(update(&config).expect("updates")).map.is_none());
    let from = UpdateConfig {
        map_from: Some(desk.path("bare")),
        ..desk.config(&[new])
    };
    let error = update(&from).expect_err("there is no map to start from");
    assert!(format!("{error:#}").contains("--map-from"), "{error:#}");
}
