//! Builds that papers are added to: the bytes of a build of all, without embedding the old ones again.

mod ended_early;
mod map;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use index_builder::build::{BuildConfig, Tier, build};
use index_builder::commands::verify;
use index_builder::feeds::SavedQuery;
use index_builder::landscape::MapChoice;
use index_builder::model::Reference;
use index_builder::pack::Existing;
use index_builder::report::{Changes, Report};
use index_builder::update::{UpdateConfig, Updated, update};
use ingest::model_files::Which;
use ingest::select::Selection;
use shared::manifest::SiteEntry;
use tempfile::TempDir;

use crate::fixtures::base_model;

/// A paper: id, title, categories.
type Row<'a> = (&'a str, &'a str, &'a str);

const OLD: [Row; 7] = [
    ("1", "Glaciers slide over wet beds", "physics.geo-ph"),
    ("2", "Axions in a microwave cavity", "hep-ex"),
    ("3", "Sparse graphs and their spectra", "math.CO"),
    // Of equal vectors one is stored.
    ("4", "Sparse graphs and their spectra", "math.SP"),
    // No text, no vector.
    ("5", "\u{200b}.", "cs.LG"),
    ("6", "Proteins fold", "q-bio.BM"),
    ("7", "Spin glasses remember", "cond-mat.dis-nn"),
];

/// A folder with papers and the build of the old ones.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a temporary folder"));
        desk.build(&[desk.papers("old", &OLD)], "site");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes papers; of ids of three digits the year is none.
    fn papers(&self, name: &str, rows: &[Row]) -> PathBuf {
        let mut lines = String::new();
        for (id, title, categories) in rows {
            let _ = writeln!(
                lines,
                "{{\"id\":\"{id}\",\"title\":\"{title}\",\"abstract\":\"\",\"authors\":\"Ada, Bea\",\"categories\":\"{categories}\",\"year\":20{id:0>2}}}"
            );
        }
        let path = self.path(&format!("{name}.jsonl"));
        fs::write(&path, lines).expect("written");
        path
    }

    /// A build by everything that an update must keep.
    fn build(&self, papers: &[PathBuf], out: &str) -> Report {
        build(&self.config_of(papers, out)).expect("builds")
    }

    /// The same, its map started from that of an older build.
    fn build_from(&self, papers: &[PathBuf], out: &str, old: &str) -> Report {
        let config = BuildConfig {
            map: MapChoice::From(self.path(old)),
            ..self.config_of(papers, out)
        };
        build(&config).expect("builds")
    }

    fn config_of(&self, papers: &[PathBuf], out: &str) -> BuildConfig {
        BuildConfig {
            papers: papers.to_vec(),
            out: self.path(out),
            selection: Selection::default(),
            model: Which::default(),
            classifier: None,
            reference: Reference::Without,
            map: MapChoice::New,
            tier: Tier::Auto,
            name: Some("Reading list".into()),
            site: Some(SiteEntry {
                title: "Ours".into(),
                description: None,
            }),
            feeds: vec![SavedQuery {
                title: "Graphs".into(),
                query: "graphs OR glaciers".into(),
            }],
            existing: Existing::Refuse,
            embeddings: Some(self.path(&format!("{out}.embeddings"))),
        }
    }

    /// An update whose cache of embeddings is empty.
    fn config(&self, papers: &[PathBuf]) -> UpdateConfig {
        UpdateConfig {
            artifacts: self.path("site"),
            papers: papers.to_vec(),
            remove: None,
            out: None,
            existing: Existing::Resume,
            map_from: None,
            name: None,
            embeddings: Some(self.path("update.embeddings")),
        }
    }
}

/// Ids and titles of papers, no two alike and none of the old.
fn many() -> Vec<(String, String)> {
    let paper = |n: usize| (n.to_string(), format!("{n} knots and {}", n * 7));
    (10..300).map(paper).collect()
}

fn rows(many: &[(String, String)]) -> Vec<Row<'_>> {
    many.iter()
        .map(|(id, title)| (&**id, &**title, "math.GT"))
        .collect()
}

fn built(updated: Updated) -> Report {
    match updated {
        Updated::Built(report) => *report,
        Updated::Unchanged { .. } => panic!("nothing was changed"),
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("a file"))
        })
        .collect()
}

#[track_caller]
fn assert_same(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&two), "other files");
    assert!(one == two, "files of one name have other bytes");
}

/// What an update with `new` gives, whose corpus is then `all`; new texts are `n_texts`.
#[track_caller]
fn assert_updates(new: &[Row], all: &[Row], changes: Changes, n_texts: usize) {
    let desk = Desk::new();
    let new = desk.papers("new", new);
    desk.build(&[desk.papers("all", all)], "full");
    let before = files(&desk.path("site"));

    // Into another folder first: the build itself is not touched.
    let elsewhere = UpdateConfig {
        out: Some(desk.path("elsewhere")),
        embeddings: Some(desk.path("elsewhere.embeddings")),
        ..desk.config(std::slice::from_ref(&new))
    };
    for config in [elsewhere, desk.config(&[new])] {
        assert!(files(&desk.path("site")) == before, "the build was changed");
        let report = built(update(&config).expect("updates"));
        assert_eq!((report.changes, report.embedded), (Some(changes), n_texts));
        assert_eq!(report.papers, all.len());
        let out = config.out.as_ref().unwrap_or(&config.artifacts);
        assert_same(out, &desk.path("full"));
        verify::verify(out, &mut Vec::new()).expect("it is whole");
    }
}

