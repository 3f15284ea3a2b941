//! Builds of a corpus in pieces: what is found in them, what they hold, and what is wrong with a damaged one.

use std::fs;
use std::path::{Path, PathBuf};

use index_builder::build::{BuildConfig, Tier, build};
use index_builder::commands::search::{Asked, Search, SearchConfig};
use index_builder::commands::{inspect, verify};
use index_builder::folder::Folder;
use index_builder::landscape::MapChoice;
use index_builder::recall::Breadth;
use index_builder::update::{UpdateConfig, Updated, update};
use shared::artifact::Reads;
use shared::hybrid::{By, Question};
use shared::{PaperId, Road};

use crate::fixtures::base_model;
use crate::pipeline::{bytes_of, config, starter};

fn sharded(papers: PathBuf, out: &Path) -> BuildConfig {
    BuildConfig {
        tier: Tier::Sharded,
        map: MapChoice::Without,
        ..config(papers, out)
    }
}

/// Ids with similarities to the bit, of a question by meaning, or by both lists.
fn found(folder: &Folder, text: &str, by: By, road: Option<Road>) -> Vec<(String, Option<u32>)> {
    let config = SearchConfig {
        k: 20,
        by,
        road,
        ..SearchConfig::default()
    };
    let mut search = Search::new(folder, &config).expect("it has words");
    let hits = search.by_text(&Question::read(text)).expect("it has words");
    let named = hits.iter().map(|hit| {
        let similarity = hit.similarity.map(f32::to_bits);
        (folder.papers.id(hit.paper).to_owned(), similarity)
    });
    named.collect()
}

#[test]
fn a_corpus_in_pieces_finds_what_the_loaded_one_finds() {
    let Some(_) = base_model() else { return };
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let [whole, pieces] = folders.each_ref().map(tempfile::TempDir::path);
    let mut loaded = config(starter(), whole);
    loaded.map = MapChoice::Without;
    build(&loaded).expect("builds");
    let report = build(&sharded(starter(), pieces)).expect("builds");
    let last = report.recall.last().expect("it was measured");
    assert!(matches!(last.breadth, Breadth::Shards(_)), "{last:?}");
    assert!(last.recall_at_10 >= 0.97, "{last:?}");
    assert!(report.to_string().contains("by shards at"), "{report}");

    let (whole, pieces) = (
        Folder::open(whole).expect("opens"),
        Folder::open(pieces).expect("opens"),
    );
    let clusters = pieces.vectors.clusters().expect("it is in pieces");
    assert!(clusters.len() > 1 && clusters.leaves().len() > 8);
    assert!(pieces.vectors.index().is_none() && whole.vectors.clusters().is_none());
    assert_eq!(pieces.vectors.golden(), whole.vectors.golden());
    for at in (0..whole.papers.len() as u32).step_by(23).map(PaperId) {
        let (id, title) = (whole.papers.id(at), whole.papers.title(at));
        let same = pieces.papers.find(id).expect("every paper is there");
        assert_eq!(pieces.papers.title(same), title);
        assert_eq!(pieces.papers.authors(same), whole.papers.authors(at));
        assert_eq!(
            pieces.vectors.int8_vector(same),
            whole.vectors.int8_vector(at)
        );
        assert_eq!(
            pieces.abstract_of(same).expect("it has one"),
            whole.abstract_of(at).expect("it has one")
        );
        // Where all is read, the same papers are as near; only what is equally near may stand otherwise.
        let all = Some(Road::Shards(Reads::ALL));
        let sorted = |mut rows: Vec<(String, Option<u32>)>| {
            rows.sort();
            rows
        };
        let exact = found(&whole, &title, By::Meaning, Some(Road::Exact));
        assert_eq!(
            sorted(found(&pieces, &title, By::Meaning, all)),
            sorted(exact),
            "{title}"
        );
        // And by what the build found enough, the paper itself comes first.
        let quick = found(&pieces, &title, By::Both, None);
        assert_eq!(quick[0].0, id, "{title}");
    }
}

#[test]
fn the_order_of_the_input_changes_no_byte_and_an_update_gives_a_build_of_all() {
    let Some(_) = base_model() else { return };
    let desk = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| desk.path().join(name);
    let text = fs::read_to_string(starter()).expect("it is there");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('{')).collect();
    let write = |name: &str, lines: &[&str]| {
        fs::write(path(name), lines.join("\n") + "\n").expect("written");
        path(name)
    };
    let mut reversed = lines.clone();
    reversed.reverse();
    let named = |papers, out: &str| BuildConfig {
        name: Some("list".into()),
        ..sharded(papers, &path(out))
    };
    build(&named(write("all.jsonl", &lines), "all")).expect("builds");
    build(&named(write("reversed.jsonl", &reversed), "reversed")).expect("builds");
    let all = bytes_of(&path("all"));
    assert!(all == bytes_of(&path("reversed")), "the order counts");

    let (some, rest) = lines.split_at(lines.len() / 2);
    build(&named(write("some.jsonl", some), "some")).expect("builds");
    let updated = update(&UpdateConfig {
        artifacts: path("some"),
        papers: vec![write("rest.jsonl", rest)],
        remove: None,
        out: None,
        existing: index_builder::pack::Existing::Resume,
        map_from: None,
        name: None,
        embeddings: None,
    });
    let Updated::Built(_) = updated.expect("updates") else {
        panic!("papers were added");
    };
    assert!(all == bytes_of(&path("some")), "an update is another build");
}

#[test]
fn a_build_in_pieces_is_inspected_and_verified_to_the_last_leaf() {
    let Some(_) = base_model() else { return };
    let desk = tempfile::tempdir().expect("a temporary folder");
    let site = desk.path().join("site");
    let mut config = sharded(starter(), &site);
    config.selection.limit = Some(120);
    // A map is laid out of all vectors, though none of its graph is kept.
    config.map = MapChoice::New;
    let report = build(&config).expect("builds");
    assert!(report.map.is_some());
    let mut said = Vec::new();
    verify::verify(&site, &mut said).expect("whole");
    inspect::inspect(&site, &mut said).expect("opens");
    let said = String::from_utf8(said).expect("text");
    for wanted in [
        "files are whole",
        "in pieces: ",
        "leaves, of which a search reads",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
    let names: Vec<PathBuf> = fs::read_dir(&site)
        .expect("it is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    for kind in ["leaf-", "shard-"] {
        let is_kind = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(kind)
        };
        let piece = names.iter().find(is_kind).expect("there are some");
        let good = fs::read(piece).expect("readable");
        let mut bad = good.clone();
        bad[100] ^= 1;
        fs::write(piece, bad).expect("written");
        let error = verify::verify(&site, &mut Vec::new()).expect_err("damaged");
        let name = piece.file_name().unwrap_or_default().to_string_lossy();
        assert!(format!("{error:#}").contains(&*name), "{error:#}");
        fs::remove_file(piece).expect("removed");
        let error = Folder::open(&site).expect_err("it is gone");
        assert!(format!("{error:#}").contains(&*name), "{error:#}");
        fs::write(piece, good).expect("written");
    }
    verify::verify(&site, &mut Vec::new()).expect("whole again");
    // The same search as in any build, with a filter and by its command.
    let asked = Asked::Text("galaxies".into());
    let config = SearchConfig {
        k: 3,
        years: Some((2000, 2030)),
        ..SearchConfig::default()
    };
    let mut table = Vec::new();
    index_builder::commands::search::one(&site, &asked, &config, false, &mut table)
        .expect("it finds some");
    assert!(!table.is_empty());
}
