//! From a file of papers to an answer: the tools run end to end, on the starter corpus.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use index_builder::build::{BuildConfig, Tier, build};
use index_builder::commands::search::{Asked, Search, SearchConfig};
use index_builder::commands::{classify, inspect, picture, search, verify};
use index_builder::folder::Folder;
use index_builder::landscape::MapChoice;
use index_builder::model::{self, Reference};
use index_builder::pack::Existing;
use ingest::model_files::Which;
use ingest::select::Selection;
use shared::hybrid::Question;
use shared::{PaperId, taxonomy};

use crate::fixtures::{base_model, repository, shipped_model};

pub(crate) fn config(papers: PathBuf, out: &Path) -> BuildConfig {
    BuildConfig {
        papers: vec![papers],
        out: out.to_owned(),
        selection: Selection::default(),
        model: Which::default(),
        classifier: None,
        reference: Reference::Without,
        map: MapChoice::New,
        tier: Tier::Auto,
        name: None,
        site: None,
        feeds: Vec::new(),
        existing: Existing::Refuse,
        embeddings: None,
    }
}

pub(crate) fn starter() -> PathBuf {
    repository().join("corpus/starter.jsonl")
}

/// The first 200 papers of the starter corpus.
fn small(folder: &Path) -> BuildConfig {
    let mut config = config(starter(), folder);
    config.selection.limit = Some(200);
    config
}

pub(crate) fn bytes_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read(entry.path()).expect("a file"),
            )
        })
        .collect()
}

#[test]
fn the_same_papers_give_the_same_bytes() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    // Each with embeddings of its own: what the encoder gives must be the same too.
    for out in [&one, &two] {
        let embeddings = folder
            .path()
            .join(format!("embeddings {}", out.display()).replace('/', "-"));
        let config = BuildConfig {
            embeddings: Some(embeddings),
            ..small(out)
        };
        let report = build(&config).expect("builds");
        assert_eq!(report.embedded, 200, "embeddings were at hand");
    }
    let (one, two) = (bytes_of(&one), bytes_of(&two));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>(),
        "the files have other names"
    );
    assert!(one == two, "files of one name have other bytes");
}

#[test]
fn kept_embeddings_are_used_unless_the_encoder_computes_otherwise() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let embeddings = folder.path().join("embeddings");
    let embedded = || {
        let mut config = config(starter(), &folder.path().join("out"));
        config.selection.limit = Some(5);
        config.existing = Existing::Replace;
        config.embeddings = Some(embeddings.clone());
        build(&config).expect("builds").embedded
    };
    assert_eq!((embedded(), embedded()), (5, 0));
    // As if another arithmetic had filled it: the probe's digest, the second half of the name, differs.
    let names = bytes_of(&embeddings).into_keys().collect::<Vec<_>>();
    let [name] = &names[..] else {
        panic!("one file of embeddings, not {names:?}")
    };
    let (model, _) = name.split_once('-').expect("two digests");
    let other = format!("{model}-0000000000000000.embeddings");
    fs::rename(embeddings.join(name), embeddings.join(other)).expect("renamed");
    assert_eq!(embedded(), 5);
}

#[test]
fn a_paper_is_found_by_its_title_and_filters_miss_nothing() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(&config(starter(), folder.path())).expect("builds");
    let build = Folder::open(folder.path()).expect("opens");
    assert!(
        build.papers.len() >= 400,
        "the starter corpus has {} papers",
        build.papers.len()
    );

    let wide = SearchConfig {
        k: 10,
        ..SearchConfig::default()
    };
    let mut search = Search::new(&build, &wide).expect("its words open");
    let mut found = 0;
    for paper in build.papers.all() {
        let question = Question::read(&build.papers.title(paper));
        let hits = search.by_text(&question).expect("a title has words");
        found += usize::from(hits[0].paper == paper);
    }
    let share = found as f64 / build.papers.len() as f64;
    assert!(
        share > 0.99,
        "only {share:.3} of the titles find their paper first"
    );

    // Every paper that passes must be found when as many hits as papers are asked for.
    for pattern in ["cs.LG", "hep-th,math.*", "cond-mat.*"] {
        let filter = SearchConfig {
            k: 1000,
            categories: Some(pattern.parse().expect("a pattern")),
            years: Some((1995, 2012)),
            ..SearchConfig::default()
        };
        let hits = Search::new(&build, &filter)
            .expect("its words open")
            .by_text(&Question::read("symmetry"))
            .expect("a word");
        let passes = |paper: &PaperId| {
            let codes: Vec<String> = build.papers.categories(*paper).map(str::to_owned).collect();
            let year = build
                .papers
                .year(*paper)
                .is_some_and(|year| (1995..=2012).contains(&year));
            year && filter
                .categories
                .as_ref()
                .is_some_and(|pattern| pattern.passes(&codes))
        };
        let mut got: Vec<PaperId> = hits.iter().map(|hit| hit.paper).collect();
        got.sort_unstable();
        let wanted: Vec<PaperId> = build.papers.all().filter(passes).collect();
        assert!(
            !wanted.is_empty(),
            "{pattern} passes no paper: the test tests nothing"
        );
        assert_eq!(
            got, wanted,
            "{pattern} 1995 to 2012 lost or invented papers"
        );
    }
}