#[test]
fn added_papers_give_the_bytes_of_a_build_of_all() {
    let Some(_) = base_model() else { return };
    let new = [
        ("9", "Auctions with noisy bids", "econ.TH"),
        ("8", "Sparse graphs and their spectra", "math.CO"),
        // As in a build, the first of an id counts.
        ("9", "Another of this id", "econ.TH"),
        ("2", "Axions in a microwave cavity", "hep-ex"),
    ];
    let changes = Changes {
        added: 2,
        same: 1,
        ..Changes::default()
    };
    assert_updates(&new, &[&OLD[..], &new[..2]].concat(), changes, 2);
}

#[test]
fn replaced_papers_keep_their_places_and_are_embedded_where_their_text_differs() {
    let Some(_) = base_model() else { return };
    let other_text = ("3", "Dense graphs and their spectra", "math.CO");
    let other_categories = ("6", "Proteins fold", "q-bio.BM physics.bio-ph");
    let changed = |changes: &[(usize, Row<'static>)]| {
        let mut all = OLD;
        for &(at, row) in changes {
            all[at] = row;
        }
        all
    };
    let changes = |replaced| Changes {
        replaced,
        ..Changes::default()
    };
    let all = changed(&[(2, other_text)]);
    assert_updates(&[other_text], &all, changes(1), 1);
    let all = changed(&[(5, other_categories)]);
    assert_updates(&[other_categories], &all, changes(1), 0);
    // A text that loses its last word, and one that gets its first.
    let (wordless, worded) = (("1", ".", "cs.LG"), ("5", "Now a word", "cs.LG"));
    let all = changed(&[(0, wordless), (4, worded)]);
    assert_updates(&[worded, wordless], &all, changes(2), 2);
}

#[test]
fn builds_larger_than_a_chunk_are_updated_in_any_number_of_steps() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let many = many();
    let rows = rows(&many);
    let (first, second) = rows.split_at(270);
    let (first, second) = (desk.papers("first", first), desk.papers("second", second));
    let old = desk.path("old.jsonl");
    desk.build(&[old, first.clone(), second.clone()], "full");
    for new in [first, second] {
        built(update(&desk.config(&[new])).expect("updates"));
    }
    assert_same(&desk.path("site"), &desk.path("full"));
}

#[test]
fn removed_papers_leave_the_bytes_of_a_build_without_them() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let new = [
        ("8", "Cold lasers", "physics.optics"),
        ("9", "Taken back", "cs.LG"),
    ];
    let all = [&OLD[1..3], &OLD[4..], &new[..1]].concat();
    desk.build(&[desk.papers("all", &all)], "full");
    let list = desk.path("removed.txt");
    fs::write(&list, "4\n\n 1 \r\n9\nnever there\n").expect("written");
    let config = UpdateConfig {
        remove: Some(list.clone()),
        ..desk.config(&[desk.papers("new", &new)])
    };
    let report = built(update(&config).expect("updates"));
    let changes = Changes {
        added: 1,
        removed: 2,
        ..Changes::default()
    };
    assert_eq!((report.changes, report.embedded), (Some(changes), 1));
    assert_same(&desk.path("site"), &desk.path("full"));

    fs::write(&list, "2 3 5 6 7 8".replace(' ', "\n")).expect("written");
    let config = UpdateConfig {
        papers: Vec::new(),
        ..config
    };
    let error = update(&config).expect_err("no paper is left");
    assert!(error.to_string().contains("no paper would be left"));
    assert_same(&desk.path("site"), &desk.path("full"));
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let (before, report) = (files(&desk.path("site")), desk.path("site.report.json"));
    for (rows, n_same) in [(&[][..], 0), (&OLD[2..5], 3)] {
        let updated = update(&desk.config(&[desk.papers("new", rows)])).expect("no error");
        assert!(updated.to_string().contains("nothing to change"));
        let Updated::Unchanged { same, .. } = updated else {
            panic!("built again")
        };
        assert_eq!(same, n_same);
        assert!(files(&desk.path("site")) == before && !report.exists());
    }
    let named = UpdateConfig {
        name: Some("Other".into()),
        ..desk.config(&[desk.path("old.jsonl")])
    };
    assert_eq!(built(update(&named).expect("a new name")).corpus, "Other");
}

#[test]
fn what_cannot_be_added_to_is_refused_with_a_remedy() {
    let Some(_) = base_model() else { return };
    let desk = Desk::new();
    let new = desk.papers("new", &[("8", "Cold lasers", "physics.optics")]);
    let config = desk.config(&[new]);
    let refused = |config: &UpdateConfig| {
        let error = update(config).expect_err("it was updated");
        format!("{error:#}")
    };
    let site = desk.path("site");
    let nowhere = UpdateConfig {
        artifacts: desk.path("nowhere"),
        ..config.clone()
    };
    let said = refused(&nowhere);
    assert!(said.contains("no finished build"), "{said}");
    assert!(!nowhere.artifacts.exists(), "a folder was made");

    let onto = desk.path("taken");
    desk.build(&[desk.path("old.jsonl")], "taken");
    let taken = UpdateConfig {
        out: Some(onto.clone()),
        ..config.clone()
    };
    assert!(refused(&taken).contains("--force"));
    assert_same(&site, &onto);

    let manifest = site.join("manifest.json");
    let good = fs::read(&manifest).expect("a manifest");
    let change = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::from_slice(&good).expect("it is JSON");
        change(&mut json);
        fs::write(&manifest, json.to_string()).expect("written");
        refused(&config)
    };
    let said = change(&|json| {
        json.as_object_mut().expect("an object").remove("words");
    });
    assert!(said.contains("before builds held words"), "{said}");
    let said = change(&|json| json["protocol"] = 99.into());
    assert!(said.contains("protocol 99"), "{said}");
    fs::write(&manifest, good).expect("written");
    built(update(&config).expect("nothing was harmed"));
}
