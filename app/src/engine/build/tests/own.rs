//! A corpus of the visitor's own: made by the build that is open, and opened like any other.

use std::collections::HashMap;

use shared::manifest::SiteEntry;

use super::map::open as open_map;
use super::*;
use crate::engine::own::{Known, MOST_NAME, OwnFiles, Part, part_name};

fn paper(id: &str, title: &str, abstract_: &str) -> Paper {
    Paper {
        id: id.to_owned(),
        title: title.to_owned(),
        abstract_: abstract_.to_owned(),
        year: Some(2024),
        ..Paper::default()
    }
}

/// Three papers, two of one text and one without a known word.
fn papers() -> Vec<Paper> {
    vec![
        paper("a", "spin", "glass"),
        paper("b", "galaxy dust", ""),
        paper("c", "spin", "glass"),
        paper("d", "", ""),
    ]
}

/// The files of [`papers`], by name, with their manifest.
fn made() -> (Manifest, HashMap<String, Vec<u8>>) {
    let mut build = build();
    let (manifest, _) = files(None);
    let map = open_map(&build, manifest.index.sha256).expect("a map of this build");
    let know = |paper: Paper| {
        let known = build.know(&paper, Some(&map)).expect("a model is open");
        (paper, known)
    };
    let rows: Vec<(Paper, Known)> = papers().into_iter().map(know).collect();
    let part = Part { rows };
    // As they come back from where they were kept.
    let kept = serde_json::to_vec(&part).expect("JSON is writable");
    let back: Part = serde_json::from_slice(&kept).expect("its own bytes");
    assert_eq!(back, part);
    let words = InvertedIndex::of(&papers());
    let own = OwnFiles::of("mine", back.rows, &words, &manifest, Some(&map), DIM);
    (own.manifest, own.files.into_iter().collect())
}

#[test]
fn an_own_corpus_opens_and_finds_its_papers_by_meaning_and_by_words() {
    let (manifest, own) = made();
    let manifest = Manifest::parse(&manifest.to_bytes()).expect("a manifest of ours");
    let (of_site, site) = files(None);
    assert_eq!(
        (&manifest.model, &manifest.classifier),
        (&of_site.model, &of_site.classifier)
    );
    assert_ne!(manifest.build, of_site.build);
    let take = |entry: &FileEntry| own[&entry.file].clone();
    let table = manifest.table().map(take);
    let engine = Int8 {
        id: EngineId::Int8Simd,
        kernel: Kernel::SCALAR,
    };
    let mut build = Build::begin(&manifest, take(&manifest.papers), table, engine.id, || 0.0)
        .expect("papers and words open");
    for (chunk, entry) in build.missing_words("spin glass") {
        build
            .insert_words(chunk, take(&entry))
            .expect("a chunk of this table");
    }
    let of_meaning = MeaningFiles {
        index: take(&manifest.index),
        ..site.meaning
    };
    build
        .complete(&manifest, of_meaning, &engine)
        .expect("the rest opens");
    assert_eq!(build.info().papers, 4);
    for by in [By::Meaning, By::Words] {
        let hits = build
            .search(
                "spin glass",
                by,
                2,
                &Filter::default(),
                Order::Nearest,
                Sort::Relevance,
            )
            .expect("known words");
        let mut ids: Vec<&str> = hits.hits.iter().map(|hit| &*hit.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["a", "c"], "by {by:?}: both of one vector");
    }

    let entry = manifest.map.as_ref().expect("papers have places");
    let map = build
        .open_map(entry, &manifest.index, take(entry))
        .expect("a map of this index");
    // Where its neighbors of the site's map stand, which lie in a row; nowhere without a word.
    assert_eq!((map.y(0), map.is_placed(3)), (500, false));
    assert_eq!((map.x(0), map.topic(0)), (map.x(2), map.topic(2)));
    let labels: Vec<(&str, u32)> = (map.labels().iter())
        .map(|label| (&*label.text, label.papers))
        .collect();
    assert_eq!(
        labels,
        [("spins", 2)],
        "both papers are nearest to one of that topic"
    );
}

#[test]
fn the_longest_names_leave_the_manifest_readable() {
    let (mut of_site, _) = files(None);
    of_site.site = Some(SiteEntry {
        title: "\u{1f4d6}".repeat(MOST_NAME),
        description: Some("\u{1f4d6}".repeat(200)),
    });
    let name = "\u{1f4d6}".repeat(5 * MOST_NAME);
    let words = InvertedIndex::default();
    let own = OwnFiles::of(&name, Vec::new(), &words, &of_site, None, DIM);
    let read = Manifest::parse(&own.manifest.to_bytes()).expect("a manifest that is read again");
    assert_eq!(read.corpus.name.chars().count(), MOST_NAME);
}

#[test]
fn a_part_is_called_by_its_papers_the_model_and_the_map() {
    let (mut manifest, _) = files(None);
    let name = part_name(&manifest, &papers());
    assert_eq!(name, part_name(&manifest, &papers()));
    assert_ne!(name, part_name(&manifest, &papers()[1..]));
    manifest.map = Some(manifest.index.clone());
    let mapped = part_name(&manifest, &papers());
    manifest.model.sha256 = Sha256::of(b"another model");
    assert_ne!(name, mapped);
    assert_ne!(mapped, part_name(&manifest, &papers()));
}