#[test]
fn commands_answer_and_verify_notices_damage() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("artifacts");
    build(&small(&out)).expect("builds");
    let mut printed = Vec::new();
    verify::verify(&out, &mut printed).expect("a fresh build is whole");
    inspect::inspect(&out, &mut printed).expect("a fresh build is inspected");
    let picture = picture::svg(&out).expect("a fresh build has a map");
    assert!(
        picture.starts_with("<svg") && picture.contains("font-size=\"27\""),
        "no topic has a name: {picture}"
    );
    search::one(
        &out,
        &Asked::Text("quantum computing".to_owned()),
        &SearchConfig {
            k: 3,
            ..SearchConfig::default()
        },
        true,
        &mut printed,
    )
    .expect("searches");
    let printed = String::from_utf8(printed).expect("text");
    assert!(
        printed.contains("200 papers")
            && printed.contains("topics on 3 levels")
            && printed.contains("\"similarity\""),
        "{printed}"
    );

    let questions = folder.path().join("questions.jsonl");
    fs::write(
        &questions,
        "{\"id\":\"q1\",\"text\":\"black holes\"}\n\n{\"_id\":\"q2\",\"text\":\"graphs\"}\n",
    )
    .expect("writes");
    let mut run = Vec::new();
    let deep = SearchConfig {
        k: 100,
        ..SearchConfig::default()
    };
    assert_eq!(
        search::run(&out, &questions, &deep, &mut run).expect("runs"),
        2
    );
    let run = String::from_utf8(run).expect("text");
    assert_eq!(
        run.lines().count(),
        200,
        "two questions, a hundred papers each"
    );
    assert!(
        run.lines().all(|line| line.split(' ').count() == 6),
        "six columns a line"
    );

    for (name, bytes) in bytes_of(&out) {
        let mut bad = bytes.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 0x10;
        fs::write(out.join(&name), &bad).expect("writes");
        let error =
            verify::verify(&out, &mut Vec::new()).expect_err("a damaged byte went unnoticed");
        let named = name == "manifest.json" || format!("{error:#}").contains(&name);
        assert!(named, "{name} was damaged, but the error says {error:#}");
        fs::write(out.join(&name), bytes).expect("writes");
    }
    verify::verify(&out, &mut Vec::new()).expect("healed");
}

#[test]
fn a_folder_that_holds_something_is_refused_and_survives() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("artifacts");
    build(&small(&out)).expect("builds");
    let before = bytes_of(&out);
    let error = build(&small(&out)).expect_err("a finished build was overwritten unasked");
    assert!(
        error.to_string().contains("--force"),
        "the error names no remedy: {error:#}"
    );
    assert!(bytes_of(&out) == before, "the refused build changed files");

    let mut fewer = small(&out);
    fewer.selection.limit = Some(50);
    fewer.existing = Existing::Replace;
    build(&fewer).expect("replaces");
    verify::verify(&out, &mut Vec::new()).expect("nothing of the older build is left");

    fs::write(out.join("thesis.txt"), "mine").expect("writes");
    let error = build(&fewer).expect_err("a foreign file was not noticed");
    assert!(error.to_string().contains("thesis.txt"), "{error:#}");
}

