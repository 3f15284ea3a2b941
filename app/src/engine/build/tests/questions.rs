//! Questions of words and meaning together, and of words before there is a model.

use super::*;

fn search(build: &mut Build, text: &str, by: By) -> Hits {
    let found = build.search(
        text,
        by,
        8,
        &Filter::default(),
        Order::Nearest,
        Sort::Relevance,
    );
    found.expect("an answer")
}

#[test]
fn words_answer_before_the_model_is_open() {
    let (manifest, files) = files(None);
    let mut build = begin(&manifest, files.papers.clone(), &files.words.table).expect("it opens");
    let missing = build.missing_words("network");
    assert_eq!(
        missing.len(),
        2,
        "a small index comes as a whole: {missing:?}"
    );
    let nothing = search(&mut build, "network", By::Both);
    let asked = nothing.understood.expect("a question");
    assert!(nothing.hits.is_empty() && asked.incomplete, "{asked:?}");
    for chunk in files.words.chunks() {
        let bytes = files.words.chunk(chunk).to_vec();
        build
            .insert_words(chunk, bytes)
            .expect("a chunk of this table");
    }
    assert_eq!(build.missing_words("network"), []);
    for by in [By::Both, By::Words] {
        let found = search(&mut build, "network", by);
        let mut found_ids = ids(&found.hits);
        found_ids.sort_unstable();
        assert_eq!(found_ids, ["p1", "p3", "p6"]);
        assert_eq!(found.method, Method::Words);
        assert!(found.hits.iter().all(|hit| hit.similarity.is_none()));
    }
    let not_yet = Err(EngineError::NotLoaded);
    let (k, all) = (3, Filter::default());
    assert_eq!(
        build.search(
            "network",
            By::Meaning,
            k,
            &all,
            Order::Nearest,
            Sort::Relevance
        ),
        not_yet
    );
    assert_eq!(
        build.similar(&["p0".to_owned()], &[], k, &all, Sort::Relevance),
        not_yet
    );
    assert!(!build.is_complete() && build.info().dim == 0);
    build
        .complete(&manifest, files.meaning, &engine())
        .expect("the rest fits");
    let found = search(&mut build, "network", By::Both);
    assert_eq!(found.method, Method::Exact);
    assert!(build.is_complete() && build.info().dim == DIM);
}

#[test]
fn a_hit_says_what_it_is_there_for() {
    let found = search(&mut build(), "galaxy network", By::Both);
    let dust = found
        .hits
        .iter()
        .find(|hit| hit.id == "p2")
        .expect("galaxy dust");
    assert!(
        dust.semantic_rank.is_some() && dust.word_rank.is_some(),
        "{dust:?}"
    );
    assert_eq!(dust.fields, ["title"]);
    assert_eq!(dust.title_marks, [(0, 6)], "galaxy");
    let other = found
        .hits
        .iter()
        .find(|hit| hit.id == "p5")
        .expect("all are near");
    assert_eq!((other.word_rank, &*other.title_marks), (None, &[][..]));
}

#[test]
fn what_is_demanded_holds_for_every_hit() {
    let mut build = build();
    for (text, wanted) in [
        ("+network -neural", vec!["p1", "p6"]),
        ("\"galaxy dust\"", vec!["p2"]),
        ("cat:cs.LG network", vec!["p1", "p3"]),
        ("year:1995..1999", vec!["p0", "p7"]),
        ("ti:nothing", vec![]),
    ] {
        let found = search(&mut build, text, By::Both);
        let mut found_ids = ids(&found.hits);
        found_ids.sort_unstable();
        assert_eq!(
            (found_ids, found.passing),
            (wanted.clone(), wanted.len()),
            "{text}"
        );
        assert!(
            found.understood.is_some_and(|asked| asked.demands),
            "{text}"
        );
    }
    let filtered = build
        .search(
            "+network",
            By::Both,
            8,
            &within(&["stat.ML"]),
            Order::Nearest,
            Sort::Relevance,
        )
        .expect("an answer");
    assert_eq!(ids(&filtered.hits), ["p3"]);
}

#[test]
fn errors_point_at_their_place_and_something_is_found_all_the_same() {
    let found = search(&mut build(), "galaxy year:soon", By::Both);
    let asked = found.understood.expect("a question");
    assert_eq!(asked.errors.len(), 1, "{asked:?}");
    let (start, end) = (asked.errors[0].start, asked.errors[0].end);
    assert_eq!(&"galaxy year:soon"[start..end], "year:soon");
    assert!(!found.hits.is_empty());
}

#[test]
fn an_id_finds_its_paper_first() {
    let found = search(&mut build(), "id:p5", By::Both);
    assert_eq!(ids(&found.hits), ["p5"]);
    assert_eq!(
        found.hits[0].named,
        Some(crate::engine::protocol::Named::Id)
    );
    assert_eq!(found.method, Method::Words, "there is nothing to embed");
}