#[test]
fn odd_corpora_build_and_answer() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nothing = folder.path().join("nothing.jsonl");
    fs::write(&nothing, "").expect("writes");
    let error =
        build(&config(nothing, &folder.path().join("nothing"))).expect_err("nothing was indexed");
    assert!(error.to_string().contains("no paper"), "{error:#}");

    let twin = |i: u32| format!("{{\"id\":\"{i}\",\"title\":\"The same\",\"abstract\":\"text\"}}");
    let twins = (0..7).map(twin).collect::<Vec<_>>().join("\n");
    let long = "abstract words ".repeat(70_000);
    let corpora = [
        (
            "one",
            "{\"id\":\"a\",\"title\":\"Only paper\"}\n".to_owned(),
            1,
        ),
        ("twins", twins, 7),
        (
            "wordless",
            "{\"id\":\"a\",\"title\":\"\u{200b}.\"}\n{\"id\":\"b\",\"title\":\"word\"}\n"
                .to_owned(),
            2,
        ),
        (
            "long",
            format!("{{\"id\":\"a\",\"title\":\"t\",\"abstract\":\"{long}\"}}\n"),
            1,
        ),
    ];
    for (name, lines, n) in corpora {
        let papers = folder.path().join(format!("{name}.jsonl"));
        let out = folder.path().join(name);
        fs::write(&papers, lines).expect("writes");
        build(&config(papers, &out)).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        verify::verify(&out, &mut Vec::new()).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        let opened = Folder::open(&out).expect("opens");
        assert_eq!(opened.papers.len(), n, "{name}");
        let ten = SearchConfig {
            k: 10,
            ..SearchConfig::default()
        };
        let hits = Search::new(&opened, &ten)
            .expect("its words open")
            .by_text(&Question::read("the same word"))
            .expect("words");
        assert_eq!(
            hits.len(),
            n.min(opened.vectors.n_papers()),
            "{name}: every paper, attached twins too, is a hit"
        );
    }
}

#[test]
fn bad_rows_are_dropped_and_counted_and_bad_files_are_named() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let papers = folder.path().join("papers.jsonl");
    fs::write(&papers, "{\"id\":\"a\",\"title\":\"Good\"}\nnot json\n{\"id\":\"a\",\"title\":\"Again\"}\n{\"title\":\"No id\"}\n").expect("writes");
    let report =
        build(&config(papers, &folder.path().join("out"))).expect("builds from what is good");
    assert_eq!((report.papers, report.read.rows), (1, 4));
    let text = report.to_string();
    assert!(
        text.contains("line 2") || text.contains(":2"),
        "the report does not say where: {text}"
    );
    let error = build(&config(
        folder.path().join("nowhere.jsonl"),
        &folder.path().join("other"),
    ))
    .expect_err("no such file");
    assert!(format!("{error:#}").contains("nowhere.jsonl"), "{error:#}");
}

#[test]
fn a_build_takes_the_shipped_encoder_and_names_it() {
    let Some(prepared) = shipped_model() else {
        return;
    };
    let meta = prepared.model.meta();
    assert_eq!(
        (&*meta.name, &*meta.licence),
        ("arxiv-minilm", "Apache-2.0")
    );
    assert!(
        meta.attribution.contains("finetuned on arXiv by Offprint"),
        "{}",
        meta.attribution
    );
    let named = model::prepare(&Which::In(repository().join("models/arxiv-minilm")));
    let named = named.expect("the same adapter");
    assert_eq!(
        named.model.sha256(),
        prepared.model.sha256(),
        "its folder gives another model"
    );
    let base = base_model().expect("it was found");
    assert_ne!(base.model.sha256(), prepared.model.sha256());
}

#[test]
fn the_shipped_classifier_fits_the_model_and_suggests() {
    let Some(prepared) = shipped_model() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(&config(starter(), folder.path())).expect("builds");
    let opened = Folder::open(folder.path()).expect("opens");
    let classifier = opened
        .classifier
        .as_ref()
        .expect("the shipped classifier was fitted on this very model");
    classifier
        .check_model(prepared.model.sha256())
        .expect("its own model");
    assert_eq!(classifier.classes().len(), 149);
    assert!(
        classifier
            .classes()
            .iter()
            .all(|code| taxonomy::canonical(code).is_some_and(|row| row.code == *code))
    );
    let text = "We search for axions as dark matter with a microwave cavity in a strong magnetic field and set limits on their coupling to photons.";
    let classified =
        classify::classify(&opened, "A cavity search for dark matter axions", text, 149)
            .expect("classifies");
    let total: f64 = classified
        .suggestions
        .iter()
        .map(|row| row.probability)
        .sum();
    assert!((total - 1.0).abs() < 1e-9, "probabilities sum to {total}");
    let top: Vec<&str> = classified
        .suggestions
        .iter()
        .take(5)
        .map(|row| &*row.category)
        .collect();
    assert!(
        top.iter()
            .any(|code| code.starts_with("hep") || code.starts_with("astro")),
        "axions are suggested as {top:?}"
    );
    assert_eq!(classified.evidence.len(), 5);
}
